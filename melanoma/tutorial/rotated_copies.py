"""Rotated copies of images that balance the classes, as in tutorials."""

from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from melanoma.files import write_whole
from melanoma.photos.encoding import as_jpeg
from melanoma.photos.reading import read_image

DEGREES = 10.0
"""At most, either way: what tutorials give Augmentor."""
QUALITY = 95  # of the copies' JPEG files


def rotated(image: np.ndarray, degrees: float) -> np.ndarray:
    """Return a square image (S, S, 3) rotated about its centre, zoomed until no corner is empty."""
    side = image.shape[0]
    radians = np.deg2rad(abs(degrees))
    zoom = float(np.cos(radians) + np.sin(radians))
    centre = ((side - 1) / 2, (side - 1) / 2)
    turn = cv2.getRotationMatrix2D(centre, degrees, zoom)
    return cv2.warpAffine(
        image, turn, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101
    )


def write_copies(table: pd.DataFrame, each: int, folder: Path, seed: int) -> pd.DataFrame:
    """Write `each` rotated copies a diagnosis to `folder`, in class folders as the originals', and return
    their rows.

    The images to copy are drawn with replacement from the rows of `table`, the angles uniformly. A copy's
    row is its original's, lesion included, with its own `image_id` and `path`, and the original's id in
    `original`. Rows whose image cannot be read raise UserError.
    """
    rng = np.random.default_rng(seed)
    made = []
    for _, rows in table.groupby("diagnosis", sort=True):
        for number, row in enumerate(rng.choice(rows.index.to_numpy(), each)):
            original = rows.loc[row]
            source = Path(original["path"])
            file = folder / source.parent.name / f"{source.stem}_rotated_{number:03d}.jpg"
            file.parent.mkdir(parents=True, exist_ok=True)
            degrees = float(rng.uniform(-DEGREES, DEGREES))
            write_whole(file, as_jpeg(rotated(read_image(source), degrees), QUALITY))
            name = file.relative_to(folder.parent).as_posix()
            made.append(
                original.to_dict() | {"image_id": name, "path": str(file), "original": original["image_id"]}
            )
    return pd.DataFrame(made)
