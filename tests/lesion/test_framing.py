"""Framing: the square holds the lesion wherever it lies, and what it does not hold is said."""

import cv2
import numpy as np
import pytest

from melanoma.edits.artefacts import ARTEFACTS
from melanoma.edits.drawn_lesions import MELANOMA_LIKE, LesionParameters, draw_lesion
from melanoma.errors import UserError
from melanoma.lesion import framing
from melanoma.lesion.framing import (
    CENTRE_SQUARE,
    FRAMINGS,
    LESION_SQUARE,
    MIDDLE_ONLY,
    PART_OUTSIDE,
    REST_NOT_JUDGED,
    frame_photo,
)
from melanoma.lesion.outline import Outline
from melanoma.photos.framing import Geometry

SIZE = 96
LONG_STRIP = pytest.mark.slow("the outline is sought in many squares along a strip")
SIDE = 180
SMALL = LesionParameters(diameter=0.4)


def strip(ratio: float, place: float, lesion: LesionParameters = SMALL, seed: int = 2):
    """Return a photo `ratio` times as long as high, its lesion from one end (0) to the other (1)."""
    drawn = draw_lesion(lesion, SIDE, round(SIDE * ratio), seed)
    away = round((place - 0.5) * (ratio - 1) * SIDE)
    return np.roll(drawn.image, away, axis=1), np.roll(drawn.mask, away, axis=1)


def outline_of(monkeypatch, height, width, left, right, confidence=0.9):
    """Have a rectangle over half the height, from column `left` to `right`, be what is found."""
    mask = np.zeros((height, width), bool)
    mask[height // 4 : 3 * height // 4, left:right] = True
    monkeypatch.setattr(framing, "find_lesion", lambda image: Outline(mask, confidence))


@pytest.mark.parametrize("ratio", [1.33, 1.6, 2.5, pytest.param(10, marks=LONG_STRIP)])
@pytest.mark.parametrize("place", [0.0, 0.25, 0.5, 1.0])
@pytest.mark.parametrize("upright", [False, True], ids=["lying", "upright"])
def test_the_square_holds_the_lesion_wherever_it_lies(ratio, place, upright):
    image, mask = strip(ratio, place)
    if upright:
        image, mask = np.ascontiguousarray(np.rot90(image)), np.rot90(mask)
    framed = frame_photo(image, SIZE, LESION_SQUARE)
    assert framed.geometry.part(mask).sum() == mask.sum()
    assert framed.geometry.side == SIDE, "at the size at which the network learned it"
    assert framed.lesion_not_seen == pytest.approx(0, abs=1e-6)
    assert np.array_equal(framed.pixels, framed.geometry.cut(image))
    assert framed.flags == ((REST_NOT_JUDGED,) if ratio > 1.5 else ())


@pytest.mark.parametrize(("ratio", "place"), [(1.0, 0.5), (1.33, 0.5), (3, 0.5)])
def test_what_lies_in_the_middle_is_framed_as_ever(ratio, place):
    image, _ = strip(ratio, place)
    framed, before = frame_photo(image, SIZE, LESION_SQUARE), frame_photo(image, SIZE, CENTRE_SQUARE)
    assert framed.geometry == before.geometry and framed.geometry.centred


def test_the_square_by_hand(monkeypatch):
    # 300 x 100 pixels, centred square from 100 to 200. The lesion is 50 high and w wide, its diameter d that
    # of the circle of its area, and 0.25 d of skin has to show on either side.
    def start(left, right):
        outline_of(monkeypatch, 100, 300, left, right)
        return frame_photo(np.zeros((100, 300, 3), np.uint8), SIZE, LESION_SQUARE).geometry.left

    margin = 0.25 * 2 * np.sqrt(50 * 40 / np.pi)  # 12.6 pixels at a width of 40
    assert 12 < margin < 13
    assert start(113, 153) == 100, "the centred square shows the margin"
    assert start(112, 152) == 82, "it does not: the square is centred upon the lesion"
    assert start(147, 187) == 100
    assert start(148, 188) == 118
    assert start(0, 40) == 0 and start(260, 300) == 200, "as far as the photo goes"
    assert start(50, 250) == 100, "a lesion longer than the square: its middle"


@pytest.mark.parametrize("scale", [1, 4], ids=["as it is", "larger than it is searched in"])
def test_the_share_not_seen_by_hand(monkeypatch, scale):
    photo = np.zeros((100 * scale, 200 * scale, 3), np.uint8)  # centred square: 50 to 150
    monkeypatch.setattr(framing, "_SEARCHED", 100)
    outline_of(monkeypatch, 100, 200, 30, 70)
    framed = frame_photo(photo, SIZE, CENTRE_SQUARE)
    assert framed.lesion_not_seen == pytest.approx(0.5)
    assert framed.flags == (PART_OUTSIDE, REST_NOT_JUDGED)
    moved = frame_photo(photo, SIZE, LESION_SQUARE)
    assert moved.geometry.left == 0 and moved.lesion_not_seen == 0
    outline_of(monkeypatch, 100, 200, 0, 200)
    assert frame_photo(photo, SIZE, LESION_SQUARE).lesion_not_seen == pytest.approx(0.5)


def test_less_than_a_tenth_outside_is_no_doubt(monkeypatch):
    photo = np.zeros((100, 140, 3), np.uint8)  # centred square: 20 to 120
    for left, flags in ((17, ()), (15, (PART_OUTSIDE,))):  # 3 and 5 of 40 columns
        outline_of(monkeypatch, 100, 140, left, left + 40)
        assert frame_photo(photo, SIZE, CENTRE_SQUARE).flags == flags


def test_an_outline_that_is_not_trusted_frames_nothing_and_the_doubt_is_told(monkeypatch):
    for width, flags in ((150, ()), (160, (MIDDLE_ONLY,))):
        outline_of(monkeypatch, 100, width, 0, 20, confidence=0.49)
        framed = frame_photo(np.zeros((100, width, 3), np.uint8), SIZE, LESION_SQUARE)
        assert framed.geometry.centred and framed.lesion_not_seen is None
        assert framed.flags == flags


def test_a_square_photo_is_seen_whole_and_nothing_is_sought(monkeypatch):
    monkeypatch.delattr(framing, "find_lesion")
    framed = frame_photo(np.zeros((50, 50, 3), np.uint8), SIZE, LESION_SQUARE)
    assert framed.lesion_not_seen == 0 and framed.flags == ()


def test_two_lesions_one_is_framed_whole_and_the_other_is_a_doubt():
    image = np.concatenate([strip(1.5, 0.5)[0], strip(1.5, 0.5, seed=3)[0]], axis=1)
    mask = np.concatenate([strip(1.5, 0.5)[1], np.zeros((SIDE, 270), bool)], axis=1)
    framed = frame_photo(image, SIZE, LESION_SQUARE)
    other = np.roll(mask, 270, axis=1)
    seen = [framed.geometry.part(one).sum() / one.sum() for one in (mask, other)]
    assert max(seen) > 0.99 and framed.flags == (REST_NOT_JUDGED,)


@pytest.mark.parametrize("name", FRAMINGS)
@pytest.mark.parametrize(
    "image",
    [
        np.zeros((450, 600, 3), np.uint8),
        np.full((60, 600, 3), (226, 186, 168), np.uint8),
        np.full((1, 40, 3), 255, np.uint8),
        np.zeros((1, 1, 3), np.uint8),
        np.zeros((3000, 2, 3), np.uint8),
    ],
    ids=["black", "skin alone, 10:1", "one pixel high", "one pixel", "two pixels wide"],
)
def test_no_lesion_is_an_answer(name, image):
    framed = frame_photo(image, SIZE, name)
    assert framed.pixels.shape == (SIZE, SIZE, 3) and framed.geometry.centred
    long = max(image.shape[:2]) > 1.5 * min(image.shape[:2])
    assert framed.lesion_not_seen == (None if image.shape[0] != image.shape[1] else 0)
    assert framed.flags == ((MIDDLE_ONLY,) if long else ())


def test_a_photo_smaller_than_the_network_s_square():
    image, mask = (
        cv2.resize(array.astype(np.uint8), (100, 40), interpolation=cv2.INTER_AREA) for array in strip(2.5, 0)
    )
    framed = frame_photo(image, SIZE, LESION_SQUARE)
    assert framed.geometry == Geometry(100, 40, 0, 0, 40, SIZE)
    assert framed.geometry.part(mask).sum() == mask.sum()


@pytest.mark.slow("the outline under every artefact, and the square around it")
@pytest.mark.parametrize("artefact", ARTEFACTS)
def test_what_lies_on_the_skin_does_not_draw_the_square_away(artefact):
    seen = []
    for seed in range(6):
        image, mask = strip(2.2, 0.1, MELANOMA_LIKE, seed)
        changed = ARTEFACTS[artefact](image, np.random.default_rng(seed))
        framed = frame_photo(changed, SIZE, LESION_SQUARE)
        seen.append(framed.geometry.part(mask).sum() / mask.sum())
    assert np.mean(seen) > 0.85


def test_a_black_vignette_is_no_lesion():
    image, mask = strip(2.2, 0.1)
    y, x = np.mgrid[: image.shape[0], : image.shape[1]]
    away = np.hypot((y - 90) / 90, (x - image.shape[1] / 2) / (image.shape[1] / 2))
    image = image.copy()
    image[away > 1.15] = 0
    framed = frame_photo(image, SIZE, LESION_SQUARE)
    assert framed.geometry.part(mask).sum() > 0.99 * mask.sum()


def test_a_square_is_the_same_one_on_a_smaller_copy():
    geometry = Geometry(900, 300, 600, 0, 300, SIZE)
    assert geometry.on_copy(450, 150) == Geometry(450, 150, 300, 0, 150, SIZE)
    assert geometry.on_copy(299, 100) == Geometry(299, 100, 199, 0, 100, SIZE)
    assert Geometry(90, 300, 0, 7, 90, SIZE).on_copy(30, 100) == Geometry(30, 100, 0, 2, 30, SIZE)


def test_an_unknown_framing_is_refused_by_name():
    with pytest.raises(UserError, match="“lesion-oval” is unknown. This version knows centre-square, lesion"):
        frame_photo(np.zeros((50, 50, 3), np.uint8), SIZE, "lesion-oval")
