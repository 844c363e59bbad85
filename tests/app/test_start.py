"""The frame shows before TensorFlow is imported, no page needs what only training has, and all are listed."""

import subprocess
import sys
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from melanoma.app import pages


@pytest.mark.slow("all pages in a process of its own")
def test_the_pages_import_no_tensorflow_and_nothing_of_trainings():
    names = [f"melanoma.app.pages.{file.stem}" for file in Path(pages.__file__).parent.glob("[a-z]*.py")]
    assert len(names) > 8
    script = (
        f"import sys, melanoma.app.navigation, {', '.join(names)}; "
        "print({'tensorflow', 'keras', 'sklearn', 'matplotlib'} & set(sys.modules))"
    )
    printed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert printed.stdout.strip() == "set()"


def test_every_page_has_its_line_in_the_navigation(monkeypatch):
    monkeypatch.setenv("MELANOMA_OPERATOR_TOKEN", "a long secret")
    listed = AppTest.from_string(
        "from melanoma.app.navigation import _pages; import streamlit as st\n"
        "st.text(' '.join(page.url_path or 'examine' for page in _pages().values()))",
        default_timeout=120,
    ).run()
    assert not listed.exception
    files = {file.stem.replace("_", "-") for file in Path(pages.__file__).parent.glob("[a-z]*.py")}
    assert set(listed.text[0].value.split()) == files
