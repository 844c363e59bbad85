"""A CSV file of any dialect -> its header and its rows, one at a time.

Comma, semicolon, tab or bar; UTF-8, UTF-16, UTF-32 and Windows' cp1252; line ends of any system; Excel's
first line `sep=;`. Rows are numbered as a spreadsheet shows them: the header is row 1 where nothing stands
above it.
"""

import codecs
import csv
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from melanoma.data.labels.columns import fold_header, is_known_column
from melanoma.errors import UserError
from melanoma.files import printable
from melanoma.phrases import Sentence

DELIMITERS = (",", ";", "\t", "|")
_MARKS = (  # UTF-32 first: its little-endian mark begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_BLOCK = 1024 * 1024
_SEPARATOR_LINE = re.compile(r'^"?sep=(.)"?[,;\t|]*$', re.IGNORECASE)
# Control characters that do not occur in text files. Tab, line ends, form feed and 0x1A are allowed.
_NO_TEXT = re.compile(r"[\x00-\x08\x0e-\x19\x1b-\x1f]")
_BLANK = " \t\r\n\u00a0\ufeff\x1a"
_ADVICE = Sentence("Save it as CSV in UTF-8.")


@dataclass(frozen=True)
class Row:
    """One row: its number in a spreadsheet and its cells."""

    number: int
    cells: list[str]
    columns: dict[str, int]
    """The index of each column, by its normalised name."""

    def get(self, column: str | None) -> str:
        """Return a cell without the spaces around it; empty if there is no such column or cell."""
        place = self.columns.get(column, -1) if column is not None else -1
        return self.cells[place].strip() if 0 <= place < len(self.cells) else ""


@dataclass(frozen=True)
class Table:
    """A CSV file with its dialect and its header."""

    path: Path
    name: str
    """As text that can be printed, whatever bytes the path holds."""
    columns: dict[str, int]
    """The index of each column, by its normalised name; columns without a name are left out."""
    written: dict[str, str]
    """The names as they are written, by the normalised ones."""
    encoding: str
    delimiter: str
    header: int
    """The number of the header's row."""
    width: int
    """The number of cells of the header."""
    repeated: frozenset[str]
    """Columns whose name occurs more than once in the header."""

    def rows(self) -> Iterator[Row]:
        """Yield the rows below the header that are not empty.

        Raises UserError for a row with more cells than the header: an unquoted delimiter
        within a cell would shift the following cells into other columns.
        """
        for number, cells in _records(self.path, self.name, self.encoding, self.delimiter):
            if number <= self.header or not any(cell.strip(_BLANK) for cell in cells):
                continue
            if any(cell.strip() for cell in cells[self.width :]):
                raise UserError(
                    "{labels}: row {row} has more cells than the header. Put cells that hold a “{delimiter}” "
                    "between double quotes.",
                    labels=self.name,
                    row=number,
                    delimiter=self.delimiter,
                )
            yield Row(number, cells, self.columns)

    def require_once(self, columns: list[str]) -> None:
        """Raise UserError if one of these columns occurs more than once in the header."""
        for column in columns:
            if column in self.repeated:
                raise UserError(
                    "{labels} has more than one column “{column}”. Keep the right one.",
                    labels=self.name,
                    column=self.written[column],
                )


def open_table(path: Path) -> Table:
    """Return the header and the dialect of a file; raises UserError if it is not a table."""
    name = printable(path)
    try:
        encoding = _encoding(path, name)
    except FileNotFoundError:
        raise UserError("{labels} does not exist. Check the path.", labels=name) from None
    except IsADirectoryError:
        raise UserError("{labels} is a folder, and a CSV file was expected.", labels=name) from None
    except (OSError, ValueError) as error:  # ValueError: a path with a NUL byte
        reason = getattr(error, "strerror", None) or error
        raise UserError("{labels} cannot be read ({reason}).", labels=name, reason=reason) from None
    delimiters = _stated_delimiter(path, encoding) or DELIMITERS
    headers = [(*_first_record(path, name, encoding, delimiter), delimiter) for delimiter in delimiters]
    # The delimiter that gives the most known columns, and of those the most columns; else the first.
    row, cells, delimiter = max(
        headers, key=lambda header: (sum(map(is_known_column, header[1])), len(header[1]))
    )
    folded = [fold_header(cell) for cell in cells]
    places: dict[str, int] = {}
    for place, column in enumerate(folded):
        if column:
            places.setdefault(column, place)
    written = {column: cells[place].strip() for column, place in places.items()}
    repeated = frozenset(column for column, count in Counter(folded).items() if count > 1)
    return Table(path, name, places, written, encoding, delimiter, row, len(cells), repeated)


def _encoding(path: Path, name: str) -> str:
    """Return the encoding of a file, which is read once in blocks; raises UserError for a binary file."""
    with path.open("rb") as file:
        start = file.read(_BLOCK)
        if not start.strip():
            raise UserError("{labels} is empty, so it is not a CSV file with a header line.", labels=name)
        if start.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
            raise UserError("{labels} is a workbook, not a CSV file. {advice}", labels=name, advice=_ADVICE)
        encoding = next((codec for mark, codec in _MARKS if start.startswith(mark)), None)
        encoding = encoding or _utf16_without_mark(start)
        for candidate in (encoding,) if encoding else ("utf-8", "cp1252"):
            file.seek(0)
            decoder = codecs.getincrementaldecoder(candidate)()
            try:
                blocks = iter(lambda: file.read(_BLOCK), b"")
                texts = (decoder.decode(block) for block in blocks)
                if any(_NO_TEXT.search(text) for text in texts):
                    break
                decoder.decode(b"", final=True)
                return candidate
            except UnicodeDecodeError:
                continue
    raise UserError(
        "{labels} is not a CSV file with a header line: it holds bytes that are no text. {advice}",
        labels=name,
        advice=_ADVICE,
    )


def _utf16_without_mark(start: bytes) -> str | None:
    """Return UTF-16 of one byte order if every other byte is 0, as in Latin text, else None."""
    some = start[:1000]
    even, odd = some[::2].count(0), some[1::2].count(0)
    half = len(some) / 2
    if odd > 0.8 * half and even == 0:
        return "utf-16-le"
    return "utf-16-be" if even > 0.8 * half and odd == 0 else None


def _stated_delimiter(path: Path, encoding: str) -> tuple[str] | None:
    with path.open(encoding=encoding, newline="") as file:
        stated = _SEPARATOR_LINE.match(file.readline(64).lstrip("\ufeff").strip("\r\n"))
    return (stated[1],) if stated else None


def _first_record(path: Path, name: str, encoding: str, delimiter: str) -> tuple[int, list[str]]:
    for number, cells in _records(path, name, encoding, delimiter):
        if any(cell.strip() for cell in cells):
            return number, cells
    raise UserError("{labels} is empty, so it is not a CSV file with a header line.", labels=name)


def _records(path: Path, name: str, encoding: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each record with its number; Excel's `sep=` line is skipped."""
    try:
        with path.open(encoding=encoding, newline="") as file:
            number, cells = 0, list[str]()
            for cells in csv.reader(file, delimiter=delimiter, skipinitialspace=delimiter != "\t"):
                if number == 0:
                    if cells and _SEPARATOR_LINE.match(delimiter.join(cells).lstrip("\ufeff")):
                        continue
                    cells = [cell.lstrip("\ufeff") for cell in cells]
                number += 1
                yield number, cells
        # An unclosed quote puts all rows below it into one cell.
        if any("\n" in cell or "\r" in cell for cell in cells) and _quotes(path, encoding) % 2:
            raise UserError(
                "{labels}: a double quote in row {row} is not closed. Close it, or take it out.",
                labels=name,
                row=number,
            )
    except csv.Error as error:
        raise UserError(
            "{labels} is not a CSV file with a header line ({reason}).", labels=name, reason=error
        ) from None
    except OSError as error:
        raise UserError("{labels} cannot be read ({reason}).", labels=name, reason=error.strerror) from None


def _quotes(path: Path, encoding: str) -> int:
    with path.open(encoding=encoding, newline="") as file:
        return sum(line.count('"') for line in file)
