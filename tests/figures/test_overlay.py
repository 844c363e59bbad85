"""Pixels that say what the arrays say: colours, lines, scales, and what is left of the photo."""

from dataclasses import replace
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from benchmarks.explanations.overlay_contrast import inked, lab, seen_with
from melanoma.exports.overlay import overlay_file, overlay_sheet, scale_picture, whole_photo
from melanoma.figures.map_colours import bar_colours, grey_copy, strongest, tint
from melanoma.figures.overlay import SIDE, Overlay, _smoothed, common_range, full_range
from melanoma.photos.framing import frame, square_along

SKIN, PINK, DARK = (226, 182, 160), (205, 92, 112), (42, 26, 24)


def overlay(colour=SKIN, heatmap=None, limit=1.0, shape=(90, 120), **more):
    photo = np.full((*shape, 3), colour, np.uint8)
    heatmap = np.ones((4, 4), np.float32) if heatmap is None else heatmap
    return Overlay(photo, heatmap, frame(photo, 64)[1], limit, True, **more)


def middle(picture):
    return picture[len(picture) // 2, len(picture) // 2].astype(int)


@pytest.mark.parametrize("colour", [SKIN, PINK, DARK])
@pytest.mark.parametrize("sign", [1, -1])
def test_the_strongest_evidence_is_seen_on_any_skin(colour, sign):
    drawn = overlay(colour, np.full((4, 4), sign, np.float32))
    picture = drawn.picture(90, lines=False)
    red, _, blue = middle(picture)
    assert sign * (red - blue) > 60
    under = np.full((1, 1, 3), grey_copy(drawn.photo)[0, 0], np.uint8)
    assert np.linalg.norm(lab(picture)[45, 45] - lab(under)[0, 0]) > 40


def test_no_evidence_leaves_the_grey_copy_or_the_photo():
    nothing = overlay(PINK, np.zeros((4, 4), np.float32))
    assert np.ptp(middle(nothing.picture(90))) == 0
    assert lab(nothing.picture(90))[45, 45, 0] == pytest.approx(lab(nothing.photo)[45, 45, 0], abs=0.5)
    assert (replace(nothing, in_colour=True).picture(90) == PINK).all()


def test_weak_evidence_looks_weak():
    picture = overlay(heatmap=np.full((4, 4), 0.1, np.float32)).picture(90, lines=False)
    assert 0 < np.ptp(middle(picture)) < 20


def test_a_map_keeps_most_of_the_photos_contrast():
    greys = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    before = lab(greys)[0, :, 0]
    for colours in strongest():
        kept = np.diff(lab(colours[None])[0, :, 0][::15]) / np.diff(before[::15])
        assert kept == pytest.approx(0.64, abs=0.12)


def test_for_and_against_are_as_strong_and_told_apart_without_red_or_green():
    two = lab(strongest())
    chroma = np.hypot(two[..., 1], two[..., 2])
    assert chroma[0] == pytest.approx(chroma[1], abs=2)
    for blindness in ("protanopia", "deuteranopia"):
        seen = [lab(seen_with(colours[None], blindness))[0] for colours in strongest()]
        assert np.linalg.norm(seen[0] - seen[1], axis=-1).min() > 20


def test_grey_stays_grey_to_the_colour_blind():
    greys = np.repeat(np.arange(0, 256, 15, dtype=np.uint8)[None, :, None], 3, axis=2)
    assert np.abs(seen_with(greys, "protanopia").astype(int) - greys).max() <= 1


def test_what_is_not_known_and_what_is_beyond_the_scale():
    grey = np.full((1, 3), 128, np.uint8)
    pixels = np.full((1, 3, 3), 128, np.uint8)
    drawn = tint(pixels, grey, np.array([[np.nan, 1.0, 7.0]]))
    assert (drawn[0, 0] == 128).all() and (drawn[0, 1] == drawn[0, 2]).all()


def peak(sign=1):
    y, x = np.mgrid[-1:1:12j, -1:1:12j]
    return (sign * np.exp(-3 * (x**2 + y**2))).astype(np.float32)


def test_lines_run_where_a_third_and_two_thirds_are_reached():
    drawn = overlay(heatmap=peak(), limit=float(peak().max()))
    plain, lined = drawn.picture(lines=False), drawn.picture()
    values = cv2.resize(peak(), (SIDE, SIDE)) / peak().max()
    core = (lined.astype(int) - plain).sum(axis=2) < -150
    at = values[core]
    assert min(np.abs(at - 1 / 3).min(), np.abs(at - 2 / 3).min()) < 0.01
    assert np.minimum(np.abs(at - 1 / 3), np.abs(at - 2 / 3)).max() < 0.06
    assert core.sum() > 2000


def test_a_grey_print_tells_for_from_against_by_dashes():
    whole = overlay(heatmap=peak(), limit=float(peak().max()))
    dashed = replace(whole, heatmap=peak(-1))
    assert inked(whole) > 0.95
    assert 0.4 < inked(dashed) < 0.85


def test_maps_of_single_pixels_get_lines_of_regions():
    noise = np.random.default_rng(0).normal(size=(224, 224)).astype(np.float32)
    drawn = overlay(heatmap=noise, limit=float(np.abs(noise).max()), shape=(224, 224))
    changed = (drawn.picture() != drawn.picture(lines=False)).any(axis=2).mean()
    assert 0 < changed < 0.25


def test_the_outline_is_drawn_on_the_photos_pixels_and_no_line_looks_like_it():
    square = np.array([[40.0, 20.0], [80.0, 20.0], [80.0, 60.0], [40.0, 60.0]])
    with_line = overlay(heatmap=np.zeros((3, 3), np.float32), outline=(square,)).picture()
    yellow = (with_line[..., 0] > 200) & (with_line[..., 2] < 90)
    scale = SIDE / 90
    assert np.argwhere(yellow).min(axis=0).tolist() == pytest.approx([20 * scale, (40 - 15) * scale], abs=4)
    assert np.argwhere(yellow).max(axis=0).tolist() == pytest.approx([60 * scale, (80 - 15) * scale], abs=4)
    lined = overlay(heatmap=peak(), limit=float(peak().max())).picture()
    assert not ((lined[..., 0] > 200) & (lined[..., 2] < 90)).any()


def test_a_map_has_its_own_scale_and_on_request_that_of_all():
    maps = np.zeros((2, 2, 3))
    maps[0, 0, 2] = -4.0
    maps[1, 1, 0] = 3.0
    maps[0, 1, 1] = 0.5
    assert [full_range(maps[..., place], maps) for place in range(3)] == [3.0, 0.5, 4.0]
    assert common_range(maps) == 3.0, "what speaks for a diagnosis, or the rest would be too pale"
    assert common_range(-np.abs(maps)) == 4.0
    assert common_range(np.zeros((2, 2, 3))) == full_range(np.zeros((2, 2)), np.zeros((2, 2, 3))) == 1.0


def test_one_pixel_does_not_take_the_whole_scale_of_a_fine_map():
    fine = np.linspace(0, 1, 10_000).reshape(100, 100)
    fine[0, 0] = 50
    assert full_range(fine, fine[..., None]) == pytest.approx(0.99, abs=0.001)
    coarse = np.zeros((12, 12))
    coarse[0, 0] = 50
    assert full_range(coarse, coarse[..., None]) == 50


def test_rounding_is_not_stretched_to_the_whole_scale():
    maps = np.zeros((2, 2, 2))
    maps[..., 0] = 1e-9
    maps[0, 0, 1] = 2.0
    assert full_range(maps[..., 0], maps) == 2.0


def test_a_long_photo_is_shown_by_its_square():
    photo = np.zeros((300, 3000, 3), np.uint8)
    photo[:, 1200:1500] = 255
    drawn = Overlay(photo, np.zeros((4, 4), np.float32), square_along(3000, 300, 1200, 64), 1.0, True)
    assert drawn.square().shape == drawn.picture().shape == (SIDE, SIDE, 3)
    assert (drawn.square() == 255).all()
    whole = whole_photo(photo, drawn.geometry, (400, 160))
    assert whole.shape == (40, 400, 3)
    bright = np.argwhere((whole > 200).all(axis=2))[:, 1]
    assert (bright.min(), bright.max()) == pytest.approx((160, 199), abs=4), "framed where it lies"


def test_the_file_has_photo_map_and_scale():
    sheet = overlay_sheet(overlay(), "Evidence")
    assert sheet.shape[1] > 2 * SIDE and sheet.shape[0] > SIDE + 100
    top = sheet.shape[0] // 2
    assert sheet[top, SIDE // 2].tolist() == list(SKIN), "the photo in its colours"
    red = sheet[top, SIDE + SIDE // 2].astype(int)
    assert red[0] > red[2] + 60, "beside it the map"
    uncropped = overlay_sheet(overlay(shape=(90, 90)), "Evidence")
    assert uncropped.shape[0] < sheet.shape[0], "the whole photo stands there only where it is more"


def test_a_file_has_the_scale_that_was_asked_for():
    photo = np.full((90, 120, 3), SKIN, np.uint8)
    maps = np.zeros((4, 4, 2), np.float32)
    maps[..., 0], maps[..., 1] = 0.2, 1.0
    prediction = SimpleNamespace(geometry=frame(photo, 64)[1], probability=lambda code: 0.4)
    request = SimpleNamespace(prediction=prediction, codes=("MEL", "NV"))
    method = SimpleNamespace(title="Evidence", unit="Logit units", signed=True)

    def colour(code, **more):
        content = overlay_file(photo, method, request, maps, code, **more)
        picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)[:, :, ::-1]
        return picture[picture.shape[0] // 2, SIDE + SIDE // 2].astype(int)

    assert np.abs(colour("MEL") - colour("NV")).max() < 3, "each reaches the end of its own scale"
    weak, strong = (np.ptp(colour(code, one_scale=True)) for code in ("MEL", "NV"))
    assert weak < strong / 3


def test_the_scale_has_the_colours_of_the_map_and_names_its_ends():
    bar = scale_picture(0.12, True, 400)
    assert (bar[3] == bar_colours(400, True)).all()
    assert bar[3, 0, 2] > bar[3, 0, 0] + 60 and bar[3, -1, 0] > bar[3, -1, 2] + 60
    written = (bar[20:] < 100).all(axis=2).any(axis=0)
    assert written[:25].any() and written[-25:].any()


def test_a_long_heading_is_broken_into_lines_and_loses_nothing():
    short, long = (overlay_sheet(overlay(), "Evidence" + " of melanoma" * count) for count in (0, 30))
    assert long.shape[1] == short.shape[1] and long.shape[0] > short.shape[0] + 20
    assert (long[: long.shape[0] - SIDE - 100, -3:] == 255).all(), "nothing runs out of the picture"


def test_a_closed_line_is_smoothed_alike_wherever_it_begins():
    square = np.array([[x, 0] for x in range(8)] + [[8, y] for y in range(8)], float)
    around = np.vstack([square, 8 - square])
    turned = np.roll(around, 5, axis=0)
    one, other = (_smoothed(np.vstack([line, line[:1]]), 3) for line in (around, turned))
    assert one[0] == pytest.approx(one[-1]) and one[0] == pytest.approx([1 / 3, 1 / 3]), "a corner by hand"
    assert np.roll(one[:-1], 5, axis=0) == pytest.approx(other[:-1])
    straight = np.array([[x, 2.0] for x in range(9)])
    assert _smoothed(straight, 3)[1:-1] == pytest.approx(straight[1:-1])
