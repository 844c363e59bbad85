"""Pytest plug-in: the processor time of each test, its child processes included, and of the whole run.

    python -m pytest -p benchmarks.processor_time

Wall time says how busy a machine is, processor time what a test costs. A fixture's time counts to the first
test that asks for it, a process that outlives a test to none, but to the whole.
"""

import os
from pathlib import Path

import pytest

SHOWN = 20
_TICKS = os.sysconf("SC_CLK_TCK")
_spent: dict[str, float] = {}
_began = 0.0


def seconds_so_far() -> float:
    """Return user and system time of this process and of all its descendants, ended or running."""
    parents: dict[int, int] = {}
    ticks: dict[int, int] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue  # it ended meanwhile
            pid = int(folder.name)
            parents[pid] = int(fields[1])
            ticks[pid] = sum(int(field) for field in fields[11:15])  # utime, stime, cutime, cstime
    processes = {os.getpid()}
    while children := {pid for pid, parent in parents.items() if parent in processes} - processes:
        processes |= children
    return sum(ticks.get(pid, 0) for pid in processes) / _TICKS


def pytest_sessionstart() -> None:
    global _began
    _began = seconds_so_far()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    before = sum(os.times()[:4])
    try:
        return (yield)
    finally:
        _spent[item.nodeid] = _spent.get(item.nodeid, 0.0) + sum(os.times()[:4]) - before


def pytest_terminal_summary(terminalreporter) -> None:
    total = seconds_so_far() - _began
    rest = total - sum(_spent.values())
    terminalreporter.section("processor time")
    for name, seconds in sorted(_spent.items(), key=lambda pair: -pair[1])[:SHOWN]:
        terminalreporter.write_line(f"{seconds:7.2f} s  {name}")
    by_file: dict[str, float] = {}
    for name, seconds in _spent.items():
        file = name.partition("::")[0]
        by_file[file] = by_file.get(file, 0.0) + seconds
    terminalreporter.write_line("by file:")
    for name, seconds in sorted(by_file.items(), key=lambda pair: -pair[1])[:SHOWN]:
        terminalreporter.write_line(f"{seconds:7.2f} s  {name}")
    terminalreporter.write_line(
        f"{total:7.2f} s  in all, of which {rest:.2f} s outside the tests (collecting)"
    )
