"""Answers of a network about labelled images that it was not fitted to, as a table without pixels.

From it everything is measured that a choice between networks, a threshold or a card rests on: it holds the
scores of each photo as it is, as the mean of its eight turns, in other surroundings and under painted hair.
"""

import os
import zlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pandas as pd
from rich.progress import track

from melanoma.data.pipeline import read_widened, surely_found
from melanoma.edits.artefacts import hairs
from melanoma.errors import UserError
from melanoma.evaluation.focus import SURROUNDINGS, Skins, in_other_surroundings
from melanoma.lesion.framing import frame_photo
from melanoma.measures.overlap import inside_share
from melanoma.model.classifier import CompiledNetwork, Outputs
from melanoma.model.in_distribution import References
from melanoma.model.log_odds import Calibration
from melanoma.model.prefetch import batches_ahead
from melanoma.photos.reading import read_image

PLAIN, TURNS, HAIR = "plain", "turns", "hair"
VARIANTS = (PLAIN, TURNS, *SURROUNDINGS, HAIR)
"""What the network is shown; a column `VARIANT CODE` holds a score, a logit free of any mix."""
HAIRS = 30
CHANGED = 3
"""Of so many images, chosen by a hash of the id, one is shown in other surroundings and under hair."""
BATCH = 8  # images, each up to twelve times
_KEPT = ["image_id", "lesion_id", "source", "diagnosis", "age", "sex", "site", "framing"]


@dataclass(frozen=True)
class _Photo:
    row: int
    pixels: np.ndarray
    inside: np.ndarray | None
    drawn: bool


def eight_turns(pixels: np.ndarray) -> np.ndarray:
    """Return an image (S, S, c) in its eight turns and flips, (8, S, S, c), the first unchanged."""
    quarter = [np.rot90(pixels, turns) for turns in range(4)]
    return np.stack([*quarter, *(np.flip(one, axis=1) for one in quarter)])


def answers(
    network: CompiledNetwork,
    table: pd.DataFrame,
    codes: Sequence[str],
    framing: str,
    references: References,
) -> pd.DataFrame:
    """Return one row for each readable image of a table of `read_labels`.

    Columns: id, lesion, source, diagnosis, age, sex, site; the scores of `VARIANTS` by code, missing where
    a variant was not shown; `distance` to the reference features; `inside`, the share of the evidence for the
    true diagnosis, in an even mix, within the widened outline, and `lesion_share`, that of the picture within
    it; `outline`, "drawn", "found" or missing. Raises UserError if none can be read.
    """
    table = table.reset_index(drop=True)
    even = Calibration(1.0, (1 / len(codes),) * len(codes))
    skins = Skins(table[table["outline"].notna()], network.size, framing)
    rows = []

    def load(row: int) -> _Photo | None:
        try:
            framed = frame_photo(read_image(table["path"].iloc[row]), network.size, framing)
            inside = read_widened(table["outline"].iloc[row], framed.geometry)
        except UserError:
            return None  # named when the run decoded it
        drawn = inside is not None
        if not drawn:
            inside = surely_found(framed.pixels)
        return _Photo(row, framed.pixels, inside, drawn)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        batches = batches_ahead(pool, load, range(len(table)), BATCH)
        for _, loaded in track(batches, "Answering", total=-(-len(table) // BATCH), transient=True):
            photos = [photo for photo in loaded if photo is not None]
            shown = [_shown(photo, table["image_id"].iloc[photo.row], skins) for photo in photos]
            if not photos:
                continue
            outputs = network.run(np.concatenate([np.concatenate(list(one.values())) for one in shown]))
            far, start = references.novelty(outputs.features), 0
            for photo, variants in zip(photos, shown, strict=True):
                truth = codes.index(table["diagnosis"].iloc[photo.row])
                row = {"distance": far[start]} | _evidence(photo, outputs, start, truth, even)
                for name, images in variants.items():
                    scores = outputs.logits[start : start + len(images)].mean(axis=0)
                    row |= {f"{name} {code}": score for code, score in zip(codes, scores, strict=True)}
                    if name == TURNS:  # the first of the eight is the photo as it is
                        plain = outputs.logits[start]
                        row |= {f"{PLAIN} {code}": score for code, score in zip(codes, plain, strict=True)}
                    start += len(images)
                rows.append({name: table[name].iloc[photo.row] for name in _KEPT} | row)
    if not rows:
        raise UserError(f"None of the {len(table)} images can be read.")
    scores = [f"{name} {code}" for name in VARIANTS for code in codes]
    columns = [*_KEPT, *scores, "distance", "inside", "lesion_share", "outline"]
    found = pd.DataFrame(rows).reindex(columns=columns)
    numbers = [*scores, "distance", "inside", "lesion_share"]
    return found.astype(dict.fromkeys(numbers, "float32")).round(dict.fromkeys(numbers, 3))


def _shown(photo: _Photo, image_id: str, skins: Skins) -> dict[str, np.ndarray]:
    """Return the images of each variant, uint8 (m, S, S, 3), the eight turns first."""
    variants = {TURNS: eight_turns(photo.pixels)}
    key = zlib.crc32(image_id.encode())
    if key % CHANGED == 0:
        if photo.inside is not None and not photo.inside.all() and len(skins):
            others = in_other_surroundings(photo.pixels, photo.inside, skins)
            variants |= {name: image[None] for name, image in zip(SURROUNDINGS, others, strict=True)}
        variants[HAIR] = hairs(photo.pixels, np.random.default_rng(key), HAIRS)[None]
    return variants


def _evidence(
    photo: _Photo, outputs: Outputs, place: int, truth: int, even: Calibration
) -> dict[str, float | str | None]:
    class_maps = outputs.class_maps_of(place)
    if photo.inside is None or class_maps is None:
        return {"inside": np.nan, "lesion_share": np.nan, "outline": None}
    slopes = even.slopes(outputs.logits[place])
    return {
        "inside": inside_share(class_maps @ slopes[truth], photo.inside),
        "lesion_share": float(photo.inside.mean()),
        "outline": "drawn" if photo.drawn else "found",
    }
