"""Gives each lesson in a real browser by what is printed, and answers the worksheet from the pages.

python -m benchmarks.lessons --out runs/lessons            (both plans, English and German)
python -m benchmarks.lessons --out runs/lessons --language de --plan school --size 390x844 --dark

Takes the plan and the sheet of answers from the page Lesson as their reader gets them. Each scene is opened
by the address that the plan prints, and its screenshot is saved; in the quiz a class is opened, one phone
joins it by its code and answers every case. Then every number, and every sentence in quotation marks, of the
printed answers to that scene must stand on the page, in its text or in what it tells those who do not see its
charts. The presenter's screens are photographed too; at 1024x768 none may scroll. Exits with status 1 if not.
"""

import argparse
import re
import sys
import time
from dataclasses import dataclass
from html.parser import HTMLParser
from itertools import product
from pathlib import Path

from playwright.sync_api import Browser, Page

from benchmarks.browser import find_browser, opened_browser, served_page, settle

PLANS, LANGUAGES = ("school", "medical"), ("en", "de")
_TOKEN = re.compile(r"\d[\d.,]*\d\s?%?|\d\s?%?")
_QUOTED = re.compile("[“„](.+?)[”“]")
_TIMEOUT = 120_000
_TOLD = """() => document.body.innerText + ' ' + [...document.querySelectorAll('[aria-label], [alt]')]
    .map(e => (e.getAttribute('aria-label') ?? '') + ' ' + (e.getAttribute('alt') ?? '')).join(' ')"""


@dataclass
class Printed:
    """A scene as it stands on paper."""

    title: str = ""
    address: str = ""
    answers: tuple[str, ...] = ()


class Sheet(HTMLParser):
    """Reads the scenes of a printed sheet."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.scenes: list[Printed] = []
        self._into = ""
        self.feed(content)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        if known.get("class") == "scene":
            self.scenes.append(Printed())
        self._into = known.get("class") or tag
        if tag == "a":
            self.scenes[-1].address = known["href"] or ""
        if self._into == "answer":
            self.scenes[-1].answers += ("",)

    def handle_endtag(self, tag: str) -> None:
        self._into = ""

    def handle_data(self, data: str) -> None:
        if self._into == "h2":
            self.scenes[-1].title += data
        if self._into == "answer":
            *before, last = self.scenes[-1].answers
            self.scenes[-1].answers = (*before, last + data)


def plain(text: str) -> str:
    """Return a text with one kind of space, and numbers as English has them.

    The model card is in English on every page.
    """
    text = re.sub(r"(?<=\d),(?=\d)", ".", re.sub(r"\s+", " ", text))
    return re.sub(r"(?<=\d) %", "%", text)


def missing(answer: str, told: str) -> list[str]:
    """Return what of an answer does not stand in what a page tells."""
    quoted = _QUOTED.findall(answer)
    wanted = quoted or _TOKEN.findall(answer)
    return [one for one in wanted if plain(one).strip() not in plain(told)]


def sheets(page: Page, address: str, plan: str, language: str) -> list[Printed]:
    """Return the scenes of the printed plan, with the printed answers."""
    page.goto(f"{address}/lesson-plan?lang={language}&plan={plan}")
    page.locator("[data-testid=stDownloadButton] button").nth(2).wait_for(timeout=_TIMEOUT)
    settle(page)
    found = []
    for number in (0, 2):
        with page.expect_download() as taken:
            page.locator("[data-testid=stDownloadButton] button").nth(number).click()
        found.append(Sheet(Path(taken.value.path()).read_text(encoding="utf-8")).scenes)
    scenes, solved = found
    for scene in scenes:
        scene.answers = next((one.answers for one in solved if one.address == scene.address), ())
    return scenes


def give_class(browser: Browser, page: Page, look: dict) -> str:
    """Open a class on the page in view, answer it on one phone; return what the phone tells at the end."""
    page.get_by_role("button", name=re.compile("Open a class|Klasse öffnen")).click()
    page.locator(".qr-code").wait_for(timeout=_TIMEOUT)
    link = page.locator("[data-testid=stCode]").inner_text().replace("\n", "")
    phone = browser.new_context(**(look | {"viewport": {"width": 390, "height": 844}})).new_page()
    phone.goto(link)
    while True:
        phone.locator(".st-key-class-phone").wait_for(timeout=_TIMEOUT)
        settle(phone)
        choices = phone.locator(".st-key-class-phone [role=radiogroup] label")
        if not choices.count():
            break
        choices.first.click()
        phone.get_by_role("button", name=re.compile("Send|Senden")).click()
        settle(phone)
    told: str = phone.evaluate(_TOLD)
    phone.context.close()
    page.get_by_text(re.compile("Show truth and network|Wahrheit und Netz zeigen")).click()
    page.locator("table.cards").first.wait_for(timeout=_TIMEOUT)
    time.sleep(2.5)  # the answers come in every two seconds
    return told


def give_lesson(
    browser: Browser, page: Page, address: str, plan: str, language: str, out: Path, look: dict
) -> list[str]:
    """Give a lesson; return what is wrong with it."""
    wrong = []
    scenes = sheets(page, address, plan, language)
    page.screenshot(path=out / f"{plan}-{language}-0.png")
    for number, scene in enumerate(scenes, start=1):
        page.goto(scene.address)
        page.locator("h1").first.wait_for(timeout=_TIMEOUT)
        settle(page)
        told = give_class(browser, page, look) if "/quiz?" in scene.address else page.evaluate(_TOLD)
        page.screenshot(path=out / f"{plan}-{language}-{number}.png")
        lacking = [one for answer in scene.answers for one in missing(answer, told)]
        if lacking or not scene.answers:
            wrong.append(f"{plan}, {language}, {scene.title}: not on the page: {lacking or 'any answer'}")
        print(f"{plan}, {language}, {scene.title}: {len(scene.answers)} answers", flush=True)
    return wrong


def present(page: Page, address: str, plan: str, language: str, out: Path) -> list[str]:
    """Go through the presenter's screens by its keys; return which of them scroll."""
    page.goto(f"{address}/lesson-plan?lang={language}&plan={plan}&present=quiz")
    wrong, number = [], 0
    while True:
        page.locator(".stage").wait_for(timeout=_TIMEOUT)
        settle(page)
        number += 1
        page.keyboard.press("ArrowDown")
        page.screenshot(path=out / f"{plan}-{language}-present-{number}.png")
        height, room = page.locator(".stMain").evaluate("main => [main.scrollHeight, main.clientHeight]")
        if height > room and page.viewport_size == {"width": 1024, "height": 768}:
            wrong.append(f"{plan}, {language}, screen {number}: {height} of {room} pixels")
        if page.locator(".st-key-presenter-next button").is_disabled():
            return wrong
        title = page.locator(".stage h1").inner_text()
        page.keyboard.press("ArrowRight")
        page.wait_for_function("was => document.querySelector('.stage h1')?.innerText !== was", arg=title)


def main() -> None:
    """Run, and print what is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder of the screenshots")
    parser.add_argument("--plan", choices=PLANS)
    parser.add_argument("--language", choices=LANGUAGES)
    parser.add_argument("--size", default="1024x768")
    parser.add_argument("--dark", action="store_true")
    options = parser.parse_args()
    executable = find_browser()
    if executable is None:
        sys.exit("no Chromium or Chrome: make chromium")
    width, height = map(int, options.size.split("x"))
    look = {
        "viewport": {"width": width, "height": height},
        "color_scheme": "dark" if options.dark else "light",
    }
    options.out.mkdir(parents=True, exist_ok=True)
    plans = (options.plan,) if options.plan else PLANS
    languages = (options.language,) if options.language else LANGUAGES
    wrong = []
    with served_page() as address, opened_browser(executable) as browser:
        for plan, language in product(plans, languages):
            page = browser.new_context(**look).new_page()
            wrong += give_lesson(browser, page, address, plan, language, options.out, look)
            wrong += present(page, address, plan, language, options.out)
            page.context.close()
    for one in wrong:
        print(f"wrong: {one}")
    print(f"{len(plans) * len(languages)} lessons given, {len(wrong)} faults; screenshots in {options.out}")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
