"""How long a visitor waits in a real browser: for a photo's overlay, another diagnosis, another page.

python -m benchmarks.page_speed              drawn photos of 600 x 450 pixels
python -m benchmarks.page_speed --size 4000x3000 --repeats 20

Upload: every photo is another one, so nothing is answered from a cache; from giving the browser the file to
the frame after both the photo and its heatmap are drawn. Diagnosis: from the choice in the list to the frame
with another heatmap. Page: from the click in the menu to the frame with the other page's title, when its
script has ended. What comes first warms the server and is not counted.
"""

import argparse
import math
import os
import time

import cv2
import numpy as np
from playwright.sync_api import FilePayload, Locator, Page

from benchmarks.browser import find_browser, opened_browser, served_page, settle
from melanoma.edits.drawn_lesions import MELANOMA_LIKE, NEVUS_LIKE, draw_lesion

WARM_UP = 3
SETTLE = 800  # milliseconds between two uploads, in which the page must not change any more
# The photo under the heatmap, as its data: it differs from photo to photo, the heatmap need not. The page
# redraws it after the heatmap's numbers arrive, both in one Plotly call.
_SHOWN = "document.querySelector('.st-key-overlay .imagelayer image')?.href.baseVal"
_DRAWN = f"before => document.querySelector('.st-key-overlay .hm image') && {_SHOWN} && {_SHOWN} !== before"
_ONE_INPUT = "document.querySelectorAll('input[type=file]').length === 1"

CLASSES = 8  # of the shipped network, in the list of diagnoses
_HEATMAP = "document.querySelector('.st-key-overlay .imagelayer image:last-of-type')?.href.baseVal"
_OTHER_PAGE = """before => document.querySelector('h1') && document.querySelector('h1').innerText !== before
    && document.querySelector('.stApp').dataset.testScriptState === 'notRunning'"""


def photo(number: int, width: int, height: int) -> FilePayload:
    """Return a drawn lesion as a JPEG file, another for each number."""
    parameters = (MELANOMA_LIKE, NEVUS_LIKE)[number % 2]
    # Drawn small and enlarged: drawing at 12 megapixels would take longer than the measurement.
    pixels = cv2.resize(draw_lesion(parameters, 450, 600, seed=number).image, (width, height))
    _, encoded = cv2.imencode(".jpg", pixels[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 90])
    return {"name": f"photo-{number}.jpg", "mimeType": "image/jpeg", "buffer": encoded.tobytes()}


def seconds_to_overlay(page: Page, file: FilePayload, still: int = SETTLE) -> float:
    """Return the seconds from giving the browser a file until its overlay is drawn; then wait `still` ms."""
    before = page.evaluate(_SHOWN)
    page.wait_for_function(_ONE_INPUT)  # while it draws, the page may have the last one too
    started = time.perf_counter()
    page.locator("input[type=file]").set_input_files(file)
    page.wait_for_function(_DRAWN, arg=before, timeout=60_000)
    waited = time.perf_counter() - started
    shown = page.evaluate(_SHOWN)
    page.wait_for_timeout(still)
    if page.evaluate(_SHOWN) != shown:
        raise RuntimeError("the picture changed again after the clock had stopped: it timed something else")
    return waited


def seconds_to_diagnosis(page: Page, number: int) -> float:
    """Return the seconds from choosing the diagnosis of that number in the list until its map is drawn."""
    before = page.evaluate(_HEATMAP)
    page.locator("[class*='st-key-diagnosis-'] input").click()
    option = page.get_by_role("option").nth(number)
    option.wait_for()
    started = time.perf_counter()
    option.click()
    page.wait_for_function(f"before => {_HEATMAP} && {_HEATMAP} !== before", arg=before, timeout=60_000)
    waited = time.perf_counter() - started
    settle(page)
    return waited


def seconds_to_page(page: Page, link: Locator) -> float:
    """Return the seconds from a click on the menu's link until the other page stands."""
    before = page.locator("h1").inner_text()
    started = time.perf_counter()
    link.click()
    page.wait_for_function(_OTHER_PAGE, arg=before, timeout=180_000)  # one loads TensorFlow, once
    waited = time.perf_counter() - started
    settle(page)
    return waited


def summary(what: str, waits: list[float]) -> str:
    """Return median, quartiles and the worst of the seconds as a line."""
    low, median, high = np.quantile(waits, [0.25, 0.5, 0.75])
    return (
        f"{what}, {len(waits)} times: median {median:.2f} s, "
        f"quartiles {low:.2f} to {high:.2f} s, worst {max(waits):.2f} s"
    )


def main() -> None:
    """Measure, and print median and quartiles."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=30)
    parser.add_argument("--size", default="600x450", help="width x height of the photos, pixels")
    options = parser.parse_args()
    width, height = (int(side) for side in options.size.split("x"))
    executable = find_browser()
    if executable is None:
        parser.exit(2, "No Chromium or Chrome was found; make chromium installs one.\n")
    print(f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f} before the start", flush=True)
    with served_page() as url, opened_browser(executable) as browser:
        page = browser.new_page(viewport={"width": 1400, "height": 1500})
        page.goto(url)
        page.locator(".st-key-overlay .hm image").first.wait_for(state="attached", timeout=120_000)
        files = (photo(number, width, height) for number in range(WARM_UP + options.repeats))
        uploads = [seconds_to_overlay(page, file) for file in files][WARM_UP:]
        print(summary(f"{options.size} JPEG to its overlay", uploads), flush=True)

        # One after the other through the whole list, and never the one in view.
        numbers = [(1 + number) % CLASSES for number in range(WARM_UP + options.repeats)]
        switches = [seconds_to_diagnosis(page, number) for number in numbers][WARM_UP:]
        print(summary("another diagnosis", switches), flush=True)

        links = page.get_by_test_id("stTopNavLink").all()
        rounds = 1 + math.ceil(options.repeats / len(links))
        order = [*range(1, len(links)), 0] * rounds
        changes = [seconds_to_page(page, links[number]) for number in order][len(links) :]
        print(summary("another page", changes))
        for number, link in enumerate(links):
            own = [wait for wait, gone_to in zip(changes, order, strict=False) if gone_to == number]
            print(summary(f"  {link.inner_text().split()[-1]}", own))


if __name__ == "__main__":
    main()
