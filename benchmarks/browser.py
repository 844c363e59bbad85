"""The real page in a real browser, for the browser tests and for timing."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find_browser() -> str | None:
    """Return the path of Chromium or Chrome, or None if there is none."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


# No run of the script for this long, in milliseconds, and no spinner: the page has all that it will have.
_QUIET = 700
_SETTLED = f"""() => {{
    const app = document.querySelector('.stApp');
    const busy = app?.dataset.testScriptState !== 'notRunning'
        || document.querySelector('[data-testid=stSpinner], [data-testid=stSkeleton]');
    if (busy) window.quietSince = undefined;
    else window.quietSince ??= performance.now();
    return window.quietSince !== undefined && performance.now() - window.quietSince > {_QUIET};
}}"""


def settle(page: Page, seconds: float = 90) -> None:
    """Wait until the page has drawn everything and runs nothing more.

    Raises
    ------
    playwright.sync_api.TimeoutError
        If it still runs after `seconds`.
    """
    page.evaluate("window.quietSince = undefined")
    page.wait_for_function(_SETTLED, timeout=seconds * 1000, polling=100)


@contextmanager
def served_page() -> Iterator[str]:
    """Serve the page on this machine alone, as long as the block runs; yield its address."""
    with running_server() as (url, _):
        yield url


@contextmanager
def running_server(
    environment: dict[str, str] | None = None,
    log: IO[bytes] | int = subprocess.DEVNULL,
    port: int = 0,
    python: Sequence[str] = (),
    prepare: Callable[[], None] | None = None,
    interpreter: str = sys.executable,
    root: Path = ROOT,
) -> Iterator[tuple[str, subprocess.Popen]]:
    """Serve the page likewise, with more in its environment; yield its address and its process.

    `python` are options of the `interpreter`; `prepare` is called in the process before it begins. `root` is
    the checkout whose page is served.
    """
    if not port:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
    command = [interpreter, *python, "-m", "streamlit", "run", "streamlit_app.py"]
    command += [f"--server.port={port}", "--server.address=127.0.0.1", "--server.fileWatcherType=none"]
    quiet = {"MELANOMA_ARCHIVE": "off"}  # nothing outside this machine is asked, unless told otherwise
    server = subprocess.Popen(
        command,
        cwd=root,
        env=os.environ | quiet | (environment or {}),
        stdout=log,
        stderr=subprocess.STDOUT,
        preexec_fn=prepare,
    )
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_until_healthy(url, server)
        yield url, server
    finally:
        server.terminate()
        server.wait(20)


@contextmanager
def opened_browser(executable: str) -> Iterator[Browser]:
    """Open a headless browser as long as the block runs."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def _wait_until_healthy(url: str, server: subprocess.Popen, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            urllib.request.urlopen(f"{url}/_stcore/health", timeout=2).read()
            return
        except OSError:
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the server did not start") from None
            time.sleep(0.3)
