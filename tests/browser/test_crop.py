"""Cropping, joining and outlining in a real browser: by mouse, by touch, by keys, and off again."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from benchmarks.browser import settle
from melanoma.edits.drawn_lesions import MELANOMA_LIKE, NEVUS_LIKE, LesionParameters, draw_lesion
from tests.browser.conftest import jpeg
from tests.browser.test_accessibility import serious

WAIT = 90_000
SMALL = LesionParameters(asymmetry=0.4, border=0.3, colours=4, diameter=0.25)
SIZE = (960, 540)
WHOLE = f"{SIZE[0]} x {SIZE[1]} pixels"


@pytest.fixture(scope="module")
def wide():
    """A small lesion in a wide frame, as a phone takes it."""
    return jpeg("wide.jpg", draw_lesion(SMALL, SIZE[1], SIZE[0], 9).image)


def opened_with(page: Page, address: str, *files) -> Page:
    page.goto(f"{address}/?lang=en")
    page.locator("input[type=file]").wait_for(state="attached", timeout=180_000)
    settle(page)
    page.locator("input[type=file]").set_input_files(list(files))
    page.get_by_role("button", name="Take this photo away").wait_for(timeout=WAIT)
    settle(page)
    return page


def open_crop(page: Page) -> Locator:
    page.get_by_role("button", name="Crop", exact=True).click()
    board = page.locator(".board")
    board.locator(".square").wait_for(timeout=WAIT)
    settle(page)
    return board


def numbers(page: Page) -> list[int]:
    return [int(field.input_value()) for field in page.get_by_role("dialog").get_by_role("spinbutton").all()]


def on(board: Locator, x: float, y: float) -> tuple[float, float]:
    """Return where a place of the photo, in shares of its sides, is on the screen."""
    box = board.bounding_box()
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def use(page: Page) -> None:
    page.get_by_role("button", name="Use this square").click()
    expect(page.get_by_role("dialog")).to_be_hidden(timeout=WAIT)
    expect(page.get_by_text("Cropped to a square of")).to_be_visible(timeout=WAIT)
    settle(page)


def test_two_clicks_then_by_mouse_and_off_again(address, browser, wide):
    page = opened_with(browser.new_page(viewport={"width": 1366, "height": 768}), address, wide)
    verdict = page.locator(".st-key-verdict")
    expect(verdict).to_contain_text("Distrust this answer")
    board = open_crop(page)
    button = page.get_by_role("button", name="Use this square").bounding_box()
    assert button["y"] + button["height"] <= 768, "photo and button are seen together"
    assert not serious(page), "the dialog, for axe"
    offered = numbers(page)
    use(page)
    expect(verdict).not_to_contain_text("Distrust this answer")
    expect(page.get_by_text(f"{offered[2]} x {offered[2]} pixels")).to_be_visible()
    assert "crop" not in page.url

    board = open_crop(page)
    assert numbers(page) == offered, "it opens where it was"
    page.mouse.move(*on(board, 0.05, 0.1))
    page.mouse.down()
    page.mouse.move(*on(board, 0.3, 0.3), steps=5)
    page.mouse.up()
    page.wait_for_function(
        "before => document.querySelector('[role=dialog] input').value !== before", arg=str(offered[0])
    )
    settle(page)
    left, top, side = numbers(page)
    assert left == pytest.approx(0.05 * 960, abs=4) and top == pytest.approx(0.1 * 540, abs=4)
    assert side == pytest.approx(0.25 * 960, abs=6), "as wide as was dragged, and a square"
    board.locator(".square").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("+")
    page.wait_for_function(
        "before => document.querySelectorAll('[role=dialog] input')[2].value !== before", arg=str(side)
    )
    assert numbers(page)[2] > side
    use(page)
    open_crop(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden(timeout=WAIT)
    settle(page)
    page.get_by_role("button", name="Whole photo again").click()
    expect(page.get_by_text(WHOLE)).to_be_visible(timeout=WAIT)
    expect(verdict).to_contain_text("Distrust this answer")
    expect(page.get_by_text("Cropped to a square of")).to_be_hidden()
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.close()


def test_by_touch_on_a_narrow_phone_and_never_out_of_the_photo(address, browser, wide):
    context = browser.new_context(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    page = opened_with(context.new_page(), address, wide)
    board = open_crop(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    fields = page.get_by_role("dialog").get_by_role("spinbutton").all()
    assert all(field.bounding_box()["x"] + field.bounding_box()["width"] <= 340 for field in fields)
    before = numbers(page)
    touch = context.new_cdp_session(page)

    def finger(kind: str, *place: float) -> None:
        points = [{"x": place[0], "y": place[1]}] if place else []
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    middle = board.locator(".square").bounding_box()
    finger("touchStart", middle["x"] + middle["width"] / 2, middle["y"] + middle["height"] / 2)
    for x in (0.7, 1.0, 1.6):
        finger("touchMove", *on(board, x, 1.5))
    finger("touchEnd")
    page.wait_for_function(
        "before => document.querySelector('[role=dialog] input').value !== before", arg=str(before[0])
    )
    settle(page)
    side = before[2]
    assert numbers(page) == [960 - side, 540 - side, side], "moved as it is, to the edge and no further"
    use(page)
    expect(page.get_by_text(f"{side} x {side} pixels")).to_be_attached()
    context.close()


def test_a_corner_of_the_square_stays_when_the_other_is_dragged(address, browser, wide):
    page = opened_with(browser.new_page(viewport={"width": 1366, "height": 900}), address, wide)
    board = open_crop(page)
    left, top, side = numbers(page)
    corner = board.locator("[data-corner=se]").bounding_box()
    page.mouse.move(corner["x"] + corner["width"] / 2, corner["y"] + corner["height"] / 2)
    page.mouse.down()
    page.mouse.move(*on(board, 2, 2), steps=5)
    page.mouse.up()
    page.wait_for_function(
        "before => document.querySelectorAll('[role=dialog] input')[2].value !== before", arg=str(side)
    )
    settle(page)
    assert numbers(page) == [left, top, min(960 - left, 540 - top)]
    page.close()


def test_photos_of_one_lesion_are_answered_together(address, browser):
    files = [
        jpeg(f"{n}.jpg", draw_lesion(kind, 300, 400, 5).image)
        for n, kind in enumerate((MELANOMA_LIKE, NEVUS_LIKE))
    ]
    page = opened_with(browser.new_page(viewport={"width": 1366, "height": 900}), address, *files)
    page.get_by_role("button", name="Several of one lesion").click()
    for name in ("Photo 1", "Photo 2"):
        page.get_by_test_id("stPopoverBody").get_by_role("button", name=name, exact=True).click()
        settle(page)
    page.keyboard.press("Escape")
    joint = page.locator(".st-key-joint-verdict")
    expect(joint).to_contain_text("2 photos together.", timeout=WAIT)
    rows = joint.locator("table tbody tr")
    expect(rows).to_have_count(3)
    expect(rows.locator("th")).to_have_text(["Photo 1", "Photo 2", "Together"])
    expect(joint).to_contain_text("the mean of their scores")
    page.close()


def test_the_outline_is_drawn_in_full_size_and_counts_when_done(address, browser, drawn_photo):
    page = browser.new_page(viewport={"width": 1366, "height": 768})
    page = opened_with(page, address, str(drawn_photo))
    page.get_by_role("button", name="Correct the outline of the lesion").click()
    board = page.get_by_role("dialog").locator(".nsewdrag, .drag").first
    board.wait_for(timeout=WAIT)
    settle(page)
    lines = page.get_by_role("dialog").locator(".scatterlayer .js-line")
    expect(lines).to_have_count(2)
    before = lines.first.get_attribute("d")
    assert page.get_by_role("dialog").locator(".imagelayer image").first.bounding_box()["width"] > 500
    box = board.bounding_box()
    page.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 0.3 * box["height"])
    page.mouse.down()
    for x, y in ((0.6, 0.3), (0.6, 0.7), (0.4, 0.7)):
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=4)
    page.mouse.up()
    expect(lines.first).not_to_have_attribute("d", before, timeout=WAIT)
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_role("dialog")).to_be_hidden(timeout=WAIT)
    settle(page)
    page.get_by_role("button", name="What am I looking at?").click()
    expect(page.get_by_text(re.compile("The yellow line is the outline that you drew"))).to_be_visible()
    page.close()
