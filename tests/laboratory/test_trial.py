"""Trials: which pictures, and that a planted ruler is caught and mended by each mend."""

import hashlib

import numpy as np
import pytest

from melanoma.edits.artefacts import colour_cast
from melanoma.errors import UserError
from melanoma.laboratory.feature_store import DEPTHS, SLICE, FeatureStore
from melanoma.laboratory.findings import Verdict, focus, judge
from melanoma.laboratory.lesions import Lesions, drawn_lesions, framed_photos
from melanoma.laboratory.pictures import PLAIN_SKIN, Picture, render, touched_cells
from melanoma.laboratory.shortcuts import SHORTCUTS, planted_cells
from melanoma.laboratory.trial import (
    AS_FITTED,
    CLEAN,
    MENDS,
    REVERSED,
    Plan,
    fitted_pictures,
    needed_pictures,
    planted_in,
    run_trial,
    tried_pictures,
)
from tests.conftest import SHIPPED


def means(pixels):
    """A network of three channels on 4 x 4 cells: the colours themselves."""
    side = pixels.shape[1] // 4
    return pixels.reshape(len(pixels), 4, side, 4, side, 3).mean(axis=(2, 4)).astype(np.float32)


def filled(store, *plans):
    pictures = [picture for plan in plans for picture in needed_pictures(store.lesions, plan)]
    while missing := store.missing(pictures):
        store.add(missing[:SLICE])
    return store


@pytest.fixture(scope="module")
def lesions():
    return drawn_lesions(32, fitted=12, held_back=8)


def test_half_are_melanomas_on_either_side_and_a_number_is_always_the_same_drawing(lesions):
    assert [int(lesions.malignant[numbers].sum()) for numbers in lesions.folds[0]] == [6, 4]
    again = drawn_lesions(32, fitted=12, held_back=8)
    assert (again.look(3)[0] == lesions.look(3)[0]).all() and lesions.look(3) is lesions.look(3)


def test_shares_are_counted_in_each_class_and_on_either_side(lesions):
    chosen = planted_in(lesions, 0.5, 0.0)
    fitted, held = lesions.folds[0]
    assert chosen[fitted].sum() == 3 and chosen[held].sum() == 2
    assert not chosen[~lesions.malignant].any()
    assert planted_in(lesions, 0.0, 1.0).tolist() == (~lesions.malignant).tolist()


def test_what_is_fitted_and_what_is_tried(lesions):
    plan = Plan("ruler", 1.0, 0.5)
    fitted = lesions.folds[0][0]
    marked = {picture.lesion for picture in fitted_pictures(lesions, plan, fitted) if picture.shortcut}
    assert marked == {1, 3, 5, 7, 9, 11, 0, 2, 4}
    counts = {
        test: [
            sum(bool(picture.shortcut) for picture in pictures if lesions.malignant[picture.lesion] == kind)
            for kind in (True, False)
        ]
        for test in (AS_FITTED, CLEAN, REVERSED)
        for pictures in [tried_pictures(lesions, plan, test)]
    }
    assert counts == {AS_FITTED: [10, 5], CLEAN: [0, 0], REVERSED: [5, 10]}


def test_each_mend_changes_what_is_fitted(lesions):
    fitted = lesions.folds[0][0]

    def of(mend):
        return fitted_pictures(lesions, Plan("ruler", 1.0, 0.0, mend), fitted)

    mixed = [lesions.malignant[picture.lesion] for picture in of("mixing") if picture.shortcut]
    assert (sum(mixed), len(mixed)) == (3, 6), "as often in both"
    assert all(picture.masked for picture in of("masking"))
    twins = [picture for picture in of("twins") if picture.around]
    assert len(twins) == 12
    for twin in twins:
        other, marked = twin.around
        assert lesions.malignant[other] != lesions.malignant[twin.lesion]
        assert (marked is not None) == lesions.malignant[other]


def test_masking_and_twins_keep_the_lesion_and_take_the_surroundings(lesions):
    pixels, inside = lesions.look(1)
    masked = render(lesions, Picture(1, "ruler", masked=True))
    assert (masked[inside] == render(lesions, Picture(1, "ruler"))[inside]).all()
    assert masked[0, 0].tolist() == list(PLAIN_SKIN)
    twin = render(lesions, Picture(1, around=(2, None)))
    assert (twin[inside] == pixels[inside]).all()
    assert (twin[0, 0] == lesions.look(2)[0][0, 0]).all()


def test_cells_that_something_planted_touches():
    clean = np.zeros((8, 8, 3), np.uint8)
    planted = clean.copy()
    planted[0, 5, 2] = 13
    planted[7, 0, 0] = 12  # too faint to be seen
    assert planted_cells(planted, clean, (2, 4)).tolist() == [[False, False, True, False], [False] * 4]


def test_nothing_is_touched_where_it_is_masked(lesions):
    assert touched_cells(lesions, Picture(1, "dark-corners"), (4, 4))[0, 0]
    assert not touched_cells(lesions, Picture(1, "dark-corners", masked=True), (4, 4)).any()
    assert touched_cells(lesions, Picture(1, "colours"), (4, 4)).all()


def test_one_clinic_has_one_cast():
    grey = np.full((4, 4, 3), 200, np.uint8)
    casts = np.array([colour_cast(grey, np.random.default_rng(seed))[0, 0] for seed in range(20)], float)
    assert (casts.mean(axis=0)[:-1] > casts.mean(axis=0)[1:]).all(), "yellowish: less green, least blue"
    assert casts.std(axis=0).max() < 5
    assert (grey == 200).all()


@pytest.mark.slow("the shipped network looks at two hundred pictures")
@pytest.mark.parametrize("mend", MENDS[1:])
def test_a_planted_ruler_is_caught_and_mended(shipped_classifier, shipped_store, mend):
    before_file = hashlib.sha256((SHIPPED / "model.keras").read_bytes()).hexdigest()
    weights = [variable.numpy().copy() for variable in shipped_classifier.compiled.network.weights[:3]]
    planted, mended = Plan("ruler", 1.0, 0.0), Plan("ruler", 1.0, 0.0, mend)
    store = filled(shipped_store, planted, mended)
    before, after = run_trial(store, planted), run_trial(store, mended)
    assert judge(before) == Verdict.CAUGHT
    assert before.accuracy(AS_FITTED) > before.accuracy(CLEAN) > before.accuracy(REVERSED)
    assert focus(before).pointing == "points"
    assert after.accuracy(REVERSED) >= before.accuracy(REVERSED) + 0.4
    where = focus(after)
    assert where is None or where.evidence < focus(before).evidence / 2
    for seen in (*before.looked_at, *after.looked_at):
        assert seen.evidence.sum() + seen.start == pytest.approx(seen.logit, abs=1e-4)
    kept = shipped_classifier.compiled.network.weights[:3]
    assert all((now.numpy() == was).all() for now, was in zip(kept, weights, strict=True))
    assert hashlib.sha256((SHIPPED / "model.keras").read_bytes()).hexdigest() == before_file


@pytest.fixture(scope="module")
def shipped_store(shipped_classifier):
    from melanoma.laboratory.features import reader

    compiled = shipped_classifier.compiled
    return FeatureStore(reader(compiled, DEPTHS[0]), drawn_lesions(compiled.size, fitted=24, held_back=16))


@pytest.mark.slow("another kind of network")
def test_a_network_without_pooling_serves_as_well(nine_classifier):
    from melanoma.laboratory.features import reader

    compiled = nine_classifier.compiled
    assert not compiled.additive
    for depth in DEPTHS:
        maps = reader(compiled, depth)(np.zeros((2, compiled.size, compiled.size, 3), np.uint8))
        assert maps.ndim == 4 and maps.dtype == np.float32


@pytest.mark.slow("outlines of two dozen photos")
def test_each_real_photo_is_held_back_once():
    rng = np.random.default_rng(1)
    photos = [rng.integers(0, 255, (24, 32, 3), dtype=np.uint8) for _ in range(14)]
    lesions = framed_photos(photos, [True] * 7 + [False] * 7, 24, "centre-square")
    assert [held.tolist() for _, held in lesions.folds] == [[number] for number in range(14)]
    assert all(held[0] not in fitted and len(fitted) == 13 for fitted, held in lesions.folds)
    plan = Plan("colours", 1.0, 0.0, "twins")
    outcome = run_trial(filled(FeatureStore(means, lesions), plan), plan)
    assert outcome.heads == 14 and len(outcome.right[CLEAN]) == 14 and outcome.fitted == 26


def test_too_few_photos_and_one_class_are_refused():
    photo = np.zeros((8, 8, 3), np.uint8)
    with pytest.raises(UserError, match="not enough real photos to fit to: 2 of one kind"):
        framed_photos([photo] * 9, [True] * 2 + [False] * 7, 8, "centre-square")
    with pytest.raises(UserError, match="of one class"):
        Lesions([True, True], None, lambda _: (photo, photo[..., 0] > 0))


def test_a_store_counts_a_picture_once_and_keeps_no_maps(lesions):
    asked = []

    def read(pixels):
        asked.append(len(pixels))
        return means(pixels)

    store = FeatureStore(read, lesions)
    pictures = [Picture(0), Picture(1), Picture(0)]
    store.add(store.missing(pictures))
    assert store.missing(pictures) == [] and asked == [2]
    assert store.pooled(pictures)[2].tolist() == means(lesions.look(0)[0][None]).mean(axis=(1, 2))[0].tolist()
    assert store.reference(masked=False).shape == (4, 4, 3)


def test_plans_out_of_range_are_refused():
    for wrong in (("gel", 1, 0), ("ruler", 1.1, 0), ("ruler", 0, -0.1), ("ruler", 0, 0, "prayer")):
        with pytest.raises(ValueError, match="no trial"):
            Plan(*wrong)
    assert set(SHORTCUTS) == {"ruler", "ink", "dark-corners", "colours"}
