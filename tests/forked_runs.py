"""Runs of a script in processes of their own that need not import TensorFlow first, some 5 s each.

    python tests/forked_runs.py SCRIPT < orders

A parent imports what `train.py` imports, and forks for each order: a line of JSON with `folder`, `words`,
`environment` and `log`, a path without ending for what is printed and complained. It answers each with the
exit status, or minus the signal that ended the process, in a line. Nothing of TensorFlow has run before a
fork, so that each run begins as a process of its own does. On Windows, which cannot fork, each is one.
"""

import json
import os
import runpy
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


class Runs:
    """Runs a script as often as wanted."""

    def __init__(self, script: Path, log: Path) -> None:
        """Start the parent; what runs print goes to files in the folder `log`."""
        self._script, self._log, self._count = script, log, 0
        self._parent: subprocess.Popen | None = None

    def run(self, folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess:
        """Run the script in a folder, with words after its name and more in its environment."""
        command = [sys.executable, str(self._script), *words]
        if os.name == "nt":
            return subprocess.run(
                command, cwd=folder, env=os.environ | environment, capture_output=True, text=True, timeout=280
            )
        if self._parent is None:
            self._parent = subprocess.Popen(
                [sys.executable, __file__, str(self._script)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
        self._count += 1
        log = self._log / str(self._count)
        order = {"folder": str(folder), "words": words, "environment": environment, "log": str(log)}
        print(json.dumps(order), file=self._parent.stdin, flush=True)
        answer = self._parent.stdout.readline()
        if not answer:
            raise RuntimeError("the process that runs training for the tests has ended")
        printed, complained = (
            log.with_suffix(ending).read_text(encoding="utf-8") for ending in (".out", ".err")
        )
        return subprocess.CompletedProcess(command, int(answer), printed, complained)

    def end(self) -> None:
        """End the parent and wait for it."""
        if self._parent is not None:
            self._parent.stdin.close()
            try:
                self._parent.wait(60)
            except subprocess.TimeoutExpired:  # a test was broken off and its run was not
                os.killpg(self._parent.pid, signal.SIGKILL)
                raise
            finally:
                self._parent.stdout.close()


@contextmanager
def forked_runs(script: Path, log: Path):
    """Yield `Runs` of a script, which end with the block."""
    runs = Runs(script, log)
    try:
        yield runs
    finally:
        runs.end()


def _become(script: str, order: dict) -> None:
    """Do in this process, which was forked for it, what a new one would do."""
    for number, ending in ((1, ".out"), (2, ".err")):
        file = os.open(order["log"] + ending, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(file, number)
        os.close(file)
    os.chdir(order["folder"])
    os.environ.update(order["environment"])
    sys.argv = [script, *order["words"]]
    sys.path[0] = str(Path(script).parent)
    runpy.run_path(script, run_name="__main__")


def _serve(script: str) -> None:
    sys.path.insert(0, str(ROOT))
    import train  # noqa: F401

    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            sys.stdin.close()
            _become(script, json.loads(line))
            sys.exit(0)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    _serve(sys.argv[1])
