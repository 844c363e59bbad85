"""What a file is, by its first bytes; files of every kind that the project can write are known."""

from pathlib import PurePath

import pytest

from benchmarks.hostile.originals import original_files
from melanoma.photos.formats import KINDS
from melanoma.photos.recognition import HEAD, is_dicom, is_photo, kind_of


def test_files_of_every_kind_are_known_by_their_beginning():
    found = {name: kind_of(content[:HEAD]) for name, content in original_files().items()}
    names = {kind.formats[0].lower(): kind.name for kind in KINDS}
    assert found == {name: names[name.partition("-")[0]] for name in found}


@pytest.mark.parametrize(
    "head",
    [
        *(b"", b"BM", b"BM and more text than a header has", b"%PDF-1.7", b"GIF89a", b"RIFF\0\0\0\0AVI LIST"),
        *(b"PK\3\4", b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", b"\xff\xd8", bytes(300), b"ftypheic"),
    ],
)
def test_other_files_are_not(head):
    assert kind_of(head) is None


def test_dicom_goes_by_content_before_the_name():
    jpeg = b"\xff\xd8\xff\xe0" + bytes(300)
    assert is_dicom(bytes(128) + b"DICM", "x.jpg") and is_dicom(b"no preamble", "x.DCM")
    assert not is_dicom(jpeg, "x.dcm") and not is_dicom(jpeg)
    assert not is_photo(PurePath("x"), lambda: bytes(128) + b"DICM", dicom=False)
    assert is_photo(PurePath("x.dcm"), lambda: jpeg, dicom=False)
