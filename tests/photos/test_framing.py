"""Framing: where in the photo a heatmap lands."""

import io

import numpy as np
import pytest
from PIL import Image

from melanoma.photos.framing import frame
from melanoma.photos.reading import read_image


@pytest.mark.parametrize(("width", "height", "turned"), [(320, 200, 1), (200, 320, 1), (320, 200, 6)])
def test_a_square_is_found_again_at_its_pixels(width, height, turned):
    stored = np.zeros((height, width, 3), np.uint8)
    top, left, side = height // 2 - 30, width // 2 - 10, 40
    stored[top : top + side, left : left + side] = 255
    exif = Image.Exif()
    exif[0x0112] = turned
    stream = io.BytesIO()
    Image.fromarray(stored).save(stream, "PNG", exif=exif.tobytes())
    photo = read_image(stream.getvalue())
    seen, geometry = frame(photo, 100)
    back = geometry.lay_back(seen[:, :, 0].astype(np.float32))
    assert back.shape == photo.shape[:2]
    assert int((~np.isnan(back)).sum()) == min(width, height) ** 2
    found, truth = np.argwhere(np.nan_to_num(back) > 127), np.argwhere(photo[:, :, 0] > 127)
    assert found.min(axis=0) == pytest.approx(truth.min(axis=0), abs=1)
    assert found.max(axis=0) == pytest.approx(truth.max(axis=0), abs=1)


def test_shrinking_averages_areas_and_enlarging_is_bilinear():
    picture = np.zeros((8, 8, 3), np.uint8)
    picture[0, 0] = 160  # one pixel of the sixteen that make the first
    seen, geometry = frame(picture, 2)
    assert seen[..., 0].tolist() == [[10, 0], [0, 0]]
    half = np.zeros((8, 8), bool)
    half[:4, :2] = True
    assert geometry.cut_mask(half).tolist() == [[True, False], [False, False]], "half of it is inside"
    half[0, 0] = False
    assert not geometry.cut_mask(half).any()
    step, _ = frame(np.array([[0, 200], [0, 200]], np.uint8)[..., None].repeat(3, axis=2), 4)
    assert step[0, :, 0].tolist() == [0, 50, 150, 200]
