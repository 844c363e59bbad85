"""Choices that a link holds by a name which stays the same in every language.

Streamlit's `bind="query-params"` writes the label that is shown, and labels here are translated and carry
probabilities: such a link would open another state for another visitor.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

T = TypeVar("T", int, str)


def linked_choice(
    place: Any,
    label: str,
    options: Sequence[T],
    default: T,
    name: str,
    label_of: Callable[[T], str],
    owner: str = "",
    always_named: bool = False,
) -> T:
    """Draw a select box in `place` (a column, or st) and return the option chosen.

    `name` is its name in the link, which holds the option itself. Where the default depends on something,
    such as a photo, `owner` names that: another owner starts from its own default, or the link's. The link
    leaves the default out, unless it is to be `always_named`.
    """
    key = f"{name}-{owner}" if owner else name
    _read_from_link(key, options, default, name)
    labels = _labels(options, label_of)
    place.selectbox(label, options, format_func=labels.__getitem__, key=key, persist_state="session")
    return _write_to_link(key, None if always_named else default, name)


def linked_segment(
    label: str, options: Sequence[T], default: T, name: str, label_of: Callable[[T], str], **more: Any
) -> T:
    """Draw a segmented control and return the option chosen; `name` is its key, and its name in the link."""
    _read_from_link(name, options, default, name)
    st.segmented_control(
        label,
        options,
        format_func=_labels(options, label_of).__getitem__,
        key=name,
        required=True,
        persist_state="session",
        **more,
    )
    return _write_to_link(name, default, name)


def linked_tabs(options: Sequence[T], name: str, label_of: Callable[[T], str]) -> tuple[T, Any]:
    """Draw tabs, the first one open by default; return the open one and the container of its content.

    `name` is its name in the link. Only what is drawn in that container is sent to the browser.
    """
    key, labels = f"{name}-tabs", _labels(options, label_of)
    if link_decides() or st.session_state.get(key) not in labels.values():
        linked = {str(option): option for option in options}
        st.session_state[key] = labels[linked.get(st.query_params.get(name, ""), options[0])]
    tabs = st.tabs(list(labels.values()), key=key, on_change="rerun")
    opened = next(number for number, tab in enumerate(tabs) if tab.open)
    put_into_link(name, str(options[opened]) if opened else None)
    return options[opened], tabs[opened]


def linked_percentage(label: str, default: int, name: str) -> int:
    """Draw a slider and return the whole percentage chosen; `name` is its key, and its name in the link.

    Streamlit's own binding fails on a link's 1e309.
    """
    if link_decides() or name not in st.session_state:
        linked = re.fullmatch("[0-9]{1,3}", st.query_params.get(name, ""), re.ASCII)
        st.session_state[name] = min(int(linked[0]), 100) if linked else default
    st.slider(label, 0, 100, format="%d%%", key=name, persist_state="session")
    return _write_to_link(name, default, name)


def put_into_link(name: str, value: str | None) -> None:
    """Write a value into the link, or take its name out of it if None."""
    if st.query_params.get(name) == value:
        return
    if value is None:
        del st.query_params[name]
    else:
        st.query_params[name] = value


def link_decides() -> bool:
    """Return True in a run that the browser's Back or Forward asked for.

    What the link holds then goes before what the session holds, and what it does not name is at its default.
    """
    run = get_script_run_ctx()
    return run is not None and run.is_history_navigation


def _labels(options: Sequence[T], label_of: Callable[[T], str]) -> dict[T, str]:
    """Return what is shown for each option.

    Streamlit keeps a control's format_func as long as the session, and with it all that it refers to: a
    function that knows a prediction would keep every photo's.
    """
    return {option: label_of(option) for option in options}


def _read_from_link(key: str, options: Sequence[T], default: T, name: str) -> None:
    if link_decides() or st.session_state.get(key) not in options:
        linked = {str(option): option for option in options}
        st.session_state[key] = linked.get(st.query_params.get(name, ""), default)


def _write_to_link(key: str, default: T | None, name: str) -> T:
    chosen: T = st.session_state[key]
    put_into_link(name, None if chosen == default else str(chosen))
    return chosen
