"""A table that a phone shows as cards, one a row: `style.css` turns it."""

from collections.abc import Sequence
from html import escape

import streamlit as st


def show_table(names: Sequence[str], rows: Sequence[Sequence[str]], caption: str = "") -> None:
    """Draw rows of text under the names of their columns; the first column heads its row.

    `caption` says to those who do not see it what the table is.
    """
    st.html(table_html(names, rows, caption))


def table_html(names: Sequence[str], rows: Sequence[Sequence[str]], caption: str = "") -> str:
    """Return the table as HTML; all text is shown letter by letter."""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in names)
    body = "".join(
        "<tr>"
        + f'<th scope="row">{escape(row[0])}</th>'
        + "".join(
            f'<td data-label="{escape(name)}">{escape(value)}</td>'
            for name, value in zip(names[1:], row[1:], strict=True)
        )
        + "</tr>"
        for row in rows
    )
    titled = f"<caption>{escape(caption)}</caption>" if caption else ""
    return f'<table class="cards">{titled}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
