"""What the sheet of all pages may ask of them: a rule that looks through a page is paid at every update."""

import re
from pathlib import Path

import pytest

import melanoma.app

APP = Path(melanoma.app.__file__).parent
PAGE_WIDE = re.compile(
    r"(?:^|\s)(?:html|body|:root|#root|\.stApp\w*|\.stMain\w*|\[data-testid=\"st(?:App|Main)\w*\"\])\S*:has\("
)
"""A selector that asks an element around everything whether it holds something."""


def selectors(sheet: str) -> list[str]:
    """Return the selectors of a sheet, as written, commas and all."""
    rules = re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL)
    return [
        found.strip() for found in re.findall(r"[^{}]+(?=\{)", rules) if not found.strip().startswith("@")
    ]


@pytest.mark.parametrize(
    ("selector", "wide"),
    [
        (".stApp:has(.st-key-x) p", True),
        ("a > .stMainBlockContainer:has(> b)", True),
        ('html[data-tour="offered"]:has(.tour-offer) p', True),
        ('[data-testid="stMain"]:not(:has(b))', True),
        (".st-key-x:has(b) p", False),
        (".stApp .st-key-x > :has(> b)", False),
    ],
)
def test_page_wide_questions_are_told_apart(selector, wide):
    assert bool(PAGE_WIDE.search(selector)) is wide


def test_no_rule_of_all_pages_asks_the_whole_page():
    found = selectors((APP / "style.css").read_text(encoding="utf-8"))
    assert len(found) > 100
    assert sum(":has(" in selector for selector in found) > 5
    assert [selector for selector in found if PAGE_WIDE.search(selector)] == []
