"""Language and model are looked up once in a run of the script, and anew in the next one."""

import shutil
from collections import Counter
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from melanoma.app.parts.shared import language
from melanoma.app.parts.shared.script_run import once_per_run, script_run
from melanoma.model import bundle

SCRIPT = Path(__file__).parents[2] / "melanoma" / "app" / "entry" / "script.py"
FRAGMENT = """
from melanoma.app.parts.shared.language import say
from melanoma.app.parts.shared.model import chosen_bundle, classifier
from melanoma.app.parts.shared.error_messages import fragment

fragment(lambda: (say("Model"), say("Quiz"), chosen_bundle(), classifier(), chosen_bundle()))()
"""


@pytest.fixture
def counts(monkeypatch):
    """How often the folder of models was listed, and the visitor's language decided."""
    counted: Counter[str] = Counter()

    def count(module, name, event):
        work = getattr(module, name)

        def counting(*args):
            counted[event] += 1
            return work(*args)

        monkeypatch.setattr(module, name, counting)

    count(bundle, "bundles_in", "listings")
    count(language, "_decide_language", "languages")
    return counted


@pytest.fixture
def two_models(small_bundle, tmp_path, monkeypatch):
    for name in ("one", "two"):
        shutil.copytree(small_bundle, tmp_path / name)
    monkeypatch.setenv("MELANOMA_MODELS", str(tmp_path))


@pytest.mark.slow("the page with a model of its own")
def test_a_run_of_examine_lists_the_models_once_and_decides_the_language_once(two_models, counts):
    app = AppTest.from_file(str(SCRIPT), default_timeout=240).run()
    assert not app.exception and app.selectbox
    assert counts == {"listings": 1, "languages": 1}
    app.run()
    assert counts == {"listings": 2, "languages": 2}


@pytest.mark.slow("the page once more")
def test_a_fragment_that_runs_alone_does_so_too(two_models, counts):
    app = AppTest.from_string(FRAGMENT, default_timeout=240).run()
    assert not app.exception
    assert counts == {"listings": 1, "languages": 1}


@pytest.mark.slow("a page run twice")
def test_the_next_run_follows_another_choice(two_models):
    app = AppTest.from_file(str(SCRIPT), default_timeout=240).run()
    assert app.title[0].value == "What does the network see?"
    app.segmented_control(key="lang").set_value("de")
    app.session_state["model-chosen"] = "two"
    app.run()
    assert app.title[0].value == "Was sieht das Netz?"
    assert app.query_params["model"] in ("two", ["two"])


def test_values_last_as_long_as_the_outer_block():
    calls = iter(range(10))

    def look_up():
        return once_per_run("value", lambda: next(calls))

    with script_run():
        with script_run():
            assert look_up() == look_up() == 0
        assert look_up() == 0
    assert look_up() == 1 and look_up() == 2
    with script_run():
        assert look_up() == 3


def test_an_error_is_looked_up_again():
    answers = iter([ZeroDivisionError(), 1])

    def look_up():
        if isinstance(answer := next(answers), Exception):
            raise answer
        return answer

    with script_run():
        with pytest.raises(ZeroDivisionError):
            once_per_run("value", look_up)
        assert once_per_run("value", look_up) == 1
