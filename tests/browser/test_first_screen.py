"""What is seen before anything is moved: verdict, map and photo, on a laptop and on a phone."""

import pytest
from playwright.sync_api import Page, expect

from benchmarks.browser import settle
from melanoma.edits.drawn_lesions import MELANOMA_LIKE, draw_lesion
from tests.browser.conftest import jpeg

MAP = ".st-key-overlay .imagelayer image:last-of-type"
"""The map itself, without its scale."""
PHOTO = ".st-key-plain [data-testid=stElementContainer]:first-child img"
VERDICT = ".st-key-verdict"


def opened(browser, url: str, width: int, height: int) -> Page:
    page = browser.new_page(viewport={"width": width, "height": height})
    page.goto(url)
    page.locator(MAP).wait_for(state="attached", timeout=180_000)
    settle(page)
    return page


def place(page: Page, name: str) -> dict[str, float]:
    box = page.locator(name).first.bounding_box()
    assert box is not None, name
    return box


def outside(page: Page, *names: str) -> list[str]:
    """Return which of the parts do not lie wholly in what is seen."""
    size = page.viewport_size
    found = {name: place(page, name) for name in names}
    return [
        f"{name}: {box}"
        for name, box in found.items()
        if min(box["x"], box["y"]) < 0
        or box["x"] + box["width"] > size["width"]
        or box["y"] + box["height"] > size["height"]
    ]


@pytest.mark.parametrize("language", ["en", "de"])
def test_photo_map_and_verdict_are_seen_at_once_on_a_laptop(address, browser, drawn_photo, language):
    page = opened(browser, f"{address}/?lang={language}", 1366, 768)
    assert not outside(page, VERDICT, MAP, PHOTO)
    assert place(page, MAP)["width"] > 380
    page.locator("input[type=file]").set_input_files(str(drawn_photo))
    page.get_by_text("drawn.jpg").first.wait_for(timeout=60_000)
    settle(page)
    assert not outside(page, VERDICT, MAP, PHOTO), "the verdict of a photo is longer than that of a drawing"
    page.close()


def test_twelve_photos_push_nothing_away(address, browser):
    page = opened(browser, f"{address}/?lang=en", 1366, 768)
    before = place(page, MAP)
    files = [jpeg(f"{n}.jpg", draw_lesion(MELANOMA_LIKE, 90, 90 + n, n).image) for n in range(12)]
    page.locator("input[type=file]").set_input_files(files)
    page.get_by_role("button", name="Photo 12", exact=True).wait_for(state="attached", timeout=60_000)
    settle(page)
    assert place(page, MAP) == before
    page.get_by_role("button", name="Photo 12", exact=True).click()
    expect(page.get_by_text("Your photo 12")).to_be_visible(timeout=60_000)
    page.close()


def test_a_phone_shows_the_verdict_first_and_goes_to_it_after_an_upload(address, browser, drawn_photo):
    page = opened(browser, f"{address}/?lang=en", 390, 844)
    assert not outside(page, VERDICT)
    assert place(page, VERDICT)["y"] < place(page, MAP)["y"] < 844
    page.locator(".stMain").evaluate("main => main.scrollTo(0, 1500)")
    assert outside(page, VERDICT)
    page.locator("input[type=file]").set_input_files(str(drawn_photo))
    page.get_by_text("drawn.jpg").first.wait_for(timeout=60_000)
    settle(page)
    assert not outside(page, VERDICT)
    assert place(page, MAP)["y"] < 844
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.close()
