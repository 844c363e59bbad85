"""From a row of a worklist to its photo on the page Examine."""

import hashlib
from pathlib import PurePosixPath

import streamlit as st

from melanoma.app.parts.shared.decoder import DECODER
from melanoma.app.parts.shared.gallery import add_photos, choose
from melanoma.app.parts.shared.language import say
from melanoma.app.parts.shared.markdown import escape_markdown
from melanoma.app.parts.shared.samples import Photo, shared_photo
from melanoma.app.parts.shared.ways_on import go_to
from melanoma.batch.triage import Entry
from melanoma.errors import UserError


def open_in_examine(entry: Entry, content: bytes) -> None:
    """Show the photo of an entry, whose file is `content`, on the page Examine: an example as the example."""
    example = shared_photo(PurePosixPath(entry.name).stem)
    if example is not None and example.example is not None and example.example.content == content:
        choose(example.key)
    else:
        try:
            pixels = DECODER.read(content, entry.name)
        except UserError as error:
            st.error(escape_markdown(error.said(say)))
            return
        key = hashlib.sha256(content).hexdigest()
        add_photos([Photo(pixels, key, drawn=False, name=entry.name)])
    go_to("examine")
