"""A local server that answers as the ISIC Archive's API is documented to, and worse."""

import json
import threading
import urllib.parse
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from melanoma.edits.drawn_lesions import MELANOMA_LIKE, draw_lesion
from melanoma.photos.encoding import as_jpeg

WORDS = {
    "MEL": "Melanoma, NOS",
    "NV": "Nevus",
    "BCC": "Basal cell carcinoma",
    "AK": "Solar or actinic keratosis",
    "BKL": "Pigmented benign keratosis",
    "DF": "Dermatofibroma",
    "VASC": "Hemangioma",
    "SCC": "Squamous cell carcinoma, NOS",
}
"""What the Archive calls each of the eight, at its third level."""


def drawn(isic_id: str) -> bytes:
    """Return a JPEG of a drawn lesion, another one for each id."""
    return as_jpeg(draw_lesion(MELANOMA_LIKE, 90, 120, zlib.crc32(isic_id.encode()) % 999).image, 90)


def documented(isic_id: str, address: str, **changes: Any) -> dict[str, Any]:
    """Return the answer of /images/{isic_id}/ as the archive's code and documentation describe it."""
    return {
        "public": True,
        "isic_id": isic_id,
        "copyright_license": "CC-BY-NC",
        "attribution": "ViDIR Group, Medical University of Vienna",
        "files": {
            "full": {"url": f"{address}/files/{isic_id}.jpg?Expires=1&Signature=x", "size": 1000},
            "thumbnail_256": {"url": f"{address}/files/{isic_id}_256.jpg", "size": 1000},
        },
        "metadata": {
            "acquisition": {"pixels_x": 120, "pixels_y": 90, "image_type": "dermoscopic"},
            "clinical": {
                "diagnosis_1": "Benign",
                "diagnosis_2": "Benign melanocytic proliferations",
                "diagnosis_3": "Nevus",
                "sex": "male",
                "age_approx": 50,
            },
        },
    } | changes


class Replay:
    """How the server answers; a test may change it at any time."""

    def __init__(self, diagnoses: dict[str, str], photo: Callable[[str], bytes] = drawn) -> None:
        """Know the ids of `diagnoses` with their codes, and take their files from `photo`."""
        self.diagnoses, self.photo = diagnoses, photo
        self.licences: dict[str, str] = {}
        self.faults: dict[str, str] = {}
        """By id: `down`, `empty` (a file of no bytes), `wrong type` (HTML), `gone` (half of the file)."""
        self.open = threading.Event()
        self.open.set()
        """While this is cleared, no answer comes."""
        self.asked: list[str] = []
        self.address = ""


@contextmanager
def replayed(replay: Replay) -> Iterator[Replay]:
    """Serve on this machine as long as the block runs."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urllib.parse.urlsplit(self.path)
            isic_id = parts.path.strip("/").split("/")[-1].removesuffix(".jpg")
            replay.asked.append(parts.path)
            replay.open.wait(60)
            fault = replay.faults.get(isic_id, "")
            if isic_id not in replay.diagnoses:
                self._send(b"{}", 404)
            elif fault == "down":
                self._send(b"busy", 503)
            elif not parts.path.startswith("/files/"):
                self._send(json.dumps(self._known(isic_id)).encode())
            elif fault == "gone":
                content = replay.photo(isic_id)
                self._send(content[: len(content) // 2], length=len(content))
            else:
                whole = {"empty": b"", "wrong type": b"<html>no photo</html>"}
                self._send(whole[fault] if fault else replay.photo(isic_id))

        def _known(self, isic_id: str) -> dict[str, Any]:
            known = documented(isic_id, replay.address)
            known["copyright_license"] = replay.licences.get(isic_id, "CC-BY-NC")
            known["metadata"]["clinical"] = {"diagnosis_3": WORDS[replay.diagnoses[isic_id]]}
            return known

        def _send(self, content: bytes, status: int = 200, length: int | None = None) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(content) if length is None else length))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    replay.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield replay
    finally:
        replay.open.set()
        server.shutdown()
        server.server_close()
