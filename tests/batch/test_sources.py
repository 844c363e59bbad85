"""What files, folders, patterns, archives and CSV files name, and odd names among them."""

import json
import os
import pickle
import zipfile

import pytest

from melanoma.batch.sources import list_sources, printable
from melanoma.errors import UserError
from melanoma.photos.recognition import PassedOver


@pytest.fixture
def folder(tmp_path):
    """Photos by name and one DICOM file without an ending; nothing is decoded here."""
    for name in ("b.jpg", "a/2.PNG", "a/10.png", "notes.txt", "c.dcm"):
        file = tmp_path / "day" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(name.encode())
    (tmp_path / "day" / "IM0001").write_bytes(bytes(128) + b"DICM")
    (tmp_path / "day" / "README").write_bytes(b"no photo")
    return tmp_path / "day"


def names(*paths, **more) -> list[str]:
    return [source.name for source in list_sources(paths, **more)]


def test_a_folder_gives_its_photos_sorted_and_dicom_by_content(folder):
    expected = ["IM0001", "a/10.png", "a/2.PNG", "b.jpg", "c.dcm"]
    assert names(folder) == [f"{folder}/{name}" for name in expected]
    assert [source.read() for source in list_sources([folder / "a"])] == [b"a/10.png", b"a/2.PNG"]


JPEG, DOUBLE = b"\xff\xd8\xff\xe0" + bytes(300), b"\0\5\x16\7" + bytes(78)
KINDS = {
    "windows.jfif": JPEG,
    "LOUD.JPE": JPEG,
    "none": JPEG,
    "wrong.txt": b"\x89PNG\r\n\x1a\n" + bytes(100),
    "new.avif": bytes(4) + b"ftypavif" + bytes(20),
    "phone.bin": b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic",
    "scan.x": b"II*\0" + bytes(100),
    "sea.y": b"RIFF\1\2\3\4WEBPVP8 ",
    "window.z": b"BM" + bytes(12) + b"\x28\0\0\0" + bytes(36),
    "IM.7": bytes(128) + b"DICM",
    ".hidden.jpg": JPEG,
    "._real.jpg": JPEG,
    "broken.jpg": b"text",
}
NOT = {
    "._windows.jpg": DOUBLE,
    "._nothing.jpg": b"x",
    "__MACOSX/windows.jpg": JPEG,
    "movie.mp4": b"\0\0\0\x18ftypisom\0\0\0\0isommp42",
    "BMI.txt": b"BMI of the patients, and more text",
    "x.jpg.part": JPEG,
    ".x.jpg.AbC123": JPEG,
    "Thumbs.db": JPEG,
    "cells.csv": b"id",
}


def test_one_rule_says_what_a_photo_is_by_its_content(tmp_path):
    """A folder, a pattern, an archive and a store take the same files, and name the same others."""
    day = tmp_path / "day"
    with zipfile.ZipFile(tmp_path / "day.zip", "w") as archive:
        for name, content in (KINDS | NOT).items():
            (day / name).parent.mkdir(parents=True, exist_ok=True)
            (day / name).write_bytes(content)
            archive.writestr(name, content)
    tables = {"cells.csv"}  # a pattern reads tables and archives that it matches
    for given, above in ((day, day), (tmp_path / "day.zip", tmp_path / "day.zip"), (f"file://{day}", None)):
        passed_over = PassedOver()
        found = [source.name for source in list_sources([given], passed_over=passed_over)]
        above = f"file://{day}" if above is None else str(above)
        assert {name.removeprefix(f"{above}/") for name in found} == set(KINDS), given
        shown = above.removeprefix("file://")
        assert {name.removeprefix(f"{shown}/") for name in passed_over.names} == set(NOT), given
        assert passed_over.count == len(NOT)
    (day / "cells.csv").unlink()
    passed_over = PassedOver()
    found = [source.name for source in list_sources([f"{day}/**/*"], passed_over=passed_over)]
    shell = {name for name in KINDS | NOT if not name.startswith(".")} - tables
    assert {name.removeprefix(f"{day}/") for name in found} == set(KINDS) & shell
    assert {name.removeprefix(f"{day}/") for name in passed_over.names} == set(NOT) & shell


def test_what_is_passed_over_is_counted_and_named():
    passed_over = PassedOver()
    assert passed_over.sentence() is None
    passed_over.add("a.txt")
    assert str(passed_over.sentence()) == "One file was passed over, since it is no photo: a.txt."
    passed_over.add("b.txt")
    assert str(passed_over.sentence(1)).endswith(
        "2 files were passed over, since they are no photos: a.txt and 1 more."
    )
    assert str(passed_over.sentence()).endswith("no photos: a.txt, b.txt.")


def test_predict_says_what_it_passed_over(melanoma, small_bundle, photos):
    (photos / "bad.jpg").unlink()
    (photos / "good 1.png").rename(photos / "windows.jfif")
    (photos / "good 2.png").rename(photos / "none")
    (photos / "._windows.jfif").write_bytes(DOUBLE)
    (photos / "notes").write_text("x")
    status, printed, told = melanoma("predict", photos, "--model", small_bundle, "--json")
    assert status == 0
    assert [json.loads(line)["error"] for line in printed.splitlines()] == [None, None]
    assert f"2 files were passed over, since they are no photos: {photos}/._windows.jfif, " in told


def test_patterns_go_into_folders_and_stay_out_of_the_way_of_real_names(folder):
    assert names(f"{folder}/**/*.png") == [f"{folder}/a/10.png"]
    assert names(f"{folder}/?.jpg") == [f"{folder}/b.jpg"]
    odd = folder / "[1].jpg"
    odd.write_bytes(b"1")
    assert names(odd) == [str(odd)]


def test_a_csv_names_files_by_path_or_id_beside_it_or_elsewhere(folder):
    labels = folder / "labels.csv"
    labels.write_text("\ufeffimage_id,diagnosis\nb,MEL\na/10.png,NV\nmissing,NV\n", encoding="utf-8")
    assert names(labels) == [f"{folder}/b.jpg", f"{folder}/a/10.png", f"{folder}/missing"]
    labels.write_text('isic_id\n"2"\n', encoding="utf-8")
    assert names(labels, images=folder / "a") == names(labels) == [f"{folder}/a/2.PNG"]
    labels.write_text("file;note\na\\10.JPG;x\nC;1,5\n", encoding="utf-16")
    assert names(labels) == [f"{folder}/a/10.png", f"{folder}/c.dcm"]
    (folder / "2.jpeg").write_bytes(b"another")
    labels.write_text("id\nx/2\n")
    with pytest.raises(UserError, match="x/2 stands for 2 different files"):
        (folder / "b").mkdir()
        (folder / "2.jpeg").rename(folder / "b" / "2.jpeg")
        names(labels)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("name\nb.jpg\n", "needs a column that names the image"),
        ("image\n", "no rows"),
        ("image,x\nb,1\n,2\n", "row 3 names no image"),
        ("", "is empty"),
    ],
)
def test_a_csv_without_use_gets_a_sentence(folder, content, sentence):
    (folder / "labels.csv").write_text(content)
    with pytest.raises(UserError, match=sentence):
        names(folder / "labels.csv")


def test_what_holds_nothing_gets_a_sentence(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="holds no image files"):
        names(tmp_path / "empty")
    with pytest.raises(UserError, match="No file matches"):
        names(tmp_path / "*.jpg")
    with pytest.raises(UserError, match="does not exist"):
        next(iter(list_sources([tmp_path / "none.jpg"]))).read()


def test_photos_of_an_archive_on_disk_can_be_sent_to_another_process(tmp_path):
    with zipfile.ZipFile(tmp_path / "day.zip", "w") as archive:
        archive.writestr("a.jpg", b"one")
        archive.writestr("inner.zip", b"PK")
    sent = pickle.loads(pickle.dumps(list(list_sources([tmp_path / "day.zip"]))))
    assert [source.name for source in sent] == [f"{tmp_path}/day.zip/a.jpg", f"{tmp_path}/day.zip/inner.zip"]
    assert sent[0].read() == b"one"
    with pytest.raises(UserError, match="archive within the archive"):
        sent[1].read()


def test_an_object_store_gives_its_photos_to_any_process(folder):
    address = (
        f"file://{folder}"  # the one store that needs no server: the others differ in their client alone
    )
    sent = pickle.loads(pickle.dumps(list(list_sources([address]))))
    assert [source.name for source in sent] == [
        f"{address}/{name}" for name in ("IM0001", "a/10.png", "a/2.PNG", "b.jpg", "c.dcm")
    ]
    assert sent[3].read() == b"b.jpg"
    (folder / "b.jpg").unlink()
    with pytest.raises(UserError, match="cannot be read from its store"):
        sent[3].read()
    for wrong, sentence in ((f"{address}/none", "holds no image files"), ("magic://x/y", "cannot be read")):
        with pytest.raises(UserError, match=sentence):
            names(wrong)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names there")
def test_a_row_that_names_a_device_or_a_pipe_is_refused(folder):
    os.mkfifo(folder / "pipe.jpg")
    (folder / "link.jpg").symlink_to("/dev/zero")
    labels = folder / "labels.csv"
    labels.write_text("image\n/dev/zero\npipe.jpg\nlink.jpg\nb.jpg\n")
    sources = list(list_sources([labels]))
    for source in sources[:3]:
        with pytest.raises(UserError, match="is a device or a pipe, and a photo was expected"):
            source.read()
    assert sources[3].read() == b"b.jpg"
    assert "pipe.jpg" not in " ".join(names(folder)), "nor is one of a folder read"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names there")
def test_a_pipe_that_the_command_names_is_read_up_to_the_limit(folder, monkeypatch):
    reading, writing = os.pipe()
    os.write(writing, b"a photo")
    os.close(writing)
    (source,) = list_sources([f"/dev/fd/{reading}"])
    assert source.read() == b"a photo"
    os.close(reading)
    monkeypatch.setattr("melanoma.batch.sources.MOST_BYTES", 1000)
    (endless,) = list_sources(["/dev/zero"])
    with pytest.raises(UserError, match="zero is larger than"):
        endless.read()


@pytest.mark.parametrize("name", ["x" * 5000 + ".jpg", "x/" * 3000 + "a.jpg"], ids=["long", "deep"])
def test_a_row_with_a_name_that_no_file_can_have_is_refused(folder, name):
    (folder / "labels.csv").write_text(f"image\n{name}\n")
    (source,) = list_sources([folder / "labels.csv"])
    with pytest.raises(UserError, match="cannot be read|does not exist"):
        source.read()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_table_with_a_nul_byte_is_refused(folder, encoding):
    (folder / "labels.csv").write_bytes("image\na\0b.jpg\n".encode(encoding))
    with pytest.raises(UserError, match="bytes that are no text"):
        names(folder / "labels.csv")
    with pytest.raises(UserError, match="cannot be read"):
        next(iter(list_sources([folder / "a\0b.jpg"]))).read()


ODD = [
    "comma, and “quotes”.jpg",
    "line\nfeed.jpg",
    "\U0001f525.jpg",
    "=1+1.jpg",
    os.fsdecode(b"latin-\xe9.jpg"),
]


def test_odd_names_come_through_every_kind_of_file(melanoma, small_bundle, photos, tmp_path):
    import csv

    import pandas as pd

    folder = tmp_path / "odd"
    folder.mkdir()
    for name in ODD:
        (folder / name).write_bytes((photos / "good 1.png").read_bytes())
    expected = sorted(f"{folder}/{printable(name)}" for name in ODD)
    for ending in ("csv", "json", "jsonl", "parquet"):
        out = tmp_path / f"out.{ending}"
        status, _, complaint = melanoma("predict", folder, "--model", small_bundle, "--out", out)
        assert status == 0, complaint
        if ending == "csv":
            with out.open(newline="", encoding="utf-8") as file:
                found = [row["path"] for row in csv.DictReader(file)]
        elif ending == "parquet":
            found = list(pd.read_parquet(out)["path"])
        else:
            text = out.read_text(encoding="utf-8")
            rows = json.loads(text) if ending == "json" else [json.loads(line) for line in text.splitlines()]
            found = [row["path"] for row in rows]
        assert sorted(found) == expected, ending
    status, printed, _ = melanoma("predict", folder, "--model", small_bundle)
    assert len(printed.splitlines()) == len(ODD)


@pytest.mark.slow("a folder too large for a careless listing")
def test_ten_thousand_files_in_one_folder_are_listed(tmp_path):
    first = tmp_path / "0.jpg"
    first.write_bytes(b"1")
    for number in range(1, 10_000):
        os.symlink(first, tmp_path / f"{number}.jpg")
    assert sum(1 for _ in list_sources([tmp_path])) == 10_000
