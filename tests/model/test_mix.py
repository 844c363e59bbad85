"""Probabilities in another mix: worked out by hand, from names and files, and what is no mix."""

from dataclasses import replace

import numpy as np
import pytest

from melanoma.errors import UserError
from melanoma.model.bundle import load_bundle
from melanoma.model.mix import CLINIC_LESIONS, known_mixes, mix_named, mix_of_file
from tests.model.test_log_odds import prediction_of


@pytest.fixture
def bundle(small_bundle):
    return replace(load_bundle(small_bundle), codes=("MEL", "NV", "BKL"), prior=(0.2, 0.5, 0.3))


def test_the_own_mix_is_taken_out_and_the_other_put_in(bundle):
    own = np.array([0.5, 0.3, 0.2])
    # Free of the mix 0.5 / 0.2 : 0.3 / 0.5 : 0.2 / 0.3, that is 15 : 3.6 : 4, when all come equally often.
    prediction = prediction_of(2 * np.log(own / bundle.prior), prior=bundle.prior, temperature=2.0)
    assert prediction.probabilities == pytest.approx(own)
    assert mix_named("even", bundle).probabilities(prediction) == pytest.approx(np.array([15, 3.6, 4]) / 22.6)
    same = mix_of_file("own.csv", b"diagnosis,share\nMEL,20\nNV,50\nBKL,30\n", bundle)
    assert same.shares == pytest.approx(bundle.prior)
    assert same.by_code(prediction) == pytest.approx(dict(zip(bundle.codes, own, strict=True)))


def test_the_clinic_has_stated_shares(bundle):
    mix = mix_named("clinic", bundle)
    counts = np.array([614, 5403, 727])
    assert mix.shares == pytest.approx(counts / counts.sum())
    assert "7470 lesions of HAM10000" in str(mix.source) and sum(CLINIC_LESIONS.values()) == 7470
    parts = replace(bundle, codes=("MEL", "NV", "PBK"))
    assert known_mixes(parts) == ["even"] and known_mixes(bundle) == ["even", "clinic"]
    with pytest.raises(UserError, match=r"knows other diagnoses than this model \(MEL, NV, PBK\)"):
        mix_named("clinic", parts)


def test_a_file_may_use_words_and_a_mark_of_a_spreadsheet(bundle, tmp_path):
    text = "diagnosis,share\nmelanoma,1\nnevus,7\nseborrheic keratosis,2\n"
    (tmp_path / "mine.csv").write_text(text, encoding="utf-8-sig")
    mix = mix_named(str(tmp_path / "mine.csv"), bundle)
    assert mix.shares == pytest.approx((0.1, 0.7, 0.2)) and str(mix.source) == "the file mine.csv"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "none for MEL, NV, BKL"),
        (b"\xff\xfe\x00", "has to be a CSV"),
        (b"diagnosis,share\nMEL,x\n", "has to be a CSV"),
        (b"MEL,NV\n1,2\n", "has to be a CSV"),
        (b"diagnosis,share\nMEL\n", "has to be a CSV"),
        (b"x" * 70_000, "has to be a CSV"),
        (b"diagnosis,share\nMEL,1\nNV,1\n", "none for BKL"),
        (b"diagnosis,share\nMEL,1\nNV,0\nBKL,1\n", "none for NV"),
        (b"diagnosis,share\nMEL,1\nNV,-1\nBKL,1\n", "none for NV"),
        (b"diagnosis,share\nMEL,1\nNV,nan\nBKL,inf\n", "none for NV, BKL"),
        (b"diagnosis,share\nMEL,1\nmelanoma,2\n", "names MEL twice"),
        (b"diagnosis,share\nMEL,1\nBCC,2\n", "names “BCC”, which this model does not know"),
        (b"diagnosis,share\ntea,1\n", "names “tea”, which this model does not know"),
    ],
)
def test_what_is_no_mix_is_a_sentence(bundle, content, sentence):
    with pytest.raises(UserError, match=sentence):
        mix_of_file("a.csv", content, bundle)


def test_a_name_that_is_neither_a_mix_nor_a_file_lists_them(bundle, tmp_path):
    with pytest.raises(UserError, match="no mix “tea”, and no such file. Give even, clinic, or a CSV"):
        mix_named("tea", bundle)
    with pytest.raises(UserError, match="no such file"):
        mix_named(str(tmp_path), bundle)


def test_a_file_that_is_too_large_is_not_read_in_part(bundle, tmp_path):
    file = tmp_path / "large.csv"
    file.write_bytes(b"diagnosis,share\nMEL,1\nNV,1\nBKL,1\n" + b"\n" * 64 * 1024)
    with pytest.raises(UserError, match="has to be a CSV"):
        mix_named(str(file), bundle)
