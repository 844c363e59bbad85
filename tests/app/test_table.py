"""The table that a phone shows as cards, and the cards of a worklist."""

from melanoma.app.parts.shared.table import table_html
from melanoma.app.parts.triage.table import _card
from melanoma.batch.triage import Entry
from melanoma.phrases import Sentence


def test_every_value_knows_its_column_and_text_shows_letter_by_letter():
    html = table_html(["Test", "Value"], [["<b>Area</b>", '0.5 "x"']], "All & more")
    assert '<th scope="row">&lt;b&gt;Area&lt;/b&gt;</th>' in html
    assert '<td data-label="Value">0.5 &quot;x&quot;</td>' in html
    assert "<caption>All &amp; more</caption>" in html
    assert '<th scope="col">Test</th><th scope="col">Value</th>' in html


def test_a_card_of_a_file_that_was_not_read_has_its_name_and_no_figures():
    card = _card(Entry("<img src=x>.jpg", error=Sentence("It is not a picture.")))
    assert "&lt;img src=x&gt;.jpg" in card and "<img src=x" not in card
    assert "%" not in card
