"""No photo of a stranger is decoded in the server's own process, on whichever page it is given."""

import io
import json
import threading
import time
import zipfile

import numpy as np
import pytest
from PIL import Image

from benchmarks.hostile.laborious import dicom_of_elements
from melanoma.app.parts.data import own_audit, thumbnails
from melanoma.app.parts.quiz.cases import ARCHIVE, FOLDER, TEACHER, find_cases
from melanoma.app.parts.triage.run import TriageRun
from melanoma.batch.source import in_memory
from melanoma.edits.drawn_lesions import draw_lesion
from melanoma.errors import UserError
from melanoma.photos.encoding import as_png
from melanoma.photos.isic_archive import Archive
from melanoma.photos.sandbox import Decoder
from tests.conftest import write_image

PHOTO = as_png(draw_lesion(height=90, width=120, seed=1).image)


@pytest.fixture
def nothing_is_decoded_here(monkeypatch):
    def refused(*_, **__):
        pytest.fail("a stranger's file was opened in the server's process")

    monkeypatch.setattr(Image, "open", refused)
    monkeypatch.setattr("melanoma.photos.dicom.read_dicom", refused)


def ended(run: TriageRun) -> TriageRun:
    deadline = time.monotonic() + 60
    while run.running:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return run


@pytest.mark.slow("two processes that decode, started and ended")
def test_triage(small_classifier, nothing_is_decoded_here):
    pytest.importorskip("pydicom")
    sources = [in_memory("a.png", PHOTO), in_memory("b.dcm", dicom_of_elements(1)), in_memory("c.jpg", b"no")]
    entries = {entry.name: entry for entry in ended(TriageRun(small_classifier, sources)).entries()}
    assert entries["a.png"].error is None and entries["b.dcm"].error is None
    assert "is not a picture" in str(entries["c.jpg"].error)


@pytest.mark.slow("waits for decoders to give up")
def test_stop_ends_a_list_whose_photos_hang(small_classifier, monkeypatch):
    reached, opened = threading.Event(), []

    def slow(self, content, name):
        opened.append(name)
        reached.set()
        time.sleep(0.3)
        raise UserError("{name} took too long", name=name)

    monkeypatch.setattr(Decoder, "read", slow)
    run = TriageRun(small_classifier, [in_memory(str(number), PHOTO) for number in range(16)])
    assert reached.wait(20)
    run.stop()
    began = time.monotonic()
    ended(run)
    assert time.monotonic() - began < 2 and len(opened) < 8


def test_the_quiz_with_the_teachers_photos(tmp_path, monkeypatch, nothing_is_decoded_here):
    for name in ("melanoma", "nevus"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.png").write_bytes(PHOTO)
    monkeypatch.setenv(FOLDER, str(tmp_path))
    cases = find_cases(TEACHER, 1, 5, "", ("MEL", "NV")).cases
    assert [case.load().shape for case in cases] == [(90, 120, 3)] * 2


def test_the_quiz_with_the_archive(monkeypatch, nothing_is_decoded_here):
    image = {
        "isic_id": "ISIC_0000001",
        "copyright_license": "CC-0",
        "attribution": "somebody",
        "metadata": {
            "clinical": {"diagnosis_3": "Nevus"},
            "acquisition": {"image_type": "dermoscopic"},
        },
        "files": {"full": {"url": "https://content.isic-archive.com/a"}},
    }

    def fetch(self, url, wanted, most):
        return PHOTO if url.endswith("/a") else json.dumps(image).encode()

    monkeypatch.setattr(Archive, "_fetch", fetch)
    (case,) = find_cases(ARCHIVE, 1, 5, "ISIC_0000001", ("MEL", "NV")).cases
    assert case.load().shape == (90, 120, 3)


@pytest.mark.slow("an audit")
def test_the_audit_of_a_zip(monkeypatch, nothing_is_decoded_here):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for number in range(3):
            archive.writestr(f"melanoma/{number}.png", as_png(draw_lesion(seed=number).image))
    stored: dict = {}
    monkeypatch.setattr(own_audit.st, "session_state", stored)
    own_audit._audit_and_store(lambda audit_zip, _, *more: audit_zip(file.getvalue(), "a.zip", *more))
    findings, html, numbers = stored["own-audit"]
    assert json.loads(numbers)["readable"] == 3 and html.startswith(b"<!doctype html>") and findings


def test_the_pictures_in_both_folders(tmp_path, monkeypatch, nothing_is_decoded_here):
    for folder in ("melanoma", "seborrheic keratosis"):
        write_image(tmp_path / "Train" / folder / "a.png", np.full((80, 80, 3), 90, np.uint8))
    monkeypatch.setenv(thumbnails.FOLDER, str(tmp_path))
    shown = []
    monkeypatch.setattr(thumbnails.st, "image", lambda pixels, **_: shown.append(pixels.shape))
    thumbnails.show_pictures_in_both()
    assert shown == [(80, 80, 3)]
