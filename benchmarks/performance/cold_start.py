"""How long the first visitor of a server that has just been started waits, in a real browser.

The clock starts with the server's process. The result is there when the map of the first drawing is drawn
over it. TensorFlow must not be in the process by then, which Linux tells: an answer needs none.
"""

import time
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser

from benchmarks.browser import ROOT, running_server
from benchmarks.memory import megabytes

VIEW = {"width": 1400, "height": 1500}


@dataclass(frozen=True)
class Start:
    """One start of a server with one visitor."""

    frame: float
    """Seconds until the page's frame shows."""
    result: float
    """Seconds until the first result shows."""
    tensorflow: bool
    """Whether TensorFlow was in the process by then."""
    memory: float
    """MB that the server holds then."""


def has_tensorflow(process: int) -> bool:
    """Return True if a process has TensorFlow's libraries in its memory."""
    return "/tensorflow/" in Path(f"/proc/{process}/maps").read_text(encoding="utf-8")


def start_once(browser: Browser, root: Path = ROOT) -> Start:
    """Start the server of a checkout, visit it and stop it."""
    began = time.perf_counter()
    with running_server(root=root) as (address, server):
        page = browser.new_page(viewport=VIEW)
        page.goto(f"{address}/?lang=en")
        page.get_by_text("What does the network see?").wait_for(timeout=60_000)
        framed = time.perf_counter() - began
        page.locator(".st-key-overlay .hm image").first.wait_for(state="attached", timeout=120_000)
        shown, loaded = time.perf_counter() - began, has_tensorflow(server.pid)
        page.close()
        return Start(framed, shown, loaded, megabytes("VmRSS", server.pid))
