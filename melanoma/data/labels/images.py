"""The files that a table's names stand for, wherever below the folder they lie."""

import filecmp
import os
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path, PurePath

from melanoma.errors import UserError
from melanoma.files import printable
from melanoma.photos.formats import ALL_EXTENSIONS, EXTENSIONS

ARCHIVE_ID = re.compile(r"^(ISIC_\d+|PAT_\d+_\d+_\d+|IMD\d+)$", re.IGNORECASE)
"""Ids that name one picture wherever they stand: the ISIC Archive, PAD-UFES-20, PH². `001` does not."""
MASKS = "masks"
"""Folder of the lesions' outlines, which are called like the photos; it is not searched for photos."""
_ENDINGS = frozenset((*ALL_EXTENSIONS, ".jfif", ".jpe", ".gif"))


def default_images(labels: Path) -> Path:
    """Return where a labels CSV's images lie if nobody says: the folder `images` beside it, else its own."""
    beside = labels.parent / "images"
    return beside if beside.is_dir() else labels.parent


def is_image_name(path: PurePath) -> bool:
    """Return whether a name promises a picture; macOS's `._x.jpg` do not hold one."""
    return path.suffix.lower() in EXTENSIONS and not path.name.startswith(".")


def image_stem(name: str) -> str:
    """Return a name without folders and without a picture's ending, in composed letters (NFC).

    An id with dots stays whole: `1.2.840.1.11` has no ending.
    """
    base = unicodedata.normalize("NFC", name.replace("\\", "/").rstrip("/").rpartition("/")[2])
    stem, ending = os.path.splitext(base)
    return stem if stem and ending.lower() in _ENDINGS else base


class ImageFolder:
    """A folder of images, found by path or id.

    A name is first taken as a path below the folder. Else the file is searched for by its stem in all folders
    below, whatever its ending, case and composition of letters; the folder `masks` is left out.
    """

    def __init__(self, folder: Path, endings: tuple[str, ...] = EXTENSIONS) -> None:
        """Take the folder; files with other endings are not found by id. Nothing is listed yet."""
        self.folder, self._endings = folder, endings
        self.closed: list[OSError] = []
        """Folders that could not be entered in the search, as the system says it."""

    def find(self, name: str) -> list[Path]:
        """Return the file that a name stands for; none, or several that differ, if that is not clear."""
        for spelling in dict.fromkeys((name, name.replace("\\", "/"))):
            if os.path.isfile(direct := self.folder / spelling):
                return [direct]
        wanted = PurePath(unicodedata.normalize("NFC", name.replace("\\", "/")))
        found = [path for path in self._by_stem.get(image_stem(name).casefold(), []) if path.is_file()]
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
        return path.suffix.lower() in self._endings and not path.name.startswith(".")

    @cached_property
    def _by_stem(self) -> dict[str, list[Path]]:
        if not self.folder.is_dir():
            raise UserError(
                "{folder} is not a folder. Point --images at the folder with the photos.",
                folder=printable(self.folder),
            )
        found: dict[str, list[Path]] = {}
        for path in _below(self.folder, self.closed.append):
            if self._is_image(path):
                found.setdefault(image_stem(path.name).casefold(), []).append(path)
        return found


def several_files(name: str, files: Sequence[Path], labels: str) -> UserError:
    """Return the error for a name that stands for several files that differ."""
    folder = os.path.commonpath(files)  # is left out: the page shows no place of its machine
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
    """Return how many folders above the file are those that were written, from the file upwards."""
    pairs = zip(reversed(path.parts[:-1]), reversed(wanted.parts[:-1]), strict=False)
    count = 0
    for here, there in pairs:
        if unicodedata.normalize("NFC", here).casefold() != there.casefold():
            break
        count += 1
    return count
