"""How surely a fitted picture is known again under another name, and how often another one is taken for it.

python -m benchmarks.fitted_pictures --data isic/labels.csv [--copies 300]

Copies: by the name alone, and by the content alone of changed copies. Other lesions: of all pairs of pictures
that share no lesion, and of all pictures, those that the rule matches. All pictures count as known here.
"""

import argparse
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from melanoma.data.audit.duplicates import near_pairs
from melanoma.data.audit.files import COARSE_SIDE, FINE_SIDE, perceptual_hashes, read_files
from melanoma.data.fingerprints import SAME_BITS, ids_in_name, matches, same_names
from melanoma.data.labels.read import read_labels
from melanoma.photos.reading import read_image

NAMES = ("{}_downsampled", "{} (1)", "{} - Copy", "crop of {}", "{}_2")
"""Spellings of an id; each in lower case too."""
Change = Callable[[Image.Image], tuple[Image.Image, str, dict]]
CHANGES: dict[str, Change] = {
    "JPEG of quality 60": lambda picture: (picture, "JPEG", {"quality": 60}),
    "PNG": lambda picture: (picture, "PNG", {}),
    "half the size, JPEG 75": lambda picture: (picture.reduce(2), "JPEG", {"quality": 75}),
    "half the size, JPEG 30": lambda picture: (picture.reduce(2), "JPEG", {"quality": 30}),
    "turned, JPEG 75": lambda picture: (
        picture.transpose(Image.Transpose.ROTATE_90),
        "JPEG",
        {"quality": 75},
    ),
    "3% cut off each side, JPEG 75": lambda picture: (
        picture.crop(tuple(round(part * size) for part in (0.03, 0.97) for size in picture.size)),
        "JPEG",
        {"quality": 75},
    ),
}


def main() -> None:
    """Print the shares."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="labels CSV")
    parser.add_argument("--copies", type=int, default=300)
    options = parser.parse_args()
    table = read_labels(options.data).table
    readings = read_files(table["path"], table["image_id"])
    known = pd.DataFrame(
        {
            "image_id": table["image_id"],
            "digest": [bytes.fromhex(digest)[:16] for digest in readings.byte_digest],
            "coarse": readings.coarse[:, 0],
            "fine": [row[0].tobytes() for row in readings.fine],
        }
    )
    _other_lesions(table, readings.coarse, readings.fine)
    rows = np.random.default_rng(0).choice(len(table), options.copies, replace=False)
    _names(table["image_id"].iloc[rows], table["image_id"].tolist())
    _copies(table.iloc[rows], rows, known)


def _other_lesions(table: pd.DataFrame, coarse: np.ndarray, fine: np.ndarray) -> None:
    lesions = table["lesion_id"].to_numpy()
    near = near_pairs(coarse, fine)
    others = [(a, b) for a, b, bits, _ in near if bits <= SAME_BITS and lesions[a] != lesions[b]]
    counts = table["lesion_id"].value_counts()
    pairs = len(table) * (len(table) - 1) // 2 - int((counts * (counts - 1) // 2).sum())
    pictures = len({row for pair in others for row in pair})
    print(f"pairs of other lesions matched by content: {len(others)} of {pairs}, {len(others) / pairs:.1e}")
    print(
        f"pictures with such a match: {pictures} of {len(table)}, {1000 * pictures / len(table):.2f} in 1,000"
    )
    ids = table["image_id"].map(lambda name: min(ids_in_name(name), default=name))
    clash = table.assign(id=ids).groupby("id")["lesion_id"].nunique()
    print(f"ids in names that two lesions share: {int((clash > 1).sum())}")


def _names(names: pd.Series, known: list[str]) -> None:
    for pattern in NAMES:
        written = names.map(pattern.format)
        exact = written.isin(set(known)).mean()
        shares = (same_names(spelled, known).mean() for spelled in (written, written.str.lower()))
        print(
            f"named “{pattern}”: {exact:.1%} before; "
            + ", lower case ".join(f"{share:.1%}" for share in shares)
        )


def _copies(table: pd.DataFrame, rows: np.ndarray, known: pd.DataFrame) -> None:
    pictures = [Image.fromarray(read_image(path)) for path in table["path"]]
    for name, change in CHANGES.items():
        coarse, fine = [], []
        for picture in pictures:
            changed, kind, settings = change(picture)
            file = io.BytesIO()
            changed.save(file, kind, **settings)
            image = np.asarray(Image.open(file).convert("RGB"))
            coarse.append(perceptual_hashes(image, COARSE_SIDE)[:, 0])
            fine.append(perceptual_hashes(image, FINE_SIDE))
        found = matches(np.array(coarse), np.array(fine), ["00" * 32] * len(rows), known)
        lesions = known["image_id"].to_numpy()
        right = np.mean(
            [at >= 0 and lesions[at] == image for at, image in zip(found, table["image_id"], strict=True)]
        )
        print(f"content, {name}: {np.mean(found >= 0):.1%} known, {right:.1%} as the very picture")


if __name__ == "__main__":
    main()
