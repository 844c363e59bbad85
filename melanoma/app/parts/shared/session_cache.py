"""A cache in the visitor's session for results of the photo in view."""

from collections.abc import Callable, Hashable
from typing import TypeVar

import streamlit as st

from melanoma.app.parts.shared.model import classifier
from melanoma.app.parts.shared.photo import Photo

T = TypeVar("T")


def cached_for_photo(name: str, photo: Photo, key: Hashable, compute: Callable[[], T], most: int = 8) -> T:
    """Return `compute()`, cached under `name` by photo, model and `key`.

    The latest `most` results are kept; all are dropped when the photo or the model changes.
    """
    owner = (photo.key, classifier().bundle.version)
    store = st.session_state.get(f"cached-{name}")
    if store is None or store[0] != owner:
        store = st.session_state[f"cached-{name}"] = (owner, {})
    results = store[1]
    if key not in results:
        while len(results) >= most:
            results.pop(next(iter(results)), None)
        results[key] = compute()
    return results[key]
