"""How much memory a process holds, as Linux counts it."""

import os
from pathlib import Path


def megabytes(field: str, process: int | None = None) -> float:
    """Return a field of a process's status in MB: `VmRSS` is held now, `VmHWM` is the most so far."""
    status = Path(f"/proc/{process or os.getpid()}/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith(f"{field}:"))
    return int(line.split()[1]) / 1024


def restart_peak(process: int | None = None) -> None:
    """Let `VmHWM` count anew from what is held now."""
    Path(f"/proc/{process or os.getpid()}/clear_refs").write_text("5", encoding="ascii")


def process_tree(process: int) -> list[int]:
    """Return the process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                status = (entry / "stat").read_text(encoding="utf-8", errors="replace")
            except OSError:  # it has just ended
                continue
            children.setdefault(int(status.rpartition(")")[2].split()[1]), []).append(int(entry.name))
    found, more = [], [process]
    while more:
        found.append(more.pop())
        more += children.get(found[-1], [])
    return found
