"""Deletion and insertion with a scorer whose curves are known."""

import numpy as np
import pytest

from melanoma.errors import UserError
from melanoma.measures.base import MapCase
from melanoma.measures.curves import (
    Deletion,
    Insertion,
    PerturbationCurve,
    SkinDeletion,
    blurred_photo,
    deletion_curve,
    insertion_curve,
    removal_ranks,
)

SIDE = 32
LEFT = np.zeros((SIDE, SIDE), dtype=bool)
LEFT[:, : SIDE // 2] = True
WHITE, BLACK = (np.full((SIDE, SIDE, 3), value, np.uint8) for value in (255, 0))


def brightness_of_the_left(pixels):
    share = pixels[:, :, : SIDE // 2].mean(axis=(1, 2, 3)) / 255
    return np.stack([share, 1 - share], axis=1)


def case(heatmap, index=0, pixels=WHITE):
    return MapCase(brightness_of_the_left, pixels, heatmap.astype(float), index)


def test_area_of_a_curve_by_hand():
    assert PerturbationCurve(np.array([0, 0.5, 1]), np.array([1, 0.5, 0])).area == pytest.approx(0.5)
    assert PerturbationCurve(np.array([0, 0.5, 1]), np.array([1.0, 0, 0])).area == pytest.approx(0.25)


def test_the_map_that_knows_the_scorer_falls_first_and_rises_first():
    # Black for white: the left half goes within half the steps, then nothing is left to lose.
    shares = np.linspace(0, 1, 9)
    deleted = deletion_curve(case(LEFT), BLACK, steps=8)
    assert deleted.shares == pytest.approx(shares)
    assert deleted.probabilities == pytest.approx(np.maximum(1 - 2 * shares, 0))
    assert deleted.area == pytest.approx(0.25)
    inserted = insertion_curve(case(LEFT), BLACK, steps=8)
    assert inserted.probabilities == pytest.approx(np.minimum(2 * shares, 1))
    assert inserted.area == pytest.approx(0.75)


def test_the_complement_does_the_opposite_and_no_map_lies_between():
    assert deletion_curve(case(~LEFT), BLACK, steps=8).area == pytest.approx(0.75)
    assert insertion_curve(case(~LEFT), BLACK, steps=8).area == pytest.approx(0.25)
    nothing = deletion_curve(case(np.zeros((4, 4))), BLACK, steps=8)
    assert nothing.area == pytest.approx(0.5, abs=0.02)
    assert nothing.probabilities == pytest.approx(1 - nothing.shares, abs=0.05)


def test_the_other_class_has_the_other_curve():
    assert deletion_curve(case(LEFT, index=1), BLACK, steps=8).area == pytest.approx(0.75)


def test_measures_have_the_sign_that_their_direction_says():
    # A photo with a bright spot on the left: blurring the spot away loses brightness of the left.
    spot = np.zeros((SIDE, SIDE), dtype=bool)
    spot[12:20, 4:12] = True
    photo = np.where(spot[..., None], WHITE, BLACK)
    right, wrong = case(spot, pixels=photo), case(spot[:, ::-1], pixels=photo)
    for measure, sign in ((Deletion(), -1), (Insertion(), 1)):
        assert (measure.value(right) - measure.value(wrong)) * sign > 0.005
        assert (measure.better == "higher") == (sign == 1)
        assert measure.advantage(right, [wrong.heatmap, wrong.heatmap]) == pytest.approx(
            (measure.value(right) - measure.value(wrong)) * sign
        )
        assert measure.over([right, wrong]).tolist() == [measure.value(right), measure.value(wrong)]


def test_ranks_follow_the_values_and_ties_favour_no_place():
    ramp = removal_ranks(np.arange(64.0).reshape(8, 8), 8)
    assert ramp.ravel().tolist() == list(range(63, -1, -1))
    ties = removal_ranks(np.zeros((8, 8)), 64)
    assert sorted(ties.ravel()) == list(range(64 * 64))
    first = ties < 64 * 64 / 4
    quarters = [first[:32, :32], first[:32, 32:], first[32:, :32], first[32:, 32:]]
    assert [quarter.mean() for quarter in quarters] == pytest.approx([0.25] * 4, abs=0.05)


def test_the_blurred_photo_has_the_colour_and_not_the_detail():
    stripes = np.where(np.arange(64)[:, None, None] % 4 < 2, 200, 100).astype(np.uint8)
    blurred = blurred_photo(np.broadcast_to(stripes, (64, 64, 3)).copy())
    assert np.abs(blurred.astype(int) - 150).max() <= 6


@pytest.mark.parametrize("gap", [np.nan, np.inf])
def test_a_map_with_gaps_is_refused(gap):
    heatmap = np.ones((4, 4))
    heatmap[1, 2] = gap
    with pytest.raises(UserError, match="has gaps"):
        case(heatmap)


def test_outlines_that_do_not_fit_are_refused():
    with pytest.raises(UserError, match="The outline is 8 x 4 pixels and the image 32 x 32"):
        MapCase(brightness_of_the_left, WHITE, np.ones((2, 2)), 0, mask=np.ones((4, 8), bool))
    with pytest.raises(UserError, match="The outline is empty"):
        MapCase(brightness_of_the_left, WHITE, np.ones((2, 2)), 0, mask=np.zeros((SIDE, SIDE), bool))


def test_towards_skin_the_lesion_goes_and_nothing_else():
    # A dark square on pale skin; the scorer reads how dark the middle is, which no blur would take away.
    photo, lesion = np.full((SIDE, SIDE, 3), 200, np.uint8), np.zeros((SIDE, SIDE), bool)
    lesion[8:24, 8:24] = True
    photo[lesion] = 40

    def darkness(pixels):
        dark = 1 - pixels[:, 12:20, 12:20].mean(axis=(1, 2, 3)) / 200
        return np.stack([dark, 1 - dark], axis=1)

    knows = MapCase(darkness, photo, lesion.astype(float), 0, lesion)
    misses = MapCase(darkness, photo, (~lesion).astype(float), 0, lesion)
    measure = SkinDeletion()
    assert measure.value(knows) < 0.25 < 0.5 < measure.value(misses) < 0.8
    assert measure.advantage(knows, [misses.heatmap]) > 0.3
    assert not measure.applies(MapCase(darkness, photo, lesion.astype(float), 0))
