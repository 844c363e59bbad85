"""What it costs to ignore the colours that a file states: photos in other spaces, read with and without.

python -m benchmarks.colour_spaces --data isic/labels.csv [--model DIR] [--photos 150]

Each photo, taken as sRGB, is converted by the formulas of the standards to another space and stored there as
PNG. “Ignored” reads the pixels as they are, “converted” reads the file. Told are the melanoma alerts that the
sRGB photo gets and the other does not, those the other way round, first answers that differ, and the largest
difference of a probability, at its median over the photos and its worst.
"""

import argparse
import io
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from melanoma.batches import sliced
from melanoma.data.labels.read import read_labels
from melanoma.errors import UserError
from melanoma.model.bundle import DEFAULT, load_bundle
from melanoma.model.classifier import Classifier
from melanoma.model.prediction import Prediction
from melanoma.photos.colour_spaces import ADOBE_RGB, DISPLAY_P3, ROMM_RGB, ColourSpace, coded_space
from melanoma.photos.reading import read_image

_PQ_WHITE = 203 / 10000  # of 10,000 cd/m²: the light of paper white in BT.2408


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="labels CSV")
    parser.add_argument("--model", type=Path, default=DEFAULT)
    parser.add_argument("--photos", type=int, default=150)
    options = parser.parse_args()
    classifier = Classifier(load_bundle(options.model), for_many=True)
    table = read_labels(options.data).table.sample(options.photos, random_state=0)
    photos = [read_image(path) for path in table["path"]]
    expected = _answers(classifier, photos)
    print(f"{len(photos)} photos, {sum(one.melanoma_alert for one in expected)} melanoma alerts in sRGB\n")
    print("| space | read | alerts lost | alerts more | other first answer | difference: median, worst |")
    print("|---|---|---|---|---|---|")
    wide = coded_space(9, 1)
    assert wide is not None
    for name, space in (
        ("P3", DISPLAY_P3),
        ("Adobe RGB", ADOBE_RGB),
        ("ProPhoto", ROMM_RGB),
        ("BT.2020", wide),
    ):
        stored = [_in_space(photo, space, _encoder(space)) for photo in photos]
        _row(name, "ignored", expected, _answers(classifier, stored))
        files = [_png(pixels, icc_profile=space.icc_profile()) for pixels in stored]
        _row(name, "converted", expected, _answers(classifier, [read_image(file) for file in files]))
    bright = [_in_space(photo, wide, _pq) for photo in photos]
    _row("PQ", "ignored", expected, _answers(classifier, bright))
    refused = sum(_is_refused(_with_cicp(pixels, (9, 16, 0, 1))) for pixels in bright)
    print(f"| PQ | refused with a sentence: {refused} of {len(bright)} | | | | |")


def _answers(classifier: Classifier, photos: Sequence[np.ndarray]) -> list[Prediction]:
    return [one for batch in sliced(photos, 16) for one in classifier(list(batch))]


def _row(name: str, how: str, expected: list[Prediction], found: list[Prediction]) -> None:
    pairs = list(zip(expected, found, strict=True))
    lost = sum(a.melanoma_alert and not b.melanoma_alert for a, b in pairs)
    more = sum(b.melanoma_alert and not a.melanoma_alert for a, b in pairs)
    other = sum(a.diagnosis != b.diagnosis for a, b in pairs)
    apart = [np.abs(a.probabilities - b.probabilities).max() for a, b in pairs]
    print(
        f"| {name} | {how} | {lost} | {more} | {other} | {np.median(apart):.3f}, {max(apart):.3f} |",
        flush=True,
    )


def _in_space(
    photo: np.ndarray, space: ColourSpace, encode: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray:
    """Return an sRGB photo, uint8, in another space; colours keep their XYZ after adaptation (Bradford)."""
    stored = photo / 255
    light = np.where(stored <= 0.04045, stored / 12.92, ((stored + 0.055) / 1.055) ** 2.4)
    there = light @ (np.linalg.inv(_to_d50(space)) @ _to_d50(coded_space(1, 13))).T
    return np.rint(255 * np.clip(encode(np.clip(there, 0, 1)), 0, 1)).astype(np.uint8)


def _to_d50(space: ColourSpace | None) -> np.ndarray:
    """Return the matrix from linear RGB to XYZ under D50."""
    assert space is not None
    points = np.array(space.chromaticities).reshape(4, 2)
    xyz = np.array([[x / y, 1.0, (1 - x - y) / y] for x, y in points]).T
    matrix = xyz[:, :3] * np.linalg.solve(xyz[:, :3], xyz[:, 3])
    cones = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
    scale = (cones @ [0.9642, 1.0, 0.8249]) / (cones @ xyz[:, 3])
    return np.linalg.inv(cones) @ np.diag(scale) @ cones @ matrix


def _encoder(space: ColourSpace) -> Callable[[np.ndarray], np.ndarray]:
    """Return the inverse of a space's curve."""
    curve = space.curve

    def encode(light: np.ndarray) -> np.ndarray:
        high = (light ** (1 / curve.gamma) - curve.b) / curve.a
        return np.where(light < curve.c * curve.d, light / curve.c, high) if curve.c else high

    return encode


def _pq(light: np.ndarray) -> np.ndarray:
    """Return PQ's code of light, 1 being paper white (SMPTE ST 2084)."""
    power = (light * _PQ_WHITE) ** 0.1593017578125
    return ((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)) ** 78.84375


def _png(pixels: np.ndarray, **options: object) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", compress_level=1, **options)
    return file.getvalue()


def _with_cicp(pixels: np.ndarray, codes: tuple[int, ...]) -> bytes:
    more = PngInfo()
    more.add(b"cICP", bytes(codes))
    return _png(pixels, pnginfo=more)


def _is_refused(file: bytes) -> bool:
    try:
        read_image(file)
    except UserError:
        return True
    return False


if __name__ == "__main__":
    main()
