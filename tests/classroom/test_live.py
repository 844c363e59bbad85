"""A class in memory: every answer once, thirty threads, two teachers, and when it is over."""

from concurrent.futures import ThreadPoolExecutor
from itertools import product

import pytest

from melanoma.classroom.help import Help, deal_help, decoy, with_wrong_answer
from melanoma.classroom.live import (
    LONGEST,
    MOST_STUDENTS,
    UNSEEN,
    ClassCase,
    Classes,
    LiveClass,
    is_token,
    new_token,
    shares,
)
from melanoma.errors import UserError

OPTIONS = ("MEL", "NV", "BKL")


def case(truth="MEL", probabilities=(0.2, 0.7, 0.1)):
    return ClassCase("one", truth, b"photo", b"map", True, probabilities)


def opened(count=5, study=False, **more):
    return LiveClass([case(**more) for _ in range(count)], OPTIONS, 7, study, "drawn", "model 1")


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def test_thirty_phones_at_once_are_each_counted_once():
    live = opened()
    phones = [new_token() for _ in range(30)]
    assert all(map(is_token, phones)) and len(set(phones)) == 30

    def send(one):  # every answer twice, the second one another
        token, number = one
        return live.answer(token, number, "MEL"), live.answer(token, number, "NV")

    with ThreadPoolExecutor(30) as pool:
        sent = list(pool.map(send, product(phones, range(5))))
    assert sent == [(True, False)] * 150
    assert live.students() == (30, 30) and len(live.answers()) == 150
    assert [dict(live.counts(number)) for number in range(5)] == [{"MEL": 30}] * 5
    assert live.answers_of(phones[0]) == dict.fromkeys(range(5), "MEL"), "a reload finds them"
    assert shares(live.counts(0), OPTIONS) == (1.0, 0.0, 0.0) and shares({}, OPTIONS) == (0.0, 0.0, 0.0)


def test_what_no_page_sends_is_refused():
    live, token = opened(), new_token()
    for wrong in ((token, 5, "MEL"), (token, -1, "MEL"), (token, 0, "<b>"), ("<b>", 0, "MEL")):
        with pytest.raises(ValueError):
            live.answer(*wrong)
    assert live.answers() == []
    with pytest.raises(ValueError):
        LiveClass([], OPTIONS, 1, False, "drawn", "model")


def test_a_full_class_takes_nobody_more_and_goes_on():
    live = opened()
    tokens = [new_token() for _ in range(MOST_STUDENTS)]
    for token in tokens:
        live.join(token)
    with pytest.raises(UserError, match="full: it has 200 students"):
        live.join(new_token())
    assert live.answer(tokens[0], 0, "MEL")


def test_two_teachers_have_two_classes_and_lead_only_their_own():
    classes = Classes()
    first, second = opened(), opened()
    classes.open(first)
    classes.open(second)
    assert classes.find(f" {first.code.lower()} ") is first
    assert classes.lead(second.code, second.key) is second
    with pytest.raises(UserError, match="not the key"):
        classes.lead(first.code, second.key)
    with pytest.raises(UserError, match="not the key"):
        classes.close(first.code, "ä")
    classes.close(first.code, first.key)
    for absent in (first.code, "<script>", "", "x" * 10_000):
        with pytest.raises(UserError, match="started anew"):
            classes.find(absent)


def test_a_class_is_over_when_no_teacher_looks_and_makes_room():
    clock = Clock()
    classes = Classes(most=1, clock=clock)
    live, other = opened(), opened()
    classes.open(live)
    with pytest.raises(UserError, match="has 1 classes"):
        classes.open(other)
    for _ in range(int(LONGEST / UNSEEN)):
        clock.now += UNSEEN
        classes.lead(live.code, live.key)
    clock.now += 1
    assert classes.drop_over() == 0, "whoever looks"
    classes.open(other)
    clock.now += UNSEEN
    assert classes.drop_over() == 1
    clock.now += 1
    assert classes.drop_over() == 0


def test_help_is_dealt_evenly_and_the_same_after_a_reload():
    live = opened(8, study=True)
    tokens = [new_token() for _ in range(200)]
    dealt = [live.help_of(token) for token in tokens]
    assert all(sorted(one[:4]) == sorted(one[4:]) == sorted(Help) for one in dealt)
    assert [live.help_of(token) for token in tokens] == dealt
    assert len({deal_help(7, tokens[0], 8), deal_help(8, tokens[0], 8), deal_help(7, tokens[1], 8)}) > 1
    first = [one[0] for one in dealt]
    assert all(25 < first.count(help) < 80 for help in Help), "by chance 50 each; 25 is four deviations off"
    assert set(opened(8).help_of(tokens[0])) == {Help.NONE}


@pytest.mark.parametrize(
    ("truth", "named", "shown"),
    [
        ("NV", "MEL", (0.7, 0.2, 0.1)),  # the network is right: the next likely one takes its place
        ("MEL", "NV", (0.2, 0.7, 0.1)),  # it is wrong by itself
        ("BKL", "NV", (0.2, 0.7, 0.1)),
    ],
)
def test_a_wrong_answer_is_always_wrong_and_as_sure(truth, named, shown):
    assert decoy(OPTIONS, (0.2, 0.7, 0.1), truth) == named
    assert with_wrong_answer(OPTIONS, (0.2, 0.7, 0.1), truth) == shown
    live = opened(truth=truth)
    assert live.network(0) == "NV" and live.decoy(0) == named
    assert live.shown(0, Help.WRONG) == shown and live.shown(0, Help.PROBABILITIES) == (0.2, 0.7, 0.1)
    assert live.shown(0, Help.MAP) is live.shown(0, Help.NONE) is None
