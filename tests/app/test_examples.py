"""The real photos on the page: at once, without waiting, never swapped; and without them."""

import time

import pytest
from streamlit.testing.v1 import AppTest

from melanoma.app.parts.shared import samples
from melanoma.app.parts.shared.examples import EXAMPLES, ExampleStore
from melanoma.photos.examples import IDS, OPENING, load_example
from melanoma.photos.isic_archive import Archive
from melanoma.photos.reading import read_image
from tests.app.opening import opened_by_link
from tests.app.test_examine import SCRIPT
from tests.photos.archive_replay import Replay, replayed

FIRST = IDS[0][0]


@pytest.fixture
def replay():
    with replayed(Replay(dict(IDS))) as server:
        yield server


@pytest.fixture
def store(replay):
    def archive() -> Archive:
        return Archive(replay.address, ["127.0.0.1"], seconds=10)

    store = ExampleStore(archive, read_image, again=0.05)
    yield store
    store.stop()
    replay.open.set()
    if store._thread is not None:
        store._thread.join(20)


@pytest.fixture
def page(monkeypatch, store):
    """A page whose server has this store."""
    monkeypatch.setattr(EXAMPLES, "__dict__", store.__dict__)
    samples._example_photo.clear()
    yield opened
    samples._example_photo.clear()


def opened(**link: str) -> AppTest:
    return opened_by_link(AppTest.from_file(str(SCRIPT), default_timeout=240), {"lang": "en"} | link)


def wait_for(condition) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def captions(app) -> str:
    return " ".join(caption.value for caption in app.caption)


def test_one_thread_gathers_all_and_keeps_them_in_the_operator_s_folder(store, replay, tmp_path, monkeypatch):
    monkeypatch.setenv("MELANOMA_EXAMPLES", str(tmp_path))
    store.start()
    wait_for(lambda: len(store.all()) == 24)
    assert [example.isic_id for example in store.one_a_diagnosis()] == [name for name, _ in IDS[:8]]
    wait_for(lambda: not store.pending)
    assert load_example(tmp_path, FIRST) == store.all()[0]
    replay.asked.clear()
    second = ExampleStore(lambda: None, read_image)
    second.start()
    wait_for(lambda: not second.pending)
    assert (len(second.all()), replay.asked) == (24, []), "from the folder alone"


@pytest.mark.parametrize("fault", ["down", "empty", "wrong type", "gone"])
def test_a_photo_that_does_not_come_costs_only_itself_and_is_asked_for_again(store, replay, fault):
    replay.faults[FIRST] = fault
    store.start()
    wait_for(lambda: len(store.all()) == 23)
    assert store.get(FIRST) is None and store.get(IDS[1][0]) is not None
    replay.faults.clear()
    wait_for(lambda: len(store.all()) == 24)


def test_the_page_opens_without_waiting_and_what_is_in_view_stays(page, store, replay):
    replay.open.clear()  # the Archive is silent
    store.start()
    before = time.monotonic()
    app = page()
    assert time.monotonic() - before < 60 and replay.asked
    assert "until the real photos have come" in captions(app)
    replay.open.set()
    wait_for(lambda: len(store.all()) == 24 and not store.pending)
    app.run()
    assert any("A drawing, not a photo" in info.value for info in app.info), "it is not swapped"
    labels = [button.label for button in app.button]
    assert {"Melanoma", "Basal cell carcinoma", "Dermatofibroma"} <= set(labels)
    next(button for button in app.button if button.label == "Melanoma").click().run()
    assert "True diagnosis: melanoma." in captions(app) and "ViDIR Group" in captions(app)
    assert "The network never learned from it." in captions(app)
    assert "Like a melanoma" not in [button.label for button in app.button]


@pytest.mark.slow("the page twice")
def test_a_page_opens_on_a_real_photo_and_a_link_on_its_own(page, store):
    store.start()
    wait_for(lambda: len(store.all()) == 24)
    app = page()
    assert "True diagnosis: basal cell carcinoma." in captions(app)
    assert app.query_params["sample"] in (OPENING, [OPENING])
    linked = page(sample=FIRST)
    assert "True diagnosis: melanoma." in captions(linked)
    unknown = page(sample="ISIC_9999999")
    assert "The photo of this link, ISIC\\_9999999, is not here" in captions(unknown)
    assert "True diagnosis: basal cell carcinoma." in captions(unknown)


@pytest.mark.slow("both photos of a comparison come from the Archive")
def test_a_link_opens_two_real_photos_side_by_side_with_their_credits(page, store):
    store.start()
    wait_for(lambda: len(store.all()) == 24)
    second = IDS[23][0]
    app = page(sample=FIRST, compare="true", **{"other-photo": second})
    choice = next(box for box in app.selectbox if box.label == "On the right")
    assert choice.value == second and len([name for name in choice.options if "ISIC_" in name]) == 23
    compared = " ".join(caption.value for caption in app.caption if caption.value.startswith("**A photo"))
    assert compared.count("ISIC Archive") >= 4 and "photos included" in captions(app)


@pytest.mark.slow("two pages after the one that is tested")
def test_quiz_and_triage_begin_with_the_same_photos(page, store):
    store.start()
    wait_for(lambda: len(store.all()) == 24)
    quiz = AppTest.from_string("from melanoma.app.pages import quiz; quiz.page()", default_timeout=120).run()
    assert quiz.button_group[0].value == "photos"
    assert [field.key for field in quiz.text_input] == ["class-code"], "no search of the archive"
    next(button for button in quiz.button if button.label == "Start").click().run()
    assert not quiz.exception
    assert any("ISIC Archive" in caption.value and "ViDIR Group" in caption.value for caption in quiz.caption)
    triage = AppTest.from_string("from melanoma.app.pages import triage; triage.page()", default_timeout=120)
    triage.run()
    button = next(button for button in triage.button if "real photos" in button.label)
    assert "(24)" in button.label
    button.click().run()
    run = triage.session_state["triage-run"]
    wait_for(lambda: not run.running)
    assert run.done == 24 and not run.failed


def test_without_archive_and_folder_drawings_stand_in(page, store):
    app = page()
    assert "Drawings stand in for the real photos" in captions(app)
    assert not app.error
