"""RGB pixels -> smaller pictures, JPEG or PNG files, data URIs."""

import base64

import cv2
import numpy as np


def shrink(image: np.ndarray, side: int) -> np.ndarray:
    """Return the image, uint8 (H, W, 3), with its longer side at most `side` pixels."""
    scale = side / max(image.shape[:2])
    if scale >= 1:
        return image
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def as_jpeg(image: np.ndarray, quality: int) -> bytes:
    """Return uint8 RGB as a JPEG file without metadata."""
    return cv2.imencode(".jpg", image[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()


def as_png(image: np.ndarray) -> bytes:
    """Return uint8 RGB as a PNG file without metadata."""
    return cv2.imencode(".png", image[:, :, ::-1])[1].tobytes()


def data_uri(content: bytes, kind: str) -> str:
    """Return the content of a picture file, `jpeg` or `png`, as a data URI."""
    return f"data:image/{kind};base64," + base64.b64encode(content).decode()
