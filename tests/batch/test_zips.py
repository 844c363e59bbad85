"""Zip archives from strangers: bombs, nested and damaged ones, odd names."""

import io
import zipfile

import pytest

from melanoma.batch import zips
from melanoma.batch.zips import is_zip, photos_in_zip, photos_in_zip_file
from melanoma.errors import UserError
from melanoma.photos.recognition import PassedOver


def zipped(files: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return written.getvalue()


def test_photos_come_in_the_order_of_their_names_with_their_bytes():
    found = photos_in_zip(zipped({"b/2.JPG": b"two", "a/1.png": b"one", "c.heic": b"three"}), "day.zip")
    assert [(source.name, source.read()) for source in found] == [
        ("a/1.png", b"one"),
        ("b/2.JPG", b"two"),
        ("c.heic", b"three"),
    ]


def test_what_systems_add_is_left_out_and_other_files_are_named():
    files = {
        "a.jpg": b"1",
        "__MACOSX/._a.jpg": b"x",
        "b/Thumbs.db": b"x",
        ".DS_Store": b"x",
        "notes.txt": b"x",
    }
    passed_over = PassedOver()
    found = photos_in_zip(zipped(files), "day.zip", passed_over=passed_over)
    assert [source.name for source in found] == ["a.jpg"]
    assert passed_over.names == [
        f"day.zip/{name}" for name in (".DS_Store", "__MACOSX/._a.jpg", "b/Thumbs.db", "notes.txt")
    ]


def test_photos_in_an_archive_are_known_by_their_content():
    jpeg = b"\xff\xd8\xff\xe0" + bytes(300)
    files = {
        "IMG_1": jpeg,
        "a.JFIF": jpeg,
        "b.dat": jpeg,
        "c.txt": b"text",
        "._d.jpg": b"\0\5\x16\7" + bytes(80),
    }
    passed_over = PassedOver()
    found = photos_in_zip(zipped(files), "day.zip", passed_over=passed_over)
    assert [(source.name, source.read()) for source in found] == [
        (name, jpeg) for name in ("IMG_1", "a.JFIF", "b.dat")
    ]
    assert passed_over.names == ["day.zip/._d.jpg", "day.zip/c.txt"]


def test_a_path_that_climbs_out_is_a_name_and_nothing_else(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = photos_in_zip(zipped({"../../evil.jpg": b"1", "/etc/evil.jpg": b"2"}), "day.zip")
    assert sorted(source.read() for source in found) == [b"1", b"2"]
    assert not list(tmp_path.rglob("*"))


def test_a_bomb_is_not_opened():
    bomb = zipped({"big.png": bytes(19 * 1024**2), "a.png": b"1"})
    assert len(bomb) < 40_000
    named = {source.name: source for source in photos_in_zip(bomb, "day.zip")}
    with pytest.raises(UserError, match="big.png unpacks to far more"):
        named["big.png"].read()
    assert named["a.png"].read() == b"1"


def test_a_size_that_lies_is_found_while_reading(monkeypatch):
    monkeypatch.setattr(zips, "MAX_BYTES", 1000)
    content = bytearray(zipped({"a.png": bytes(range(256)) * 20}, zipfile.ZIP_STORED))
    directory = content.index(b"PK\x01\x02")
    content[directory + 24 : directory + 28] = (900).to_bytes(
        4, "little"
    )  # the size that the directory claims
    with pytest.raises(UserError, match=r"a\.png (unpacks to far more|is damaged)"):
        photos_in_zip(bytes(content), "day.zip")[0].read()


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
@pytest.mark.parametrize("on_disk", [False, True])
def test_what_cannot_be_unpacked_in_pieces_is_not_opened(method, on_disk, tmp_path, monkeypatch):
    content = zipped({"bomb.jpg": bytes(10**6), "a.jpg": b"1"}, method)
    size = content.index(b"PK\x01\x02") + 24
    lies = content[:size] + (1000).to_bytes(4, "little") + content[size + 4 :]  # of what it unpacks to
    (tmp_path / "day.zip").write_bytes(lies)
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *_: pytest.fail("it was opened"))
    found = photos_in_zip_file(tmp_path / "day.zip", "day.zip") if on_disk else photos_in_zip(lies, "day.zip")
    assert len(found) == 2
    for source in found:
        with pytest.raises(UserError, match=r"(bomb|a)\.jpg is packed in a way that is not opened"):
            source.read()


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("on_disk", [False, True])
def test_files_of_one_name_are_each_read(on_disk, tmp_path):
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name, content in (("b", b"1"), ("a", b"2"), ("a [2]", b"3"), ("a", b"4"), ("a", b"5")):
            archive.writestr(f"{name}.jpg", content)
    (tmp_path / "day.zip").write_bytes(written.getvalue())
    if on_disk:
        found = photos_in_zip_file(tmp_path / "day.zip", "day.zip")
    else:
        found = photos_in_zip(written.getvalue(), "day.zip")
    read = {source.name.removeprefix("day.zip/"): source.read() for source in found}
    assert read == {
        "a.jpg": b"2",
        "a [3].jpg": b"4",
        "a [4].jpg": b"5",
        "a [2].jpg": b"3",
        "b.jpg": b"1",
    }


def test_an_archive_in_the_archive_and_an_encrypted_file_are_refused():
    content = bytearray(zipped({"a.jpg": b"secret", "inner.zip": zipped({"b.jpg": b"1"})}))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + offset] |= 1
    named = {source.name: source for source in photos_in_zip(bytes(content), "day.zip")}
    with pytest.raises(UserError, match="a.jpg is encrypted"):
        named["a.jpg"].read()
    with pytest.raises(UserError, match="inner.zip is an archive within the archive"):
        named["inner.zip"].read()


def test_a_damaged_member_costs_only_itself():
    content = bytearray(zipped({"a.jpg": b"first" * 50, "b.jpg": b"second"}, zipfile.ZIP_STORED))
    content[content.index(b"firstfirst")] ^= 0xFF
    named = {source.name: source for source in photos_in_zip(bytes(content), "day.zip")}
    with pytest.raises(UserError, match="a.jpg is damaged in the archive"):
        named["a.jpg"].read()
    assert named["b.jpg"].read() == b"second"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (zipped({"a.jpg": b"1"})[:-10], "is a damaged zip archive"),
        (zipped({}), "holds no photos"),
        (zipped({"notes.txt": b"x"}), "holds no photos"),
    ],
)
def test_archives_without_use_get_a_sentence(content, sentence):
    with pytest.raises(UserError, match=f"day.zip {sentence}"):
        photos_in_zip(content, "day.zip")


def test_too_many_files_or_bytes_are_refused(monkeypatch):
    with pytest.raises(UserError, match="more than 3 files"):
        photos_in_zip(zipped({f"{number}.jpg": b"1" for number in range(4)}), "day.zip", most=3)
    with pytest.raises(UserError, match="more than 3 files"):  # even before the directory is read
        photos_in_zip(zipped({f"{number}.jpg": b"1" for number in range(40)}), "day.zip", most=3)
    monkeypatch.setattr(zips, "MOST_UNPACKED", 10)
    with pytest.raises(UserError, match="would unpack to more"):
        photos_in_zip(zipped({"1.jpg": b"1" * 11}), "day.zip")


def test_a_zip_is_known_by_its_content():
    assert is_zip(zipped({"a.jpg": b"1"}))
    assert not is_zip(b"\xff\xd8\xff\xe0 a JPEG")
    assert not is_zip(b"")
