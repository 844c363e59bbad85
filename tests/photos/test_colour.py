"""One drawing in many colour spaces: all are read as the same sRGB pixels, or refused with a sentence.

The drawing is converted here by the formulas of the standards, and not by the code that is tested.
"""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from melanoma.edits.drawn_lesions import MELANOMA_LIKE, draw_lesion
from melanoma.errors import UserError
from melanoma.photos.colour_spaces import ADOBE_RGB, DISPLAY_P3, ROMM_RGB, coded_space
from melanoma.photos.reading import read_image

SRGB = draw_lesion(MELANOMA_LIKE, 80, 112, seed=3).image
D65 = np.array([0.3127, 0.3290])
P3 = [[0.680, 0.320], [0.265, 0.690], [0.150, 0.060], D65]
ADOBE = [[0.64, 0.33], [0.21, 0.71], [0.15, 0.06], D65]
BT2020 = [[0.708, 0.292], [0.170, 0.797], [0.131, 0.046], D65]
BT709 = [[0.64, 0.33], [0.30, 0.60], [0.15, 0.06], D65]
PROPHOTO = [[0.7347, 0.2653], [0.1596, 0.8404], [0.0366, 0.0001], [0.3457, 0.3585]]


def matrix_of(points) -> np.ndarray:
    """Return linear RGB -> XYZ for chromaticities of red, green, blue and white (Lindbloom's formula)."""
    xyz = np.array([[x / y, 1.0, (1 - x - y) / y] for x, y in points]).T
    return xyz[:, :3] * np.linalg.solve(xyz[:, :3], xyz[:, 3])


def to_srgb_curve(light: np.ndarray) -> np.ndarray:
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * np.maximum(light, 0) ** (1 / 2.4) - 0.055)


def to_bt709_curve(light: np.ndarray) -> np.ndarray:
    return np.where(light < 0.018, 4.5 * light, 1.099 * np.maximum(light, 0) ** 0.45 - 0.099)


def power(exponent: float):
    return lambda light: np.maximum(light, 0) ** exponent


def drawing_in(points, curve) -> np.ndarray:
    """Return the drawing in another space of the same white, or of D50, uint8 (H, W, 3)."""
    x = SRGB / 255
    light = np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4)
    xyz = light @ matrix_of(BT709).T
    if not np.allclose(points[3], D65):
        # Bradford from D65 to D50, as Lindbloom's table has it.
        xyz = (
            xyz
            @ np.array(
                [
                    [1.0478112, 0.0228866, -0.0501270],
                    [0.0295424, 0.9904844, -0.0170491],
                    [-0.0092345, 0.0150436, 0.7521316],
                ]
            ).T
        )
    there = xyz @ np.linalg.inv(matrix_of(points)).T
    return np.clip(np.rint(255 * curve(np.clip(there, 0, 1))), 0, 255).astype(np.uint8)


def saved(pixels: np.ndarray | Image.Image, kind: str, **options) -> bytes:
    stream = io.BytesIO()
    picture = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    picture.save(stream, kind, **options)
    return stream.getvalue()


def png_with(pixels: np.ndarray | Image.Image, **chunks: bytes) -> bytes:
    """Return a PNG with further chunks behind its header."""
    plain = saved(pixels, "PNG")
    more = b"".join(
        struct.pack(">I", len(body))
        + name.encode()
        + body
        + struct.pack(">I", zlib.crc32(name.encode() + body))
        for name, body in chunks.items()
    )
    return plain[:33] + more + plain[33:]


def chrm(points) -> bytes:
    red, green, blue, white = points
    return struct.pack(
        ">8I", *(round(100000 * value) for point in (white, red, green, blue) for value in point)
    )


def avif_with(pixels: np.ndarray, primaries: int, transfer: int) -> bytes:
    """Return an AVIF with other code points than Pillow's 1 and 13."""
    plain = saved(pixels, "AVIF", quality=100, subsampling="4:4:4", speed=9)
    assert plain.count(b"colrnclx\0\1\0\r") == 1
    return plain.replace(b"colrnclx\0\1\0\r", b"colrnclx" + struct.pack(">HH", primaries, transfer))


def heic_with(pixels: np.ndarray, primaries: int, transfer: int) -> bytes:
    codes = {"color_primaries": primaries, "transfer_characteristics": transfer}
    return saved(pixels, "HEIF", quality=100, chroma=444, **codes, matrix_coefficients=6, full_range_flag=1)


def adobe_exif(index: str = "R03", space: int = 0xFFFF) -> bytes:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0xA001] = space
    if index:
        exif.get_ifd(0x8769)[0xA005] = {1: index}
    return exif.tobytes()


def with_alpha(pixels: np.ndarray) -> np.ndarray:
    return np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])


def bmp_calibrated(pixels: np.ndarray, points, gamma: float) -> bytes:
    """Return a BMP of version 4 that states endpoints and gamma."""
    height, width = pixels.shape[:2]
    numbers = [round(2**30 * value) for column in matrix_of(points).T for value in column]
    info = struct.pack("<IiiHHIIiiII", 108, width, height, 1, 24, 0, 0, 2835, 2835, 0, 0) + bytes(16)
    info += bytes(4) + struct.pack("<9I3I", *numbers, *[round(65536 * gamma)] * 3)
    body = pixels[::-1, :, ::-1].tobytes()  # 3 x 224 bytes a row: no padding
    return struct.pack("<2sIHHI", b"BM", 14 + 108 + len(body), 0, 0, 14 + 108) + info + body


def bmp_with_profile(pixels: np.ndarray, profile: bytes) -> bytes:
    height, width = pixels.shape[:2]
    body = pixels[::-1, :, ::-1].tobytes()
    info = struct.pack("<IiiHHIIiiII", 124, width, height, 1, 24, 0, 0, 2835, 2835, 0, 0) + bytes(16)
    info += b"DEBM" + bytes(48) + struct.pack("<IIII", 4, 124 + len(body), len(profile), 0)
    begin = 14 + 124
    return (
        struct.pack("<2sIHHI", b"BM", begin + len(body) + len(profile), 0, 0, begin) + info + body + profile
    )


IN_P3 = drawing_in(P3, to_srgb_curve)
IN_ADOBE = drawing_in(ADOBE, power(256 / 563))
IN_BT2020 = drawing_in(BT2020, to_bt709_curve)
IN_PROPHOTO = drawing_in(PROPHOTO, power(1 / 1.8))
P3_ICC, ADOBE_ICC, ROMM_ICC = (space.icc_profile() for space in (DISPLAY_P3, ADOBE_RGB, ROMM_RGB))
BT2020_ICC = coded_space(9, 1).icc_profile()

LOSSLESS = {
    "ICC in RGB": saved(IN_P3, "PNG", icc_profile=P3_ICC),
    "ICC in RGBA": saved(with_alpha(IN_P3), "PNG", icc_profile=P3_ICC),
    "ICC of Adobe RGB in TIFF": saved(IN_ADOBE, "TIFF", icc_profile=ADOBE_ICC),
    "ICC of ProPhoto in RGBA": saved(with_alpha(IN_PROPHOTO), "PNG", icc_profile=ROMM_ICC),
    "ICC of BT.2020 in WebP": saved(IN_BT2020, "WEBP", lossless=True, icc_profile=BT2020_ICC),
    "cICP of P3": png_with(IN_P3, cICP=bytes([12, 13, 0, 1])),
    "cICP of BT.2020": png_with(IN_BT2020, cICP=bytes([9, 1, 0, 1])),
    "cICP before a wrong gamma": png_with(IN_P3, cICP=bytes([12, 13, 0, 1]), gAMA=struct.pack(">I", 100000)),
    "gAMA of linear light": png_with(drawing_in(BT709, power(1)), gAMA=struct.pack(">I", 100000)),
    "gAMA and cHRM of Adobe RGB": png_with(IN_ADOBE, gAMA=struct.pack(">I", 45471), cHRM=chrm(ADOBE)),
    "cHRM alone": png_with(IN_P3, cHRM=chrm(P3)),
    "gAMA in RGBA": png_with(with_alpha(drawing_in(BT709, power(1 / 1.8))), gAMA=struct.pack(">I", 55556)),
    "sRGB before gAMA": png_with(SRGB, sRGB=b"\0", gAMA=struct.pack(">I", 100000)),
    "gAMA that stands for sRGB": png_with(SRGB, gAMA=struct.pack(">I", 45455)),
    "primaries in TIFF": saved(IN_P3, "TIFF", tiffinfo={318: tuple(D65), 319: tuple(np.ravel(P3[:3]))}),
    "EXIF R03 in PNG": saved(IN_ADOBE, "PNG", exif=adobe_exif()),
    "EXIF colour space 2": saved(IN_ADOBE, "PNG", exif=adobe_exif("", 2)),
    "EXIF R98 is sRGB": saved(SRGB, "PNG", exif=adobe_exif("R98", 1)),
    "BMP with endpoints": bmp_calibrated(IN_ADOBE, ADOBE, 563 / 256),
    "BMP with a profile": bmp_with_profile(IN_P3, P3_ICC),
    "nothing stated": saved(SRGB, "PNG"),
    "a damaged profile": saved(SRGB, "PNG", icc_profile=b"no profile at all"),
}
LOSSY = {
    "nclx of P3 in HEIC": heic_with(IN_P3, 12, 13),
    "nclx of BT.2020 in HEIC": heic_with(IN_BT2020, 9, 14),
    "nclx of P3 in AVIF": avif_with(IN_P3, 12, 13),
    "nclx of BT.2020 in AVIF": avif_with(IN_BT2020, 9, 1),
    "ICC in AVIF": saved(IN_ADOBE, "AVIF", quality=100, subsampling="4:4:4", speed=9, icc_profile=ADOBE_ICC),
    "EXIF R03 in JPEG": saved(IN_ADOBE, "JPEG", quality=100, subsampling=0, exif=adobe_exif()),
    "EXIF R03 in WebP": saved(IN_ADOBE, "WEBP", lossless=True, exif=adobe_exif()),
    "ICC in JPEG": saved(IN_PROPHOTO, "JPEG", quality=100, subsampling=0, icc_profile=ROMM_ICC),
}


@pytest.mark.parametrize(("files", "mean", "most"), [(LOSSLESS, 0.6, 3), (LOSSY, 2.0, 40)])
def test_one_drawing_in_every_space_gives_the_same_pixels(files, mean, most):
    """Rounding to 8 bits in a wide or linear space costs a step or two; lossy files have their own."""
    for name, content in files.items():
        difference = np.abs(read_image(content).astype(int) - SRGB)
        darkest_step = 12 if "linear" in name else most  # linear light has few steps in the dark
        assert difference.mean() < mean and difference.max() <= darkest_step, (
            name,
            difference.mean(),
            difference.max(),
        )


def test_without_the_conversion_it_would_show():
    """The bounds above are far below what ignoring the statement costs."""
    for pixels in (IN_P3, IN_ADOBE, IN_BT2020, IN_PROPHOTO):
        assert np.abs(pixels.astype(int) - SRGB).mean() > 3


@pytest.mark.slow("the shipped network on every space: pixels that are nearly alike get the same answer")
def test_every_space_gets_the_probabilities_of_srgb(shipped_classifier):
    files = LOSSLESS  # what HEIC or JPEG change in the grain of so small a drawing counts for more
    expected = shipped_classifier([SRGB])[0].probabilities
    for name, found in zip(
        files, shipped_classifier([read_image(content) for content in files.values()]), strict=True
    ):
        assert np.abs(found.probabilities - expected).max() < 0.03, name


def grey_profile(gamma: float) -> bytes:
    """Return a profile of one grey channel with a power curve, version 2."""
    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(256 * gamma)) + b"\0\0"
    white = b"XYZ \0\0\0\0" + struct.pack(">iii", 63190, 65536, 54061)
    begin = 128 + 4 + 24
    table = struct.pack(">I4sII4sII", 2, b"kTRC", begin, 14, b"wtpt", begin + len(curve), len(white))
    size = begin + len(curve) + len(white)
    head = struct.pack(">I4sI4s4s4s", size, bytes(4), 0x02400000, b"mntr", b"GRAY", b"XYZ ")
    head = (head.ljust(36, b"\0") + b"acsp").ljust(68, b"\0") + struct.pack(">iii", 63190, 65536, 54061)
    return head.ljust(128, b"\0") + table + curve + white


def test_grey_with_a_profile_a_gamma_or_more_bits():
    """Of light L, the power curve 1.8 stores L^(1/1.8), and sRGB is to show L."""
    light = np.tile(np.linspace(0.02, 1, 128), (96, 1))
    shown = np.rint(255 * to_srgb_curve(light))
    stored = np.rint(255 * light ** (1 / 1.8)).astype(np.uint8)
    deep = np.rint(65535 * light ** (1 / 1.8)).astype(np.uint16)
    profile = grey_profile(1.8)
    files = {
        "L": saved(stored, "PNG", icc_profile=profile),
        "LA": saved(
            Image.merge("LA", [Image.fromarray(stored), Image.new("L", (128, 96), 255)]),
            "PNG",
            icc_profile=profile,
        ),
        "16 bits": saved(deep, "PNG", icc_profile=profile),
        "L in a profile of RGB": saved(stored, "PNG", icc_profile=_power_profile(1.8)),
        "gAMA": png_with(stored, gAMA=struct.pack(">I", 55556)),
        "gAMA in 16 bits": png_with(deep, gAMA=struct.pack(">I", 55556)),
    }
    for name, content in files.items():
        read = read_image(content)
        assert np.abs(read[..., 0] - shown).max() <= 2, name
        assert (np.ptp(read.astype(int), axis=2) <= 1).all(), name


def _power_profile(gamma: float) -> bytes:
    from melanoma.photos.colour_spaces import ColourSpace, Curve

    return ColourSpace(coded_space(1, 13).chromaticities, Curve(gamma)).icc_profile()


def test_a_palette_has_a_profile_too():
    few = Image.fromarray(IN_P3).convert("P", palette=Image.Palette.ADAPTIVE, colors=256)
    shown = read_image(saved(few, "PNG", icc_profile=P3_ICC)).astype(int)
    plain = read_image(saved(few.convert("RGB"), "PNG", icc_profile=P3_ICC)).astype(int)
    assert np.array_equal(shown, plain) and np.abs(shown - SRGB).mean() < 4
    clear = read_image(saved(few, "PNG", icc_profile=P3_ICC, transparency=few.getpixel((0, 0))))
    assert tuple(clear[0, 0]) == (255, 255, 255) and not np.array_equal(clear, shown)


def test_transparency_is_laid_on_white_after_the_conversion():
    """Half of P3's red over white: sRGB's red clipped at 255, and half of its green and blue, 0, over 255."""
    half = np.zeros((80, 80, 4), np.uint8)
    half[...] = (255, 0, 0, 128)
    read = read_image(saved(half, "PNG", icc_profile=P3_ICC))
    assert np.abs(read[0, 0].astype(int) - (255, 127, 127)).max() <= 1


def icc_with_cicp(transfer: int) -> bytes:
    """Return the P3 profile with a `cicp` tag in place of its `wtpt`, which the reading does not need."""
    profile = bytearray(P3_ICC)
    at = profile.index(b"wtpt")
    begin = int.from_bytes(profile[at + 4 : at + 8], "big")
    profile[at : at + 4] = b"cicp"
    profile[begin : begin + 12] = b"cicp\0\0\0\0" + bytes([9, transfer, 0, 1])
    return bytes(profile)


@pytest.mark.parametrize("transfer", [16, 18])
def test_hdr_is_refused_with_a_sentence(transfer):
    small = SRGB[:64, :64]
    for content in (
        png_with(small, cICP=bytes([9, transfer, 0, 1])),
        heic_with(small, 9, transfer),
        avif_with(small, 9, transfer),
        saved(small, "JPEG", icc_profile=icc_with_cicp(transfer)),
    ):
        with pytest.raises(UserError, match=r"mole is an HDR picture.*plain \(SDR\) JPEG"):
            read_image(content, "mole")


@pytest.mark.parametrize("codes", [(99, 13, 0, 1), (1, 9, 0, 1), (1, 13, 6, 1), (1, 13, 0, 0)])
def test_code_points_that_are_not_known_are_refused(codes):
    with pytest.raises(UserError, match="states its colours in a way that is not read"):
        read_image(png_with(SRGB, cICP=bytes(codes)))


@pytest.mark.parametrize(
    "points", [[[0.3, 0.3], [0.3, 0.3], [0.3, 0.3], D65], [[0.6, 0.3], [0.3, 0], [0.1, 0.1], D65]]
)
def test_primaries_that_span_no_colours_are_ignored(points):
    assert np.array_equal(read_image(png_with(SRGB, cHRM=chrm(points))), SRGB)


@pytest.mark.parametrize("cut", range(20, 400, 7))
def test_boxes_that_end_too_early_are_an_answer_or_a_sentence(cut):
    content = avif_with(SRGB[:64, :64], 12, 13)
    broken = content[:cut] + bytes(len(content) - cut)
    try:
        assert read_image(broken).shape == (64, 64, 3)
    except UserError as error:
        assert str(error).endswith(".")
