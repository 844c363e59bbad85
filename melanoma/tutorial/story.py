"""The figures of the page “The data”: the data set's audit and the experiments' results, without images."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the page reads the figures, and its host has no scikit-learn
    from melanoma.data.audit.run import Audit
    from melanoma.tutorial.results import Result, Seen

FILE = Path(__file__).with_name("story.json")
CLAIMED = 0.75
"""Of validation images, in the tutorial's text."""
NOTEBOOK = {"tutorial-a": 0.51, "tutorial-b": 0.55, "tutorial-c": 0.56, "tutorial-d-before": 0.52}
"""Validation accuracy at the last epoch in the published notebook's own output. Its balancing step looked in
a folder that did not exist and added no image, so (d) ran without copies."""
_MOST_OVERLAPS = 12


def make_story(
    audit: "Audit",
    results: "dict[str, Result]",
    seen: "dict[str, Seen]",
    search: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the figures as JSON's types; `audit` was held against a truth; `seen` is of each recipe.

    `search` is what `tutorial.search.found_by` made, if there was a search.
    """
    assert audit.truth is not None
    rows = audit.truth.rows
    return {
        "files": len(audit.table),
        "pictures": audit.pictures,
        "labels_wrong": audit.truth.wrong,
        "folders": [
            {
                "name": figures.label,
                "files": figures.by_split,
                "true": _summed((row.true, row.images) for row in rows if row.label == figures.label),
                "sources": figures.sources,
            }
            for figures in audit.classes
        ],
        "overlaps": [
            {"place": o.place, "other": o.other, "files": o.files, "same_bytes": o.same_bytes, "of": o.total}
            for o in audit.overlaps[:_MOST_OVERLAPS]
        ],
        "leaks": [vars(leak) for leak in audit.leaks],
        "guesses": [
            {
                "target": guess.target,
                "from": guess.from_what,
                "balanced_accuracy": guess.balanced_accuracy,
                "interval": guess.interval,
                "chance": guess.chance,
            }
            for guess in audit.guesses
        ],
        "validation": {
            name: {
                "images": len(found.copied),
                "copied": int(found.copied.sum()),
                "related": int(found.related.sum()),
            }
            for name, found in seen.items()
        },
        "claimed": CLAIMED,
        "notebook": NOTEBOOK,
        "results": {name: result.as_json() for name, result in results.items()},
        **({"search": search} if search else {}),
    }


def read_story() -> dict[str, Any]:
    """Return the committed figures."""
    return json.loads(FILE.read_text(encoding="utf-8"))


def _summed(pairs: Any) -> dict[str, int]:
    total: dict[str, int] = {}
    for name, count in pairs:
        total[name] = total.get(name, 0) + count
    return dict(sorted(total.items(), key=lambda item: -item[1]))
