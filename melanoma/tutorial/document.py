"""The generated parts of docs/tutorial.md: tables of accuracies and class counts, and the curves."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from melanoma.diagnoses import NINE, diagnosis_of
from melanoma.errors import UserError
from melanoma.evaluation.metrics import Estimate
from melanoma.training.recipes import Precision
from melanoma.tutorial.proposals import TUNED, commands_of
from melanoma.tutorial.recipes import EXPERIMENTS
from melanoma.tutorial.results import Result, Seen
from melanoma.tutorial.story import CLAIMED, NOTEBOOK

PAGE = Path(__file__).resolve().parents[2] / "docs" / "tutorial.md"
"""The document, which is in a checkout alone."""
TITLES = {
    "tutorial-a": "(a) two convolutions",
    "tutorial-b": "(b) and random flips, rotations, zooms",
    "tutorial-c": "(c) and dropout",
    "tutorial-d-before": "(d) balanced by copies before the split, dropout",
    "tutorial-d-after": "(d) balanced by copies after the split, dropout",
}
"""The experiments' titles."""
HONEST = {
    "tutorial-a": "tutorial-a-honest",
    "tutorial-b": "tutorial-b-honest",
    "tutorial-c": "tutorial-c-honest",
    "tutorial-d-before": "tutorial-d-honest",
    "tutorial-d-after": "tutorial-d-honest",
}
"""The same network with true labels and each lesion in one split."""
NOT_RUN = "not yet run"
_LAST = 5
"""Last epochs whose range of accuracies is shown: how much depends on the epoch at which one stops."""


def fill(document: str, parts: dict[str, str]) -> str:
    """Return the document with each part between its marks, `<!-- name -->` and `<!-- /name -->`.

    Raises UserError for a part whose marks are not there.
    """
    for name, text in parts.items():
        begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        before, opened, rest = document.partition(begin)
        _, closed, after = rest.partition(end)
        if not opened or not closed:
            raise UserError(f"The document has no marks <!-- {name} --> and <!-- /{name} -->.")
        document = f"{before}{begin}{text}\n{end}{after}"
    return document


def accuracies(results: dict[str, Result]) -> str:
    """Return the table of validation accuracies, Markdown."""
    header = (
        "experiment",
        "claimed",
        "in the notebook's output",
        "repeated",
        "of new lesions",
        "repeated honestly",
    )
    rows = []
    for name, title in TITLES.items():
        claimed = f"{CLAIMED:.2f}" if name in NOTEBOOK else "–"
        shown = f"{NOTEBOOK[name]:.2f}" if name in NOTEBOOK else "–"
        rows.append(
            (
                title,
                claimed,
                shown,
                _figure(results, name, lambda result: result.accuracy),
                _figure(results, name, lambda result: result.accuracy_new),
                _figure(results, HONEST[name], lambda result: result.accuracy),
            )
        )
    return markdown_table(header, rows)


def copies(results: dict[str, Result], seen: dict[str, Seen]) -> str:
    """Return the table of pictures and lesions that are in both splits, Markdown."""
    header = ("experiment", "validation images", "copied", "related", "accuracy of copied", "of new lesions")
    rows = [
        (
            title,
            len(seen[name].copied),
            int(seen[name].copied.sum()),
            int(seen[name].related.sum()),
            _figure(results, name, lambda result: result.accuracy_copied),
            _figure(results, name, lambda result: result.accuracy_new),
        )
        for name, title in (
            *TITLES.items(),
            *((name, f"`{name}`") for name, recipe in EXPERIMENTS.items() if recipe.honest),
        )
    ]
    return markdown_table(header, rows)


def more_figures(results: dict[str, Result]) -> str:
    """Return the table of balanced accuracy and melanoma sensitivity, Markdown."""
    rows = [
        (
            f"`{name}`",
            result.balanced_accuracy,
            result.melanoma_found,
            _last(result),
            _best(result),
            result.precision.value,
        )
        for name, result in results.items()
    ]
    header = (
        "recipe",
        "balanced accuracy",
        "melanomas named melanoma",
        f"accuracy over the last {_LAST} epochs",
        "best epoch, had one chosen it",
        "fitted in",
    )
    return markdown_table(header, rows) if rows else f"{NOT_RUN[0].upper()}{NOT_RUN[1:]}."


def commands(results: dict[str, Result]) -> str:
    """Return the commands of each experiment, as a code block; of those with results, in their precision."""
    lines: list[str] = []
    for name in (*(name for name in EXPERIMENTS if name != TUNED), TUNED):
        precision = results[name].precision if name in results else Precision.FLOAT32
        lines += commands_of(name, name == TUNED or EXPERIMENTS[name].honest, precision)
    return "```\n" + "\n".join(lines) + "\n```"


def class_counts(tables: dict[str, pd.DataFrame]) -> str:
    """Return the fitted and validation images by class for each title, Markdown; the values hold `diagnosis`
    and `split`.
    """
    columns = {}
    for title, table in tables.items():
        counts = pd.crosstab(table["diagnosis"], table["split"])
        columns[f"{title}: fitted"] = counts["train"]
        columns[f"{title}: validation"] = counts["calibration"]
    counted = pd.DataFrame(columns)
    order = [code for code in (*NINE, "BKL") if code in counted.index]
    counted = counted.reindex(order)
    rows: list[tuple[object, ...]] = [
        (diagnosis_of(code).name, *("–" if pd.isna(value) else int(value) for value in counts))
        for code, counts in zip(order, counted.to_numpy(), strict=True)
    ]
    rows.append(("all", *(int(total) for total in counted.sum())))
    return markdown_table(("class", *counted.columns), rows)


def draw_curves(results: dict[str, Result], path: Path) -> None:
    """Draw accuracy and loss by epoch of every experiment that was run, as a PNG."""
    shown = [name for name in TITLES if name in results or HONEST[name] in results]
    if not shown:
        raise UserError("None of the tutorial's experiments was run, so there are no curves to draw.")
    figure = Figure(figsize=(3.1 * len(shown) + 1, 5.4), layout="constrained")
    axes = figure.subplots(2, len(shown), squeeze=False, sharex="col", sharey="row")
    for column, name in enumerate(shown):
        for run, style, kind in ((name, "-", "as the tutorial"), (HONEST[name], "--", "honest")):
            if run not in results:
                continue
            history = results[run].history
            for row, (fitted, validation) in enumerate(
                (("accuracy", "calibration_accuracy"), ("loss", "calibration_loss"))
            ):
                place = axes[row, column]
                place.plot(history["epoch"], history[fitted], style, color="#0072b2", label=f"fitted, {kind}")
                place.plot(
                    history["epoch"], history[validation], style, color="#d55e00", label=f"validation, {kind}"
                )
        axes[0, column].set(title=name.removeprefix("tutorial-"), ylim=(0, 1))
        axes[1, column].set_xlabel("epoch")
    axes[0, 0].set_ylabel("accuracy")
    axes[1, 0].set_ylabel("loss (cross-entropy)")
    axes[1, 0].set_ylim(bottom=0)
    lines = {line.get_label(): line for place in axes.flat for line in place.lines}
    figure.legend(lines.values(), lines.keys(), loc="outside lower center", ncols=len(lines), frameon=False)
    figure.savefig(path, dpi=110)


def _figure(results: dict[str, Result], name: str, figure: Callable[[Result], Estimate]) -> str:
    return str(figure(results[name])) if name in results else NOT_RUN


def _last(result: Result) -> str:
    last = result.history["calibration_accuracy"].tail(_LAST)
    return f"{last.min():.3f} to {last.max():.3f}"


def _best(result: Result) -> str:
    by_epoch = result.history["calibration_accuracy"]
    return f"{by_epoch.max():.3f}, epoch {int(result.history['epoch'][by_epoch.idxmax()])}"


def markdown_table(header: tuple[str, ...], rows: Sequence[tuple[object, ...]]) -> str:
    """Return a table of cells as text, Markdown."""
    lines: list[tuple[object, ...]] = [header, tuple("---" for _ in header), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)
