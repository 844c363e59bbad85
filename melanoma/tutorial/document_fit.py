"""The parts of docs/tutorial.md on overfitting and underfitting, on proposals, search and claims."""

from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from melanoma.tutorial.claims import claims
from melanoma.tutorial.document import NOT_RUN, markdown_table
from melanoma.tutorial.fit_verdict import Fit, Verdict, verdict_of
from melanoma.tutorial.proposals import PROPOSALS, TUNED, Proposal, commands_of, outcome_of, titles
from melanoma.tutorial.results import Result

_PANELS = 4  # of the picture of the gaps, side by side


def verdicts(results: dict[str, Result]) -> str:
    """Return the table of the gaps between fitted and validation images with the verdicts, Markdown."""
    rows: list[tuple[object, ...]] = []
    for name, title in titles().items():
        verdict = _verdict(results[name]) if name in results else None
        if verdict is None:
            rows.append((title, *(NOT_RUN if name not in results else "not known",) * 5))
            continue
        figures = (f"{verdict.fitted:.3f}", f"{verdict.validation:.3f}", f"{verdict.gap:.3f}")
        since = verdict.since if verdict.fit == Fit.OVERFITTING else None
        rows.append((title, *figures, since or "–", f"**{verdict.fit}**"))
    header = ("run", "fitted images", "validation images", "gap", "overfitting from epoch", "verdict")
    return markdown_table(header, rows)


def proposals(results: dict[str, Result]) -> str:
    """Return the table of what the tutorial proposes, with predictions and results, Markdown."""
    rows = [(one.title, _predicted(one), *_came_out(one, results)) for one in PROPOSALS]
    return markdown_table(("change to the honest (a)", "predicted", "came out", "as predicted"), rows)


def search(found: dict[str, Any] | None) -> str:
    """Return the table of the search's trials, Markdown; `found` is what `search.found_by` made, or None."""
    if found is None:
        return f"The search has not been run yet. `{commands_of(TUNED)[0]}` does it."
    best = found["best"]
    rows = [
        (
            number,
            f"{one['choices']['learning_rate']:.2g}",
            f"{one['choices']['dropout']:.1f}",
            f"{one['choices']['l2']:g}",
            one["choices"]["dense"],
            "yes" if one["choices"]["changed"] else "no",
            one["epochs"],
            f"{one['accuracy']:.3f}" + (" **best**" if one["choices"] == best else ""),
        )
        for number, one in enumerate(found["trials"], start=1)
    ]
    header = (
        *("trial", "learning rate", "dropout", "L2", "dense units", "flips, rotations, zooms"),
        *("epochs", "accuracy"),
    )
    return markdown_table(header, rows)


def claims_table(story: dict[str, Any]) -> str:
    """Return the tutorial's claims with what is so, Markdown; `story` is what `story.make_story` made."""
    return markdown_table(("claim", "what is so"), [(one.claim, one.what_is_so) for one in claims(story)])


def draw_gaps(results: dict[str, Result], path: Path) -> None:
    """Draw the accuracies of fitted and validation images by epoch with the gap between, a panel a run."""
    shown = [name for name in titles() if name in results and _verdict(results[name])]
    rows = -(-len(shown) // _PANELS)
    figure = Figure(figsize=(3.1 * _PANELS, 2.4 * rows + 0.5), layout="constrained")
    axes = figure.subplots(rows, _PANELS, squeeze=False, sharey=True)
    for name, place in zip(shown, axes.flat, strict=False):
        history, verdict = results[name].history, _verdict(results[name])
        fitted, validation = history["accuracy"], history["calibration_accuracy"]
        place.plot(history["epoch"], fitted, "--", color="#0072b2", label="fitted")
        place.plot(history["epoch"], validation, color="#d55e00", label="validation")
        place.fill_between(history["epoch"], fitted, validation, color="#808a90", alpha=0.25, label="gap")
        place.set_title(f"{titles()[name]}\n{verdict.fit if verdict else ''}", fontsize=9)
        place.set(ylim=(0, 1), xlabel="epoch")
    for place in axes.flat[len(shown) :]:
        place.set_visible(False)
    axes[0, 0].set_ylabel("accuracy")
    lines, names = axes[0, 0].get_legend_handles_labels()
    figure.legend(lines, names, loc="outside lower center", ncols=3, frameon=False)
    figure.savefig(path, dpi=110)


def _verdict(result: Result) -> Verdict | None:
    """Return the verdict on the figures as stored, which are rounded, so that the page says the same."""
    stored = result.as_json()
    return verdict_of(stored["fitted_by_epoch"], stored["validation_by_epoch"])


def _predicted(proposal: Proposal) -> str:
    predicted = proposal.prediction
    if predicted is None:
        return "nothing was written down"
    return f"{predicted.low:.2f} to {predicted.high:.2f}, {predicted.fit}. {predicted.why}"


def _came_out(proposal: Proposal, results: dict[str, Result]) -> tuple[str, str]:
    if proposal.recipe not in results:
        return f"{NOT_RUN}: " + ", then ".join(f"`{one}`" for one in commands_of(proposal.recipe)), "–"
    result = results[proposal.recipe]
    outcome = outcome_of(proposal, result.as_json())
    fit = outcome.verdict.fit if outcome.verdict else "not known"
    return f"{result.accuracy}, {fit}", {True: "yes", False: "no", None: "–"}[outcome.as_predicted]
