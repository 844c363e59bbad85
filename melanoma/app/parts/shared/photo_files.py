"""Taking the photos of a worklist: many files, or zip archives of them."""

from functools import partial
from pathlib import PurePosixPath

import streamlit as st

from melanoma.app.parts.shared.language import say
from melanoma.app.parts.shared.server import release_upload, widget_number_on_page
from melanoma.app.parts.shared.uploader import show_uploader
from melanoma.batch.source import Source, in_memory
from melanoma.batch.zips import MOST_FILES, is_zip, photos_in_zip
from melanoma.errors import UserError
from melanoma.photos.formats import KINDS
from melanoma.photos.reading import MAX_BYTES
from melanoma.photos.recognition import HEAD, PassedOver, is_photo

_UPLOADS = "triage-uploads"
MOST_MEGABYTES = 100
"""In one file: some five hundred photos in a zip. The same as server.maxUploadSize."""


def take_files() -> tuple[list[Source], list[str]]:
    """Draw the uploader and its button; when it is pressed, return the photos and what is wrong with others.

    Nothing is decoded yet. The uploader is emptied, so that the files go as soon as they are judged.
    """
    if _UPLOADS not in st.session_state:
        st.session_state[_UPLOADS] = widget_number_on_page("triage-files")
    number = st.session_state[_UPLOADS]
    with st.form(f"triage-form-{number}", border=False):
        files = show_uploader(
            say("Dermoscopic photos of one lesion each, or a zip of them"),
            {tuple(kind.name for kind in KINDS): MAX_BYTES // 1024**2, ("ZIP",): MOST_MEGABYTES},
            f"triage-files-{number}",
            accept_multiple_files=True,
        )
        pressed = st.form_submit_button(
            say("Make the list"), type="primary", icon=":material/format_list_numbered:"
        )
    if not pressed:
        return [], []
    if not files:
        return [], [say("No file was chosen. Drop photos or a zip above first.")]
    sources: list[Source] = []
    problems: list[str] = []
    passed_over = PassedOver()
    for file in files:
        content = file.getvalue()
        release_upload(file)
        try:
            if is_zip(content):
                sources += photos_in_zip(content, file.name, passed_over=passed_over)
            elif is_photo(PurePosixPath(file.name), partial(bytes.__getitem__, content, slice(HEAD))):
                sources.append(in_memory(file.name, content))
            else:
                passed_over.add(file.name)
        except UserError as error:
            problems.append(error.said(say))
    if sentence := passed_over.sentence():
        problems.append(sentence.said(say))
    if len(sources) > MOST_FILES:
        problems.append(say("Only the first {most} photos are judged.", most=MOST_FILES))
    st.session_state[_UPLOADS] += 1
    return sources[:MOST_FILES], problems
