"""Training samples: drawn by class, the same for the same numbers, paired copies in other surroundings."""

from dataclasses import replace

import cv2
import numpy as np
import pandas as pd
import pytest

from melanoma.data.augmentation import Augmentation, augment, resurround
from melanoma.data.pipeline import Images, Sampler, decode_all, found_widened, read_widened
from melanoma.edits import artefacts
from melanoma.edits.drawn_lesions import MELANOMA_LIKE, NEVUS_LIKE, draw_lesion
from melanoma.lesion.outline import widen
from melanoma.photos.framing import Geometry
from tests.conftest import write_image

STILL = Augmentation(*(0.0,) * 11)
SIDE = 96


def drawn_pixels(count: int) -> np.ndarray:
    pixels = np.empty((count, SIDE, SIDE, 4), np.uint8)
    for number in range(count):
        lesion = draw_lesion((MELANOMA_LIKE, NEVUS_LIKE)[number % 2], SIDE, SIDE, number)
        pixels[number, ..., :3], pixels[number, ..., 3] = lesion.image, 255 * widen(lesion.mask)
    return pixels


def sampler(paired: bool = True, power: float = 0.5, how: Augmentation = STILL) -> Sampler:
    images = Images.of_one_source(drawn_pixels(10), np.array([0] * 9 + [1]))
    return Sampler(images, np.arange(10), power, how, seed=3, paired=paired)


def test_classes_are_drawn_by_the_square_root_of_their_counts():
    assert sampler().class_shares(SIDE) == pytest.approx([0.75, 0.25])  # 3 to 1, from 9 to 1
    drawn = sampler(paired=False).draw(0, 4000, SIDE)
    assert (drawn == 9).mean() == pytest.approx(0.25, abs=0.03)


def test_paired_copies_are_two_views_of_one_image():
    drawn = sampler().draw(1, 64, SIDE)
    assert (drawn[0::2] == drawn[1::2]).all()
    assert len(set(drawn)) > 5
    assert (sampler().draw(1, 64, SIDE) == drawn).all()
    assert (sampler().draw(2, 64, SIDE) != drawn).any()


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
    assert read_widened(None, photo) is None
    assert read_widened(float("nan"), photo) is None
    blank = write_image(tmp_path / "blank.png", np.zeros((64, 64, 3), np.uint8))
    assert read_widened(str(blank), photo) is None
    assert found_widened(np.full((64, 64, 3), 180, np.uint8)).all()


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
    moved = augment(image, SIDE, np.random.default_rng(1), Augmentation(*[0.2, 0.1, 0.06] + [0.0] * 8))
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
    one = np.array(decode_all(table, 64, "centre-square", tmp_path / "pixels.npy").pixels)  # no longer mapped
    other = decode_all(table, 64, "lesion-square", tmp_path / "pixels.npy").pixels
    again = decode_all(table, 64, "lesion-square", tmp_path / "pixels.npy").pixels
    darkest = [int(np.percentile(pixels[0, ..., :3], 10)) for pixels in (one, other)]
    assert darkest[1] < darkest[0] - 30, "skin alone in the middle, the lesion around it"
    assert np.array_equal(other, again)


def test_a_mask_does_not_draw_the_square_away_from_the_lesion_that_is_found(long_photo, tmp_path):
    mask = np.zeros((150, 450, 3), np.uint8)
    mask[50:100, 350:400] = 255  # far from it
    table = pd.DataFrame({"image_id": ["long"], "path": [str(long_photo)]})
    outlined = table.assign(outline=str(write_image(tmp_path / "mask.png", mask)))
    with_mask = decode_all(outlined, 64, "lesion-square", tmp_path / "with.npy").pixels
    without = decode_all(table.assign(outline=None), 64, "lesion-square", tmp_path / "without.npy").pixels
    assert np.array_equal(with_mask[..., :3], without[..., :3])


def two_sources() -> Sampler:
    """Source 0: 16 lesions of diagnosis 0, one of 1. Source 1: four lesions of 1, of two photos each."""
    labels = np.array([0] * 16 + [1] + [1] * 8)
    sources = np.array([0] * 17 + [1] * 8)
    lesions = np.array([*range(17), *np.repeat(range(17, 21), 2)])
    images = Images(drawn_pixels(25), labels, sources, lesions, np.full(25, SIDE))
    return Sampler(images, np.arange(25), 0.5, STILL, seed=3)


def test_sources_and_their_diagnoses_are_drawn_by_the_square_root_of_their_lesions():
    whole = two_sources()
    assert whole.shares(SIDE) == pytest.approx(np.array([[4, 1], [0, 2]]) / 7)
    assert whole.class_shares(SIDE) == pytest.approx([4 / 7, 3 / 7])
    drawn = whole.draw(0, 7000, SIDE)
    assert (drawn < 16).mean() == pytest.approx(4 / 7, abs=0.03)
    assert np.bincount(drawn, minlength=25)[17:] / 7000 == pytest.approx(np.full(8, 2 / 7 / 8), abs=0.01)


def test_the_mix_of_a_source_is_that_which_is_drawn_of_it():
    within = two_sources().log_shares(SIDE)
    assert within == pytest.approx(np.array([np.log([4 / 5, 1 / 5]), [-20.0, 0.0]]))
    _, told = next(iter(two_sources().batches(range(1), 8, SIDE, 8)))
    labels, shares = told["label"].numpy(), told["log_shares"].numpy()
    assert {tuple(row) for row in shares.round(3)} <= {tuple(row) for row in within.round(3)}
    assert (shares[labels > 0.5] > -20).all(), "each photo's own diagnosis is one that its source has"
    assert np.array_equal(told["target"].numpy(), labels)


def test_small_photos_count_for_less_where_more_detail_is_asked_for():
    images = two_sources().images
    small = replace(images, sides=np.where(images.sources == 1, SIDE // 2, SIDE))
    sampler = Sampler(small, np.arange(25), 1.0, STILL, seed=3)
    assert sampler.shares(SIDE // 2) == pytest.approx(np.array([[16, 1], [0, 4]]) / 21)
    assert sampler.shares(SIDE) == pytest.approx(np.array([[16, 1], [0, 1]]) / 18)
    degraded = replace(sampler, degraded_to=SIDE // 2)
    assert degraded.shares(SIDE) == pytest.approx(np.array([[16, 1], [0, 4]]) / 21)


def test_degraded_images_are_equally_unsharp():
    sampler = replace(two_sources(), degraded_to=SIDE // 4)
    whole, _ = two_sources().make(0, 0, 1, SIDE)
    blurred, outside = sampler.make(0, 0, 1, SIDE)
    detail = [cv2.Laplacian(one, cv2.CV_32F)[8:-8, 8:-8].std() for one in (whole, blurred)]
    assert detail[1] < 0.5 * detail[0]
    assert blurred.shape == (SIDE, SIDE, 3) and outside.shape == (6, 6)


def test_a_teacher_is_learned_in_the_mix_of_the_source():
    sampler = two_sources()
    scores = np.full((25, 2), np.nan)
    scores[17:] = [0.0, 3.0]
    taught = replace(sampler, images=replace(sampler.images, teacher=scores))
    for image, told in taught.batches(range(1), 8, SIDE, 8).take(1):
        assert image.shape == (8, SIDE, SIDE, 3)
        assert told["target"].numpy().sum(axis=1) == pytest.approx(np.ones(8), abs=1e-6)
    label, own = np.array([0, 1], np.float32), np.log(np.array([0.8, 0.2], np.float32))
    assert taught._target(3, label, own).tolist() == [0, 1], "without a teacher, the label"
    likely = 0.2 * np.exp(3) / (0.2 * np.exp(3) + 0.8)
    assert taught._target(17, label, own) == pytest.approx([(1 - likely) / 2, (1 + likely) / 2])


@pytest.mark.parametrize("name", artefacts.IN_TRAINING)
def test_every_artefact_of_training_changes_the_picture_and_repeats(name):
    image = drawn_pixels(1)[0, ..., :3]
    drawn, again = (artefacts.IN_TRAINING[name](image, np.random.default_rng(4)) for _ in range(2))
    assert drawn.shape == image.shape and drawn.dtype == np.uint8
    assert np.array_equal(drawn, again) and (drawn != image).any()


def test_artefacts_are_drawn_on_their_share_of_the_images():
    image = np.full((SIDE, SIDE, 4), 180, np.uint8)
    for share in (0.0, 1.0):
        how = replace(STILL, artefacts=share)
        spoilt = [augment(image, SIDE, np.random.default_rng(seed), how).std() > 1 for seed in range(12)]
        assert all(spoilt) if share else not any(spoilt)
