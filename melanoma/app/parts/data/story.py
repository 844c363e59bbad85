"""The story of the tutorial's data, one step at a time, with charts of the committed figures."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from melanoma.app.parts.data.thumbnails import show_pictures_in_both
from melanoma.app.parts.shared.chart import show
from melanoma.app.parts.shared.diagnosis_names import diagnosis_name
from melanoma.app.parts.shared.language import say
from melanoma.app.parts.shared.step_layout import text_and_pictures
from melanoma.diagnoses import CODES, canonical, diagnosis_of
from melanoma.figures.tutorial import accuracy_curves, shares_by_group, stacked_bars

Story = dict[str, Any]


def show_claim(story: Story) -> None:
    """Draw what is claimed, what the notebook's output shows, and what the repeat gave."""
    with text_and_pictures("data-claim"):
        names = list(story["notebook"])
        repeated = [_accuracy(story, name) for name in names]
        series = {
            say("claimed in the text"): [story["claimed"]] * len(names),
            say("in the notebook's own output"): list(story["notebook"].values()),
            say("repeated here"): [found["value"] if found else None for found in repeated],
        }
        show(
            shares_by_group(
                [_letter(name) for name in names],
                series,
                {say("repeated here"): _distances(repeated)},
                say("accuracy on the validation images"),
            ),
            key="data-claim",
            alt=say(
                "Claimed: {claimed:.0%}. In the notebook's output: {low:.0%} to {high:.0%}.",
                claimed=story["claimed"],
                low=min(story["notebook"].values()),
                high=max(story["notebook"].values()),
            ),
        )
        _show_missing(story, names)


def show_folders(story: Story) -> None:
    """Draw what truly lies in each folder."""
    with text_and_pictures("data-folders"):
        folders = story["folders"]
        true = [code for code in CODES if any(code in folder["true"] for folder in folders)]
        show(
            stacked_bars(
                [_folder_name(folder) for folder in folders],
                {diagnosis_name(code): [folder["true"].get(code, 0) for folder in folders] for code in true},
                [diagnosis_of(code).colour for code in true],
                say("files, by their true diagnosis"),
            ),
            key="data-folders",
            alt=_counts_in_words(folders, "true", diagnosis_name),
        )
        st.caption(
            say(
                "{files} files show {pictures} different pictures; {wrong} labels differ from the truth.",
                files=story["files"],
                pictures=story["pictures"],
                wrong=story["labels_wrong"],
            )
        )
        show_pictures_in_both()


def show_both_sides(story: Story) -> None:
    """Draw how many of the images that judge were met before."""
    with text_and_pictures("data-both-sides"):
        rows, counts = [], []
        for name, title in (
            ("tutorial-a", say("split by file")),
            ("tutorial-d-before", say("copies made, then split")),
            ("tutorial-d-after", say("split, then copies made")),
            ("tutorial-a-honest", say("honest: split by lesion")),
        ):
            found = story["validation"][name]
            rows.append(title)
            new = found["images"] - found["copied"] - found["related"]
            counts.append([value / found["images"] for value in (found["copied"], found["related"], new)])
        series = (
            say("the same picture was fitted"),
            say("its lesion was fitted"),
            say("new to the network"),
        )
        show(
            stacked_bars(
                rows,
                {name: [count[number] for count in counts] for number, name in enumerate(series)},
                None,
                say("share of the validation images"),
            ).update_xaxes(range=[0, 1], tickformat=".0%"),
            key="data-both-sides",
            alt="; ".join(
                f"{row}: "
                + ", ".join(f"{value:.0%} {name}" for value, name in zip(count, series, strict=True))
                for row, count in zip(rows, counts, strict=True)
            ),
        )
        for leak in story["leaks"]:
            st.caption(
                say(
                    "Of the {images} images in the set's own test folder, {pictures} show a picture that is "
                    "in training too. Of the {known} whose lesion is known, {lesions} show a lesion that is.",
                    **{name: leak[name] for name in ("images", "pictures", "known", "lesions")},
                )
            )


def show_sources(story: Story) -> None:
    """Draw from which source each folder's photos come."""
    with text_and_pictures("data-sources"):
        folders = story["folders"]
        sources = sorted({name for folder in folders for name in folder["sources"]})
        titles = {"2357-image set": say("unknown")}
        show(
            stacked_bars(
                [_folder_name(folder) for folder in folders],
                {
                    titles.get(name, name): [folder["sources"].get(name, 0) for folder in folders]
                    for name in sources
                },
                None,
                say("files, by their source"),
            ),
            key="data-sources",
            alt=_counts_in_words(folders, "sources", lambda name: titles.get(name, name)),
        )
        from_thumbnails = {
            guess["target"]: guess for guess in story["guesses"] if guess["from"] == "thumbnails"
        }
        st.caption(
            say(
                "From thumbnails of 16 x 16 pixels a plain classifier tells the source with {source:.0%} "
                "balanced accuracy (guessing: {source_chance:.0%}), and the class with {label:.0%} "
                "(guessing: {label_chance:.0%}).",
                source=from_thumbnails["source"]["balanced_accuracy"],
                source_chance=from_thumbnails["source"]["chance"],
                label=from_thumbnails["class"]["balanced_accuracy"],
                label_chance=from_thumbnails["class"]["chance"],
            )
        )


def show_results(story: Story) -> None:
    """Draw what the same network scores on the tutorial's sides, on new lesions, and honestly."""
    with text_and_pictures("data-results"):
        titles = _titles()
        names = [name for name in titles if name in story["results"]]
        if not names:
            st.info(say("The experiments have not been run yet. The commands are in docs/tutorial.md."))
            return
        kinds = {
            say("as the tutorial judges"): [_accuracy(story, name) for name in names],
            say("of these, new lesions only"): [_accuracy(story, name, "accuracy_new") for name in names],
            say("true labels, split by lesion"): [_accuracy(story, _honest(name)) for name in names],
        }
        show(
            shares_by_group(
                [titles[name] for name in names],
                {kind: [one["value"] if one else None for one in found] for kind, found in kinds.items()},
                {kind: _distances(found) for kind, found in kinds.items()},
                say("accuracy on the validation images"),
            ),
            key="data-results",
            alt="; ".join(
                f"{titles[name]}: "
                + ", ".join(
                    f"{kind} {found[row]['value']:.0%}" for kind, found in kinds.items() if found[row]
                )
                for row, name in enumerate(names)
            ),
        )
        curves = {}
        for name in (name for name in names if name in story["notebook"]):
            result = story["results"][name]
            letter = _letter(name)
            curves[say("{letter} fitted images", letter=letter)] = (result["fitted_by_epoch"], True)
            curves[say("{letter} validation", letter=letter)] = (result["validation_by_epoch"], False)
        if curves:
            show(
                accuracy_curves(curves, (say("epoch"), say("accuracy"))),
                key="data-curves",
                alt="; ".join(f"{name}: {values[-1]:.0%}" for name, (values, _) in curves.items()),
            )
        _show_missing(story, list(story["notebook"]))


def _counts_in_words(folders: list[dict[str, Any]], counted: str, title: Callable[[str], str]) -> str:
    """Return what a chart of the folders' counts shows; `title` names what is counted."""
    return "; ".join(
        f"{_folder_name(folder)}: "
        + ", ".join(f"{count} {title(name)}" for name, count in folder[counted].items())
        for folder in folders
    )


def _accuracy(story: Story, name: str, figure: str = "accuracy") -> dict[str, float] | None:
    found = story["results"].get(name, {}).get(figure)
    return found if found and found["value"] is not None else None


def _distances(found: list[dict[str, float] | None]) -> tuple[list[float | None], list[float | None]]:
    return (
        [one["value"] - one["low"] if one else None for one in found],
        [one["high"] - one["value"] if one else None for one in found],
    )


def _show_missing(story: Story, names: list[str]) -> None:
    missing = [_letter(name) for name in names if name not in story["results"]]
    if missing:
        st.caption(say("Not yet repeated: {names}.", names=", ".join(missing)))


def _titles() -> dict[str, str]:
    """Return what the rows of results are called, by recipe."""
    return {
        "tutorial-a": "(a)",
        "tutorial-b": "(b)",
        "tutorial-c": "(c)",
        "tutorial-d-before": f"(d), {say('copies made, then split')}",
        "tutorial-d-after": f"(d), {say('split, then copies made')}",
    }


def _letter(name: str) -> str:
    """Return what an experiment is called: `tutorial-d-before` is (d)."""
    return f"({name.split('-')[1]})"


def _honest(name: str) -> str:
    return f"tutorial-{name.split('-')[1]}-honest"


def _folder_name(folder: dict[str, Any]) -> str:
    return diagnosis_name(canonical(folder["name"], parts=True) or folder["name"])
