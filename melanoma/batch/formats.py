"""Writes tables of rows to one file: CSV, a JSON array, JSON Lines or Parquet, a table at a time."""

import csv
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from melanoma.batch.rows import as_cells, as_rows

ENDINGS = (".csv", ".json", ".jsonl", ".parquet")


def write_table_file(file: Path, ending: str, tables: Iterable[pa.Table], schema: pa.Schema) -> None:
    """Write the tables to a file of the kind that the ending, one of `ENDINGS`, names."""
    if ending == ".parquet":
        with pq.ParquetWriter(file, schema) as writer:
            for table in tables:
                writer.write_table(table)
        return
    with file.open("w", encoding="utf-8", newline="") as text:
        if ending == ".csv":
            lines = csv.writer(text)
            lines.writerow(schema.names)
            for table in tables:
                lines.writerows(as_cells(flat) for flat in table.to_pylist())
        elif ending == ".jsonl":
            text.writelines(f"{line}\n" for line in _json_texts(tables))
        else:
            opening = "["
            for line in _json_texts(tables):
                text.write(f"{opening}\n{line}")
                opening = ","
            text.write("\n]\n" if opening == "," else "[]\n")


def _json_texts(tables: Iterable[pa.Table]) -> Iterator[str]:
    for table in tables:
        for row in as_rows(table):
            yield json.dumps(row, ensure_ascii=False)
