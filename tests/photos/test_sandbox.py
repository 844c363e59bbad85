"""Decoding in a process of its own: the same pixels, and nothing that happens there reaches the page."""

import io
import os
import struct
import sys
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.hostile.originals import original_files
from melanoma.errors import UserError
from melanoma.photos.reading import read_image
from melanoma.photos.sandbox import Decoder, DecoderPool
from melanoma.phrases import english

FILES = original_files()
COUNT_AND_ANSWER = (
    "import sys,json; line=sys.stdin.buffer.readline(); sys.stdin.buffer.read(json.loads(line)['bytes']);"
)


@pytest.fixture
def decoder():
    made = Decoder()
    yield made
    made.close()


def endless_png() -> bytes:
    """Return a sound PNG with a million and a half empty chunks: Pillow walks through them one by one."""
    empty = struct.pack(">I", 0) + b"abCd" + struct.pack(">I", zlib.crc32(b"abCd"))
    content = FILES["png"]
    return content[:33] + empty * 1_600_000 + content[33:]


@pytest.mark.parametrize("name", ["jpeg-metadata", "png-clear", "tiff-deep", "heif"])
def test_the_pixels_are_those_of_the_page_s_own_process(decoder, name):
    assert np.array_equal(decoder.read(FILES[name], "a"), read_image(FILES[name]))


def test_a_refusal_is_the_same_sentence_and_the_process_stays(decoder):
    decoder.read(FILES["jpeg"], "a")
    process = decoder._process.pid
    with pytest.raises(UserError, match="^möle.jpg is not a picture that can be read"):
        decoder.read(b"a text", "möle.jpg")
    assert decoder._process.pid == process
    assert decoder.read(FILES["jpeg"], "a").shape == (72, 96, 3)


@pytest.mark.parametrize("side", [40, 7000])
def test_a_refusal_comes_with_what_another_language_needs(decoder, side):
    stream = io.BytesIO()
    Image.new("1", (side, side)).save(stream, "PNG")
    with pytest.raises(UserError) as here:
        read_image(stream.getvalue(), "{möle}.png")
    with pytest.raises(UserError) as there:
        decoder.read(stream.getvalue(), "{möle}.png")
    assert str(there.value) == str(here.value)
    assert there.value.said(in_brackets) == here.value.said(in_brackets)
    assert there.value.said(in_brackets).startswith("[{möle}.png ")


def in_brackets(phrase: str, **values: object) -> str:
    """Stand for another language: shows where one sentence lies within another."""
    return f"[{english(phrase, **values)}]"


@pytest.mark.skipif(sys.platform == "win32", reason="no limit of the processor's time there")
@pytest.mark.slow("uses up a decoder")
def test_a_photo_that_takes_too_long_is_given_up_and_the_next_is_read():
    decoder = Decoder(most_cpu=0.5)  # a fast machine reads the endless one in less than the page's limit
    with pytest.raises(UserError, match="took too long"):
        decoder.read(endless_png(), "slow.png")
    assert decoder.read(FILES["jpeg"], "a").shape == (72, 96, 3)
    decoder.close()


@pytest.mark.parametrize(
    "what",
    [
        "import time; time.sleep(60)",
        COUNT_AND_ANSWER + "import os; os.abort()",
        COUNT_AND_ANSWER + """print('{"error": {"template": "{0:9999999999}", "values": {}}}', flush=True)""",
        COUNT_AND_ANSWER + "print('{\"height\": 100, \"width\": 100}', flush=True); print('too little')",
        "",
    ],
    ids=["hangs", "dies", "answers a template of its own", "answers half", "is not there"],
)
def test_a_process_that_fails_costs_one_photo(what):
    decoder = Decoder([sys.executable, "-c", what], most_seconds=2.0)
    began = time.monotonic()
    with pytest.raises(UserError, match="^mole.jpg took too long or too much memory"):
        decoder.read(FILES["jpeg"], "mole.jpg")
    assert time.monotonic() - began < 50, "it was waited for"
    decoder.close()


def test_a_server_without_memory_for_the_pixels_reads_the_next_photo(decoder, monkeypatch):
    with monkeypatch.context() as short, pytest.raises(MemoryError):
        short.setattr("melanoma.photos.sandbox.np.empty", lambda *_: bytearray(10**18))
        decoder.read(FILES["jpeg-metadata"], "a")
    assert np.array_equal(decoder.read(FILES["png-clear"], "a"), read_image(FILES["png-clear"]))


def test_who_waits_too_long_is_told_so():
    decoder = Decoder([sys.executable, "-c", "import time; time.sleep(60)"], most_seconds=1.0)
    with ThreadPoolExecutor(3) as pool:
        asked = [pool.submit(decoder.read, FILES["jpeg"], str(number)) for number in range(3)]
    sentences = [str(one.exception()) for one in asked]
    assert all(isinstance(one.exception(), UserError) for one in asked)
    assert any("Too many photos" in sentence for sentence in sentences)
    decoder.close()


def test_many_threads_get_their_own_pixels(decoder):
    expected = {name: read_image(content) for name, content in FILES.items()}
    names = list(FILES) * 3
    with ThreadPoolExecutor(8) as pool:
        read = list(pool.map(lambda name: decoder.read(FILES[name], name), names))
    assert all(np.array_equal(pixels, expected[name]) for name, pixels in zip(names, read, strict=True))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the limits are Linux's")
def test_the_process_may_write_nothing_and_hold_little(decoder):
    decoder.read(FILES["jpeg"], "a")
    limits = dict(
        (line[:25].strip(), line[26:].split()[0])
        for line in Path(f"/proc/{decoder._process.pid}/limits").read_text(encoding="ascii").splitlines()
    )
    assert limits["Max file size"] == "0" and limits["Max core file size"] == "0"
    assert int(limits["Max data size"]) < 2_000_000_000


def test_it_ends_with_its_owner():
    import subprocess

    script = (
        "from melanoma.photos.sandbox import Decoder;"
        "from benchmarks.hostile.originals import original_files;"
        "d = Decoder(); d.read(original_files()['jpeg'], 'a'); print(d._process.pid, flush=True);"
        "import os; os.kill(os.getpid(), 9)"
    )
    owner = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    orphan = int(owner.stdout)
    deadline = time.monotonic() + 10
    while os.path.exists(f"/proc/{orphan}") and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not os.path.exists(f"/proc/{orphan}")


def test_facts_and_dicom_objects_come_from_there_as_from_here(decoder):
    pytest.importorskip("pydicom")
    from benchmarks.hostile.laborious import dicom_of_elements
    from melanoma.photos.dicom import read_dicom
    from melanoma.photos.facts import file_facts

    for name in ("jpeg-metadata", "png-animated", "tiff-deep"):
        assert decoder.facts(FILES[name], "a") == file_facts(FILES[name])
    assert decoder.facts(FILES["jpeg-metadata"], "a").has_position
    assert decoder.facts(FILES["png-animated"], "a").pictures == 2
    content = dicom_of_elements(10)
    here, there = read_dicom(content, "a"), decoder.dicom(content, "a")
    assert (there.frames, there.identifying, there.sop_instance_uid) == (1, ("PatientName",), "1.2.3.4.5")
    assert np.array_equal(there.frame(0), here.frame(0))
    with pytest.raises(UserError, match=r"^a\.dcm is not a DICOM file"):
        decoder.dicom(b"no" * 500, "a.dcm")


def test_a_pool_gives_up_a_list_of_files_that_take_too_long(monkeypatch):
    made = iter([Decoder([sys.executable, "-c", "import time; time.sleep(60)"], most_seconds=0.4), Decoder()])
    monkeypatch.setattr("melanoma.photos.sandbox.Decoder", lambda: next(made))
    with DecoderPool(2, most_wasted=0.6) as pool:
        decoders = list(pool._decoders)
        assert pool.read(FILES["jpeg"], "a").shape == (72, 96, 3)  # by the other one
        pool._free.get()
        for _ in range(2):
            with pytest.raises(UserError, match="took too long"):
                pool.read(FILES["jpeg"], "a")
        with pytest.raises(UserError, match="^b was not opened: other files of this list"):
            pool.read(FILES["jpeg"], "b")
        assert decoders[1]._process.pid is not None
    assert [one._process.pid for one in decoders] == [None, None], "the pool ends its processes"
