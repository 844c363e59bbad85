"""The drawings are what their parameters say."""

import numpy as np
import pytest

from melanoma.edits.drawn_lesions import MELANOMA_LIKE, LesionParameters, draw_lesion
from melanoma.lesion.outline import diameter


def test_the_same_seed_gives_the_same_pixels():
    assert (
        draw_lesion(MELANOMA_LIKE, 90, 120, 4).image == draw_lesion(MELANOMA_LIKE, 90, 120, 4).image
    ).all()
    assert (
        draw_lesion(MELANOMA_LIKE, 90, 120, 5).image != draw_lesion(MELANOMA_LIKE, 90, 120, 4).image
    ).any()


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_the_diameter_is_that_of_a_circle_of_the_same_area(share):
    drawn = draw_lesion(LesionParameters(diameter=share), 200, 260, 1)
    assert drawn.image.shape == (200, 260, 3) and drawn.mask.shape == (200, 260)
    assert diameter(drawn.mask) == pytest.approx(share * 200, rel=0.08)


def test_the_lesion_is_darker_than_its_skin():
    drawn = draw_lesion(seed=2)
    assert drawn.image[drawn.mask].mean() < drawn.image[~drawn.mask].mean() - 30


def test_darker_skin_is_darker():
    tones = [draw_lesion(LesionParameters(skin=tone), 120, 120, 3) for tone in (0.0, 0.5, 1.0)]
    means = [drawn.image[~drawn.mask].mean() for drawn in tones]
    assert means == sorted(means, reverse=True)


def test_asymmetry_moves_the_mask_away_from_its_mirror_image():
    def unlike(asymmetry: float) -> float:
        mask = draw_lesion(LesionParameters(asymmetry=asymmetry, border=0), 200, 200, 6).mask
        turned = mask[::-1, ::-1]
        return float((mask ^ turned).sum() / mask.sum())

    assert unlike(0.0) < 0.1 < unlike(1.0)


@pytest.mark.parametrize("wrong", [{"colours": 0}, {"diameter": 1.2}, {"asymmetry": -0.1}, {"skin": np.inf}])
def test_values_out_of_range_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        LesionParameters(**wrong)
