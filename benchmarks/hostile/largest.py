"""The largest photo of every kind that is accepted: how long it takes to decode, and how much memory.

python -m benchmarks.hostile.largest

Each kind in a process of its own. Exits with status 1 if one takes more than `benchmarks.hostile.images` lets
pass. Needs Linux.
"""

import subprocess
import sys
from typing import Any

import cv2
from PIL import Image, ImageCms

from benchmarks.hostile.images import judge
from benchmarks.hostile.originals import encoded
from melanoma.edits.drawn_lesions import draw_lesion
from melanoma.photos import reading

SIDE = int(reading.MAX_PIXELS**0.5)
_EXIF = Image.Exif()
_EXIF[0x0112] = 6
_PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
KINDS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "JPEG": ("JPEG", "RGB", {}),
    "JPEG, turned": ("JPEG", "RGB", {"exif": _EXIF.tobytes()}),
    "JPEG with a profile": ("JPEG", "RGB", {"icc_profile": _PROFILE}),
    "JPEG, progressive": ("JPEG", "RGB", {"progressive": True}),
    "JPEG in CMYK": ("JPEG", "CMYK", {}),
    "PNG": ("PNG", "RGB", {}),
    "PNG with transparency": ("PNG", "RGBA", {}),
    "PNG with transparency and a profile": ("PNG", "RGBA", {"icc_profile": _PROFILE}),
    "PNG with a palette": ("PNG", "P", {}),
    "PNG of 16 bits": ("PNG", "I;16", {}),
    "TIFF": ("TIFF", "RGB", {}),
    "TIFF of floating values": ("TIFF", "F", {}),
    "WebP": ("WEBP", "RGB", {}),
    "BMP": ("BMP", "RGB", {}),
    "HEIC": ("HEIF", "RGB", {}),
    "AVIF": ("AVIF", "RGB", {"speed": 10}),
}
"""For each kind Pillow's encoder, its mode and its options."""


def largest(kind: str) -> bytes:
    """Return a file of one of `KINDS` with as many pixels as are accepted."""
    encoder, mode, options = KINDS[kind]
    height = reading.FEWER_PIXELS.get(encoder, reading.MAX_PIXELS) // SIDE
    picture = Image.fromarray(cv2.resize(draw_lesion(seed=1).image, (SIDE, height)))
    return encoded(picture if mode == "RGB" else picture.convert(mode), encoder, **options)


def main() -> None:
    """Judge every kind, or the one named, and print a row of a table."""
    if len(sys.argv) > 1:
        content = largest(sys.argv[1])
        reading.MAX_BYTES = len(content)  # some kinds pack so badly that their bytes are refused first
        outcome, seconds, growth = judge(content)
        print(f"| {sys.argv[1]} | {len(content) / 1e6:.0f} | {outcome} | {seconds:.2f} | {growth:.0f} |")
        sys.exit(outcome != "read")
    print("| kind | file, MB | outcome | processor, s | growth, MB |\n|---|---|---|---|---|", flush=True)
    ends = [subprocess.run([sys.executable, "-m", __spec__.name, kind], check=False) for kind in KINDS]
    sys.exit(max(end.returncode for end in ends))


if __name__ == "__main__":
    main()
