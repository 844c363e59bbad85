"""Finds the image files that a table names, in a folder or any folder below it."""

import filecmp
import os
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path, PurePath

from melanoma.errors import UserError
from melanoma.files import printable
from melanoma.photos.formats import ALL_EXTENSIONS
from melanoma.photos.recognition import is_photo_file

ARCHIVE_ID = re.compile(r"^(ISIC_\d+|PAT_\d+_\d+_\d+|IMD\d+)$", re.IGNORECASE)
"""Ids that are unique across data sets: of the ISIC Archive, PAD-UFES-20 and PH²; not such as `001`."""
MASKS = "masks"
"""Folder of the lesions' outlines, whose files are named like the photos; not searched for photos."""
_ENDINGS = frozenset((*ALL_EXTENSIONS, ".gif"))


def default_images(labels: Path) -> Path:
    """Return the default folder of a labels CSV's images: `images` beside it if it exists, else its own."""
    beside = labels.parent / "images"
    return beside if beside.is_dir() else labels.parent


def image_stem(name: str) -> str:
    """Return a name without folders and without an image's extension, in Unicode NFC.

    An id with dots is not cut: `1.2.840.1.11` has no extension.
    """
    base = unicodedata.normalize("NFC", name.replace("\\", "/").rstrip("/").rpartition("/")[2])
    stem, ending = os.path.splitext(base)
    return stem if stem and ending.lower() in _ENDINGS else base


class ImageFolder:
    """A folder of images, found by path or id.

    A name is first used as a path below the folder. If there is no such file, a photo with the same stem is
    searched for in all folders below, ignoring extension, case and Unicode form; `masks` is left out.
    """

    def __init__(self, folder: Path, dicom: bool = False) -> None:
        """Use the folder, which is listed when needed; DICOM is found by id only with `dicom`."""
        self.folder, self._dicom = folder, dicom
        self.closed: list[OSError] = []
        """Errors of folders that could not be searched."""

    def find(self, name: str) -> list[Path]:
        """Return the file that a name stands for; none if it is missing, several if they differ."""
        for spelling in dict.fromkeys((name, name.replace("\\", "/"))):
            if os.path.isfile(direct := self.folder / spelling):
                return [direct]
        wanted = PurePath(unicodedata.normalize("NFC", name.replace("\\", "/")))
        found = [path for path in self._by_stem.get(image_stem(name).casefold(), []) if self._is_image(path)]
        for fits in (
            lambda path: _shared_end(path, wanted),
            lambda path: image_stem(path.name) == image_stem(name),
            lambda path: path.suffix.lower() == wanted.suffix.lower(),
            lambda path: -len(path.parts),
        ):
            best = max(map(fits, found), default=0)
            found = [path for path in found if fits(path) == best]
        if len(found) > 1 and all(filecmp.cmp(found[0], other, shallow=False) for other in found[1:]):
            return found[:1]  # copies: HAM10000 is often unpacked twice
        return found

    def in_folder_named(self, name: str) -> list[Path]:
        """Return the images directly in the folder of this name: MILK10k has one folder a lesion."""
        folder = self.folder / name
        if not os.path.isdir(folder):
            return []
        return sorted(path for path in folder.iterdir() if self._is_image(path))

    def _is_image(self, path: Path) -> bool:
        return path.is_file() and is_photo_file(path, self._dicom)

    @cached_property
    def _by_stem(self) -> dict[str, list[Path]]:
        if not self.folder.is_dir():
            raise UserError(
                "{folder} is not a folder. Point --images at the folder with the photos.",
                folder=printable(self.folder),
            )
        found: dict[str, list[Path]] = {}
        for path in _below(self.folder, self.closed.append):
            found.setdefault(image_stem(path.name).casefold(), []).append(path)
        return found


def several_files(name: str, files: Sequence[Path], labels: str) -> UserError:
    """Return the error for a name that stands for several files that differ."""
    folder = os.path.commonpath(files)  # left out: the page does not show paths of its machine
    return UserError(
        "{labels}: {image} stands for {count} different files, {one} and {other} among them. "
        "Write the path of the right one into the table.",
        labels=labels,
        image=name,
        count=len(files),
        one=printable(files[0].relative_to(folder)),
        other=printable(files[1].relative_to(folder)),
    )


def _below(folder: Path, on_error: Callable[[OSError], None]) -> Iterator[Path]:
    """Yield all files below a folder; links to folders are followed, each folder once."""
    seen: set[tuple[int, int]] = set()
    for here, folders, files in os.walk(folder, onerror=on_error, followlinks=True):
        status = os.stat(here)
        if (status.st_dev, status.st_ino) in seen:
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        folders[:] = sorted(name for name in folders if name.lower() != MASKS)
        yield from (Path(here, name) for name in sorted(files))


def _shared_end(path: Path, wanted: PurePath) -> int:
    """Return how many parent folders agree with the written path, from the file upwards."""
    pairs = zip(reversed(path.parts[:-1]), reversed(wanted.parts[:-1]), strict=False)
    count = 0
    for here, there in pairs:
        if unicodedata.normalize("NFC", here).casefold() != there.casefold():
            break
        count += 1
    return count
