"""A file that is written is the old one or the new one, never half of one; and what the package brings."""

import tomllib
from pathlib import Path

import pytest

from melanoma.errors import UserError
from melanoma.files import atomic_write, write_whole


def test_the_old_file_stays_until_the_new_one_is_whole(tmp_path):
    file = tmp_path / "plan.json"
    write_whole(file, "old")
    with atomic_write(file) as unfinished:
        unfinished.write_text("new")
        assert file.read_text() == "old"
    assert file.read_text() == "new"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("stop", [ValueError, KeyboardInterrupt])
def test_the_old_file_stays_if_writing_fails(tmp_path, stop):
    file = tmp_path / "plan.json"
    write_whole(file, "old")
    with pytest.raises(stop), atomic_write(file) as unfinished:
        unfinished.write_text("half")
        raise stop
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_what_a_killed_process_left_is_not_gone_on_with(tmp_path):
    file = tmp_path / "pixels.npy"
    with atomic_write(file) as unfinished:
        left = unfinished
        unfinished.write_text("whole")
    left.write_text("half")  # as a kill within the block leaves it
    with atomic_write(file) as unfinished:
        assert unfinished == left and not unfinished.exists()
        unfinished.write_text("again")
    assert file.read_text() == "again"


def test_the_temporary_name_has_the_ending_that_a_library_asks_for(tmp_path):
    with atomic_write(tmp_path / "checkpoint-001.weights.h5", ending=".weights.h5") as unfinished:
        assert unfinished.name.endswith(".weights.h5")
        assert not unfinished.match("checkpoint-*")  # no run takes it for a checkpoint
        unfinished.touch()


def test_a_folder_that_is_not_there_is_a_sentence(tmp_path):
    with pytest.raises(UserError, match="cannot be written"):
        write_whole(tmp_path / "none" / "plan.json", "text")


def test_the_wheel_holds_every_file_that_the_package_reads():
    root = Path(__file__).parents[1]
    patterns = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"][
        "package-data"
    ]
    held = {
        file
        for package, names in patterns.items()
        for name in names
        for file in root.joinpath(*package.split(".")).glob(name)
    }
    there = {
        file
        for file in (root / "melanoma").rglob("*")
        if file.is_file() and file.suffix not in (".py", ".pyc")
    }
    assert there - held == set()
