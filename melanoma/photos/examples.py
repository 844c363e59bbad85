"""Real photos to begin with, by their ids in the ISIC Archive.

They lie on the test side of the shipped network, so it was never fitted to them. A rule chose them, not its
answers: of each diagnosis the photos of HAM10000 on that side, one a lesion, in the order of the SHA-256 of
their ids; the last of melanoma, mole and benign keratosis is of ISIC 2017 by the same rule, whose photos are
CC-0 for the most part. No photo belongs to this project: each comes from the Archive, with the licence and
the credit that the Archive states.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from melanoma.diagnoses import CODES
from melanoma.errors import UserError
from melanoma.files import user_error_if_unwritable, write_whole
from melanoma.output import json_text
from melanoma.photos.archive_licences import TAKEN
from melanoma.photos.archive_licences import Licence as Licence
from melanoma.photos.isic_archive import Archive
from melanoma.photos.reading import read_bytes, read_image

IDS: tuple[tuple[str, str], ...] = (
    ("ISIC_0029575", "MEL"),
    ("ISIC_0030626", "NV"),
    ("ISIC_0031258", "BCC"),
    ("ISIC_0029025", "AK"),
    ("ISIC_0029029", "BKL"),
    ("ISIC_0033675", "DF"),
    ("ISIC_0034196", "VASC"),
    ("ISIC_0031119", "SCC"),
    ("ISIC_0025832", "MEL"),
    ("ISIC_0027211", "NV"),
    ("ISIC_0033354", "BCC"),
    ("ISIC_0024470", "AK"),
    ("ISIC_0033270", "BKL"),
    ("ISIC_0031123", "DF"),
    ("ISIC_0031197", "VASC"),
    ("ISIC_0027529", "SCC"),
    ("ISIC_0013672", "MEL"),
    ("ISIC_0003308", "NV"),
    ("ISIC_0032022", "BCC"),
    ("ISIC_0031228", "AK"),
    ("ISIC_0012889", "BKL"),
    ("ISIC_0032410", "DF"),
    ("ISIC_0026068", "VASC"),
    ("ISIC_0024575", "SCC"),
)
"""Id and diagnosis: first one of each diagnosis, then the second ones, then the third ones."""
OPENING = "ISIC_0031258"
"""What the page opens on, if it is there: the network is right about it and sure, so that a stranger learns
the page before its mistakes."""
_MOST_WORDS = 2000  # bytes of what is known of a photo
GAVE_UP_AFTER = 3
"""Photos in a row that could not be had: the others would not come either."""


class OtherLicence(UserError):
    """The photo's licence is not one that was asked for."""


@dataclass(frozen=True)
class Example:
    """One photo as the Archive has it."""

    isic_id: str
    diagnosis: str
    """One of `CODES`: the Archive's, or the challenge's where the Archive names none of them."""
    licence: str
    attribution: str
    content: bytes = b""
    """The file."""

    @property
    def credit(self) -> str:
        """Where it comes from and under which licence, as the Archive states it."""
        return f"{self.isic_id}, ISIC Archive. {self.attribution}. {self.licence}."


def fetch_example(
    archive: Archive,
    isic_id: str,
    diagnosis: str,
    licence: Licence = Licence.ANY,
    read: Callable[[bytes, str], np.ndarray] = read_image,
) -> tuple[Example, np.ndarray]:
    """Return a photo of the Archive with its pixels, uint8 RGB (H, W, 3), which `read` decodes.

    `diagnosis` is what it is where the Archive names none of `CODES`. Raises UserError if it does not come,
    cannot be read, or is not to be shown.
    """
    image = archive.image(isic_id)
    if image.isic_id != isic_id:
        raise UserError("The ISIC Archive answered for {id} with another photo.", id=isic_id)
    if image.licence not in TAKEN[licence]:
        raise OtherLicence("{id} has another licence: {licence}.", id=isic_id, licence=image.licence)
    content = archive.file(image)
    example = Example(isic_id, image.diagnosis or diagnosis, image.licence, image.attribution, content)
    return example, read(content, isic_id)


def load_example(folder: Path, isic_id: str, licence: Licence = Licence.ANY) -> Example | None:
    """Return one of `IDS` from a folder that `save_example` wrote to; None if it is not there.

    Raises UserError if it is damaged, or has another licence.
    """
    words, file = folder / f"{isic_id}.json", folder / f"{isic_id}.jpg"
    if not words.is_file() or not file.is_file():
        return None
    try:
        known = json.loads(read_bytes(words, most=_MOST_WORDS))
        values = {name: str(known[name]) for name in ("diagnosis", "licence", "attribution")}
    except (ValueError, TypeError, KeyError):
        values = {}
    if values.get("diagnosis") not in CODES:
        raise UserError("{file} does not say what the photo is. Delete it, and fetch it anew.", file=words)
    if values["licence"] not in TAKEN[licence]:
        raise OtherLicence("{id} has another licence: {licence}.", id=isic_id, licence=values["licence"])
    return Example(isic_id, content=read_bytes(file), **values)


def save_example(folder: Path, example: Example) -> None:
    """Write the photo, and then what is known of it: one without the other is not taken."""
    with user_error_if_unwritable(folder):
        write_whole(folder / f"{example.isic_id}.jpg", example.content)
        known = {name: value for name, value in asdict(example).items() if name != "content"}
        write_whole(folder / f"{example.isic_id}.json", json_text(known))
