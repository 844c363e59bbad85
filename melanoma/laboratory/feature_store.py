"""The means of the feature maps that a head reads, by picture, computed once."""

from collections.abc import Callable, Sequence

import numpy as np

from melanoma.laboratory.lesions import Lesions
from melanoma.laboratory.pictures import Picture, render

MIDDLE, LAST = "middle", "last"
DEPTHS = (MIDDLE, LAST)
"""Where in the network a head can read: half-way up, or from its last feature map. A network that was taught
to overlook rulers shows little of them in its last map, so a shortcut takes in the middle."""
SLICE = 8
"""Pictures in a pass: a few tenths of a second, so that others get in between."""
_REFERENCE = 16
"""Lesions whose clean pictures make the reference, half of each class."""

Read = Callable[[np.ndarray], np.ndarray]
"""uint8 (n, S, S, 3) -> feature maps, float32 (n, h, w, channels)."""


class FeatureStore:
    """The pooled features of every picture that was asked for. Safe for several threads.

    Bounded by what can be made of the lesions: some 2,700 pictures of 512 channels are 6 MB.
    """

    def __init__(self, read: Read, lesions: Lesions) -> None:
        """Begin empty."""
        self.lesions, self._read = lesions, read
        self._pooled: dict[Picture, np.ndarray] = {}
        self._references: dict[bool, np.ndarray] = {}

    def missing(self, pictures: Sequence[Picture]) -> list[Picture]:
        """Return those whose features are not there yet, each once."""
        return [picture for picture in dict.fromkeys(pictures) if picture not in self._pooled]

    def add(self, pictures: Sequence[Picture]) -> None:
        """Compute the features of pictures, at most `SLICE` at a time to let others in between."""
        if pictures:
            for picture, pooled in zip(pictures, self.maps(pictures).mean(axis=(1, 2)), strict=True):
                self._pooled[picture] = pooled

    def pooled(self, pictures: Sequence[Picture]) -> np.ndarray:
        """Return the features of pictures that were added, float32 (n, channels)."""
        return np.stack([self._pooled[picture] for picture in pictures])

    def reference(self, masked: bool) -> np.ndarray:
        """Return the mean feature maps of clean pictures, masked ones if so asked, (h, w, channels).

        Against them evidence is counted, cell by cell: what all pictures show in a place, such as the rim
        that convolutions see there, is no evidence.
        """
        if masked not in self._references:
            numbers = range(len(self.lesions))
            kinds = ([n for n in numbers if self.lesions.malignant[n] == kind] for kind in (True, False))
            chosen = [Picture(n, masked=masked) for kind in kinds for n in kind[: _REFERENCE // 2]]
            parts = [self.maps(chosen[first : first + SLICE]) for first in range(0, len(chosen), SLICE)]
            self._references[masked] = np.concatenate(parts).mean(axis=0)
        return self._references[masked]

    def maps(self, pictures: Sequence[Picture]) -> np.ndarray:
        """Return the feature maps of pictures, float32 (n, h, w, channels), which are not kept."""
        return self._read(np.stack([render(self.lesions, picture) for picture in pictures]))
