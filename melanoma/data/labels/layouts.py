"""Where a table says the diagnosis: a column of words, the Archive's levels, or 0/1 columns a class.

Each layout answers for one row: a code, or the word for another disease. What it cannot answer is a fault of
that row; nothing is guessed, and no empty cell is a no where that would make a lesion benign.
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
    """A row whose diagnosis cannot be told; `sentence` says why."""

    def __init__(self, sentence: Sentence) -> None:
        """Take the sentence, which names the row."""
        self.sentence = sentence
        super().__init__(str(sentence))


@dataclass(frozen=True)
class Label:
    """What one row says."""

    code: str | None
    """One of the eight, or of `COARSER`; None for another disease."""
    word: str
    """As it is written: for the count of what is left out."""


class Layout(Protocol):
    """Where a table says the diagnosis."""

    def label(self, row: Row) -> Label:
        """Return what the row says; raises RowFault."""


def layout_of(table: Table) -> Layout | None:
    """Return where a table says the diagnosis, or None if it does not; raises UserError if twice."""
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
        return MarkedOrNot(codes, table.written, "NEVUS_OR_SK")
    if kinds == {"MEL", "BKL"}:
        return MarkedOrNot(codes, table.written, "NV")
    return OneHot(codes, table.written) if any(kinds) else None


@dataclass(frozen=True)
class Words:
    """A column of words, or the ISIC Archive's levels; ISIC 2020 adds two columns that must agree."""

    column: str | None
    levels: tuple[str, ...]
    checks: tuple[str, ...]
    classes: dict[str, str | None]
    """0/1 columns that are there too, and must not say another diagnosis."""
    written: dict[str, str]

    def label(self, row: Row) -> Label:
        """Return the code of the most specific word that is known.

        An empty diagnosis is a fault where there is one column for it; the Archive has images without one.
        ISIC 2020 has rows called “unknown” that are malignant: by its rules those are melanomas. Its benign
        ones stay without a diagnosis.
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
        """Raise RowFault where the row calls the lesion malignant and benign, or melanoma and not."""
        for column in (*self.checks, _KIND):
            said = row.get(column)
            verdict = {"benign": False, "malignant": True}.get(said.lower())
            if column == names.TARGET and len(self.checks) == 2:
                verdict = names.flag(said)
                if verdict is None:
                    raise _no_flag(row, column, said)
            if verdict is None or found.code not in CODES:
                continue
            # The Archive calls actinic keratosis benign, indeterminate or malignant, by the year.
            if found.code != "AK" and is_malignant([found.code])[0] != verdict:
                raise _contradiction(row, found.word, said, self.written[column])
        for column, code in self.classes.items():
            marked = names.flag(row.get(column))
            covered = set(members(code or "")) & set(members(found.code or ""))
            if marked is not None and marked != bool(covered) and (marked or code == found.code):
                raise _contradiction(row, found.word, row.get(column), self.written[column])


@dataclass(frozen=True)
class OneHot:
    """One 0/1 column a class: exactly one is marked. An empty cell is a no, since another one is a yes."""

    codes: dict[str, str | None]
    written: dict[str, str]

    def label(self, row: Row) -> Label:
        """Return the class that is marked."""
        marked = [column for column in self.codes if _mark(row, column, self.written, empty_is_no=True)]
        if len(marked) != 1:
            raise _not_one(row)
        return Label(self.codes[marked[0]], self.written[marked[0]])


@dataclass(frozen=True)
class MarkedOrNot:
    """0/1 columns where no mark means something too, as in ISIC 2017; so no cell may be empty."""

    codes: dict[str, str | None]
    written: dict[str, str]
    otherwise: str
    """The code of a row without a mark."""

    def label(self, row: Row) -> Label:
        """Return the class that is marked, or the one that no mark stands for."""
        marked = [column for column in self.codes if _mark(row, column, self.written, empty_is_no=False)]
        if len(marked) > 1:
            raise _not_one(row)
        return Label(self.codes[marked[0]], self.written[marked[0]]) if marked else Label(self.otherwise, "")


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
