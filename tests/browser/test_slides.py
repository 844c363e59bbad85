"""A chart is saved as a slide by the browser: as large as a slide, and dark on white in a dark page too."""

from xml.etree import ElementTree

import cv2
import numpy as np

from benchmarks.browser import settle

SVG = "{http://www.w3.org/2000/svg}"


def test_a_chart_is_saved_as_a_slide_in_both_formats(address, browser, tmp_path):
    page = browser.new_page(viewport={"width": 1366, "height": 768}, color_scheme="dark")
    page.goto(f"{address}/?lang=en&sample=mole-like")
    page.locator(".st-key-probabilities .js-plotly-plot").wait_for(timeout=90_000)
    settle(page)
    page.get_by_role("button", name="Save").click()
    files = {}
    for kind in ("svg", "png"):
        with page.expect_download() as saved:
            page.get_by_role("button", name=f"The probabilities: slide ({kind.upper()})").click()
        files[kind] = tmp_path / f"slide.{kind}"
        saved.value.save_as(files[kind])
        assert saved.value.suggested_filename == f"melanoma-probabilities.{kind}"
    root = ElementTree.parse(files["svg"]).getroot()
    words = "".join(text for part in root.iter(f"{SVG}text") for text in part.itertext())
    assert (root.get("width"), root.get("height")) == ("1920", "1080")
    for wanted in ("The probabilities", "Not a diagnosis.", "Mole (nevus)", "Melanoma"):
        assert wanted in words
    picture = cv2.imread(str(files["png"]))
    assert picture.shape == (1080, 1920, 3)
    assert (picture[:, :40] == 255).all() and (picture == 255).all(axis=2).mean() > 0.5
    bars = picture[160:960].reshape(-1, 3).astype(int)
    assert (np.ptp(bars, axis=1) > 60).mean() > 0.01, "the bars are drawn in their colours"
    page.close()
