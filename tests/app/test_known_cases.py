"""Known cases on the page: with and without the Archive, and of a model that knows none."""

import pytest

from melanoma.app.parts.shared.archive_photos import PHOTOS, ArchivePhotos
from melanoma.diagnoses import CODES
from melanoma.model.bundle import DEFAULT, Bundle, load_bundle
from melanoma.photos.isic_archive import Archive
from melanoma.photos.reading import read_image
from tests.app.test_examples import captions, opened
from tests.photos.archive_replay import Replay, replayed

BUNDLE = load_bundle(DEFAULT)
KNOWN = BUNDLE.load_known_lesions()


@pytest.fixture
def replay(monkeypatch):
    of = KNOWN.table
    with replayed(Replay(dict(zip(of["image_id"], of["diagnosis"], strict=True)))) as server:
        photos = ArchivePhotos(lambda: Archive(server.address, ["127.0.0.1"], read=read_image), read_image)
        monkeypatch.setattr(PHOTOS, "__dict__", photos.__dict__)
        yield server


def opened_on_a_drawing():
    return opened(**{"known-cases": "true", "sample": "mole-like"})


def test_the_shipped_lesions_are_those_it_was_fitted_to_and_none_of_the_test_side():
    split = BUNDLE.load_split().set_index("image_id")["split"]
    assert set(split.loc[KNOWN.table["image_id"]]) == {"train"}
    assert set(KNOWN.table["diagnosis"]) == set(CODES)


@pytest.mark.slow("the page and six photos")
def test_three_for_and_three_against_with_whose_they_are(replay):
    page = opened_on_a_drawing()
    assert sum(path.startswith("/files/") for path in replay.asked) == 6
    assert "ISIC Archive. ViDIR Group, Medical University of Vienna. CC-BY-NC." in captions(page).replace(
        "\\", ""
    )
    told = next(text.value for text in page.markdown if "known lesions" in text.value)
    figures = BUNDLE.figures["neighbours"]
    assert str(figures["lesions"]) in told and f"{figures['named_right']['differ']['value']:.0%}" in told
    assert "Neighbours that are no melanoma are no reason to be calm." in told


@pytest.mark.slow("the page once more")
def test_where_the_archive_does_not_answer_the_ids_are_told(monkeypatch):
    monkeypatch.setattr(PHOTOS, "__dict__", ArchivePhotos(lambda: None, read_image).__dict__)
    page = opened_on_a_drawing()
    assert captions(page).count("Its photo is not there now.") == 6


@pytest.mark.slow("the page once more")
def test_a_model_without_known_lesions_says_so(monkeypatch):
    monkeypatch.setattr(Bundle, "load_known_lesions", lambda bundle: None)
    page = opened_on_a_drawing()
    assert any("knows too few public lesions" in box.value for box in page.info)
