"""The record of a fault, and the visitors in the browser who experience it."""

import os
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, FilePayload, Page, TimeoutError

from benchmarks.browser import settle
from benchmarks.page_speed import photo

TIMEOUT = 90.0
"""Seconds to wait for a page: a busy machine loads the network for half a minute."""
_ALERTS = """() => [...document.querySelectorAll(
    '[data-testid=stAlert], [data-testid=stException], [role=dialog], [data-testid=stConnectionStatus],'
    + ' [data-testid=stFileChip] [role=alert]'
)].map(box => box.innerText.trim())"""
_BROKEN = """() => document.querySelectorAll('[data-testid=stException]').length
    || document.body.innerText.includes('Traceback')"""


@dataclass
class Trial:
    """One fault: what the visitor saw, what was lost, how the page recovered, and what went wrong."""

    name: str
    seen: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    recovery: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def must(self, holds: bool, otherwise: str) -> None:
        """Note what is wrong if something does not hold."""
        if not holds:
            self.wrong.append(otherwise)

    def saw(self, visitor: "Visitor", sentence: str, seconds: float = TIMEOUT) -> None:
        """Wait until the visitor reads something with `sentence` in it, and keep all of what stands there."""
        if (text := visitor.reads(sentence, seconds)) is None:
            self.wrong.append(f"no “{sentence}”, but {visitor.alerts()}")
        else:
            self.seen.append(text)
        self.must(not visitor.meets_a_defect(), "a traceback, or Streamlit's box for one")

    def goes_on(self, visitor: "Visitor", how: str) -> None:
        """Note that a photo that the visitor gives now is answered, or that it is not."""
        if visitor.is_answered(visitor.give()):
            self.recovery.append(how)
        else:
            self.wrong.append(f"no answer ({how}): {visitor.alerts()}")
        self.must(not visitor.meets_a_defect(), f"a defect ({how})")

    def keeps(self, visitor: "Visitor", who: str) -> None:
        """Note if a visitor's photo is gone from the page, or another map of it cannot be had."""
        self.must(
            visitor.has_photo() and visitor.gets_another_map(), f"{who} lost a photo: {visitor.alerts()}"
        )


class Visitor:
    """A page in the browser. Each photo given has a width of its own, by which its answer is known."""

    def __init__(self, browser: Browser, address: str, query: str = "", page: str = "") -> None:
        """Open the page, without waiting for what it draws."""
        self.page: Page = browser.new_context(viewport={"width": 1400, "height": 1500}).new_page()
        self.page.goto(f"{address}/{page}?lang=en{query}")
        self._given = 0

    def give(self, padding: int = 0, size: tuple[int, int] = (600, 450)) -> str:
        """Give the page a photo, and return how the page will call it. Zeros make its file so much larger."""
        self._given += 1
        width = size[0] + self._given
        file: FilePayload = photo(self._given, width, size[1])
        if padding:
            file["buffer"] += bytes(padding)
        self.page.locator("input[type=file]").set_input_files(file, timeout=TIMEOUT * 1000)
        return f"{width} x {size[1]} pixels"

    def is_answered(self, called: str, seconds: float = TIMEOUT) -> bool:
        """Return whether the answer for a photo is on the page before so many seconds have passed."""
        return self._in_time(lambda: self._wait_for(called, seconds))

    def sees_a_drawing(self, seconds: float = TIMEOUT) -> bool:
        """Return whether the page shows its first drawing and the network's answer for it."""
        return self._in_time(lambda: self._wait_for("A drawing, not a photo", seconds))

    def has_photo(self) -> bool:
        """Return whether a photo of the visitor's own is in view."""
        return self.page.get_by_role("button", name="Take this photo away").count() == 1

    def gets_another_map(self) -> bool:
        """Return whether the page draws the map of another diagnosis when asked."""
        return self._in_time(self._ask_for_another_map)

    def asks_for_another_map(self) -> None:
        """Choose another diagnosis, whatever comes of it."""
        self.page.locator("[class*='st-key-diagnosis-'] input").click(timeout=TIMEOUT * 1000)
        self.page.locator("[role=option][aria-selected=false]").first.click(timeout=TIMEOUT * 1000)

    def waits_for_the_server(self) -> None:
        """Return as soon as the server works for this page."""
        self._until("document.querySelector('.stApp').dataset.testScriptState === 'running'")

    def is_connected(self) -> bool:
        """Return whether the page is connected to its server before the patience ends."""
        connected = "document.querySelector('.stApp').dataset.testConnectionState === 'CONNECTED'"
        return self._in_time(lambda: self._until(connected))

    def saves_the_report(self) -> bool:
        """Return whether the report of the case can be downloaded."""
        return self._in_time(self._save_report)

    def reads(self, sentence: str, seconds: float) -> str | None:
        """Return the box that holds a sentence, once it is there; None after so many seconds."""
        asked = f"sentence => ({_ALERTS})().find(text => text.includes(sentence))"
        try:
            found = self.page.wait_for_function(asked, arg=sentence, timeout=seconds * 1000, polling=200)
        except TimeoutError:
            return None
        return one_line(str(found.json_value()))

    def reads_text(self, text: str) -> bool:
        """Return whether a text is on the page before the patience ends."""
        return self._in_time(lambda: self.page.get_by_text(text).first.wait_for(timeout=TIMEOUT * 1000))

    def alerts(self) -> list[str]:
        """Return the texts of all alerts, dialogs and errors on the page."""
        return [one_line(text) for text in self.page.evaluate(_ALERTS)]

    def meets_a_defect(self) -> bool:
        """Return whether Streamlit's box for exceptions or a traceback is on the page."""
        return bool(self.page.evaluate(_BROKEN))

    def _wait_for(self, text: str, seconds: float) -> None:
        self.page.get_by_text(text).first.wait_for(timeout=seconds * 1000)
        settle(self.page, seconds)
        self.page.locator(".st-key-overlay .hm image").first.wait_for(state="attached", timeout=10_000)

    def _ask_for_another_map(self) -> None:
        image = "document.querySelector('.st-key-overlay .imagelayer image:last-of-type')?.href.baseVal"
        before = self.page.evaluate(image)
        self.asks_for_another_map()
        other = f"before => {image} && {image} !== before"
        self.page.wait_for_function(other, arg=before, timeout=TIMEOUT * 1000)
        settle(self.page, TIMEOUT)

    def _until(self, condition: str) -> None:
        self.page.wait_for_function(f"() => {condition}", timeout=TIMEOUT * 1000, polling=50)

    def _save_report(self) -> None:
        self.page.get_by_role("button", name="Save").click()
        with self.page.expect_download(timeout=TIMEOUT * 1000):
            self.page.get_by_role("button", name="Report of this case").click()

    @staticmethod
    def _in_time(wait: Callable[[], None]) -> bool:
        try:
            wait()
        except TimeoutError:
            return False
        return True


def one_line(text: str) -> str:
    """Return what a box says without line ends and the names of icons."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " ".join(line for line in lines if " " in line or not line.islower())


def as_table(trials: Iterable[Trial]) -> str:
    """Return the trials as Markdown, with the load of the machine below."""
    rows = ["| fault | the visitor sees | lost | it goes on |", "|---|---|---|---|"]
    for trial in trials:
        cells = ("; ".join(dict.fromkeys(cell)) for cell in (trial.seen, trial.lost, trial.recovery))
        rows.append(f"| {trial.name} | {' | '.join(cells)} |")
        rows += [f"WRONG in {trial.name}: {wrong}" for wrong in trial.wrong]
    return "\n".join(rows) + f"\n{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"


@contextmanager
def disk_in_memory(options: str) -> Iterator[Path]:
    """Mount a disk in memory, with options of `mount`, as long as the block runs; root may do that."""
    with tempfile.TemporaryDirectory() as place:
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "tmpfs", place], check=True, capture_output=True
        )
        try:
            yield Path(place)
        finally:
            subprocess.run(["umount", place], check=True)
