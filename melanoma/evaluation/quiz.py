"""A quiz against the network: cases, answers, scores, and the calibration of student and network."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TypeVar

import numpy as np

from melanoma.edits.drawn_lesions import LesionParameters
from melanoma.files import spreadsheet_text
from melanoma.photos.framing import Geometry

T = TypeVar("T")
STRONG = 0.9
"""A mark counts as right if the map there is stronger than in this share of the network's input."""
SURE_EDGES = (0.0, 0.35, 0.55, 0.75, 0.95, 1.0 + 1e-9)
"""Bins of the calibration chart: few, since a quiz has few answers."""


@dataclass(frozen=True)
class QuizAnswer:
    """The answers of the student and the network to one case, chosen among the same diagnoses."""

    case: str
    truth: str
    student: str
    student_sure: float
    """Probability that the student gave their answer, 0..1."""
    network: str
    network_sure: float
    """The network's probability of its answer among the diagnoses to choose from, 0..1."""
    mark: float | None
    """Share of the network's input where its evidence is weaker than at the mark; None if unmarked."""

    @property
    def student_right(self) -> bool:
        """True if the student named the truth."""
        return self.student == self.truth

    @property
    def network_right(self) -> bool:
        """True if the network named the truth."""
        return self.network == self.truth


@dataclass(frozen=True)
class Score:
    """The result of the student, or of the network, over all cases."""

    right: int
    brier: float
    """Mean of (how sure - 1 if right, else 0) squared, 0..1; lower is better, and always 50% makes 0.25
    (Brier 1950)."""
    bins: tuple[tuple[float, float, int], ...]
    """Calibration: (mean sureness, share that was right, answers) of every range that is not empty."""


def score(sure: Sequence[float], right: Sequence[bool]) -> Score:
    """Return the score of answers given with these probabilities; at least one."""
    probability, hit = np.asarray(sure, dtype=float), np.asarray(right, dtype=float)
    bins = []
    for low, high in zip(SURE_EDGES[:-1], SURE_EDGES[1:], strict=True):
        rows = (probability >= low) & (probability < high)
        if rows.any():
            bins.append((float(probability[rows].mean()), float(hit[rows].mean()), int(rows.sum())))
    return Score(int(hit.sum()), float(np.mean((probability - hit) ** 2)), tuple(bins))


def scores(answers: Sequence[QuizAnswer]) -> tuple[Score, Score]:
    """Return the student's score and the network's."""
    return (
        score([answer.student_sure for answer in answers], [answer.student_right for answer in answers]),
        score([answer.network_sure for answer in answers], [answer.network_right for answer in answers]),
    )


def both_missed(answers: Sequence[QuizAnswer]) -> list[QuizAnswer]:
    """Return the cases that both answered wrong."""
    return [answer for answer in answers if not answer.student_right and not answer.network_right]


def among_options(probabilities: np.ndarray, options: Sequence[str]) -> tuple[str, float]:
    """Return the likeliest option and its probability given that one of the options is true.

    `probabilities` is float (options,), 0..1, and may sum to less than 1.
    """
    total = float(probabilities.sum())
    index = int(probabilities.argmax())
    return options[index], float(probabilities[index]) / total if total > 0 else 1 / len(options)


def rank_of_mark(heatmap: np.ndarray, geometry: Geometry, x: float, y: float) -> float:
    """Return the share, 0..1, of the network's input where the heatmap (h, w) is weaker than at (x, y).

    `x` and `y` are pixels of the photo; 0 outside the network's input.
    """
    values = geometry.lay_back(heatmap)
    row, column = min(int(y), geometry.height - 1), min(int(x), geometry.width - 1)
    at = values[max(row, 0), max(column, 0)]
    if np.isnan(at):
        return 0.0
    return float((values[~np.isnan(values)] < at).mean())


def draw_cases(seed: int, count: int) -> list[tuple[str, LesionParameters, int]]:
    """Return lesions to draw, as (truth, parameters, seed of the drawing); the same seed, the same cases.

    The truth is what was drawn: like a melanoma (`MEL`) or like a nevus (`NV`). The two overlap a little, as
    real ones do.
    """
    rng = np.random.default_rng([seed, 1])
    cases = []
    for _ in range(count):
        melanoma = bool(rng.random() < 0.5)
        low, high = (0.35, 0.85) if melanoma else (0.0, 0.45)
        parameters = LesionParameters(
            asymmetry=float(rng.uniform(low, high)),
            border=float(rng.uniform(low, high)),
            colours=int(rng.integers(3, 7) if melanoma else rng.integers(1, 4)),
            diameter=float(rng.uniform(0.35, 0.7)),
            hairs=int(rng.integers(0, 12)),
            network=float(rng.uniform(0.3, 0.8)),
            skin=float(rng.uniform(0.05, 0.6)),
        )
        cases.append(("MEL" if melanoma else "NV", parameters, int(rng.integers(1_000_000))))
    return cases


def chosen(items: Sequence[T], seed: int, count: int) -> list[T]:
    """Return up to `count` of the items, in an order that depends on the seed alone."""
    order = np.random.default_rng([seed, 2]).permutation(len(items))[:count]
    return [items[index] for index in order]


def as_csv(answers: Sequence[QuizAnswer]) -> str:
    """Return one line an answer, with a header."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(QuizAnswer.__dataclass_fields__), lineterminator="\n")
    writer.writeheader()
    writer.writerows(
        asdict(answer) | {"case": spreadsheet_text(answer.case)}  # a file's name may be a formula
        for answer in answers
    )
    return out.getvalue()


def as_json(answers: Sequence[QuizAnswer], model: str, source: str, seed: int) -> str:
    """Return the answers, both scores, and model, source and seed."""
    student, network = scores(answers)
    content = {
        "model": model,
        "source": source,
        "seed": seed,
        "student": asdict(student),
        "network": asdict(network),
        "answers": [asdict(answer) for answer in answers],
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"
