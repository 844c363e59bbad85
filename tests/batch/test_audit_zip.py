"""An archive is audited like the folder that was packed, and in memory."""

import io
import zipfile

import cv2
import numpy as np
import pytest

from melanoma.batch import audit_zip as module
from melanoma.batch.audit_zip import audit_zip
from melanoma.data.audit.run import audit
from melanoma.data.audit.summary import sentences
from melanoma.errors import UserError


def picture(seed: int) -> bytes:
    noise = np.random.default_rng(seed).integers(0, 256, (10, 10, 3), np.uint8)
    return cv2.imencode(".png", cv2.resize(noise, (80, 80), interpolation=cv2.INTER_CUBIC))[1].tobytes()


def zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


FILES = {
    **{f"Train/melanoma/m{number}.png": picture(number) for number in range(6)},
    **{f"Train/nevus/n{number}.png": picture(10 + number) for number in range(6)},
    "Test/nevus/t.png": picture(0),  # a melanoma's picture, on the other side
    "Train/nevus/broken.png": picture(3)[:60],
    "Train/notes.txt": b"hello",
}


@pytest.mark.parametrize("above", ["", "my set/", "a/b/"])
def test_an_archive_gives_what_its_folder_gives(tmp_path, above):
    for name, content in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    expected = audit(tmp_path)
    found = audit_zip(zipped({above + name: content for name, content in FILES.items()}), "set.zip")
    assert sentences(found) == sentences(expected)
    assert found.table["label"].tolist() == expected.table["label"].tolist()
    assert found.leaks == expected.leaks and found.leaks[0].pictures == 1
    assert {problem.kind for problem in found.problems} == {"unreadable", "not an image"}


def test_bad_archives_get_a_sentence(monkeypatch):
    with pytest.raises(UserError, match="damaged zip"):
        audit_zip(b"no zip", "set.zip")
    with pytest.raises(UserError, match="holds no photos"):
        audit_zip(zipped({"a/readme.txt": b"1"}), "set.zip")
    monkeypatch.setattr(module, "MOST_FILES", 3)
    with pytest.raises(UserError, match="more than 3 files"):
        audit_zip(zipped({f"a/{number}.jpg": b"1" for number in range(4)}), "set.zip")


def test_one_class_and_names_that_climb_are_read_in_memory(tmp_path, monkeypatch):
    (tmp_path / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "a" / "b")
    found = audit_zip(zipped({"../../x/one.png": picture(1), "../../x/two.png": picture(2)}), "set.zip")
    assert found.table["readable"].all() and found.table["label"].nunique() == 1
    assert [path.name for path in tmp_path.rglob("*")] == ["a", "b"], "something was written"
