"""The page in other languages: every phrase translated, with the same blanks, and the link decides."""

import ast
import string
import tomllib
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from melanoma.app.parts.shared.language import speaker

ROOT = Path(__file__).parents[2]
TEXTS = ROOT / "melanoma" / "app" / "text"
LANGUAGES = sorted(folder.name for folder in TEXTS.iterdir() if folder.name != "en")
SCRIPT = ROOT / "streamlit_app.py"


def blanks(phrase: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(phrase) if name}


def phrases() -> set[str]:
    """Every literal given to `say` anywhere in the package."""
    found = set()
    for file in (ROOT / "melanoma").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in ("say", "spoken")
                and node.args
                and isinstance(node.args[0], ast.Constant)
            ):
                found.add(node.args[0].value)
    return found


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_phrase_is_translated(code):
    words = tomllib.loads((TEXTS / code / "words.toml").read_text(encoding="utf-8"))
    assert len(phrases()) > 100
    assert sorted(phrases() - set(words)) == []


@pytest.mark.parametrize("code", LANGUAGES)
def test_translations_have_the_same_blanks(code):
    words = tomllib.loads((TEXTS / code / "words.toml").read_text(encoding="utf-8"))
    assert {phrase: words[phrase] for phrase in words if blanks(phrase) != blanks(words[phrase])} == {}


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_longer_text_is_translated(code):
    english = {file.relative_to(TEXTS / "en"): file for file in (TEXTS / "en").rglob("*.md")}
    missing = [str(name) for name in english if not (TEXTS / code / name).exists()]
    assert missing == []
    for name, file in english.items():
        translated = (TEXTS / code / name).read_text(encoding="utf-8")
        assert blanks(translated) == blanks(file.read_text(encoding="utf-8")), name


def test_numbers_are_written_as_the_language_writes_them():
    in_german = speaker("de")
    assert in_german("{value:.1%}", value=0.1234) == "12,3\u00a0%"
    assert in_german("{value:,}", value=150528) == "150.528"
    assert in_german("{value:+.3f}", value=np.float32(-1.25)) == "-1,250"
    assert in_german("{value}", value="v1.2, 5%") == "v1.2, 5%"  # text is not a number
    assert speaker("en")("{value:,}", value=150528) == "150,528"


def test_the_link_decides_the_language():
    app = AppTest.from_file(str(SCRIPT), default_timeout=120)
    app.query_params["lang"] = "de"
    app.run()
    assert not app.exception
    assert app.title[0].value == "Was sieht das Netz?"


def test_an_unknown_language_is_english():
    app = AppTest.from_file(str(SCRIPT), default_timeout=120)
    app.query_params["lang"] = "xx"
    app.run()
    assert not app.exception
    assert app.title[0].value == "What does the network see?"
