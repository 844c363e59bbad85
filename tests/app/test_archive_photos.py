"""Pictures by id: fetched once for all, bounded, and none where the Archive has none."""

import threading
import time

import pytest

from melanoma.app.parts.shared import archive_photos
from melanoma.app.parts.shared.archive_photos import SIDE, ArchivePhotos
from melanoma.photos.isic_archive import Archive
from melanoma.photos.reading import read_image
from tests.photos.archive_replay import Replay, replayed

IDS = {f"ISIC_{number:07d}": "NV" for number in range(1, 9)}


@pytest.fixture
def replay():
    with replayed(Replay(IDS)) as server:
        yield server


def photos_of(replay, again: float = 60) -> ArchivePhotos:
    return ArchivePhotos(
        lambda: Archive(replay.address, ["127.0.0.1"], seconds=10, read=read_image), read_image, again
    )


def test_each_is_asked_for_once_and_comes_with_its_credit(replay):
    photos = photos_of(replay)
    wanted = list(IDS.items())[:3]
    found = photos.get(wanted, 30)
    assert list(found) == [isic_id for isic_id, _ in wanted]
    picture = found["ISIC_0000001"]
    assert (picture.attribution, picture.licence) == ("ViDIR Group, Medical University of Vienna", "CC-BY-NC")
    assert max(read_image(picture.jpeg).shape) <= SIDE
    asked = len(replay.asked)
    assert photos.get(wanted, 30) == found and len(replay.asked) == asked


def test_two_visitors_wait_for_one_request(replay):
    photos = photos_of(replay)
    replay.open.clear()
    found = []
    wanted = [("ISIC_0000001", "NV")]
    visitors = [threading.Thread(target=lambda: found.append(photos.get(wanted, 30))) for _ in range(2)]
    for visitor in visitors:
        visitor.start()
    while not replay.asked:
        time.sleep(0.01)
    replay.open.set()
    for visitor in visitors:
        visitor.join(30)
    assert [list(one) for one in found] == [["ISIC_0000001"]] * 2
    assert sum("images" in path for path in replay.asked) == 1


def test_nobody_waits_longer_than_asked_and_what_comes_later_is_there_next_time(replay):
    photos = photos_of(replay)
    replay.open.clear()
    assert photos.get([("ISIC_0000001", "NV")], 0.05) == {}
    replay.open.set()
    assert list(photos.get([("ISIC_0000001", "NV")], 30)) == ["ISIC_0000001"]


@pytest.mark.parametrize("fault", ["down", "empty", "wrong type", "gone"])
def test_what_does_not_come_is_asked_for_again_only_after_a_while(replay, fault, monkeypatch):
    photos = photos_of(replay)
    replay.faults["ISIC_0000001"] = fault
    both = [("ISIC_0000001", "NV"), ("ISIC_0000002", "NV"), ("ISIC_0009999", "NV")]
    assert list(photos.get(both, 30)) == ["ISIC_0000002"]
    asked = len(replay.asked)
    assert list(photos.get(both, 30)) == ["ISIC_0000002"] and len(replay.asked) == asked
    replay.faults.clear()
    monkeypatch.setattr(archive_photos.time, "monotonic", lambda: time.perf_counter() + 1e6)
    assert list(photos.get(both, 30)) == ["ISIC_0000001", "ISIC_0000002"]


@pytest.mark.slow("eight photos")
def test_the_least_recently_shown_make_room(replay, monkeypatch):
    monkeypatch.setattr(archive_photos, "_MOST", 2)
    photos = photos_of(replay)
    for isic_id in ("ISIC_0000001", "ISIC_0000002", "ISIC_0000001", "ISIC_0000003"):
        assert list(photos.get([(isic_id, "NV")], 30)) == [isic_id]
    asked = len(replay.asked)
    photos.get([("ISIC_0000001", "NV")], 30)
    assert len(replay.asked) == asked
    photos.get([("ISIC_0000002", "NV")], 30)
    assert len(replay.asked) > asked


def test_where_nobody_is_asked_there_are_none():
    assert ArchivePhotos(lambda: None, read_image).get([("ISIC_0000001", "NV")], 30) == {}


def test_another_licence_is_not_shown(replay, monkeypatch):
    monkeypatch.setenv("MELANOMA_EXAMPLES_LICENCE", "cc-0")
    replay.licences["ISIC_0000002"] = "CC-0"
    found = photos_of(replay).get([("ISIC_0000001", "NV"), ("ISIC_0000002", "NV")], 30)
    assert list(found) == ["ISIC_0000002"]
