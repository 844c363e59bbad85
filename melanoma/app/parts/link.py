"""Choices that a link holds by a name which stays the same in every language.

Streamlit's `bind="query-params"` writes the label that is shown, and labels here are translated and carry
probabilities: such a link would open another state for another visitor.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import streamlit as st

T = TypeVar("T", int, str)


def choose_segment(
    label: str, options: Sequence[T], name: str, label_of: Callable[[T], str], **more: Any
) -> T:
    """Draw a segmented control and return the option chosen; the first is the default.

    `name` is its key, and its name in the link, which holds the option itself.
    """
    _take_from_link(name, options, name)
    st.segmented_control(
        label, options, format_func=label_of, key=name, required=True, persist_state="session", **more
    )
    return _put_into_link(name, options, name)


def choose_option(
    label: str, options: Sequence[T], name: str, label_of: Callable[[T], str], key: str | None = None
) -> T:
    """Draw a select box and return the option chosen; the first is the default.

    `name` is its name in the link. `key` is its own where the default depends on something, such as a photo.
    """
    key = key or name
    _take_from_link(key, options, name)
    st.selectbox(label, options, format_func=label_of, key=key, persist_state="session")
    return _put_into_link(key, options, name)


def _take_from_link(key: str, options: Sequence[T], name: str) -> None:
    if st.session_state.get(key) not in options:
        linked = {str(option): option for option in options}
        st.session_state[key] = linked.get(st.query_params.get(name, ""), options[0])


def _put_into_link(key: str, options: Sequence[T], name: str) -> T:
    chosen: T = st.session_state[key]
    wanted = None if chosen == options[0] else str(chosen)
    if st.query_params.get(name) != wanted:
        if wanted is None:
            del st.query_params[name]
        else:
            st.query_params[name] = wanted
    return chosen
