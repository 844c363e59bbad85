"""A class that answers a quiz together: in this server's memory, and nowhere else.

A class is found by a short code, which stands in the link for the phones, and led with a secret key, which
stands in the teacher's link alone. A phone is known by a random token in its own link, so that a reload goes
on where it was; nothing else is known of a student.
"""

import hmac
import re
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from melanoma.classroom.help import Help, deal_help, decoy, with_wrong_answer
from melanoma.errors import UserError
from melanoma.phrases import Sentence

MOST_CLASSES = 10
"""At once: with twenty cases each about 10 MB of pictures, 20 kB a photo and 26 kB a map on average."""
MOST_STUDENTS = 200
"""In a class: a lecture hall; a class of thirty needs thirty."""
UNSEEN = 20 * 60.0
"""Seconds for which a class stays when no teacher's page looks at it: a reload, or a laptop that sleeps."""
LONGEST = 4 * 60 * 60.0
"""Seconds after which a class is over whoever looks at it."""
_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # none that is read for another one
_LENGTH = 6
_TOKEN = re.compile(r"[A-Za-z0-9_-]{12}")
OVER = Sentence(
    "There is no class of this code. It is over, or the server was started anew: a class is in its memory "
    "only. Ask your teacher for a new link."
)


@dataclass(frozen=True)
class ClassCase:
    """One case, ready to be shown on any number of phones."""

    key: str
    """Its name in files."""
    truth: str
    """One of the class' options."""
    photo: bytes
    """JPEG."""
    heatmap: bytes
    """The map of the network's answer over the photo, JPEG."""
    signed: bool
    """True if the map also has what speaks against it."""
    probabilities: tuple[float, ...]
    """The network's of the options, 0..1, which add up to 1."""
    credit: str = ""


@dataclass(frozen=True)
class Answer:
    """One student's answer to one case."""

    token: str
    case: int
    """The case's number, from 0."""
    option: str
    help: Help


class LiveClass:
    """One class with its answers. Safe for any number of threads."""

    def __init__(
        self,
        cases: Sequence[ClassCase],
        options: Sequence[str],
        seed: int,
        study: bool,
        source: str,
        model: str,
    ) -> None:
        """Take the cases, one or more, and the diagnoses to choose from, two or more.

        `study`: whether help is dealt; else nobody has any. `source` and `model` say where the cases and the
        network's answers come from.
        """
        if not cases or len(options) < 2:
            raise ValueError("a class needs a case, and two diagnoses to choose from")
        self.cases, self.options = tuple(cases), tuple(options)
        self.seed, self.study, self.source, self.model = seed, study, source, model
        self.code = "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
        self.key = secrets.token_urlsafe(16)
        self._answers: dict[str, dict[int, str]] = {}
        self._lock = threading.Lock()

    def join(self, token: str) -> None:
        """Count a student in, once. Raises UserError if the class is full."""
        if not is_token(token):
            raise ValueError("this is no token")
        with self._lock:
            if token not in self._answers and len(self._answers) >= MOST_STUDENTS:
                raise UserError("This class is full: it has {most} students.", most=MOST_STUDENTS)
            self._answers.setdefault(token, {})

    def answer(self, token: str, case: int, option: str) -> bool:
        """Take an answer; return False if this student has answered the case before: the first one counts."""
        if option not in self.options or not 0 <= case < len(self.cases):
            raise ValueError("there is no such case or option")
        self.join(token)
        with self._lock:
            given = self._answers[token]
            if case in given:
                return False
            given[case] = option
            return True

    def answers_of(self, token: str) -> dict[int, str]:
        """Return what a student has answered, by the number of the case."""
        with self._lock:
            return dict(self._answers.get(token, {}))

    def answers(self) -> list[Answer]:
        """Return all answers, students in the order of their tokens, which is random."""
        with self._lock:
            given = {token: dict(answers) for token, answers in self._answers.items()}
        return [
            Answer(token, case, option, self.help_of(token)[case])
            for token, answers in sorted(given.items())
            for case, option in sorted(answers.items())
        ]

    def students(self) -> tuple[int, int]:
        """Return how many have joined, and how many of them have answered all cases."""
        with self._lock:
            return len(self._answers), sum(len(one) == len(self.cases) for one in self._answers.values())

    def counts(self, case: int) -> Counter[str]:
        """Return how many have given each option in a case."""
        with self._lock:
            return Counter(answers[case] for answers in self._answers.values() if case in answers)

    def help_of(self, token: str) -> tuple[Help, ...]:
        """Return the help that a student has with each case."""
        if not self.study:
            return (Help.NONE,) * len(self.cases)
        return deal_help(self.seed, token, len(self.cases))

    def network(self, case: int) -> str:
        """Return the option that the network gives in a case."""
        return self._likeliest(self.cases[case].probabilities)

    def decoy(self, case: int) -> str:
        """Return the wrong option that a deliberately wrong answer names in a case."""
        one = self.cases[case]
        return decoy(self.options, one.probabilities, one.truth)

    def shown(self, case: int, help: Help) -> tuple[float, ...] | None:
        """Return the probabilities that are shown with a case, or None if none are."""
        one = self.cases[case]
        if help is Help.PROBABILITIES:
            return one.probabilities
        if help is Help.WRONG:
            return with_wrong_answer(self.options, one.probabilities, one.truth)
        return None

    def _likeliest(self, probabilities: Sequence[float]) -> str:
        return max(zip(probabilities, self.options, strict=True), key=lambda pair: pair[0])[1]


class Classes:
    """The classes of a server. Safe for any number of threads."""

    def __init__(self, most: int = MOST_CLASSES, clock: Callable[[], float] = time.monotonic) -> None:
        """Be empty; hold `most` classes. `clock` returns seconds."""
        self._most, self._clock = most, clock
        self._classes: dict[str, LiveClass] = {}
        self._opened: dict[str, float] = {}
        self._seen: dict[str, float] = {}
        self._lock = threading.Lock()

    def open(self, live: LiveClass) -> None:
        """Take a class in. Raises UserError if there are too many."""
        with self._lock:
            self._drop_over()
            if len(self._classes) >= self._most:
                raise UserError(
                    "This server has {most} classes already. Try again when one of them is over.",
                    most=self._most,
                )
            self._classes[live.code] = live
            self._opened[live.code] = self._seen[live.code] = self._clock()

    def find(self, code: str) -> LiveClass:
        """Return the class of a code, however it is typed. Raises UserError if there is none."""
        with self._lock:
            self._drop_over()
            found = self._classes.get(code.strip().upper()[: 2 * _LENGTH])
        if found is None:
            raise UserError(OVER)
        return found

    def lead(self, code: str, key: str) -> LiveClass:
        """Return the class for its teacher, and know that a teacher looks at it.

        Raises UserError if there is none, or if the key is another one.
        """
        live = self.find(code)
        if not hmac.compare_digest(live.key.encode(), key.encode()):
            raise UserError("This link has not the key of this class, so it cannot lead it.")
        with self._lock:
            if live.code in self._classes:
                self._seen[live.code] = self._clock()
        return live

    def close(self, code: str, key: str) -> None:
        """Drop a class with all its answers; raises UserError as `lead`."""
        live = self.lead(code, key)
        with self._lock:
            self._drop(live.code)

    def drop_over(self) -> int:
        """Drop the classes that are over; return how many there are left."""
        with self._lock:
            self._drop_over()
            return len(self._classes)

    def _drop_over(self) -> None:
        now = self._clock()
        for code in list(self._classes):
            if now - self._seen[code] > UNSEEN or now - self._opened[code] > LONGEST:
                self._drop(code)

    def _drop(self, code: str) -> None:
        known: tuple[dict[str, LiveClass] | dict[str, float], ...] = (self._classes, self._opened, self._seen)
        for one in known:
            one.pop(code, None)


def new_token() -> str:
    """Return what a phone is known by: 72 random bits."""
    return secrets.token_urlsafe(9)


def is_token(text: str) -> bool:
    """Return whether a text could be one of `new_token`."""
    return _TOKEN.fullmatch(text) is not None


def shares(counts: Mapping[str, int], options: Sequence[str]) -> tuple[float, ...]:
    """Return the share of each option among the answers, 0..1; zeros where there are none."""
    total = sum(counts.values())
    return tuple(counts.get(option, 0) / total if total else 0.0 for option in options)


CLASSES = Classes()
"""Those of this server."""
