"""A file's name with HTML and Markdown in it shows as it was typed, wherever a name is shown."""

import io
import zipfile
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from streamlit.testing.v1 import AppTest

from melanoma.app.parts.shared.markdown import escape_markdown
from melanoma.batch.triage import Entry
from melanoma.batch.worklist import as_csv, as_html
from melanoma.phrases import Sentence

NAMES = [
    "<img src=x onerror=alert(1)>.jpg",
    "*bold* _lean_ `code` ~~gone~~.jpg",
    "[click](javascript:alert(1)).jpg",
    "# heading.jpg",
    ":red[danger] :material/delete: :smile:.jpg",
    "$x^2$ a|b.jpg",
    "1. one & two &lt;.jpg",
    "![picture](http://127.0.0.1/x.png).jpg",
    "see www.example.org and me@example.org.jpg",
    "line\nbreak.jpg",
]
EXAMINE = Path(__file__).parents[2] / "melanoma" / "app" / "entry" / "script.py"
TRIAGE = "from melanoma.app.pages import triage; triage.page()"


def shown(markdown: str) -> str:
    """Return the text that a reader sees of Markdown, by a parser of its own."""
    tokens = MarkdownIt().enable(["table", "strikethrough"]).parse(markdown)
    inline = [part for token in tokens for part in (token.children or ())]
    assert {part.type for part in inline} <= {"text", "softbreak", "text_special"}, markdown
    return "".join("\n" if part.type == "softbreak" else part.content for part in inline)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_text_to_a_parser_of_markdown(name):
    assert shown(escape_markdown(f"{name} is damaged.")) == f"{name} is damaged."
    for directive in (":red[", ":material/", ":smile:"):  # Streamlit's own, which the parser does not know
        assert directive not in escape_markdown(name)


@pytest.mark.slow("a page for each name")
@pytest.mark.parametrize("name", NAMES[:-1])
def test_examine_shows_a_bad_and_a_good_name_as_typed(name, drawn_photo):
    page = AppTest.from_file(str(EXAMINE), default_timeout=240).run()
    page.file_uploader[0].upload(name, b"no picture", "image/jpeg").run()
    page.file_uploader[0].upload(name, drawn_photo.read_bytes(), "image/jpeg").run()
    assert not page.exception
    helps = [button.help for button in page.button if button.label == "Photo 1"]
    assert [shown(text) for text in helps] == [name]


@pytest.mark.slow("a page for each name")
@pytest.mark.parametrize("name", NAMES[:-1])
def test_triage_shows_the_name_of_a_bad_zip_as_typed(name):
    page = AppTest.from_string(TRIAGE, default_timeout=240).run()
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("notes.txt", "no photo")
    page.file_uploader[0].upload(name.replace(".jpg", ".zip"), stream.getvalue(), "application/zip")
    page.button[0].click().run()
    assert not page.exception
    error, passed_over = page.error
    assert shown(error.value).startswith(name.replace(".jpg", ".zip"))
    assert f"{name.replace('.jpg', '.zip')}/notes.txt" in shown(passed_over.value)


@pytest.mark.parametrize("name", NAMES)
def test_a_worklist_holds_the_name_and_runs_nothing_of_it(name, shipped_classifier):
    from html import unescape

    html = as_html([Entry(name, Sentence("damaged"))], shipped_classifier.bundle)
    assert "<img src=x" not in html and name in unescape(html)


def test_a_name_in_a_csv_runs_no_formula():
    csv = as_csv([Entry('=HYPERLINK("http://127.0.0.1")', Sentence("damaged"))], ("MEL",))
    assert "\n=" not in csv and '"=' not in csv
