"""The real photos to begin with: their choice, the command that fetches them, and the folder."""

import hashlib
import json
from collections import Counter

import pandas as pd
import pytest

from melanoma.diagnoses import CODES
from melanoma.errors import UserError
from melanoma.photos.examples import IDS, Licence, load_example
from tests.conftest import SHIPPED
from tests.photos.archive_replay import Replay, drawn, replayed


@pytest.fixture
def archive(monkeypatch):
    with replayed(Replay(dict(IDS))) as replay:
        monkeypatch.setenv("MELANOMA_ARCHIVE", replay.address)
        yield replay


def test_they_lie_on_the_test_side_one_lesion_each_and_a_rule_chose_them():
    known = pd.read_parquet(SHIPPED / "predictions.parquet")
    known = known[known["split"] == "test"].set_index("image_id")
    ids = [isic_id for isic_id, _ in IDS]
    assert [known.loc[isic_id, "diagnosis"] for isic_id in ids] == [code for _, code in IDS]
    assert known.loc[ids, "lesion_id"].is_unique
    assert [code for _, code in IDS[:8]] == [code for _, code in IDS[8:16]] and {*CODES} == {
        code for _, code in IDS[:8]
    }
    assert Counter(code for _, code in IDS) == dict.fromkeys(CODES, 3)
    for isic_id, code in IDS:
        others = known[(known["diagnosis"] == code) & (known["source"] == known.loc[isic_id, "source"])]
        order = sorted(others.index, key=lambda name: hashlib.sha256(name.encode()).hexdigest())
        order = list(known.loc[order].drop_duplicates("lesion_id").index)
        assert isic_id in order[:3]


def test_the_command_fetches_all_with_licence_and_credit_and_goes_on_where_it_was(
    archive, melanoma, tmp_path
):
    gone = IDS[5][0]
    archive.faults[gone] = "gone"
    status, printed, _ = melanoma("examples", "--out", tmp_path / "kept")
    assert (status, f"23 of 24 photos are in {tmp_path / 'kept'}." in printed) == (0, True)
    assert f"The ISIC Archive's answer for {gone} was cut off." in printed
    assert not (tmp_path / "kept" / f"{gone}.jpg").exists()
    archive.faults.clear()
    archive.asked.clear()
    status, printed, _ = melanoma("examples", "--out", tmp_path / "kept", "--json")
    told = json.loads(printed)
    assert (status, told["photos"], told["of"]) == (0, 24, 24)
    assert archive.asked == [f"/images/{gone}/", f"/files/{gone}.jpg"]
    example = load_example(tmp_path / "kept", gone)
    assert example.content == drawn(gone)
    assert example.credit == (f"{gone}, ISIC Archive. ViDIR Group, Medical University of Vienna. CC-BY-NC.")
    assert example.diagnosis == IDS[5][1]


def test_cc_0_takes_only_what_is_free_for_any_use(archive, melanoma, tmp_path):
    archive.licences = {IDS[1][0]: "CC-0", IDS[2][0]: "CC-BY"}
    status, printed, _ = melanoma("examples", "--out", tmp_path, "--licence", "cc-0")
    assert status == 0 and "1 of 24 photos" in printed
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{IDS[1][0]}.jpg", f"{IDS[1][0]}.json"]
    archive.licences = {}
    assert melanoma("examples", "--out", tmp_path)[0] == 0
    with pytest.raises(UserError, match="another licence"):
        load_example(tmp_path, IDS[0][0], Licence.CC_0)


@pytest.mark.parametrize("fault", ["down", "empty", "wrong type"])
def test_an_archive_that_sends_no_photos_is_given_up_with_a_sentence(archive, melanoma, tmp_path, fault):
    archive.faults = {isic_id: fault for isic_id, _ in IDS}
    status, printed, complained = melanoma("examples", "--out", tmp_path / "none")
    assert status == 2 and "0 of 24" in printed
    assert "Run the same command again" in complained
    assert list((tmp_path / "none").iterdir()) == []
    assert len({path for path in archive.asked if "/files/" not in path}) == 3, "not all 24 are asked for"


def test_a_photo_without_its_credit_is_not_taken(archive, melanoma, tmp_path):
    assert melanoma("examples", "--out", tmp_path)[0] == 0
    first, second = IDS[0][0], IDS[1][0]
    (tmp_path / f"{first}.json").unlink()
    (tmp_path / f"{second}.json").write_text('{"licence": "CC-0"}')
    assert load_example(tmp_path, first) is None
    with pytest.raises(UserError, match="does not say what the photo is"):
        load_example(tmp_path, second)


def test_where_nobody_is_asked_the_command_says_so(monkeypatch, melanoma, tmp_path):
    monkeypatch.setenv("MELANOMA_ARCHIVE", "off")
    status, _, complained = melanoma("examples", "--out", tmp_path / "kept")
    assert status == 2 and "MELANOMA_ARCHIVE is off" in complained
