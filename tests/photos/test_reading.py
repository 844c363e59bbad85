"""Decoding: what is read, and what is refused."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from melanoma.edits.drawn_lesions import draw_lesion
from melanoma.errors import UserError
from melanoma.photos.reading import read_image

PICTURE = draw_lesion(height=90, width=120, seed=1).image


def encoded(kind: str, picture: Image.Image | None = None, **options) -> bytes:
    stream = io.BytesIO()
    (picture or Image.fromarray(PICTURE)).save(stream, kind, **options)
    return stream.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "BMP", "HEIF", "AVIF"])
def test_every_accepted_kind_is_read(kind):
    read = read_image(encoded(kind))
    assert read.shape == PICTURE.shape and read.dtype == np.uint8
    assert np.abs(read.astype(int) - PICTURE).mean() < 6


def test_exif_orientation_is_applied():
    exif = Image.Exif()
    exif[0x0112] = 6  # shown after a quarter turn clockwise
    read = read_image(encoded("PNG", exif=exif.tobytes()))
    assert np.array_equal(read, np.rot90(PICTURE, -1))


def test_odd_modes_become_rgb():
    clear = Image.fromarray(np.dstack([PICTURE, np.zeros((90, 120), np.uint8)]))
    assert (read_image(encoded("PNG", clear)) == 255).all()
    deep = Image.fromarray(np.full((90, 120), 32896, np.uint16))
    assert (read_image(encoded("PNG", deep)) == 128).all()
    assert read_image(encoded("PNG", Image.fromarray(PICTURE).convert("L"))).shape == PICTURE.shape
    assert np.abs(read_image(encoded("JPEG", Image.new("CMYK", (80, 80)))) - 255.0).max() < 3
    palette = Image.fromarray(PICTURE).convert("P", palette=Image.Palette.ADAPTIVE)
    assert np.array_equal(read_image(encoded("PNG", palette)), np.asarray(palette.convert("RGB")))


def test_an_animation_gives_its_first_frame():
    first, second = Image.new("RGB", (80, 80), "red"), Image.new("RGB", (80, 80), "blue")
    read = read_image(encoded("PNG", first, save_all=True, append_images=[second]))
    assert (read == (255, 0, 0)).all()


def huge_png() -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", b"\0" * 1_000_000) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"hello, I am a text", "not a picture that can be read"),
        (encoded("GIF"), "not a picture that can be read"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a picture that can be read"),
        (b"%PDF-1.7\n", "not a picture that can be read"),
        (huge_png(), "pixels"),
        (b"\xff" * (20 * 1024 * 1024 + 1), "larger than 20 MB"),
        (encoded("PNG", Image.new("RGB", (200, 63))), "only 200 x 63"),
        *[
            (encoded(kind)[: len(encoded(kind)) // 2], "damaged or cut off|can be read")
            for kind in ("JPEG", "PNG", "TIFF", "WEBP", "HEIF", "AVIF")
        ],
    ],
)
def test_what_cannot_be_used_gets_a_sentence_with_its_name(content, sentence):
    with pytest.raises(UserError, match=sentence) as caught:
        read_image(content, "mole.jpg")
    assert str(caught.value).startswith("mole.jpg") and str(caught.value).endswith(".")


def test_missing_files_and_folders_get_a_sentence(tmp_path):
    with pytest.raises(UserError, match="does not exist"):
        read_image(tmp_path / "none.jpg")
    with pytest.raises(UserError, match="is a folder"):
        read_image(tmp_path)


def floating(low: float, high: float) -> bytes:
    """Return a TIFF of floating values, a ramp from black to white."""
    return encoded("TIFF", Image.fromarray(np.tile(np.linspace(low, high, 128, dtype=np.float32), (96, 1))))


@pytest.mark.parametrize("white", [1, 255, 4095, 65535])
@pytest.mark.parametrize("overshoot", [0.8, 1, 1.02, 1.3])
def test_floating_values_are_scaled_by_the_white_that_they_reach(white, overshoot):
    read = read_image(floating(-0.02 * white, overshoot * white))
    expected = np.clip(np.rint(255 * np.linspace(-0.02, overshoot, 128)), 0, 255)
    assert np.abs(read[0, :, 0].astype(int) - expected).max() <= 1


@pytest.mark.parametrize(("low", "high"), [(0, 3), (0, 40), (0, 600), (0, 1e6), (-1, 1), (-2.1, 2.6)])
def test_floating_values_without_a_white_get_a_sentence(low, high):
    with pytest.raises(
        UserError, match=r"mole\.tif holds numbers from .* nothing says which of them is white"
    ):
        read_image(floating(low, high), "mole.tif")


def test_values_that_are_no_numbers_do_not_count():
    values = np.tile(np.linspace(0, 1, 128, dtype=np.float32), (96, 1))
    values[0, :3] = np.nan, np.inf, -np.inf
    read = read_image(encoded("TIFF", Image.fromarray(values)))
    assert read[0, :3, 0].tolist() == [0, 255, 0] and read[1, -1, 0] == 255


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_fewer_bits_in_16_are_as_light_as_16(bits, kind):
    levels = np.rint(np.linspace(0, 2**bits - 1, 128)).astype(np.uint16)
    read = read_image(encoded(kind, Image.fromarray(np.tile(levels, (96, 1)))))
    assert np.abs(read[0, :, 0].astype(int) - np.linspace(0, 255, 128)).max() <= 1


def colours_of_16_bits(bits: int) -> bytes:
    """Return a PNG of 16 bits a channel, which Pillow does not write, whose values use the lower `bits`."""
    row = np.rint(np.linspace(0, 2**bits - 1, 64 * 3)).astype(">u2").tobytes()
    header = struct.pack(">IIBBBBB", 64, 64, 16, 2, 0, 0, 0)
    body = b"".join(
        struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        for name, content in (
            (b"IHDR", header),
            (b"IDAT", zlib.compress((b"\0" + row) * 64)),
            (b"IEND", b""),
        )
    )
    return b"\x89PNG\r\n\x1a\n" + body


def test_colours_of_12_bits_in_16_get_a_sentence_and_16_are_read():
    assert np.abs(read_image(colours_of_16_bits(16))[0].ravel() - np.linspace(0, 255, 192)).max() <= 1
    with pytest.raises(UserError, match="holds numbers from 0 to 4095, and nothing says which"):
        read_image(colours_of_16_bits(12))


def test_a_camera_s_raw_file_is_not_read_as_its_preview():
    """DNG, NEF and the like are TIFF files whose first picture is a small copy."""
    for tags in ({254: 1}, {50706: b"\1\4\0\0"}):
        with pytest.raises(UserError, match="a camera's raw file"):
            read_image(encoded("TIFF", tiffinfo=tags), "mole.dng")
