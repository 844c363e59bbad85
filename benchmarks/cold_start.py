"""How long the first visitor of a server that has just been started waits, in a real browser.

python -m benchmarks.cold_start
python -m benchmarks.cold_start --repeats 5

The clock starts with the server's process. The result is there when the map of the first drawing is drawn
over it. TensorFlow must not be in the process by then, which Linux tells: an answer needs none.
"""

import argparse
import os
import sys
import time
from pathlib import Path

from playwright.sync_api import Browser

from benchmarks.browser import find_browser, opened_browser, running_server
from benchmarks.memory import megabytes


def has_tensorflow(process: int) -> bool:
    """Return True if a process has TensorFlow's libraries in its memory."""
    return "/tensorflow/" in Path(f"/proc/{process}/maps").read_text(encoding="utf-8")


def start_once(browser: Browser) -> tuple[float, float, float, bool, float]:
    """Return the seconds until the server answers, the frame shows and the result shows.

    Then whether TensorFlow was there with the result, and the memory in the end, in MB.
    """
    began = time.perf_counter()
    with running_server() as (address, server):
        healthy = time.perf_counter() - began
        page = browser.new_page(viewport={"width": 1400, "height": 1500})
        page.goto(f"{address}/?lang=en")
        page.get_by_text("What does the network see?").wait_for(timeout=60_000)
        framed = time.perf_counter() - began
        page.locator(".st-key-overlay .hm image").first.wait_for(state="attached", timeout=120_000)
        shown, loaded = time.perf_counter() - began, has_tensorflow(server.pid)
        page.close()
        return healthy, framed, shown, loaded, megabytes("VmRSS", server.pid)


def main() -> None:
    """Measure, and print a row for each start."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    executable = find_browser()
    if executable is None:
        parser.exit(2, "No Chromium or Chrome was found; make chromium installs one.\n")
    print(f"{os.cpu_count()} cores, the browser on them too")
    print(
        "| server answers, s | frame, s | first result, s | TensorFlow with the result | memory, MB | load |"
    )
    print("|---|---|---|---|---|---|")
    loaded_once = False
    with opened_browser(executable) as browser:
        for _ in range(options.repeats):
            healthy, framed, shown, loaded, memory = start_once(browser)
            loaded_once |= loaded
            print(
                f"| {healthy:.1f} | {framed:.1f} | {shown:.1f} | {'yes' if loaded else 'no'} | {memory:.0f} "
                f"| {os.getloadavg()[0]:.1f} |",
                flush=True,
            )
    sys.exit(loaded_once)


if __name__ == "__main__":
    main()
