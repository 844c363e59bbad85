"""Watches a folder: predicts each photo that arrives, appends it to the worklist and sends its event."""

import hashlib
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from melanoma.batch.heatmaps import BatchOptions, PhotoResult, predict_files_with_heatmaps
from melanoma.batch.sources import of_file, walk
from melanoma.batch.triage import urgency
from melanoma.batch.watch.arrivals import Arrivals, Stamp
from melanoma.batch.watch.journal import Journal, Line
from melanoma.batch.watch.webhook import Event, EventQueue
from melanoma.batches import sliced
from melanoma.errors import UserError
from melanoma.files import one_line

if TYPE_CHECKING:
    from melanoma.model.classifier import Classifier

STILL = 2.0
"""Seconds without a change after which a file counts as copied."""
TOGETHER = 32
"""Photos that arrive together are told in a worklist's order, so many at a time: a kill costs no more."""
_POLL_MS = 500  # how often files that are being copied are checked
_RESCAN = 60.0  # seconds between scans of the whole folder: network drives may not report new files
_NOTICE = "Not a diagnosis. What brings no alert is no all-clear."


def watch_folder(
    classifier: "Classifier",
    folder: Path,
    worklist: Journal,
    outbox: EventQueue,
    options: BatchOptions,
    still: float = STILL,
    stop: threading.Event | None = None,
    passed_over: Callable[[Path], None] = lambda path: None,
) -> Iterator[Line]:
    """Yield a line of the worklist for each photo that arrives, until `stop` is set.

    Of photos that lie ready together the most urgent come first, as on a worklist (`triage.ranked`), up to
    `TOGETHER` at a time. A line is on the disk before its event is sent, and events that an earlier run did
    not send are sent first. Photos that are in the folder already and not on the worklist count as arrived.
    `passed_over` is called once with each file that is no photo.
    """
    try:
        import watchfiles  # noqa: F401
    except ModuleNotFoundError as missing:
        raise UserError(f"watch needs {missing.name}: pip install watchfiles") from missing
    if not folder.is_dir():
        raise UserError(f"{folder} is not a folder. Name the one that photos arrive in.")
    earlier = list(worklist)
    for line in earlier:
        _send(outbox, line)
    done = ((Path(line["file"]), (line["size"], line["changed_ns"])) for line in earlier)
    arrivals = Arrivals(done, still, passed_over)
    scanned = float("-inf")
    for changed in _changes(folder, stop):
        now = time.monotonic()
        if changed is None or now - scanned >= _RESCAN:  # the first time too: from here on none is missed
            changed, scanned = list(walk(folder)), now
        for path in changed:
            arrivals.update(path, now)
        for ready in sliced(arrivals.ready(now), TOGETHER):
            judged = []
            predicted = predict_files_with_heatmaps(classifier, (of_file(path) for path, _ in ready), options)
            for (path, stamp), results in zip(ready, predicted, strict=True):
                if any(result.row["error"] for result in results) and not arrivals.give_up(path):
                    continue
                judged.append((path, stamp, [_line(path, stamp, result) for result in results]))
            for path, stamp, lines in sorted(judged, key=lambda one: min(map(_urgency, one[2]))):
                worklist.append(lines)
                arrivals.done(path, stamp)
                for line in lines:
                    _send(outbox, line)
                yield from lines


def _changes(folder: Path, stop: threading.Event | None) -> Iterator[list[Path] | None]:
    """Yield what has changed, some times a second; None if that is not known, and the folder is to be read.

    The watching library cannot tell of a name that is not UTF-8, and ends instead.
    """
    import watchfiles
    from watchfiles._rust_notify import WatchfilesRustInternalError

    while stop is None or not stop.is_set():
        try:
            for changes in watchfiles.watch(
                folder,
                watch_filter=None,
                stop_event=stop,
                rust_timeout=_POLL_MS,
                yield_on_timeout=True,
                debounce=200,
            ):
                yield [Path(path) for _, path in changes]
            return
        except WatchfilesRustInternalError as error:
            print(
                f"A change could not be told ({one_line(str(error))}); the folder is read.", file=sys.stderr
            )
            time.sleep(_POLL_MS / 1000)
            yield None


def event_of(line: Line) -> Event | None:
    """Return the event of a line, for an alert or a photo that could not be read; None for other lines."""
    malignancy = line.get("malignancy_alert")  # an earlier version wrote none
    if not line["melanoma_alert"] and not malignancy and not line["error"]:
        return None
    what = "melanoma alert" if line["melanoma_alert"] else "malignancy alert"
    event: dict[str, Any] = {"event": "not judged" if line["error"] else what}
    for name in ("id", "time", "path", "frame", "diagnosis", "error", "model", "model_version"):
        event[name] = line[name]
    event["melanoma"] = None if line["error"] else line["probabilities"]["MEL"]
    event["malignancy"] = None if line["error"] else line.get("malignancy")
    return event | {"notice": _NOTICE}


def _urgency(line: Line) -> tuple[float, ...]:
    probabilities = line["probabilities"] or {}
    alert = bool(line["melanoma_alert"] or line["malignancy_alert"])
    return urgency(line["error"], alert, line["malignancy"], probabilities.get("MEL"))


def _send(outbox: EventQueue, line: Line) -> None:
    event = event_of(line)
    if event is not None:
        outbox.send(event)


def _line(path: Path, stamp: Stamp, result: PhotoResult) -> Line:
    """Return a row with an id and a stamp, which differ for a later photo of the same name."""
    size, changed = stamp
    mark = hashlib.sha256(f"{result.row['path']}|{size}|{changed}|{result.row['frame']}".encode()).hexdigest()
    now = datetime.now(UTC).isoformat(timespec="seconds")
    where = {"file": str(path), "size": size, "changed_ns": changed}
    return {"id": mark[:16], "time": now, **result.row, **where}
