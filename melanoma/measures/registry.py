"""All measures. A new one is added here, and nowhere else."""

from melanoma.measures.base import Case, Measure
from melanoma.measures.curves import Deletion, Insertion
from melanoma.measures.other_surroundings import ChangedAnswers, LesionRemoved, MovedProbability
from melanoma.measures.overlap import InsideShare, PointingGame
from melanoma.measures.randomisation import Randomisation
from melanoma.measures.stability import Stability

_ALL = (
    Deletion(),
    Insertion(),
    InsideShare(),
    PointingGame(),
    ChangedAnswers(),
    MovedProbability(),
    LesionRemoved(),
    Stability(),
    Randomisation(),
)
MEASURES: dict[str, Measure] = {measure.name: measure for measure in _ALL}


def measure_all(case: Case) -> dict[str, float]:
    """Return every figure that the case allows, by the measure's name."""
    return {name: measure.value(case) for name, measure in MEASURES.items() if measure.applies(case)}
