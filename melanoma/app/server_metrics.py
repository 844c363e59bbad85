"""Counts and durations of the server's events for its operator, without personal data.

Each event is one line of JSON in the log and a row of the figures. A line holds the event's name, how it
ended and its seconds: no file name, address, session or answer, and of a defect the exception's kind only.
"""

import json
import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np

from melanoma.errors import UserError

DONE, REFUSED, FAILED, ABANDONED = "done", "refused", "failed", "abandoned"
_REMEMBERED = 1000  # latest durations kept of each event: recent quantiles, bounded memory
_LOG = logging.getLogger("melanoma.app.server_metrics")


@dataclass(frozen=True)
class EventStatistics:
    """One event since the start of the server."""

    event: str
    counts: dict[str, int]
    """How often it ended in each way."""
    median: float
    """Seconds, of the latest thousand that were done; NaN if there were none. So are the next two."""
    slow: float
    """Nineteen of twenty took less."""
    worst: float


@dataclass
class _Event:
    counts: Counter[str] = field(default_factory=Counter)
    seconds: deque[float] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))


class ServerMetrics:
    """Counts and times events. Safe for any number of threads."""

    def __init__(self) -> None:
        """Begin at zero."""
        self.began = time.time()
        self._events: dict[str, _Event] = {}
        self._lock = threading.Lock()

    @contextmanager
    def timed(self, event: str) -> Iterator[None]:
        """Count and time the block. `event` is a fixed phrase of the code, never what a visitor gave."""
        began, ending, kind = time.monotonic(), DONE, None
        try:
            yield
        except UserError:
            ending = REFUSED
            raise
        except Exception as error:
            ending, kind = FAILED, type(error).__name__
            raise
        except BaseException:  # Streamlit stops a visitor's run in this way
            ending = ABANDONED
            raise
        finally:
            self._record(event, ending, time.monotonic() - began, kind)

    def statistics(self) -> list[EventStatistics]:
        """Return all events so far, by name."""
        with self._lock:
            seen = {name: (dict(event.counts), list(event.seconds)) for name, event in self._events.items()}
        found = []
        for name, (counts, seconds) in sorted(seen.items()):
            quantiles = np.quantile(seconds, [0.5, 0.95, 1.0]) if seconds else np.full(3, np.nan)
            found.append(EventStatistics(name, counts, *(float(value) for value in quantiles)))
        return found

    def _record(self, event: str, ending: str, seconds: float, kind: str | None) -> None:
        with self._lock:
            known = self._events.setdefault(event, _Event())
            known.counts[ending] += 1
            if ending == DONE:
                known.seconds.append(seconds)
        line: dict[str, object] = {"event": event, "ended": ending, "seconds": round(seconds, 4)}
        if kind:
            line["kind"] = kind
        _LOG.info(json.dumps({"time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())} | line))


def log_to_stderr() -> None:
    """Write the events to standard error, each as its line of JSON and nothing else; once is enough."""
    if not _LOG.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(message)s"))
        _LOG.addHandler(handler)
        _LOG.setLevel(logging.INFO)
        _LOG.propagate = False


METRICS = ServerMetrics()
"""Of this process."""
