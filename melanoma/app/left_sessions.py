"""Lets go of what visitors have left behind, soon and without another visitor's help.

Streamlit keeps a session for `server.disconnectedSessionTTL` seconds after its page has gone, so that a
phone that opens its gallery finds it again. Then the session may not be resumed, but its photos stay in
memory until the next session is stored, which may be never.
"""

import asyncio
import ctypes
import gc
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from streamlit.runtime import Runtime, get_instance

from melanoma.classroom.live import CLASSES

INTERVAL = 5.0
"""Seconds between two looks."""


_LINGER = 60.0
"""Seconds for which memory is given back again and again: a run that is under way refers to photos still."""
_until = 0.0
"""When that ends, by the monotonic clock."""
_PAUSE = 9.0
"""Seconds between two times, at least: all objects are looked at, and every visitor waits."""
_given = -_PAUSE
"""When memory was given back last."""


@asynccontextmanager
async def let_go_of_left_sessions(_app: Any) -> AsyncIterator[None]:
    """Do so as long as the server runs: the page's `lifespan`."""
    task = asyncio.create_task(_look_again_and_again())
    try:
        yield
    finally:
        task.cancel()


def release_left_sessions(runtime: Runtime) -> int:
    """End the sessions that may not be resumed any more, with their files; return how many there were.

    Has to be called in the thread of the server's event loop, as all of Streamlit's work on sessions is.
    """
    global _given
    sessions = runtime._session_mgr
    ended = [info.session for _, info in sessions._session_storage._cache.expire()]
    for session in ended:
        session.shutdown()
        # Emptied, since the server's loop refers to the session that it served last, until it serves another.
        session.session_state.clear()
        session._fragment_storage.clear()
    count = len(ended)
    del ended
    # A file may have come to its end after its session did.
    uploads: Any = runtime.uploaded_file_mgr
    for session_id in list(uploads.file_storage):
        if sessions.get_session_info(session_id) is None:
            uploads.remove_session_files(session_id)
            count += 1
    if count:
        _go_on_giving_back()
    now = time.monotonic()
    if now < _until and now - _given >= _PAUSE:
        _given = now
        _give_memory_back()
    return count


def release_files_of_session(session_id: str) -> None:
    """Drop all files of a session: those it sent, and those that its page shows or offers to save."""
    runtime = get_instance()
    runtime.uploaded_file_mgr.remove_session_files(session_id)
    runtime.media_file_mgr.clear_session_refs(session_id)
    for _ in range(2):  # the first time, a file to save is only marked
        runtime.media_file_mgr.remove_orphaned_files()
    _go_on_giving_back()


def _go_on_giving_back() -> None:
    global _until
    _until = time.monotonic() + _LINGER


def _give_memory_back() -> None:
    """Collect what nobody refers to, and give the memory of it back to the system.

    A session's parts refer to one another, and nothing else may run for hours. The session in whose run the
    network was loaded was frozen with it (`parts/shared/model.py`), so all is thawed for once. What glibc
    keeps of freed memory would still hold photos.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    if sys.platform == "linux" and hasattr(library := ctypes.CDLL(None), "malloc_trim"):
        library.malloc_trim(0)


async def _look_again_and_again() -> None:
    while True:
        await asyncio.sleep(INTERVAL)
        CLASSES.drop_over()
        release_left_sessions(get_instance())
