"""All measures. A new one is added here, and nowhere else."""

from melanoma.measures.base import MapCase, Measure
from melanoma.measures.curves import Deletion, Insertion, SkinDeletion
from melanoma.measures.other_surroundings import ChangedAnswers, LesionRemoved, MovedProbability
from melanoma.measures.overlap import InsideShare, PointingGame
from melanoma.measures.randomisation import Randomisation
from melanoma.measures.stability import Stability

_ALL = (
    Deletion(),
    Insertion(),
    SkinDeletion(),
    InsideShare(),
    PointingGame(),
    ChangedAnswers(),
    MovedProbability(),
    LesionRemoved(),
    Stability(),
    Randomisation(),
)
MEASURES: dict[str, Measure] = {measure.name: measure for measure in _ALL}


def measures_of(case: MapCase) -> list[Measure]:
    """Return all measures that the case allows."""
    return [measure for measure in MEASURES.values() if measure.applies(case)]
