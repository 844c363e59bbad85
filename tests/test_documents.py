"""What the documents name is there: files that were moved or renamed are found by their new names only."""

import re
from pathlib import Path

import pytest

from melanoma.app.parts.model.documents import EXPERIMENTS

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), EXPERIMENTS])
PATH = re.compile(r"`(?:pytest |python -m pytest )?((?:melanoma|tests|benchmarks|docs)/[\w./-]+)")
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")
MADE_UP = {"melanoma/model/backbones/mobilenet_v3_small.py"}
"""Files that a document shows how to write."""


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda file: file.name)
def test_every_file_that_a_document_names_is_there(document):
    text = document.read_text(encoding="utf-8")
    named = {name for name in PATH.findall(text) if "NAME" not in name and "CODE" not in name}
    missing = sorted(name for name in named - MADE_UP if not (ROOT / name).exists())
    missing += sorted(link for link in LINK.findall(text) if not (document.parent / link).exists())
    assert missing == []


def test_every_document_is_in_the_list():
    listed = set(LINK.findall((ROOT / "docs" / "README.md").read_text(encoding="utf-8")))
    assert {file.name for file in (ROOT / "docs").glob("*.md")} - {"README.md"} <= listed
