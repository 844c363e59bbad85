"""What a student asks for, and the mix that its probabilities assume."""

import numpy as np
import pandas as pd
import pytest

from melanoma.errors import UserError
from melanoma.training.run_folder import begin_run, resume_run
from melanoma.training.teaching import load_teacher, with_nevi


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


def test_a_student_needs_a_test_side(tmp_path):
    with pytest.raises(UserError, match="Give --teacher with --test-side"):
        load_teacher(tmp_path / "folds.parquet", None, ("MEL", "NV"), pd.DataFrame())


def test_another_choice_is_another_run(tmp_path):
    plan = {"recipe": {"dropout": 0.3}, "data": "x", "codes": ["MEL", "NV"], "start": None}
    begin_run(tmp_path, plan)
    with pytest.raises(UserError, match="started with another recipe"):
        resume_run(tmp_path, plan | {"recipe": {"dropout": 0.1}}, model=None)
