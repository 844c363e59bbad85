"""Files that take far more work than their size says are refused before a decoder sees them."""

import io
import struct

import numpy as np
import pytest
from PIL import Image, ImageFile

from benchmarks.hostile import laborious
from benchmarks.hostile.originals import encoded, original_files
from melanoma.edits.drawn_lesions import draw_lesion
from melanoma.errors import UserError
from melanoma.photos import reading
from melanoma.photos.reading import MOST_SCANS, read_image

STEPS = f"is built up in more than {MOST_SCANS} steps"
SMALL = 80
PHOTO = Image.fromarray(draw_lesion(height=SMALL, width=SMALL, seed=1).image)


@pytest.fixture
def decoded(monkeypatch) -> list[str]:
    """Note each picture that is decoded."""
    found, load = [], ImageFile.ImageFile.load

    def loaded(picture):
        found.append(picture.format)
        return load(picture)

    monkeypatch.setattr(ImageFile.ImageFile, "load", loaded)
    return found


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (laborious.jpeg_of_scans(MOST_SCANS, SMALL), STEPS),
        (laborious.tiff_of_scans(MOST_SCANS, SMALL), STEPS),
        (laborious.bmp_of_runs(3 * 1024**2, SMALL), "is packed in run lengths"),
        (laborious.bmp_of_short_rows(3500), "is packed in run lengths"),
    ],
    ids=["jpeg", "tiff", "bmp of many runs", "bmp of many pixels"],
)
def test_it_is_refused_before_it_is_decoded(content, sentence, decoded):
    with pytest.raises(UserError, match=sentence):
        read_image(content, "a")
    assert decoded == []


def test_what_it_stands_for_is_read():
    few = laborious.jpeg_of_scans(MOST_SCANS - 8, SMALL)
    assert read_image(few).mean() == 120
    assert read_image(original_files()["bmp-runs"]).shape == (96, 96, 3)
    assert read_image(original_files()["tiff-jpeg"]).shape == (72, 96, 3)


def test_a_jpeg_is_not_judged_by_what_its_notes_hold():
    marks = (b"\xff\xda" * 30_000)[:65_000]
    notes = b"\xff\xe5" + struct.pack(">H", len(marks) + 2) + marks
    content = encoded(PHOTO, "JPEG", progressive=True)
    assert np.array_equal(read_image(content[:2] + notes + content[2:]), read_image(content))
    with pytest.raises(UserError, match=STEPS):
        many = laborious.jpeg_of_scans(MOST_SCANS, SMALL)
        read_image(many[:2] + notes + many[2:])


def test_a_jpeg_of_endless_segments_is_given_up(monkeypatch):
    monkeypatch.setattr(reading, "_MOST_SEGMENTS", 50)
    content = encoded(PHOTO, "JPEG")
    pieces = b"\xff\xe5\x00\x04\xff\xda" * 60
    with pytest.raises(UserError, match=STEPS):
        read_image(content[:2] + pieces + content[2:])


def test_a_second_picture_in_the_file_does_not_count():
    file = io.BytesIO()
    PHOTO.save(file, "MPO", save_all=True, append_images=[PHOTO], progressive=True)
    content = file.getvalue() + laborious.jpeg_of_scans(MOST_SCANS, SMALL)
    assert read_image(content).shape == (SMALL, SMALL, 3)


@pytest.mark.parametrize(
    ("make", "limit"),
    [
        (laborious.dicom_of_elements, "MOST_READS"),
        (laborious.dicom_of_nested_elements, "MOST_READS"),
        (laborious.dicom_of_fragments, "MOST_READS"),
        (laborious.dicom_of_long_sequence, "MOST_SEQUENCES"),
    ],
)
def test_a_dicom_object_of_too_many_elements_is_not_taken_apart(make, limit, monkeypatch):
    pytest.importorskip("pydicom")
    from melanoma.photos import dicom

    content = make(2000)
    if make is not laborious.dicom_of_fragments:  # its pieces hold no JPEG
        assert dicom.read_dicom(content, "a.dcm").frame(0).shape == (96, 96, 3)
    monkeypatch.setattr(dicom, limit, 1500)
    with pytest.raises(UserError, match=r"^a\.dcm holds far more elements than a photo has"):
        dicom.read_dicom(content, "a.dcm")


def test_a_jpeg_in_a_dicom_object_has_as_few_scans():
    pytest.importorskip("pydicom")
    from melanoma.photos.dicom import read_dicom

    with pytest.raises(UserError, match=STEPS):
        read_dicom(laborious.dicom_of_scans(MOST_SCANS, SMALL), "a.dcm")
