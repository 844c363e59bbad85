"""The Triage page without a browser: fresh, with photos and a bad one, and what a visitor's end does."""

import gc
import threading
import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from melanoma.app.parts.triage.kept_files import KeptFiles
from melanoma.app.parts.triage.run import TriageRun
from melanoma.batch.source import Source, in_memory
from melanoma.batch.triage import Entry
from melanoma.phrases import Sentence

PAGE = "from melanoma.app.pages import triage; triage.page()"


@pytest.fixture
def page():
    app = AppTest.from_string(PAGE, default_timeout=120).run()
    assert not app.exception
    return app


def wait_for_list(app: AppTest) -> AppTest:
    deadline = time.monotonic() + 90
    while app.session_state["triage-run"].running:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return app.run()


def test_a_fresh_visitor_is_told_what_to_do(page):
    assert any("no photo here is an all-clear" in markdown.value for markdown in page.markdown)
    assert any("Choose the photos" in info.value for info in page.info)


def test_each_kind_of_file_is_told_its_own_limit(page):
    told = "Up to 20 MB each: JPEG, PNG, TIFF, WebP, BMP, HEIC, AVIF. Up to 100 MB each: ZIP."
    assert [caption.value for caption in page.caption] == [told]


def test_pressing_without_files_says_so(page):
    page.button[0].click().run()
    assert any("No file was chosen" in error.value for error in page.error)


def test_files_are_known_by_their_content_and_others_are_passed_over_by_name(page, drawn_photo):
    photo = drawn_photo.read_bytes()
    given = page.file_uploader[0]
    for name, content in (
        *(("windows.jfif", photo), ("LOUD.JPE", photo), ("none", photo)),
        *(("._windows.jfif", b"\0\5\x16\7" + bytes(60)), ("notes.txt", b"x")),
    ):
        given = given.upload(name, content, "application/octet-stream")
    page.button[0].click().run()
    assert page.error[0].value.startswith("2 files were passed over\\, since they are no photos\\:")
    wait_for_list(page)
    assert not page.exception
    assert sorted(page.dataframe[0].value["name"]) == ["LOUD.JPE", "none", "windows.jfif"]


def test_a_list_with_a_bad_file(page, drawn_photo):
    good = drawn_photo.read_bytes()
    page.file_uploader[0].upload("=a.jpg", good, "image/jpeg").upload("bad.jpg", b"no", "image/jpeg")
    page.button[0].click().run()
    wait_for_list(page)
    assert not page.exception
    table = page.dataframe[0].value
    assert table["name"].tolist() == ["bad.jpg", "=a.jpg"]
    assert "is not a picture" in table["remarks"][0]
    assert 0 <= table["melanoma"][1] <= 1
    assert any("2 photos:" in markdown.value for markdown in page.markdown)
    assert [button.label for button in page.button].count("Open in Examine") == 1, "the bad one is not kept"


def test_a_damaged_zip_is_named_and_the_page_goes_on(page):
    page.file_uploader[0].upload("day_*.zip", b"PK\x05\x06" + bytes(18), "application/zip")
    page.button[0].click().run()
    assert not page.exception
    assert any("holds no photos" in error.value for error in page.error)
    assert len(page.file_uploader) == 1


@pytest.mark.slow("a worklist that is left")
def test_the_work_ends_with_its_visitor(small_classifier, drawn_photo):
    reached, go_on = threading.Semaphore(0), threading.Event()

    class Slow:
        bundle = small_classifier.bundle
        prepare = staticmethod(small_classifier.prepare)

        def judge(self, prepared):
            reached.release()
            go_on.wait(20)
            return small_classifier.judge(prepared)

    content = Path(drawn_photo).read_bytes()
    run = TriageRun(Slow(), [in_memory(str(number), content) for number in range(64)])
    assert reached.acquire(timeout=20)
    work = run._state
    del run
    gc.collect()
    assert work.stop.is_set()
    go_on.set()
    deadline = time.monotonic() + 20
    while work.ended is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert len(work.entries) == 16


def entry(name: str, malignancy: float = 0.5, **more) -> Entry:
    return Entry(name, probabilities={"MEL": malignancy}, malignancy=malignancy, **more)


def read_all(files: KeptFiles, sources: list[Source]) -> None:
    assert [files.remembering(source).read() for source in sources] == [source.read() for source in sources]


def test_of_a_long_list_the_most_urgent_files_are_kept():
    sources = [in_memory(name, bytes(4)) for name in ("low", "high", "alert", "ahead")]
    files = KeptFiles(sources, most=9)
    read_all(files, sources)
    files.drop_beyond([entry("low", 0.1), entry("high", 0.9), entry("alert", 0.2, alert=True)])
    assert files.get("low") is None, "only two of four bytes fit into nine"
    assert files.get("high") == files.get("alert") == bytes(4)
    assert files.get("ahead") == bytes(4), "it was read and is not judged yet"
    files.drop_beyond([entry("high", 0.9), entry("alert", 0.2, alert=True), entry("ahead", 0.99, alert=True)])
    assert files.get("high") is None and files.get("ahead") == bytes(4)


def test_files_that_cannot_be_opened_again_are_not_kept():
    sources = [in_memory(name, b"x") for name in ("same", "same", "bad", "frames")]
    files = KeptFiles(sources)
    read_all(files, sources)
    files.drop_beyond([Entry("bad", error=Sentence("no")), entry("frames", frame=2)])
    assert [files.get(name) for name in ("same", "bad", "frames")] == [None] * 3
