"""Numbers of the visitor's language within a formula that is set by LaTeX."""

_IN_LATEX = {"\u2212": "-", ",": "{,}", "%": r"\%", "\u00a0": r"\,"}


def in_formula(number: str) -> str:
    """Return a number that `format_number` wrote as LaTeX sets it: no space follows its comma."""
    return number.translate(str.maketrans(_IN_LATEX))
