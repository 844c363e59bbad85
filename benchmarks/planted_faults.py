"""Faults planted one by one in the code that decides: which test finds each?

python -m benchmarks.planted_faults            # plants all of planted_faults.csv, and writes what killed each
python -m benchmarks.planted_faults 12 17      # only these numbers
python -m benchmarks.planted_faults --survivors  # only those that no test found so far
python -m benchmarks.planted_faults --draw 80 --seed 5  # prints a new list, drawn at random

A fault is a changed line. It is planted in a copy of the tree, never in the tree itself, and the quick tests
of its module run there until one fails. The exit status is 1 if a fault survives that has no note, which says
why it changes no answer.
"""

import argparse
import ast
import csv
import importlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

import pytest

from melanoma.files import write_whole

TREE = Path(__file__).parents[1]
LIST = Path(__file__).with_suffix(".csv")
AT_ONCE = 3
"""Copies of the tree, and so tests that run side by side."""
SECONDS = 300
"""For the tests of a fault: one that makes a loop endless counts as found."""
_PACKAGES = (
    *("tensorflow", "keras", "pandas", "scipy.stats", "scipy.optimize", "sklearn.metrics", "cv2", "pyarrow"),
    *("sklearn.model_selection", "streamlit.testing.v1", "matplotlib.figure", "tf_keras_vis", "PIL.Image"),
    *("plotly.graph_objects", "rich.progress", "typer.testing"),
)
LANE = "not ray and not training and not browser and not slow"
TESTS: dict[str, str] = {
    "melanoma/model/answer.py": "model/test_log_odds.py model/test_classifier.py",
    "melanoma/model/decision.py": "model/test_classifier.py model/test_joint.py",
    "melanoma/model/joint.py": "model/test_joint.py",
    "melanoma/photos/cropping.py": "photos/test_cropping.py",
    "melanoma/lesion/cropping.py": "lesion/test_cropping.py",
    "melanoma/model/classifier.py": "model/test_classifier.py explain/test_evidence.py",
    "melanoma/model/prediction.py": "model/test_log_odds.py model/test_classifier.py",
    "melanoma/model/log_odds.py": "model/test_log_odds.py evaluation/test_metrics.py",
    "melanoma/model/calibration.py": "model/test_calibration.py training/test_calibrating.py",
    "melanoma/model/prediction_sets.py": "model/test_prediction_sets.py",
    "melanoma/model/mix.py": "model/test_mix.py",
    "melanoma/model/in_distribution.py": "model/test_in_distribution.py",
    "melanoma/model/network.py": "model/backbones/test_backbones.py tutorial/test_fitting.py",
    "melanoma/model/verdict_wording.py": "model/test_verdict_wording.py",
    "melanoma/model/alert_wording.py": "model/test_alert_wording.py model/test_verdict_wording.py",
    "melanoma/model/backbones/keras_applications.py": "model/backbones",
    "melanoma/model/backbones/mobilenet.py": "model/backbones",
    "melanoma/model/backbones/efficientnet_lite.py": "model/backbones",
    "melanoma/model/backbones/efficientnet_lite_layers.py": "model/backbones",
    "melanoma/training/loss.py": "training/test_loss.py",
    "melanoma/training/fine_tuning.py": "training model/backbones/test_backbones.py data/test_pipeline.py",
    "melanoma/training/calibrating.py": "training/test_calibrating.py training/test_recalibration.py",
    "melanoma/training/export.py": "training/test_export.py model/test_bundle.py",
    "melanoma/training/recalibration.py": "training/test_recalibration.py",
    "melanoma/tutorial/recipes.py": "tutorial training/test_recipes.py",
    "melanoma/data/pipeline.py": "data/test_pipeline.py training/test_recipes.py",
    "melanoma/data/split.py": "data/test_split.py",
    "melanoma/lesion/framing.py": "lesion/test_framing.py",
    "melanoma/lesion/outline.py": "lesion/test_outline.py",
    "melanoma/photos/framing.py": "photos/test_framing.py lesion/test_framing.py figures/test_overlay.py",
    "melanoma/batch/triage.py": "batch/test_triage.py",
    "melanoma/batch/worklist.py": "batch/test_triage.py",
    "melanoma/batch/rows.py": "batch/test_results.py",
    "melanoma/evaluation/evaluate.py": "evaluation/test_metrics.py",
    "melanoma/evaluation/metrics.py": "evaluation/test_metrics.py",
    "melanoma/evaluation/operating_points.py": "evaluation/test_operating_points.py",
    "melanoma/evaluation/run.py": "evaluation/test_run.py",
    "melanoma/measures/overlap.py": "measures/test_overlap.py evaluation/test_focus.py",
    "melanoma/measures/lesion_in_view.py": "measures/test_lesion_in_view.py",
    "melanoma/figures/overlay.py": "figures/test_overlay.py",
}
"""The code that decides, and where its tests are, under `tests/`."""

_COMPARISONS = {
    ast.Lt: ("<", ("<=", ">")),
    ast.LtE: ("<=", ("<", ">=")),
    ast.Gt: (">", (">=", "<")),
    ast.GtE: (">=", (">", "<=")),
    ast.Eq: ("==", ("!=",)),
    ast.NotEq: ("!=", ("==",)),
    ast.In: ("in", ("not in",)),
    ast.NotIn: ("not in", ("in",)),
    ast.Is: ("is", ("is not",)),
    ast.IsNot: ("is not", ("is",)),
}
_SUMS = {ast.Add: ("+", "-"), ast.Sub: ("-", "+"), ast.Mult: ("*", "/"), ast.Div: ("/", "*")}
_CHANGES = {
    *("abs", "max", "min", "round", "sorted", "float", "int", "bool", "maximum", "minimum", "clip"),
    *("log", "exp", "sqrt", "ceil", "sort", "cumsum", "isfinite", "softmax", "log_softmax", "relu", "mean"),
    "stop_gradient",
}
"""Functions whose argument could stand for their result; of others it would only be a crash."""
_WORDS = ("say", "Sentence", "UserError", "print", "format", "rounded", "exactly")
"""Calls that make sentences, within which nothing is decided."""


@dataclass(frozen=True)
class Fault:
    """A changed line of a file of the tree."""

    number: int
    kind: str
    """`drawn` at random, or `named`: one that once passed the tests."""
    file: str
    line: int
    """Where the line stood when the fault was listed."""
    operator: str
    before: str
    """The line, without its indentation."""
    after: str
    killed_by: str = ""
    """The test that failed, or `survived`; empty until it was tried."""
    note: str = ""
    """Why a survivor changes no answer."""

    def planted(self, text: str) -> str | None:
        """Return the text of its file with the fault; None if the line is no longer there."""
        lines = text.splitlines(keepends=True)
        there = [row for row, line in enumerate(lines, start=1) if line.strip() == self.before]
        if not there:
            return None
        row = min(there, key=lambda row: abs(row - self.line)) - 1
        lines[row] = lines[row].replace(self.before, self.after)
        return "".join(lines)


@dataclass(frozen=True)
class Edit:
    """A change within a line, between two columns that count bytes."""

    operator: str
    line: int
    start: int
    end: int
    text: str


class Edits(ast.NodeVisitor):
    """Gathers the faults that can be planted in a module."""

    def __init__(self, source: str) -> None:
        """Parse and gather."""
        self.lines = [line.encode() for line in source.splitlines()]
        self.found: list[Edit] = []
        self.visit(ast.parse(source))

    def _text(self, node: ast.AST) -> str:
        assert isinstance(node, ast.expr | ast.stmt | ast.keyword) and node.lineno == node.end_lineno
        return self.lines[node.lineno - 1][node.col_offset : node.end_col_offset].decode()

    def _replace(self, operator: str, first: ast.AST, text: str, last: ast.AST | None = None) -> None:
        last = last or first
        assert isinstance(first, ast.expr | ast.stmt | ast.keyword)
        assert isinstance(last, ast.expr | ast.stmt | ast.keyword) and last.end_col_offset is not None
        if first.lineno == last.end_lineno:
            self.found.append(Edit(operator, first.lineno, first.col_offset, last.end_col_offset, text))

    def _between(self, operator: str, left: ast.expr, right: ast.expr, old: str, new: str) -> None:
        """Change what stands between two expressions."""
        if left.end_lineno == right.lineno and left.end_col_offset is not None:
            gap = self.lines[right.lineno - 1][left.end_col_offset : right.col_offset]
            at = gap.find(old.encode())
            if at >= 0:
                start = left.end_col_offset + at
                self.found.append(Edit(operator, right.lineno, start, start + len(old), new))

    @staticmethod
    def _on_one_line(*nodes: ast.expr | ast.keyword) -> bool:
        return len({line for node in nodes for line in (node.lineno, node.end_lineno)}) == 1

    def visit_Raise(self, node: ast.Raise) -> None:
        """Skip: what is said of a mistake decides nothing."""

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """Skip: a text."""

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        """Visit the value, not the type."""
        if node.value:
            self.visit(node.value)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        """Visit the defaults and the body, not the types and decorators."""
        for part in [*node.args.defaults, *(one for one in node.args.kw_defaults if one), *node.body]:
            self.visit(part)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        """Visit the body alone."""
        for part in node.body:
            self.visit(part)

    def visit_Compare(self, node: ast.Compare) -> None:
        """Take another comparison."""
        left = node.left
        for kind, right in zip(node.ops, node.comparators, strict=True):
            old, others = _COMPARISONS[type(kind)]
            for other in others:
                self._between("comparison", left, right, old, other)
            left = right
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        """Take the opposite operation, or one side alone."""
        if type(node.op) in _SUMS:
            old, new = _SUMS[type(node.op)]
            self._between("operation", node.left, node.right, old, new)
            if self._on_one_line(node.left, node.right):
                self._replace("dropped", node, self._text(node.left))
                if not isinstance(node.right, ast.Constant):
                    self._replace("dropped", node, self._text(node.right))
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        """Drop a sign, a negation or a complement."""
        if self._on_one_line(node.operand):
            self._replace("sign", node, self._text(node.operand))
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        """Exchange `and` and `or`."""
        old, new = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        self._between("boolean", node.values[0], node.values[1], old, new)
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        """Change a number."""
        if isinstance(node.value, bool):
            self._replace("constant", node, str(not node.value))
        elif isinstance(node.value, int):
            self._replace("constant", node, str(node.value + 1))
        elif isinstance(node.value, float):
            self._replace("constant", node, repr(node.value * 2 if node.value else 1.0))

    def visit_If(self, node: ast.If) -> None:
        """Negate."""
        self._negate(node.test)
        self.generic_visit(node)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        """Negate."""
        self._negate(node.test)
        self.generic_visit(node)

    def _negate(self, test: ast.expr) -> None:
        if self._on_one_line(test):
            self._replace("negated", test, f"not ({self._text(test)})")

    def visit_Expr(self, node: ast.Expr) -> None:
        """Drop a call whose result nobody takes; documentation is passed over."""
        if isinstance(node.value, ast.Call):
            self._replace("call", node, "pass")
            self.visit(node.value)

    def visit_Call(self, node: ast.Call) -> None:
        """Exchange two arguments, drop a keyword, or take an argument for the result."""
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in _WORDS:
            return
        plain = [one for one in node.args if not isinstance(one, ast.Starred | ast.GeneratorExp)]
        if len(plain) == len(node.args) > 1 and self._on_one_line(*plain[:2]):
            self._replace("arguments", plain[0], f"{self._text(plain[1])}, {self._text(plain[0])}", plain[1])
        if plain and name in _CHANGES and self._on_one_line(node, plain[0]):
            self._replace("call", node, self._text(plain[0]))
        for keyword in node.keywords:
            if keyword.arg and self._on_one_line(keyword):
                self._drop(keyword)
        self.generic_visit(node)

    def _drop(self, keyword: ast.keyword) -> None:
        line = self.lines[keyword.lineno - 1]
        start, end = keyword.col_offset, keyword.end_col_offset
        before, after = line[:start].rstrip(), line[end:]
        if before.endswith(b","):
            start = len(before) - 1
        elif after.startswith(b","):
            assert end is not None
            end += len(after) - len(after[1:].lstrip())
        assert end is not None
        self.found.append(Edit("keyword", keyword.lineno, start, end, ""))


def possible(file: str) -> list[Fault]:
    """Return all faults of a file, without numbers."""
    source = (TREE / file).read_text(encoding="utf-8")
    whole = ast.dump(ast.parse(source))
    faults = []
    for edit in dict.fromkeys(Edits(source).found):
        line = source.splitlines()[edit.line - 1].encode()
        changed = (line[: edit.start] + edit.text.encode() + line[edit.end :]).decode()
        fault = Fault(0, "drawn", file, edit.line, edit.operator, line.decode().strip(), changed.strip())
        try:
            other = ast.dump(ast.parse(fault.planted(source) or source))
        except SyntaxError:
            continue
        if other != whole:
            faults.append(fault)
    return faults


def draw(count: int, seed: int) -> list[Fault]:
    """Return so many faults: of a file and an operator, both drawn first."""
    rng = random.Random(seed)
    left = {file: possible(file) for file in TESTS}
    found: list[Fault] = []
    while len(found) < count:
        faults = left[rng.choice(list(left))]
        if faults:
            operator = rng.choice(sorted({fault.operator for fault in faults}))
            fault = rng.choice([fault for fault in faults if fault.operator == operator])
            faults.remove(fault)
            found.append(replace(fault, number=len(found) + 1))
    return found


def read_list() -> list[Fault]:
    """Return the faults of `LIST`."""
    with LIST.open(newline="", encoding="utf-8") as stream:
        return [
            Fault(**{**row, "number": int(row["number"]), "line": int(row["line"])})  # type: ignore[arg-type]
            for row in csv.DictReader(stream)
        ]


def as_csv(faults: list[Fault]) -> Iterator[str]:
    """Yield the lines of `LIST`."""
    rows: list[str] = []

    class Lines:
        def write(self, text: str) -> int:
            rows.append(text)
            return len(text)

    writer = csv.DictWriter(Lines(), [field.name for field in fields(Fault)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(fault) for fault in faults)
    yield from rows


def copy_tree(folder: Path) -> None:
    """Copy the tree's own files, with a link to the models."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=TREE,
        capture_output=True,
        check=True,
    )
    for name in listed.stdout.decode().split("\0"):
        source = TREE / name
        if name and not name.startswith("models/") and source.is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, folder / name)
    (folder / "models").symlink_to(TREE / "models")


def preload() -> None:
    """Import what the tests need of other packages, so that each child has it from the start.

    TensorFlow computes nothing here: its threads, which no child would have, start when it does.
    """
    os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}
    for name in _PACKAGES:
        importlib.import_module(name)


def start(fault: Fault, folder: Path) -> int:
    """Plant a fault in a copy of the tree, start its tests in a child, and return the child's number."""
    file = folder / fault.file
    planted = fault.planted(file.read_text(encoding="utf-8"))
    assert planted is not None
    file.write_text(planted, encoding="utf-8")
    tests = [f"tests/{name}" for name in TESTS[fault.file].split() if (folder / "tests" / name).exists()]
    child = os.fork()
    if child:
        return child
    status = 3
    try:
        os.setsid()
        log = os.open(folder / "log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.chdir(folder)
        for name in [name for name in sys.modules if name.split(".")[0] in ("melanoma", "benchmarks")]:
            del sys.modules[name]
        sys.path[:] = [str(folder), *(one for one in sys.path if one not in ("", str(TREE)))]
        sys.dont_write_bytecode = True
        os.environ |= {"PYTHONDONTWRITEBYTECODE": "1", "MELANOMA_DATA": "/nonexistent"}
        options = ["-x", "-q", "--tb=no", "-rfE", "-p", "no:cacheprovider", "-m", LANE]
        status = int(pytest.main([*options, f"--basetemp={folder / 'basetemp'}", *tests]))
    finally:
        sys.stdout.flush()
        os._exit(status)


def outcome(status: int, folder: Path) -> str:
    """Return the test that failed, or `survived`, by the exit status and the log of the tests."""
    if status == 0:
        return "survived"
    log = (folder / "log").read_text(encoding="utf-8", errors="replace")
    failed = [line for line in log.splitlines() if line.startswith(("FAILED", "ERROR"))]
    if status not in (1, 2, 4) or not failed:
        raise RuntimeError(f"pytest ended with {status}: {log[-3000:]}")
    return failed[0].split()[1].removeprefix("tests/")


@dataclass
class _Running:
    fault: Fault
    folder: Path
    text: str
    """Of the file without the fault."""
    deadline: float


def tried(faults: list[Fault]) -> Iterator[Fault]:
    """Yield each fault with what killed it, as they come to an end."""
    preload()
    waiting, running = list(faults), dict[int, _Running]()
    with tempfile.TemporaryDirectory(prefix="planted-") as base:
        free = [Path(base) / str(number) for number in range(AT_ONCE)]
        for folder in free:
            copy_tree(folder)
        while waiting or running:
            while waiting and free:
                fault = waiting.pop(0)
                text = (free[-1] / fault.file).read_text(encoding="utf-8")
                if fault.planted(text) is None:
                    yield replace(fault, killed_by="outdated: there is no such line")
                    continue
                folder = free.pop()
                child = start(fault, folder)
                running[child] = _Running(fault, folder, text, time.monotonic() + SECONDS)
            time.sleep(0.1)
            for child, run in list(running.items()):
                ended, status = os.waitpid(child, os.WNOHANG)
                late = time.monotonic() > run.deadline
                if not ended and late:
                    os.killpg(child, signal.SIGKILL)
                    os.waitpid(child, 0)
                if ended or late:
                    del running[child]
                    (run.folder / run.fault.file).write_text(run.text, encoding="utf-8")
                    free.append(run.folder)
                    code = os.waitstatus_to_exitcode(status)
                    found = outcome(code, run.folder) if ended else f"no end within {SECONDS} s"
                    yield replace(run.fault, killed_by=found)


def main() -> int:
    """Run, and return the exit status."""
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("numbers", type=int, nargs="*")
    options.add_argument("--survivors", action="store_true")
    options.add_argument("--draw", type=int)
    options.add_argument("--seed", type=int, default=0)
    given = options.parse_args()
    if given.draw:
        print(*as_csv(draw(given.draw, given.seed)), sep="", end="")
        return 0
    known = {fault.number: fault for fault in read_list()}
    chosen = [
        fault
        for fault in known.values()
        if (not given.numbers or fault.number in given.numbers)
        and (not given.survivors or fault.killed_by in ("", "survived"))
    ]
    wrong = 0
    for fault in tried(chosen):
        known[fault.number] = fault
        write_whole(LIST, "".join(as_csv(list(known.values()))))
        print(f"{fault.number} {fault.file}:{fault.line} {fault.before} -> {fault.after}: {fault.killed_by}")
        wrong += fault.killed_by.startswith(("outdated", "survived")) and not fault.note
    print(f"{len(chosen)} faults, {wrong} survived without a note")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
