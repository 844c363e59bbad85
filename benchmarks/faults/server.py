"""The server's process: killed in the middle of a request, and short of memory."""

import os
import resource
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from playwright.sync_api import Browser

from benchmarks.browser import running_server
from benchmarks.faults.trial import Trial, Visitor
from benchmarks.memory import megabytes, process_tree

_LARGE = (7000, 5000)
"""Pixels of a photo that takes 105 MB: nearly the most that the page reads."""
_ROOM = 90
"""MB left to a server: enough for a small photo and too little for a large one."""
_SHORT = "The server has too little memory for this."
_DOWN = "Connection error"
_GONE = "The photos from before are gone"
_GROUPS = Path("/sys/fs/cgroup/memory")


def killed(browser: Browser) -> Trial:
    """A server that is killed while it works on a photo, and started again on the same port."""

    def kill(server: int, visitor: Visitor) -> None:
        visitor.give(size=_LARGE)
        visitor.waits_for_the_server()
        os.kill(server, signal.SIGKILL)

    return _dies(browser, Trial("server killed in a request"), kill)


def killed_for_memory(browser: Browser) -> Trial:
    """A server that exceeds the memory of its control group: Linux kills it, as in a container."""
    trial = Trial("server killed at the limit of its control group")
    with ExitStack() as stack:
        try:
            group = stack.enter_context(_control_group())
        except OSError as error:
            trial.seen.append(f"not tried: no control group of version 1 can be made ({error.strerror})")
            return trial

        def fill(server: int, visitor: Visitor) -> None:
            (group / "memory.limit_in_bytes").write_text(str(_ROOM // 2 * 1024**2))
            (group / "cgroup.procs").write_text(str(server))
            visitor.give(size=_LARGE)

        return _dies(browser, trial, fill)


def short_of_memory(browser: Browser) -> Trial:
    """A server that gets no memory from the system for a large photo, and enough for a small one."""
    trial = Trial("memory limit reached")
    with running_server() as (address, server):
        visitor, neighbour = Visitor(browser, address), Visitor(browser, address)
        trial.goes_on(visitor, "before")
        trial.goes_on(neighbour, "before")
        trial.recovery.clear()
        most = int((megabytes("VmData", server.pid) + _ROOM) * 1024**2)
        resource.prlimit(server.pid, resource.RLIMIT_DATA, (most, resource.RLIM_INFINITY))
        visitor.give(size=_LARGE)
        trial.saw(visitor, _SHORT)
        trial.keeps(visitor, "the visitor")
        trial.keeps(neighbour, "another visitor")
        trial.goes_on(visitor, "a smaller photo is answered at once, by the same process")
        unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        resource.prlimit(server.pid, resource.RLIMIT_DATA, unlimited)
        trial.must(visitor.is_answered(visitor.give(size=_LARGE)), "the large photo was not read afterwards")
        trial.recovery.append("with memory again, the large one too")
        trial.must(server.poll() is None, "the server has ended")
    trial.lost.append("the large photo")
    return trial


def _dies(browser: Browser, trial: Trial, end: Callable[[int, Visitor], None]) -> Trial:
    """Show two visitors the end of the server, and its restart on the same port."""
    with running_server() as (address, server):
        visitor, neighbour = Visitor(browser, address, "&method=grad-cam"), Visitor(browser, address)
        trial.goes_on(visitor, "before")
        trial.goes_on(neighbour, "before")
        trial.recovery.clear()
        processes = process_tree(server.pid)
        end(server.pid, visitor)
        trial.must(server.wait(60) == -signal.SIGKILL, f"the server ended with {server.returncode}")
        trial.saw(visitor, _DOWN)
        trial.saw(neighbour, _DOWN)
        trial.must(not _still_there(processes), "a process of the server is still there")
    with running_server(port=int(address.rsplit(":", 1)[1])):
        for one in (visitor, neighbour):
            trial.must(one.is_connected(), f"not connected again: {one.alerts()}")
        trial.recovery.append("open pages connect again by themselves and keep the choices in their link")
        trial.goes_on(neighbour, "a photo given again is answered")
        trial.saw(neighbour, _GONE)
        trial.must(visitor.sees_a_drawing(), f"no first view: {visitor.alerts()}")
        trial.saw(visitor, _GONE)
        trial.must("method=grad-cam" in visitor.page.url, f"the link is {visitor.page.url}")
        trial.goes_on(visitor, "a photo given again is answered")
    trial.lost.append("every visitor's photos: they are in the server's memory and nowhere else")
    return trial


def _still_there(processes: list[int], seconds: float = 5) -> bool:
    """Return whether any of the processes goes on for so long."""
    deadline = time.monotonic() + seconds
    while any(Path(f"/proc/{process}").exists() for process in processes):
        if time.monotonic() > deadline:
            return True
        time.sleep(0.1)
    return False


@contextmanager
def _control_group() -> Iterator[Path]:
    """Make a control group for memory as long as the block runs; raises OSError where that cannot be."""
    group = _GROUPS / f"faults-{os.getpid()}"
    group.mkdir()
    try:
        yield group
    finally:
        group.rmdir()
