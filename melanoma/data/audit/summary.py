"""The findings of the audit as sentences, the gravest first."""

from melanoma.data.audit.run import Audit

CHANCE_MARGIN = 1.5
"""A balanced accuracy of at least this many times that of chance is reported."""


def sentences(audit: Audit) -> list[str]:
    """Return the most important findings, each a complete sentence with its number."""
    return [
        *_overview(audit),
        *_labels(audit),
        *_copies(audit),
        *_leaks(audit),
        *_shortcuts(audit),
        *_files(audit),
    ]


def percent(share: float) -> str:
    """Return a share as a whole percentage."""
    return f"{share:.0%}"


def _overview(audit: Audit) -> list[str]:
    table = audit.table
    labels = table["label"].nunique()
    readable = int(table["readable"].sum())
    found = [
        f"{len(table)} files, {readable} of them readable, show {audit.pictures} different pictures "
        f"under {labels} label{'s' * (labels != 1)}."
    ]
    if labels == 1:
        found.append("There is only one label, so nothing could be compared between classes.")
    return found


def _labels(audit: Audit) -> list[str]:
    found = []
    if audit.truth is not None:
        truth = audit.truth
        found.append(f"{truth.wrong} of the {truth.images} images with a true diagnosis have another label.")
        for row in (row for row in truth.rows if not row.agrees):
            where = f"{row.split}/{row.label}" if row.split else row.label
            also = ", ".join(f"{number} in {place}" for place, number in row.also_in.items())
            found.append(
                f"{row.images} in “{where}” are {row.true}"
                + (f" by {row.label_source}" if row.label_source else "")
                + (f"; byte for byte the same are {also}." if also else ".")
            )
    if audit.id_conflicts:
        same = sum(conflict.same_picture for conflict in audit.id_conflicts)
        found.append(f"{len(audit.id_conflicts)} ids have two labels, {same} of them for the same picture.")
    return found


def _copies(audit: Audit) -> list[str]:
    found = []
    for spread in audit.spreads[:3]:
        if spread.groups:
            found.append(
                f"{spread.kind[0].upper()}{spread.kind[1:]}: {spread.groups}, {spread.across_classes} of "
                f"them across classes and {spread.across_splits} across splits."
            )
    for overlap in audit.overlaps:
        if overlap.files >= overlap.total / 2 and overlap.total > 1:
            found.append(
                f"{overlap.files} of the {overlap.total} files in “{overlap.place}” are also in "
                f"“{overlap.other}”, {overlap.same_bytes} of them byte for byte."
            )
    if audit.marked_copies:
        same = sum(copy.same_picture for copy in audit.marked_copies)
        found.append(
            f"{len(audit.marked_copies)} files are named like copies, and {same} show the same picture as "
            "the file without the mark."
        )
    return found


def _leaks(audit: Audit) -> list[str]:
    found = []
    for leak in audit.leaks:
        if leak.pictures:
            found.append(
                f"{leak.pictures} of the {leak.images} {leak.side} images show a picture that is in "
                f"{leak.other} too."
            )
        if leak.lesions:
            found.append(
                f"{leak.lesions} of the {leak.known} {leak.side} images with a known lesion show a lesion "
                f"that is in {leak.other} too."
            )
    return found


def _shortcuts(audit: Audit) -> list[str]:
    found = []
    for guess in audit.guesses:
        if guess.balanced_accuracy < CHANCE_MARGIN * guess.chance:
            continue
        between = (
            f" (95% {percent(guess.interval[0])} to {percent(guess.interval[1])})" if guess.interval else ""
        )
        found.append(
            f"From {guess.from_what}, the {guess.target} is told with {percent(guess.balanced_accuracy)} "
            f"balanced accuracy{between}; guessing reaches {percent(guess.chance)}."
        )
    if audit.doubts:
        wrong = f", {audit.doubts_wrong} of them wrong by the truth" if audit.doubts_wrong is not None else ""
        found.append(
            f"{len(audit.doubts)} of {audit.doubts_checked} labels are doubted by a plain cross-validated "
            f"classifier{wrong}: look at the first of the list, it is no proof."
        )
    return found


def _files(audit: Audit) -> list[str]:
    kinds: dict[str, int] = {}
    for problem in audit.problems:
        kinds[problem.kind] = kinds.get(problem.kind, 0) + 1
    counts = ", ".join(
        f"{number} {kind}" for kind, number in sorted(kinds.items(), key=lambda kind: -kind[1])
    )
    return [f"Odd or unusable files: {counts}."] if counts else []
