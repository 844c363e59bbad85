"""Where a quiz's cases come from: the real photos of the first screen, drawings, a teacher, the Archive."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st

from melanoma.app.parts.shared.decoder import DECODER
from melanoma.app.parts.shared.examples import EXAMPLES
from melanoma.app.parts.shared.language import say
from melanoma.data.labels.read import read_labels
from melanoma.edits.drawn_lesions import LesionParameters, draw_lesion
from melanoma.errors import UserError
from melanoma.evaluation.quiz import chosen, draw_cases
from melanoma.photos.isic_archive import Archive, ArchiveImage, archive_in_use
from melanoma.photos.reading import read_bytes

DRAWN, REAL, TEACHER, ARCHIVE = "drawn", "photos", "teacher", "archive"
FOLDER = "MELANOMA_QUIZ"
"""Environment variable with which the operator names the teacher's photos, a folder or a labels CSV."""
_DRAWN_OPTIONS = ("MEL", "NV")
_ID = re.compile(r"ISIC_\d{7}")
_MOST_IDS = 20


@dataclass(frozen=True)
class QuizCase:
    """One case: its name in the result, the truth, and how to get its pixels."""

    key: str
    truth: str
    load: Callable[[], np.ndarray]
    """Returns uint8 (H, W, 3) RGB; raises UserError."""
    credit: str = ""
    """Where the photo comes from and under which licence, as the archive states it."""


@dataclass(frozen=True)
class CaseSet:
    """The cases of a quiz, and the diagnoses to choose from."""

    cases: tuple[QuizCase, ...]
    options: tuple[str, ...]


def sources() -> tuple[str, ...]:
    """Return the sources that there are here, the one to begin with first."""
    there = {
        REAL: bool(EXAMPLES.all()),
        DRAWN: True,
        TEACHER: bool(os.environ.get(FOLDER)),
        ARCHIVE: archive_in_use() is not None,
    }
    return tuple(source for source, offered in there.items() if offered)


def find_cases(source: str, seed: int, count: int, find: str, codes: tuple[str, ...]) -> CaseSet:
    """Return the cases; `find` is what the visitor wrote for the archive, `codes` the model's diagnoses.

    Raises UserError if there are none.
    """
    if source == TEACHER:
        return _teacher_cases(seed, count)
    if source == REAL:
        return _example_cases(seed, count, codes)
    if source == ARCHIVE:
        return _archive_cases(find, seed, count, codes)
    cases = draw_cases(seed, count)
    return CaseSet(
        tuple(
            QuizCase(f"drawn-{seed}-{number}", truth, partial(_draw, parameters, drawing))
            for number, (truth, parameters, drawing) in enumerate(cases, start=1)
        ),
        _DRAWN_OPTIONS,
    )


def _draw(parameters: LesionParameters, seed: int) -> np.ndarray:
    return draw_lesion(parameters, seed=seed).image


def _example_cases(seed: int, count: int, codes: tuple[str, ...]) -> CaseSet:
    known = [example for example in EXAMPLES.all() if example.diagnosis in codes]
    cases = [
        QuizCase(
            example.isic_id, example.diagnosis, partial(_example_pixels, example.isic_id), example.credit
        )
        for example in chosen(known, seed, count)
    ]
    if not cases:
        raise UserError("None of the real photos here has a diagnosis that the network knows.")
    return CaseSet(tuple(cases), codes)


def _example_pixels(isic_id: str) -> np.ndarray:
    found = EXAMPLES.get(isic_id)
    assert found is not None, "what has come once stays"
    return found[1]


def _teacher_cases(seed: int, count: int) -> CaseSet:
    data = Path(os.environ[FOLDER])
    try:
        table = _catalogue(str(data), data.stat().st_mtime_ns if data.exists() else 0)
    except UserError as error:  # where the teacher keeps the photos is not the student's business
        raise UserError(error.sentence.renamed(str(data), say("The teacher's folder"))) from None
    rows = chosen(list(table.itertuples(index=False)), seed, count)
    # The case's name must not give the diagnosis away, as the name of a class folder would.
    cases = [
        QuizCase(
            Path(row.image_id).stem,
            row.diagnosis,
            partial(_read, row.path, number),
            _known_source(row.source),
        )
        for number, row in enumerate(rows, start=1)
    ]
    return CaseSet(tuple(cases), tuple(sorted(set(table["diagnosis"]))))


# A ttl of an hour: `changed` is the time of the outer folder, which changes in inner ones leave as it is.
@st.cache_data(max_entries=2, ttl=3600, show_spinner=False)
def _catalogue(data: str, changed: int) -> pd.DataFrame:
    return read_labels(data).table


def _read(path: str, number: int) -> np.ndarray:
    name = say("Case {number}", number=number)
    return DECODER.read(read_bytes(Path(path), name), name)


def _known_source(source: str) -> str:
    return "" if source == "unknown" else source


def _archive_cases(find: str, seed: int, count: int, codes: tuple[str, ...]) -> CaseSet:
    archive = archive_in_use(DECODER.read)
    if archive is None:
        raise UserError("This server asks nothing of the ISIC Archive.")
    ids = list(dict.fromkeys(_ID.findall(find)))
    if ids:
        images = [archive.image(isic_id) for isic_id in ids[: min(count, _MOST_IDS)]]
    elif find.strip():
        images = chosen(_known_dermoscopic(archive.search(find.strip()), codes), seed, count)
    else:
        raise UserError("Write ids, such as ISIC_0000042, or a search, such as diagnosis_3:Nevus.")
    cases = [
        QuizCase(image.isic_id, image.diagnosis, partial(_fetch, archive, image.isic_id), _credit(image))
        for image in _known_dermoscopic(images, codes)
        if image.diagnosis
    ]
    if not cases:
        raise UserError(
            "The archive has no dermoscopic photo for this with a diagnosis that the network knows."
        )
    return CaseSet(tuple(cases), codes)


def _known_dermoscopic(images: list[ArchiveImage], codes: tuple[str, ...]) -> list[ArchiveImage]:
    return [image for image in images if image.dermoscopic and image.diagnosis in codes]


def _fetch(archive: Archive, isic_id: str) -> np.ndarray:
    return archive.pixels(archive.image(isic_id))  # looked up again: the URL of a file expires


def _credit(image: ArchiveImage) -> str:
    return f"{image.isic_id}, ISIC Archive. {image.attribution}. {image.licence}."
