"""The same audit on the visitor's own photos: a zip of class folders, or a folder of this machine."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from melanoma.app.parts.shared.language import language, say, text
from melanoma.app.parts.shared.markdown import escape_markdown
from melanoma.app.parts.shared.photo_files import MOST_MEGABYTES
from melanoma.app.parts.shared.server import release_upload, widget_number_on_page
from melanoma.app.parts.shared.uploader import show_uploader
from melanoma.app.parts.shared.work_queue import WorkQueue
from melanoma.errors import UserError
from melanoma.photos.sandbox import DecoderPool

if TYPE_CHECKING:
    from melanoma.data.audit.run import Audit

LOCAL = "MELANOMA_LOCAL"
"""Environment variable: set where page and visitor are on one machine, so that its folders may be read."""
_RESULT, _UPLOADS = "own-audit", "own-zip-uploads"
_QUEUE = WorkQueue(most=10)
"""One audit at a time: two would each take twice as long, and twice the memory."""


def show_own_audit() -> None:
    """Draw the choice of photos, and the findings on them."""
    st.markdown(text("data-own"))
    if _UPLOADS not in st.session_state:
        st.session_state[_UPLOADS] = widget_number_on_page("own-zip")
    number = st.session_state[_UPLOADS]
    with st.form(f"own-audit-form-{number}", border=False):
        file = show_uploader(
            say("A zip with one folder a class"), {("ZIP",): MOST_MEGABYTES}, f"own-zip-{number}"
        )
        folder = ""
        if os.environ.get(LOCAL):
            folder = st.text_input(say("Or a folder of this machine, or a labels CSV"), key="own-folder")
        pressed = st.form_submit_button(say("Audit"), type="primary", icon=":material/fact_check:")
    if pressed:
        st.session_state.pop(_RESULT, None)
        try:
            if file is not None:
                content, name = file.getvalue(), file.name
                release_upload(file)
                st.session_state[_UPLOADS] += 1  # an empty uploader: the server has dropped its copy
                _audit_and_store(lambda audit_zip, _, *more: audit_zip(content, name, *more))
            elif folder:
                _audit_and_store(
                    lambda _, audit, progress, decoders: audit(
                        Path(folder.strip()), progress=progress, decoder=decoders
                    )
                )
            else:
                st.warning(say("Choose a zip first."))
        except UserError as error:
            st.error(escape_markdown(error.said(say)))
    if _RESULT in st.session_state:
        _show(*st.session_state[_RESULT])


def _audit_and_store(run: Callable[..., "Audit"]) -> None:
    """Run the audit, and store its sentences and files in the session; the photos are dropped."""
    try:
        from melanoma.batch.audit_zip import audit_zip
        from melanoma.data.audit.report import as_html
        from melanoma.data.audit.run import audit
        from melanoma.data.audit.summary import sentences
    except ModuleNotFoundError as missing:
        raise UserError(
            "This host cannot audit: the package {name} is not installed.", name=missing.name
        ) from missing
    steps = {
        "Listing": say("Listing the files"),
        "Reading": say("Reading the photos"),
        "Comparing": say("Comparing them"),
        "Fitting": say("Looking for shortcuts and doubtful labels"),
    }
    bar, waits = st.empty(), say("Waiting for another visitor's audit")

    def show_waiting() -> bool:
        bar.progress(0.0, waits)  # where Streamlit ends this run if the visitor has left meanwhile
        return False

    with _QUEUE.turn(object(), show_waiting), DecoderPool() as decoders:
        found = run(audit_zip, audit, lambda step, done: bar.progress(min(done, 1.0), steps[step]), decoders)
    bar.empty()
    st.session_state[_RESULT] = (
        sentences(found),
        as_html(found).encode(),
        json.dumps(found.as_json(), ensure_ascii=False).encode(),
    )


def _show(findings: list[str], html: bytes, numbers: bytes) -> None:
    if language() != "en":
        st.caption(say("This document is in English."))
    st.markdown("\n".join(f"- {escape_markdown(sentence)}" for sentence in findings))
    with st.container(horizontal=True):
        for label, content, name, kind in (
            (say("Report (HTML)"), html, "audit.html", "text/html"),
            (say("All numbers (JSON)"), numbers, "audit.json", "application/json"),
        ):
            st.download_button(label, content, name, kind, on_click="ignore", icon=":material/download:")
