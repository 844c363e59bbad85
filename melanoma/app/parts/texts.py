"""The page's longer texts, kept as Markdown files."""

from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent.parent / "text"


@cache
def text(name: str) -> str:
    """Return the text `name`."""
    return (_FOLDER / f"{name}.md").read_text(encoding="utf-8").strip()
