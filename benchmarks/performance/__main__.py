"""One table of what this project costs: before, now, and beside tf-keras-vis, Captum and pytorch-grad-cam.

python -m benchmarks.performance --peers ENV/bin/python      writes docs/performance.md; minutes
python -m benchmarks.performance --quick                     two repetitions of everything, printed
python -m benchmarks.performance --only maps --only batch    some parts, printed

Before is a commit of this repository (`--before`; the last one without LiteRT), checked out for the run and
measured in the same environment by the same scripts, its repetitions in turn with those of this working
tree. Captum and pytorch-grad-cam need an environment of their own:
python -m venv ENV && ENV/bin/pip install torch==2.13.0 captum grad-cam
"""

import argparse
import datetime
import os
import platform
import shlex
import subprocess
import sys
import time
import traceback
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from benchmarks.performance.parts import PARTS, Wanted
from benchmarks.performance.sides import CAME_IN, ROOT, checkout, commit_before, git
from benchmarks.performance.table import Row, markdown
from melanoma.errors import UserError
from melanoma.files import write_whole

OUT = ROOT / "docs/performance.md"
NO_PEERS = (
    "Captum and pytorch-grad-cam were not measured: `--peers` names the Python of an environment in which "
    "they are installed (`pip install torch==2.13.0 captum grad-cam`)."
)
SHARED = 0.1
"""Share of the cores that others may take before the machine counts as shared."""
_PACKAGES = ("tensorflow-cpu", "keras", "ai-edge-litert", "streamlit", "tf-keras-vis")
_PEERS = ("torch", "captum", "grad-cam")


def processor_name() -> str:
    """Return the processor's name as Linux tells it, or what Python knows."""
    listed = Path("/proc/cpuinfo")
    lines = listed.read_text(encoding="utf-8").splitlines() if listed.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def busy_seconds() -> float:
    """Return the seconds that all cores have worked since the machine started (Linux)."""
    fields = [int(field) for field in Path("/proc/stat").read_text(encoding="ascii").split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / os.sysconf("SC_CLK_TCK")  # less idle and iowait


def document(rows: Sequence[Row], command: str, facts: Sequence[str], others: float, peers: bool) -> str:
    """Return the Markdown of the table; `others` is the share of the cores that other processes took."""
    shared = (
        f"Other processes took {others:.0%} of the cores meanwhile: **the machine was shared**, so take the "
        "ratios and not the seconds."
        if others > SHARED
        else f"Other processes took {others:.0%} of the cores meanwhile."
    )
    parts = [
        "# Performance",
        f"Written by `{command}`; not to be edited. *Here* is this version, *there* what it is compared\n"
        f"with: an earlier version, by default the last without `{CAME_IN}`, or another library\n"
        "on the same network and photo. Medians; a ratio is taken within a repetition, in which both were\n"
        "measured in turn, and its median and quartiles are told: here by there, and there by here where it\n"
        "says “times as quick”.",
        markdown(rows),
        *([] if peers else [NO_PEERS]),
        shared,
        "\n".join(f"- {fact}" for fact in facts),
    ]
    return "\n\n".join(parts) + "\n"


def versions(peers: str | None) -> str:
    """Return the versions of what was measured."""
    found = [f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in _PACKAGES)]
    if peers:
        asked = f"from importlib.metadata import version; print(*map(version, {_PEERS}))"
        done = subprocess.run([peers, "-c", asked], capture_output=True, text=True, check=True)
        found += [f"{name} {number}" for name, number in zip(_PEERS, done.stdout.split(), strict=True)]
    return ", ".join(found)


def main() -> None:
    """Measure, and write or print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        prog="benchmarks.performance",
    )
    parser.add_argument("--before", help="a commit; by default the last one without LiteRT")
    parser.add_argument("--peers", help="the Python of an environment with torch, captum and grad-cam")
    parser.add_argument("--quick", action="store_true", help="two repetitions; printed")
    parser.add_argument("--only", action="append", choices=PARTS, help="a part, printed")
    parser.add_argument("--out", type=Path, help="where to write; by default docs/performance.md, if whole")
    options = parser.parse_args()
    given = ["ENV/bin/python" if part == options.peers else part for part in sys.argv[1:]]
    command = shlex.join(["python", "-m", "benchmarks.performance", *given])
    began, busy, load = time.perf_counter(), busy_seconds(), os.getloadavg()[0]
    commit = options.before or commit_before()
    rows: list[Row] = []
    failed = []
    with checkout(commit) as before:
        wanted = Wanted(before, options.peers, options.quick)
        for name in options.only or PARTS:
            try:
                rows += PARTS[name](wanted)
            except UserError as error:
                parser.exit(2, f"{error}\n")
            except Exception:  # the other parts took minutes
                failed.append(f"**Not measured, since it failed: {name}.**")
                traceback.print_exc()
            print(f"{name}: {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
    seconds = time.perf_counter() - began
    own = sum(os.times()[:4])
    others = max(0.0, busy_seconds() - busy - own) / (seconds * (os.cpu_count() or 1))
    changed = " with changes" if git("status", "--porcelain", "-uno") else ""
    shorts = [git("log", "-1", "--format=%h", name) for name in (commit, "HEAD")]
    facts = (
        f"{datetime.date.today():%d %B %Y}, {seconds / 60:.0f} minutes, load {load:.1f} before the start",
        f"{processor_name()}, {os.cpu_count()} cores, {platform.system()}; the browser on them too",
        versions(options.peers),
        f"before: `{shorts[0]}`; here: `{shorts[1]}`{changed}",
    )
    text = document(rows, command, [*failed, *facts], others, bool(options.peers))
    if options.out is None and (options.quick or options.only):
        print(text)
    else:
        write_whole(options.out or OUT, text)
    if failed:
        sys.exit(1)


if __name__ == "__main__":
    main()
