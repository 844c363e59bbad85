"""The page's words in the visitor's language.

English stands in the code and in `text/en/`. Every other language is a folder of `text/` named by its code:
`words.toml` maps the English of the code to its own, that of errors too (`melanoma.phrases`), and Markdown
files replace those of `text/en/`. What a folder lacks is shown in English, so one file is enough to begin a
language. Its table `language` gives the language's own name, and says whether it is complete: then the tests
refuse a missing translation.
"""

import numbers
import re
import string
import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from melanoma.app.parts.shared.link import link_decides, linked_segment
from melanoma.app.parts.shared.script_run import once_per_run

_FOLDER = Path(__file__).parents[2] / "text"
_ENGLISH = "en"
_KEY = "lang"
_MINUS = "\u2212"
_ABOUT = "language"  # the table of words.toml about the language itself


def choose_language() -> None:
    """Draw the choice of language; the link holds it, and a new visitor gets the browser's own."""
    linked_segment(
        "Language",
        languages(),
        _browsers_own(),
        _KEY,
        name_of,
        label_visibility="collapsed",
    )


def language() -> str:
    """Return the code of the visitor's language: the one chosen here, the link's, or the browser's own."""
    return once_per_run("language", _decide_language)


def _decide_language() -> str:
    here = None if link_decides() else st.session_state.get(_KEY)
    chosen = here or st.query_params.get(_KEY)
    return chosen if chosen in languages() else _browsers_own()


def say(english: str, /, **values: object) -> str:
    """Return a phrase of the code in the visitor's language, with `values` put in its {braces}."""
    return translator(language())(english, **values)


@cache
def translator(code: str) -> Callable[..., str]:
    """Return `say` for one language, for what is made outside a visitor's run, such as a file."""

    known = words(code)

    def speak(english: str, /, **values: object) -> str:
        phrase = known.get(english, english)
        return _numbers(code).format(phrase, **values) if values else phrase

    return speak


def format_number(value: float, form: str) -> str:
    """Return a number in a format such as ".1%", with the signs of the visitor's language."""
    return _numbers(language()).format_field(value, form)


def number_separators() -> str:
    """Return the decimal and the thousands separator of the visitor's language, as Plotly takes them."""
    signs = _numbers(language()).signs
    return signs["."] + signs[","]


def text(name: str) -> str:
    """Return the longer text `name` in the visitor's language, Markdown."""
    return _read(language(), name)


@cache
def languages() -> tuple[str, ...]:
    """Return the codes of all languages, English first."""
    found = sorted(folder.name for folder in _FOLDER.iterdir() if folder.is_dir())
    return (_ENGLISH, *(code for code in found if code != _ENGLISH))


def name_of(code: str) -> str:
    """Return what a language calls itself; its code if it does not say."""
    return "English" if code == _ENGLISH else str(_about(code).get("name", code))


def is_complete(code: str) -> bool:
    """Return whether a language declares that it lacks no translation."""
    return code == _ENGLISH or _about(code).get("complete") is True


@cache
def words(code: str) -> dict[str, str]:
    """Return the phrases that a language has, by the English of the code."""
    return {english: own for english, own in _file(code).items() if english != _ABOUT}


@cache
def _file(code: str) -> dict[str, Any]:
    file = _FOLDER / code / "words.toml"
    return tomllib.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def _about(code: str) -> dict[str, Any]:
    about: dict[str, Any] = _file(code).get(_ABOUT, {})
    return about


class _Numbers(string.Formatter):
    """Formats as str.format does, with the signs of a language in numbers that have a format."""

    def __init__(self, example: str) -> None:
        """`example` is 1,234.5% as the language writes it."""
        found = re.fullmatch(r"1(.)234(.)5(.+)", example)
        if found is None:
            raise ValueError(f"{example!r} is not 1,234.5% in other signs")
        self.signs = dict(zip(",.%", found.groups(), strict=True)) | {"-": _MINUS}

    def format_field(self, value: object, format_spec: str) -> str:
        """Return the value as text."""
        as_text = super().format_field(value, format_spec)
        if format_spec and isinstance(value, numbers.Real):
            if as_text.startswith("-") and not re.search("[1-9]", as_text):
                as_text = super().format_field(
                    abs(float(value)), format_spec
                )  # rounded, it is no less than 0
            return as_text.translate(str.maketrans(self.signs))
        return as_text


@cache
def _numbers(code: str) -> _Numbers:
    example = "1,234.5%"
    return _Numbers(words(code).get(example, example))


@cache
def _read(code: str, name: str) -> str:
    file = _FOLDER / code / f"{name}.md"
    if not file.exists():
        file = _FOLDER / _ENGLISH / f"{name}.md"
    return file.read_text(encoding="utf-8").strip()


def _browsers_own() -> str:
    code = (st.context.locale or _ENGLISH).partition("-")[0].lower()
    return code if code in languages() else _ENGLISH
