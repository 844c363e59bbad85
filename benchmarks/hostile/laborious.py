"""Files that take far more work, or memory, than their size says: each must be refused before it is decoded.

python -m benchmarks.hostile.laborious             every file, each in a process of its own
python -m benchmarks.hostile.laborious jpeg-scans  one

Exits with status 1 if one takes more than `benchmarks.hostile.images` lets pass. Needs Linux, and pydicom for
the DICOM objects.
"""

import io
import struct
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable

import numpy as np
from PIL import Image

from benchmarks.hostile.images import MOST_GROWTH, MOST_SECONDS
from benchmarks.hostile.originals import encoded
from benchmarks.memory import megabytes, restart_peak
from melanoma.edits.drawn_lesions import draw_lesion
from melanoma.errors import UserError

_SIDE = 5900  # pixels: nearly the most that are read


def jpeg_of_scans(scans: int = 800, side: int = _SIDE) -> bytes:
    """Return a progressive JPEG, grey and of one colour, whose last scan comes again and again."""
    content = encoded(Image.new("L", (side, side), 120), "JPEG", progressive=True)
    last = content.rindex(b"\xff\xda")
    return content[:last] + content[last:-2] * scans + content[-2:]


def tiff_of_scans(scans: int = 800, side: int = _SIDE) -> bytes:
    """Return a TIFF of one strip, which is such a JPEG."""
    strip = jpeg_of_scans(scans, side)
    tags = {256: side, 257: side, 258: 8, 259: 7, 262: 1, 273: 8, 277: 1, 278: side, 279: len(strip)}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    start = struct.pack("<2sHI", b"II", 42, 8 + len(strip))
    return start + strip + struct.pack("<H", len(tags)) + entries + bytes(4)


def bmp_of_runs(length: int = 19_000_000, side: int = _SIDE) -> bytes:
    """Return a BMP of 8 bits whose runs are of no pixels: Pillow walks through them byte by byte."""
    return _bmp(b"\1\7" * (length // 2), side)


def bmp_of_short_rows(side: int = _SIDE) -> bytes:
    """Return a BMP of 8 bits whose rows end after a pixel: Pillow fills up each with a loop."""
    return _bmp(b"\1\7\0\0" * side, side)


def dicom_of_elements(elements: int = 2_500_000) -> bytes:
    """Return a DICOM object of a drawing with so many empty elements."""
    return _with_elements(_empty_elements(elements))


def dicom_of_nested_elements(elements: int = 2_500_000) -> bytes:
    """Return the same with the elements in a sequence of undefined length."""
    item = struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF) + _empty_elements(elements)
    ends = struct.pack("<HHIHHI", 0xFFFE, 0xE00D, 0, 0xFFFE, 0xE0DD, 0)
    return _with_elements(struct.pack("<HH2sHI", 0x0028, 0x3010, b"SQ", 0, 0xFFFFFFFF) + item + ends)


def dicom_of_long_sequence(elements: int = 2_500_000) -> bytes:
    """Return the same with the elements in a sequence of known length, taken apart when it is asked for."""
    elements_ = _empty_elements(elements)
    item = struct.pack("<HHI", 0xFFFE, 0xE000, len(elements_)) + elements_
    return _with_elements(struct.pack("<HH2sHI", 0x0028, 0x3010, b"SQ", 0, len(item)) + item)


def dicom_of_fragments(fragments: int = 2_500_000) -> bytes:
    """Return a DICOM object whose packed pixels come in so many empty pieces."""
    from pydicom.uid import JPEGBaseline8Bit

    made = _dicom()
    empty = struct.pack("<HHI", 0xFFFE, 0xE000, 0)
    made.PixelData = empty * fragments + struct.pack("<HHI2s", 0xFFFE, 0xE000, 2, b"ab")
    made["PixelData"].VR, made["PixelData"].is_undefined_length = "OB", True
    made.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    return _saved(made)


def dicom_of_scans(scans: int = 800, side: int = _SIDE) -> bytes:
    """Return a DICOM object of a JPEG with so many scans."""
    from pydicom.encaps import encapsulate
    from pydicom.uid import JPEGBaseline8Bit

    made = _dicom(side)
    made.SamplesPerPixel, made.PhotometricInterpretation = 1, "MONOCHROME2"
    del made.PlanarConfiguration
    made.PixelData = encapsulate([jpeg_of_scans(scans, side)])
    made["PixelData"].VR = "OB"
    made.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    return _saved(made)


def zip_that_lies(method: int = zipfile.ZIP_BZIP2, megabytes_: int = 1000) -> bytes:
    """Return a zip of a file that unpacks to so much, and says that it is small."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive, archive.open("bomb.jpg", "w") as member:
        for _ in range(megabytes_):
            member.write(bytes(1_000_000))
    content = file.getvalue()
    size = content.index(b"PK\x01\x02") + 24
    return content[:size] + struct.pack("<I", 1000) + content[size + 4 :]


FILES: dict[str, Callable[[], bytes]] = {
    "jpeg-scans": jpeg_of_scans,
    "tiff-scans": tiff_of_scans,
    "bmp-runs": bmp_of_runs,
    "bmp-short-rows": bmp_of_short_rows,
    "dicom-elements": dicom_of_elements,
    "dicom-nested": dicom_of_nested_elements,
    "dicom-sequence": dicom_of_long_sequence,
    "dicom-fragments": dicom_of_fragments,
    "dicom-scans": dicom_of_scans,
    "zip-bzip2": zip_that_lies,
    "zip-lzma": lambda: zip_that_lies(zipfile.ZIP_LZMA),
}


def opened(content: bytes, name: str) -> None:
    """Open a file as a batch does; raises UserError."""
    from melanoma.batch.zips import photos_in_zip
    from melanoma.photos.dicom import read_dicom
    from melanoma.photos.reading import read_image

    if name.startswith("zip"):
        photos_in_zip(content, name)[0].read()
    elif name.startswith("dicom"):
        photo = read_dicom(content, name)
        assert photo.identifying
        photo.frame(0)
    else:
        read_image(content, name)


def _empty_elements(count: int) -> bytes:
    """Return private elements without values, of as many groups as they take."""
    return b"".join(
        struct.pack("<HH2sH", 0x0029 + 2 * (number >> 16), number & 0xFFFF, b"LO", 0)
        for number in range(count)
    )


def _dicom(side: int = 96):  # noqa: ANN202 - pydicom is imported where it is needed
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian

    pixels = (
        draw_lesion(height=side, width=side, seed=1).image if side < 1000 else np.zeros((1, 1, 3), np.uint8)
    )
    made = Dataset()
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made.file_meta.MediaStorageSOPClassUID = made.SOPClassUID = "1.2.840.10008.5.1.4.1.1.77.1.4"
    made.file_meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID = "1.2.3.4.5"
    made.PatientName = "Nobody^Ann"
    made.Rows, made.Columns = side, side
    made.SamplesPerPixel, made.PlanarConfiguration, made.PhotometricInterpretation = 3, 0, "RGB"
    made.BitsAllocated, made.BitsStored, made.HighBit, made.PixelRepresentation = 8, 8, 7, 0
    made.PixelData = pixels.tobytes()
    return made


def _saved(made) -> bytes:  # noqa: ANN001
    file = io.BytesIO()
    made.save_as(file, enforce_file_format=True)
    return file.getvalue()


def _with_elements(elements: bytes) -> bytes:
    """Return an object with these before its pixels."""
    content = _saved(_dicom())
    pixels = content.index(struct.pack("<HH", 0x7FE0, 0x0010))
    return content[:pixels] + elements + content[pixels:]


def _bmp(rows: bytes, side: int) -> bytes:
    palette = b"".join(bytes((level, level, level, 0)) for level in range(256))
    start = 14 + 40 + len(palette)
    info = struct.pack("<IiiHHIIiiII", 40, side, side, 1, 8, 1, len(rows), 2835, 2835, 256, 0)
    return struct.pack("<2sIHHI", b"BM", start + len(rows), 0, 0, start) + info + palette + rows


def main() -> None:
    """Open every file, or the one named, and print a row of a table."""
    if len(sys.argv) > 1:
        content = FILES[sys.argv[1]]()
        restart_peak()
        before, began, outcome = megabytes("VmRSS"), time.process_time(), "read"
        try:
            opened(content, sys.argv[1])
        except UserError as error:
            outcome = str(error)
        seconds, growth = time.process_time() - began, megabytes("VmHWM") - before
        print(f"| {sys.argv[1]} | {len(content):,} | {seconds:.2f} | {growth:.0f} | {outcome} |")
        sys.exit(seconds > MOST_SECONDS or growth > MOST_GROWTH)
    print("| file | bytes | processor, s | growth, MB | outcome |\n|---|---|---|---|---|", flush=True)
    ends = [subprocess.run([sys.executable, "-m", __spec__.name, name], check=False) for name in FILES]
    sys.exit(max(end.returncode for end in ends))


if __name__ == "__main__":
    main()
