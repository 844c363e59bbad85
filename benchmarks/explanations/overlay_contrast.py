"""How well a map is seen over its photo, and what it leaves of the photo, on held-back lesions.

python -m benchmarks.explanations.overlay_contrast --data labels.csv               the likeliest diagnosis
python -m benchmarks.explanations.overlay_contrast --data labels.csv --rank 2      the one after it

Differences of colour are Euclidean in CIELAB under D65 (delta E*ab, CIE 1976), between the overlay without
its lines and what lies under it: the photo, or its grey copy. Missing red or green cones are simulated as by
Machado, Oliveira and Fernandes 2009 (doi:10.1109/TVCG.2009.113) at full severity.
"""

import argparse
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from rich.progress import track

from melanoma.data.labels.read import read_labels
from melanoma.errors import exit_on_user_error
from melanoma.evaluation.metrics import bootstrap
from melanoma.figures.map_colours import AGAINST, FOR, grey_copy
from melanoma.figures.overlay import LEVELS, Overlay, common_range, full_range
from melanoma.model.bundle import DEFAULT, load_bundle
from melanoma.model.classifier import Classifier
from melanoma.photos.reading import read_image

SIDE = 720  # pixels at which overlays are drawn and judged, as on the page
TENTH = 0.1  # of the square: the strongest and the weakest evidence
DETAIL = 0.02  # of a side, the standard deviation of a Gaussian: what is finer is the photo's structure
SEED = 0
FORMER_OPACITY = 0.65
SEEN_LINE = 20  # of lightness: as much as a line has to differ from what it runs over
# Of linear RGB, severity 1.0.
BLINDNESS = {
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
}
NEEDED = {
    "strongest": ("at least", 25),
    "weakest": ("at most", 5),
    "structure, strongest": ("at least", 0.6),
    "structure, all": ("at least", 0.6),
    "protanopia": ("at least", 20),
    "deuteranopia": ("at least", 20),
}
"""What each figure of a photo has to reach."""


@dataclass(frozen=True)
class Drawn:
    """One way to draw a map: colours without lines, and what lies under them, both uint8 RGB."""

    over: np.ndarray
    under: np.ndarray


def former(square: np.ndarray, values: np.ndarray, limit: float) -> np.ndarray:
    """Return the map as it was drawn before, uint8 RGB: red or blue mixed in, up to 65%."""
    strength = np.clip(np.abs(values / limit), 0, 1)[..., None] * FORMER_OPACITY
    colour = np.where((values > 0)[..., None], np.array(FOR), np.array(AGAINST))
    return np.rint(square * (1 - strength) + colour * strength).astype(np.uint8)


def ways(overlay: Overlay, heatmaps: np.ndarray) -> dict[str, Drawn]:
    """Return the ways that are compared, by name."""
    square = overlay.square(SIDE)
    grey = np.repeat(grey_copy(square)[..., None], 3, axis=2)
    values, common = resized(overlay.heatmap), common_range(heatmaps)
    return {
        "before: colour photo, one scale for all": Drawn(former(square, values, common), square),
        "the same colours on a grey copy": Drawn(former(grey, values, common), grey),
        "now: grey copy, the map's own scale": Drawn(overlay.picture(SIDE, lines=False), grey),
        "now, one scale for all": Drawn(replace(overlay, limit=common).picture(SIDE, lines=False), grey),
        "now, colour photo": Drawn(replace(overlay, in_colour=True).picture(SIDE, lines=False), square),
    }


def judge(drawn: Drawn, opposite: Drawn, values: np.ndarray) -> dict[str, float]:
    """Return the figures of one way to draw a map; `opposite` draws its negative, `values` are the map's."""
    size = np.abs(values)
    strong, weak = size >= np.quantile(size, 1 - TENTH), size <= np.quantile(size, TENTH)
    over, under = lab(drawn.over), lab(drawn.under)
    change = np.linalg.norm(over - under, axis=-1)
    fine, fine_before = detail(over[..., 0]), detail(under[..., 0])
    found = {
        "strongest": change[strong].mean(),
        "weakest": change[weak].mean(),
        "structure, strongest": fine[strong].std() / fine_before[strong].std(),
        "structure, all": fine.std() / fine_before.std(),
    }
    for name in BLINDNESS:
        both = [lab(seen_with(one.over, name)) for one in (drawn, opposite)]
        found[name] = np.linalg.norm(both[0] - both[1], axis=-1)[strong].mean()
    return {name: float(value) for name, value in found.items()}


def inked(overlay: Overlay) -> float:
    """Return how much of the lines of equal evidence is seen in a grey print, 0..1; NaN if there are none."""
    light = [lab(as_grey(overlay.picture(SIDE, lines)))[..., 0] for lines in (False, True)]
    seen = (np.abs(light[1] - light[0]) >= SEEN_LINE).astype(np.uint8)
    near = cv2.dilate(seen, np.ones((3, 3), np.uint8)) > 0  # lines are smoothed, so lie beside the steps
    inside = (np.abs(resized(overlay.heatmap)) >= LEVELS[-1] * overlay.limit).astype(np.uint8)
    border = cv2.morphologyEx(inside, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0
    border[[0, 1, -2, -1]] = border[:, [0, 1, -2, -1]] = False
    return float(near[border].mean()) if border.any() else float("nan")


def resized(heatmap: np.ndarray) -> np.ndarray:
    """Return a map's values at each drawn pixel, (SIDE, SIDE)."""
    return cv2.resize(heatmap.astype(np.float32), (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)


def lab(pixels: np.ndarray) -> np.ndarray:
    """Return uint8 RGB as CIELAB."""
    return cv2.cvtColor(pixels.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)


def detail(lightness: np.ndarray) -> np.ndarray:
    """Return lightness less its surroundings."""
    return lightness - cv2.GaussianBlur(lightness, (0, 0), DETAIL * SIDE)


def as_grey(pixels: np.ndarray) -> np.ndarray:
    """Return uint8 RGB as a printer without colours has it."""
    return np.repeat(grey_copy(pixels)[..., None], 3, axis=2)


def seen_with(pixels: np.ndarray, blindness: str) -> np.ndarray:
    """Return uint8 RGB as somebody with that blindness sees it."""
    encoded = pixels / 255
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    linear = np.clip(linear @ np.array(BLINDNESS[blindness]).T, 0, 1)
    again = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.rint(again * 255).astype(np.uint8)


def choose(table: pd.DataFrame, count: int) -> pd.DataFrame:
    """Return one image of each of `count` lesions, of all diagnoses in turn as long as they last."""
    one_each = table.sample(frac=1, random_state=SEED).drop_duplicates("lesion_id")
    turn = one_each.groupby("diagnosis").cumcount().sort_values(kind="stable")
    return one_each.loc[turn.index].head(count)


def measure(classifier: Classifier, image: pd.Series, rank: int) -> list[dict]:
    """Return a row of figures for each way to draw the map of one image."""
    photo = read_image(image["path"])
    prediction = classifier([photo])[0]
    heatmaps = prediction.require_evidence()
    heatmap = heatmaps[..., prediction.index(prediction.ranked[rank - 1][0])]
    overlay = Overlay(photo, heatmap, prediction.geometry, full_range(heatmap, heatmaps), signed=True)
    opposite = replace(overlay, heatmap=-heatmap)
    for_alone, against_alone = (replace(overlay, heatmap=sign * np.abs(heatmap)) for sign in (1, -1))
    inks = {"whole lines seen": inked(for_alone), "dashes seen": inked(against_alone)}
    pairs = zip(ways(overlay, heatmaps).items(), ways(opposite, heatmaps).values(), strict=True)
    return [
        {"image_id": image["image_id"], "lesion_id": image["lesion_id"], "way": name}
        | judge(drawn, other, resized(heatmap))
        | (inks if name.startswith("now: ") else {})
        for (name, drawn), other in pairs
    ]


def show(found: pd.DataFrame) -> None:
    """Print the tables."""
    print(f"{found['image_id'].nunique()} photos, one a lesion\n")
    print("| drawn | figure | median | a tenth of photos has | wanted | photos that reach it |")
    print("|---|---|---|---|---|---|")
    for way, rows in found.groupby("way", sort=False):
        for name, (side, limit) in NEEDED.items():
            values = rows[name].to_numpy()
            reached = values >= limit if side == "at least" else values <= limit
            worst = np.quantile(values, 0.1 if side == "at least" else 0.9)
            held = bootstrap(
                lambda weights, reached=reached: float(np.average(reached, weights=weights)),
                rows["lesion_id"].to_numpy(),
            )
            print(
                f"| {way} | {name} | {np.median(values):.3g} | "
                f"{'less' if side == 'at least' else 'more'} than {worst:.3g} | {side} {limit} | {held} |"
            )
    lines = found.dropna(subset=["whole lines seen"])
    for name in ("whole lines seen", "dashes seen"):
        low, middle, high = np.quantile(lines[name], (0.05, 0.5, 0.95))
        print(f"\nin a grey print, {name}: {middle:.2f} (90% of photos: {low:.2f} to {high:.2f})")
    apart = (lines["whole lines seen"] > lines["dashes seen"] + 0.1).mean()
    print(f"\nwhole lines and dashes differ by more than 0.1 in {apart:.1%} of {len(lines)} photos")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="labels CSV")
    parser.add_argument("--images", type=Path, help="where its images lie")
    parser.add_argument("--model", type=Path, default=DEFAULT, help="a bundle")
    parser.add_argument("--photos", type=int, default=150)
    parser.add_argument("--rank", type=int, default=1, help="the map of which diagnosis: 1 is the likeliest")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    with exit_on_user_error():
        bundle = load_bundle(options.model)
        table = read_labels(options.data, options.images).table
    splits = bundle.load_split().set_index("image_id")["split"]
    chosen = choose(table[table["image_id"].map(splits) == "test"], options.photos)
    classifier = Classifier(bundle)
    rows = [
        row
        for _, image in track(list(chosen.iterrows()), "Measuring overlays")
        for row in measure(classifier, image, options.rank)
    ]
    show(pd.DataFrame(rows))


if __name__ == "__main__":
    main()
