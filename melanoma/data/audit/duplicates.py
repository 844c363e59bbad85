"""Duplicates: files with the same bytes, the same pixels, or nearly the same picture."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from melanoma.batches import sliced
from melanoma.data.audit.files import Readings

CANDIDATE_BITS = 12
"""Of 64 bits: every known uncropped copy differs in fewer, or as many; so do 0.5% of other pairs."""
NEAR_BITS = 32
"""Of 256 bits: true of 99% of the known uncropped copies, and of 8 of 78 million pairs of different lesions.

Both were measured on the 12,486 real images; docs/audit.md has the table.
"""
_MOST_PARTNERS = 20  # of one picture, the nearest: the frames of one film would make millions of pairs
_BLOCK = 256  # rows compared with all others at once, so that the arrays fit into the processor's cache


@dataclass(frozen=True)
class Pair:
    """Two files that show nearly the same picture."""

    first: int
    """Row of the table."""
    second: int
    distance: int
    """Differing bits of 256, in the best of the eight orientations."""
    turned: bool
    """True if one is a flipped or rotated copy of the other."""


@dataclass(frozen=True)
class Duplicates:
    """Groups of rows; a row is in at most one group of a kind."""

    same_bytes: list[tuple[int, ...]]
    same_pixels: list[tuple[int, ...]]
    """Groups with the same decoded pixels in files whose bytes differ."""
    near: list[Pair]
    """Pairs of pictures whose pixels differ, with one file for all with the same pixels."""
    picture: np.ndarray
    """int (n,): the number of the picture that each row shows, all three kinds joined."""

    def groups(self) -> list[tuple[int, ...]]:
        """Return the rows of each picture that more than one file shows."""
        return _groups(self.picture.astype(str))


def find_duplicates(readings: Readings, progress: Callable[[float], None] = lambda done: None) -> Duplicates:
    """Return exact and near duplicates; `progress` is called with the share done, 0 to 1."""
    count = len(readings.readable)
    same_bytes = _groups(readings.byte_digest)
    same_pixels = [
        group for group in _groups(readings.pixel_digest) if len(set(readings.byte_digest[list(group)])) > 1
    ]
    usable = np.flatnonzero(readings.readable & ~readings.blank)
    _, first = np.unique(readings.pixel_digest[usable], return_index=True)
    rows = usable[np.sort(first)]
    near = [
        Pair(int(rows[a]), int(rows[b]), int(distance), bool(turn))
        for a, b, distance, turn in near_pairs(readings.coarse[rows], readings.fine[rows], progress)
    ]
    links = [(pair.first, pair.second) for pair in near]
    links += [
        (group[0], other) for group in [*same_bytes, *_groups(readings.pixel_digest)] for other in group[1:]
    ]
    ends = np.array(links, dtype=int).reshape(-1, 2)
    graph = coo_array((np.ones(len(ends), np.int8), (ends[:, 0], ends[:, 1])), shape=(count, count))
    return Duplicates(same_bytes, same_pixels, near, connected_components(graph, directed=False)[1])


def near_pairs(
    coarse: np.ndarray, fine: np.ndarray, progress: Callable[[float], None] = lambda done: None
) -> list[tuple[int, int, int, int]]:
    """Return (i, j, differing bits of 256, orientation of i) for the near pairs i < j, each once, in order.

    `coarse` is uint64 (n, 8), `fine` uint64 (n, 8, words): hashes in the eight orientations. All pairs are
    compared on 64 bits, a block of rows against all later rows at a time; those within `CANDIDATE_BITS` are
    compared on the finer hash. Of a picture's later partners the 20 nearest are returned.
    """
    upright = np.ascontiguousarray(coarse[:, 0])
    pairs_by_block: list[pd.DataFrame] = []
    for block_rows in sliced(range(len(upright)), _BLOCK):
        start = block_rows.start
        block, later = coarse[start : block_rows.stop], upright[start:]
        found = []
        for turn in range(coarse.shape[1]):
            close = np.bitwise_count(block[:, turn, None] ^ later[None]) <= CANDIDATE_BITS
            a, b = np.divmod(np.flatnonzero(close), len(later))
            a, b = a[b > a] + start, b[b > a] + start
            distance = np.bitwise_count(fine[a, turn] ^ fine[b, 0]).sum(axis=1)
            near = distance <= NEAR_BITS
            found.append(np.stack([a[near], b[near], distance[near], np.full(near.sum(), turn)], axis=1))
        rows = pd.DataFrame(np.concatenate(found), columns=["a", "b", "distance", "turn"])
        rows = rows.sort_values(["a", "distance", "turn", "b"]).drop_duplicates(["a", "b"])
        pairs_by_block.append(rows.groupby("a").head(_MOST_PARTNERS))
        progress(block_rows.stop / len(upright))
    pairs = pd.concat(pairs_by_block).sort_values(["a", "b"]) if pairs_by_block else pd.DataFrame()
    return [(int(a), int(b), int(distance), int(turn)) for a, b, distance, turn in pairs.to_numpy()]


def _groups(keys: np.ndarray) -> list[tuple[int, ...]]:
    """Return the rows of each key that occurs more than once; an empty key is ignored."""
    found = pd.Series(keys).groupby(keys, sort=False).indices
    return [tuple(int(row) for row in rows) for key, rows in found.items() if key and len(rows) > 1]
