"""The parts of the table: each measures some rows, its repetitions in turn here and there."""

import asyncio
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Locator, Page

from benchmarks.browser import find_browser, opened_browser, running_server, settle
from benchmarks.cluster import rate
from benchmarks.explanations.speed import write_exchange
from benchmarks.memory_use import use
from benchmarks.page_speed import photo, seconds_to_diagnosis, seconds_to_overlay, seconds_to_page
from benchmarks.performance.cold_start import VIEW, start_once
from benchmarks.performance.command_line import BARE, cost_of
from benchmarks.performance.sides import ROOT, Worker
from benchmarks.performance.table import Row
from benchmarks.scale import make_images
from melanoma.errors import UserError
from melanoma.model.bundle import DEFAULT, load_bundle

BEFORE = "before"
PEERS = Path(__file__).parents[1] / "explanations"
_OVERLAY = ".st-key-overlay .hm image"
_CHANGED = "document.querySelector('.st-key-beside-sliders img')?.src"
_STEPPED = f"""before => {_CHANGED} && {_CHANGED} !== before
    && document.querySelector('.stApp').dataset.testScriptState === 'notRunning'"""


@dataclass(frozen=True)
class Wanted:
    """What to measure, and how often."""

    before: Path
    """The earlier checkout."""
    peers: str | None
    """The Python of an environment with torch, captum and grad-cam; None leaves them out."""
    quick: bool

    def rounds(self, usual: int) -> int:
        """Return the number of repetitions."""
        return 2 if self.quick else usual


Both = dict[str, tuple[list[float], list[float]]]
"""By what was measured: here, and before."""


def cold_start(wanted: Wanted) -> Iterator[Row]:
    """Yield frame, first result and memory of a fresh server."""
    here, before = [], []
    with opened_browser(_browser()) as browser:
        for _ in range(wanted.rounds(5)):
            before.append(start_once(browser, wanted.before))
            here.append(start_once(browser, ROOT))
    if any(start.tensorflow for start in here):
        raise RuntimeError("TensorFlow was in the server with its first result, and no answer needs it")
    for what, unit, field, aim in (
        ("cold start to the first result", "s", "result", 0.25),
        ("cold start to the frame", "s", "frame", 1 / 3),
        ("memory at rest, one visitor", "MB", "memory", None),
    ):
        there = [getattr(start, field) for start in before]
        yield Row(what, BEFORE, unit, [getattr(start, field) for start in here], there, aim)


def page(wanted: Wanted) -> Iterator[Row]:
    """Yield what a visitor of a warm server waits for."""
    found: Both = defaultdict(lambda: ([], []))
    with ExitStack() as stack:
        browser = stack.enter_context(opened_browser(_browser()))
        pages, addresses = [], []
        for root in (ROOT, wanted.before):
            address, _ = stack.enter_context(running_server(root=root))
            addresses.append(f"{address}/?lang=en")
            pages.append(browser.new_page(viewport=VIEW))
            _seconds_to_open(pages[-1], addresses[-1])
            settle(pages[-1])

        def in_turn(what: str, rounds: int, measure: Callable[[int, int], float], warm: int = 1) -> None:
            for number in range(warm + rounds):
                for side in (1, 0) if number % 2 else (0, 1):
                    seconds = measure(side, number)
                    if number >= warm:
                        found[what][side].append(seconds)

        many = wanted.rounds(10)
        in_turn("warm open", many, lambda side, _: _seconds_to_open(pages[side], addresses[side]))
        for shown in pages:
            settle(shown)
        in_turn(
            "upload to overlay",
            many,
            lambda side, number: seconds_to_overlay(pages[side], photo(number, 600, 450)),
            warm=2,
        )
        in_turn(
            "another diagnosis",
            many,
            lambda side, number: seconds_to_diagnosis(pages[side], 1 + number % 7),
        )
        both = set.intersection(*(set(_links(shown)) for shown in pages))  # later versions have more pages
        for number in range(1 + wanted.rounds(4)):
            for side, shown in enumerate(pages):
                # Back to Examine in the end, whose link is the first.
                links = [(name, link) for name, link in _links(shown).items() if name in both]
                for name, link in [*links[1:], links[0]]:
                    seconds = seconds_to_page(shown, link)
                    if number:
                        own = name if name in ("Thresholds", "What if") else "another page"
                        found[own][side].append(seconds)
        for shown in pages:
            shown.get_by_test_id("stTopNavLink").filter(has_text="What if").click()
            shown.locator(".st-key-beside-sliders img").wait_for(state="attached", timeout=60_000)
            settle(shown)
        in_turn("a step of a slider of What if", many, lambda side, _: _seconds_to_step(pages[side]))
    aims = {"warm open": 0.5, "Thresholds": 1 / 3, "What if": 1 / 3}
    aims |= dict.fromkeys(("upload to overlay", "another diagnosis", "another page"), 1.0)
    for what, (here, there) in found.items():
        named = f"the page {what}" if what in ("Thresholds", "What if") else what
        yield Row(named, BEFORE, "s", here, there, aims.get(what))


def memory(wanted: Wanted) -> Iterator[Row]:
    """Yield the server's memory with ten visitors."""
    found: Both = defaultdict(lambda: ([], []))
    visitors, photos = (2, 1) if wanted.quick else (10, 3)
    for _ in range(1 if wanted.quick else 2):
        for side, root in enumerate((ROOT, wanted.before)):
            with running_server(root=root) as (address, server):
                figures = asyncio.run(use(address, server.pid, visitors, photos, 3))
            found[f"most memory with {visitors} visitors"][side].append(figures["at most, with all visitors"])
    for what, (here, there) in found.items():
        yield Row(what, BEFORE, "MB", here, there)


def maps(wanted: Wanted) -> Iterator[Row]:
    """Yield one map and all maps of a photo, beside the network alone and other libraries' Grad-CAM."""
    with tempfile.TemporaryDirectory() as folder:
        exchange = str(Path(folder) / "exchange.npz")
        write_exchange(DEFAULT, Path(exchange))
        own = "benchmarks.performance.own"
        workers = {
            "here": Worker(["-m", own, "maps", exchange]),
            BEFORE: Worker(["-m", own, "maps", exchange], wanted.before),
            "bare": Worker(["-m", own, "bare", exchange]),
            "tf-keras-vis": Worker(
                ["-m", "benchmarks.explanations.peer_tf_keras_vis", str(DEFAULT), exchange, "--serve"]
            ),
        }
        if wanted.peers:
            for name, script in (("Captum", "peer_captum.py"), ("pytorch-grad-cam", "peer_grad_cam.py")):
                workers[name] = Worker([str(PEERS / script), exchange, "--serve"], python=wanted.peers)
        asked = [("here", "all", 20), ("here", "grad-cam", 20), (BEFORE, "all", 20), (BEFORE, "grad-cam", 20)]
        asked += [("bare", "keras", 20), ("bare", "litert", 20)]
        for name in list(workers)[3:]:
            asked += [(name, "one class", 3), (name, "all classes", 1)]
        spent: dict[tuple[str, str], list[float]] = defaultdict(list)
        for _ in range(wanted.rounds(9)):
            for name, task, runs in asked:
                spent[name, task].append(1000 * workers[name].seconds(task, runs)[0])
        for worker in workers.values():
            worker.close()
    every, one = spent["here", "all"], spent["here", "grad-cam"]
    what = "all eight evidence maps and probabilities"
    yield Row(what, BEFORE, "ms", every, spent[BEFORE, "all"])
    yield Row(what, "Keras' bare pass", "ms", every, spent["bare", "keras"], 1.1)
    yield Row(what, "LiteRT's bare pass, logits alone", "ms", every, spent["bare", "litert"], 1.1)
    aims = {"tf-keras-vis": 100.0, "Captum": 12.0}
    for name in list(workers)[3:]:
        there = spent[name, "all classes"]
        yield Row(what, f"eight Grad-CAMs of {name}", "ms", every, there, aims.get(name), times=True)
    yield Row("one Grad-CAM", BEFORE, "ms", one, spent[BEFORE, "grad-cam"])
    for name in list(workers)[3:]:
        yield Row(
            "one evidence map with its answer",
            f"one Grad-CAM of {name}",
            "ms",
            every,
            spent[name, "one class"],
            None,
            True,
        )


def batch(wanted: Wanted) -> Iterator[Row]:
    """Yield files judged by one process, beside Keras' `predict` of the same pictures in memory."""
    with tempfile.TemporaryDirectory() as folder:
        count = 32 if wanted.quick else 96
        make_images(Path(folder), count, damaged=0)
        own = "benchmarks.performance.own"
        workers = {
            "here": Worker(["-m", own, "files", folder]),
            BEFORE: Worker(["-m", own, "files", folder], wanted.before),
            "arrays": Worker(["-m", own, "arrays", folder]),
        }
        spent: dict[str, list[tuple[float, float]]] = defaultdict(list)
        for _ in range(wanted.rounds(7)):
            for name, worker in workers.items():
                clock, processor = worker.seconds("arrays" if name == "arrays" else "files")
                spent[name].append((1000 * clock / count, 1000 * processor / count))
        for worker in workers.values():
            worker.close()
    keras = "Keras' predict of arrays"
    for number, what in ((1, "a file of a batch, processor"), (0, "a file of a batch, clock")):
        here = [pair[number] for pair in spent["here"]]
        yield Row(what, BEFORE, "ms", here, [pair[number] for pair in spent[BEFORE]], None, True)
        aim = 1.2 if number else None
        yield Row(what, keras, "ms", here, [pair[number] for pair in spent["arrays"]], aim, True)


def workers(wanted: Wanted) -> Iterator[Row]:
    """Yield what two workers of a cluster on this machine answer in a second, beside one."""
    bundle = load_bundle()
    found: dict[int, list[float]] = {1: [], 2: []}
    with tempfile.TemporaryDirectory() as folder:
        make_images(Path(folder), 128 if wanted.quick else 512, damaged=0)
        for _ in range(1 if wanted.quick else 2):
            for count, rates in found.items():
                rates.append(rate(bundle, Path(folder), count)[2])
    yield Row("photos of a batch by two workers", "one worker", "/s", found[2], found[1], 1.8, True)


def command_line(wanted: Wanted) -> Iterator[Row]:
    """Yield `predict` of one photo and `--help`, beside the bare import of TensorFlow and Keras."""
    melanoma = [BARE[0], "-m", "melanoma"]
    with tempfile.TemporaryDirectory() as folder:
        drawn = Path(folder) / "drawn.jpg"
        drawn.write_bytes(photo(0, 600, 450)["buffer"])
        commands = {
            "predict of one photo": [*melanoma, "predict", str(drawn)],
            "--help": [*melanoma, "--help"],
        }
        runs = {("bare", ""): (BARE, ROOT)}
        for what, command in commands.items():
            runs |= {("here", what): (command, ROOT), (BEFORE, what): (command, wanted.before)}
        costs = defaultdict(list)
        for number in range(1 + wanted.rounds(7)):  # the first compiles, and brings files into the cache
            for key, run in runs.items():
                cost = cost_of(*run)
                if number:
                    costs[key].append(cost)
    for what, aim in (("predict of one photo", 0.3), ("--help", 0.08)):
        for beside, there in (("bare import", costs["bare", ""]), (BEFORE, costs[BEFORE, what])):
            for field, unit in (("processor", "s"), ("memory", "MB")):
                here = [getattr(cost, field) for cost in costs["here", what]]
                yield Row(
                    f"{what}, {field}",
                    beside,
                    unit,
                    here,
                    [getattr(cost, field) for cost in there],
                    aim if beside != BEFORE else None,
                )


PARTS: dict[str, Callable[[Wanted], Iterator[Row]]] = {
    "cold-start": cold_start,
    "page": page,
    "memory": memory,
    "maps": maps,
    "batch": batch,
    "workers": workers,
    "command-line": command_line,
}


def _browser() -> str:
    found = find_browser()
    if found is None:
        raise UserError("No Chromium or Chrome was found; make chromium installs one.")
    return found


def _links(shown: Page) -> dict[str, Locator]:
    """Return the links to the pages by their names."""
    links = shown.get_by_test_id("stTopNavLink").all()
    return {link.inner_text().split("\n")[-1]: link for link in links}


def _seconds_to_open(shown: Page, address: str) -> float:
    began = time.perf_counter()
    shown.goto(address)
    shown.locator(_OVERLAY).first.wait_for(state="attached", timeout=120_000)
    return time.perf_counter() - began


def _seconds_to_step(shown: Page) -> float:
    """Return the seconds from a key on the slider Hairs until the answer stands and the script has ended."""
    slider = shown.get_by_role("slider", name="Hairs").first
    before = shown.evaluate(_CHANGED)
    slider.focus()
    began = time.perf_counter()
    shown.keyboard.press("ArrowRight")
    shown.wait_for_function(_STEPPED, arg=before, timeout=60_000)
    waited = time.perf_counter() - began
    settle(shown)
    return waited
