"""What a session may send, how long a file may take, and what becomes of the sessions that were left."""

import asyncio
from types import SimpleNamespace

import pytest
from starlette.requests import ClientDisconnect

from melanoma.app import left_sessions, upload_limits
from melanoma.app.left_sessions import release_left_sessions
from melanoma.app.upload_limits import UploadLimits


class Runtime:
    """What of Streamlit's is asked: files by session, and the sessions."""

    def __init__(self) -> None:
        self.files: dict[str, dict] = {}
        self.known = {"s"}
        self.expired: list = []
        self.removed: list[str] = []
        self.uploaded_file_mgr = SimpleNamespace(file_storage=self.files, remove_session_files=self.remove)
        cache = SimpleNamespace(expire=lambda: [(one, SimpleNamespace(session=one)) for one in self.expired])
        self._session_mgr = SimpleNamespace(
            get_session_info=lambda session: session if session in self.known else None,
            _session_storage=SimpleNamespace(_cache=cache),
        )

    def hold(self, session: str, count: int) -> None:
        self.files.setdefault(session, {})[str(count)] = SimpleNamespace(data=bytes(count))

    def remove(self, session: str) -> None:
        self.removed.append(session)
        self.files.pop(session, None)


@pytest.fixture
def runtime(monkeypatch):
    made = Runtime()
    monkeypatch.setattr(upload_limits, "get_instance", lambda: made)
    monkeypatch.setattr(upload_limits, "MOST_OF_A_SESSION", 1000)
    monkeypatch.setattr(upload_limits, "MOST_TOGETHER", 1500)
    return made


async def _server(scope, receive, send):
    """Read a body, as Streamlit does, and say that it was taken."""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        if not message["more_body"]:
            break
    await send({"type": "http.response.start", "status": 204, "headers": []})


def sent(parts: list[bytes | float], length: bytes | None = None, path: str = "s/f", **limits) -> int:
    """Send a body in parts, or wait so many seconds, and return the answer's status."""
    left, answers = list(parts), []

    async def receive():
        part = left.pop(0)
        if isinstance(part, float):
            await asyncio.sleep(part)
            part = b""
        return {"type": "http.request", "body": part, "more_body": bool(left)}

    async def send(message):
        answers.append(message)

    headers = [] if length is None else [(b"content-length", length)]
    scope = {"type": "http", "method": "PUT", "path": f"/_stcore/upload_file/{path}", "headers": headers}
    server = UploadLimits(_server, **limits)
    asyncio.run(server(scope, receive, send))
    assert not server._arriving
    if answers[0]["status"] >= 400:
        assert (b"connection", b"close") in answers[0]["headers"]
    return answers[0]["status"]


def test_a_file_within_the_bounds_is_taken(runtime):
    assert sent([bytes(500), bytes(500)], b"1000") == 204
    assert sent([bytes(500)]) == 204


def test_a_session_may_hold_only_so_much(runtime):
    runtime.hold("s", 600)
    assert sent([bytes(400)], b"400") == 204
    assert sent([bytes(401)], b"401") == 413
    assert sent([bytes(200), bytes(201), bytes(1)]) == 413, "nor without a stated length"
    assert sent([bytes(200), bytes(201), bytes(1)], b"10") == 413, "nor with one that lies"


def test_all_sessions_together_may_hold_only_so_much(runtime):
    for session, count in (("a", 700), ("b", 700)):
        runtime.hold(session, count)
    assert sent([bytes(100)], b"100") == 204
    assert sent([bytes(101)], b"101") == 413


def test_a_half_open_file_is_broken_off(runtime):
    assert sent([b"half", 5.0], b"100", most_still=0.05) == 408
    assert sent([b"a", 0.03, b"b", 0.03, b"c", 0.03, b"d"], b"100", most_seconds=0.05) == 408
    assert sent([b"a", 0.03, b"b", 0.03, b"c", 0.03, b"d"], b"100", most_still=0.5) == 204


def test_a_file_of_a_session_that_has_gone_is_broken_off(runtime):
    assert sent([b"a", b"b"], path="gone/f") == 410


def test_other_requests_pass(runtime):
    passed = []

    async def server(scope, receive, send):
        passed.append(scope["path"])

    for scope in (
        {"type": "http", "method": "GET", "path": "/_stcore/upload_file/s/f"},
        {"type": "http", "method": "PUT", "path": "/elsewhere"},
        {"type": "websocket", "path": "/_stcore/stream"},
    ):
        asyncio.run(UploadLimits(server)(scope, None, None))
    assert len(passed) == 3


def test_sessions_that_were_left_are_ended_with_their_files(runtime, monkeypatch):
    collected = []
    monkeypatch.setattr(left_sessions, "_until", 0.0)
    monkeypatch.setattr(left_sessions, "_given", 0.0)
    clock = SimpleNamespace(now=1000.0, monotonic=lambda: clock.now)
    monkeypatch.setattr(left_sessions, "time", clock)
    monkeypatch.setattr(left_sessions.gc, "collect", lambda: collected.append(True))
    assert release_left_sessions(runtime) == 0 and not collected
    ended = []
    state, fragments = {"photos": 1}, {"drawn": 2}
    runtime.expired = [
        SimpleNamespace(shutdown=lambda: ended.append(True), session_state=state, _fragment_storage=fragments)
    ]
    runtime.hold("s", 10)
    runtime.hold("late", 10)  # it came to its end after its session did
    assert release_left_sessions(runtime) == 2
    assert state == fragments == {}
    assert ended == [True] and runtime.removed == ["late"] and set(runtime.files) == {"s"}
    assert collected == [True]
    looks, runtime.expired = [], []
    for _ in range(14):
        clock.now += left_sessions.INTERVAL
        release_left_sessions(runtime)
        looks.append(len(collected))
    assert looks == [1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 6, 6, 6], "every second look, for a minute"
