"""How long a list of many photos takes on the page, how much memory, and how the page answers meanwhile.

python -m benchmarks.triage_in_page
python -m benchmarks.triage_in_page --photos 50 200 400

The photos are drawn, 600 x 450 pixels, in a zip. The clock starts at the button and stops when the files can
be saved. Meanwhile another visitor changes the diagnosis on the page Examine again and again. Needs Linux for
the memory.
"""

import argparse
import io
import os
import time
import zipfile

import numpy as np
from playwright.sync_api import Browser, FilePayload

from benchmarks.browser import find_browser, opened_browser, running_server, settle
from benchmarks.memory import megabytes, process_tree, restart_peak
from benchmarks.page_speed import CLASSES, photo, seconds_to_diagnosis

DRAWN = 25  # different photos: drawing takes longer than judging, and each stands in the zip several times


def zipped(count: int) -> FilePayload:
    """Return a zip of so many photos, for an uploader."""
    photos = [photo(number, 600, 450) for number in range(min(DRAWN, count))]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number in range(count):
            archive.writestr(f"{number:04d}.jpg", photos[number % len(photos)]["buffer"])
    return {"name": "photos.zip", "mimeType": "application/zip", "buffer": packed.getvalue()}


def measure(browser: Browser, url: str, process: int, count: int) -> str:
    """Return a row of the table for one list."""
    other = browser.new_page(viewport={"width": 1400, "height": 1500})
    other.goto(url)
    other.locator(".st-key-overlay .hm image").first.wait_for(state="attached", timeout=120_000)
    settle(other)
    page = browser.new_page(viewport={"width": 1400, "height": 1500})
    page.goto(f"{url}/triage")
    page.locator("input[type=file]").wait_for(state="attached", timeout=90_000)
    page.locator("input[type=file]").set_input_files(zipped(count))
    page.get_by_text("photos.zip").wait_for(timeout=60_000)
    settle(page)
    for member in process_tree(process):
        restart_peak(member)
    before = sum(megabytes("VmRSS", member) for member in process_tree(process))
    started = time.perf_counter()
    page.get_by_role("button", name="Make the list").click()
    finished = page.get_by_role("button", name="Numbers (CSV)")
    switches, number = [], 0
    while not finished.is_visible():
        number = (number + 1) % CLASSES
        switches.append(seconds_to_diagnosis(other, number))
    seconds = time.perf_counter() - started
    peak = sum(megabytes("VmHWM", member) for member in process_tree(process))
    page.close()
    other.close()
    meanwhile = f"{np.median(switches):.2f} | {max(switches):.2f}"
    return f"| {count} | {seconds:.1f} | {count / seconds:.0f} | {peak - before:.0f} | {meanwhile} |"


def main() -> None:
    """Measure lists of growing length, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=int, nargs="*", default=[50, 200, 400])
    options = parser.parse_args()
    executable = find_browser()
    if executable is None:
        parser.exit(2, "No Chromium or Chrome was found; make chromium installs one.\n")
    print(f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f} before the start", flush=True)
    print(
        "| photos | seconds | a second | more memory at the peak, MB "
        "| another visitor's map meanwhile, median s | worst |"
    )
    print("|---|---|---|---|---|---|")
    with running_server() as (url, server), opened_browser(executable) as browser:
        measure(browser, url, server.pid, 20)  # warms the server
        for count in options.photos:
            print(measure(browser, url, server.pid, count), flush=True)


if __name__ == "__main__":
    main()
