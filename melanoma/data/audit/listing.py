"""A folder or labels CSV with any class names -> one table of images."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePath

import pandas as pd

from melanoma.data.audit.tables import NO_LABEL, read_rows
from melanoma.data.labels.images import ImageFolder, default_images
from melanoma.errors import UserError
from melanoma.files import printable
from melanoma.photos.recognition import is_photo_file

COLUMNS = ("path", "name", "image_id", "label", "split", "lesion_id", "source", "label_source", "copy_mark")
SPLITS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("test", "testing"), "test"),
    **dict.fromkeys(("val", "valid", "validation"), "validation"),
}
_COPY_WORD = r"(?:copy|kopie|copie|copia)"
_NUMBERED = re.compile(r"^(?P<base>.*\S)\s*\(\d+\)$")
_COPIED = re.compile(
    rf"^(?:{_COPY_WORD} (?:of|von|de|di) (?P<after>.+?)(?: \(\d+\))?"
    rf"|(?P<before>.+?)[ _-]+{_COPY_WORD}(?:[ _]*\(?\d+\)?)?)$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Problem:
    """A problem of one file, folder or row."""

    name: str
    kind: str
    """Short, for counting: `not an image`, `missing`, `unreadable`, `wrong ending`, and so on."""
    detail: str
    """One sentence."""


@dataclass(frozen=True)
class Listing:
    """The images to audit, and the problems found while listing them."""

    table: pd.DataFrame
    """One row a file, `COLUMNS`; `split` is empty without splits; unknown values are None."""
    repeated: pd.DataFrame
    """Further rows of a CSV for a file that the table already has."""
    problems: list[Problem]


def list_images(data: Path, images: Path | None = None) -> Listing:
    """Return the images of a folder of class folders (also as Train, Validation and Test) or of a labels CSV.

    Labels are used as they are written. Links to folders are followed once; names need not be UTF-8. Raises
    UserError if there are no images.
    """
    if data.is_dir():
        listing = _from_folder(data)
    elif data.is_file():
        listing = _from_csv(data, images)
    else:
        raise UserError(
            "{data} does not exist. Give a labels CSV or a folder with class folders.", data=printable(data)
        )
    return without_copy_marks(listing)


def without_copy_marks(listing: Listing) -> Listing:
    """Return the listing with “(1)” and “copy” removed from the ids, and noted in `copy_mark`."""
    table = listing.table
    table["image_id"], table["copy_mark"] = split_copy_marks(table["image_id"])
    return Listing(table[list(COLUMNS)], listing.repeated, listing.problems)


def walk(folder: Path) -> tuple[list[Path], list[Problem]]:
    """Return all files below a folder, sorted, and the problems of folders that were not read."""
    files: list[Path] = []
    problems: list[Problem] = []
    pending, links, seen = [folder], list[Path](), set[tuple[int, int]]()
    while pending or links:  # links last, so that a folder is listed under its own path
        here = pending.pop() if pending else links.pop(0)
        try:
            status = here.stat()
            if (status.st_dev, status.st_ino) in seen:
                again = "This link leads to a folder that is read elsewhere; it was not followed."
                problems.append(Problem(_below(here, folder), "link", again))
                continue
            seen.add((status.st_dev, status.st_ino))
            for entry in sorted(here.iterdir()):
                if entry.is_dir():
                    (links if entry.is_symlink() else pending).append(entry)
                else:
                    files.append(entry)
        except OSError as error:
            problems.append(Problem(_below(here, folder), "unreadable", f"{error.strerror}."))
    return sorted(files), problems


def split_copy_marks(stems: Iterable[str]) -> tuple[list[str], list[bool]]:
    """Return the ids without “(1)” or “copy”, and whether each had such a mark.

    `a (1)`, `a (2)` without an `a` are a numbered series, not copies, and stay as they are.
    """
    names = list(stems)
    known = {name.lower() for name in names}
    bases: dict[str, set[str]] = {}
    for name in names:
        if numbered := _NUMBERED.match(name):
            bases.setdefault(numbered["base"].lower(), set()).add(name)
    ids, marks = [], []
    for name in names:
        copied, numbered = _COPIED.match(name), _NUMBERED.match(name)
        base = name
        if copied:
            base = copied["after"] or copied["before"]
        elif numbered and (numbered["base"].lower() in known or len(bases[numbered["base"].lower()]) == 1):
            base = numbered["base"]
        ids.append(base)
        marks.append(base != name)
    return ids, marks


def _from_folder(folder: Path) -> Listing:
    files, problems = walk(folder)
    photos = []
    for path in files:
        if is_photo_file(path, dicom=False):
            photos.append((path, path.relative_to(folder)))
        else:
            problems.append(not_an_image(path.relative_to(folder).as_posix()))
    return listing_of(photos, printable(folder), problems)


def not_an_image(name: str) -> Problem:
    """Return the problem of a file that is no photo."""
    return Problem(printable(name), "not an image", "It is no photo by its content, so it was passed over.")


def listing_of(files: Iterable[tuple[Path, PurePath]], name: str, problems: list[Problem]) -> Listing:
    """Return the listing of photos below a folder called `name`, each a path and its place in that folder.

    Raises UserError if there is none.
    """
    rows = []
    for path, place in files:
        parts = place.parts[:-1]
        split = SPLITS.get(parts[0].lower(), "") if parts else ""
        classes = parts[1:] if split else parts
        label = printable(classes[0]) if classes else NO_LABEL
        rows.append((str(path), printable(place.as_posix()), printable(place.stem), label, split))
    if not rows:
        raise UserError(
            "{name} holds no images. Make one subfolder a diagnosis and put the photos there.", name=name
        )
    # As objects: Arrow's strings refuse a path that is not UTF-8.
    table = pd.DataFrame(rows, columns=["path", "name", "image_id", "label", "split"], dtype=object)
    table[["lesion_id", "source", "label_source"]] = None
    return Listing(table, table.iloc[:0], problems)


def _from_csv(labels: Path, images: Path | None) -> Listing:
    rows = read_rows(labels)
    table, folder = rows.table, images or default_images(labels)
    if not folder.is_dir():
        raise UserError(
            "{folder} is not a folder. Point --images at the folder with the photos.",
            folder=printable(folder),
        )
    problems = [Problem(name, "unreadable row", fault) for name, fault in rows.faults]
    files = ImageFolder(folder)
    paths = []
    for name in table["name"]:
        found = files.find(name)
        paths.append(str(found[0]) if found else "")
        if len(found) > 1:
            chosen = f"{len(found)} files have this name; {_below(found[0], folder)} was taken."
            problems.append(Problem(name, "ambiguous", chosen))
    problems += [
        Problem(_below(Path(error.filename), folder), "unreadable", f"{error.strerror}.")
        for error in files.closed
    ]
    table["path"] = pd.Series(paths, dtype=object)
    there = table["path"] != ""
    for name in table.loc[~there, "name"]:
        problems.append(Problem(name, "missing", "The labels name this image, and no file is there."))
    if not there.any():
        raise UserError(
            "None of the {images} images that {labels} names is in {folder}. "
            "Point --images at the folder with the photos.",
            images=len(table),
            labels=printable(labels),
            folder=printable(folder),
        )
    table = table[there]
    again = table["path"].duplicated()
    for name in table.loc[again, "name"]:
        problems.append(Problem(name, "repeated row", "The labels name this image more than once."))
    return Listing(table[~again].reset_index(drop=True), table[again], problems)


def _below(path: Path, folder: Path) -> str:
    return printable(path.relative_to(folder).as_posix())
