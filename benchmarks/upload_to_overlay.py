"""How long a visitor waits: from choosing a file to the overlay on the screen, in a real browser.

python -m benchmarks.upload_to_overlay              drawn photos of 600 x 450 pixels
python -m benchmarks.upload_to_overlay --size 4000x3000 --repeats 20

Every upload is another photo, so nothing is answered from a cache. The first few warm the server and are
not counted. The clock starts when the browser gets the file and stops in the frame after both the photo and
its heatmap are drawn.
"""

import argparse
import os
import time

import cv2
import numpy as np
from playwright.sync_api import FilePayload, Page

from benchmarks.browser import find_browser, opened_browser, served_page
from melanoma.synthetic import MELANOMA_LIKE, NEVUS_LIKE, draw_lesion

WARM_UP = 3
SETTLE = 800  # milliseconds between two uploads, in which the page must not change any more
# The photo under the heatmap, as its data: it differs from photo to photo, the heatmap need not. The page
# redraws it after the heatmap's numbers arrive, both in one Plotly call.
_SHOWN = "document.querySelector('.st-key-overlay .imagelayer image')?.href.baseVal"
_DRAWN = f"before => document.querySelector('.st-key-overlay .hm image') && {_SHOWN} && {_SHOWN} !== before"


def photo(number: int, width: int, height: int) -> FilePayload:
    """Return a drawn lesion as a JPEG file, another for each number."""
    parameters = (MELANOMA_LIKE, NEVUS_LIKE)[number % 2]
    # Drawn small and enlarged: drawing at 12 megapixels would take longer than the measurement.
    pixels = cv2.resize(draw_lesion(parameters, 450, 600, seed=number).image, (width, height))
    _, encoded = cv2.imencode(".jpg", pixels[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 90])
    return {"name": f"photo-{number}.jpg", "mimeType": "image/jpeg", "buffer": encoded.tobytes()}


def seconds_to_overlay(page: Page, file: FilePayload, settle: int = SETTLE) -> float:
    """Return the seconds from giving the browser a file until its overlay is drawn; then wait `settle` ms."""
    before = page.evaluate(_SHOWN)
    started = time.perf_counter()
    page.locator("input[type=file]").set_input_files(file)
    page.wait_for_function(_DRAWN, arg=before, timeout=60_000)
    waited = time.perf_counter() - started
    shown = page.evaluate(_SHOWN)
    page.wait_for_timeout(settle)
    if page.evaluate(_SHOWN) != shown:
        raise RuntimeError("the picture changed again after the clock had stopped: it timed something else")
    return waited


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
    with served_page() as url, opened_browser(executable) as browser:
        page = browser.new_page(viewport={"width": 1400, "height": 1500})
        page.goto(url)
        page.locator(".st-key-overlay .hm image").first.wait_for(state="attached", timeout=120_000)
        files = (photo(number, width, height) for number in range(WARM_UP + options.repeats))
        waits = [seconds_to_overlay(page, file) for file in files][WARM_UP:]
    low, median, high = np.quantile(waits, [0.25, 0.5, 0.75])
    print(
        f"{options.size} JPEG, {len(waits)} uploads, {os.cpu_count()} cores: "
        f"median {median:.2f} s, quartiles {low:.2f} to {high:.2f} s, worst {max(waits):.2f} s"
    )


if __name__ == "__main__":
    main()
