"""Files on which an earlier version was wrong, one of each kind, as they were handed over.

They are not in the repository: `MELANOMA_CASES` names their folder, by default `cases` beside the real data.
Files made by the tests themselves hold the same kinds, in `tests/photos`, `tests/batch`, `tests/data/labels`,
`tests/lesion` and `tests/hostile`.
"""

import json
import os
import shutil
import time
from pathlib import Path

import numpy as np
import pytest

from melanoma.batch.sources import list_sources
from melanoma.batch.zips import photos_in_zip_file
from melanoma.data.audit.tables import read_rows
from melanoma.data.labels.read import read_labels
from melanoma.diagnoses import CODES, canonical
from melanoma.errors import UserError
from melanoma.lesion.framing import NOT_SEEN, PART_OUTSIDE
from melanoma.lesion.mask_files import read_mask
from melanoma.model.bundle import load_bundle
from melanoma.photos.reading import read_image
from tests.conftest import SHIPPED, write_image


@pytest.fixture(scope="module")
def cases(real_data) -> Path:
    folder = Path(os.environ.get("MELANOMA_CASES", real_data.parent / "cases"))
    if not folder.is_dir():
        pytest.skip(f"no cases at {folder} (set MELANOMA_CASES)")
    return folder


def with_pictures(table: Path, folder: Path) -> Path:
    """Copy a table beside a drawn picture for each id in its first column."""
    lines = table.read_text(encoding="utf-8-sig").replace(";", ",").splitlines()[1:]
    for number, line in enumerate(lines):
        picture = np.full((64, 64, 3), 100 + number, np.uint8)
        write_image(folder / "images" / f"{line.split(',')[0]}.png", picture)
    return Path(shutil.copy(table, folder))


@pytest.mark.slow("the shipped network on the files that were handed over")
@pytest.mark.parametrize("name", ["p3_rgba_icc.png", "p3_nclx.heic", "adobe_r03.jpg"])
def test_a_stated_colour_space_changes_no_probability(cases, shipped_classifier, name):
    files = [read_image(cases / one) for one in ("drawn_srgb.png", name)]
    reference, found = shipped_classifier(files)
    assert found.probabilities == pytest.approx(reference.probabilities, abs=0.03)


def test_floating_values_just_above_1_are_a_picture(cases):
    picture = read_image(cases / "float_slightly_above_1.tif")
    assert picture.max() == 255 and 60 < picture.mean() < 230


def test_a_jpeg_of_another_name_is_found_in_a_folder(cases, tmp_path):
    shutil.copy(cases / "windows.jfif", tmp_path)
    assert [Path(source.name).name for source in list_sources([str(tmp_path)])] == ["windows.jfif"]
    assert read_image(tmp_path / "windows.jfif").ndim == 3


@pytest.mark.slow("the shipped network's framing on the file that was handed over")
def test_a_lesion_at_the_side_is_framed_or_told(cases, shipped_classifier):
    (found,) = shipped_classifier([read_image(cases / "wide_lesion_left.jpg")])
    assert found.lesion_not_seen is not None
    assert found.lesion_not_seen < NOT_SEEN or PART_OUTSIDE in found.quality


def test_a_column_of_words_for_yes_and_no_is_read_or_refused_by_row(cases, tmp_path):
    table = with_pictures(cases / "onecol.csv", tmp_path)
    with pytest.raises(UserError, match=r"row|line") as told:
        read_labels(table)
    assert "?" in str(told.value)


@pytest.mark.parametrize("name", ["archive.csv", "isic2020.csv", "semi.csv", "german.csv"])
def test_training_evaluation_and_audit_read_the_same_labels(cases, tmp_path, name):
    table = with_pictures(cases / name, tmp_path)
    rows = len(table.read_text(encoding="utf-8-sig").splitlines()) - 1
    found = read_labels(table).table
    assert len(found) == rows and {"MEL", "NV"} <= set(found["diagnosis"])
    audited = read_rows(table)
    assert audited.faults == []
    labels = [label if label in CODES else canonical(label) for label in audited.table["label"]]
    assert dict(zip(audited.table["image_id"], labels, strict=True)) == dict(
        zip(found["image_id"], found["diagnosis"], strict=True)
    )


def test_ids_with_dots_are_distinct(cases, tmp_path):
    found = read_labels(with_pictures(cases / "dotted_ids.csv", tmp_path)).table
    assert found["image_id"].is_unique and found["path"].is_unique and len(found) == 3


def test_a_mask_in_an_alpha_channel_is_the_mask(cases):
    assert 0.02 < read_mask(cases / "mask_in_alpha.png").mean() < 0.6


def test_a_zip_that_lies_about_its_size_is_refused(cases):
    with pytest.raises(UserError):
        [source.read() for source in photos_in_zip_file(cases / "lie_bz2.zip", "lie_bz2.zip")]


def test_three_files_of_one_name_are_three_photos(cases):
    found = photos_in_zip_file(cases / "dup_names.zip", "dup_names.zip")
    assert [len(source.read()) for source in found] == [6768, 5068, 8475]
    assert len({source.name for source in found}) == 3


def test_a_jpeg_of_hundreds_of_scans_is_refused_at_once(cases):
    began = time.process_time()
    with pytest.raises(UserError, match="scans"):
        read_image(cases / "progressive_scans.jpg")
    assert time.process_time() - began < 2


@pytest.mark.parametrize("threshold", [float("nan"), 0.999])
def test_a_bundle_whose_alert_was_tampered_with_is_refused(tmp_path, threshold):
    """What `tamper_nan_alert.sh` does."""
    folder = tmp_path / "m"
    shutil.copytree(SHIPPED, folder)
    described = json.loads((folder / "bundle.json").read_text())
    described["alert_threshold"] = threshold
    (folder / "bundle.json").write_text(json.dumps(described))
    with pytest.raises(UserError):
        load_bundle(folder)
