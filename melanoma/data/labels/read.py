"""Labels CSVs, or folders of class folders -> one table of images, for training and evaluation."""

import hashlib
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from melanoma.data.labels.images import default_images, image_stem, several_files
from melanoma.data.labels.joining import join_tables
from melanoma.data.labels.records import LabelTable, Record, records_of_csv, records_of_folder
from melanoma.diagnoses import COARSER, CODES, NINE, PARTS, members
from melanoma.errors import UserError
from melanoma.files import printable
from melanoma.photos.recognition import PassedOver, is_photo_file

COLUMNS = (
    *("image_id", "path", "diagnosis", "lesion_id", "source", "held_out"),
    *("age", "sex", "site", "framing", "outline", "patient_id"),
)
Paths = str | Path | Sequence[str | Path] | None
_SHOWN_REASONS = 6  # of a hundred diseases in an export of the Archive


@dataclass(frozen=True)
class Labels:
    """The images of all tables, and those left out."""

    table: pd.DataFrame
    """One row an image, `COLUMNS`, sorted by id."""
    left_out: dict[str, int]
    """Counts of images left out by reason, the largest first: another disease, another kind of photo."""
    repeated: int
    """Rows that repeat an image of another table with the same diagnosis."""
    passed_over: tuple[PassedOver, ...] = ()
    """Files of each class folder that are no photos."""

    def remarks(self) -> list[str]:
        """Return sentences on the images left out, on repeated rows, and on files that are no photos."""
        remarks = []
        if self.left_out:
            reasons = [f"{reason} ({count})" for reason, count in self.left_out.items()]
            more = len(reasons) - _SHOWN_REASONS
            rest = f", and {more} more reasons" if more > 0 else ""
            remarks.append(
                f"{sum(self.left_out.values())} images left out, as they show none of the eight diagnoses or "
                f"no dermoscopy: {', '.join(reasons[:_SHOWN_REASONS])}{rest}"
            )
        if self.repeated:
            remarks.append(f"{self.repeated} rows name an image again with the same diagnosis: counted once")
        return remarks + [str(sentence) for files in self.passed_over if (sentence := files.sentence())]


def read_labels(data: Paths, images: Paths = None, outlines: Paths = None, parts: bool = False) -> Labels:
    """Return one row an image, with the columns `COLUMNS`, and what was left out.

    `data` is a labels CSV, see docs/labels.md, or a folder with one subfolder a class, also as `Train/` and
    `Test/`; several are one table. `images` is where the files of a CSV lie, in any folder below; by default
    the folder `images` beside it, else the CSV's own. `outlines` is where the lesions' outlines lie, one mask
    an image, named by its id; by default the folder `masks` beside the CSV. Of both, give one for all or one
    for each of `data`. Images without a lesion id are lesions of their own. `held_out` marks images that must
    not be used for training: a CSV's `in_seed_test`, a folder's `Test`. `outline` is the path of the mask, or
    missing. With `parts`, a folder's names may stand for `diagnoses.PARTS` too.
    Raises UserError, naming the file, row or image that cannot be used.
    """
    given = _listed(data)
    folders = _one_each(images, len(given), "--images")
    tables = [_read(path, folder, parts) for path, folder in zip(given, folders, strict=True)]
    records, repeated = join_tables(tables)
    used, left_out = _sorted_out(records)
    if not used:
        reason, count = left_out.most_common(1)[0]
        raise UserError(
            "None of the {images} images shows one of the eight diagnoses by dermoscopy. "
            "The most common reason is “{reason}” ({count}).",
            images=len(records),
            count=count,
            reason=reason,
        )
    _require_files(used, tables)
    masks: dict[str, str] = {}
    for path, folder in zip(given, _one_each(outlines, len(given), "--outlines"), strict=True):
        masks |= _index_outlines(path, folder)
    passed_over = tuple(table.passed_over for table in tables)
    return Labels(_table(used, masks), dict(left_out.most_common()), repeated, passed_over)


def fingerprint(table: pd.DataFrame) -> str:
    """Return a SHA-256 over ids, diagnoses, lesions and held-out marks, independent of the order of rows."""
    rows = table[["image_id", "diagnosis", "lesion_id", "held_out"]].astype(str).agg("\t".join, axis=1)
    return hashlib.sha256("\n".join(sorted(rows)).encode()).hexdigest()


def require_trainable(table: pd.DataFrame) -> list[str]:
    """Return the diagnoses present, in the order of `CODES`, or of `NINE` if one of `PARTS` is among them.

    Raises UserError if a classifier cannot be trained on them.
    """
    coarse = sorted(set(table["diagnosis"]) & set(COARSER))
    if coarse:
        raise UserError(
            f"{', '.join(coarse)} joins several diagnoses: such labels can be evaluated, not trained on."
        )
    order = NINE if set(table["diagnosis"]) & {part.code for part in PARTS} else CODES
    present = [code for code in order if code in set(table["diagnosis"])]
    if len(present) < 2:
        raise UserError(
            f"All images are {present[0]}: a classifier needs at least two diagnoses to tell apart."
        )
    if "MEL" not in present:
        raise UserError(
            "No image is labelled melanoma (MEL), and a model that cannot alert to it is of no use here."
        )
    return present


def coarsened(diagnoses: pd.Series) -> pd.Series:
    """Return labels of which none covers another: beside AKIEC, AK becomes AKIEC.

    MILK10k, and several data sets together, have such labels; each image needs exactly one right answer.
    """
    wider = {
        code: coarse
        for coarse in COARSER
        if coarse in set(diagnoses)
        for code in (coarse, *COARSER[coarse])
        if set(members(code)) <= set(members(coarse))
    }
    return diagnoses.map(lambda code: wider.get(code, code))


def _listed(given: Paths) -> list[Path]:
    if given is None:
        return []
    return [Path(given)] if isinstance(given, str | Path) else [Path(path) for path in given]


def _one_each(given: Paths, count: int, option: str) -> list[Path | None]:
    """Return a folder for each of `count` tables: one for all, or one each."""
    folders: list[Path | None] = [*_listed(given)]
    if len(folders) in (0, 1):
        return (folders or [None]) * count
    if len(folders) != count:
        raise UserError(
            "{option} is given {folders} times and --data {tables} times. "
            "Give one folder for all, or one for each.",
            option=option,
            folders=len(folders),
            tables=count,
        )
    return folders


def _read(data: Path, images: Path | None, parts: bool) -> LabelTable:
    if os.path.isdir(data):
        return records_of_folder(data, parts)
    if not os.path.isfile(data):  # Path.is_file raises for names that no file system accepts
        raise UserError(
            "{data} does not exist. Give a labels CSV or a folder with one subfolder a diagnosis.",
            data=printable(data),
        )
    return records_of_csv(data, images or default_images(data))


def _sorted_out(records: list[Record]) -> tuple[list[Record], Counter[str]]:
    used, left_out = [], Counter[str]()
    for record in records:
        assert record.label is not None
        if record.label.code is None:
            left_out[record.label.word] += 1
        elif record.image_type.lower() != "dermoscopic":
            left_out[record.image_type] += 1
        else:
            used.append(record)
    return used, left_out


def _require_files(records: list[Record], tables: Sequence[LabelTable]) -> None:
    missing = [record.name for record in records if not record.files]
    closed = [error for table in tables if table.images for error in table.images.closed]
    if missing and closed:
        raise UserError(
            "{missing} of {all} images are missing, the first is {first}. "
            "{count} folders could not be searched, "
            "the first is {folder} ({reason}).",
            missing=len(missing),
            all=len(records),
            first=missing[0],
            count=len(closed),
            folder=printable(closed[0].filename),
            reason=closed[0].strerror,
        )
    if missing:
        raise UserError(
            "{missing} of {all} images are missing, the first is {first}. "
            "Point --images at their folder, or take their rows out of the labels.",
            missing=len(missing),
            all=len(records),
            first=missing[0],
        )
    for record in records:
        if len(record.files) > 1:
            raise several_files(record.name, record.files, ", ".join(table.name for table in tables))


def _table(records: list[Record], masks: dict[str, str]) -> pd.DataFrame:
    rows = [
        {
            "image_id": record.image_id,
            "path": str(record.files[0]),
            "diagnosis": record.label.code if record.label else None,
            "lesion_id": record.lesion_id,
            "source": record.source or "unknown",
            "held_out": record.held_out,
            "age": record.age,
            "sex": record.sex,
            "site": record.site,
            "framing": record.framing,
            "outline": masks.get(record.image_id),
            "patient_id": record.patient_id,
        }
        for record in records
    ]
    # As objects: Arrow's strings refuse a path that is not UTF-8.
    table = pd.DataFrame(rows, columns=list(COLUMNS), dtype=object)
    table = table.astype({"age": float, "held_out": bool})
    return table.sort_values("image_id", ignore_index=True)


def _index_outlines(data: Path, outlines: Path | None) -> dict[str, str]:
    folder = outlines or data.parent / "masks"
    if outlines is not None and not folder.is_dir():
        raise UserError(
            "{folder} is not a folder. Point --outlines at the folder with the masks.", folder=folder
        )
    if outlines is None and (data.is_dir() or not folder.is_dir()):
        return {}
    # Some archives name the mask of X “X_segmentation”.
    return {
        image_stem(path.name).removesuffix("_segmentation"): str(path)
        for path in folder.iterdir()
        if path.is_file() and is_photo_file(path, dicom=False)
    }
