"""What a visitor brings stays in memory: no byte of a photo and no name on disk, in the log or a download.

The search reads every file that is new below the folders that the server may write to, and a watch sees the
temporary files without a name. The photo is larger than a megabyte, from where on servers like to use those,
and carries a text, a place and a camera in its metadata.
"""

import base64
import io
import json
import os
import re
import sys
import threading
import time
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect

from benchmarks.browser import ROOT, running_server, settle
from benchmarks.hostile.originals import MARKER, encoded, private_exif
from melanoma.edits.drawn_lesions import MELANOMA_LIKE, draw_lesion

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
NAME = "patient-Zyxwvut-1961"
"""Of the file: nothing else on this machine is called so."""
SAVED = (
    *("Report of this case", "Photo and map", "Slide, 1920", "Slide, to be enlarged", "Notebook"),
    *("Map as numbers", "All numbers"),
)


def photo() -> bytes:
    """Return a JPEG of over a megabyte with private metadata."""
    picture = Image.fromarray(draw_lesion(MELANOMA_LIKE, 1500, 2000, 7).image)
    content = encoded(picture, "JPEG", quality=100, exif=private_exif(), comment=MARKER.encode())
    assert len(content) > 1024**2 and MARKER.encode() in content
    return content


def holders(needles: list[bytes], folders: list[Path], since: float) -> list[str]:
    """Return the files below the folders, changed since then, that hold one of the texts or are named so."""
    found = []
    for folder in folders:
        for path in folder.rglob("*"):
            try:
                if path.is_symlink() or not path.is_file() or path.stat().st_mtime < since:
                    continue
                content = path.read_bytes()
            except OSError:
                continue  # it has just gone, or belongs to somebody else
            if any(needle in content or needle in os.fsencode(path.name) for needle in needles):
                found.append(str(path))
    return found


class OpenFiles:
    """Looks all the time which files without a name a process holds open."""

    def __init__(self, process: int) -> None:
        self.process, self.seen = process, set()
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._look)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()

    def _look(self) -> None:
        while not self.over.wait(0.002):
            for link in Path(f"/proc/{self.process}/fd").glob("*"):
                try:
                    target = os.readlink(link)
                except OSError:
                    continue
                # A temporary file without a name shows as “/tmp/#123 (deleted)”.
                if "(deleted)" in target and not target.startswith(("/memfd:", "/dev/")):
                    self.seen.add(re.sub(r"\d+", "N", target))


def test_nothing_of_a_photo_stays_or_goes_out(browser, tmp_path):
    content = photo()
    needles = [NAME.encode(), MARKER.encode(), content[5000:5040], content[-600_000:-599_960]]
    began, log = time.time() - 1, tmp_path / "log.txt"
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    downloads: dict[str, bytes] = {}
    with (
        log.open("wb") as stream,
        running_server({"TMPDIR": str(temporary)}, stream) as (address, server),
        OpenFiles(server.pid) as open_files,
    ):
        page = browser.new_page(viewport={"width": 1400, "height": 1500})
        page.goto(f"{address}/?lang=en")
        page.locator("input[type=file]").wait_for(state="attached", timeout=180_000)
        file = {"name": f"{NAME}.jpg", "mimeType": "image/jpeg", "buffer": content}
        page.locator("input[type=file]").set_input_files(file)
        page.get_by_text("1500 x 2000 pixels").wait_for(timeout=180_000)  # it was turned by its EXIF
        settle(page)  # else the next file may go to an uploader that is being replaced
        bad = {"name": f"{NAME}-bad.jpg", "mimeType": "image/jpeg", "buffer": MARKER.encode() * 40_000}
        page.locator("input[type=file]").set_input_files(bad)
        page.get_by_text("is not a picture that can be read").wait_for(timeout=60_000)
        page.get_by_role("button", name="Save").click()
        for label in SAVED:
            with page.expect_download(timeout=60_000) as download:
                page.get_by_role("button", name=re.compile(label)).click()
            downloads[download.value.suggested_filename] = Path(download.value.path()).read_bytes()
        expect(page.locator(".st-key-verdict")).to_be_visible()
        page.close()
        held = holders(needles, [ROOT, temporary, Path.home() / ".streamlit", Path.home() / ".keras"], began)
    assert open_files.seen == set()
    assert held == []
    assert list(temporary.rglob("*")) == []
    written = log.read_bytes()
    assert [needle for needle in needles if needle in written] == []
    lines = [json.loads(line) for line in written.decode().splitlines() if line.startswith("{")]
    assert {"photo opened", "network asked"} <= {line["event"] for line in lines}
    assert len(downloads) == len(SAVED)
    for name, saved in downloads.items():
        assert NAME not in name and not any(needle in saved for needle in needles), name
    report = downloads["melanoma-report.html"]
    pictures = [base64.b64decode(data) for data in re.findall(rb"data:image/\w+;base64,([^\"]+)", report)]
    assert len(pictures) == 5  # all that the report shows of the photo, its map and the scale
    for picture in [*pictures, downloads["melanoma-map.png"]]:
        assert not any(needle in picture for needle in needles)
        with Image.open(io.BytesIO(picture)) as opened:
            assert dict(opened.getexif()) == {} and "exif" not in opened.info and "comment" not in opened.info


def test_the_search_finds_what_is_there(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "file.bin").write_bytes(b"\0" * 100 + MARKER.encode())
    (tmp_path / f"{NAME}.jpg").write_bytes(b"")
    needles = [MARKER.encode(), NAME.encode()]
    assert len(holders(needles, [tmp_path], 0)) == 2
    assert holders([b"something else"], [tmp_path], 0) == []


def test_the_watch_sees_a_temporary_file(tmp_path):
    import tempfile

    with OpenFiles(os.getpid()) as watch, tempfile.TemporaryFile(dir=tmp_path):
        deadline = time.monotonic() + 10
        while not watch.seen and time.monotonic() < deadline:
            time.sleep(0.01)
    assert watch.seen


def test_the_pages_ask_no_other_server(address, browser):
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for name in ("", "quiz", "model"):
        page.goto(f"{address}/{name}?lang=en")
        settle(page)
    icon = page.locator("link[rel='shortcut icon']").get_attribute("href")
    assert icon is not None and icon.startswith(("/media/", f"{address}/media/"))
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []
