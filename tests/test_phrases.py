"""Sentences with blanks: the same in English as ever, in another language later, and safe with any name."""

import pickle

import pytest

from melanoma.errors import UserError
from melanoma.phrases import Sentence

IN_GERMAN = {
    "{name} is larger than {most} MB. {advice}": "{name} hat mehr als {most} MB. {advice}",
    "Save it smaller.": "Speichern Sie es kleiner.",
}


def german(phrase: str, /, **values: object) -> str:
    return IN_GERMAN[phrase].format(**values) if values else IN_GERMAN[phrase]


def too_large(name: str) -> UserError:
    return UserError(
        "{name} is larger than {most} MB. {advice}",
        name=name,
        most=20,
        advice=Sentence("Save it smaller."),
    )


def test_an_error_reads_in_english_and_in_another_language():
    error = too_large("a.jpg")
    assert str(error) == "a.jpg is larger than 20 MB. Save it smaller."
    assert error.said(german) == "a.jpg hat mehr als 20 MB. Speichern Sie es kleiner."


@pytest.mark.parametrize("name", ["{most}", "{0}", "{", "}", "{name.__class__}", "{{x}}", "%s", ""])
def test_braces_in_a_name_are_letters(name):
    assert str(too_large(name)).startswith(f"{name} is larger")
    assert too_large(name).said(german).startswith(f"{name} hat mehr als 20 MB")
    assert str(UserError(f"{name} is odd.")) == f"{name} is odd."
    assert UserError(f"{name} is odd.").said(lambda phrase, **values: phrase) == f"{name} is odd."


def test_a_blank_may_have_any_name():
    assert str(UserError("{self} {sentence} {template}", self=1, sentence=2, template=3)) == "1 2 3"


def test_a_folder_is_renamed_wherever_it_stands():
    error = UserError(
        "{file} of {more}", file="/srv/x/a.csv", more=Sentence("{path}, {n}", path="/srv/x", n=2)
    )
    assert str(error.sentence.renamed("/srv/x", "It")) == "It/a.csv of It, 2"
    assert str(Sentence("/srv/x is bad {").renamed("/srv/x", "It")) == "It is bad {"


def test_an_error_goes_to_another_process_whole():
    sent = pickle.loads(pickle.dumps(too_large("a.jpg")))
    assert str(sent) == str(too_large("a.jpg"))
    assert sent.said(german) == too_large("a.jpg").said(german)


def test_a_value_of_any_length_leaves_a_sentence():
    assert str(too_large("x" * 400)) == f"{'x' * 400} is larger than 20 MB. Save it smaller."
    assert str(too_large("x" * 1_000_000)) == f"{'x' * 400}… is larger than 20 MB. Save it smaller."
