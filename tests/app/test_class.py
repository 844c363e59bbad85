"""A class on the Quiz page without a browser: teacher, phones, reload, study, links that lead nowhere."""

from dataclasses import replace

import numpy as np
import pytest

from melanoma.classroom.help import Help
from melanoma.classroom.live import CLASSES, LiveClass, is_token
from melanoma.photos.encoding import as_jpeg
from tests.app.opening import press, words
from tests.app.test_quiz import opened, small_model
from tests.classroom.test_live import case

__all__ = ["small_model"]
PICTURE = as_jpeg(np.full((8, 8, 3), 128, np.uint8), 85)


def link(app, name):
    value = app.query_params.get(name)
    return value[0] if isinstance(value, list) else value


@pytest.fixture
def live():
    """A study of five cases, whose truth is MEL and of which the network says NV."""
    cases = [replace(case(probabilities=(0.3, 0.7)), photo=PICTURE, heatmap=PICTURE) for _ in range(5)]
    live = LiveClass(cases, ("MEL", "NV"), 7, True, "drawn", "model 1")
    CLASSES.open(live)
    yield live
    if live.code in CLASSES._classes:
        CLASSES.close(live.code, live.key)


def phone(code, **more):
    return opened(**{"class": code}, **more)


def answer(app, option):
    app.radio[0].set_value(option)
    press(app, "Send")


def at_case(app):
    return app.get("progress")[0].proto.text


def test_each_answer_counts_once_over_a_reload_and_all_is_told_at_the_end(live):
    one = phone(live.code)
    token = link(one, "me")
    assert is_token(token) and at_case(one) == "Case 1 of 5"
    press(one, "Send")
    assert one.warning[0].value == "Choose a diagnosis first."
    answer(one, "MEL")
    again = phone(live.code, me=token)  # a reload
    assert at_case(again) == "Case 2 of 5"
    answer(again, "NV")
    answer(one, "MEL")  # the page from before the reload is still at the second case: the first counts
    assert live.answers_of(token) == {0: "MEL", 1: "NV"}
    for _ in range(2, 5):
        answer(again, "MEL")
    told = again.warning[0].value
    assert "**On purpose, an answer that you were shown was wrong**" in told
    misled = [number + 1 for number, help in enumerate(live.help_of(token)) if help is Help.WRONG]
    assert misled and [f"Case {number}: you were shown Mole" in told for number in misled]
    assert told.count("Case ") == len(misled)
    assert "You were right in 4 and the network in 0 of 5 cases." in words(again)


def test_each_kind_of_help_is_what_it_says(live):
    app = phone(live.code)
    for help in live.help_of(link(app, "me")):
        told = words(app)
        assert ("**The network says:**" in told) == (help in (Help.PROBABILITIES, Help.WRONG))
        assert ("**The network says: Mole" in told) == (help is Help.MAP)
        answer(app, "MEL")


def test_the_teacher_sees_answers_gather_and_the_rest_only_when_asked_for(live):
    teacher = phone(live.code, key=live.key)
    assert f"Code of the class: **{live.code}**" in words(teacher)
    assert "**0** phones have joined, **0** have finished. Case 1: **0** answers" in words(teacher)
    token = link(phone(live.code), "me")
    for number in range(5):
        live.answer(token, number, "MEL")
    teacher.run()
    assert "**1** phones have joined, **1** have finished. Case 1: **1** answers" in words(teacher)
    assert "Over-reliance" not in words(teacher)
    teacher.toggle(key="class-truth").set_value(True).run()
    assert "**Over-reliance:" in words(teacher)
    assert "Intervals are given from 5 students on." in words(teacher)


def test_links_that_lead_nowhere_are_a_sentence_each(live, small_model):
    other = phone(live.code, key="<b>another teacher's</b>")
    assert other.error[0].value.startswith("This link has not the key of this class")
    assert not other.get("download_button")
    gone = phone("<script>alert(1)</script>")  # or of a server that was started anew
    assert "the server was started anew" in gone.error[0].value and not gone.radio
    press(gone, "To the quiz without a class")
    assert not gone.error and link(gone, "class") is None
    gone.text_input(key="class-code").set_value("<i>no code")
    press(gone, "Join")
    assert "There is no class of this code" in gone.error[0].value
    gone.text_input(key="class-code").set_value(live.code.lower())
    press(gone, "Join")
    assert at_case(gone) == "Case 1 of 5"
    forged = phone(live.code, me="<img src=x>")
    assert is_token(link(forged, "me"))


def test_a_class_that_ends_says_so_on_the_phones(live):
    teacher, one = phone(live.code, key=live.key), phone(live.code)
    press(teacher, "End it now")
    assert link(teacher, "class") is link(teacher, "key") is None
    one.radio[0].set_value("MEL")
    press(one, "Send")
    assert "It is over" in one.error[0].value


@pytest.mark.slow("draws a class' cases and has the network answer them")
def test_a_class_of_drawn_cases_is_opened(small_model):
    app = opened(source="drawn", seed="7", study="true")
    press(app, "Open a class")
    live = CLASSES.lead(link(app, "class"), link(app, "key"))
    assert live.study and len(live.cases) == 5 and live.options == ("MEL", "NV")
    assert all(abs(sum(one.probabilities) - 1) < 1e-9 for one in live.cases)
    assert all(one.photo[:2] == one.heatmap[:2] == b"\xff\xd8" for one in live.cases)
    CLASSES.close(live.code, live.key)
