"""Five hundred uploads through the real page in Chromium: does the server's memory grow?

python -m benchmarks.soak --out runs/soak
python -m benchmarks.soak --uploads 100 --picture docs/soak.png

Every photo is another one. Memory is that of the server and its decoder, read after each upload and written
to a CSV; the picture shows it. Growth is the mean of the last twenty uploads over that of the twenty after
the hundredth (or the first fifth). Exits with status 1 if it is not under 3%.
"""

import argparse
import os
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.browser import find_browser, opened_browser, running_server
from benchmarks.memory import megabytes, process_tree
from benchmarks.page_speed import photo, seconds_to_overlay

MOST_GROWTH = 0.03
_MEAN_OVER = 20  # uploads: garbage is collected now and then


def memory_of(server: int) -> tuple[float, float]:
    """Return what the server and its decoder hold, MB."""
    held = [megabytes("VmRSS", process) for process in process_tree(server)]
    return held[0], sum(held[1:])


def soak(uploads: int, settle: int) -> pd.DataFrame:
    """Return one row an upload: its seconds and the memory after it."""
    executable = find_browser()
    if executable is None:
        raise SystemExit("No Chromium or Chrome was found; make chromium installs one.")
    rows = []
    with running_server() as (address, server), opened_browser(executable) as browser:
        page = browser.new_page(viewport={"width": 1400, "height": 1500})
        page.goto(address)
        page.locator(".st-key-overlay .hm image").first.wait_for(state="attached", timeout=120_000)
        began = time.monotonic()
        for number in range(uploads):
            seconds = seconds_to_overlay(page, photo(number, 600, 450), settle)
            main, decoder = memory_of(server.pid)
            rows.append((number + 1, seconds, main, decoder, time.monotonic() - began))
    return pd.DataFrame(rows, columns=["upload", "seconds", "server_mb", "decoder_mb", "at_seconds"])


def growth(table: pd.DataFrame) -> float:
    """Return the growth of the server's memory from the hundredth upload, or the first fifth, to the last."""
    start = min(100, len(table) // 5)
    first = table["server_mb"].iloc[start : start + _MEAN_OVER].mean()
    return table["server_mb"].iloc[-_MEAN_OVER:].mean() / first - 1


def draw(table: pd.DataFrame, file: Path) -> None:
    """Write the memory curve as a picture."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 3.2), layout="constrained")
    axes = figure.add_subplot()
    axes.plot(table["upload"], table["server_mb"], label="server")
    axes.plot(table["upload"], table["decoder_mb"], label="decoder")
    axes.set(xlabel="uploads", ylabel="memory held, MB", ylim=(0, None), xlim=(0, len(table)))
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    figure.savefig(file, dpi=110)


def main() -> None:
    """Run, write the table and the picture, and print the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--uploads", type=int, default=500)
    parser.add_argument("--settle", type=int, default=50, help="milliseconds between two uploads")
    parser.add_argument("--out", type=Path, default=Path("runs/soak"))
    parser.add_argument("--picture", type=Path)
    options = parser.parse_args()
    table = soak(options.uploads, options.settle)
    options.out.mkdir(parents=True, exist_ok=True)
    table.to_csv(options.out / "soak.csv", index=False)
    draw(table, options.picture or options.out / "soak.png")
    grown = growth(table)
    low, median, high = np.quantile(table["seconds"], [0.25, 0.5, 0.75])
    print(
        f"{len(table)} uploads in {table['at_seconds'].iloc[-1]:.0f} s, {os.cpu_count()} cores, "
        f"load {os.getloadavg()[0]:.1f}: median {median:.2f} s, quartiles {low:.2f} to {high:.2f} s, "
        f"worst {table['seconds'].max():.2f} s; server {table['server_mb'].iloc[-1]:.0f} MB in the end, "
        f"at most {table['server_mb'].max():.0f} MB, growth {grown:+.1%}"
    )
    sys.exit(int(grown >= MOST_GROWTH))


if __name__ == "__main__":
    main()
