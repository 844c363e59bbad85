"""The real page in a real browser: upload, result, another diagnosis, at two widths."""

import os

import pytest
from playwright.sync_api import expect

from benchmarks.browser import find_browser, opened_browser, served_page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def address():
    with served_page() as url:
        yield url


@pytest.fixture(scope="module")
def browser():
    executable = find_browser()
    if executable is None:
        if os.environ.get("CI"):
            pytest.fail("CI must have a browser: make chromium")
        pytest.skip("no Chromium or Chrome: make chromium")
    with opened_browser(executable) as browser:
        yield browser


@pytest.mark.parametrize(("width", "height"), [(1400, 1500), (390, 2600)], ids=["wide", "phone"])
def test_upload_result_and_another_diagnosis(address, browser, drawn_photo, width, height):
    page = browser.new_page(viewport={"width": width, "height": height})
    page.goto(address)
    page.get_by_text("This is a drawing, not a photo").wait_for(timeout=90_000)
    page.locator("input[type=file]").set_input_files(str(drawn_photo))
    page.get_by_text("600 x 450 pixels").wait_for(timeout=30_000)
    expect(page.locator(".st-key-verdict")).to_contain_text("elanoma alert")
    bars = page.locator(".st-key-bars .barlayer .point")
    expect(bars).to_have_count(8)
    overlay = page.locator(".st-key-overlay .hm image").first
    overlay.wait_for(state="attached")
    before = overlay.evaluate("image => image.href.baseVal")
    assert before
    page.locator("[data-testid=stSelectbox]").first.locator("input").click()
    page.get_by_role("option").nth(3).click()
    page.wait_for_function(
        "before => { const image = document.querySelector('.st-key-overlay .hm image');"
        " return image && image.href.baseVal !== before; }",
        arg=before,
        timeout=10_000,
    )
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0
    page.close()


def test_a_bad_file_leaves_the_photo_in_view(address, browser, drawn_photo):
    page = browser.new_page(viewport={"width": 1400, "height": 1500})
    page.goto(address)
    upload = page.locator("input[type=file]")
    upload.wait_for(state="attached", timeout=90_000)
    upload.set_input_files(str(drawn_photo))
    page.get_by_text("600 x 450 pixels").wait_for(timeout=60_000)
    bad = {"name": "notes_*a*.jpg", "mimeType": "image/jpeg", "buffer": b"not a picture"}
    upload.set_input_files(bad)
    page.get_by_text("notes_*a*.jpg is not a picture that can be read").wait_for(timeout=30_000)
    expect(page.get_by_text("600 x 450 pixels")).to_be_visible()
    page.close()
