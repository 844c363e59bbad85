"""Quality flags of a photo: too dark, overexposed, low contrast, blurred."""

import cv2
import numpy as np

MEASURED_SIDE = 224
"""Sharpness depends on scale, so it is measured after the shorter side is brought to this length, pixels."""
LEAST_SHARPNESS = 1.7
"""Of 313 dermoscopic photos 1% lie below 2.5; blurred by 4 pixels at this size, 95% of them below 1.3."""
DARKEST = 50.0
BRIGHTEST = 240.0
LEAST_CONTRAST = 6.0


def quality_flags(image: np.ndarray) -> tuple[str, ...]:
    """Return one sentence for each defect of a uint8 RGB photo (H, W, 3); none for a usable one."""
    measured = measure_quality(image)
    flags = []
    if measured["brightness"] < DARKEST:
        flags.append("The photo is very dark.")
    if measured["brightness"] > BRIGHTEST:
        flags.append("The photo is overexposed.")
    if measured["contrast"] < LEAST_CONTRAST:
        flags.append("The photo shows hardly any contrast, so perhaps no lesion.")
    elif measured["sharpness"] < LEAST_SHARPNESS:
        flags.append("The photo is blurred.")
    return tuple(flags)


def measure_quality(image: np.ndarray) -> dict[str, float]:
    """Return `brightness` (median grey, 0..255), `contrast` (standard deviation of grey) and `sharpness`.

    Sharpness is the 99th percentile of the absolute Laplacian of Gaussian (sigma 1 pixel) of the grey image
    at `MEASURED_SIDE`: a sharp edge anywhere counts, so plain skin around a sharp lesion does not lower
    it. Without the Gaussian, the steps between 256 grey values would count as edges in every blurred photo.
    """
    height, width = image.shape[:2]
    scale = MEASURED_SIDE / min(height, width)
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    whole = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)  # first, since one channel shrinks faster than three
    grey = cv2.resize(whole, (round(width * scale), round(height * scale)), interpolation=interpolation)
    smooth = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), 1.0)
    laplacian = np.abs(cv2.Laplacian(smooth, cv2.CV_32F))
    rank = int(0.99 * (laplacian.size - 1))
    return {
        "brightness": float(np.median(grey)),
        "contrast": float(grey.std()),
        "sharpness": float(np.partition(laplacian, rank, axis=None)[rank]),
    }
