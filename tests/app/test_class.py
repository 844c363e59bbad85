"""A class on the Quiz page without a browser: teacher, phones, reload, study, links that lead nowhere."""

import pytest

from melanoma.classroom.help import Help
from melanoma.classroom.live import CLASSES, is_token
from tests.app.test_quiz import opened, press, small_model, words

__all__ = ["small_model"]


def link(app, name):
    value = app.query_params.get(name)
    return value[0] if isinstance(value, list) else value


@pytest.fixture
def teacher(small_model):
    """A teacher's page with a study of five drawn cases."""
    app = opened(source="drawn", seed="7")
    app.toggle(key="class-study").set_value(True).run()
    press(app, "Open a class")
    yield app
    CLASSES.close(link(app, "class"), link(app, "key"))


def phone(code, **more):
    return opened(**{"class": code}, **more)


def answer(app, option):
    app.radio[0].set_value(option)
    press(app, "Send")


def test_a_class_from_its_opening_to_the_result(teacher):
    code = link(teacher, "class")
    assert f"Code of the class: **{code}**" in words(teacher)
    one = phone(code)
    token = link(one, "me")
    assert is_token(token) and "Case 1 of 5" in one.get("progress")[0].proto.text
    press(one, "Send")
    assert one.warning[0].value == "Choose a diagnosis first."
    answer(one, "MEL")
    again = phone(code, me=token)  # a reload
    assert "Case 2 of 5" in again.get("progress")[0].proto.text
    answer(again, "NV")
    answer(one, "MEL")  # the page from before the reload is still at the second case: the first counts
    live = CLASSES.find(code)
    assert live.answers_of(token) == {0: "MEL", 1: "NV"}
    for number in range(2, 5):
        answer(again, live.cases[number].truth)
    told = words(again) + again.warning[0].value
    assert "**On purpose, an answer that you were shown was wrong**" in told
    misled = [number + 1 for number, help in enumerate(live.help_of(token)) if help is Help.WRONG]
    assert misled and all(f"Case {number}: you were shown" in told for number in misled)
    teacher.run()
    assert "**1** phones have joined, **1** have finished. Case 1: **1** answers" in words(teacher)
    assert "Over-reliance" not in words(teacher), "hidden from the room until the teacher shows it"
    teacher.toggle(key="class-truth").set_value(True).run()
    assert "**Over-reliance:" in words(teacher)
    assert "Intervals are given from 5 students on." in words(teacher)


def test_each_kind_of_help_is_what_it_says(teacher):
    live = CLASSES.find(link(teacher, "class"))
    app = phone(live.code)
    for help in live.help_of(link(app, "me")):
        told = words(app)
        assert ("**The network says:**" in told) == (help in (Help.PROBABILITIES, Help.WRONG))
        assert ("**The network says: " in told) == (help is Help.MAP)
        answer(app, "MEL")


def test_links_that_lead_nowhere_are_a_sentence_each(teacher):
    code = link(teacher, "class")
    other = opened(**{"class": code, "key": "<b>another teacher's</b>"})
    assert other.error[0].value.startswith("This link has not the key of this class")
    assert not other.download_button
    gone = phone("<script>alert(1)</script>")  # or of a server that was started anew
    assert "the server was started anew" in gone.error[0].value and not gone.radio
    press(gone, "To the quiz without a class")
    assert not gone.error and link(gone, "class") is None
    gone.text_input(key="class-code").set_value("<i>no code")
    press(gone, "Join")
    assert "There is no class of this code" in gone.error[0].value
    gone.text_input(key="class-code").set_value(code.lower())
    press(gone, "Join")
    assert "Case 1 of 5" in gone.get("progress")[0].proto.text
    forged = phone(code, me="<img src=x>")
    assert is_token(link(forged, "me"))


def test_a_class_that_ends_says_so_on_the_phones(small_model):
    app = opened(source="drawn")
    press(app, "Open a class")
    one = phone(link(app, "class"))
    press(app, "End it now")
    assert link(app, "class") is link(app, "key") is None
    one.radio[0].set_value("MEL")
    press(one, "Send")
    assert "It is over" in one.error[0].value
