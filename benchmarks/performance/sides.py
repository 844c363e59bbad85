"""What is measured: an earlier checkout by the same scripts as this one, and processes asked in turn."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
CAME_IN = "melanoma/model/litert_pass.py"
"""The version before is the last one without this file."""


def git(*arguments: str) -> str:
    """Return what git answers in this checkout; raises subprocess.CalledProcessError if it cannot."""
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def commit_before() -> str:
    """Return the commit before `CAME_IN` came in."""
    added = git("log", "--diff-filter=A", "--format=%H", "--", CAME_IN).split()
    return git("rev-parse", f"{added[-1]}^")


@contextmanager
def checkout(commit: str) -> Iterator[Path]:
    """Yield a temporary checkout of a commit, with the benchmarks of this one, as long as the block runs."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "before"
        git("worktree", "add", "--detach", str(place), commit)
        try:
            shutil.rmtree(place / "benchmarks")
            shutil.copytree(ROOT / "benchmarks", place / "benchmarks")
            yield place
        finally:
            git("worktree", "remove", "--force", str(place))


class Worker:
    """A process that has loaded what it measures, and repeats a task each time that it is asked.

    See `benchmarks.explanations.timing.serve`.
    """

    def __init__(self, arguments: Sequence[str], folder: Path = ROOT, python: str = sys.executable) -> None:
        """Start it in a folder."""
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed with the process
        self._process = subprocess.Popen(
            [python, *arguments],
            cwd=folder,
            env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )

    def seconds(self, task: str, runs: int = 1) -> tuple[float, float]:
        """Return the seconds of one run, by the clock and of the processor: the mean of `runs`.

        Raises RuntimeError, with its errors, if the process has ended.
        """
        assert self._process.stdin and self._process.stdout
        try:
            self._process.stdin.write(f"{runs} {task}\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # its errors are told below
        for line in self._process.stdout:
            if line.startswith("{"):
                answer = json.loads(line)
                return answer["clock"], answer["processor"]
        self._errors.seek(0)
        raise RuntimeError(f"the process for “{task}” ended: {self._errors.read()[-2000:]}")

    def close(self) -> None:
        """End it at once: it has nothing to put away, and TensorFlow's own end takes seconds."""
        self._process.kill()
        self._process.communicate()
        self._errors.close()
