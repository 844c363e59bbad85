"""A folder that photos arrive in: each is judged once it is copied, listed, and told of where it must be."""

import hashlib
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from melanoma.batch.heatmaps import PhotoResult, Wanted, predict_files_with_heatmaps
from melanoma.batch.sources import of_file, walk
from melanoma.batch.watch.arrivals import Arrivals, Stamp
from melanoma.batch.watch.journal import Journal, Line
from melanoma.batch.watch.webhook import Event, EventQueue
from melanoma.errors import UserError

if TYPE_CHECKING:
    from melanoma.model.classifier import Classifier

STILL = 2.0
"""Seconds without a change after which a file counts as copied."""
_LOOK_MS = 500  # how often files that are being copied are looked at
_RESCAN = 60.0  # seconds between looks at the whole folder: network drives may not tell of new files
_NOTICE = "Not a diagnosis. What brings no alert is no all-clear."


def watch_folder(
    classifier: "Classifier",
    folder: Path,
    worklist: Journal,
    outbox: EventQueue,
    wanted: Wanted,
    still: float = STILL,
    stop: threading.Event | None = None,
) -> Iterator[Line]:
    """Yield a line of the worklist for each photo that arrives, until `stop` is set.

    The line is on the disk before its event is told, and events that were not told before a kill are told
    first. Photos that are in the folder already and not on the worklist count as arrived.
    """
    try:
        import watchfiles
    except ModuleNotFoundError as missing:
        raise UserError(f"watch needs {missing.name}: pip install melanoma[watch]") from missing
    if not folder.is_dir():
        raise UserError(f"{folder} is not a folder. Name the one that photos arrive in.")
    known = list(worklist)
    for line in known:
        _tell(outbox, line)
    arrivals = Arrivals(((Path(line["file"]), (line["size"], line["changed_ns"])) for line in known), still)
    looked = float("-inf")
    events = watchfiles.watch(
        folder, watch_filter=None, stop_event=stop, rust_timeout=_LOOK_MS, yield_on_timeout=True, debounce=200
    )
    for changes in events:
        now = time.monotonic()
        changed = [Path(path) for _, path in changes]
        if now - looked >= _RESCAN:  # the first time too: from here on no change is missed
            changed, looked = list(walk(folder)), now
        for path in changed:
            arrivals.look(path, now)
        ready = arrivals.ready(now)
        answers = predict_files_with_heatmaps(classifier, (of_file(path) for path, _ in ready), wanted)
        for (path, stamp), found in zip(ready, answers, strict=True):
            if any(answer.row["error"] for answer in found) and not arrivals.is_final(path):
                continue
            lines = [_line(path, stamp, answer) for answer in found]
            worklist.append(lines)
            arrivals.done(path, stamp)
            for line in lines:
                _tell(outbox, line)
            yield from lines


def event_of(line: Line) -> Event | None:
    """Return what to tell of a line: an alert, or that nobody has judged a photo; None for other ones."""
    if not line["melanoma_alert"] and not line["error"]:
        return None
    event: dict[str, Any] = {"event": "not judged" if line["error"] else "melanoma alert"}
    for name in ("id", "time", "path", "frame", "diagnosis", "error", "model", "model_version"):
        event[name] = line[name]
    event["melanoma"] = None if line["error"] else line["probabilities"]["MEL"]
    return event | {"notice": _NOTICE}


def _tell(outbox: EventQueue, line: Line) -> None:
    event = event_of(line)
    if event is not None:
        outbox.tell(event)


def _line(path: Path, stamp: Stamp, answer: PhotoResult) -> Line:
    """Return a row with what tells this photo from a later one of the same name."""
    size, changed = stamp
    mark = hashlib.sha256(f"{answer.row['path']}|{size}|{changed}|{answer.row['frame']}".encode()).hexdigest()
    now = datetime.now(UTC).isoformat(timespec="seconds")
    where = {"file": str(path), "size": size, "changed_ns": changed}
    return {"id": mark[:16], "time": now, **answer.row, **where}
