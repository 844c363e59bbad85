"""What a photographer would object to."""

import cv2
import numpy as np

from melanoma.edits.drawn_lesions import MELANOMA_LIKE, draw_lesion
from melanoma.photos.quality import quality_flags

GOOD = draw_lesion(MELANOMA_LIKE, 300, 400, 1).image


def test_a_good_photo_has_no_flags():
    assert quality_flags(GOOD) == ()


def test_each_defect_gets_its_sentence():
    assert "very dark" in quality_flags((GOOD * 0.15).astype(np.uint8))[0]
    assert "overexposed" in quality_flags(np.clip(GOOD.astype(int) + 200, 0, 255).astype(np.uint8))[0]
    assert "blurred" in quality_flags(cv2.GaussianBlur(GOOD, (0, 0), 12))[0]
    assert "contrast" in quality_flags(np.full((100, 100, 3), 128, np.uint8))[0]


def test_black_is_called_dark_and_flat():
    assert len(quality_flags(np.zeros((100, 100, 3), np.uint8))) == 2
