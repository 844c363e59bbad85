"""The lesson and what if in a real browser: from step to step, a slider, a region drawn by hand, a link."""

import re

from playwright.sync_api import Page, expect

from benchmarks.browser import settle

WAIT = 90_000  # ms: the first page also waits for TensorFlow


def assert_no_sideways_scrolling(page: Page) -> None:
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0


def test_from_step_to_step_and_a_click_enlarges_a_map(address, browser):
    page = browser.new_page(viewport={"width": 1400, "height": 1500})
    page.goto(f"{address}/lesson")
    page.get_by_role("button", name="Next: Feature maps").click(timeout=WAIT)
    tiles = page.locator("[data-testid=stPlotlyChart]").first
    tiles.locator(".hm image").nth(11).wait_for(state="attached", timeout=WAIT)
    assert "step=2" in page.url
    chosen = page.locator("[data-testid=stSelectbox] input").first
    expect(chosen).to_have_value(re.compile("^1: channel"))
    box = tiles.locator(".hm image").nth(6).bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(chosen).to_have_value(re.compile("^7: channel"), timeout=WAIT)
    page.get_by_role("button", name="Next: The map grows").click()
    told = page.locator(".growing .told")
    expect(told).to_contain_text("1024 of 1024 channels", timeout=WAIT)
    shown = page.locator(".growing .frames img:not(:first-child):not([hidden])")
    whole = shown.get_attribute("src")
    page.locator(".growing input[type=range]").press("ArrowLeft")
    expect(told).to_contain_text("1000 of 1024 channels")
    page.get_by_role("button", name="Play").click()
    page.get_by_role("button", name="Stop").wait_for()
    page.locator(".growing input[type=range]").press("Home")
    expect(told).to_contain_text("0 of 1024 channels")
    page.get_by_role("button", name="Play").click()
    expect(told).to_contain_text("5 of 1024 channels", timeout=WAIT)
    expect(shown).to_have_count(1)
    assert shown.get_attribute("src") != whole
    page.close()


def test_a_shared_link_opens_the_same_sum_on_a_phone(address, browser):
    page = browser.new_page(viewport={"width": 390, "height": 2600})
    page.goto(f"{address}/lesson?step=4&of=NV")
    expect(page.get_by_text("Log-odds of Mole (nevus)")).to_be_visible(timeout=WAIT)
    assert_no_sideways_scrolling(page)
    page.close()


def test_a_slider_and_a_region_drawn_by_hand_change_the_answer(address, browser):
    page = browser.new_page(viewport={"width": 1400, "height": 2600})
    page.goto(f"{address}/what-if?w-light=-40&cover=hand")
    after = page.get_by_text(re.compile(r"^After: Melanoma \d"))
    expect(after).to_be_visible(timeout=WAIT)
    shown = after.inner_text()
    page.get_by_text("Cover a region").click()
    board = page.locator(".st-key-cover-board .nsewdrag, .st-key-cover-board .drag").first
    board.wait_for(timeout=WAIT)
    settle(page)  # else the board may still move away under the pointer
    box = board.bounding_box()
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.2 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 0.8 * box["height"], steps=6)
    page.mouse.up()
    expect(after).not_to_have_text(shown, timeout=WAIT)
    page.close()


def test_the_designer_on_a_phone(address, browser):
    page = browser.new_page(viewport={"width": 390, "height": 3000})
    page.goto(f"{address}/what-if?try=designer&d-colours=1")
    expect(page.get_by_text("has never seen one")).to_be_visible(timeout=WAIT)
    expect(page.get_by_text("You set: 1", exact=True)).to_be_visible(timeout=WAIT)
    page.get_by_role("button", name="Like a mole").click()
    expect(page.get_by_text("You set: 2", exact=True)).to_be_visible(timeout=WAIT)
    assert_no_sideways_scrolling(page)
    page.close()
