"""Bounds what visitors may send: how much a session holds on the server, and how long a file may take.

Streamlit bounds one file by `server.maxUploadSize`, and neither a session's files together nor the time of a
file that never comes to its end.
"""

import asyncio
import re
import time
from collections import Counter
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.runtime import get_instance

MOST_OF_A_SESSION = 150 * 1024**2
"""Bytes of all files that a session has sent and that were not read yet: the largest zip and some photos."""
MOST_TOGETHER = 600 * 1024**2
"""The same of all sessions: a host of 1 GB has little more."""
MOST_STILL, MOST_SECONDS = 30.0, 900.0
"""Seconds without a byte, and of one file, after which it is broken off: the largest at 1 Mbit a second."""
_PATH = re.compile(r"/_stcore/upload_file/(?P<session>[^/]+)/[^/]+$")


class UploadLimits:
    """ASGI middleware around Streamlit's server."""

    def __init__(
        self, app: ASGIApp, most_still: float = MOST_STILL, most_seconds: float = MOST_SECONDS
    ) -> None:
        """Pass everything on to `app`."""
        self._app, self._most_still, self._most_seconds = app, most_still, most_seconds
        self._arriving: Counter[str] = Counter()
        """Bytes of unfinished files by session."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        found = _PATH.search(scope["path"]) if scope["type"] == "http" and scope["method"] == "PUT" else None
        if found is None:
            await self._app(scope, receive, send)
            return
        await self._take(found["session"], scope, receive, send)

    async def _take(self, session: str, scope: Scope, receive: Receive, send: Send) -> None:
        arrived, until, refusal = 0, time.monotonic() + self._most_seconds, 0
        answered = False

        async def bounded_receive() -> Message:
            nonlocal arrived, refusal
            seconds = min(self._most_still, until - time.monotonic())
            try:
                message = await asyncio.wait_for(receive(), max(seconds, 0.0))
            except TimeoutError:
                refusal = 408  # Request Timeout
                return {"type": "http.disconnect"}
            arrived += len(message.get("body", b""))
            self._arriving[session] += len(message.get("body", b""))
            if not is_known(session):  # its visitor has left meanwhile
                refusal = 410  # Gone
            elif not self._has_room(session, 0):
                refusal = 413  # Content Too Large
            return {"type": "http.disconnect"} if refusal else message

        async def noted_send(message: Message) -> None:
            nonlocal answered
            answered = True
            await send(message)

        length = dict(scope["headers"]).get(b"content-length", b"0")
        if length.isdigit() and not self._has_room(session, int(length)):
            await _refuse(413, scope, receive, send)
            return
        try:
            await self._app(scope, bounded_receive, noted_send)
        except ClientDisconnect:
            pass  # Streamlit's way to say that the file did not arrive whole
        finally:
            self._arriving[session] -= arrived
            if not self._arriving[session]:
                del self._arriving[session]
        if not answered and refusal:
            await _refuse(refusal, scope, receive, send)

    def _has_room(self, session: str, more: int) -> bool:
        """Return whether a session may hold so many bytes more."""
        own = held_by(session) + self._arriving[session] + more
        all_ = sum(map(held_by, _sessions())) + self._arriving.total() + more
        return own <= MOST_OF_A_SESSION and all_ <= MOST_TOGETHER


def held_by(session: str) -> int:
    """Return the bytes of the files that the server holds for a session."""
    return sum(len(file.data) for file in list(_uploads().get(session, {}).values()))


def is_known(session: str) -> bool:
    """Return whether a session's page is open, or may still come back."""
    return get_instance()._session_mgr.get_session_info(session) is not None


def _sessions() -> list[str]:
    return list(_uploads())


def _uploads() -> dict[str, dict[str, Any]]:
    """Return the files by session and id."""
    manager: Any = get_instance().uploaded_file_mgr
    return manager.file_storage


async def _refuse(status: int, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer and close the connection, so that the rest of the file is not read."""
    await PlainTextResponse("", status, {"Connection": "close"})(scope, receive, send)
