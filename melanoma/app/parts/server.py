"""The server itself: how much memory it holds."""

from pathlib import Path

_STATUS = Path("/proc/self/status")


def memory() -> tuple[float | None, float | None]:
    """Return the memory that this process holds now, and the most so far, in MB; None where unknown."""
    if not _STATUS.exists():
        return None, None
    fields = dict(line.split(":", 1) for line in _STATUS.read_text(encoding="ascii").splitlines())
    return int(fields["VmRSS"].split()[0]) / 1024, int(fields["VmHWM"].split()[0]) / 1024
