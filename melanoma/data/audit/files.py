"""Reads each file once: digests, perceptual hashes, a thumbnail, and problems such as a wrong extension."""

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import imagehash
import numpy as np
from PIL import Image

from melanoma.batches import sliced
from melanoma.data.audit.listing import Problem
from melanoma.errors import UserError
from melanoma.photos.decoding import IN_THIS_PROCESS, PhotoDecoder
from melanoma.photos.facts import FileFacts
from melanoma.photos.formats import EXTENSIONS, endings_of
from melanoma.photos.reading import MAX_BYTES

ORIENTATIONS: tuple[Image.Transpose | None, ...] = (None, *Image.Transpose)
"""The picture as it is, and its seven flips and rotations by 90 degrees."""
COARSE_SIDE, FINE_SIDE = 8, 16
"""Sides of the two perceptual hashes: 64 bits to find candidates, 256 bits to decide. See docs/audit.md."""
THUMBNAIL = 16  # pixels a side: enough for colour, light and corners, too little for a diagnosis
_BLANK = 2.0  # standard deviation of grey levels below which a picture counts as blank
_GREY = 1.0  # mean difference between the colour channels below which a picture counts as grey
_CHUNK = 64  # files handed to the threads at once; whoever has left is noticed between two


@dataclass(frozen=True)
class Readings:
    """The measurements of the files, in the order of the table's rows."""

    readable: np.ndarray
    """bool (n,)."""
    blank: np.ndarray
    """bool (n,): of one colour, so that its hashes are meaningless."""
    byte_digest: np.ndarray
    """str (n,), SHA-256 of the file; empty if it could not be opened."""
    pixel_digest: np.ndarray
    """str (n,), SHA-256 of size and decoded RGB pixels; empty if it could not be decoded."""
    coarse: np.ndarray
    """uint64 (n, 8): 64-bit pHash in the eight orientations."""
    fine: np.ndarray
    """uint64 (n, 8, 4): 256-bit pHash in the eight orientations."""
    thumbnails: np.ndarray
    """uint8 (n, 16, 16, 3) RGB."""
    brightness: np.ndarray
    """float32 (n,): mean grey level, 0 to 255."""
    width: np.ndarray
    """int32 (n,), pixels."""
    height: np.ndarray
    """int32 (n,), pixels."""
    size: np.ndarray
    """int64 (n,), bytes of the file."""
    problems: list[Problem]


def read_from_disk(path: str) -> bytes:
    """Return a file's content; raises UserError if it cannot be read or is larger than a photo may be."""
    try:
        if os.stat(path).st_size > MAX_BYTES:
            raise UserError(f"It is larger than {MAX_BYTES // 1024**2} MB.")
        return Path(path).read_bytes()
    except OSError as error:
        raise UserError(f"It cannot be opened ({error.strerror}).") from None


def read_files(
    paths: Sequence[str],
    names: Sequence[str],
    progress: Callable[[float], None] = lambda done: None,
    read: Callable[[str], bytes] = read_from_disk,
    decoder: PhotoDecoder = IN_THIS_PROCESS,
) -> Readings:
    """Return the measurements of each file; `progress` is called with the share done, 0 to 1.

    `read` returns the content of a path, or raises UserError; `decoder` decodes it. A file that cannot be
    decoded has `readable` False and a problem with the reason.
    """
    count = len(paths)
    readings = Readings(
        readable=np.zeros(count, bool),
        blank=np.zeros(count, bool),
        byte_digest=np.full(count, "", dtype="<U64"),
        pixel_digest=np.full(count, "", dtype="<U64"),
        coarse=np.zeros((count, len(ORIENTATIONS)), np.uint64),
        fine=np.zeros((count, len(ORIENTATIONS), FINE_SIDE**2 // 64), np.uint64),
        thumbnails=np.zeros((count, THUMBNAIL, THUMBNAIL, 3), np.uint8),
        brightness=np.zeros(count, np.float32),
        width=np.zeros(count, np.int32),
        height=np.zeros(count, np.int32),
        size=np.zeros(count, np.int64),
        problems=[],
    )
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as threads:
        for rows in sliced(range(count), _CHUNK):
            for problems in threads.map(
                lambda row: _read(row, paths[row], names[row], readings, read, decoder), rows
            ):
                readings.problems.extend(problems)
            progress(rows.stop / count)
    return readings


def perceptual_hashes(image: np.ndarray, side: int) -> np.ndarray:
    """Return pHash (imagehash) of uint8 (H, W, 3) in the eight orientations as uint64 (8, side² / 64).

    Flips and rotations are applied to the reduced grey picture from which pHash is computed. Resizing is
    symmetric, so the bits equal those of the flipped original, and the image is resized only once.
    """
    grey = Image.fromarray(image).convert("L").resize((side * 4, side * 4), Image.Resampling.LANCZOS)
    bits = [
        imagehash.phash(grey if turn is None else grey.transpose(turn), hash_size=side).hash.ravel()
        for turn in ORIENTATIONS
    ]
    return np.packbits(bits, axis=1).view(np.uint64)


def _read(
    row: int,
    path: str,
    name: str,
    readings: Readings,
    read: Callable[[str], bytes],
    decoder: PhotoDecoder,
) -> list[Problem]:
    """Fill one row of the readings (each thread writes to rows of its own) and return its problems."""
    try:
        content = read(path)
    except UserError as error:
        return [Problem(name, "unreadable", str(error))]
    readings.size[row] = len(content)
    readings.byte_digest[row] = hashlib.sha256(content).hexdigest()
    try:
        image = decoder.read(content, name)
        facts = decoder.facts(content, name)
    except UserError as error:
        return [Problem(name, "unreadable", str(error))]
    height, width = image.shape[:2]
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    readings.readable[row] = True
    readings.height[row], readings.width[row] = height, width
    readings.pixel_digest[row] = hashlib.sha256(f"{height}x{width}:".encode() + image.tobytes()).hexdigest()
    readings.coarse[row] = perceptual_hashes(image, COARSE_SIDE)[:, 0]
    readings.fine[row] = perceptual_hashes(image, FINE_SIDE)
    readings.thumbnails[row] = cv2.resize(image, (THUMBNAIL, THUMBNAIL), interpolation=cv2.INTER_AREA)
    readings.brightness[row] = grey.mean()
    readings.blank[row] = grey.std() < _BLANK
    return list(_oddities(facts, path, name, readings, row))


def _oddities(facts: FileFacts, path: str, name: str, readings: Readings, row: int) -> Iterator[Problem]:
    ending = os.path.splitext(path)[1].lower()
    if ending in EXTENSIONS and ending not in endings_of(facts.format):
        yield Problem(name, "wrong ending", f"The file is a {facts.format}, and its name says otherwise.")
    if facts.pictures > 1 and facts.format != "MPO":
        yield Problem(name, "several frames", f"It holds {facts.pictures} pictures; only the first is used.")
    if facts.mode not in ("RGB", "L", "P"):
        yield Problem(name, "unusual mode", f"Its pixels are stored as {facts.mode}, not as RGB.")
    if facts.turned:
        yield Problem(name, "turned by EXIF", "A program that ignores EXIF shows it lying on its side.")
    if facts.has_position:
        yield Problem(name, "position", "It says where it was taken: remove that before you share it.")
    thumbnail = readings.thumbnails[row].astype(np.float32)
    if readings.blank[row]:
        yield Problem(name, "blank", "It is one colour all over.")
    elif np.ptp(thumbnail, axis=2).mean() < _GREY:
        yield Problem(name, "grey", "It has no colour, and colour is a diagnostic sign.")
