"""All measures. A new one is added here, and nowhere else."""

from collections.abc import Callable

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


def measure_all(case: MapCase, before: Callable[[Measure], None] | None = None) -> dict[str, float]:
    """Return every figure that the case allows, by the measure's name.

    `before` is called with each measure before it is computed.
    """
    figures = {}
    for name, measure in MEASURES.items():
        if measure.applies(case):
            if before is not None:
                before(measure)
            figures[name] = measure.value(case)
    return figures
