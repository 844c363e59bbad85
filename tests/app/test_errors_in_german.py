"""What goes wrong on the German page is told in German, with every name as it was typed."""

import io
import shutil
import zipfile
from pathlib import Path

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from melanoma.app.parts.shared.language import translator
from melanoma.app.parts.shared.markdown import escape_markdown
from melanoma.app.parts.shared.work_queue import WorkQueue
from melanoma.batch.triage import judge, ranked
from melanoma.batch.worklist import as_html
from melanoma.batch.zips import photos_in_zip
from tests.app.test_triage import wait_for_list

SCRIPT = Path(__file__).parents[2] / "melanoma" / "app" / "entry" / "script.py"
NAME = "{name} {0:9} a_*.jpg"


def opened(page: str = "", **link: str) -> AppTest:
    """Return a page in German."""
    if page:
        app = AppTest.from_string(
            f"from melanoma.app.pages import {page}; {page}.page()", default_timeout=240
        )
    else:
        app = AppTest.from_file(str(SCRIPT), default_timeout=240)
    for name, value in {"lang": "de", **link}.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def packed(**files: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def large_picture() -> bytes:
    """Return a PNG of 49 megapixels in a few kilobytes."""
    stream = io.BytesIO()
    Image.new("1", (7000, 7000)).save(stream, "PNG")
    return stream.getvalue()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"not a picture", "ist kein lesbares Bild. Nehmen Sie JPEG, PNG, TIFF, WebP, BMP, HEIC oder AVIF."),
        (b"", "ist leer. Wählen Sie das Foto noch einmal; vielleicht wurde das Kopieren unterbrochen."),
        (
            bytes(20 * 1024**2 + 1),
            "ist größer als 20 MB. Speichern Sie es als JPEG mit höchstens 36 Megapixeln und versuchen Sie "
            "es noch einmal.",
        ),
        (
            large_picture(),
            "hat 7000 x 7000 Pixel, das sind zu viele. Speichern Sie es als JPEG mit höchstens 36 Megapixeln "
            "und versuchen Sie es noch einmal.",
        ),
    ],
    ids=["no picture", "empty", "too many bytes", "too many pixels"],
)
def test_examine_tells_what_is_wrong_with_a_photo(content, sentence):
    page = opened()
    page.file_uploader[0].upload(NAME, content, "image/jpeg").run()
    assert not page.exception
    assert escape_markdown(f"{NAME} {sentence}") in [error.value for error in page.error]


def test_a_sentence_follows_the_choice_of_language():
    page = opened()
    page.file_uploader[0].upload("a.jpg", b"not a picture", "image/jpeg").run()
    page.segmented_control(key="lang").set_value("en").run()
    told = [error.value for error in page.error]
    assert (
        escape_markdown(
            "a.jpg is not a picture that can be read. Use JPEG, PNG, TIFF, WebP, BMP, HEIC or AVIF."
        )
        in told
    )


def test_triage_tells_of_a_damaged_zip():
    page = opened("triage")
    sound = packed(**{"a.jpg": b"x" * 500})
    page.file_uploader[0].upload(
        "day {1}.zip", sound[:60] + bytes(40) + sound[100:-30] + sound[-22:], "application/zip"
    )
    page.button[0].click().run()
    assert not page.exception
    assert [error.value for error in page.error] == [
        escape_markdown("day {1}.zip ist ein beschädigtes Zip. Packen Sie es noch einmal.")
    ]


def test_triage_tells_in_the_list_why_a_photo_was_not_judged():
    page = opened("triage")
    page.file_uploader[0].upload(NAME, b"no", "image/jpeg").upload(
        "all.zip", packed(**{"notes.txt": b"no photo", "b.jpg": b"no"}), "application/zip"
    )
    page.button[0].click().run()
    assert page.error[0].value.startswith("Eine Datei wurde übergangen\\, weil sie kein Foto ist\\: all")
    wait_for_list(page)
    assert not page.exception
    table = page.dataframe[0].value
    told = dict(zip(table["name"], table["remarks"], strict=True))
    assert told[NAME].startswith(f"{NAME} ist kein lesbares Bild.")


@pytest.mark.slow("a whole worklist in another language")
def test_a_worklist_to_print_is_in_its_reader_s_language(small_classifier):
    sources = photos_in_zip(packed(**{"b.jpg": b"", "c{}.png": b"no"}), "a.zip")
    entries = ranked(list(judge(small_classifier, sources)))
    html = as_html(entries, small_classifier.bundle, translator("de"), "de")
    assert "b.jpg ist leer." in html and "c{}.png ist kein lesbares Bild." in html


@pytest.mark.slow("the page with a model of its own, in a second language")
def test_a_damaged_model_is_told_without_its_folder(small_bundle, tmp_path, monkeypatch):
    shutil.copytree(small_bundle, tmp_path / "mine")
    (tmp_path / "mine" / "features.npz").write_bytes(b"other")
    monkeypatch.setenv("MELANOMA_MODELS", str(tmp_path))
    for page in ("examine", "lesson", "what_if", "laboratory", "triage", "thresholds", "model"):
        app = opened(page)
        told = [box.value for box in (*app.error, *app.warning)]
        assert (
            "mine/features.npz passt nicht zur Prüfsumme und wird deshalb nicht benutzt. "
            "Kopieren Sie das Modell noch einmal." in told
        )


@pytest.mark.slow("an audit on the page, in a second language")
def test_the_teacher_s_folder_is_not_named(small_bundle, tmp_path, monkeypatch):
    monkeypatch.setenv("MELANOMA_MODELS", str(small_bundle.parent))
    monkeypatch.setenv("MELANOMA_QUIZ", str(tmp_path / "gone"))
    app = opened("quiz", source="teacher")
    next(button for button in app.button if button.label == "Los").click().run()
    assert [error.value for error in app.error] == [
        escape_markdown(
            "Der Ordner der Lehrkraft existiert nicht. Nehmen Sie eine CSV-Datei der Diagnosen oder einen "
            "Ordner mit einem Unterordner je Diagnose."
        )
    ]


@pytest.mark.parametrize(
    "draw",
    [
        "from melanoma.app.parts.what_if.photo_changes import show_changes; show_changes(current_photo())",
        "from melanoma.app.parts.what_if.designer import show_designer; show_designer()",
    ],
    ids=["the changed photo", "the designer"],
)
def test_what_runs_again_without_its_page_tells_that_too_many_ask(draw, monkeypatch):
    monkeypatch.setattr("melanoma.app.parts.shared.model._QUEUE", WorkQueue(most=0))
    app = AppTest.from_string(
        f"from melanoma.app.parts.shared.gallery import current_photo\n{draw}", default_timeout=240
    )
    app.query_params["lang"] = "de"
    app.query_params["d-diameter"] = "0.7"
    app.query_params["w-hairs"] = "17"
    app.run()
    assert not app.exception
    assert [error.value for error in app.error] == [
        "In diesem Augenblick fragen zu viele. Versuchen Sie es in einer Minute noch einmal."
    ]
