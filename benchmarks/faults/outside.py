"""Faults outside of the server's process: its disk, its network and the decoding process."""

import errno
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser

from benchmarks.browser import ROOT, running_server
from benchmarks.faults.network import carried
from benchmarks.faults.trial import TIMEOUT, Trial, Visitor, disk_in_memory
from benchmarks.memory import process_tree
from benchmarks.page_speed import photo

_PADDING, _SENT = 8_000_000, 2_000_000
"""Bytes of the file that is being sent, and of them those that arrive before the network fails."""
_HANGS = "took too long or too much memory to open"
_MOST_HANGING = 60.0
"""Seconds: twice what a photo may take."""
CACHES = ("HOME", "TMPDIR", "XDG_CACHE_HOME", "KERAS_HOME", "MPLCONFIGDIR", "PYTHONPYCACHEPREFIX")


def disk_full(browser: Browser) -> Trial:
    """Home, temporary folder, caches and log on a disk that fills up before the first visitor comes."""
    trial = Trial("disk full")
    try:
        with disk_in_memory("size=64m") as disk:
            _use_full_disk(browser, trial, disk)
    except subprocess.CalledProcessError as error:
        trial.seen.append(f"not tried: no disk can be mounted ({error.stderr.decode().strip()})")
    return trial


def network_cut(browser: Browser) -> Trial:
    """A network that ends every connection in the middle of an upload."""
    trial = Trial("network cut in an upload")
    with running_server() as (address, _), carried(address) as network:
        visitor = Visitor(browser, network.address, "&method=grad-cam")
        trial.goes_on(visitor, "before")
        trial.recovery.clear()
        network.fail("cut", _SENT)
        visitor.give(padding=_PADDING)
        trial.must(network.failed.wait(TIMEOUT), "the network did not fail")
        trial.saw(visitor, "Network Error")
        trial.saw(visitor, "Connection error")
        network.restore()
        trial.must(visitor.is_connected(), "not connected again")
        trial.keeps(visitor, "the visitor")
        trial.recovery.append("the page connects again by itself, with the earlier photos")
        trial.must("method=grad-cam" in visitor.page.url, f"the link is {visitor.page.url}")
        trial.goes_on(visitor, "the photo has to be given again")
    trial.lost.append("the upload")
    return trial


def network_stalls(browser: Browser) -> Trial:
    """A network that carries nothing for ten seconds in the middle of an upload."""
    trial = Trial("network stalls in an upload")
    with running_server() as (address, _), carried(address) as network:
        visitor = Visitor(browser, network.address)
        trial.goes_on(visitor, "before")
        trial.recovery.clear()
        network.fail("stalls", _SENT)
        called = visitor.give(padding=_PADDING)
        trial.must(network.failed.wait(TIMEOUT), "the network did not fail")
        visitor.page.wait_for_timeout(10_000)
        trial.must(visitor.has_photo(), "the photo in view is gone")
        trial.seen.append("the upload stands still, the photo before stays in view")
        network.restore()
        trial.must(visitor.is_answered(called), f"no answer: {visitor.alerts()}")
        trial.must(not visitor.meets_a_defect(), "a defect")
        trial.recovery.append("the upload goes on and is answered")
    trial.lost.append("nothing")
    return trial


def decoder_hangs(browser: Browser) -> Trial:
    """The decoding process stopped while a photo is given, and another visitor's next one."""
    trial = Trial("decoder hangs")
    with running_server() as (address, server):
        visitor, neighbour = Visitor(browser, address), Visitor(browser, address)
        trial.goes_on(visitor, "before")
        trial.goes_on(neighbour, "before")
        trial.recovery.clear()
        (decoder,) = process_tree(server.pid)[1:]
        os.kill(decoder, signal.SIGSTOP)
        began = time.monotonic()
        visitor.give()
        visitor.waits_for_the_server()
        trial.must(neighbour.gets_another_map(), "another visitor gets no map meanwhile")
        called = neighbour.give()
        trial.saw(visitor, _HANGS, _MOST_HANGING)
        trial.seen.append(f"after {time.monotonic() - began:.0f} s")
        trial.must(neighbour.is_answered(called), f"another visitor's photo: {neighbour.alerts()}")
        trial.recovery.append("the photo of another visitor who waited is read by a new process")
        trial.keeps(visitor, "the visitor")
        trial.goes_on(visitor, "so is the visitor's next one")
        trial.must(decoder not in process_tree(server.pid), "the stopped process is still there")
    trial.lost.append("the photo that was being opened")
    return trial


def _use_full_disk(browser: Browser, trial: Trial, disk: Path) -> None:
    surroundings = dict.fromkeys(CACHES, str(disk))
    with (disk / "log").open("ab") as log, running_server(surroundings, log) as (address, server):
        _fill(disk)
        visitor = Visitor(browser, address)
        trial.must(visitor.sees_a_drawing(), f"no first view: {visitor.alerts()}")
        for _ in range(3):
            trial.goes_on(visitor, "every photo is answered: uploads are in memory")
        called = visitor.give(padding=_PADDING)
        trial.must(visitor.is_answered(called), f"no answer for a large file: {visitor.alerts()}")
        trial.must(visitor.saves_the_report(), "no report to save")
        trial.must(server.poll() is None, "the server has ended")
        trial.seen.append("the page as always, its files to save too")
        server.kill()  # on terminate it would write to its log first, and wait there for ever
    file = Path(tempfile.mkdtemp()) / "drawn.jpg"
    file.write_bytes(photo(1, 600, 450)["buffer"])
    command = [sys.executable, "-m", "melanoma", "predict", str(file), "--out", str(disk / "out.csv")]
    ended = subprocess.run(command, cwd=ROOT, env=os.environ | surroundings, capture_output=True, text=True)
    sentence = ended.stderr.strip().splitlines()[-1]
    trial.must(ended.returncode == 2 and "cannot be written" in sentence, f"predict --out: {ended.stderr}")
    trial.must("Traceback" not in ended.stderr, f"predict --out: {ended.stderr}")
    trial.seen.append(f"predict --out: {sentence.replace(str(disk), 'DISK')}")
    trial.lost.append("the log's lines, and what predict had no room for")


def _fill(disk: Path) -> None:
    """Leave no byte free, also in the last page of the log."""
    for name, piece in (("all", 65536), ("all", 1), ("log", 1)):
        try:
            with (disk / name).open("ab", buffering=0) as filled:
                while True:
                    filled.write(bytes(piece))
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
