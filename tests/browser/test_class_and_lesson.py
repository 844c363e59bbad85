"""A class on a phone and a projector, a lesson's screens and sheets, and the tour, in a real browser."""

import re
from pathlib import Path

from playwright.sync_api import expect

from benchmarks.browser import settle
from melanoma.app.parts.shared.language import translator
from melanoma.classroom.plans import PLANS, timeline
from melanoma.classroom.scenes import make_scenes
from melanoma.classroom.sheets import plan_sheet, worksheet
from tests.browser.test_accessibility import serious
from tests.classroom.test_lesson import ALL, STATE

PHONE, PROJECTOR = {"width": 390, "height": 844}, {"width": 1024, "height": 768}


def test_a_phone_answers_over_a_reload_and_the_teacher_sees_it_come_in(address, browser):
    teacher = browser.new_context(viewport=PROJECTOR).new_page()
    teacher.goto(f"{address}/quiz?lang=en&source=drawn&seed=7&study=true")
    teacher.get_by_role("button", name="Open a class").click(timeout=90_000)
    expect(teacher.locator(".qr-code")).to_be_visible(timeout=90_000)
    link = teacher.get_by_test_id("stCode").inner_text().replace("\n", "")
    assert link.startswith(f"{address}/quiz?class=") and "key=" in teacher.url and "key=" not in link
    phone = browser.new_context(viewport=PHONE, has_touch=True).new_page()
    phone.goto(link)
    choices = phone.locator(".st-key-class-phone [role=radiogroup] label")
    for number in range(5):
        phone.get_by_text(f"Case {number + 1} of 5").wait_for(timeout=60_000)
        settle(phone)
        if number == 2:
            assert not serious(phone)
            mine = phone.url
            phone.reload()
            phone.get_by_text("Case 3 of 5").wait_for(timeout=60_000)
            settle(phone)
            assert phone.url == mine and "me=" in mine
        assert choices.first.bounding_box()["height"] >= 44, "as high as a thumb"
        choices.first.tap()
        phone.get_by_role("button", name="Send").tap()
    expect(phone.get_by_text("all your answers have arrived")).to_be_visible(timeout=60_000)
    expect(phone.get_by_text("On purpose, an answer that you were shown was wrong")).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert phone.locator(".stMain").evaluate("main => main.scrollTop") == 0
    expect(teacher.get_by_text("1 phones have joined, 1 have finished")).to_be_visible(timeout=15_000)
    expect(teacher.get_by_text("Over-reliance")).to_have_count(0)
    teacher.get_by_text("Show truth and network").click()
    expect(teacher.get_by_text("Over-reliance")).to_be_visible(timeout=60_000)
    teacher.reload()
    expect(teacher.get_by_text("1 phones have joined, 1 have finished")).to_be_visible(timeout=60_000)
    with teacher.expect_download() as taken:
        teacher.get_by_role("button", name="All answers, without names (CSV)").click()
    rows = Path(taken.value.path()).read_text(encoding="utf-8").splitlines()
    assert (
        len(rows) == 6 and rows[1].startswith("1,1,drawn-7-1,") and phone.url.split("me=")[1] not in str(rows)
    )
    teacher.get_by_text("End the class").click()
    teacher.get_by_role("button", name="End it now").click()
    expect(teacher.get_by_role("button", name="Open a class")).to_be_visible(timeout=60_000)
    phone.reload()
    expect(phone.get_by_text("There is no class of this code")).to_be_visible(timeout=60_000)
    phone.context.close()
    teacher.context.close()


def test_arrow_keys_go_through_the_lesson_without_scrolling(address, browser):
    page = browser.new_context(viewport=PROJECTOR).new_page()
    page.goto(f"{address}/lesson-plan?lang=de")
    page.get_by_role("button", name="Auf einem Beamer zeigen").click(timeout=90_000)
    heading = page.locator(".stage h1")
    titles = []
    for number in range(1, len(PLANS["school"]) + 1):
        expect(page.locator(".stage")).to_contain_text(f"Szene {number} von", timeout=60_000)
        settle(page)
        page.keyboard.press("ArrowDown")
        titles.append(heading.inner_text())
        height, room = page.locator(".stMain").evaluate("main => [main.scrollHeight, main.clientHeight]")
        assert height <= room, titles[-1]
        assert float(heading.evaluate("h1 => parseFloat(getComputedStyle(h1).fontSize)")) > 40
        assert number == 1 or page.locator(".qr-code").bounding_box()["width"] > 200
        page.keyboard.press("ArrowRight")
    assert len(set(titles)) == len(titles)
    page.keyboard.press("PageUp")
    expect(heading).to_have_text(titles[-2], timeout=60_000)
    settle(page)
    page.go_back()
    expect(heading).to_have_text(titles[-1], timeout=60_000)
    page.evaluate("document.querySelector('.stage').insertAdjacentHTML('beforeend', '<input>')")
    page.locator(".stage input").press("ArrowLeft")
    settle(page)
    expect(heading).to_have_text(titles[-1])  # a field's keys are its own
    heading.click()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Auf einem Beamer zeigen").wait_for(timeout=60_000)
    settle(page)
    page.keyboard.press("ArrowRight")  # no presenter, so it is no key of ours
    assert "present=" not in page.url
    page.context.close()


def test_every_sheet_prints_on_two_pages(browser):
    page = browser.new_page()
    for plan in PLANS:
        for language in ("en", "de"):
            say = translator(language)
            timed = timeline(plan, make_scenes(ALL, STATE, say))
            made = (
                timed,
                f"A title of a plan: {plan}",
                say,
                language,
                lambda scene: f"http://a.example/{scene.page}",
            )
            for sheet in (plan_sheet(*made), worksheet(*made), worksheet(*made, answers=True)):
                page.set_content(sheet)
                printed = page.pdf(prefer_css_page_size=True)
                assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 2, (plan, language)
    page.close()


def test_the_tour_is_out_of_the_way_goes_by_keys_and_never_comes_back(address, browser):
    page = browser.new_context(viewport=PHONE).new_page()
    page.goto(f"{address}/?lang=en")
    page.locator(".st-key-verdict").wait_for(timeout=90_000)
    settle(page)
    begin = page.get_by_role("button", name="Tour", exact=True)
    offer, upload = begin.bounding_box(), page.locator(".st-key-photo-sources").bounding_box()
    assert offer["y"] + offer["height"] < upload["y"]
    begin.focus()
    page.keyboard.press("Enter")
    panel = page.get_by_role("dialog", name="Tour")
    for number in range(1, 7):
        expect(panel).to_contain_text(f"{number}/6")
        assert page.locator(".tour-stop").count() == 1
        if number == 1:
            box = panel.bounding_box()
            assert box["y"] > upload["y"] + upload["height"], "the upload stays free"
        page.keyboard.press("Enter")  # the last one closes
    expect(panel).to_have_count(0)
    page.reload()
    page.locator(".st-key-verdict").wait_for(timeout=90_000)
    settle(page)
    expect(begin).to_be_hidden()
    page.context.close()
