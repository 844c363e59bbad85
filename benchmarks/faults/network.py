"""A proxy between browser and server that fails in the middle of an upload."""

import socket
import threading
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

_PIECE = 65536


class Network:
    """A proxy in front of a server, which fails on request."""

    def __init__(self, server: str) -> None:
        """Listen on a free port of this machine; `server` is an address such as http://127.0.0.1:8501."""
        self._server = urllib.parse.urlsplit(server)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._fails: Literal["cut", "stalls"] | None = None
        self._after = 0
        self._open: set[socket.socket] = set()
        self._passes = threading.Event()
        self._passes.set()
        self.failed = threading.Event()
        """Set as soon as the network has failed."""
        threading.Thread(target=self._accept, daemon=True).start()

    def fail(self, how: Literal["cut", "stalls"], after: int) -> None:
        """Fail as soon as one connection has sent the server so many more bytes."""
        self.failed.clear()
        self._fails, self._after = how, after

    def restore(self) -> None:
        """Carry everything again."""
        self._fails = None
        self._passes.set()

    def close(self) -> None:
        """End every connection, and listen no more."""
        self.restore()
        self._listener.close()
        self._cut()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:  # closed
                return
            if self._fails == "cut" and self.failed.is_set():
                client.close()
                continue
            try:
                server = socket.create_connection((self._server.hostname, self._server.port))
            except OSError:  # the server is down: the browser is to see it so
                client.close()
                continue
            self._open |= {client, server}
            for source, target, up in ((client, server, True), (server, client, False)):
                threading.Thread(target=self._carry, args=(source, target, up), daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket, up: bool) -> None:
        sent, counted = 0, False
        try:
            while piece := source.recv(_PIECE):
                self._passes.wait()
                if up and self._fails and not self.failed.is_set():
                    sent = sent + len(piece) if counted else len(piece)
                    counted = True
                    if sent >= self._after:
                        self._fail()
                        self._passes.wait()
                target.sendall(piece)
        except OSError:  # the other side, or this class, has closed
            pass
        for end in (source, target):
            end.close()
            self._open.discard(end)

    def _fail(self) -> None:
        self.failed.set()
        if self._fails == "cut":
            self._cut()
        else:
            self._passes.clear()

    def _cut(self) -> None:
        for end in list(self._open):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:  # it had ended by itself
                continue


@contextmanager
def carried(server: str) -> Iterator[Network]:
    """Put a network before a server as long as the block runs."""
    network = Network(server)
    try:
        yield network
    finally:
        network.close()
