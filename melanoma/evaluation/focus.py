"""Does a network decide by the lesion? Where its evidence lies, and what other surroundings change.

Both are asked, because a map can lie inside the lesion while the features there carry what surrounds it.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from rich.progress import track

from melanoma.batches import sliced
from melanoma.data.pipeline import read_widened
from melanoma.edits import surroundings
from melanoma.errors import UserError
from melanoma.evaluation.metrics import Estimate, bootstrap, share
from melanoma.lesion.framing import frame_photo
from melanoma.measures.overlap import inside_share, pointing_hit
from melanoma.model.bundle import Bundle
from melanoma.model.classifier import CompiledNetwork
from melanoma.photos.reading import read_image

SURROUNDINGS = ("blur", "mean colour", "other skin")
BATCH = 8  # images, each with three others: 32 passes at once


@dataclass(frozen=True)
class Focus:
    """Figures over the images whose outline is known, with 95% intervals by bootstrap over lesions.

    The outline is the widened one throughout.
    """

    images: int
    lesion_share: float
    """Mean share of what the network sees that lies inside the outline: what an even map would reach."""
    evidence_inside: Estimate
    """Mean share of the positive evidence for the answer that lies inside, over right answers."""
    pointing: Estimate
    """Share of right answers whose strongest cell lies inside."""
    changed: dict[str, Estimate]
    """Share of all answers that change with the surroundings, by what replaces them."""
    changed_by_label: dict[str, float]
    """The same by true diagnosis, the mean over the three."""

    def as_json(self) -> dict[str, Any]:
        """Return plain numbers."""
        return {
            "images": self.images,
            "lesion_share": self.lesion_share,
            "evidence_inside": self.evidence_inside.as_json(),
            "pointing": self.pointing.as_json(),
            "changed": {name: estimate.as_json() for name, estimate in self.changed.items()},
            "changed_by_label": self.changed_by_label,
        }

    def rows(self) -> dict[str, str]:
        """Return what each figure is called, and its text."""
        told = {
            "evidence of right answers inside the widened outline": str(self.evidence_inside),
            "strongest spot of right answers inside": str(self.pointing),
            "share of the picture inside": f"{self.lesion_share:.3f}",
        }
        names = {"blur": "blur", "mean colour": "their mean colour", "other skin": "another image's skin"}
        return told | {
            f"answers changed by surroundings of {names[name]}": str(value)
            for name, value in self.changed.items()
        }


def judge_focus(network: CompiledNetwork, table: pd.DataFrame, bundle: Bundle) -> Focus | None:
    """Return the figures for the readable images of a table that have an outline.

    None if none has, or if the network has no evidence map.

    The answer is the diagnosis that the page would name, the likeliest one.
    """
    if not network.additive:
        return None
    codes, framing = bundle.codes, bundle.framing
    known = table[table["outline"].notna()]
    rows, others = [], Skins(known, network.size, framing)
    blocks = list(sliced(known.index, BATCH))
    for some in track(blocks, "Changing surroundings", transient=True):
        loaded = [_load(row, network.size, framing) for row in known.loc[some].itertuples()]
        batch = [one for one in loaded if one is not None]
        if not batch:
            continue
        images = [
            image for one in batch for image in (one[1], *in_other_surroundings(one[1], one[2], others))
        ]
        outputs = network.run(np.stack(images))
        scores = bundle.calibration.scores(outputs.logits)
        answers = scores.argmax(axis=1).reshape(len(batch), -1)
        slopes = bundle.calibration.slopes(outputs.logits)
        for number, (row, _, inside) in enumerate(batch):
            place, answer = number * answers.shape[1], answers[number, 0]
            class_maps = outputs.class_maps_of(place)
            assert class_maps is not None  # the network is additive
            heatmap = class_maps @ slopes[place, answer]
            changed = answers[number, 1:] != answer
            found = (inside.mean(), inside_share(heatmap, inside), pointing_hit(heatmap, inside))
            rows.append((row.diagnosis, row.lesion_id, codes[answer], *found, *changed))
    if not rows:
        return None
    names = ["diagnosis", "lesion_id", "answer", "share", "inside", "hit", *SURROUNDINGS]
    return _summarise(pd.DataFrame(rows, columns=names))


def _summarise(found: pd.DataFrame) -> Focus:
    lesions = found["lesion_id"].to_numpy()
    right = (found["answer"] == found["diagnosis"]).to_numpy() & found["inside"].notna().to_numpy()

    def over_right(column: str) -> Estimate:
        values = np.nan_to_num(found[column].to_numpy(dtype=float))

        def mean(weights: np.ndarray) -> float:
            total = weights[right].sum()
            return float((values * weights)[right].sum() / total) if total else float("nan")

        return bootstrap(mean, lesions)

    def over_all(column: str) -> Estimate:
        changed, everything = found[column].to_numpy(dtype=bool), np.ones(len(found), dtype=bool)
        return bootstrap(lambda weights: share(changed, everything, weights), lesions)

    by_label = found.groupby("diagnosis")[list(SURROUNDINGS)].mean().mean(axis=1)
    return Focus(
        images=len(found),
        lesion_share=float(found["share"].mean()),
        evidence_inside=over_right("inside"),
        pointing=over_right("hit"),
        changed={name: over_all(name) for name in SURROUNDINGS},
        changed_by_label={str(label): float(value) for label, value in by_label.items()},
    )


class Skins:
    """Skin of other lesions' images, one after another, their lesions painted out."""

    def __init__(self, table: pd.DataFrame, size: int, framing: str) -> None:
        self.table, self.size, self.framing = table, size, framing
        self.next = 7  # any number: images sorted by id often show one lesion in a row

    def __len__(self) -> int:
        """Return the number of images that skin may be taken from."""
        return len(self.table)

    def take(self) -> np.ndarray:
        """Return the next skin, uint8 (S, S, 3), from an image that shows some outside its outline."""
        for _ in range(len(self.table)):
            row = self.table.iloc[self.next % len(self.table)]
            self.next += 1
            loaded = _load(row, self.size, self.framing)
            if loaded is not None and loaded[2].mean() < 0.6:
                return surroundings.painted_out(loaded[1], loaded[2].astype(np.float32))
        raise UserError("No image shows enough skin around its lesion to take surroundings from.")


def in_other_surroundings(pixels: np.ndarray, inside: np.ndarray, others: Skins) -> list[np.ndarray]:
    """Return the lesion in each of `SURROUNDINGS`."""
    region = inside.astype(np.float32)
    replaced = (surroundings.blurred(pixels, region), surroundings.plain(pixels, region), others.take())
    return [surroundings.compose(pixels, other, region) for other in replaced]


def _load(row: Any, size: int, framing: str) -> tuple[Any, np.ndarray, np.ndarray] | None:
    """Return the row, its pixels and its widened outline.

    None if a file cannot be read, which `score_table` names, or if the outline is empty.
    """
    try:
        framed = frame_photo(read_image(row.path), size, framing)
        inside = read_widened(row.outline, framed.geometry)
    except UserError:
        return None
    return None if inside is None else (row, framed.pixels, inside)
