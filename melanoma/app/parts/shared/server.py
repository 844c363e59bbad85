"""The server: its memory, its copies of uploads, and pages that are older than their session."""

import re
from pathlib import Path

from starlette.formparsers import MultiPartParser
from streamlit import config
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.state.common import user_key_from_element_id
from streamlit.runtime.uploaded_file_manager import UploadedFile

_STATUS = Path("/proc/self/status")
_MARGIN = 1024**2  # bytes of a request around the file


def keep_uploads_in_memory() -> None:
    """Let no file that is being sent go to disk.

    Streamlit's server keeps a file over a megabyte in a temporary file until all of it has arrived, and a
    patient's photo has no business there. It refuses what is larger than `server.maxUploadSize` before that.
    """
    MultiPartParser.spool_max_size = config.get_option("server.maxUploadSize") * 1024**2 + _MARGIN


def release_upload(file: UploadedFile) -> None:
    """Drop the server's copy of a file that was read: it would stay until the visitor leaves."""
    if (session := get_script_run_ctx()) is not None:
        session.uploaded_file_mgr.remove_file(session_id=session.session_id, file_id=file.file_id)


def widget_number_on_page(name: str) -> int:
    """Return N if the visitor's page holds a control with the key `name`-N, the largest; 0 if it holds none.

    A page may be older than its session: it connects again by itself when the server was started anew, or has
    given up a visitor who was away. What such a page sends is for the controls that it holds.
    """
    if (session := get_script_run_ctx()) is None:
        return 0
    keys = (user_key_from_element_id(state.id) for state in session.session_state.get_widget_states())
    found = (re.fullmatch(rf"{re.escape(name)}-(\d+)", key or "") for key in keys)
    return max((int(match[1]) for match in found if match), default=0)


def memory() -> tuple[float | None, float | None]:
    """Return the memory that this process holds now, and the most so far, in MB; None where unknown."""
    if not _STATUS.exists():
        return None, None
    fields = dict(line.split(":", 1) for line in _STATUS.read_text(encoding="ascii").splitlines())
    return int(fields["VmRSS"].split()[0]) / 1024, int(fields["VmHWM"].split()[0]) / 1024
