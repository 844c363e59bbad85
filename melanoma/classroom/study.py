"""What help did to a class: gain, over-reliance, their intervals, and a table without names.

All comparisons are within the class: the same students, and the same cases, with and without help. Intervals
are percentile bootstraps over students, each drawn with all answers (`evaluation.metrics.bootstrap`), and
hold for these cases: other cases are not drawn.
"""

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from melanoma.classroom.help import Help
from melanoma.classroom.live import Answer, LiveClass
from melanoma.evaluation.metrics import Estimate, bootstrap, share
from melanoma.files import spreadsheet_text

LEAST = 5
"""Students below whose number no interval is given: resampling so few says nothing."""
REPLICATES = 1000


@dataclass(frozen=True)
class StudyResult:
    """The result of a class. Estimates are NaN where nobody was shown what they are of."""

    students: int
    """Who answered at least once."""
    answers: dict[Help, int]
    right: dict[Help, Estimate]
    """Share of right answers with each help."""
    gain: dict[Help, Estimate]
    """That share less the one without help, -1..1, for each other kind of help."""
    followed: Estimate
    """Share of the deliberately wrong answers that were given as one's own."""
    alone: Estimate
    """Share of the answers without help that name the same wrong option."""
    over_reliance: Estimate
    """`followed` less `alone`, -1..1."""

    @property
    def has_intervals(self) -> bool:
        """True if there are enough students for an interval."""
        return self.students >= LEAST


def study_result(live: LiveClass) -> StudyResult:
    """Return the result of a class as it is now."""
    answers = live.answers()
    students = np.array([answer.token for answer in answers])
    helped = np.array([answer.help for answer in answers])
    right = np.array([answer.option == live.cases[answer.case].truth for answer in answers], dtype=bool)
    wrong = np.array([answer.option == live.decoy(answer.case) for answer in answers], dtype=bool)

    def estimate(statistic: Callable[[np.ndarray], float]) -> Estimate:
        if not answers:
            return Estimate(np.nan, np.nan, np.nan)
        value = statistic(np.ones(len(answers)))
        if len(set(students)) < LEAST or np.isnan(value):
            return Estimate(value, np.nan, np.nan)
        return bootstrap(statistic, students, REPLICATES)

    def given(chosen: np.ndarray, help: Help, weights: np.ndarray) -> float:
        return share(chosen, helped == help, weights)

    def more(chosen: np.ndarray, help: Help, weights: np.ndarray) -> float:
        return given(chosen, help, weights) - given(chosen, Help.NONE, weights)

    return StudyResult(
        len(set(students)),
        {help: int((helped == help).sum()) for help in Help},
        {help: estimate(partial(given, right, help)) for help in Help},
        {help: estimate(partial(more, right, help)) for help in Help if help is not Help.NONE},
        estimate(partial(given, wrong, Help.WRONG)),
        estimate(partial(given, wrong, Help.NONE)),
        estimate(partial(more, wrong, Help.WRONG)),
    )


def as_csv(live: LiveClass) -> str:
    """Return one line an answer with a header; students are numbers in a random order, and have no names."""
    out = io.StringIO()
    fields = ("student", "case", "file", "help", "shown", "answer", "truth", "network", "right")
    writer = csv.DictWriter(out, fields, lineterminator="\n")
    writer.writeheader()
    answers = live.answers()
    number = {token: place for place, token in enumerate(dict.fromkeys(a.token for a in answers), start=1)}
    writer.writerows(_row(live, answer, number[answer.token]) for answer in answers)
    return out.getvalue()


def most_discussed(live: LiveClass) -> Sequence[int]:
    """Return the numbers of the answered cases, those first in which class and network differ most.

    By the difference between the share of the class that is right and whether the network is, the largest
    first; equal ones in their order.
    """

    def difference(case: int) -> float:
        counts, truth = live.counts(case), live.cases[case].truth
        return abs(counts[truth] / sum(counts.values()) - (live.network(case) == truth))

    answered = [case for case in range(len(live.cases)) if live.counts(case)]
    return sorted(answered, key=lambda case: -difference(case))


def _row(live: LiveClass, answer: Answer, student: int) -> dict[str, object]:
    case = live.cases[answer.case]
    shown = {Help.WRONG: live.decoy(answer.case), Help.NONE: ""}.get(answer.help, live.network(answer.case))
    return {
        "student": student,
        "case": answer.case + 1,
        "file": spreadsheet_text(case.key),  # a file's name may be a formula
        "help": answer.help.value,
        "shown": shown,
        "answer": answer.option,
        "truth": case.truth,
        "network": live.network(answer.case),
        "right": int(answer.option == case.truth),
    }
