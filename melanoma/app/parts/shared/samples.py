"""What there is to look at without a photo of one's own, the same for everyone: real photos, or drawings."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import streamlit as st

from melanoma.app.parts.shared.examples import EXAMPLES
from melanoma.app.parts.shared.language import say
from melanoma.edits.drawn_lesions import (
    MELANOMA_LIKE,
    NEVUS_LIKE,
    LesionParameters,
    draw_edge_chart,
    draw_lesion,
)
from melanoma.photos.cropping import Crop
from melanoma.photos.encoding import as_jpeg, shrink
from melanoma.photos.examples import IDS, OPENING, Example

DEFAULT = "melanoma-like"
_HAIRY = LesionParameters(asymmetry=0.3, border=0.3, colours=3, diameter=0.55, hairs=40)
_LESIONS = {DEFAULT: (MELANOMA_LIKE, 3), "mole-like": (NEVUS_LIKE, 5), "hairy": (_HAIRY, 8)}
NO_LESION = "edge-chart"
"""The drawing that shows no lesion."""
SAMPLES = (*_LESIONS, NO_LESION)
"""Their names, as a link has them."""
_THUMBNAIL = 192  # pixels of the longer side: twice what the page shows, for sharp screens


@dataclass(frozen=True)
class Photo:
    """What the visitor looks at."""

    pixels: np.ndarray
    """uint8 (H, W, 3) RGB."""
    key: str
    """SHA-256 of the file, or a drawing's name: the same key gives the same answer."""
    drawn: bool
    """True for one of the project's own drawings."""
    name: str = ""
    """The file's name as typed, or the drawing's in a link; empty for the camera's picture."""
    example: Example | None = None
    """What the ISIC Archive states of it, if it is one of the real photos that all visitors see."""
    number: int = 0
    """Of the visitor's own photos in the order in which they came: it stays when others go."""
    whole: "Photo | None" = None
    """The photo that this one was cut out of; None for a whole one."""
    crop: Crop | None = None
    """Where it lies in that."""

    @property
    def file_key(self) -> str:
        """The key of the whole photo."""
        return self.whole.key if self.whole else self.key

    @property
    def own(self) -> bool:
        """True for a photo that the visitor brought."""
        return not self.drawn and self.example is None

    @property
    def credit(self) -> str:
        """Whose it is and under which licence, for a photo of the ISIC Archive."""
        return self.example.credit if self.example else ""

    @cached_property
    def thumbnail(self) -> bytes:
        """A small JPEG."""
        return as_jpeg(shrink(self.pixels, _THUMBNAIL), 85)


# No ttl: there are only these, every visitor sees them, and they never change.
@st.cache_resource(max_entries=len(SAMPLES), show_spinner=False)
def sample(name: str) -> Photo:
    """Return the drawing of this name, one of `SAMPLES`; it is shared, so its pixels cannot be changed."""
    pixels = (
        draw_edge_chart()
        if name == NO_LESION
        else draw_lesion(_LESIONS[name][0], seed=_LESIONS[name][1]).image
    )
    pixels.flags.writeable = False
    return Photo(pixels, name, drawn=True, name=name)


@st.cache_resource(max_entries=2 * len(IDS), show_spinner=False)
def _example_photo(isic_id: str) -> Photo | None:
    found = EXAMPLES.get(isic_id)
    if found is None:
        return None
    example, pixels = found
    return Photo(pixels, isic_id, drawn=False, name=isic_id, example=example)


def shared_photo(key: str | None) -> Photo | None:
    """Return the drawing or the real photo of this key; None if there is none, or not yet."""
    if key in SAMPLES:
        return sample(key)
    return _example_photo(key) if key and EXAMPLES.get(key) else None


def example_photos() -> tuple[Photo, ...]:
    """Return the real photos that are there, one a diagnosis."""
    found = (_example_photo(example.isic_id) for example in EXAMPLES.one_a_diagnosis())
    return tuple(photo for photo in found if photo is not None)


def all_shared_photos() -> tuple[Photo, ...]:
    """Return every real photo that is there, and the drawings."""
    found = (_example_photo(example.isic_id) for example in EXAMPLES.all())
    return (*(photo for photo in found if photo is not None), *map(sample, SAMPLES))


def opening_photo() -> Photo:
    """Return what a page opens on: a real photo if one is there, or a drawing."""
    return shared_photo(OPENING) or next(iter(example_photos()), None) or sample(DEFAULT)


def title_of(name: str) -> str:
    """Return what the drawing of this name is called, in the visitor's language."""
    titles = {
        DEFAULT: say("Like a melanoma"),
        "mole-like": say("Like a mole"),
        "hairy": say("With hair"),
        NO_LESION: say("Stripes, no lesion"),
    }
    return titles[name]
