"""A running quiz in the page's link: reload, Back and Forward find it again, and the server keeps nothing.

The link has the set (`source`, `count`, `seed`, `find`), where the student is (`at`), what was answered
(`said`) and a checksum of the cases (`set`), since those of an archive or a folder change. What the network
answered is no part of it: that is computed again.
"""

import re
import zlib

import streamlit as st

from melanoma.app.parts.quiz.cases import sources
from melanoma.app.parts.quiz.question import judge_answer
from melanoma.app.parts.quiz.start import COUNTS, FIND, MOST_FIND, SEARCH, SEED, number_of_set
from melanoma.app.parts.quiz.state import AT, Given, Quiz, drop_quiz, set_up_quiz, show_quiz
from melanoma.app.parts.shared.language import say
from melanoma.app.parts.shared.link import link_decides, put_into_link
from melanoma.app.parts.shared.model import classifier, run_network
from melanoma.errors import UserError
from melanoma.evaluation.quiz import QuizAnswer
from melanoma.phrases import Sentence

SAID, SET = "said", "set"
_ANSWER = re.compile(
    r"(?P<position>\d{1,2})\.(?P<code>[A-Z]{1,9})\.(?P<sure>\d{1,3})(?:\.(?P<x>\d{1,5})\.(?P<y>\d{1,5}))?",
    re.ASCII,
)
_KNOWN, _MOST_KNOWN = "quiz-known-answers", 200
_CHANGED = Sentence(
    "The cases of the quiz in this link are not the same any more, so it cannot go on. Press Start for the "
    "set as it is now."
)


def quiz_of_link() -> Sentence | None:
    """Take up the quiz that the link holds, if this visitor has none or has gone back; return what is wrong.

    Raises UserError if the cases cannot be had.
    """
    asked = st.query_params.get(AT)
    if asked is None:
        if link_decides():
            drop_quiz()
        return None
    if "quiz" in st.session_state and not link_decides():
        return None
    drop_quiz()
    quiz = set_up_quiz(*_set_of_link())
    position = int(asked) if re.fullmatch("[0-9]{1,2}", asked, re.ASCII) else -1
    if st.query_params.get(SET) != checksum(quiz) or not 0 <= position <= len(quiz.cases):
        return _CHANGED
    given = read_answers(st.query_params.get(SAID, ""), quiz, position)
    left_out = _answer_again(quiz, given)
    quiz.position = position
    quiz.shown = next(
        (
            answer
            for answer, known in zip(quiz.answers, quiz.given, strict=True)
            if known.position == position
        ),
        None,
    )
    quiz.mark = next((known.mark for known in quiz.given if known.position == position), None)
    show_quiz(quiz)
    if left_out:
        return Sentence(
            "{count} answers of this link cannot be judged again and are left out.", count=left_out
        )
    return None


def put_quiz_into_link(quiz: Quiz | None) -> None:
    """Write the quiz into the link, or take it out if there is none."""
    if quiz is None:
        for name in (AT, SAID, SET):
            put_into_link(name, None)
        return
    put_into_link("source", quiz.source)
    put_into_link("count", str(quiz.count))
    put_into_link(SEED, str(quiz.seed))
    put_into_link(FIND, quiz.find or None)
    put_into_link(SET, checksum(quiz))
    put_into_link(SAID, "~".join(map(_as_text, quiz.given)) or None)
    put_into_link(AT, str(quiz.position))


def checksum(quiz: Quiz) -> str:
    """Return eight digits that differ where the cases or the diagnoses to choose from do."""
    names = "\n".join([*(case.key for case in quiz.cases), *quiz.options])
    return f"{zlib.crc32(names.encode()):08x}"


def read_answers(text: str, quiz: Quiz, position: int) -> list[Given]:
    """Return the answers of a link up to a case, in the order of the cases; what is none is passed over."""
    found: dict[int, Given] = {}
    for part in text.split("~")[: 2 * len(quiz.cases)]:
        read = _ANSWER.fullmatch(part)
        if read is None or read["code"] not in quiz.options or not 10 <= int(read["sure"]) <= 100:
            continue
        if (number := int(read["position"])) <= position and number < len(quiz.cases):
            mark = (float(read["x"]), float(read["y"])) if read["x"] else None
            found[number] = Given(number, read["code"], int(read["sure"]), mark)
    return [found[number] for number in sorted(found)]


def _as_text(given: Given) -> str:
    mark = "".join(f".{round(value)}" for value in given.mark) if given.mark else ""
    return f"{given.position}.{given.code}.{given.sure}{mark}"


def _set_of_link() -> tuple[str, int, int, str]:
    """Return source, seed, number of cases and search of the link, or what the start page begins with."""
    link = st.query_params
    offered = sources()
    source, count = link.get("source"), link.get("count")
    return (
        source if source in offered else offered[0],
        number_of_set(link.get(SEED, "")),
        int(count) if count in map(str, COUNTS) else COUNTS[0],
        link.get(FIND, SEARCH)[:MOST_FIND],
    )


def _answer_again(quiz: Quiz, given: list[Given]) -> int:
    """Judge the answers again, those that this session has not judged yet; return how many cannot be."""
    known: dict[tuple, QuizAnswer] = st.session_state.setdefault(_KNOWN, {})
    left_out = 0
    with st.spinner(say("Getting the cases…")):
        for one in given:
            case = quiz.cases[one.position]
            key = (quiz.version, case.key, one)
            try:
                if key not in known:
                    photo = case.load()
                    answer = judge_answer(quiz, case, run_network(classifier(), photo), one)
                    while len(known) >= _MOST_KNOWN:
                        known.pop(next(iter(known)))
                    known[key] = answer
            except UserError:
                left_out += 1
                continue
            quiz.given.append(one)
            quiz.answers.append(known[key])
    return left_out
