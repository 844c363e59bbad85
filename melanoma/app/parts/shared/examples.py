"""The real photos of the first screen: fetched by the server, once for all visitors.

A thread of the server's takes them from the operator's folder and the others from the ISIC Archive. No
visitor waits for it: a page shows what is there, and draws its row anew when more has come.
"""

import logging
import os
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np

from melanoma.app.parts.shared.decoder import DECODER
from melanoma.errors import UserError
from melanoma.photos.encoding import shrink
from melanoma.photos.examples import (
    GAVE_UP_AFTER,
    IDS,
    Example,
    Licence,
    OtherLicence,
    fetch_example,
    load_example,
    save_example,
)
from melanoma.photos.isic_archive import Archive, archive_in_use

FOLDER = "MELANOMA_EXAMPLES"
"""Environment variable with the folder that the photos are taken from and kept in."""
LICENCE = "MELANOMA_EXAMPLES_LICENCE"
"""Environment variable: `cc-0` shows no photo of another licence."""
MOST_SIDE = 1024
"""Pixels that are kept of a photo's longer side, for all visitors."""
_AGAIN, _SELDOM = (
    15.0,
    600.0,
)  # seconds until the Archive is asked again for what did not come: at first, at most
_LOG = logging.getLogger(__name__)


def licence_taken() -> Licence:
    """Return which licences the operator takes."""
    return Licence(os.environ.get(LICENCE, Licence.ANY))


class ExampleStore:
    """The photos that are there. Safe for any number of threads."""

    def __init__(
        self,
        archive: Callable[[], Archive | None] = lambda: archive_in_use(DECODER.read),
        read: Callable[[bytes, str], np.ndarray] = DECODER.read,
        again: float = _AGAIN,
    ) -> None:
        """Be empty. `archive` returns whom to ask, None for nobody; `read` decodes a file."""
        self._archive, self._read, self._again = archive, read, again
        self._found: dict[str, tuple[Example, np.ndarray]] = {}
        self._refused: set[str] = set()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self.pending = False
        """True until all have been asked for once."""
        self.gathering = False
        """True as long as more may come."""

    def start(self) -> None:
        """Begin to gather them, in a thread."""
        self._over.clear()
        self.pending = self.gathering = True
        self._thread = threading.Thread(target=self._gather, name="examples", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ask for nothing more; what is being asked for is given up with the process."""
        self._over.set()

    def all(self) -> tuple[Example, ...]:
        """Return those that are there, in the order of `IDS`."""
        return tuple(self._found[isic_id][0] for isic_id, _ in IDS if isic_id in self._found)

    def one_a_diagnosis(self) -> tuple[Example, ...]:
        """Return the first of each diagnosis that is there, in the order of `IDS`."""
        firsts: dict[str, Example] = {}
        for example in self.all():
            firsts.setdefault(example.diagnosis, example)
        return tuple(firsts.values())

    def get(self, isic_id: str) -> tuple[Example, np.ndarray] | None:
        """Return a photo with its pixels, uint8 RGB (H, W, 3), not to be changed; None if it is not there."""
        return self._found.get(isic_id)

    def _gather(self) -> None:
        try:
            folder = Path(os.environ[FOLDER]) if os.environ.get(FOLDER) else None
            licence = licence_taken()
            self._take(lambda isic_id: self._from_folder(folder, isic_id, licence) if folder else None)
            pause = self._again
            while not self._over.is_set() and (archive := self._archive()) is not None:
                self._take(lambda isic_id, archive=archive: self._fetch(archive, folder, isic_id, licence))
                self.pending = False
                if len(self._found) + len(self._refused) == len(IDS) or self._over.wait(pause):
                    break
                pause = min(2 * pause, _SELDOM)
        except Exception:
            _LOG.exception("The example photos were not gathered")
        finally:
            self.pending = self.gathering = False

    def _take(self, take: Callable[[str], tuple[Example, np.ndarray] | None]) -> None:
        """Take what is missing, and say in the log what does not come; end after some in a row."""
        in_a_row = 0
        for isic_id, _ in IDS:
            if isic_id in self._found or isic_id in self._refused:
                continue
            if self._over.is_set() or in_a_row == GAVE_UP_AFTER:
                return
            try:
                found = take(isic_id)
            except OtherLicence:
                self._refused.add(isic_id)
            except UserError as error:
                _LOG.warning("Example %s: %s", isic_id, error)
                in_a_row += 1
            else:
                in_a_row = 0
                if found is not None:
                    self._keep(*found)

    def _keep(self, example: Example, pixels: np.ndarray) -> None:
        pixels = shrink(pixels, MOST_SIDE)
        pixels.flags.writeable = False
        self._found[example.isic_id] = (example, pixels)

    def _from_folder(self, folder: Path, isic_id: str, licence: Licence) -> tuple[Example, np.ndarray] | None:
        example = load_example(folder, isic_id, licence)
        return None if example is None else (example, self._read(example.content, isic_id))

    def _fetch(
        self, archive: Archive, folder: Path | None, isic_id: str, licence: Licence
    ) -> tuple[Example, np.ndarray]:
        found = fetch_example(archive, isic_id, dict(IDS)[isic_id], licence, self._read)
        if folder is not None:
            try:
                save_example(folder, found[0])
            except UserError as error:  # the page goes on without: they are fetched again after a restart
                _LOG.warning("Example %s: %s", isic_id, error)
        return found


EXAMPLES = ExampleStore()
"""One for all visitors; the server's start begins it."""
