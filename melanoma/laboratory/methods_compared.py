"""Which explanation methods show a planted cause, as `benchmarks.explanations.planted_cause` measured it."""

from pathlib import Path

import pandas as pd

FILE = Path(__file__).with_name("methods-compared.csv")
SOURCES = ("drawings", "photos")


def methods_compared(source: str) -> pd.DataFrame:
    """Return the figures of each method on one of `SOURCES`, the best first.

    `method`, a name of the registry; `used` and `unused`, which share of what speaks for melanoma lies on
    the planted thing where the head goes by it and where it does not; `area`, its share of the picture;
    `apart`, how often the same photo has more on it where the head goes by it. All 0..1; `_low` and `_high`
    are the ends of their 95% intervals.
    """
    table = pd.read_csv(FILE)
    return table[table["source"] == source].reset_index(drop=True)
