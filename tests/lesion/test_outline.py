"""The outline on drawings whose outline is known, and the ABCD figures on shapes whose figures are known."""

import cv2
import numpy as np
import pytest

from melanoma.data.labels.read import read_labels
from melanoma.edits.artefacts import ARTEFACTS
from melanoma.edits.drawn_lesions import COLOURS, MELANOMA_LIKE, NEVUS_LIKE, LesionParameters, draw_lesion
from melanoma.lesion import outline
from melanoma.lesion.abcd import abcd
from melanoma.lesion.mask_files import on_photo, read_mask
from melanoma.lesion.outline import diameter, find_lesion, overlap, widen
from melanoma.photos.reading import read_image

SKIN = (226, 186, 168)
LONG_STRIP = pytest.mark.slow("the outline is sought in many squares along a strip")
DRAWINGS = {
    "nevus": NEVUS_LIKE,
    "melanoma": MELANOMA_LIKE,
    "small": LesionParameters(diameter=0.15),
    "large": LesionParameters(diameter=0.9),
    "dark skin": LesionParameters(skin=0.7),
    "very hairy": LesionParameters(hairs=40),
}


def painted(mask: np.ndarray, colour=(104, 66, 46), blur: float = 0.8) -> np.ndarray:
    """A region of one colour on skin of one colour."""
    image = np.where(mask[..., None], np.array(colour), np.array(SKIN)).astype(np.uint8)
    return cv2.GaussianBlur(image, (0, 0), blur)


def disc(radius: float, height: int = 200, width: int = 240) -> np.ndarray:
    y, x = np.mgrid[:height, :width]
    return np.hypot(y - (height - 1) / 2, x - (width - 1) / 2) <= radius


def ellipse(long: float, short: float, degrees: float) -> np.ndarray:
    mask = np.zeros((200, 240), np.uint8)
    cv2.ellipse(mask, ((119.5, 99.5), (2 * long, 2 * short), degrees), 1, -1)
    return mask > 0


def test_overlap_by_hand():
    one, other = np.array([[1, 1, 0, 0]], bool), np.array([[0, 1, 1, 0]], bool)
    assert overlap(one, other) == pytest.approx(1 / 3)
    assert overlap(one & False, one & False) == 1


@pytest.mark.parametrize("name", DRAWINGS)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_drawn_outline_is_found(name, seed):
    drawn = draw_lesion(DRAWINGS[name], seed=seed)
    found = find_lesion(drawn.image)
    assert overlap(found.mask, drawn.mask) > 0.75
    assert found.confidence > 0.7


@pytest.mark.parametrize("artefact", ARTEFACTS)
def test_what_lies_on_the_skin_is_not_taken_for_lesion(artefact):
    overlaps = []
    for seed in range(6):
        drawn = draw_lesion(NEVUS_LIKE, 300, 400, seed)
        changed = ARTEFACTS[artefact](drawn.image, np.random.default_rng(seed))
        overlaps.append(overlap(find_lesion(changed).mask, drawn.mask))
    assert np.mean(overlaps) > 0.75


def test_a_lesion_beside_the_centre_is_found_where_it_is():
    image = draw_lesion(LesionParameters(diameter=0.3), 300, 300, 1)
    image, mask = (np.roll(array, (50, -60), axis=(0, 1)) for array in (image.image, image.mask))
    assert overlap(find_lesion(image).mask, mask) > 0.75


@pytest.mark.parametrize("place", [0.0, 0.3, 1.0], ids=["at one end", "between", "at the other end"])
@pytest.mark.parametrize("ratio", [2, 3.3, pytest.param(10, marks=LONG_STRIP)])
@pytest.mark.parametrize("upright", [False, True], ids=["lying", "upright"])
def test_a_lesion_anywhere_in_a_long_photo_is_found(ratio, place, upright):
    drawn = draw_lesion(LesionParameters(diameter=0.5), 150, round(150 * ratio), 2)
    away = round((place - 0.5) * (ratio - 1) * 150)
    image, mask = (np.roll(array, away, axis=1) for array in (drawn.image, drawn.mask))
    if upright:
        image, mask = np.rot90(image), np.rot90(mask)
    found = find_lesion(np.ascontiguousarray(image))
    assert overlap(found.mask, mask) > 0.75
    assert found.trusted and found.confidence > 0.7


def test_of_two_lesions_one_is_found_whole():
    drawn = draw_lesion(LesionParameters(diameter=0.5), 150, 300, 2)
    image, mask = (np.concatenate([array, array], axis=1) for array in (drawn.image, drawn.mask))
    found = find_lesion(image).mask
    one, other = mask.copy(), mask.copy()
    one[:, 300:] = other[:, :300] = False
    assert max(overlap(found, one), overlap(found, other)) > 0.75


def test_an_endless_photo_is_looked_through_in_bounded_time(monkeypatch):
    looked = []
    monkeypatch.setattr(outline, "candidates", lambda image: looked.append(image.shape) or [])
    find_lesion(np.zeros((2, 5000, 3), np.uint8))
    assert looked[0] == (2, 5000, 3) and set(looked[1:]) == {(2, 2, 3)} and len(looked) <= 26


@pytest.mark.parametrize("turn", [np.rot90, np.flipud, np.fliplr, lambda a: np.rot90(a, 2)])
def test_turning_the_image_turns_the_outline(turn):
    image = draw_lesion(MELANOMA_LIKE, 450, 600, 3).image
    before, after = find_lesion(image), find_lesion(np.ascontiguousarray(turn(image)))
    assert overlap(turn(before.mask), after.mask) > 0.97
    assert after.confidence == pytest.approx(before.confidence, abs=0.03)


def test_enlarging_the_image_enlarges_the_outline():
    image = draw_lesion(MELANOMA_LIKE, 225, 300, 3).image
    before = find_lesion(image).mask.astype(np.uint8)
    after = find_lesion(cv2.resize(image, (1200, 900), interpolation=cv2.INTER_CUBIC))
    assert overlap(cv2.resize(before, (1200, 900)) > 0, after.mask) > 0.95


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((450, 600, 3), np.uint8),
        np.full((450, 600, 3), 255, np.uint8),
        np.full((64, 900, 3), 128, np.uint8),
        np.zeros((1, 1, 3), np.uint8),
    ],
    ids=["black", "white", "narrow", "one pixel"],
)
def test_a_plain_image_holds_no_lesion(image):
    found = find_lesion(image)
    assert not found.found and found.confidence == 0 and found.mask.shape == image.shape[:2]


def test_no_lesion_and_nothing_but_lesion_give_low_confidence():
    skin, inside, whole = [], [], []
    for seed in range(3):
        small = draw_lesion(LesionParameters(diameter=0.1), seed=seed).image
        large = draw_lesion(LesionParameters(diameter=0.95, asymmetry=0, border=0), seed=seed).image
        skin.append(find_lesion(np.ascontiguousarray(small[10:160, 10:210])).confidence)
        inside.append(find_lesion(np.ascontiguousarray(large[130:320, 200:400])).confidence)
        whole.append(find_lesion(large).confidence)
    assert max(skin) < 0.4 and np.median(inside) < 0.5
    assert min(whole) > 0.7


@pytest.mark.parametrize(
    "wrong", [np.zeros((5, 5), np.uint8), np.zeros((5, 5, 3)), np.zeros((0, 5, 3), np.uint8)]
)
def test_what_is_no_image_is_refused(wrong):
    with pytest.raises(ValueError, match="uint8"):
        find_lesion(wrong)


def test_a_widened_disc_is_a_larger_disc():
    assert diameter(disc(40)) == pytest.approx(80, rel=0.01)
    assert overlap(widen(disc(40), 0.25), disc(60)) > 0.98
    assert not widen(disc(40) & False).any()


def test_figures_of_a_disc():
    figures = abcd(painted(disc(50)), disc(50))
    assert max(figures.asymmetry) < 0.01 and figures.asymmetric_axes == 0
    assert figures.compactness > 0.97 and figures.convexity > 0.97
    assert figures.abrupt_octants == 8
    assert figures.colours_present == ("dark brown",)
    assert figures.area == disc(50).sum()
    assert figures.longest_diameter == pytest.approx(101, abs=1)


def test_a_turned_ellipse_is_symmetric_and_less_compact():
    upright, turned = (abcd(painted(mask), mask) for mask in (ellipse(80, 30, 0), ellipse(80, 30, 33)))
    assert turned.asymmetric_axes == 0 and max(turned.asymmetry) < 0.05
    # Ramanujan's perimeter of an ellipse with half axes 80 and 30 is 365.6; 4 pi (pi 80 30) / 365.6^2 = 0.709
    assert upright.compactness == pytest.approx(0.709, abs=0.03)
    assert turned.compactness == pytest.approx(upright.compactness, abs=0.02)
    assert turned.longest_diameter == pytest.approx(160, abs=3)


def test_a_half_disc_is_symmetric_about_one_axis_only():
    half = disc(60)
    half[:100] = False
    figures = abcd(painted(half), half)
    assert figures.asymmetric_axes == 1 and figures.asymmetry[0] < 0.02
    # Folded about the line through its centre of area, 4 r / (3 pi) from the straight side.
    assert figures.asymmetry[1] == pytest.approx(0.19, abs=0.04)
    assert figures.convexity > 0.97


def test_a_soft_border_is_not_abrupt_and_half_a_soft_border_is_half_abrupt():
    sharp, soft = painted(disc(50)), painted(disc(50), blur=14)
    half = np.where((np.arange(240) < 120)[None, :, None], sharp, soft)
    counts = [abcd(image, disc(50)).abrupt_octants for image in (sharp, half, soft)]
    assert counts == [8, 4, 0]
    assert abcd(painted(disc(50), colour=SKIN), disc(50)).abrupt_octants == 0


def test_each_of_the_six_colours_is_recognised():
    for name, colour in COLOURS.items():
        figures = abcd(painted(disc(50), colour), disc(50))
        assert figures.colours_present == (name,)
        assert figures.colours[name] > 0.95


def test_white_must_be_lighter_than_the_skin():
    mask = disc(50)
    image = np.where(mask[..., None], np.array(COLOURS["white"]), np.array((250, 240, 238))).astype(np.uint8)
    assert "white" not in abcd(image, mask).colours_present


def figures_of(seeds: int = 4, **parameters):
    drawings = [draw_lesion(LesionParameters(**parameters), 150, 200, seed) for seed in range(seeds)]
    return [abcd(drawn.image, drawn.mask) for drawn in drawings]


@pytest.mark.slow("outlines of many drawings")
def test_figures_rise_with_what_was_drawn():
    levels = (0.0, 0.5, 1.0)
    lopsided = [
        np.mean([sum(f.asymmetry) for f in figures_of(asymmetry=level, border=0)]) for level in levels
    ]
    notched = [np.mean([1 - f.convexity for f in figures_of(border=level)]) for level in levels]
    compact = [np.mean([1 - f.compactness for f in figures_of(border=level)]) for level in levels]
    number = [
        np.mean([len(f.colours_present) for f in figures_of(colours=count, network=0.0)])
        for count in (1, 2, 4, 6)
    ]
    for series in (lopsided, notched, compact, number):
        assert (np.diff(series) > 0).all(), series
    assert number[:2] == [1, 2] and number[-1] > 3.5


def test_turning_the_photo_changes_no_figure():
    drawn = draw_lesion(MELANOMA_LIKE, 300, 400, 2)
    before, after = (
        abcd(drawn.image, drawn.mask),
        abcd(np.rot90(drawn.image).copy(), np.rot90(drawn.mask).copy()),
    )
    assert after.asymmetry == pytest.approx(before.asymmetry, abs=0.01)
    assert (after.area, after.abrupt_octants) == (before.area, before.abrupt_octants)
    assert after.compactness == pytest.approx(before.compactness, abs=0.01)
    assert after.colours == pytest.approx(before.colours, abs=0.01)


def test_figures_of_any_mask_that_is_not_empty():
    image = draw_lesion(NEVUS_LIKE, 100, 120).image
    everything, pixel = np.ones((100, 120), bool), np.zeros((100, 120), bool)
    pixel[3, 4] = True
    assert abcd(image, everything).area == everything.sum() and abcd(image, pixel).area == 1
    parts = disc(30, 100, 120) | pixel
    assert abcd(image, parts).area == disc(30, 100, 120).sum()
    with pytest.raises(ValueError, match="empty"):
        abcd(image, pixel & False)
    with pytest.raises(ValueError, match="the mask is"):
        abcd(image, pixel[:50])


@pytest.mark.slow("outlines of real photos against those of dermatologists")
def test_overlap_with_dermatologists_outlines(real_data):
    table = read_labels(real_data / "isic" / "labels.csv").table
    square = table[table["outline"].notna() & (table["framing"] == "centre-square")].sample(
        60, random_state=0
    )
    overlaps = []
    for row in square.itertuples():
        image = read_image(row.path)
        truth = on_photo(read_mask(row.outline), *image.shape[1::-1])
        overlaps.append(overlap(find_lesion(image).mask, truth))
    assert np.mean(overlaps) > 0.75 and np.mean(np.array(overlaps) < 0.5) < 0.2
