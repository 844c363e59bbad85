"""Documents that lie beside the code or a model: Markdown with pictures, shown within a page."""

import re
from pathlib import Path

import streamlit as st

EXPERIMENTS = Path(__file__).with_name("experiments.md")
"""What was tried for the network."""
_PICTURE = re.compile(r"^!\[(?P<alt>[^\]]*)\]\((?P<file>[^)\s]+)\)\s*$", re.MULTILINE)
_LINK_TO_FILE = re.compile(r"(?<!!)\[(?P<words>[^\]]*)\]\((?!https?:|#)[^)\s]+\)")
_HEADING = re.compile(r"^(#+ )", re.MULTILINE)


def split_at_pictures(markdown: str) -> list[tuple[str, str | None]]:
    """Return the document in order as (Markdown, None) and (a picture's words, its file).

    Headings go one level down: the page has its own title. Links to files become their words: a page serves
    no files of the project.
    """
    pieces: list[tuple[str, str | None]] = []
    start = 0
    for picture in _PICTURE.finditer(markdown):
        pieces.append((markdown[start : picture.start()], None))
        pieces.append((picture["alt"], picture["file"]))
        start = picture.end()
    pieces.append((markdown[start:], None))
    return [
        (words if file else _LINK_TO_FILE.sub(r"\g<words>", _HEADING.sub(r"#\1", words)).strip(), file)
        for words, file in pieces
        if file or words.strip()
    ]


def show_document(file: Path, pictures: frozenset[str] = frozenset()) -> None:
    """Draw a document; of its pictures only those named in `pictures`, which lie beside it."""
    for words, picture in split_at_pictures(file.read_text(encoding="utf-8")):
        if picture is None:
            st.markdown(words, anchors=False)
        elif picture in pictures:
            st.image((file.parent / picture).read_bytes(), caption=words, alt=words)
