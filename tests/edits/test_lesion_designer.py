"""The designer's sliders reach all that can be drawn, and its measures know the truth."""

from dataclasses import asdict

import pytest

from melanoma.edits.drawn_lesions import MELANOMA_LIKE, NEVUS_LIKE, LesionParameters
from melanoma.edits.lesion_designer import CONTROLS, EXAMPLES, draw, measure

FIRST = {control.name: control.default for control in CONTROLS}


def test_a_slider_for_each_parameter():
    assert sorted(FIRST) == sorted(asdict(MELANOMA_LIKE))


@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: control.name)
def test_the_sliders_end_where_the_drawing_does(control):
    for end in (control.low, control.high):
        LesionParameters(**{control.name: end})
    for beyond in (control.low - 0.05, control.high + 0.05):
        with pytest.raises(ValueError, match=control.name):
            LesionParameters(**{control.name: beyond})


def test_it_opens_with_an_example():
    assert draw(FIRST, 3).parameters == MELANOMA_LIKE == EXAMPLES["Like a melanoma"]


def test_the_measures_tell_a_mole_from_a_melanoma():
    mole, melanoma = (measure(draw(asdict(kind), seed=3)) for kind in (NEVUS_LIKE, MELANOMA_LIKE))
    assert sum(mole.true_outline.asymmetry) < sum(melanoma.true_outline.asymmetry)
    assert len(mole.true_outline.colours_present) < len(melanoma.true_outline.colours_present)
    assert mole.overlap > 0.6 and mole.found_outline is not None
