"""Pictures that are not dermoscopic, to test the in-distribution check.

Sample photographs of scikit-learn and matplotlib, which training needs anyway, and generated pictures.
"""

import io
from collections.abc import Iterator
from pathlib import Path

import cv2
import matplotlib
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from PIL import Image, ImageDraw, ImageFont
from sklearn.datasets import load_sample_images

from melanoma.model.classifier import CompiledNetwork
from melanoma.model.in_distribution import LEAST, References
from melanoma.photos.framing import frame

SIDE = 256
PER_KIND = 24
CLOSE_UPS = "photos without a dermatoscope"


def non_dermoscopic_pictures(seed: int = 0) -> dict[str, list[np.ndarray]]:
    """Return kinds of pictures, each a list of uint8 (256, 256, 3) RGB."""
    rng = np.random.default_rng(seed)
    return {
        "buildings and flowers": list(_crops(load_sample_images().images, rng)),
        "a face": list(_crops([_face()], rng)),
        "charts": [_chart(rng) for _ in range(PER_KIND)],
        "pages of text": [_page(rng) for _ in range(PER_KIND)],
        "noise": [rng.integers(0, 256, (SIDE, SIDE, 3)).astype(np.uint8) for _ in range(PER_KIND)],
        "stripes and checks": [_pattern(rng) for _ in range(PER_KIND)],
        "plain colours": [_plain(rng) for _ in range(PER_KIND)],
        "clouds of colour": [_clouds(rng) for _ in range(PER_KIND)],
    }


def accepted_non_dermoscopic(
    network: CompiledNetwork, references: References, threshold: float
) -> dict[str, float]:
    """Return the share of each kind of picture that the check accepts, 0..1; lower is better."""
    shares = {}
    for kind, pictures in non_dermoscopic_pictures().items():
        pixels = np.stack([frame(picture, network.size)[0] for picture in pictures])
        shares[kind] = float((references.novelty(network.run(pixels).features) <= threshold).mean())
    return shares


def accepted_shares(
    network: CompiledNetwork,
    features: np.ndarray,
    sources: pd.Series,
    references: References,
    threshold: float,
    close_ups: np.ndarray | None = None,
) -> dict[str, float]:
    """Return the accepted shares of the test lesions, features (n, d), and of non-dermoscopic pictures.

    The test lesions also by source, where there are `LEAST` or more. `close_ups` (k, d) are features of
    photos without a dermatoscope that the references do not hold.
    """
    passed = references.novelty(features) <= threshold
    shares = {"test lesions": float(passed.mean())}
    for name, some in pd.Series(passed).groupby(sources.to_numpy()):
        if len(some) >= LEAST and len(some) < len(passed):
            shares[f"test lesions, {name}"] = float(some.mean())
    if close_ups is not None:
        shares[CLOSE_UPS] = float((references.novelty(close_ups) <= threshold).mean())
    return shares | accepted_non_dermoscopic(network, references, threshold)


def _face() -> np.ndarray:
    file = Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg"
    return np.asarray(Image.open(file).convert("RGB"))


def _crops(photos: list[np.ndarray], rng: np.random.Generator) -> Iterator[np.ndarray]:
    for number in range(PER_KIND):
        photo = photos[number % len(photos)]
        height, width = photo.shape[:2]
        side = int(rng.uniform(0.45, 1.0) * min(height, width))
        top, left = rng.integers(height - side + 1), rng.integers(width - side + 1)
        crop = photo[top : top + side, left : left + side]
        yield cv2.resize(crop, (SIDE, SIDE), interpolation=cv2.INTER_AREA)


def _chart(rng: np.random.Generator) -> np.ndarray:
    figure = Figure(figsize=(4, 4), dpi=SIDE / 4)
    axes = figure.subplots()
    kind = rng.integers(3)
    values = rng.normal(size=20).cumsum()
    if kind == 0:
        axes.plot(values)
    elif kind == 1:
        axes.bar(range(20), np.abs(values), color=rng.random(3))
    else:
        axes.imshow(rng.random((8, 8)), cmap="viridis")
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png")
    return np.asarray(Image.open(drawn).convert("RGB"))


def _page(rng: np.random.Generator) -> np.ndarray:
    page = Image.new("RGB", (SIDE, SIDE), "white")
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(size=int(rng.integers(9, 20)))
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz    "))
    for y in range(6, SIDE, 22):
        draw.text((6, y), "".join(rng.choice(letters, 40)), fill="black", font=font)
    return np.asarray(page)


def _pattern(rng: np.random.Generator) -> np.ndarray:
    y, x = np.mgrid[:SIDE, :SIDE]
    angle, period = rng.uniform(0, np.pi), rng.uniform(6, 60)
    wave = np.sin((x * np.cos(angle) + y * np.sin(angle)) * 2 * np.pi / period) > 0
    if rng.random() < 0.5:
        wave ^= np.sin((y * np.cos(angle) - x * np.sin(angle)) * 2 * np.pi / period) > 0
    return rng.integers(0, 256, (2, 3)).astype(np.uint8)[wave.astype(int)]


def _plain(rng: np.random.Generator) -> np.ndarray:
    colour = rng.uniform(0, 255, 3)
    return np.clip(rng.normal(colour, 2, (SIDE, SIDE, 3)), 0, 255).astype(np.uint8)


def _clouds(rng: np.random.Generator) -> np.ndarray:
    small = rng.uniform(0, 255, (int(rng.integers(3, 12)),) * 2 + (3,)).astype(np.float32)
    return np.clip(cv2.resize(small, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC), 0, 255).astype(np.uint8)
