"""Small pictures of the ISIC Archive by id, fetched by the server when a visitor asks, for all visitors."""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

import numpy as np

from melanoma.app.parts.shared.decoder import DECODER
from melanoma.app.parts.shared.examples import licence_taken
from melanoma.errors import UserError
from melanoma.photos.encoding import as_jpeg, shrink
from melanoma.photos.examples import fetch_example
from melanoma.photos.isic_archive import Archive, archive_in_use

SIDE = 320
"""Pixels of a picture's longer side: some 20 kB each."""
_MOST = 500  # pictures kept
_AT_ONCE = 4  # requests to the Archive
_AGAIN = 60.0  # seconds until a photo that did not come is asked for again
_QUALITY = 88
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class ArchivePhoto:
    """A picture to show, with its credit."""

    jpeg: bytes
    attribution: str
    licence: str


class ArchivePhotos:
    """The pictures that are there. Safe for any number of threads."""

    def __init__(
        self,
        archive: Callable[[], Archive | None] = lambda: archive_in_use(DECODER.read),
        read: Callable[[bytes, str], np.ndarray] = DECODER.read,
        again: float = _AGAIN,
    ) -> None:
        """Be empty. `archive` returns whom to ask, None for nobody; `read` decodes a file."""
        self._archive, self._read, self._again = archive, read, again
        self._found: OrderedDict[str, ArchivePhoto] = OrderedDict()
        self._failed: dict[str, float] = {}
        self._asked: dict[str, Future[None]] = {}
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="archive-photos")

    def get(self, diagnoses: Iterable[tuple[str, str]], seconds: float) -> dict[str, ArchivePhoto]:
        """Return the pictures of (id, diagnosis) that are there after at most so many seconds, by id.

        One that is still on its way then is there the next time. Two visitors who ask for one wait for one
        request.
        """
        wanted = list(diagnoses)
        wait([future for one in wanted if (future := self._ask(*one))], seconds)
        with self._lock:
            there = [isic_id for isic_id, _ in wanted if isic_id in self._found]
            for isic_id in there:
                self._found.move_to_end(isic_id)
            return {isic_id: self._found[isic_id] for isic_id in there}

    def _ask(self, isic_id: str, diagnosis: str) -> Future[None] | None:
        """Return what is on its way; None if it is there, did not come lately, or nobody can be asked."""
        with self._lock:
            if isic_id in self._found or time.monotonic() < self._failed.get(isic_id, 0):
                return None
            if isic_id not in self._asked:
                if (archive := self._archive()) is None:
                    return None
                self._asked[isic_id] = self._pool.submit(self._fetch, archive, isic_id, diagnosis)
            return self._asked[isic_id]

    def _fetch(self, archive: Archive, isic_id: str, diagnosis: str) -> None:
        found: ArchivePhoto | None = None
        try:
            example, pixels = fetch_example(archive, isic_id, diagnosis, licence_taken(), self._read)
            small = as_jpeg(shrink(pixels, SIDE), _QUALITY)
            found = ArchivePhoto(small, example.attribution, example.licence)
        except UserError as error:  # the page says that there is no picture
            _LOG.warning("Photo %s: %s", isic_id, error)
        except Exception:
            _LOG.exception("Photo %s was not fetched", isic_id)
        with self._lock:
            del self._asked[isic_id]
            if found is None:
                now = time.monotonic()
                self._failed = {name: until for name, until in self._failed.items() if until > now}
                self._failed[isic_id] = now + self._again
                return
            self._found[isic_id] = found
            while len(self._found) > _MOST:
                self._found.popitem(last=False)


PHOTOS = ArchivePhotos()
"""One for all visitors."""
