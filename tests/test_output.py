"""Output that cannot be written or encoded: one sentence on standard error, exit status 2, no traceback."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PRINTS = """
import sys
from melanoma.errors import exit_on_user_error
from melanoma.output import print_json
with exit_on_user_error():
    for number in range(int(sys.argv[1])):
        print("möle ≥ \U0001f525")
        print_json({"path": "möle \U0001f525"})
"""


def run(lines: int, **more) -> subprocess.CompletedProcess:
    command = [sys.executable, "-c", PRINTS, str(lines)]
    environment = os.environ | more.pop("env", {})
    return subprocess.run(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, **more)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8"])
def test_any_letter_is_printed_in_any_encoding(encoding):
    ended = run(1, stdout=subprocess.PIPE, env={"PYTHONIOENCODING": encoding})
    assert (ended.returncode, ended.stderr) == (0, b"")
    text, line = ended.stdout.decode(encoding).splitlines()
    assert json.loads(line) == {"path": "möle \U0001f525"}
    assert text.endswith("\U0001f525" if encoding == "utf-8" else "\\U0001f525")


@pytest.mark.parametrize(("lines", "unbuffered"), [(1, ""), (10_000, ""), (1, "1")])
def test_a_closed_pipe_ends_with_a_sentence(lines, unbuffered):
    reading, writing = os.pipe()
    os.close(reading)
    ended = run(lines, stdout=writing, env={"PYTHONUNBUFFERED": unbuffered})
    os.close(writing)
    assert ended.returncode == 2
    assert ended.stderr == b"Error: the output cannot be written (Broken pipe). It ends here.\n"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no such device there")
@pytest.mark.parametrize(("lines", "unbuffered"), [(1, ""), (10_000, ""), (1, "1")])
def test_a_full_disk_ends_with_a_sentence(lines, unbuffered):
    with open("/dev/full", "wb") as full:
        ended = run(lines, stdout=full, env={"PYTHONUNBUFFERED": unbuffered})
    assert ended.returncode == 2
    assert ended.stderr == b"Error: the output cannot be written (No space left on device). It ends here.\n"


@pytest.mark.slow("a command in a process of its own")
def test_a_command_with_a_closed_pipe_says_so(tmp_path):
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "melanoma", "--version"]
    ended = subprocess.run(command, cwd=ROOT, stdout=writing, stderr=subprocess.PIPE, text=True)
    os.close(writing)
    assert ended.returncode == 2 and ended.stderr.startswith("Error: the output cannot be written")


@pytest.mark.slow("three commands")
def test_a_name_that_is_too_long_is_a_sentence(melanoma):
    for words in (
        ("predict", "a.jpg", "--model", "x" * 5000),
        ("audit", "--data", "x" * 5000),
        ("triage", "a.jpg", "--out", "x" * 5000 + ".csv"),
    ):
        status, _, complaint = melanoma(*words)
        assert status == 2 and complaint.strip().count("\n") == 0, words
        assert complaint.strip().startswith("Error: "), words
