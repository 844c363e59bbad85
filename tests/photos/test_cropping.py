"""A square cut out of a photo: brought into the photo, whatever was asked."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from melanoma.errors import UserError
from melanoma.photos.cropping import SMALLEST, Crop, crop_of, crop_within, read_crop


def test_what_lies_in_the_photo_is_cut_as_asked():
    photo = np.arange(200 * 300 * 3, dtype=np.uint32).reshape(200, 300, 3)
    crop = crop_within(40, 20, 100, 300, 200)
    assert crop == Crop(40, 20, 100)
    assert np.array_equal(crop.cut(photo), photo[20:120, 40:140])
    assert read_crop(str(crop), 300, 200) == crop


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ((250, 20, 100), Crop(200, 20, 100)),  # over the right edge
        ((-30, -1, 100), Crop(0, 0, 100)),
        ((40, 150, 100), Crop(40, 100, 100)),  # over the lower edge
        ((10, 10, 1), Crop(10, 10, SMALLEST)),
        ((10, 10, -100), Crop(10, 10, SMALLEST)),
        ((90, 90, 900), Crop(90, 0, 200)),  # no larger than the shorter side
        ((10.6, 10.4, 100.5), Crop(11, 10, 100)),
    ],
)
def test_what_lies_outside_is_pushed_in(asked, found):
    assert crop_within(*asked, 300, 200) == found


def test_a_photo_below_the_smallest_square_is_cut_whole():
    assert crop_within(5, 5, 10, 50, 40) == Crop(5, 0, 40)


@pytest.mark.parametrize("text", ["", "1,2", "1,2,3,4", "a,b,c", "1.5,2,3", "nan,0,100", "1,,3", "<b>"])
def test_what_is_no_square_is_a_sentence(text):
    with pytest.raises(UserError, match="A crop is three numbers"):
        read_crop(text, 300, 200)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_no_number_is_a_sentence(value):
    with pytest.raises(UserError, match="A crop is three numbers"):
        crop_within(0, value, 100, 300, 200)


@pytest.mark.parametrize(
    "sent",
    [None, "40,20,100", 7, [1, 2], [1, 2, 3, 4], [1, None, 3], [1, "2", 3], {"left": 1}, [[1], [2], [3]]],
)
def test_what_a_browser_should_not_send_is_a_sentence(sent):
    with pytest.raises(UserError, match="A crop is three numbers"):
        crop_of(sent, 300, 200)


@pytest.mark.parametrize("sent", [[10**400, -(10**400), 1e308], [float("inf"), 0, 5]])
def test_what_is_far_outside_is_pushed_in_too(sent):
    assert crop_of(sent, 300, 200).left in (100, 300 - SMALLEST)


@settings(max_examples=60, deadline=None)
@given(
    st.tuples(*[st.integers(-(10**30), 10**30)] * 3),
    st.integers(SMALLEST, 8000),
    st.integers(SMALLEST, 8000),
)
def test_any_link_gives_a_square_in_the_photo(numbers, width, height):
    crop = read_crop(",".join(map(str, numbers)), width, height)
    assert SMALLEST <= crop.side <= min(width, height)
    assert 0 <= crop.left <= width - crop.side and 0 <= crop.top <= height - crop.side
