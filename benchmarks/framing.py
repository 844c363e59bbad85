"""What laying the square around the lesion that is found costs and saves, on held-back lesions.

python -m benchmarks.framing --data labels.csv                  paired differences on the test side
python -m benchmarks.framing --data labels.csv --strips         80 melanomas at the side of long photos

Squares are compared by the network of one bundle, with the thresholds that it has. Beside the product's two,
`always-around` lays the square around every found lesion, and `closer` also makes it smaller, to twice the
lesion's extent. Differences from `centre-square` are paired, with 95% intervals by bootstrap over
lesions.

A strip is the centred square of a labelled photo, whose lesion got an alert there, with the photo's own skin,
mirrored, continued on one side: left, right, above and below in turn.
"""

import argparse
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from melanoma.data.labels.read import read_labels
from melanoma.edits.surroundings import painted_out
from melanoma.errors import exit_on_user_error
from melanoma.evaluation.metrics import Estimate, balanced_accuracy, bootstrap, roc_auc, share
from melanoma.lesion.framing import CENTRE_SQUARE, LESION_SQUARE, NOT_SEEN, frame_photo
from melanoma.lesion.mask_files import on_photo, read_mask
from melanoma.lesion.outline import TRUSTED, find_lesion, widen
from melanoma.model.bundle import DEFAULT, Bundle, load_bundle
from melanoma.model.classifier import CompiledNetwork, load_compiled
from melanoma.model.prefetch import batches_ahead
from melanoma.photos.framing import Geometry, frame
from melanoma.photos.reading import read_image

STRIPS, RATIOS = 80, (1.6, 2.0, 3.0, 10.0)
CLOSER, CLOSEST = 2.0, 0.4  # sides of the lesion's extent; least part of the photo's shorter side
BATCH, SEED = 32, 0
_SKIN = 0.15  # of the diameter: how far the lesion is painted out of the skin beside it

Square = Callable[[np.ndarray], np.ndarray]


def around(photo: np.ndarray, size: int, closer: bool) -> np.ndarray:
    """Return the square centred upon the found lesion, closer around it if wanted; uint8 (size, size, 3)."""
    height, width = photo.shape[:2]
    outline = find_lesion(photo)
    if not outline.trusted:
        return frame(photo, size)[0]
    rows, columns = (np.flatnonzero(outline.mask.any(axis=axis)) for axis in (1, 0))
    short = side = min(height, width)
    if closer:
        extent = max(np.ptp(rows), np.ptp(columns)) + 1
        side = round(np.clip(CLOSER * extent, CLOSEST * short, short))
    left = int(np.clip(round((columns[0] + columns[-1] + 1 - side) / 2), 0, width - side))
    top = int(np.clip(round((rows[0] + rows[-1] + 1 - side) / 2), 0, height - side))
    return Geometry(width, height, left, top, side, size).cut(photo)


def squares(size: int) -> dict[str, Square]:
    """Return every way to lay the square, by name; the first is what the others are compared with."""
    return {
        CENTRE_SQUARE: lambda photo: frame(photo, size)[0],
        LESION_SQUARE: lambda photo: frame_photo(photo, size, LESION_SQUARE).pixels,
        "always-around": lambda photo: around(photo, size, closer=False),
        "closer": lambda photo: around(photo, size, closer=True),
    }


def scores(
    network: CompiledNetwork, bundle: Bundle, table: pd.DataFrame
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray], dict[str, float], float]:
    """Return, by square, probabilities (n, classes) and distances (n,), how many squares are others than the
    first, and the processor's milliseconds a photo that is no square for `lesion-square`.
    """
    ways, references = squares(network.size), bundle.load_references()
    found: dict[str, list[np.ndarray]] = {name: [] for name in ways}
    novelty: dict[str, list[np.ndarray]] = {name: [] for name in ways}
    other, spent = dict.fromkeys(ways, 0), []

    def load(row: int) -> list[np.ndarray]:
        photo = read_image(table["path"].iloc[row])
        if photo.shape[0] != photo.shape[1]:
            before = time.thread_time()
            frame_photo(photo, network.size, LESION_SQUARE)
            spent.append(1000 * (time.thread_time() - before))
        return [way(photo) for way in ways.values()]

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for _, loaded in batches_ahead(pool, load, range(len(table)), BATCH):
            for number, name in enumerate(ways):
                pixels = np.stack([one[number] for one in loaded])
                other[name] += sum(not np.array_equal(one[number], one[0]) for one in loaded)
                outputs = network.run(pixels)
                found[name].append(bundle.calibration.probabilities(outputs.logits))
                novelty[name].append(references.novelty(outputs.features))
    return (
        {name: np.concatenate(parts) for name, parts in found.items()},
        {name: np.concatenate(parts) for name, parts in novelty.items()},
        {name: count / len(table) for name, count in other.items()},
        float(np.median(spent)) if spent else 0.0,
    )


Figure = Callable[[str, np.ndarray], float]


def figures(
    bundle: Bundle, table: pd.DataFrame, found: dict[str, np.ndarray], novelty: dict[str, np.ndarray]
) -> dict[str, Figure]:
    """Return, by its name, each figure of a square as a function of that and of one weight an image."""
    melanoma = (table["diagnosis"] == "MEL").to_numpy()
    labels = np.array([bundle.codes.index(code) for code in table["diagnosis"]])

    def chance(way: str) -> np.ndarray:
        return found[way][:, bundle.codes.index("MEL")]

    def alert(way: str) -> np.ndarray:
        return np.asarray(chance(way) >= bundle.alert_threshold)

    return {
        "melanoma ROC AUC": lambda way, weights: roc_auc(melanoma, chance(way), weights),
        "melanomas that the alert finds": lambda way, weights: share(alert(way), melanoma, weights),
        "other lesions without an alert": lambda way, weights: share(~alert(way), ~melanoma, weights),
        "balanced accuracy": lambda way, weights: balanced_accuracy(
            labels, found[way].argmax(axis=1), weights
        ),
        "in distribution": lambda way, weights: float(
            np.average(novelty[way] <= bundle.distance_threshold, weights=weights)
        ),
    }


def difference(figure: Figure, way: str, lesions: np.ndarray) -> Estimate:
    """Return by how much a figure of a square lies above that of the centred one."""
    return bootstrap(lambda weights: figure(way, weights) - figure(CENTRE_SQUARE, weights), lesions)


def strip(square: np.ndarray, mask: np.ndarray, ratio: float, number: int) -> np.ndarray:
    """Return a photo `ratio` times as long as high, uint8 (h, w, 3), whose one end is `square`.

    The lesion lies inside `mask`, bool (S, S); `number` chooses the end.
    """
    side = len(square)
    soft = cv2.GaussianBlur(widen(mask, _SKIN).astype(np.float32), (0, 0), 0.01 * side)
    skin = painted_out(square, soft)
    tiles = [square, *((skin[:, ::-1], skin)[count % 2] for count in range(int(np.ceil(ratio)) - 1))]
    long = np.concatenate(tiles, axis=1)[:, : round(ratio * side)]
    long = long[:, ::-1] if number % 2 else long
    return np.ascontiguousarray(np.rot90(long) if number % 4 > 1 else long)


def melanomas_with_alert(
    network: CompiledNetwork, bundle: Bundle, table: pd.DataFrame
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return centred squares and masks of melanomas, one a lesion, that get an alert and lie inside."""
    known = table[table["outline"].notna() & (table["framing"] != "squashed-square")]
    known = known[known["diagnosis"] == "MEL"].sample(frac=1, random_state=SEED)
    chosen: list[tuple[np.ndarray, np.ndarray]] = []
    for row in known.drop_duplicates("lesion_id").itertuples():
        photo = read_image(row.path)
        geometry = frame(photo, network.size)[1]
        mask = geometry.part(on_photo(read_mask(row.outline), geometry.width, geometry.height))
        rim = widen(mask)
        if not mask.any() or rim[[0, -1]].any() or rim[:, [0, -1]].any():
            continue
        square = geometry.part(photo)
        if melanoma_alerts(network, bundle, [geometry.cut(photo)])[0]:
            chosen.append((square, mask))
        if len(chosen) == STRIPS:
            break
    return chosen


def melanoma_alerts(network: CompiledNetwork, bundle: Bundle, pixels: list[np.ndarray]) -> np.ndarray:
    """Return which squares get an alert, bool (n,)."""
    logits = network.logits(np.stack(pixels), BATCH)
    chance = bundle.calibration.probabilities(logits)[:, bundle.codes.index("MEL")]
    return np.asarray(chance >= bundle.alert_threshold)


def report_strips(network: CompiledNetwork, bundle: Bundle, table: pd.DataFrame) -> None:
    """Print how many alerts a lesion's place in a long photo costs, and how many of those without a doubt."""
    chosen, references = melanomas_with_alert(network, bundle, table), bundle.load_references()
    print(f"{len(chosen)} melanomas with an alert in their centred square\n")
    print(
        "| long to high | square | alerts lost | of those with no doubt but this framing's | with no doubt | "
        "lesion outside by a tenth | no outline sure enough |\n|---|---|---|---|---|---|---|"
    )
    for ratio in RATIOS:
        photos = [strip(*one, ratio, number) for number, one in enumerate(chosen)]
        for name in (CENTRE_SQUARE, LESION_SQUARE):
            framed = [frame_photo(photo, network.size, name) for photo in photos]
            lost = ~melanoma_alerts(network, bundle, [one.pixels for one in framed])
            features = network.run(np.stack([one.pixels for one in framed])).features
            unlike = references.novelty(features) > bundle.distance_threshold
            flagged = np.array([bool(one.flags) for one in framed])
            missing = sum((one.lesion_not_seen or 0) >= NOT_SEEN for one in framed)
            unsure = sum(one.lesion_not_seen is None for one in framed)
            print(
                f"| {ratio:g} | `{name}` | {lost.sum()} of {len(lost)} | {(lost & ~unlike).sum()} | "
                f"{(lost & ~unlike & ~flagged).sum()} | {missing} | {unsure} |",
                flush=True,
            )
    bare = [
        find_lesion(strip(painted_out(square, widen(mask, _SKIN).astype(np.float32)), mask & False, 3.0, row))
        for row, (square, mask) in enumerate(chosen)
    ]
    trusted = sum(outline.confidence >= TRUSTED for outline in bare)
    print(f"\nIn {trusted} of {len(bare)} strips of skin alone, 3 to 1, an outline is trusted.")


def report_differences(network: CompiledNetwork, bundle: Bundle, table: pd.DataFrame) -> None:
    """Print a table of paired differences, of all images and of those that are no squares."""
    found, novelty, other, spent = scores(network, bundle, table)
    for title, part in (
        ("all images", np.ones(len(table), bool)),
        ("photos longer than high", (table["framing"] == "full-frame").to_numpy()),
    ):
        rows = table[part]
        print(f"\n{title}: {len(rows)}, {(rows['diagnosis'] == 'MEL').sum()} of melanoma\n")
        some = [{name: values[part] for name, values in every.items()} for every in (found, novelty)]
        others = [name for name in found if name != CENTRE_SQUARE]
        print("| figure | `centre-square` | " + " | ".join(f"`{name}`" for name in others) + " |")
        print("|---|---" + "|---" * len(others) + "|")
        for name, figure in figures(bundle, rows, *some).items():
            told = [
                f"{one.value:+.4f} ({one.low:+.4f} to {one.high:+.4f})"
                for one in (difference(figure, way, rows["lesion_id"].to_numpy()) for way in others)
            ]
            centred = figure(CENTRE_SQUARE, np.ones(len(rows)))
            print(f"| {name} | {centred:.4f} | {' | '.join(told)} |", flush=True)
    print("\nsquares that are others than the centred one: ", end="")
    print(", ".join(f"{name} {value:.1%}" for name, value in other.items() if name != CENTRE_SQUARE))
    print(f"processor milliseconds a photo that is no square, one thread: {spent:.1f}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="labels CSV")
    parser.add_argument("--images", type=Path, help="where its images lie")
    parser.add_argument("--outlines", type=Path, help="the outlines; by default masks beside the CSV")
    parser.add_argument("--model", type=Path, default=DEFAULT, help="a bundle")
    parser.add_argument("--strips", action="store_true", help="lesions at the side of long photos")
    parser.add_argument("--limit", type=int, help="only so many images, drawn at random")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    with exit_on_user_error():
        bundle = load_bundle(options.model)
        table = read_labels(options.data, options.images, options.outlines).table
        network = load_compiled(bundle)
    sides = table["image_id"].map(bundle.load_split().set_index("image_id")["split"])
    if options.strips:
        report_strips(network, bundle, table[sides.isin(("calibration", "test"))])
        return
    table = table[sides == "test"]
    if options.limit and options.limit < len(table):
        table = table.sample(options.limit, random_state=SEED)
    report_differences(network, bundle, table)


if __name__ == "__main__":
    main()
