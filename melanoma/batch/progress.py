"""The progress bar of a batch, on standard error: files done, rate, and time left."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn
from rich.progress import TimeRemainingColumn as TimeLeft
from rich.text import Text


class _Rate(ProgressColumn):
    """Photos a second."""

    def render(self, task: Task) -> Text:
        """Return the rate of the last half minute or so."""
        return Text(f"{task.speed:.1f}/s" if task.speed else "")


@contextmanager
def shown_progress(what: str, total: int, before: int = 0, printing: bool = False) -> Iterator["Bar"]:
    """Show a bar while the block runs, beginning at `before` of `total` files.

    It stays hidden if the block is `printing` lines to the same terminal.
    """
    hidden = printing and sys.stdout.isatty()
    parts = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeLeft())
    screen = Console(stderr=True)
    # Rich would redirect standard output to the bar's console, and it may be a file.
    with Progress(*parts, console=screen, transient=True, redirect_stdout=False, disable=hidden) as progress:
        yield Bar(progress, what, total, before)


class Bar:
    """A progress bar on the terminal."""

    def __init__(self, progress: Progress, what: str, total: int, before: int) -> None:
        """Draw it."""
        self._progress = progress
        self._task = progress.add_task(what, total=total, completed=before)

    def step(self) -> None:
        """Count one file."""
        self._progress.advance(self._task)
