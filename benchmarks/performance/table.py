"""Repetitions that were measured in turn -> the rows of a table: medians, and the ratio's quartiles."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

QUARTILES = (0.25, 0.5, 0.75)


@dataclass(frozen=True)
class Row:
    """What was measured here and there, each repetition here beside the one there."""

    what: str
    beside: str
    """What `there` is: the version before, another library."""
    unit: str
    """s, ms or MB: less is better; or /s: more is."""
    here: Sequence[float]
    there: Sequence[float]
    aim: float | None = None
    """The ratio that was aimed at, or None."""
    times: bool = False
    """The ratio is there / here, "so many times as quick", and at least the aim; else here / there, and at
    most the aim. For rates it is here / there, at least the aim."""

    def __post_init__(self) -> None:
        """Raise ValueError unless there are as many repetitions here as there, one at least."""
        if not self.here:
            raise ValueError(f"nothing was measured of {self.what}")
        if len(self.here) != len(self.there):
            raise ValueError(f"{self.what}: {len(self.here)} repetitions here and {len(self.there)} there")

    def ratios(self) -> np.ndarray:
        """Return lower quartile, median and upper quartile of the repetitions' ratios, float (3,)."""
        pairs = zip(self.here, self.there, strict=True)
        inverse = self.times and self.unit != "/s"
        return np.quantile([there / here if inverse else here / there for here, there in pairs], QUARTILES)

    @property
    def met(self) -> bool | None:
        """True if the median ratio is as aimed at; None without an aim."""
        if self.aim is None:
            return None
        middle = self.ratios()[1]
        return bool(middle >= self.aim if self.times else middle <= self.aim)

    def cells(self) -> list[str]:
        """Return the cells of the table, as its `HEADER` names them."""
        low, middle, high = map(ratio_text, self.ratios())
        aimed = "" if self.aim is None else f"at {'least' if self.times else 'most'} {ratio_text(self.aim)}"
        said = {None: "", True: ": met", False: ": **missed**"}[self.met]
        return [
            self.what,
            self.beside,
            f"{amount(float(np.median(self.there)))} {self.unit}",
            f"{amount(float(np.median(self.here)))} {self.unit}",
            f"{middle}{' times as quick' if self.times and self.unit != '/s' else ''} ({low} to {high})",
            aimed + said,
            str(len(self.here)),
        ]


HEADER = ("what", "beside", "there", "here", "ratio (quartiles)", "aimed at", "repetitions")


def amount(value: float) -> str:
    """Return a number of seconds, milliseconds, megabytes: three digits, and all before the point."""
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f}"


def ratio_text(value: float) -> str:
    """Return a ratio: two decimals below 10, else whole."""
    return f"{value:.2f}" if value < 9.995 else f"{value:.0f}"


def markdown(rows: Sequence[Row]) -> str:
    """Return the rows as a table in Markdown."""
    lines = [HEADER, ["---"] * len(HEADER), *(row.cells() for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
