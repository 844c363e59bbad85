"""The photos of a visit: in the visitor's session, and nowhere else."""

import re
from dataclasses import replace

import streamlit as st

from melanoma.app.parts.shared.crops import (
    as_cropped,
    crop_as_link_says,
    forget_crops,
    put_crop_into_link,
)
from melanoma.app.parts.shared.link import link_decides, put_into_link
from melanoma.app.parts.shared.samples import DEFAULT, Photo, opening_photo, shared_photo
from melanoma.app.parts.shared.session_cache import forget_results

MOST_PHOTOS = 12
MOST_PIXELS = 64_000_000
"""Of all photos of a visit together, 192 MB: the host has little more for everyone."""
SAMPLE = "sample"
"""The name in a link of a drawing, a photo of the ISIC Archive, or a photo of the visitor's own."""
OWN = "own-"
"""Begins the last, before its number: it names a photo in the visitor's own session alone, for Back."""
_PHOTOS, _CHOSEN, _COUNT = "photos", "photo-chosen", "photo-count"
_MISSING = "photo-of-link-missing"


def photos() -> tuple[Photo, ...]:
    """Return the photos that the visitor brought, oldest first."""
    return tuple(_stored().values())


def add_photos(new: list[Photo]) -> int:
    """Keep photos and show the first of them; return how many older ones were dropped to make room.

    At most `MOST_PHOTOS` are taken, which the caller sees to.
    """
    stored = _stored()
    for photo in new:
        known = stored.pop(photo.key, None)
        stored[photo.key] = replace(photo, number=known.number if known else _next_number())
    gone = 0
    while len(stored) > 1 and (len(stored) > MOST_PHOTOS or _pixels(stored) > MOST_PIXELS):
        del stored[next(iter(stored))]
        gone += 1
    forget_crops(keep=set(stored) - {photo.key for photo in new})  # what comes again comes whole
    choose(next((photo.key for photo in new if photo.key in stored), next(iter(stored))))
    return gone


def choose(key: str) -> None:
    """Show the photo or drawing of this key on every page."""
    if st.session_state.get(_CHOSEN) not in (None, key):
        st.session_state[_MISSING] = None  # the visitor has gone on to another
    st.session_state[_CHOSEN] = key


def forget(key: str) -> None:
    """Drop a photo; the newest that is left is shown, or a drawing."""
    stored = _stored()
    stored.pop(key, None)
    forget_crops(keep=set(stored))
    forget_results(key)
    choose(next(reversed(stored), None) or opening_photo().key)


def current_photo() -> Photo:
    """Return the photo or drawing that the visitor chose on any page, cropped if the visitor cropped it.

    A new visitor's is the link's. What a page opened on stays in view, whatever photos come afterwards. Back
    and Forward go to the photo that was in view then.
    """
    chosen = st.session_state.get(_CHOSEN)
    linked = st.query_params.get(SAMPLE, "")
    if chosen is None or link_decides():
        found = photo_of_link(linked) if linked else opening_photo()
        chosen = found.key if found else chosen
        st.session_state[_MISSING] = None if found else linked
        if found is not None and not found.own:  # no link has a square of a visitor's own photo
            crop_as_link_says(found)
    whole = _stored().get(chosen or "") or shared_photo(chosen) or opening_photo()
    choose(whole.key)  # a link's photo too: its name is gone from the address on the next page
    photo = as_cropped(whole)
    opened_on = photo.key == DEFAULT == opening_photo().key
    put_into_link(SAMPLE, None if opened_on else name_in_link(photo))
    put_crop_into_link(photo)
    return photo


def name_in_link(photo: Photo) -> str:
    """Return what a link calls a photo, cropped or not.

    Of a visitor's own its number, which tells nobody else anything.
    """
    whole = photo.whole or photo
    return f"{OWN}{whole.number}" if whole.own else whole.key


def photo_of_link(name: str) -> Photo | None:
    """Return the photo that a link calls so; None if it is not here, or another visitor's."""
    if own := re.fullmatch(rf"{OWN}([0-9]{{1,6}})", name):
        return next((photo for photo in photos() if photo.number == int(own[1])), None)
    return shared_photo(name)


def arrived_of_link() -> Photo | None:
    """Return the photo that the visitor's link names if it has come since the page opened on another."""
    missing = st.session_state.get(_MISSING)
    return photo_of_link(missing) if missing else None


def missing_from_link() -> str | None:
    """Return the photo that the visitor's link names, as long as it is not here."""
    missing = st.session_state.get(_MISSING)
    return missing if missing and photo_of_link(missing) is None else None


def _stored() -> dict[str, Photo]:
    return st.session_state.setdefault(_PHOTOS, {})


def _next_number() -> int:
    st.session_state[_COUNT] = st.session_state.get(_COUNT, 0) + 1
    return int(st.session_state[_COUNT])


def _pixels(stored: dict[str, Photo]) -> int:
    return sum(photo.pixels.shape[0] * photo.pixels.shape[1] for photo in stored.values())
