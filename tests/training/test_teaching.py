"""The mix that a student's probabilities assume."""

import numpy as np
import pytest

from melanoma.errors import UserError
from melanoma.training.teaching import with_nevi


def test_nevi_get_their_share_and_the_others_keep_their_proportions():
    found = with_nevi(np.array([0.2, 0.4, 0.3, 0.1]), ("MEL", "NV", "BCC", "AK"), 0.7)
    assert found == pytest.approx([0.1, 0.7, 0.15, 0.05])


@pytest.mark.parametrize(
    ("codes", "nevi", "sentence"),
    [
        (("MEL", "BCC"), 0.6, "none of the diagnoses"),
        (("MEL", "NV"), 1.0, "no share"),
        (("MEL", "NV"), -0.1, "no share"),
    ],
)
def test_what_is_no_share_is_a_sentence(codes, nevi, sentence):
    with pytest.raises(UserError, match=sentence):
        with_nevi(np.array([0.5, 0.5]), codes, nevi)
