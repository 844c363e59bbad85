"""A phone, by touch: the menu closes, a slider and its picture are seen together, tables are cards."""

import pytest
from playwright.sync_api import expect

from benchmarks.browser import settle


@pytest.fixture
def phone(browser):
    context = browser.new_context(viewport={"width": 360, "height": 800}, has_touch=True, is_mobile=True)
    yield context.new_page()
    context.close()


def test_the_menu_closes_after_a_choice_and_a_slider_keeps_its_picture_in_view(address, phone):
    phone.goto(f"{address}/?lang=en")
    phone.locator("h1").first.wait_for(timeout=180_000)
    settle(phone)
    phone.get_by_test_id("stExpandSidebarButton").tap()
    menu = phone.get_by_test_id("stSidebar")
    expect(menu).to_have_attribute("data-collapsed", "false")
    phone.get_by_test_id("stSidebarNavLink").filter(has_text="What if").tap()
    expect(phone.locator("h1")).to_have_text("What if …?", timeout=60_000)
    expect(menu).to_have_attribute("data-collapsed", "true")
    settle(phone)
    slider = phone.get_by_role("slider", name="Stickers")
    slider.evaluate("slider => slider.scrollIntoView({ block: 'center' })")
    beside = phone.locator(".st-key-beside-sliders img")
    before = beside.get_attribute("src")
    slider.focus()
    phone.keyboard.press("ArrowRight")
    phone.wait_for_function(
        "before => { const image = document.querySelector('.st-key-beside-sliders img');"
        " return image && image.src && !image.src.endsWith(before); }",
        arg=before,
        timeout=60_000,
    )
    settle(phone)
    boxes = [beside.bounding_box(), slider.bounding_box()]
    assert all(box["y"] >= 0 and box["y"] + box["height"] <= 800 for box in boxes), boxes
    assert boxes[0]["y"] + boxes[0]["height"] <= boxes[1]["y"], "the picture hides no slider"


def test_a_table_is_cards_with_the_names_of_its_columns(address, phone):
    phone.goto(f"{address}/thresholds?lang=en")
    row = phone.locator("table.cards tbody tr").first
    row.wait_for(state="attached", timeout=180_000)
    settle(phone)
    named = row.locator("td").first.evaluate("cell => getComputedStyle(cell, '::before').content")
    assert named == '"Photos: "', named
    assert row.bounding_box()["width"] <= 360
    assert phone.evaluate("document.documentElement.scrollWidth") <= 360
