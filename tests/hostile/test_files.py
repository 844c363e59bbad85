"""Files from strangers: a picture or one sentence comes of them, soon and in little memory."""

import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from benchmarks.hostile.images import judge
from benchmarks.hostile.mutations import mutated
from benchmarks.hostile.originals import encoded, original_files
from melanoma.errors import UserError
from melanoma.photos.reading import MAX_SIDE, read_image

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")
FILES = original_files()
PLAIN = [name for name in FILES if "-" not in name]
SLOW_MACHINE = settings(max_examples=150, deadline=None)


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def with_offsets_of_kind(kind: int) -> bytes:
    """Return the plain TIFF whose strips' places are of another kind: 2 text, 11 fractions."""
    content = bytearray(FILES["tiff"])
    directory = struct.unpack_from("<I", content, 4)[0]
    entries = struct.unpack_from("<H", content, directory)[0]
    places = [directory + 2 + 12 * entry for entry in range(entries)]
    place = next(place for place in places if struct.unpack_from("<H", content, place)[0] == 273)
    struct.pack_into("<HI", content, place + 2, kind, 1)
    return bytes(content)


@pytest.mark.parametrize("name", FILES)
def test_every_original_is_read(name):
    pixels = read_image(FILES[name])
    assert pixels.dtype == np.uint8 and pixels.shape[2] == 3 and min(pixels.shape[:2]) >= 64


def test_a_number_makes_one_file_always_the_same_and_each_another():
    made = [mutated(FILES, number)[1] for number in range(200)]
    assert made == [mutated(FILES, number)[1] for number in range(200)]
    assert len(set(made)) > 190


@pytest.mark.parametrize(
    "start",
    [0, *(pytest.param(start, marks=pytest.mark.slow("more of them")) for start in (1000, 2000, 3000))],
)
def test_damaged_files_are_read_or_refused(start):
    outcomes = [judge(mutated(FILES, number)[1])[0] for number in range(start, start + 1000)]
    assert set(outcomes) == {"read", "refused"}


@pytest.mark.slow("fills 430 MB to see that it is noticed")
def test_the_judge_of_damaged_files_sees_a_defect(monkeypatch):
    monkeypatch.setattr("benchmarks.hostile.images.read_image", lambda content, name: 1 / 0)
    assert judge(b"")[0] == "ZeroDivisionError: division by zero"
    monkeypatch.setattr(
        "benchmarks.hostile.images.read_image", lambda content, name: np.ones((12000, 12000, 3), np.uint8)
    )
    assert judge(b"")[0].startswith("grew by")


@SLOW_MACHINE
@given(st.sampled_from(PLAIN), st.integers(0, 400), st.binary(max_size=300))
def test_any_bytes_after_a_sound_beginning(name, kept, rest):
    assert judge(FILES[name][:kept] + rest)[0] in ("read", "refused")


@SLOW_MACHINE
@given(st.sampled_from(sorted(FILES)), st.integers(0, 2000), st.binary(min_size=1, max_size=8))
def test_any_bytes_in_the_middle(name, at, bytes_):
    content = FILES[name]
    at %= len(content)
    assert judge(content[:at] + bytes_ + content[at + len(bytes_) :])[0] in ("read", "refused")


@pytest.mark.parametrize("kind", [2, 11])
def test_found_by_damaging_files_offsets_that_are_no_numbers(kind):
    with pytest.raises(UserError, match="damaged or cut off"):
        read_image(with_offsets_of_kind(kind), "mole.tif")


def test_found_by_damaging_files_an_animation_whose_clock_has_no_ticks():
    content = FILES["avif-animated"]
    box = content.index(b"mdhd")
    ticks = box + 8 + (16 if content[box + 4] else 8)  # after two moments of 8 or 4 bytes
    assert int.from_bytes(content[ticks : ticks + 4], "big") > 0
    with pytest.raises(UserError, match="damaged or cut off"):
        read_image(content[:ticks] + bytes(4) + content[ticks + 4 :], "mole.avif")


def test_a_file_that_unpacks_to_far_more_is_refused_before_it_is_unpacked():
    header = struct.pack(">IIBBBBB", 30000, 30000, 8, 2, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", bytes(1000)) + chunk(b"IEND", b"")
    outcome, seconds, growth = judge(bomb)
    assert outcome == "refused" and seconds < 0.1 and growth < 10


@pytest.mark.slow("packs 200 MB")
def test_a_profile_that_unpacks_to_far_more_is_not_unpacked():
    profile = zlib.compress(bytes(200_000_000), 9)
    content = FILES["png"]
    bomb = content[:33] + chunk(b"iCCP", b"x\0\0" + profile) + content[33:]
    outcome, seconds, growth = judge(bomb)
    assert outcome in ("read", "refused") and seconds < 1 and growth < 60


def test_a_strip_is_no_photo():
    strip = encoded(Image.new("1", (64, MAX_SIDE + 1)), "PNG")
    with pytest.raises(UserError, match="too many"):
        read_image(strip, "strip.png")


@pytest.mark.parametrize("turned", range(1, 9))
def test_every_orientation_stands_upright_as_pillow_turns_it(turned):
    from PIL import ImageOps

    exif = Image.Exif()
    exif[0x0112] = turned
    stored = Image.fromarray(np.random.default_rng(1).integers(0, 256, (70, 90, 3), dtype=np.uint8))
    content = encoded(stored, "PNG", exif=exif.tobytes())
    stored.getexif()[0x0112] = turned
    assert np.array_equal(read_image(content), np.asarray(ImageOps.exif_transpose(stored)))


@pytest.mark.parametrize("name", ["png-clear", "png-palette", "png-deep", "jpeg-metadata", "tiff-floating"])
def test_bands_make_the_picture_that_one_piece_makes(name, monkeypatch):
    whole = read_image(FILES[name])
    monkeypatch.setattr("melanoma.photos.colour._BAND", 700)
    assert np.array_equal(read_image(FILES[name]), whole)
