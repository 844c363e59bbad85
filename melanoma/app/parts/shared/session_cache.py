"""A cache in the visitor's session for results of the photo in view."""

from collections.abc import Callable, Hashable
from typing import TypeVar

import streamlit as st

from melanoma.app.parts.shared.model import classifier
from melanoma.app.parts.shared.samples import Photo

T = TypeVar("T")

_CACHED = "cached-"


def cached_for_photo(name: str, photo: Photo, key: Hashable, compute: Callable[[], T], most: int = 8) -> T:
    """Return `compute()`, cached under `name` by photo, model and `key`.

    The latest `most` results are kept; all are dropped when the photo or the model changes.
    """
    owner = (photo.key, classifier().bundle.version)
    store = st.session_state.get(f"{_CACHED}{name}")
    if store is None or store[0] != owner:
        store = st.session_state[f"{_CACHED}{name}"] = (owner, {})
    results = store[1]
    if key not in results:
        while len(results) >= most:
            results.pop(next(iter(results)), None)
        results[key] = compute()
    return results[key]


def forget_results(key: str) -> None:
    """Drop what was made of the photo of this key."""
    for name in list(st.session_state):
        if str(name).startswith(_CACHED) and st.session_state[name][0][0] == key:
            del st.session_state[name]
