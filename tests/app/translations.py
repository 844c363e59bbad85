"""What the tests of translations share: which languages there are, and what a missing translation means."""

import string
from collections.abc import Set
from pathlib import Path

import pytest

from melanoma.app.parts.shared.language import is_complete, languages, name_of

TEXTS = Path(__file__).parents[2] / "melanoma" / "app" / "text"
LANGUAGES = languages()[1:]
"""All but English."""
_NAMED = 5  # missing translations in the reason of a skipped test; `pytest -s` prints all


def blanks(phrase: str) -> set[str]:
    """Return the names in {braces}; one without a name is the empty text."""
    return {name for _, name, _, _ in string.Formatter().parse(phrase) if name is not None}


def require_translated(code: str, missing: Set[str]) -> None:
    """Fail if a complete language lacks translations; of one that is begun list them and skip the test."""
    if missing and is_complete(code):
        pytest.fail("\n".join([f"{name_of(code)} is complete and lacks:", *sorted(missing)]), pytrace=False)
    if missing:
        print(f"{name_of(code)} lacks:", *sorted(missing), sep="\n")
        named = ", ".join(sorted(missing)[:_NAMED]) + (", …" if len(missing) > _NAMED else "")
        pytest.skip(f"{name_of(code)} is begun; {len(missing)} are missing: {named}")
