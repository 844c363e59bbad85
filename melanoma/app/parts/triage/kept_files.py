"""The files of a worklist's most urgent photos, to open one on the page Examine."""

import threading
from collections import Counter

from melanoma.batch.source import Source
from melanoma.batch.triage import Entry, ranked

MOST = 32 * 1024**2
"""Bytes of a list: some tens of photos. All others go as soon as they are judged, as the host has little."""


class KeptFiles:
    """As many files as fit, the most urgent first. Safe for the list's threads and the page."""

    def __init__(self, sources: list[Source], most: int = MOST) -> None:
        """Keep none yet. Files of one name cannot be told apart by it, so none of them is kept."""
        counts = Counter(source.name for source in sources)
        self._names = {name for name, count in counts.items() if count == 1}
        self._most = most
        self._contents: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def remembering(self, source: Source) -> Source:
        """Return the same source, whose content is kept when it is read."""
        if source.name not in self._names:
            return source

        def read() -> bytes:
            content = source.read()
            with self._lock:
                self._contents[source.name] = content
            return content

        return Source(source.name, read, source.stamp)

    def drop_beyond(self, entries: list[Entry]) -> None:
        """Drop what does not fit, the least urgent first; what was read ahead has no entry yet and stays."""
        with self._lock:
            room = self._most
            for entry in ranked(entries):
                content = self._contents.get(entry.name)
                if content is None:
                    continue
                room -= len(content)
                if room < 0 or entry.error is not None or entry.frame is not None:
                    del self._contents[entry.name]

    def get(self, name: str) -> bytes | None:
        """Return a file's content, or None if it was not kept."""
        with self._lock:
            return self._contents.get(name)
