"""Fingerprints of the pictures that a network was fitted to, so that they are known again under any name.

A picture is known by the id inside its name, by its file's bytes, or by its perceptual hash in the eight
flips and turns, as the audit finds copies (`audit.duplicates`, docs/audit.md): in another size or packing,
not cropped.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from melanoma.batches import sliced
from melanoma.data.audit.duplicates import CANDIDATE_BITS
from melanoma.data.audit.files import read_files
from melanoma.data.labels.images import image_stem

COLUMNS = ("image_id", "digest", "coarse", "fine")
"""Of the table: the id, 16 bytes of the file's SHA-256, and 64 and 256 bits of pHash; no pixels."""
SAME_BITS = 24
"""Of 256 bits. Stricter than the audit, where a person looks at each pair: of 12,486 pictures 8 match one of
another lesion, and 14 at 32 bits; of copies at half the size all are known at both (docs/reliability.md)."""
_DIGEST = 16  # bytes
_BLOCK = 64  # pictures compared with all known ones at once
_ISIC = re.compile(r"(?<![a-z0-9])isic[ _-]?(\d{5,9})(?!\d)")
_OTHERS = re.compile(r"(?<![a-z0-9])(pat_\d+_\d+_\d+|imd\d{3,})(?![a-z0-9])")
_MARKS = re.compile(
    r"(?:\s*\(\d+\)|[ _-]+(?:copy|kopie|copie|copia)(?:[ _]*\(?\d+\)?)?"
    r"|[ _-]+(?:downsampled|resized|small|cropped|thumb(?:nail)?))+$"
)


def ids_in_name(name: str) -> set[str]:
    """Return the ids in a name that are unique across data sets, in one spelling, such as `isic_0024306`.

    Of the ISIC Archive, PAD-UFES-20 and PH², among other text and in any case; ISIC's without leading zeros
    too.
    """
    folded = _folded(name.replace("\\", "/").rpartition("/")[2])
    found = {f"isic_{int(number):07d}" for number in _ISIC.findall(folded)}
    return found | set(_OTHERS.findall(folded))


def plain_name(name: str) -> str:
    """Return a name without ending, case, and marks of copies such as ` (1)`; its folders stay."""
    folder, slash, base = name.replace("\\", "/").rpartition("/")
    return _folded(folder + slash) + _MARKS.sub("", _folded(image_stem(base)))


def same_names(names: pd.Series, known: Sequence[str]) -> pd.Series:
    """Return which names are those of `known` in another spelling, bool on the index of `names`."""
    ids = set().union(*(ids_in_name(name) for name in known))
    plain = {plain_name(name) for name in known}
    return names.map(lambda name: bool(ids_in_name(name) & ids) or plain_name(name) in plain).astype(bool)


def fingerprints(table: pd.DataFrame, progress: Callable[[float], None] = lambda done: None) -> pd.DataFrame:
    """Return the fingerprints of a table's images (`image_id`, `path`), one row a readable image.

    A picture of one colour has no hash that means anything, and is left out.
    """
    readings = read_files(table["path"].tolist(), table["image_id"].tolist(), progress)
    usable = np.flatnonzero(readings.readable & ~readings.blank)
    return pd.DataFrame(
        {
            "image_id": table["image_id"].to_numpy()[usable],
            "digest": [bytes.fromhex(readings.byte_digest[row])[:_DIGEST] for row in usable],
            "coarse": readings.coarse[usable, 0],
            "fine": [readings.fine[row, 0].tobytes() for row in usable],
        }
    )


def same_pictures(
    table: pd.DataFrame, known: pd.DataFrame, progress: Callable[[float], None] = lambda done: None
) -> pd.Series:
    """Return the id of the known picture that each image of a table shows, None if none, on its index.

    `table` has `image_id` and `path`, `known` is what `fingerprints` returns. Unreadable images show none.
    """
    readings = read_files(table["path"].tolist(), table["image_id"].tolist(), progress)
    found = matches(readings.coarse, readings.fine, readings.byte_digest, known)
    ids = known["image_id"].to_numpy()
    usable = readings.readable & ~readings.blank
    return pd.Series(
        [ids[row] if row >= 0 and use else None for row, use in zip(found, usable, strict=True)],
        index=table.index,
        dtype=object,
    )


def matches(coarse: np.ndarray, fine: np.ndarray, digests: Iterable[str], known: pd.DataFrame) -> np.ndarray:
    """Return the row of `known` that each picture shows, int (n,), -1 if none.

    `coarse` is uint64 (n, 8) and `fine` uint64 (n, 8, 4), in the eight orientations; `digests` are SHA-256 in
    hexadecimal.
    """
    found = np.full(len(coarse), -1)
    if known.empty:
        return found
    there = known["coarse"].to_numpy(np.uint64)
    finer = np.frombuffer(b"".join(known["fine"]), np.uint64).reshape(len(known), -1)
    by_digest = {digest: row for row, digest in enumerate(known["digest"])}
    for rows in sliced(range(len(coarse)), _BLOCK):
        close = np.bitwise_count(coarse[rows.start : rows.stop, :, None] ^ there) <= CANDIDATE_BITS
        a, turn, b = np.nonzero(close)
        distance = np.bitwise_count(fine[a + rows.start, turn] ^ finer[b]).sum(axis=1)
        for at in np.argsort(-distance, kind="stable"):  # the nearest last, so that it stays
            if distance[at] <= SAME_BITS:
                found[a[at] + rows.start] = b[at]
    for row, digest in enumerate(digests):
        found[row] = by_digest.get(bytes.fromhex(digest)[:_DIGEST], found[row])
    return found


def write(table: pd.DataFrame, file: Path) -> None:
    """Write what `fingerprints` returned."""
    table[list(COLUMNS)].to_parquet(file, index=False)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()
