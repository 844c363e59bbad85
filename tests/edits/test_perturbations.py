"""Changes to a photo: neutral ones change nothing, others do what their name says."""

import numpy as np
import pytest

from melanoma.edits.drawn_lesions import NEVUS_LIKE, draw_lesion
from melanoma.edits.perturbations import (
    PERTURBATIONS,
    WORKING_SIDE,
    apply_changes,
    change_named,
    sweep,
    working_copy,
)
from melanoma.errors import UserError

PHOTO = draw_lesion(NEVUS_LIKE, 120, 160, seed=1).image


def mark(x: int, y: int) -> np.ndarray:
    """A black photo, 100 x 100, with a white spot."""
    photo = np.zeros((100, 100, 3), np.uint8)
    photo[y - 4 : y + 5, x - 4 : x + 5] = 255
    return photo


def spot(photo: np.ndarray) -> tuple[float, float]:
    y, x = np.nonzero(photo[..., 0] > 127)
    return float(x.mean()), float(y.mean())


@pytest.mark.parametrize("change", PERTURBATIONS, ids=lambda change: change.name)
def test_the_default_changes_nothing_and_the_ends_do(change):
    before = PHOTO.copy()
    assert (apply_changes(PHOTO, {change.name: change.control.default}) == PHOTO).all()
    for end in {change.control.low, change.control.high} - {change.control.default}:
        changed = apply_changes(PHOTO, {change.name: end})
        assert changed.shape == PHOTO.shape and changed.dtype == np.uint8
        assert (changed != PHOTO).any()
        assert (changed == apply_changes(PHOTO, {change.name: end})).all(), "the same again"
    assert (before == PHOTO).all(), "the photo given must stay as it is"


@pytest.mark.parametrize("change", PERTURBATIONS, ids=lambda change: change.name)
def test_a_sweep_goes_from_end_to_end_through_the_photo_as_it_is(change):
    values = change.values()
    control = change.control
    assert (values[0], values[-1]) == (control.low, control.high)
    assert control.default in values and list(values) == sorted(set(values)) and 4 < len(values) <= 13
    assert all(((value - control.low) / control.step) % 1 == pytest.approx(0, abs=1e-6) for value in values)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"right": 20}, (70, 30)),
        ({"down": -10}, (50, 20)),
        ({"turn": 90}, (69, 50)),
        ({"zoom": 200}, (50, 10)),
        ({"turn": 90, "right": 10}, (79, 50)),
    ],
    ids=str,
)
def test_the_spot_goes_where_it_should(settings, expected):
    assert spot(apply_changes(mark(50, 30), settings)) == pytest.approx(expected, abs=1.5)


def test_light_and_colour():
    grey = np.full((80, 80, 3), 100, np.uint8)
    assert apply_changes(grey, {"light": 50})[0, 0].tolist() == [150, 150, 150]
    assert apply_changes(grey, {"warmth": 20})[0, 0].tolist() == [120, 100, 80]
    assert apply_changes(grey, {"green": -10})[0, 0].tolist() == [100, 90, 100]
    assert apply_changes(grey, {"light": 50, "warmth": 40})[0, 0].tolist() == [210, 150, 90]


def test_the_first_stickers_stay_when_another_is_added():
    one, two = (apply_changes(PHOTO, {"stickers": count}) for count in (1, 2))
    added = (one != two).any(axis=-1)
    first = (one != PHOTO).any(axis=-1)
    assert added.any() and (first & ~added).sum() > 0.5 * first.sum()


def test_things_on_the_skin_move_with_it():
    drawn = apply_changes(PHOTO, {"ink": 2})
    both = apply_changes(PHOTO, {"ink": 2, "turn": 90})
    assert (both == apply_changes(drawn, {"turn": 90})).all()


def test_a_sweep_keeps_the_other_sliders_where_they_stand():
    found = sweep(PHOTO, {"light": 20, "turn": 45}, "turn", (0, 90))
    assert (found[0] == apply_changes(PHOTO, {"light": 20})).all()
    assert (found[1] == apply_changes(PHOTO, {"light": 20, "turn": 90})).all()


def test_wrong_names_and_numbers_are_refused():
    with pytest.raises(UserError, match="taste"):
        apply_changes(PHOTO, {"taste": 1})
    with pytest.raises(UserError, match="turn"):
        apply_changes(PHOTO, {"turn": 500})
    with pytest.raises(UserError, match="taste"):
        change_named("taste")


def test_only_large_photos_are_shrunk():
    assert working_copy(PHOTO) is PHOTO
    large = np.zeros((WORKING_SIDE * 2, WORKING_SIDE * 3, 3), np.uint8)
    assert working_copy(large).shape == (WORKING_SIDE, WORKING_SIDE * 3 // 2, 3)
