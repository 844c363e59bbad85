"""Teaching pages in a real browser: a quiz from start to score, a slider that moves, a model's card."""

import json

import pytest
from playwright.sync_api import expect

from benchmarks.browser import settle


def no_overflow(page):
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0


@pytest.mark.parametrize(("width", "height"), [(1400, 1400), (390, 2400)], ids=["wide", "phone"])
def test_quiz_from_a_link_to_the_score(address, browser, tmp_path, width, height):
    page = browser.new_page(viewport={"width": width, "height": height})
    page.goto(f"{address}/quiz?seed=7")
    page.get_by_role("button", name="Start").click(timeout=90_000)
    for number in range(1, 6):
        page.get_by_text(f"Case {number} of 5").wait_for(timeout=90_000)
        photo = page.locator(f".st-key-mark-{number - 1} .js-plotly-plot")
        photo.locator(".nsewdrag").wait_for(state="attached", timeout=150_000)  # TensorFlow loads
        photo.click()  # in its middle
        page.locator(f".st-key-mark-{number - 1} .scatterlayer .trace").nth(1).wait_for(
            state="attached", timeout=60_000
        )
        settle(page)  # else the open list may be drawn anew under the pointer
        page.locator(f".st-key-named-{number - 1} input").click()
        page.get_by_role("option").first.click()
        page.get_by_role("button", name="Show the answer").click(timeout=60_000)
        page.get_by_text("Truth:").wait_for(timeout=60_000)
        expect(page.get_by_text("At your mark its evidence")).to_be_visible(timeout=60_000)
        page.get_by_role("button", name="See the score" if number == 5 else "Next case").click()
    page.get_by_text("Your result").wait_for(timeout=60_000)
    page.locator(".st-key-sureness .scatterlayer").wait_for(state="attached", timeout=60_000)
    no_overflow(page)
    with page.expect_download() as taken:
        page.get_by_role("button", name="Result (JSON)").click()
    taken.value.save_as(tmp_path / "quiz.json")
    content = json.loads((tmp_path / "quiz.json").read_text(encoding="utf-8"))
    assert content["seed"] == 7
    assert len(content["answers"]) == 5
    assert all(answer["mark"] is not None for answer in content["answers"])
    page.close()


def test_the_threshold_slider_changes_the_people(address, browser):
    page = browser.new_page(viewport={"width": 1400, "height": 2600})
    page.goto(f"{address}/thresholds?prevalence=10")
    icons = page.locator(".st-key-people .scatterlayer .point")
    expect(icons).to_have_count(1000, timeout=90_000)
    expect(page.get_by_text("9 melanoma found")).to_have_count(0)
    before = page.get_by_text("On average it finds").inner_text()
    page.get_by_role("slider").first.press("PageUp")
    page.wait_for_function("before => !document.body.innerText.includes(before)", arg=before, timeout=60_000)
    expect(icons).to_have_count(1000, timeout=60_000)
    page.wait_for_url("**threshold=**", timeout=60_000)
    no_overflow(page)
    page.close()


def test_the_card_with_its_picture(address, browser):
    page = browser.new_page(viewport={"width": 390, "height": 2400})
    page.goto(f"{address}/model")
    page.get_by_text("Model card: ").wait_for(timeout=90_000)
    picture = page.locator(".st-key-document img").first
    picture.wait_for(timeout=60_000)
    no_overflow(page)
    page.close()
