"""The layouts of the diagnosis in a table: a column of words, the Archive's levels, or a 0/1 column a class.

A layout returns the label of one row: a code, or the word for another disease. A row without a clear label is
a fault; nothing is guessed, and an empty cell never counts as a no that would make a lesion benign.
"""

from dataclasses import dataclass
from typing import Protocol

from melanoma.data.labels import columns as names
from melanoma.data.labels.dialect import Row, Table
from melanoma.diagnoses import COARSER, CODES, canonical, is_malignant, members
from melanoma.diagnosis_words import code_of_levels, is_other, is_unknown
from melanoma.phrases import Sentence

KNOWN = Sentence(
    "Known are {codes}, their names, and {coarser}.", codes=", ".join(CODES), coarser=", ".join(COARSER)
)
_KIND = "diagnosis_1"  # benign, malignant or indeterminate
NOT_NAMED = "no diagnosis named"


class RowFault(Exception):
    """A row whose diagnosis cannot be read; `sentence` says why."""

    def __init__(self, sentence: Sentence) -> None:
        """Store the sentence, which names the row."""
        self.sentence = sentence
        super().__init__(str(sentence))


@dataclass(frozen=True)
class Label:
    """The diagnosis of one row."""

    code: str | None
    """One of the eight, or of `COARSER`; None for another disease."""
    word: str
    """As it is written, for the counts of images that are left out."""


class Layout(Protocol):
    """How a table gives the diagnosis."""

    def label(self, row: Row) -> Label:
        """Return the label of a row; raises RowFault."""


def layout_of(table: Table) -> Layout | None:
    """Return the layout of a table, or None if it has no diagnoses; raises UserError for repeated columns."""
    there = table.columns
    word = names.first(there, names.DIAGNOSIS_COLUMNS)
    levels = tuple(level for level in names.LEVEL_COLUMNS if level in there)
    classes = tuple(column for column in there if names.is_class(column))
    checks = [column for column in (names.MALIGNANT, names.TARGET) if column in there]
    table.require_once([*filter(None, [word]), *levels, *classes, *checks])
    codes = {column: canonical(column) for column in classes}
    if word is not None or levels:
        return Words(word, levels, tuple(checks), codes, table.written)
    kinds = set(codes.values())
    if kinds == {"MEL"}:
        return OneHotOrDefault(codes, table.written, "NEVUS_OR_SK")
    if kinds == {"MEL", "BKL"}:
        return OneHotOrDefault(codes, table.written, "NV")
    return OneHot(codes, table.written) if any(kinds) else None


@dataclass(frozen=True)
class Words:
    """A column of words, or the ISIC Archive's levels; ISIC 2020 adds two columns that must agree."""

    column: str | None
    levels: tuple[str, ...]
    checks: tuple[str, ...]
    classes: dict[str, str | None]
    """0/1 columns that are present too, and must not contradict."""
    written: dict[str, str]

    def label(self, row: Row) -> Label:
        """Return the code of the most specific known word.

        An empty diagnosis is a fault in a single column; in the Archive's levels it is allowed. ISIC 2020 has
        rows with “unknown” that are malignant, which by its rules are melanomas; benign ones stay without a
        diagnosis.
        """
        word = row.get(self.column)
        if self.levels and (names.known(word) is None or is_unknown(word)):
            found = self._from_levels(row)
        elif names.known(word) is None and not is_unknown(word):
            raise RowFault(Sentence("row {row} names no diagnosis.", row=row.number))
        elif is_unknown(word) and len(self.checks) == 2 and row.get(names.MALIGNANT).lower() == "malignant":
            found = Label("MEL", word)
        else:
            found = _of_word(row, word)
        self._require_agreement(row, found)
        return found

    def _from_levels(self, row: Row) -> Label:
        levels = [names.known(row.get(level)) or "" for level in self.levels]
        code, word = code_of_levels(levels)
        specific = [level for column, level in zip(self.levels, levels, strict=True) if column != _KIND]
        if code is None and any(specific) and not any(map(is_other, specific)):
            raise _unknown(row, word)
        return Label(code, word or NOT_NAMED)

    def _require_agreement(self, row: Row, found: Label) -> None:
        """Raise RowFault if columns contradict each other on malignancy or on a diagnosis."""
        for column in (*self.checks, _KIND):
            said = row.get(column)
            verdict = {"benign": False, "malignant": True}.get(said.lower())
            if column == names.TARGET and len(self.checks) == 2:
                verdict = names.flag(said)
                if verdict is None:
                    raise _no_flag(row, column, said)
            if verdict is None or found.code not in CODES:
                continue
            # In the Archive actinic keratosis is benign, indeterminate or malignant, depending on the year.
            if found.code != "AK" and is_malignant([found.code])[0] != verdict:
                raise _contradiction(row, found.word, said, self.written[column])
        for column, code in self.classes.items():
            marked = names.flag(row.get(column))
            covered = set(members(code or "")) & set(members(found.code or ""))
            if marked is not None and marked != bool(covered) and (marked or code == found.code):
                raise _contradiction(row, found.word, row.get(column), self.written[column])


@dataclass(frozen=True)
class OneHot:
    """One 0/1 column a class, of which exactly one is marked. So an empty cell counts as 0."""

    codes: dict[str, str | None]
    written: dict[str, str]

    def label(self, row: Row) -> Label:
        """Return the marked class."""
        marked = [column for column in self.codes if _mark(row, column, self.written, empty_is_no=True)]
        if len(marked) != 1:
            raise _not_one(row)
        return Label(self.codes[marked[0]], self.written[marked[0]])


@dataclass(frozen=True)
class OneHotOrDefault:
    """0/1 columns of some classes, where a row without a mark has a default class, as in ISIC 2017.

    So no cell may be empty.
    """

    codes: dict[str, str | None]
    written: dict[str, str]
    default: str
    """The code of a row without a mark."""

    def label(self, row: Row) -> Label:
        """Return the marked class, or the default."""
        marked = [column for column in self.codes if _mark(row, column, self.written, empty_is_no=False)]
        if len(marked) > 1:
            raise _not_one(row)
        return Label(self.codes[marked[0]], self.written[marked[0]]) if marked else Label(self.default, "")


def _of_word(row: Row, word: str) -> Label:
    code = canonical(word)
    if code is None and not is_other(word):
        raise _unknown(row, word)
    return Label(code, word)


def _mark(row: Row, column: str, written: dict[str, str], empty_is_no: bool) -> bool:
    cell = row.get(column)
    if not cell and empty_is_no:
        return False
    marked = names.flag(cell)
    if marked is None:
        raise _no_flag(row, written[column], cell)
    return marked


def _contradiction(row: Row, word: str, said: str, column: str) -> RowFault:
    return RowFault(
        Sentence(
            "row {row}: “{word}” and “{said}” in the column “{column}” contradict each other.",
            row=row.number,
            word=word,
            said=said,
            column=column,
        )
    )


def _unknown(row: Row, word: str) -> RowFault:
    return RowFault(
        Sentence(
            "row {row}: “{label}” is not a known diagnosis. {known}", row=row.number, label=word, known=KNOWN
        )
    )


def _not_one(row: Row) -> RowFault:
    return RowFault(Sentence("row {row} is not marked with exactly one diagnosis.", row=row.number))


def _no_flag(row: Row, column: str, cell: str) -> RowFault:
    return RowFault(
        Sentence(
            "row {row}: “{cell}” in the column “{column}” is neither yes nor no. Write 1 or 0.",
            row=row.number,
            cell=cell,
            column=column,
        )
    )
