"""The page in other languages: every phrase translated, with the same blanks, and the link decides."""

import ast
import re
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from melanoma.app.parts.shared import language
from melanoma.app.parts.shared.language import is_complete, languages, name_of, translator, words
from melanoma.controls import Choice
from melanoma.explain.registry import METHODS
from melanoma.measures.registry import MEASURES
from melanoma.model.network import convolutional_layers
from tests.app.translations import LANGUAGES, TEXTS, blanks, require_translated
from tests.syntax_trees import nodes_in

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "melanoma" / "app" / "entry" / "script.py"


ENGLISH = sorted((TEXTS / "en").glob("*.md"))


def phrases() -> set[str]:
    """Every literal given to `say` anywhere in the package."""
    found = set()
    for file in (ROOT / "melanoma").rglob("*.py"):
        for node in nodes_in(file):
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
    assert len(phrases()) > 100
    require_translated(code, phrases() - set(words(code)))


def descriptions(classifier) -> set[str]:
    """What methods, their controls and measures say of themselves, which the page passes on to `say`."""
    network, codes = classifier.compiled, classifier.bundle.codes
    found = set()
    for method in METHODS.values():
        found |= {method.title, method.summary, method.unit}
        for control in method.controls(network, codes):
            values = control.values if isinstance(control, Choice) else ()
            found |= {control.title, *values} - {*convolutional_layers(network.network), *codes}
    for measure in MEASURES.values():
        found |= {measure.title, measure.meaning}
    return found


@pytest.mark.parametrize("code", LANGUAGES)
def test_methods_and_measures_are_translated(code, small_classifier):
    require_translated(code, descriptions(small_classifier) - set(words(code)))


@pytest.mark.parametrize("code", LANGUAGES)
def test_translations_have_the_same_blanks(code):
    known = words(code)
    assert {phrase: known[phrase] for phrase in known if blanks(phrase) != blanks(known[phrase])} == {}


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_longer_text_is_translated(code):
    require_translated(code, {file.name for file in ENGLISH if not (TEXTS / code / file.name).exists()})


@pytest.mark.parametrize("code", LANGUAGES)
def test_longer_texts_have_the_same_blanks(code):
    translated = [file for file in ENGLISH if (TEXTS / code / file.name).exists()]
    for file in translated:
        own = (TEXTS / code / file.name).read_text(encoding="utf-8")
        assert blanks(own) == blanks(file.read_text(encoding="utf-8")), file.name


def test_german_is_complete():
    assert is_complete("de") and name_of("de") == "Deutsch"


@pytest.mark.slow("a page in a language of its own")
def test_a_language_that_is_begun_shows_the_rest_in_english(tmp_path, monkeypatch):
    (tmp_path / "en").symlink_to(TEXTS / "en")
    (tmp_path / "it").mkdir()
    (tmp_path / "it" / "words.toml").write_text(
        'language = { name = "Italiano" }\n"What does the network see?" = "Che cosa vede la rete?"\n',
        encoding="utf-8",
    )
    cached = (languages, words, translator, language._file, language._numbers, language._read)
    with monkeypatch.context() as patch:
        patch.setattr(language, "_FOLDER", tmp_path)
        for function in cached:
            function.cache_clear()
        app = AppTest.from_file(str(SCRIPT), default_timeout=120)
        app.query_params["lang"] = "it"
        app.run()
        assert not is_complete("it")
    for function in cached:
        function.cache_clear()
    assert not app.exception
    assert app.title[0].value == "Che cosa vede la rete?"
    assert any("Not a diagnosis" in markdown.value for markdown in app.markdown)
    assert app.file_uploader[0].label == "Dermoscopic photos of one lesion each, in the middle of the picture"
    assert app.segmented_control(key="lang").options == ["English", "Italiano"]


def test_what_a_begun_language_lacks_is_listed_and_a_complete_one_fails():
    with pytest.raises(pytest.fail.Exception, match="Deutsch is complete and lacks:\nQuiz"):
        require_translated("de", {"Quiz"})
    with pytest.raises(pytest.skip.Exception, match="xx is begun; 2 are missing: Model, Quiz"):
        require_translated("xx", {"Quiz", "Model"})
    require_translated("xx", set())


def test_no_text_counts_what_may_be_added():
    count = r"(?i)\b(two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\d+)"
    counted = re.compile(count + r" (tests|measures|methods|pages|languages|steps lead|scores)\b")
    told = [*phrases(), *(file.read_text(encoding="utf-8") for file in ENGLISH)]
    assert [text for text in told if counted.search(text)] == []


def test_numbers_are_written_as_the_language_writes_them():
    in_german = translator("de")
    assert in_german("{value:.1%}", value=0.1234) == "12,3\u00a0%"
    assert in_german("{value:,}", value=150528) == "150.528"
    assert in_german("{value:+.3f}", value=np.float32(-1.25)) == "\u22121,250"
    assert (
        in_german("{value:+.2f}", value=-0.004) == "+0,00" and in_german("{value:.1f}", value=-0.04) == "0,0"
    )
    assert in_german("{value}", value="v1.2, 5%") == "v1.2, 5%"  # text is not a number
    assert translator("en")("{value:,}", value=150528) == "150,528"


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
