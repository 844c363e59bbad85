"""Each backbone trained for two epochs, and its bundle opened on the page in Chromium.

    python -m benchmarks.quick_backbones --screenshots FOLDER

`train.py --recipe quick --backbone NAME --backbone-weights none` on drawn lesions, for every backbone
of the registry; then the page is served from that bundle alone, a drawn photo is uploaded, and its map must
appear. Ends with an error if a training fails or no map is drawn, with status 1 if the page shows a defect.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.browser import ROOT, find_browser, opened_browser, running_server, settle
from benchmarks.faults.trial import Visitor
from benchmarks.page_speed import photo, seconds_to_overlay
from benchmarks.random_kills import draw_photos
from melanoma.model.backbones.registry import BACKBONES

PHOTOS = 48
SIZE = {"width": 1366, "height": 768}


def train(backbone: str, photos: Path, out: Path) -> float:
    """Train by the quick recipe and return the seconds; raises CalledProcessError with the log printed."""
    words = [sys.executable, str(ROOT / "train.py"), "--data", str(photos), "--recipe", "quick"]
    words += ["--backbone", backbone, "--backbone-weights", "none", "--out", str(out)]
    began = time.monotonic()
    surroundings = os.environ | {"PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(words, cwd=out.parents[1], env=surroundings, capture_output=True, text=True)
    if done.returncode:
        print(done.stdout[-2000:], done.stderr[-2000:], sep="\n")
    done.check_returncode()
    return time.monotonic() - began


def main() -> int:
    """Train and open each, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", default=list(BACKBONES), help="the backbones, by default all")
    parser.add_argument("--screenshots", type=Path, help="a folder for one screenshot a backbone")
    options = parser.parse_args()
    executable = find_browser()
    if executable is None:
        parser.exit(2, "No Chromium or Chrome was found; make chromium installs one.\n")
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="quick-") as folder, opened_browser(executable) as browser:
        base = Path(folder)
        draw_photos(base / "photos", PHOTOS)
        for name in options.names:
            out = base / name / "models" / f"drawn-{name}"
            out.parent.mkdir(parents=True)
            seconds = train(name, base / "photos", out)
            with running_server({"MELANOMA_MODELS": str(out.parent)}) as (address, _):
                visitor = Visitor(browser, address)
                page = visitor.page
                page.set_viewport_size(SIZE)
                page.locator(".st-key-overlay .hm image").first.wait_for(state="attached", timeout=120_000)
                waited = seconds_to_overlay(page, photo(1, 600, 450))
                settle(page)
                defect = visitor.meets_a_defect()
                if options.screenshots:
                    options.screenshots.mkdir(parents=True, exist_ok=True)
                    page.screenshot(path=options.screenshots / f"{name}.png")
            wrong += defect
            found = "a defect" if defect else f"the map of an upload after {waited:.1f} s"
            print(f"{name}: trained in {seconds:.0f} s; the page: {found}", flush=True)
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
