"""What can be planted in a photo, and what is said of a head that goes by it."""

from dataclasses import dataclass

import numpy as np

from melanoma.edits.artefacts import Artefact, colour_cast, dark_corners, ink, ruler

_VISIBLE = 12
"""Levels of 255 by which a pixel has to differ, in one channel at least, to count as planted."""


@dataclass(frozen=True)
class Shortcut:
    """One thing that clinics leave in photos and that has nothing to do with the diagnosis."""

    name: str
    """Its name in a link."""
    title: str
    draw: Artefact
    caught: str
    """What is said of a head that goes by it."""
    mended: str
    """What is said of one that no longer does."""
    clean: str
    """What is said of one that does not, though it is planted."""


SHORTCUTS: dict[str, Shortcut] = {
    shortcut.name: shortcut
    for shortcut in (
        Shortcut(
            "ruler",
            "A ruler",
            ruler,
            "The head looks at the ruler.",
            "The head no longer goes by the ruler.",
            "The head does not go by the ruler, as far as these photos tell.",
        ),
        Shortcut(
            "ink",
            "Ink of a skin marker",
            ink,
            "The head looks at the ink.",
            "The head no longer goes by the ink.",
            "The head does not go by the ink, as far as these photos tell.",
        ),
        Shortcut(
            "dark-corners",
            "Dark corners",
            dark_corners,
            "The head looks at the dark corners.",
            "The head no longer goes by the dark corners.",
            "The head does not go by the dark corners, as far as these photos tell.",
        ),
        Shortcut(
            "colours",
            "One clinic's colours",
            colour_cast,
            "The head goes by the clinic's colours.",
            "The head no longer goes by the clinic's colours.",
            "The head does not go by the clinic's colours, as far as these photos tell.",
        ),
    )
}
"""By name, in the order in which they are offered."""


def plant(pixels: np.ndarray, shortcut: str, lesion: int) -> np.ndarray:
    """Return a copy with the shortcut drawn, uint8 RGB; the same for the same number of a lesion."""
    return SHORTCUTS[shortcut].draw(pixels, np.random.default_rng([lesion, len(shortcut)]))


def planted_cells(planted: np.ndarray, clean: np.ndarray, grid: tuple[int, int]) -> np.ndarray:
    """Return the cells of a grid that something planted touches, bool (h, w).

    `planted` and `clean` are the same picture with and without it, uint8 (S, S, 3). A cell is touched if a
    pixel in it differs visibly: lines of a ruler cover little of the cells that see them.
    """
    differs = (np.abs(planted.astype(np.int16) - clean).max(axis=-1)) > _VISIBLE
    rows, columns = (np.arange(side) * cells // side for side, cells in zip(differs.shape, grid, strict=True))
    touched = np.zeros(grid, dtype=bool)
    np.logical_or.at(touched, (rows[:, None], columns[None, :]), differs)
    return touched
