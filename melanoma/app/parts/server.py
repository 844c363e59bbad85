"""The server itself: how much memory it holds, and where it puts what visitors send."""

from pathlib import Path

from starlette.formparsers import MultiPartParser
from streamlit import config
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile

_STATUS = Path("/proc/self/status")
_MARGIN = 1024**2  # bytes of a request around the file


def keep_uploads_in_memory() -> None:
    """Let no file that is being sent go to disk.

    Streamlit's server keeps a file over a megabyte in a temporary file until all of it has arrived, and a
    patient's photo has no business there. It refuses what is larger than `server.maxUploadSize` before that.
    """
    MultiPartParser.spool_max_size = config.get_option("server.maxUploadSize") * 1024**2 + _MARGIN


def let_go(file: UploadedFile) -> None:
    """Drop the server's copy of a file that was read: it would stay until the visitor leaves."""
    if (session := get_script_run_ctx()) is not None:
        session.uploaded_file_mgr.remove_file(session_id=session.session_id, file_id=file.file_id)


def memory() -> tuple[float | None, float | None]:
    """Return the memory that this process holds now, and the most so far, in MB; None where unknown."""
    if not _STATUS.exists():
        return None, None
    fields = dict(line.split(":", 1) for line in _STATUS.read_text(encoding="ascii").splitlines())
    return int(fields["VmRSS"].split()[0]) / 1024, int(fields["VmHWM"].split()[0]) / 1024
