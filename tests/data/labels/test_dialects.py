"""One labelled table as twelve programs write it: the same 24 images each time; and what is no table."""

import codecs
import csv
import io
import json
import shutil
import unicodedata
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
import pytest

from melanoma.batch.sources import list_sources
from melanoma.data.audit.listing import list_images
from melanoma.data.labels.dialect import open_table
from melanoma.data.labels.read import read_labels
from melanoma.errors import UserError

COMPOSED = "Fleck_ä"
"""An id with an umlaut, as one letter; macOS writes names with two."""


@dataclass(frozen=True)
class Dialect:
    """How a program writes a table."""

    delimiter: str = ","
    encoding: str = "utf-8"
    mark: bytes = b""
    end: str = "\n"
    quoting: int = csv.QUOTE_MINIMAL
    header: tuple[str, ...] = ("isic_id", "diagnosis", "age", "lesion_id")
    name: str = "{id}"
    words: tuple[str, str] = ("MEL", "NV")
    age: str = "45.5"
    before: str = ""
    after: str = ""
    form: str = "NFC"
    trailing: bool = False

    def write(self, rows: list[tuple[str, bool, str]], file: Path) -> Path:
        """Write rows of id, melanoma or not, lesion."""
        text = io.StringIO()
        lines = csv.writer(text, delimiter=self.delimiter, lineterminator=self.end, quoting=self.quoting)
        lines.writerow([*self.header, *[""] * self.trailing])
        for image_id, melanoma, lesion in rows:
            name = unicodedata.normalize(self.form, self.name.format(id=image_id))
            cells = [name, self.words[0 if melanoma else 1], self.age, lesion]
            lines.writerow([*cells, *[""] * self.trailing])
        content = self.before + text.getvalue() + self.after
        file.write_bytes(self.mark + content.encode(self.encoding))
        return file


PLAIN = Dialect()
DIALECTS = {
    "plain": PLAIN,
    "Excel in German": Dialect(
        ";", "cp1252", end="\r\n", words=("Melanom", "Nävus"), age="45,5", header=("ID", *PLAIN.header[1:])
    ),
    "Excel, CSV UTF-8, all quoted": Dialect(
        ";", mark=codecs.BOM_UTF8, end="\r\n", quoting=csv.QUOTE_ALL, age="45,5"
    ),
    "Excel, Unicode text": Dialect("\t", "utf-16-le", codecs.BOM_UTF16_LE, "\r\n", age="45,5"),
    "UTF-16, the other byte order": Dialect(encoding="utf-16-be", mark=codecs.BOM_UTF16_BE),
    "UTF-16 without mark": Dialect(";", "utf-16-le", age="45,5", words=("Melanom", "Nävus")),
    "headers in capitals, with spaces": Dialect(
        header=(" ISIC_ID", "Diagnosis ", "AGE", " Lesion-ID "), words=(" Melanoma", "NEVUS ")
    ),
    "Windows paths": Dialect(
        "\t", header=("path", "diagnosis", "age", "lesion_id"), name="photos\\{id}.JPG", end="\r\n"
    ),
    "old Mac line ends, decomposed": Dialect(end="\r", form="NFD", name="{id}.jpeg"),
    "sep= line and empty rows below": Dialect(
        ";", before="sep=;\r\n", end="\r\n", after=";;;\r\n\r\n;;;\r\n\x1a"
    ),
    "trailing delimiter": Dialect(trailing=True, words=("melanoma_in-situ", "Nevus, NOS, Compound")),
    "bars, below empty rows": Dialect(
        "|", header=("image", "dx", "age_approx", "lesion_id"), words=("mel", "nv"), before="\n\n"
    ),
}


@pytest.fixture(scope="module")
def folder(drawn_folder, tmp_path_factory) -> Path:
    """The drawn images as `images/<id>.png`, some with an ending in capitals, some in folders below."""
    folder = tmp_path_factory.mktemp("dialects")
    for number, (name, path) in enumerate(images_of(drawn_folder).items()):
        below = ("", "part 1", "part 2/deeper")[number % 3]
        target = folder / "images" / below / f"{name}{'.PNG' if number % 2 else '.png'}"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    return folder


def images_of(drawn_folder: Path) -> dict[str, Path]:
    """The drawn images by an id: one with an umlaut, and dotted ones, which differ behind the last dot."""
    paths = sorted(drawn_folder.rglob("*.png"))
    return {COMPOSED if n == 0 else f"1.2.840.{n}": path for n, path in enumerate(paths)}


@pytest.fixture(scope="module")
def rows(drawn_folder) -> list[tuple[str, bool, str]]:
    """Id, melanoma or not, lesion."""
    return [
        (name, path.parent.name == "melanoma", f"L{number // 2}")
        for number, (name, path) in enumerate(images_of(drawn_folder).items())
    ]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_dialect_gives_the_same_24_images(dialect, folder, rows):
    expected = read_labels(PLAIN.write(rows, folder / "plain.csv")).table
    assert len(expected) == 24 and expected["diagnosis"].value_counts().to_dict() == {"MEL": 12, "NV": 12}
    assert expected["age"].eq(45.5).all() and expected["lesion_id"].nunique() == 12
    file = DIALECTS[dialect].write(rows, folder / "labels.csv")
    labels = read_labels(file)
    pd.testing.assert_frame_equal(labels.table, expected)
    assert labels.remarks() == []
    named = sorted(source.name for source in list_sources([file]))
    assert named == sorted(expected["path"])
    listing = list_images(file)
    assert sorted(listing.table["path"]) == named and listing.problems == []


@pytest.mark.slow("a whole evaluation, of a table that the reader has to guess at")
def test_evaluate_judges_the_24_images_of_an_odd_table(melanoma, small_bundle, folder, rows):
    file = DIALECTS["UTF-16 without mark"].write(rows, folder / "labels.csv")
    words = ("evaluate", "--data", file, "--model", small_bundle, "--json", "--include-fitted")
    status, printed, complaint = melanoma(*words)  # copies of drawings that the model was fitted to
    assert status == 0, complaint
    assert (json.loads(printed)["images"], json.loads(printed)["left_out_of_labels"]) == (24, {})


def test_thousands_of_columns_are_read(folder, rows):
    wide = replace(
        PLAIN, header=(*PLAIN.header, *(f"feature {number}" for number in range(5000))), trailing=False
    )
    assert len(read_labels(wide.write(rows, folder / "labels.csv")).table) == 24


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"\r\n \r\n", "is empty"),
        (b"\xff\xfe", "is empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "bytes that are no text"),
        (b"isic_id,diagnosis\na\x00b,MEL\n", "bytes that are no text"),
        (b"isic_id,diagnosis\n\x81\x8d,MEL\n", "bytes that are no text"),
        (b"PK\x03\x04\x14\x00\x06\x00", "is a workbook"),
        (b"isic_id,diagnosis\na,MEL\nb,Nevus, NOS\n", "row 3 has more cells than the header"),
        (b'isic_id,note,diagnosis\na,x,MEL\nb,"not closed,NV\nc,x,MEL\n', "double quote in row 3 is not"),
        (b"isic_id,diagnosis,Diagnosis\na,MEL,NV\n", "more than one column"),
        (b"isic_id,note,diagnosis\na," + b"x" * 200_000 + b",MEL\n", "field larger than"),
        (b"isic_id,diagnosis\n" + b"x" * 5000 + b",MEL\n", "1 of 1 images are missing"),
        (b"isic_id,diagnosis\n" + b"x/" * 5000 + b"y,MEL\n", "1 of 1 images are missing"),
    ],
)
def test_what_is_no_table_gets_a_sentence(tmp_path, content, sentence):
    (tmp_path / "labels.csv").write_bytes(content)
    with pytest.raises(UserError, match=sentence):
        read_labels(tmp_path / "labels.csv")


def test_a_file_that_is_a_folder_or_has_an_impossible_name_gets_a_sentence(tmp_path):
    with pytest.raises(UserError, match="is a folder, and a CSV file was expected"):
        open_table(tmp_path)
    for name in ("x" * 5000 + ".csv", "nul\0.csv"):
        with pytest.raises(UserError, match="does not exist"):
            read_labels(tmp_path / name)
        with pytest.raises(UserError):
            next(iter(list_sources([tmp_path / name]))).read()


def test_rows_are_numbered_as_a_spreadsheet_does(tmp_path):
    """A cell of two lines is one row, an empty line is one too, and `sep=` is none."""
    (tmp_path / "labels.csv").write_text('sep=,\nimage,note,diagnosis\na,"two\nlines",MEL\n\nb,,freckle\n')
    with pytest.raises(UserError, match="row 4: “freckle” is not a known diagnosis"):
        read_labels(tmp_path / "labels.csv")
