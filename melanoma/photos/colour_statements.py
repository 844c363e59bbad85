"""What a picture's file says of its colours -> an ICC profile.

In the order in which standards let one statement win over another: PNG's cICP, ICC profiles, PNG's sRGB, its
gAMA and cHRM, the code points (nclx) of HEIC and AVIF, BMP's header, EXIF.
"""

import struct
from collections.abc import Iterator

from PIL import ExifTags, Image

from melanoma.errors import UserError
from melanoma.photos.colour_spaces import (
    ADOBE_RGB,
    HDR_TRANSFERS,
    SRGB,
    SRGB_CURVE,
    ColourSpace,
    Curve,
    coded_space,
)

_GAMMAS = (0.1, 10.0)  # beyond these the number is a mistake
_BROKEN_EXIF = (OSError, SyntaxError, ValueError, struct.error, KeyError, TypeError, IndexError, EOFError)


def stated_profile(picture: Image.Image, content: bytes, name: str) -> bytes | None:
    """Return the ICC profile of an opened picture's colours, None where they are sRGB or nothing is said.

    `content` is its file. Raises UserError, with `name`, for HDR and for code points that are not known: what
    would be read has other colours than the photo. A damaged statement counts as none.
    """
    chunks = dict(_png_chunks(content)) if picture.format == "PNG" else {}
    if len(chunks.get(b"cICP", b"")) == 4:
        primaries, transfer, matrix, full_range = chunks[b"cICP"]
        if matrix or not full_range:
            raise _unknown(name, f"cICP {primaries}/{transfer}/{matrix}/{full_range}")
        return _coded(primaries, transfer, name)
    if profile := picture.info.get("icc_profile"):
        _refuse_hdr_profile(profile, name)
        return profile
    if "srgb" in picture.info:
        return None
    if picture.format == "BMP" and (embedded := _profile_in_bmp(content)):
        return embedded
    if codes := _nclx(picture, content):
        return _coded(*codes, name)
    space = _space_of_png(picture) or _space_of_bmp(picture, content) or _space_of_exif(picture)
    return _as_profile(space)


def _as_profile(space: ColourSpace | None) -> bytes | None:
    if space is None or space.is_srgb:
        return None
    try:
        return space.icc_profile()
    except ValueError:
        return None


def _coded(primaries: int, transfer: int, name: str) -> bytes | None:
    if transfer in HDR_TRANSFERS:
        raise _hdr(name)
    space = coded_space(primaries, transfer)
    if space is None:
        raise _unknown(name, f"{primaries}/{transfer}")
    return _as_profile(space)


def _hdr(name: str) -> UserError:
    return UserError(
        "{name} is an HDR picture, whose brightness a network trained on plain photos would misread. "
        "Save it as a plain (SDR) JPEG.",
        name=name,
    )


def _unknown(name: str, stated: str) -> UserError:
    return UserError(
        "{name} states its colours in a way that is not read ({stated}). Save it in sRGB.",
        name=name,
        stated=stated,
    )


def _refuse_hdr_profile(profile: bytes, name: str) -> None:
    """Raise UserError for an ICC profile whose `cicp` tag says PQ or HLG (ICC.1:2022, 10.3)."""
    count = int.from_bytes(profile[128:132], "big")
    for number in range(min(count, 100)):
        entry = profile[132 + 12 * number : 144 + 12 * number]
        if entry[:4] == b"cicp":
            begin = int.from_bytes(entry[4:8], "big")
            if profile[begin + 9 : begin + 10] in (bytes([code]) for code in HDR_TRANSFERS):
                raise _hdr(name)


def _png_chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the chunks of a PNG before its pixels."""
    at = 8
    while at + 8 <= len(content):
        length, kind = struct.unpack_from(">I4s", content, at)
        if kind == b"IDAT":
            return
        yield kind, content[at + 8 : at + 8 + length]
        at += 12 + length


def _space_of_png(picture: Image.Image) -> ColourSpace | None:
    """Return the space of gAMA and cHRM, the other being sRGB's where only one is there."""
    gamma, stated = picture.info.get("gamma"), picture.info.get("chromaticity")
    if picture.format != "PNG" or not (gamma or stated):
        return None
    points = (*stated[2:], *stated[:2]) if stated else SRGB.chromaticities
    return _power_space(points, 1 / gamma) if gamma else ColourSpace(points, SRGB_CURVE)


def _power_space(points: tuple[float, ...], gamma: float) -> ColourSpace:
    """Return a space with a power curve; sRGB where its primaries and some 2.2 are stated.

    Writers of sRGB pictures state that in formats that know powers alone (PNG specification, 11.3.2.5).
    """
    srgb = ColourSpace(points, SRGB_CURVE)
    usable = _GAMMAS[0] <= gamma <= _GAMMAS[1]
    return (
        srgb
        if not usable or (srgb.is_srgb and abs(gamma - 2.2) < 0.01)
        else ColourSpace(points, Curve(gamma))
    )


def _nclx(picture: Image.Image, content: bytes) -> tuple[int, int] | None:
    """Return primaries and transfer of a HEIC or AVIF picture as code points of ITU-T H.273."""
    if picture.format == "HEIF":
        codes = picture.info.get("nclx_profile")
        return (codes["color_primaries"], codes["transfer_characteristics"]) if codes else None
    if picture.format == "AVIF":
        return _nclx_of_avif(content)
    return None


def _nclx_of_avif(content: bytes) -> tuple[int, int] | None:
    """Return the code points of the primary item's `colr` property (ISO/IEC 14496-12 and 23008-12)."""
    meta = dict(_boxes(content, 0, len(content))).get(b"meta")
    if meta is None:
        return None
    inside = dict(_boxes(content, meta[0] + 4, meta[1]))
    if b"iprp" not in inside or b"pitm" not in inside:
        return None
    wide = content[inside[b"pitm"][0]] > 0  # version 1 has ids of four bytes
    primary = int.from_bytes(content[inside[b"pitm"][0] + 4 :][: 4 if wide else 2], "big")
    properties = dict(_boxes(content, *inside[b"iprp"]))
    if b"ipco" not in properties or b"ipma" not in properties:
        return None
    stored = list(_boxes(content, *properties[b"ipco"]))
    for index in _associated(content[slice(*properties[b"ipma"])], primary):
        if not 0 < index <= len(stored):
            continue
        kind, (begin, _) = stored[index - 1]
        if kind == b"colr" and content[begin : begin + 4] == b"nclx":
            return struct.unpack_from(">HH", content.ljust(begin + 8, b"\0"), begin + 4)
    return None


def _boxes(content: bytes, at: int, end: int) -> Iterator[tuple[bytes, tuple[int, int]]]:
    """Yield the boxes between two positions: kind, begin and end of what is in it."""
    while at + 8 <= end:
        length, kind = struct.unpack_from(">I4s", content, at)
        header = 8
        if length == 1 and at + 16 <= end:
            length, header = struct.unpack_from(">Q", content, at + 8)[0], 16
        stop = end if length == 0 else min(at + length, end)
        if stop < at + header:
            return
        yield kind, (at + header, stop)
        at = stop


def _associated(ipma: bytes, item: int) -> list[int]:
    """Return the numbers of an item's properties, from 1; those that were read where the box is cut off."""
    version, flags = ipma[:1], ipma[3:4]
    id_bytes, wide = (2 if version == b"\0" else 4), bool(flags and flags[0] & 1)
    at, found = 8, []
    while at + id_bytes + 1 <= len(ipma):
        owner, count = int.from_bytes(ipma[at : at + id_bytes], "big"), ipma[at + id_bytes]
        at += id_bytes + 1
        size = 2 if wide else 1
        for begin in range(at, min(at + count * size, len(ipma)), size):
            if owner == item:
                found.append(int.from_bytes(ipma[begin : begin + size], "big") & (0x7FFF if wide else 0x7F))
        at += count * size
    return found


_BMP_HEADER = 14  # bytes before the information header (BITMAPV4HEADER, BITMAPV5HEADER)


def _profile_in_bmp(content: bytes) -> bytes | None:
    """Return the profile in a BMP of version 5."""
    if len(content) < _BMP_HEADER + 124 or int.from_bytes(content[14:18], "little") < 124:
        return None
    if content[_BMP_HEADER + 56 :][:4] != b"DEBM":  # “MBED”, little-endian
        return None
    begin, size = struct.unpack_from("<II", content, _BMP_HEADER + 112)
    return content[_BMP_HEADER + begin : _BMP_HEADER + begin + size]


def _space_of_bmp(picture: Image.Image, content: bytes) -> ColourSpace | None:
    """Return the calibrated space of a BMP of version 4 or 5; None where its numbers are zero."""
    if picture.format != "BMP" or int.from_bytes(content[14:18], "little") < 108 or len(content) < 122:
        return None
    if content[_BMP_HEADER + 56 :][:4] != bytes(4):
        return None
    numbers = struct.unpack_from("<9I3I", content, _BMP_HEADER + 60)
    points = [[value / 2**30 for value in numbers[3 * n : 3 * n + 3]] for n in range(3)]
    white = [sum(axis) for axis in zip(*points, strict=True)]
    gamma = sum(numbers[9:]) / 3 / 65536
    if not all(map(sum, points)):
        return None
    chromaticities = [value / sum(point) for point in [*points, white] for value in point[:2]]
    return _power_space(tuple(chromaticities), gamma)


def _space_of_exif(picture: Image.Image) -> ColourSpace | None:
    """Return Adobe RGB where EXIF says so (DCF 2.0: interoperability index R03), or TIFF's own primaries."""
    try:
        exif = picture.getexif()
        index = exif.get_ifd(ExifTags.IFD.Interop).get(1, "")
        stated = exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.ColorSpace)
        white, primaries = exif.get(ExifTags.Base.WhitePoint), exif.get(ExifTags.Base.PrimaryChromaticities)
        points = tuple(map(float, (*(primaries or ()), *(white or ()))))
    except _BROKEN_EXIF:
        return None
    index = index if isinstance(index, str) else bytes(index or b"").decode("latin-1")
    if index.startswith("R03") or stated == 2:  # 2 is no number of the standard, and some cameras write it
        return ADOBE_RGB
    return ColourSpace(points, SRGB_CURVE) if len(points) == 8 and stated != 1 else None
