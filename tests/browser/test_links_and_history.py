"""Links that open a case, Back, reload, two tabs, and what is asked before photos are lost."""

import re

import pytest
from playwright.sync_api import Page, TimeoutError, expect

from benchmarks.browser import settle
from melanoma.edits.drawn_lesions import MELANOMA_LIKE, NEVUS_LIKE, draw_lesion
from tests.browser.conftest import jpeg

MAP = ".st-key-overlay .imagelayer image:last-of-type"
PAIR = ".st-key-wiped-pair"
UPPER = f"{PAIR} > :last-child"
CASE = "sample=mole-like&compare=true&other-photo=hairy&look=wipe&wipe=30"


def opened(browser, url: str, **options) -> Page:
    page = browser.new_context(**({"viewport": {"width": 1366, "height": 768}} | options)).new_page()
    page.goto(url)
    page.locator("h1").first.wait_for(timeout=180_000)
    settle(page)
    return page


def shown(page: Page) -> float:
    """Return how much of the left picture is seen, 0..1, of its width."""
    cut = page.locator(UPPER).evaluate("e => [getComputedStyle(e).clipPath, e.getBoundingClientRect().width]")
    style, width = cut
    right = re.fullmatch(r"inset\(0px (?:calc\((.+)\)|(.+)) 0px 0px\)", style)
    assert right, style
    value = right[1] or right[2]
    parts = re.findall(r"(-? ?[\d.]+)(%|px)", value)
    pixels = sum(
        float(number.replace(" ", "")) * (width / 100 if unit == "%" else 1) for number, unit in parts
    )
    return 1 - pixels / width


def leaves(page: Page) -> bool:
    """Return whether the page closes when it is told to, as by the visitor."""
    try:
        with page.expect_event("close", timeout=5000):
            page.close(run_before_unload=True)
    except TimeoutError:
        return False
    return True


def names(page: Page) -> dict[str, str]:
    return page.evaluate("Object.fromEntries(new URL(location.href).searchParams)")


@pytest.mark.parametrize("touch", [False, True], ids=["wide", "phone"])
def test_a_link_opens_a_comparison_that_keys_mouse_and_touch_wipe(address, browser, touch):
    size = {"width": 390, "height": 844} if touch else {"width": 1366, "height": 768}
    page = opened(browser, f"{address}/?lang=en&{CASE}", viewport=size, has_touch=touch)
    pair = page.locator(PAIR)
    pair.scroll_into_view_if_needed()
    expect(pair.locator("img")).to_have_count(2)
    boxes = [picture.bounding_box() for picture in pair.locator("img").all()]
    assert boxes[0] == boxes[1] and boxes[0]["width"] > 250, "one lies on the other"
    assert shown(page) == pytest.approx(0.3, abs=0.01)
    slider = page.get_by_role("slider", name="How much of the left one is shown")
    track = page.locator(".st-key-wipe [role=group]").bounding_box()
    at = (track["x"] + 0.75 * track["width"], track["y"] + track["height"] / 3)
    entries = page.evaluate("history.length")
    if touch:
        page.touchscreen.tap(*at)
    else:
        thumb = page.get_by_test_id("stSliderThumbValue").locator("..").last.bounding_box()
        page.mouse.move(thumb["x"] + thumb["width"] / 2, thumb["y"] + thumb["height"] / 2)
        page.mouse.down()
        page.mouse.move(*at, steps=5)
        assert shown(page) > 0.6, "it follows while it is dragged"
        page.mouse.up()
    settle(page)
    moved = int(slider.get_attribute("value"))
    assert moved > 60 and shown(page) == pytest.approx(moved / 100, abs=0.01)
    slider.focus()
    page.keyboard.press("ArrowLeft")
    settle(page)
    assert names(page)["wipe"] == str(moved - 1)
    assert page.evaluate("history.length") == entries, "Back goes not through places of the wipe"
    scale = page.locator(".st-key-compared-scale-0 .colorbar")
    assert scale.count() == 1 and page.locator(".st-key-compared-scale-1").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    linked = page.url
    page.get_by_role("button", name="Copy the link to this comparison").click()
    again = opened(browser, linked)
    assert shown(again) == pytest.approx((moved - 1) / 100, abs=0.01)
    assert (
        page.locator(f"{PAIR} img").first.get_attribute("src").split("/")[-1]
        == (again.locator(f"{PAIR} img").first.get_attribute("src").split("/")[-1])
    ), "the same picture, pixel by pixel"
    page.context.close()
    again.context.close()


def test_back_undoes_one_step_at_a_time_and_a_reload_changes_nothing(address, browser):
    page = opened(browser, f"{address}/")
    states = [names(page)]
    for step in (
        lambda: page.get_by_role("button", name="Like a mole").click(),
        lambda: page.get_by_test_id("stExpander").filter(has_text="Side by side").locator("summary").click(),
        lambda: page.locator(".st-key-look").get_by_text("Wipe", exact=True).click(),
        lambda: page.get_by_role("button", name="With hair").click(),
    ):
        step()
        settle(page)
        states.append(names(page))
    assert [state.get("sample") for state in states] == [None, *["mole-like"] * 3, "hairy"]
    page.reload()
    page.locator(PAIR).wait_for(timeout=60_000)
    settle(page)
    assert names(page) == states[-1]
    for state in reversed(states[:-1]):
        page.go_back()
        settle(page)
        assert {name: names(page).get(name) for name in ("sample", "compare", "look")} == {
            name: state.get(name) for name in ("sample", "compare", "look")
        }
    expect(
        page.get_by_test_id("stExpander").filter(has_text="Side by side").locator("details")
    ).not_to_have_attribute("open", "")
    page.go_forward()
    settle(page)
    assert names(page)["sample"] == "mole-like"
    page.context.close()


def test_back_and_reload_on_other_pages_steps_and_in_the_quiz(address, browser):
    page = opened(browser, f"{address}/lesson?lang=en", viewport={"width": 1024, "height": 768})
    page.get_by_role("button", name="Next: Feature maps").click()
    second = page.get_by_role("heading", name="2 Feature maps")
    expect(second).to_be_focused(timeout=60_000)
    settle(page)
    for button, name in (
        ("Next: The map grows", "3 The map grows"),
        ("Back: Feature maps", "2 Feature maps"),
    ):
        page.get_by_role("button", name=button).click()  # at the step's end, which is scrolled to
        header = page.get_by_role("heading", name=name)
        expect(header).to_be_focused(timeout=60_000)
        settle(page)
        assert 50 < header.bounding_box()["y"] < 384, "the view is at the step's top"
    for name in ("3 The map grows", "2 Feature maps", "1 What it sees"):
        page.go_back()
        expect(page.get_by_role("heading", name=name)).to_be_visible(timeout=60_000)
    page.goto(f"{address}/quiz?lang=en&seed=7&source=drawn")
    page.get_by_role("button", name="Start").click()
    page.get_by_text("Case 1 of 5").wait_for(timeout=60_000)
    settle(page)
    page.get_by_test_id("stSelectbox").filter(has_text="2. What is it?").locator("input").click()
    page.get_by_role("option").first.click()
    settle(page)
    page.get_by_role("button", name="Show the answer").click()
    page.get_by_role("button", name="Next case").click(timeout=60_000)
    page.get_by_text("Case 2 of 5").wait_for(timeout=60_000)
    settle(page)
    page.reload()
    page.get_by_text("Case 2 of 5").wait_for(timeout=60_000)
    settle(page)
    page.go_back()
    expect(page.get_by_text("Truth:")).to_be_visible(timeout=60_000)
    settle(page)
    page.go_back()
    expect(page.get_by_role("button", name="Show the answer")).to_be_visible(timeout=60_000)
    settle(page)
    page.go_back()
    expect(page.get_by_role("button", name="Start")).to_be_visible(timeout=60_000)
    page.context.close()


def test_the_browser_asks_before_uploads_are_lost_and_back_goes_to_an_upload(address, browser, drawn_photo):
    page = opened(browser, f"{address}/?lang=en&sample=mole-like")
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.get_by_role("button", name="With hair").click()  # browsers ask only where something was clicked
    settle(page)
    assert leaves(page) and not asked, "nothing was brought"

    page = opened(browser, f"{address}/?lang=en&sample=mole-like")
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.get_by_role("button", name="With hair").click()
    settle(page)
    page.locator("input[type=file]").set_input_files(str(drawn_photo))
    page.get_by_text("drawn.jpg").first.wait_for(timeout=60_000)
    settle(page)
    assert names(page)["sample"] == "own-1"
    page.get_by_role("button", name="Like a mole").click()
    settle(page)
    page.go_back()
    expect(page.get_by_text("Your photo 1").first).to_be_visible(timeout=60_000)
    settle(page)
    assert not leaves(page) and asked == ["beforeunload"]
    page.get_by_role("button", name="Take this photo away").click()
    settle(page)
    assert leaves(page) and asked == ["beforeunload"]


def test_two_tabs_of_a_visitor_leave_each_other_alone(address, browser, drawn_photo):
    first = opened(browser, f"{address}/?lang=en&sample=mole-like")
    first.locator("input[type=file]").set_input_files(str(drawn_photo))
    first.get_by_text("drawn.jpg").first.wait_for(timeout=60_000)
    settle(first)
    second = first.context.new_page()
    second.goto(first.url)
    expect(second.get_by_text("The photo of this link was brought by a visitor")).to_be_visible(
        timeout=60_000
    )
    settle(second)
    second.get_by_role("button", name="With hair").click()
    settle(second)
    assert (names(first)["sample"], names(second)["sample"]) == ("own-1", "hairy")
    first.get_by_test_id("stExpander").filter(has_text="Side by side").locator("summary").click()
    settle(first)
    expect(first.get_by_text("A photo that you brought is in no link")).to_be_visible()
    expect(first.get_by_text("Your photo 1").first).to_be_visible()
    first.context.close()


def test_a_row_of_a_worklist_opens_its_photo_in_examine_and_back_returns(address, browser):
    page = opened(browser, f"{address}/triage?lang=en", viewport={"width": 390, "height": 844})
    files = [
        jpeg(f"{name}.jpg", draw_lesion(kind, 90, 120, 3).image)
        for name, kind in (("one", MELANOMA_LIKE), ("two", NEVUS_LIKE))
    ]
    page.locator("input[type=file]").set_input_files(files)
    page.get_by_role("button", name="Make the list").click()
    page.get_by_role("button", name="Worklist to print").wait_for(timeout=120_000)
    settle(page)
    card = page.locator(".st-key-triage-cards .card").first.inner_text()
    page.get_by_role("button", name="Open in Examine").first.click()
    page.locator(MAP).wait_for(state="attached", timeout=60_000)
    settle(page)
    name = re.search(r"(one|two)\.jpg", card)[0]
    expect(page.locator(".st-key-about-photo")).to_contain_text(name)
    page.go_back()
    page.get_by_role("button", name="Worklist to print").wait_for(timeout=60_000)
    page.context.close()
