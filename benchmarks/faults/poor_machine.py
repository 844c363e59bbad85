"""A poor machine: a disk that can only be read, 64 open files, no assertions, a clock that jumps."""

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from playwright.sync_api import Browser

from benchmarks.browser import ROOT, running_server
from benchmarks.faults.outside import CACHES
from benchmarks.faults.trial import Trial, Visitor, disk_in_memory
from benchmarks.page_speed import photo

_FAKETIME = "/usr/lib/*/faketime/libfaketimeMT.so.1"
JUMPS = ("-1d", "+400d", "-30y", "+0")
"""Of the clock on the wall, each from the right time."""


def read_only_disk(browser: Browser) -> Trial:
    """Home, caches and temporary folder on a disk that can only be read."""
    trial = Trial("disk that can only be read")
    try:
        with disk_in_memory("ro,size=1m") as disk:
            surroundings = dict.fromkeys(CACHES, str(disk))
            _page(browser, trial, surroundings)
            _commands(trial, surroundings)
    except subprocess.CalledProcessError as error:
        trial.seen.append(f"not tried: no disk can be mounted ({error.stderr.decode().strip()})")
    return trial


def few_files(browser: Browser) -> Trial:
    """At most 64 open files."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))

    trial = Trial("64 open files")
    _page(browser, trial, prepare=limit)
    _commands(trial, prepare=limit)
    return trial


def without_assertions(browser: Browser) -> Trial:
    """`python -O`, which drops every assertion."""
    trial = Trial("python -O")
    _page(browser, trial, python=["-O"])
    _commands(trial, python=["-O"])
    return trial


def clock_jumps(browser: Browser) -> Trial:
    """A clock on the wall that jumps back and forth while visitors are on the page (libfaketime)."""
    trial = Trial("clock jumps")
    library = next(iter(Path("/").glob(_FAKETIME.lstrip("/"))), None)
    if library is None:
        trial.seen.append("not tried: there is no libfaketime (Debian: apt-get install faketime)")
        return trial
    with tempfile.TemporaryDirectory() as folder:
        clock = Path(folder) / "clock"
        clock.write_text("+0")
        surroundings = {"LD_PRELOAD": str(library), "FAKETIME_TIMESTAMP_FILE": str(clock)}
        surroundings |= {"FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        told = "import time; print(time.time())"
        for jump in JUMPS:
            clock.write_text(jump)
            command = [sys.executable, "-c", told]
            seen = subprocess.run(
                command, env=os.environ | surroundings, check=True, capture_output=True, text=True
            )
            moved = abs(float(seen.stdout) - time.time()) > 3600
            trial.must(moved == (jump != "+0"), f"the clock did not jump by {jump}")
        with running_server(surroundings) as (address, server):
            visitor, neighbour = Visitor(browser, address), Visitor(browser, address)
            trial.goes_on(visitor, "before")
            trial.goes_on(neighbour, "before")
            trial.recovery.clear()
            for jump in JUMPS:
                clock.write_text(jump)
                trial.goes_on(visitor, f"a photo after a jump of {jump} is answered")
                trial.keeps(neighbour, f"another visitor, after a jump of {jump},")
            trial.must(server.poll() is None, "the server has ended")
        clock.write_text(JUMPS[0])
        _commands(trial, surroundings)
    trial.seen.append("the page as always")
    trial.lost.append("nothing")
    return trial


def _page(
    browser: Browser,
    trial: Trial,
    surroundings: dict[str, str] | None = None,
    python: Sequence[str] = (),
    prepare: Callable[[], None] | None = None,
) -> None:
    """Let three visitors use a page that is served so."""
    with running_server(surroundings, python=python, prepare=prepare) as (address, server):
        visitors = [Visitor(browser, address) for _ in range(3)]
        for visitor in visitors:
            trial.goes_on(visitor, "photos of three visitors are answered")
        for visitor in visitors:
            trial.keeps(visitor, "a visitor")
        trial.must(visitors[0].saves_the_report(), "no report to save")
        triage = Visitor(browser, address, page="triage")
        triage.page.locator("input[type=file]").first.set_input_files(
            [photo(number, 600, 450) for number in range(12)]
        )
        triage.page.get_by_role("button", name="Make the list").click(timeout=90_000)
        trial.must(triage.reads_text("12 photos:"), f"no worklist: {triage.alerts()}")
        trial.must(not triage.meets_a_defect(), "a defect in Triage")
        trial.must(server.poll() is None, "the server has ended")
    trial.seen.append("the page as always, its report and a worklist of 12 photos too")
    trial.lost.append("nothing")


def _commands(
    trial: Trial,
    surroundings: dict[str, str] | None = None,
    python: Sequence[str] = (),
    prepare: Callable[[], None] | None = None,
) -> None:
    """Run `predict`, `explain`, `triage` and `audit` so."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        folder = Path(name)
        for number in range(8):
            file = folder / "photos" / ("melanoma" if number % 2 else "nevus") / f"{number}.jpg"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(photo(number, 300, 200)["buffer"])
        photos = str(folder / "photos")
        for words, made in (
            (("predict", photos, "--out", "found.csv"), "found.csv"),
            (("explain", f"{photos}/nevus/0.jpg", "--out", "map.png"), "map.png"),
            (("triage", photos, "--out", "list.html"), "list.html"),
            (("audit", "--data", photos, "--out", "audit.html"), "audit.html"),
        ):
            ended = subprocess.run(
                [sys.executable, *python, "-m", "melanoma", *words],
                cwd=folder,
                env=os.environ | {"PYTHONPATH": str(ROOT)} | (surroundings or {}),
                capture_output=True,
                text=True,
                preexec_fn=prepare,
            )
            done = ended.returncode == 0 and (folder / made).stat().st_size > 0
            trial.must(done, f"{words[0]} ended with {ended.returncode}: {ended.stderr[-300:]}")
            trial.must("Traceback" not in ended.stderr, f"{words[0]}: {ended.stderr[-300:]}")
    trial.recovery.append("predict, explain, triage and audit as always")
