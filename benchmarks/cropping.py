"""How large lesions are in photos that a network learned, and what the offered square does for a wide photo.

python -m benchmarks.cropping --data labels.csv            sizes, on the training side
python -m benchmarks.cropping --data labels.csv --wide     lesions small in a wide frame, on the test side

A wide photo is a labelled one around which the texture of its skin goes on, evenly lit. Lesions that touch
the edge of the photo are left out.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from melanoma.data.labels.read import read_labels
from melanoma.edits.surroundings import painted_out
from melanoma.errors import exit_on_user_error
from melanoma.lesion.cropping import offer_crop
from melanoma.lesion.mask_files import on_photo, read_mask
from melanoma.lesion.outline import diameter, find_lesion, widen
from melanoma.measures.lesion_in_view import find_lesion_in_view
from melanoma.model.bundle import DEFAULT, load_bundle
from melanoma.model.classifier import Classifier
from melanoma.photos.reading import read_image

PHOTOS, SEED, TIMES = 300, 0, (3, 5)
WIDE_PHOTOS = 60
_SKIN = 0.15  # of the diameter: how far the lesion is painted out of the skin around the photo
_SHADING, _FADE = 0.1, 0.04  # of the photo's width: blurs that take shading away, and that hide its edges


def report_sizes(table: pd.DataFrame) -> None:
    """Print the lesion's diameter over the photo's shorter side, where an outline is trusted."""
    shares = []
    for path in table.sample(min(PHOTOS, len(table)), random_state=SEED)["path"]:
        photo = read_image(path)
        outline = find_lesion(photo)
        if outline.trusted:
            shares.append(diameter(outline.mask) / min(photo.shape[:2]))
    quartiles = ", ".join(f"{value:.2f}" for value in np.quantile(shares, (0.25, 0.5, 0.75)))
    print(f"diameter over the shorter side, quartiles of {len(shares)} trusted outlines: {quartiles}")


def in_a_wide_frame(photo: np.ndarray, mask: np.ndarray, times: int) -> np.ndarray:
    """Return the photo, uint8 (H, W, 3), amid its own skin, `times` as wide and high, evenly lit.

    The skin's texture is mirrored on and on, without its shading, which would make a pattern of its own.
    """
    height, width = photo.shape[:2]
    soft = cv2.GaussianBlur(widen(mask, _SKIN).astype(np.float32), (0, 0), 0.01 * width)
    skin = painted_out(photo, soft).astype(np.float32)
    texture = skin - cv2.GaussianBlur(skin, (0, 0), _SHADING * width)
    around = (times - 1) // 2
    edges = (around * height, around * height, around * width, around * width)
    wide = cv2.copyMakeBorder(texture, *edges, cv2.BORDER_REFLECT) + np.median(skin, axis=(0, 1))
    inner = np.zeros((height, width), np.float32)
    rim = round(2 * _FADE * width)
    inner[rim:-rim, rim:-rim] = 1
    share = cv2.GaussianBlur(inner, (0, 0), _FADE * width)[..., None]
    part = wide[edges[0] : edges[0] + height, edges[2] : edges[2] + width]
    part[:] = share * photo + (1 - share) * part
    return np.clip(wide, 0, 255).astype(np.uint8)


def report_wide(classifier: Classifier, table: pd.DataFrame) -> None:
    """Print how many photos are distrusted as they are, in a wide frame, and cropped as offered."""

    def distrusted(photo: np.ndarray) -> bool:
        prediction = classifier([photo])[0]
        return bool(find_lesion_in_view(photo, prediction.geometry).doubts(prediction))

    known = table[table["outline"].notna() & (table["framing"] == "full-frame")]
    known = known.drop_duplicates("lesion_id")
    rows = []
    for row in known.sample(min(WIDE_PHOTOS, len(known)), random_state=SEED).itertuples():
        photo = read_image(row.path)
        height, width = photo.shape[:2]
        mask = on_photo(read_mask(row.outline), width, height)
        rim = [mask[0], mask[-1], mask[:, 0], mask[:, -1]]
        if not mask.any() or np.concatenate(rim).any():
            continue
        own = distrusted(photo)
        for times in TIMES:
            wide = in_a_wide_frame(photo, mask, times)
            crop, found = offer_crop(wide)
            top, left = (times // 2 * height, times // 2 * width)
            whole = np.zeros(wide.shape[:2], bool)
            whole[top : top + height, left : left + width] = mask
            rows.append(
                {
                    "times": times,
                    "distrusted as it is": own,
                    "in the wide frame": distrusted(wide),
                    "lesion found": found,
                    "lesion in the square": crop.cut(whole).sum() >= 0.9 * mask.sum(),
                    "cropped to it": distrusted(crop.cut(wide)),
                }
            )
    table = pd.DataFrame(rows).astype(float)
    for name, part in (("all", table), ("of them with a lesion found", table[table["lesion found"] == 1])):
        print(f"\n{name}: {part.groupby('times').size().to_dict()} photos")
        print(part.groupby("times").mean().round(2).to_string())


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="labels CSV")
    parser.add_argument("--images", type=Path, help="where its images lie")
    parser.add_argument("--outlines", type=Path, help="the outlines; by default masks beside the CSV")
    parser.add_argument("--model", type=Path, default=DEFAULT, help="a bundle")
    parser.add_argument("--wide", action="store_true", help="lesions small in a wide frame")
    options = parser.parse_args()
    with exit_on_user_error():
        table = read_labels(options.data, options.images, options.outlines).table
        bundle = load_bundle(options.model)
        sides = table["image_id"].map(bundle.load_split().set_index("image_id")["split"])
        if options.wide:
            report_wide(Classifier(bundle), table[sides == "test"])
        else:
            report_sizes(table[(sides == "train") & (table["framing"] != "squashed-square")])


if __name__ == "__main__":
    main()
