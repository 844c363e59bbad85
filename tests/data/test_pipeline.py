"""Training samples: drawn by class, the same for the same numbers, paired copies in other surroundings."""

import numpy as np
import pandas as pd
import pytest

from melanoma.data.augmentation import Augmentation, augment, resurround
from melanoma.data.pipeline import Sampler, decode_all, read_widened
from melanoma.edits.drawn_lesions import MELANOMA_LIKE, NEVUS_LIKE, draw_lesion
from melanoma.lesion.outline import widen
from melanoma.photos.framing import Geometry
from tests.conftest import write_image

STILL = Augmentation(*(0.0,) * 9)
SIDE = 96


def drawn_pixels(count: int) -> np.ndarray:
    pixels = np.empty((count, SIDE, SIDE, 4), np.uint8)
    for number in range(count):
        lesion = draw_lesion((MELANOMA_LIKE, NEVUS_LIKE)[number % 2], SIDE, SIDE, number)
        pixels[number, ..., :3], pixels[number, ..., 3] = lesion.image, 255 * widen(lesion.mask)
    return pixels


def sampler(paired: bool = True, power: float = 0.5, how: Augmentation = STILL) -> Sampler:
    labels = np.array([0] * 9 + [1])
    return Sampler(drawn_pixels(10), labels, np.arange(10), power, how, seed=3, paired=paired)


def test_classes_are_drawn_by_the_square_root_of_their_counts():
    assert sampler().class_shares() == pytest.approx([0.75, 0.25])  # 3 to 1, from 9 to 1
    drawn = sampler(paired=False).draw(0, 4000)
    assert (drawn == 9).mean() == pytest.approx(0.25, abs=0.03)


def test_paired_copies_are_two_views_of_one_image():
    drawn = sampler().draw(1, 64)
    assert (drawn[0::2] == drawn[1::2]).all()
    assert len(set(drawn)) > 5
    assert (sampler().draw(1, 64) == drawn).all()
    assert (sampler().draw(2, 64) != drawn).any()


def test_the_second_copy_has_other_surroundings_and_the_same_lesion():
    source = sampler()
    for number in (0, 1, 2):
        first, outside = source.make(0, 2 * number, number, SIDE)
        second, same = source.make(0, 2 * number + 1, number, SIDE)
        assert first.shape == (SIDE, SIDE, 3) and outside.shape == (SIDE // 16, SIDE // 16)
        # The views are turned by different angles, so compare what no turn changes: each ring's mean colour.
        y, x = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
        middle, rim = np.hypot(x, y) < 0.08 * SIDE, np.hypot(x, y) > 0.47 * SIDE
        means = [[view[ring].mean(axis=0) for view in (first, second)] for ring in (middle, rim)]
        assert np.abs(means[0][0] - means[0][1]).max() < 6
        assert np.abs(means[1][0] - means[1][1]).max() > 3
        assert outside.mean() == pytest.approx(same.mean(), abs=0.05)


def test_outside_marks_the_cells_beyond_the_outline():
    source = sampler(paired=False)
    _, outside = source.make(0, 0, 1, SIDE)
    assert outside[2:4, 2:4].max() == 0
    assert outside[[0, 0, -1, -1], [0, -1, 0, -1]].min() == 1


def test_an_image_without_an_outline_is_all_inside(tmp_path):
    photo = Geometry(64, 64, 0, 0, 64, 64)
    assert read_widened(None, photo).all()
    assert read_widened(float("nan"), photo).all()
    blank = write_image(tmp_path / "blank.png", np.zeros((64, 64, 3), np.uint8))
    assert read_widened(str(blank), photo).all()


def test_the_outline_of_a_wide_mask_is_framed_like_its_image(tmp_path):
    mask = np.zeros((150, 200, 3), np.uint8)
    mask[60:90, 85:115] = 255  # in the middle of the centred square too
    file = write_image(tmp_path / "mask.png", mask)
    photos = {
        "whole": Geometry(200, 150, 25, 0, 150, 75),
        "whole, half as large": Geometry(100, 75, 12, 0, 75, 75),
        "its centred square": Geometry(150, 150, 0, 0, 150, 75),
    }
    for name, photo in photos.items():
        y, x = np.nonzero(read_widened(str(file), photo))
        assert y.mean() == pytest.approx(37, abs=0.6) and x.mean() == pytest.approx(37, abs=0.6), name
        assert np.ptp(y) == pytest.approx(14 + 2 * 1, abs=1), name


def test_the_fourth_channel_moves_with_the_image_and_keeps_its_values():
    image = drawn_pixels(1)[0]
    image[..., :3] = 255 * (image[..., 3:] > 0)
    moved = augment(image, SIDE, np.random.default_rng(1), Augmentation(*[0.2, 0.1, 0.06] + [0.0] * 6))
    agree = (moved[..., 0] > 127) == (moved[..., 3] > 127)
    assert agree.mean() > 0.99
    recoloured = augment(image, SIDE, np.random.default_rng(1), Augmentation(0, 0, 0, 0.5, 0.3, 0.3, 0.3))
    assert set(np.unique(recoloured[..., 3])) >= {0, 255}


def test_surroundings_come_in_every_kind():
    pixels = drawn_pixels(2)
    inside, other_inside = (one[..., 3].astype(np.float32) / 255 for one in pixels)
    corners = {
        tuple(
            resurround(
                pixels[0, ..., :3], inside, pixels[1, ..., :3], other_inside, np.random.default_rng(seed)
            )[2, 2]
        )
        for seed in range(40)
    }
    assert len(corners) > 6


def test_pixels_of_another_framing_are_not_used_again(long_photo, tmp_path):
    table = pd.DataFrame({"image_id": ["long"], "path": [str(long_photo)], "outline": [None]})
    one = np.array(decode_all(table, 64, "centre-square", tmp_path / "pixels.npy")[0])  # no longer mapped
    other, _ = decode_all(table, 64, "lesion-square", tmp_path / "pixels.npy")
    again, _ = decode_all(table, 64, "lesion-square", tmp_path / "pixels.npy")
    darkest = [int(np.percentile(pixels[0, ..., :3], 10)) for pixels in (one, other)]
    assert darkest[1] < darkest[0] - 30, "skin alone in the middle, the lesion around it"
    assert np.array_equal(other, again)


def test_a_mask_does_not_draw_the_square_away_from_the_lesion_that_is_found(long_photo, tmp_path):
    mask = np.zeros((150, 450, 3), np.uint8)
    mask[50:100, 350:400] = 255  # far from it
    table = pd.DataFrame({"image_id": ["long"], "path": [str(long_photo)]})
    outlined = table.assign(outline=str(write_image(tmp_path / "mask.png", mask)))
    with_mask, _ = decode_all(outlined, 64, "lesion-square", tmp_path / "with.npy")
    without, _ = decode_all(table.assign(outline=None), 64, "lesion-square", tmp_path / "without.npy")
    assert np.array_equal(with_mask[..., :3], without[..., :3])
