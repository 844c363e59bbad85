"""One labels CSV, or one folder of class folders -> a record of each image, with its file."""

import unicodedata
from dataclasses import dataclass, field, replace
from pathlib import Path

from melanoma.data.labels import columns as names
from melanoma.data.labels.dialect import Row, Table, open_table
from melanoma.data.labels.images import ImageFolder, image_stem
from melanoma.data.labels.layouts import KNOWN, NOT_NAMED, Label, Layout, RowFault, layout_of
from melanoma.diagnoses import canonical
from melanoma.diagnosis_words import is_other
from melanoma.errors import UserError
from melanoma.files import printable
from melanoma.photos.recognition import PassedOver, is_photo_file
from melanoma.phrases import Sentence


@dataclass(frozen=True)
class Record:
    """One image in one table."""

    name: str
    """As it is written."""
    image_id: str
    label: Label | None
    """None in a table without diagnoses."""
    lesion_id: str | None = None
    patient_id: str | None = None
    source: str | None = None
    age: float | None = None
    sex: str | None = None
    site: str | None = None
    framing: str | None = None
    held_out: bool = False
    image_type: str = "dermoscopic"
    files: tuple[Path, ...] = ()
    """Files of that name: none if it is missing, several if the name is ambiguous."""


@dataclass(frozen=True)
class LabelTable:
    """One table with its records."""

    name: str
    records: list[Record]
    labelled: bool
    by_lesion: bool = False
    """True if it names lesions instead of images, as MILK10k's ground truth does."""
    images: ImageFolder | None = None
    passed_over: PassedOver = field(default_factory=PassedOver)
    """Files of a folder that are no photos."""


def records_of_csv(labels: Path, images: Path) -> LabelTable:
    """Return the records of a labels CSV; the files of its images are not searched for yet.

    Raises UserError if it is not a table, or if rows cannot be read, with the first one and their number.
    """
    table = open_table(labels)
    by_lesion = names.LESION in table.columns and not set(names.ID_COLUMNS) & set(table.columns)
    if not by_lesion:
        names.require_id_column(table.columns, table.name)
    identifiers = [names.LESION] if by_lesion else [c for c in names.ID_COLUMNS if c in table.columns]
    table.require_once([*identifiers, *(c for c in names.HELD_OUT_COLUMNS if c in table.columns)])
    layout = layout_of(table)
    records, faults = [], []
    for row in table.rows():
        try:
            records.append(_record(row, table, layout, identifiers))
        except RowFault as fault:
            faults.append(fault.sentence)
    if len(faults) > 1:
        raise UserError(
            "{labels}: {fault} It is the first of {count} rows that cannot be read.",
            labels=table.name,
            fault=faults[0],
            count=len(faults),
        )
    if faults:
        raise UserError("{labels}: {fault}", labels=table.name, fault=faults[0])
    if not records:
        raise UserError("{labels} has a header line and no rows.", labels=table.name)
    return LabelTable(table.name, records, layout is not None, by_lesion, ImageFolder(images))


def named_image(row: Row, identifiers: list[str]) -> str:
    """Return the file or id that a row names, as it is written; raises RowFault if there is none."""
    written = next(filter(None, (row.get(column) for column in identifiers)), "")
    if not written:
        raise RowFault(Sentence("row {row} names no image.", row=row.number))
    return written


def _record(row: Row, table: Table, layout: Layout | None, identifiers: list[str]) -> Record:
    name = named_image(row, identifiers)

    def optional(kind: str) -> str:
        cells = (row.get(column) for column in names.OPTIONAL[kind])
        return next((cell for cell in cells if names.known(cell) is not None), "")

    return Record(
        name,
        image_stem(name),
        layout.label(row) if layout else None,
        lesion_id=names.known(row.get(names.LESION)),
        patient_id=names.known(row.get(names.PATIENT)),
        source=names.known(optional("source")),
        age=names.age(optional("age")),
        sex=names.sex(optional("sex")),
        site=names.known(optional("site")),
        framing=names.known(optional("framing")),
        held_out=_held_out(row, table),
        image_type=row.get(names.IMAGE_TYPE) or "dermoscopic",
    )


def _held_out(row: Row, table: Table) -> bool:
    """Return whether an image is marked as held out; an empty cell counts as no."""
    for column in names.HELD_OUT_COLUMNS:
        cell = row.get(column)
        marked = names.flag(cell) if cell else False
        if marked is None:
            raise RowFault(
                Sentence(
                    "row {row}: “{cell}” in the column “{column}” is neither yes nor no. Write 1 or 0.",
                    row=row.number,
                    cell=cell,
                    column=table.written[column],
                )
            )
        if marked:
            return True
    return False


def with_files(table: LabelTable) -> LabelTable:
    """Return the table with each record's files, and with a distinct id for each file.

    The id is the file's name without folder and extension; if several files share it, as `1` in `a/1.jpg` and
    `b/1.jpg`, it is the name as written.
    """
    if table.images is None:
        return table
    images, records = table.images, table.records
    if table.by_lesion:
        records = [part for record in records for part in _images_of_lesion(record, images, table.name)]
    else:
        records = [replace(record, files=tuple(images.find(record.name))) for record in records]
    files: dict[str, set[object]] = {}
    for record in records:
        files.setdefault(record.image_id, set()).add(record.files[:1] or _written(record.name))
    records = [
        record if len(files[record.image_id]) == 1 else replace(record, image_id=_written(record.name))
        for record in records
    ]
    return replace(table, records=records)


def _written(name: str) -> str:
    return unicodedata.normalize("NFC", name.replace("\\", "/"))


def _images_of_lesion(record: Record, images: ImageFolder, table: str) -> list[Record]:
    """Return the records of a lesion's images: the file named like the lesion, or those in its folder."""
    files = images.find(record.name) or images.in_folder_named(record.name)
    if len(files) > 1:
        raise UserError(
            "{labels}: the lesion {lesion} has {count} images, and nothing says which are dermoscopic. "
            "Give the table that names the images too, with one more --data.",
            labels=table,
            lesion=record.name,
            count=len(files),
        )
    return [replace(record, image_id=image_stem(path.name), files=(path,)) for path in files] or [record]


def records_of_folder(folder: Path, parts: bool) -> LabelTable:
    """Return the records of a folder of class folders, also within `Train` and `Test`.

    With `parts`, folder names may stand for `diagnoses.PARTS` too. Raises UserError if there is no image, or
    if the name of a class folder with images is not known.
    """
    folders = {child.name.lower(): child for child in folder.iterdir() if child.is_dir()}
    splits = [(folders[name], name == "test") for name in ("train", "test") if name in folders] or [
        (folder, False)
    ]
    shown = printable(folder)
    records, passed_over = [], PassedOver()
    for split, held_out in splits:
        for class_folder in sorted(child for child in split.iterdir() if child.is_dir()):
            files = []
            for path in sorted(path for path in class_folder.iterdir() if path.is_file()):
                if is_photo_file(path, dicom=False):
                    files.append(path)
                else:
                    passed_over.add(path.relative_to(folder))
            label = Label(canonical(class_folder.name, parts), class_folder.name)
            if files and label.code is None and not is_other(label.word):
                raise UserError(
                    "{folder}: no diagnosis is known by the folder name “{name}”. {known}",
                    folder=shown,
                    name=class_folder.name,
                    known=KNOWN,
                )
            for path in files:
                name = path.relative_to(folder).as_posix()
                records.append(Record(name, name, label, held_out=held_out, files=(path,)))
    if not records:
        raise UserError(
            "{folder} holds no images in subfolders. Make one subfolder a diagnosis and put them there.",
            folder=shown,
        )
    return LabelTable(shown, records, labelled=True, passed_over=passed_over)


def unlabelled(record: Record) -> Record:
    """Return a record of a table without diagnoses with the label of a missing diagnosis."""
    return replace(record, label=Label(None, NOT_NAMED))
