"""The controls of a method: drawn by the page, set by the command line, validated here."""

from collections.abc import Mapping
from dataclasses import dataclass

from melanoma.errors import UserError

Setting = str | float
Settings = Mapping[str, Setting]


@dataclass(frozen=True)
class Choice:
    """One of several values."""

    name: str
    title: str
    values: tuple[str, ...]
    default: str

    def read(self, value: Setting) -> str:
        """Return the value; raises UserError if it is not offered."""
        if value not in self.values:
            raise UserError(f"“{value}” cannot be the {self.name}. Choose one of {', '.join(self.values)}.")
        return str(value)


@dataclass(frozen=True)
class Range:
    """A number from `low` to `high`."""

    name: str
    title: str
    low: float
    high: float
    default: float
    step: float
    """Of the page's slider; other numbers in the range are good too."""

    def read(self, value: Setting) -> float:
        """Return the number, of text too; raises UserError if it is none or out of range."""
        try:
            number = float(value)
        except ValueError:
            number = float("nan")
        if not self.low <= number <= self.high:
            raise UserError(
                f"“{value}” cannot be the {self.name}. Give a number {self.low:g} to {self.high:g}."
            )
        return number


Control = Choice | Range


def read_settings(controls: tuple[Control, ...], given: Settings | None) -> dict[str, Setting]:
    """Return a checked value for every control; the missing ones take their defaults.

    Raises UserError for a name that no control has, or a value that it does not take.
    """
    given = given or {}
    names = [control.name for control in controls]
    for name in given:
        if name not in names:
            offered = f"It has {', '.join(names)}." if names else "It has nothing to set."
            raise UserError(f"This method has no setting “{name}”. {offered}")
    return {control.name: control.read(given.get(control.name, control.default)) for control in controls}
