"""How well the outline found by `melanoma.lesion.outline` matches the dermatologists'.

python -m benchmarks.outline --data labels.csv                                   all images with an outline
python -m benchmarks.outline --data labels.csv --split split.parquet --side test held-out lesions only
python -m benchmarks.outline --data labels.csv --split split.parquet --side train --fit --count 2400

Intersection over union (IoU) is counted on the photo's own pixels. An outline of another shape than its
square photo belongs to the whole picture, of which the photo is the centred square; photos pressed into a
square are left out. `--fit` prints the weights of `melanoma.lesion.outline` as least squares finds them on
these images.
"""

import argparse
import time
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from melanoma.data.labels.read import read_labels
from melanoma.errors import exit_on_user_error
from melanoma.lesion.mask_files import on_photo, read_mask
from melanoma.lesion.outline import candidates, find_lesion, overlap
from melanoma.photos.reading import read_image

SEED = 0
_BINS = [0, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 1.01]


def true_mask(outline: str | Path, image: np.ndarray) -> np.ndarray:
    """Return a dermatologist's outline on the image's pixels, bool (H, W)."""
    height, width = image.shape[:2]
    return on_photo(read_mask(outline), width, height)


def with_outlines(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a catalogue whose outline lies on the photo as it is."""
    return table[table["outline"].notna() & (table["framing"] != "squashed-square")]


def measure(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with `iou`, `confidence` and `milliseconds` of each image."""
    rows = []
    for row in table.itertuples():
        image = read_image(row.path)
        started = time.thread_time()
        found = find_lesion(image)
        spent = 1000 * (time.thread_time() - started)
        rows.append((overlap(found.mask, true_mask(row.outline, image)), found.confidence, spent))
    return table.assign(
        **dict(zip(("iou", "confidence", "milliseconds"), np.array(rows).T, strict=True)),
    )


def fit(table: pd.DataFrame) -> tuple[np.ndarray, float]:
    """Return the weights of a candidate's signs, float (5,), and the constant that best give its overlap."""
    signs, overlaps = [], []
    for row in table.itertuples():
        image = read_image(row.path)
        truth = true_mask(row.outline, image)
        for candidate in candidates(image):
            inside = cv2.resize(candidate.inside, image.shape[1::-1], interpolation=cv2.INTER_LINEAR) > 0
            signs.append([*candidate.signs, 1.0])
            overlaps.append(overlap(inside, truth))
    weights = np.linalg.lstsq(np.array(signs), np.array(overlaps), rcond=None)[0]
    return weights[:-1], float(weights[-1])


def distribution(groups: pd.core.groupby.SeriesGroupBy) -> pd.DataFrame:
    """Return count, mean, quartiles and the share below 0.5 of each group's IoU."""
    return pd.DataFrame(
        {
            "images": groups.size(),
            "mean": groups.mean(),
            "quartile": groups.quantile(0.25),
            "median": groups.median(),
            "third quartile": groups.quantile(0.75),
            "below 0.5": groups.apply(lambda values: (values < 0.5).mean()),
        }
    ).round(3)


def main() -> None:
    """Measure or fit, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="labels CSV")
    parser.add_argument("--images", type=Path, help="where its images lie")
    parser.add_argument(
        "--outlines", "--masks", type=Path, help="the outlines; by default masks beside the CSV"
    )
    parser.add_argument("--split", type=Path, help="a bundle's split.parquet")
    parser.add_argument("--side", choices=("train", "calibration", "test"), help="of the split")
    parser.add_argument("--count", type=int, help="this many images, drawn at random")
    parser.add_argument("--fit", action="store_true", help="fit the weights instead of measuring")
    options = parser.parse_args()
    if bool(options.split) != bool(options.side):
        parser.error("--split and --side go together")
    cv2.setNumThreads(1)
    with exit_on_user_error():
        table = with_outlines(read_labels(options.data, options.images, options.outlines).table)
    if options.split:
        splits = pd.read_parquet(options.split).set_index("image_id")["split"]
        table = table[table["image_id"].map(splits) == options.side]
    if options.count and options.count < len(table):
        table = table.sample(options.count, random_state=SEED)
    if table.empty:
        parser.exit(2, "No image has an outline.\n")
    if options.fit:
        weights, intercept = fit(table)
        print(f"{np.round(weights, 3).tolist()} {intercept:.3f}")
        return
    measured = measure(table)
    for name, key in (("", np.full(len(measured), "all")), ("dataset", "source"), ("diagnosis", "diagnosis")):
        print(distribution(measured.groupby(key)["iou"]).rename_axis(name).to_string(), end="\n\n")
    bins = pd.cut(measured["confidence"], _BINS, right=False)
    print(distribution(measured.groupby(bins, observed=True)["iou"]).to_string(), end="\n\n")
    linear = measured[["iou", "confidence"]].corr().iloc[0, 1]
    print(
        f"confidence and IoU: correlation {linear:.2f}, mean confidence {measured['confidence'].mean():.3f}"
    )
    print(f"processor milliseconds an image, one thread: median {measured['milliseconds'].median():.0f}")


if __name__ == "__main__":
    main()
