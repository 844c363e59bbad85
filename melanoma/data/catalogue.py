"""A labels CSV or a folder of class folders -> one table of images."""

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd

from melanoma.diagnoses import COARSER, CODES, NINE, PARTS, canonical
from melanoma.errors import UserError
from melanoma.images import EXTENSIONS
from melanoma.sentences import Sentence

COLUMNS = (
    *("image_id", "path", "diagnosis", "lesion_id", "source", "held_out"),
    *("age", "sex", "site", "framing", "outline"),
)
ID_COLUMNS = ("path", "isic_id", "image_id", "image")
_LABEL_COLUMNS = ("diagnosis", "label", "dx", "class")
_OPTIONAL = {
    "source": ("dataset", "source"),
    "age": ("age", "age_approx"),
    "sex": ("sex",),
    "site": ("site", "anatom_site_general", "localization"),
    "framing": ("image_framing", "framing"),
}
TRUE = {"1", "1.0", "true", "yes"}


def read_catalogue(
    data: str | Path,
    images: str | Path | None = None,
    outlines: str | Path | None = None,
    parts: bool = False,
) -> pd.DataFrame:
    """Return one row an image, with the columns `COLUMNS`.

    `data` is a labels CSV (an id or path column, and either `diagnosis` or one 0/1 column a class, as the
    ISIC challenges publish) or a folder with one subfolder a class, also as `Train/` and `Test/`. `images` is
    where the files of a CSV lie; by default the folder `images` beside it, else the CSV's own. `outlines` is
    where the lesions' outlines lie, one mask an image, named by its id; by default the folder `masks` beside
    the CSV. Images without a known lesion are lesions of their own. `held_out` marks images that must never
    be fitted: a CSV's `in_seed_test`, a folder's `Test`. `outline` is the path of the mask, or missing.
    With `parts`, a folder's names may stand for `diagnoses.PARTS` too.
    Raises UserError for what cannot be used, naming it.
    """
    data = Path(data)
    if data.is_dir():
        table = _from_folder(data, parts)
    elif data.is_file():
        table = _from_csv(data, Path(images) if images else default_images(data))
    else:
        raise UserError(
            "{data} does not exist. Give a labels CSV or a folder with one subfolder a diagnosis.", data=data
        )
    missing = table.loc[[not Path(path).is_file() for path in table["path"]], "image_id"]
    if len(missing):
        raise UserError(
            "{missing} of {all} images are missing, the first is {first}. "
            "Point --images at their folder, or take their rows out of the labels.",
            missing=len(missing),
            all=len(table),
            first=missing.iloc[0],
        )
    masks = _index_outlines(data, Path(outlines) if outlines else None)
    table["outline"] = [masks.get(image_id) for image_id in table["image_id"]]
    alone = table["lesion_id"].isna()
    table.loc[alone, "lesion_id"] = "image:" + table.loc[alone, "image_id"]
    return table.reindex(columns=list(COLUMNS)).sort_values("image_id", ignore_index=True)


def fingerprint(table: pd.DataFrame) -> str:
    """Return a SHA-256 over ids, diagnoses, lesions and held-out marks: the same data give the same text."""
    rows = table[["image_id", "diagnosis", "lesion_id", "held_out"]].astype(str).agg("\t".join, axis=1)
    return hashlib.sha256("\n".join(sorted(rows)).encode()).hexdigest()


def require_trainable(table: pd.DataFrame) -> list[str]:
    """Return the diagnoses present, in the order of `CODES`, or of `NINE` where one of `PARTS` is among them;
    or raise UserError if none can be fitted.
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


def default_images(labels: Path) -> Path:
    """Return where a labels CSV's images lie if nobody says: the folder `images` beside it, else its own."""
    beside = labels.parent / "images"
    return beside if beside.is_dir() else labels.parent


def _from_csv(labels: Path, images: Path) -> pd.DataFrame:
    try:
        rows = pd.read_csv(labels, dtype=str, keep_default_na=True)
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError):
        raise UserError("{labels} is not a CSV file with a header line.", labels=labels) from None
    rows.columns = [str(column).strip() for column in rows.columns]
    id_column = next((name for name in ID_COLUMNS if name in rows), None)
    if id_column is None:
        raise UserError(
            "{labels} needs a column that names the image: one of {columns}.",
            labels=labels,
            columns=", ".join(ID_COLUMNS),
        )
    if rows.empty:
        raise UserError("{labels} has a header line and no rows.", labels=labels)
    named = rows[id_column].str.strip()
    if named.isna().any():
        raise UserError(
            "{labels}: row {row} names no image.",
            labels=labels,
            row=int(np.flatnonzero(named.isna())[0]) + 2,
        )
    table = pd.DataFrame({"image_id": [Path(name).stem for name in named]})
    table["diagnosis"] = _labels(rows, labels)
    _require_one_row_each(table, labels)
    files = _index_files(images)
    table["path"] = [str(_find(name, images, files)) for name in named]
    table["lesion_id"] = rows["lesion_id"].str.strip() if "lesion_id" in rows else None
    for name, candidates in _OPTIONAL.items():
        column = next((candidate for candidate in candidates if candidate in rows), None)
        table[name] = rows[column] if column else None
    table["source"] = table["source"].fillna("unknown")
    table["age"] = pd.to_numeric(table["age"], errors="coerce")
    held_out = rows.get("in_seed_test", rows.get("held_out"))
    table["held_out"] = False if held_out is None else held_out.str.strip().str.lower().isin(TRUE)
    return table


def _require_one_row_each(table: pd.DataFrame, labels: Path) -> None:
    doubled = table[table["image_id"].duplicated(keep=False)]
    if doubled.empty:
        return
    kinds = doubled.groupby("image_id")["diagnosis"].agg(lambda found: sorted(set(found)))
    several = kinds[kinds.map(len) > 1]
    if len(several):
        raise UserError(
            "{labels} gives {image} two diagnoses, {one} and {other} ({count} such images). "
            "Find out which is right, and keep that row.",
            labels=labels,
            image=several.index[0],
            one=several.iloc[0][0],
            other=several.iloc[0][1],
            count=len(several),
        )
    extra = len(doubled) - len(kinds)
    raise UserError(
        "{labels} names {image} more than once ({extra} rows too many).",
        labels=labels,
        image=kinds.index[0],
        extra=extra,
    )


def _from_folder(folder: Path, parts: bool) -> pd.DataFrame:
    sides = {child.name.lower(): child for child in folder.iterdir() if child.is_dir()}
    halves = [(sides[name], name == "test") for name in ("train", "test") if name in sides] or [
        (folder, False)
    ]
    rows, unknown = [], []
    for half, held_out in halves:
        for class_folder in sorted(child for child in half.iterdir() if child.is_dir()):
            code = canonical(class_folder.name, parts)
            files = sorted(path for path in class_folder.iterdir() if path.suffix.lower() in EXTENSIONS)
            if code is None and files:
                unknown.append(class_folder.name)
            rows += [(path.relative_to(folder).as_posix(), str(path), code, held_out) for path in files]
    if not rows:
        raise UserError(
            "{folder} holds no images in subfolders. Make one subfolder a diagnosis and put them there.",
            folder=folder,
        )
    if unknown:
        raise UserError(
            "{folder}: no diagnosis is known by the folder name “{name}”. {known}",
            folder=folder,
            name=unknown[0],
            known=_KNOWN,
        )
    table = pd.DataFrame(rows, columns=["image_id", "path", "diagnosis", "held_out"])
    return table.assign(lesion_id=None, source="unknown", age=np.nan, sex=None, site=None)


_KNOWN = Sentence(
    "Known are {codes}, their names, and {coarser}.", codes=", ".join(CODES), coarser=", ".join(COARSER)
)


def _labels(rows: pd.DataFrame, labels: Path) -> list[str]:
    """Return the canonical label of each row, from a label column or from one 0/1 column a class."""
    column = next((name for name in _LABEL_COLUMNS if name in rows), None)
    if column is not None:
        written = rows[column].fillna("")
    else:
        one_hot = {name: code for name in rows.columns if (code := canonical(name)) is not None}
        if len(one_hot) == 1 and "MEL" in one_hot.values():  # ISIC 2017: melanoma or not
            values = pd.to_numeric(rows[next(iter(one_hot))], errors="coerce")
            return ["MEL" if value == 1 else "NEVUS_OR_SK" for value in values]
        if not one_hot:
            raise UserError(
                "{labels} needs a column “diagnosis”, or one 0/1 column a class. {known}",
                labels=labels,
                known=_KNOWN,
            )
        marks = rows[list(one_hot)].apply(pd.to_numeric, errors="coerce").to_numpy() == 1
        names = list(one_hot)
        if set(one_hot.values()) == {"MEL", "BKL"}:  # ISIC 2017: what has neither mark is a nevus
            names.append("NV")
            marks = np.column_stack([marks, ~marks.any(axis=1)])
        wrong = np.flatnonzero(marks.sum(axis=1) != 1)
        if len(wrong):
            raise UserError(
                "{labels}: row {row} is not marked with exactly one diagnosis.",
                labels=labels,
                row=wrong[0] + 2,
            )
        written = pd.Series(np.array(names)[marks.argmax(axis=1)])
    found = [canonical(label) for label in written]
    unknown = sorted({str(label) for label, code in zip(written, found, strict=True) if code is None})
    if unknown:
        raise UserError(
            "{labels}: “{label}” is not a known diagnosis. {known}",
            labels=labels,
            label=unknown[0],
            known=_KNOWN,
        )
    return [str(code) for code in found]


def _index_files(images: Path) -> dict[str, Path]:
    if not images.is_dir():
        raise UserError(
            "{images} is not a folder. Point --images at the folder with the image files.", images=images
        )
    return {path.stem: path for path in images.iterdir() if path.suffix.lower() in EXTENSIONS}


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
        path.stem.removesuffix("_segmentation"): str(path)
        for path in folder.iterdir()
        if path.suffix.lower() in EXTENSIONS
    }


def _find(name: str, images: Path, files: dict[str, Path]) -> Path:
    """Return where the image named in a row lies: by its path as written, else by its id in the folder."""
    written = images / name
    return written if written.suffix.lower() in EXTENSIONS else files.get(name, written)
