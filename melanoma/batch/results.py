"""Results written in chunks beside their file, so that a run that was killed can be resumed.

Until `out` is complete, the folder `.out.unfinished` beside it holds `job.json`, which describes the run, and
chunks in Parquet, each written atomically. At the end they are joined to `out`, and the folder is removed.
Chunks also hold each file's stamp (`source.Source`), so that a file that has changed is done again.
"""

import hashlib
import json
import os
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from melanoma.batch.formats import ENDINGS, write_table_file
from melanoma.batch.rows import Row, as_table
from melanoma.errors import UserError
from melanoma.files import atomic_write, require_folder, user_error_if_unwritable, write_whole

CHUNK_ROWS = 500
CHUNK_SECONDS = 30.0
"""A chunk is written when it has this many rows, or is this old: the most that is lost by a kill."""
_GROUP_ROWS = 10_000  # rows of a Parquet row group: few enough for memory, enough to read quickly
_JOB = "job.json"
_STAMP = "stamp"  # column of the chunks alone


def require_results_name(out: Path) -> None:
    """Raise UserError unless results can be written there; called before the work begins."""
    if out.suffix.lower() not in ENDINGS:
        raise UserError(f"{out}: results can be written as {', '.join(ENDINGS)}.")
    require_folder(out)


class Results:
    """Rows to be written to one file. `claim` says which files an earlier run has finished."""

    def __init__(self, out: Path, schema: pa.Schema, job: dict[str, Any]) -> None:
        """Begin, or resume an earlier run of the same `job`.

        Raises UserError if the earlier run was of another job, or if nothing can be written there.
        """
        require_results_name(out)
        self.out, self._schema = out, schema
        self.folder = out.with_name(f".{out.name}.unfinished")
        self._rows: list[Row] = []
        self._since = time.monotonic()
        with user_error_if_unwritable(out):
            self.folder.mkdir(exist_ok=True)
            self._begin(job)
            self._chunks = sorted(self.folder.glob("*.parquet"))
            # The stamp of each file's rows by the digest of its path, and the chunks where they are.
            self._stamps: dict[bytes, str] = {}
            self._in_chunk: dict[bytes, int] = {}
            for number, chunk in enumerate(self._chunks):
                for path, stamp in self._files(chunk):
                    self._stamps[_digest(path)], self._in_chunk[_digest(path)] = stamp, number
        self._claimed: set[bytes] = set()
        self.files_before = len(self._stamps)
        """How many files an earlier run has finished."""

    def claim(self, path: str, stamp: str = "") -> bool:
        """Return True the first time a file is named, and False if its rows are written or pending.

        Rows that an earlier run wrote count for the `stamp` that the file had then, and are dropped if it has
        another one now. Those of a file that has gone, and so has none, stay.
        """
        digest = _digest(path)
        if digest in self._claimed:
            return False
        self._claimed.add(digest)
        if digest in self._in_chunk and (not stamp or self._stamps[digest] == _short(stamp)):
            return False
        if self._in_chunk.pop(digest, None) is not None:
            self.files_before -= 1
        self._stamps[digest] = _short(stamp)
        return True

    def add(self, rows: list[Row]) -> None:
        """Add all rows of one file; they are written with their chunk."""
        if not self._rows:
            self._since = time.monotonic()
        self._rows += rows
        if len(self._rows) >= CHUNK_ROWS or time.monotonic() - self._since > CHUNK_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Write the pending rows as a chunk."""
        if not self._rows:
            return
        number = int(self._chunks[-1].stem) + 1 if self._chunks else 0
        chunk = self.folder / f"{number:08d}.parquet"
        with user_error_if_unwritable(self.out):
            if chunk.exists():
                raise UserError(f"Another run is writing {self.out}. Wait for it, or choose another name.")
            with atomic_write(chunk) as unfinished:
                table = as_table(self._rows, self._schema)
                digests = [_digest(row["path"]) for row in self._rows]
                stamps = [self._stamps.get(digest, "") for digest in digests]
                pq.write_table(table.append_column(_STAMP, pa.array(stamps, pa.string())), unfinished)
        self._in_chunk |= dict.fromkeys(digests, len(self._chunks))
        self._chunks.append(chunk)
        self._rows = []

    def finish(self) -> Counter[str]:
        """Join the chunks to the file atomically; returns counts of rows, errors and alerts."""
        self.flush()
        # Not by `atomic_write`: its temporary name is that of the folder.
        unfinished = self.folder / "whole.unfinished"
        counts: Counter[str] = Counter(rows=0)
        with user_error_if_unwritable(self.out):
            write_table_file(
                unfinished, self.out.suffix.lower(), _counted(self._tables(), counts), self._schema
            )
            os.replace(unfinished, self.out)
            shutil.rmtree(self.folder)
        return counts

    def _begin(self, job: dict[str, Any]) -> None:
        file = self.folder / _JOB
        if not file.exists():
            write_whole(file, json.dumps(job, indent=2, ensure_ascii=False) + "\n")
            return
        before = json.loads(file.read_text(encoding="utf-8"))
        other = [name for name in job if before.get(name) != job[name]]
        if other:
            raise UserError(
                f"{self.folder} holds the beginning of other results (not the same {', '.join(other)}). "
                "Finish it with the command that began it, delete that folder, or choose another name."
            )

    def _files(self, chunk: Path) -> Iterator[tuple[str, str]]:
        try:
            table = pq.read_table(chunk, columns=["path", _STAMP])
        except pa.ArrowInvalid:
            raise UserError(f"{chunk} is damaged. Delete it, and run the command again.") from None
        return zip(table["path"].to_pylist(), table[_STAMP].to_pylist(), strict=True)

    def _current(self, number: int) -> pa.Table:
        """Return the rows of a chunk that no later ones replace."""
        table = pq.read_table(self._chunks[number])
        kept = [self._in_chunk.get(_digest(path)) == number for path in table["path"].to_pylist()]
        return table.drop_columns(_STAMP).filter(pa.array(kept, pa.bool_()))

    def _tables(self) -> Iterator[pa.Table]:
        waiting: list[pa.Table] = []
        for number in range(len(self._chunks)):
            waiting.append(self._current(number))
            if sum(table.num_rows for table in waiting) >= _GROUP_ROWS:
                yield pa.concat_tables(waiting)
                waiting = []
        if waiting:
            yield pa.concat_tables(waiting)


def _digest(path: str) -> bytes:
    """Return a hash of a path, 16 bytes: a set of millions of paths would take too much memory."""
    return hashlib.blake2b(path.encode(), digest_size=16).digest()


def _short(stamp: str) -> str:
    """Return a hash of a stamp, for memory; nothing for none."""
    return hashlib.blake2b(stamp.encode(), digest_size=8).hexdigest() if stamp else ""


def _counted(tables: Iterator[pa.Table], counts: Counter[str]) -> Iterator[pa.Table]:
    for table in tables:
        errors = table.num_rows - table["error"].null_count
        counts.update(rows=table.num_rows, errors=errors)
        for alert in ("melanoma alert", "malignancy alert"):
            counts[f"{alert}s"] += pc.sum(table[alert.replace(" ", "_")]).as_py() or 0
        yield table
