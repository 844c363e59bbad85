"""How long a photo stays in the server's memory: removed, page closed, network lost; and what it refuses.

python -m benchmarks.leaving                     everything, some ten minutes
python -m benchmarks.leaving removed half-open   some

A photo of noise is given to the served page in Chromium, and the server's memory is searched for a row of its
pixels and for a piece of its file until neither is there. Nobody else visits meanwhile. Exits with status 1
if a photo stays longer than the page promises, or a bound does not hold. Needs Linux and Chromium.
"""

import argparse
import http.client
import os
import re
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
from PIL import Image
from playwright.sync_api import Browser, Page, Request

from benchmarks.browser import find_browser, opened_browser, running_server, settle
from benchmarks.hostile.originals import encoded
from benchmarks.memory import megabytes, process_tree
from melanoma.app.parts.shared.removal import MINUTES
from melanoma.app.upload_limits import MOST_OF_A_SESSION, MOST_STILL

_SIDE = 1400
_LONGEST = 60.0 * MINUTES
_MB = 1024**2
_HEAD = b'--edge\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'


class Photo:
    """A photo that nothing else in memory resembles."""

    def __init__(self, seed: int) -> None:
        """Draw noise."""
        self.pixels = np.random.default_rng(seed).integers(0, 256, (_SIDE, _SIDE, 3), np.uint8)
        self.file = encoded(Image.fromarray(self.pixels), "PNG")
        middle = len(self.file) // 2
        self.traces = [self.pixels[_SIDE // 2, 100:130].tobytes(), self.file[middle : middle + 64]]


def is_held(photo: Photo, process: int) -> bool:
    """Return whether a process or one below it has a trace of the photo in its memory."""
    wanted = re.compile(b"|".join(map(re.escape, photo.traces)))
    return any(_holds(wanted, one) for one in process_tree(process))


def _holds(wanted: re.Pattern[bytes], process: int) -> bool:
    regions = Path(f"/proc/{process}/maps").read_text(encoding="utf-8").splitlines()
    with open(f"/proc/{process}/mem", "rb", buffering=0) as memory:
        for region in regions:
            places, rights = region.split()[:2]
            if not rights.startswith("rw"):
                continue
            start, end = (int(place, 16) for place in places.split("-"))
            try:
                memory.seek(start)
                while start < end and (block := memory.read(min(16 * _MB, end - start))):
                    if wanted.search(block):
                        return True
                    start += len(block)
            except OSError:
                continue  # it has just gone, or cannot be read
    return False


def seconds_until_gone(photo: Photo, process: int) -> float:
    """Return how long the photo stays, up to a minute more than promised."""
    began = time.monotonic()
    while is_held(photo, process) and time.monotonic() - began < _LONGEST + 60:
        time.sleep(1)
    return time.monotonic() - began


@dataclass
class Visit:
    """A page with a photo, and the server's process."""

    page: Page
    photo: Photo
    server: int
    uploads: str
    """The address to which the page's session sends its files."""
    token: str
    """With which Streamlit knows the page's own requests."""


@contextmanager
def visited(browser: Browser, seed: int) -> Iterator[Visit]:
    """Serve the page to one visitor with a photo."""
    photo = Photo(seed)
    with running_server() as (address, server):
        page = browser.new_context(viewport={"width": 1400, "height": 2400}).new_page()
        sent: list[Request] = []
        page.on("request", lambda request: sent.append(request) if request.method == "PUT" else None)
        page.goto(f"{address}/?lang=en")
        page.get_by_text("A drawing, not a photo").wait_for(timeout=180_000)
        file = {"name": "noise.png", "mimeType": "image/png", "buffer": photo.file}
        page.locator("input[type=file]").set_input_files(file)
        page.get_by_text(f"{_SIDE} x {_SIDE} pixels").wait_for(timeout=180_000)
        settle(page)
        if not is_held(photo, server.pid):
            raise RuntimeError("the search does not find the photo that is there")
        yield Visit(page, photo, server.pid, sent[0].url, sent[0].headers["x-xsrftoken"])


def removed(browser: Browser) -> tuple[str, bool]:
    """Press “Remove my photos”."""
    with visited(browser, 1) as visit:
        visit.page.get_by_role("button", name="Remove my photos").click()
        began = time.monotonic()
        seconds = seconds_until_gone(visit.photo, visit.server)
        visit.page.get_by_text("A drawing, not a photo").wait_for(timeout=60_000)
        shown = time.monotonic() - began
        return f"gone after {seconds:.1f} s, the page shows a drawing after {shown:.1f} s", seconds < 30


def closed(browser: Browser) -> tuple[str, bool]:
    """Close the page."""
    with visited(browser, 2) as visit:
        visit.page.close()
        seconds = seconds_until_gone(visit.photo, visit.server)
        return f"gone after {seconds:.0f} s", seconds < _LONGEST


def network_lost(browser: Browser) -> tuple[str, bool]:
    """Stop the browser, so that nothing is heard of the page any more: a phone without a network."""
    with visited(browser, 3) as visit:
        processes = [
            process
            for process in process_tree(os.getpid())[1:]
            if process not in process_tree(visit.server) and _is_browser(process)
        ]
        for process in processes:
            os.kill(process, signal.SIGSTOP)
        try:
            seconds = seconds_until_gone(visit.photo, visit.server)
        finally:
            for process in processes:
                os.kill(process, signal.SIGCONT)
        return f"{len(processes)} processes stopped; gone after {seconds:.0f} s", seconds < _LONGEST


def half_open(browser: Browser) -> tuple[str, bool]:
    """Begin a file and send no more of it."""
    with visited(browser, 4) as visit:
        before = megabytes("VmRSS", visit.server)
        connection = _begin(visit, "half", 90 * _MB)
        connection.send(_HEAD + bytes(60 * _MB))
        time.sleep(2)
        held = megabytes("VmRSS", visit.server) - before
        began = time.monotonic()
        answer = connection.getresponse().status
        seconds = time.monotonic() - began
        time.sleep(3)
        left = megabytes("VmRSS", visit.server) - before
        told = f"{held:.0f} MB held; broken off after {seconds:.0f} s ({answer}); {left:.0f} MB left"
        return told, answer == 408 and seconds < MOST_STILL + 10 and left < 30


def flood(browser: Browser) -> tuple[str, bool]:
    """Send a session file after file."""
    with visited(browser, 5) as visit:
        before, statuses = megabytes("VmRSS", visit.server), []
        for number in range(6):
            body = _HEAD + bytes(45 * _MB) + b"\r\n--edge--\r\n"
            connection = _begin(visit, f"flood-{number}", len(body))
            with suppress(OSError):  # refused before all was sent
                connection.send(body)
            statuses.append(connection.getresponse().status)
            connection.close()
        held = megabytes("VmRSS", visit.server) - before
        taken = sum(status < 300 for status in statuses)
        sound = taken == MOST_OF_A_SESSION // (45 * _MB) and held < MOST_OF_A_SESSION / _MB + 60
        return f"answers {statuses}: {taken} of 6 files of 45 MB taken, {held:.0f} MB held", sound


def _is_browser(process: int) -> bool:
    try:
        return b"chrom" in Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return False


def _begin(visit: Visit, name: str, length: int) -> http.client.HTTPConnection:
    """Begin to send a file of the visit's session, as its page would."""
    where = urlsplit(visit.uploads)
    connection = http.client.HTTPConnection(str(where.hostname), where.port, timeout=120)
    connection.putrequest("PUT", f"{where.path.rpartition('/')[0]}/{name}")
    connection.putheader("Content-Type", "multipart/form-data; boundary=edge")
    connection.putheader("Content-Length", str(length))
    connection.putheader("X-Xsrftoken", visit.token)
    connection.putheader("Cookie", f"_streamlit_xsrf={visit.token}")
    connection.endheaders()
    return connection


TRIALS: dict[str, Callable[[Browser], tuple[str, bool]]] = {
    "removed": removed,
    "closed": closed,
    "network-lost": network_lost,
    "half-open": half_open,
    "flood": flood,
}


def main() -> None:
    """Run the trials that were asked for, and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(TRIALS))
    names = parser.parse_args().names or list(TRIALS)
    executable = find_browser()
    if executable is None:
        parser.exit(2, "No Chromium or Chrome was found; make chromium installs one.\n")
    sound = True
    for name in names:
        with opened_browser(executable) as browser:
            told, held = TRIALS[name](browser)
        print(f"{name}: {told}{'' if held else '  WRONG'}", flush=True)
        sound &= held
    sys.exit(not sound)


if __name__ == "__main__":
    main()
