"""A DICOM object -> photos: checks that it holds photos, decodes its frames, and drops patient data.

Only pixels leave this module and, on request, the SOPInstanceUID. pydicom and its plug-ins, which the page
does not need (`requirements-dev.txt` has them), are imported at the first DICOM file.
"""

import io
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from melanoma.errors import UserError
from melanoma.photos.colour import rgb_pixels
from melanoma.photos.colour_spaces import ADOBE_RGB, DISPLAY_P3, ROMM_RGB
from melanoma.photos.reading import MOST_SCANS, START_OF_SCAN, check_size, too_many_scans
from melanoma.phrases import Sentence

if TYPE_CHECKING:
    from pydicom import Dataset

MOST_BYTES = 100 * 1024 * 1024
"""Of a file: twelve megapixels take 36 MB uncompressed."""
MOST_FRAMES = 100
"""Of an object: photos of one lesion are a few, a film is a thousand."""
MOST_READS = 100_000
"""Of an object's file, two or three for each element and for each piece of packed pixels. An object has some
hundred elements, and a hundred frames have some thousand more; 2.5 million took 10 s and 500 MB."""
MOST_SEQUENCES = 2 * 1024**2
"""Bytes of an object's sequences, which pydicom takes apart when they are asked for."""
PHOTO_CLASSES = {
    "1.2.840.10008.5.1.4.1.1.7": "Secondary Capture",
    "1.2.840.10008.5.1.4.1.1.7.1": "Multi-frame Single Bit Secondary Capture",
    "1.2.840.10008.5.1.4.1.1.7.2": "Multi-frame Grayscale Byte Secondary Capture",
    "1.2.840.10008.5.1.4.1.1.7.3": "Multi-frame Grayscale Word Secondary Capture",
    "1.2.840.10008.5.1.4.1.1.7.4": "Multi-frame True Color Secondary Capture",
    "1.2.840.10008.5.1.4.1.1.77.1.1": "VL Endoscopic",  # video dermatoscopes have stored as this
    "1.2.840.10008.5.1.4.1.1.77.1.2": "VL Microscopic",  # and confocal ones as this
    "1.2.840.10008.5.1.4.1.1.77.1.4": "VL Photographic",
    "1.2.840.10008.5.1.4.1.1.77.1.7": "Dermoscopic Photography",
}
"""SOP classes that may hold a photo of skin (DICOM PS3.4, B.5); others, such as CT, are refused."""
TRANSFER_SYNTAXES = {
    "1.2.840.10008.1.2": "Implicit VR Little Endian",
    "1.2.840.10008.1.2.1": "Explicit VR Little Endian",
    "1.2.840.10008.1.2.2": "Explicit VR Big Endian",
    "1.2.840.10008.1.2.4.50": "JPEG Baseline",
    "1.2.840.10008.1.2.4.51": "JPEG Extended",
    "1.2.840.10008.1.2.4.57": "JPEG Lossless",
    "1.2.840.10008.1.2.4.70": "JPEG Lossless, first-order prediction",
    "1.2.840.10008.1.2.4.80": "JPEG-LS Lossless",
    "1.2.840.10008.1.2.4.81": "JPEG-LS Near-Lossless",
    "1.2.840.10008.1.2.4.90": "JPEG 2000 Lossless",
    "1.2.840.10008.1.2.4.91": "JPEG 2000",
    "1.2.840.10008.1.2.5": "RLE Lossless",
}
"""Accepted encodings of pixels. A deflated object could unpack to any size, and is refused."""
_DEFLATED = "1.2.840.10008.1.2.1.99"
_IDENTIFYING = (
    *("PatientName", "PatientID", "OtherPatientIDs", "PatientBirthDate", "PatientSex", "PatientAge"),
    *("PatientAddress", "PatientTelephoneNumbers", "PatientComments", "EthnicGroup", "Occupation"),
    *("AccessionNumber", "StudyID", "StudyDate", "SeriesDate", "ContentDate", "AcquisitionDateTime"),
    *("InstitutionName", "InstitutionAddress", "StationName", "DeviceSerialNumber"),
    *("ReferringPhysicianName", "PerformingPhysicianName", "OperatorsName", "ImageComments"),
    *("StudyDescription", "SeriesDescription", "StudyInstanceUID", "SeriesInstanceUID"),
)
"""Attributes of the Basic Profile (DICOM PS3.15, E.1) in photos: names are reported, values never."""
# Raised by pydicom and its plug-ins for damaged objects. Any other exception is a defect and not caught.
_DECODING_ERRORS = (
    *(ValueError, RuntimeError, AttributeError, KeyError, TypeError, IndexError, NotImplementedError),
    *(OSError, EOFError, struct.error, OverflowError),
)


class _TooManyElements(Exception):
    """An object has more elements than any photo has."""


class _BoundedFile(io.BytesIO):
    """A file in memory that may be read in `MOST_READS` pieces, however an object's elements are nested."""

    reads = 0

    def read(self, size: int | None = -1, /) -> bytes:
        """Return the next bytes."""
        self.reads += 1
        if self.reads > MOST_READS:
            raise _TooManyElements
        return super().read(size)


@dataclass(frozen=True)
class DicomPhoto:
    """A DICOM object that holds one photo or several."""

    name: str
    """Name for error messages."""
    header: "Dataset"

    @cached_property
    def frames(self) -> int:
        """The number of photos."""
        return max(1, int(self.header.get("NumberOfFrames") or 1))

    @property
    def sop_instance_uid(self) -> str | None:
        """The object's id, with which an archive can identify it, and so the patient."""
        return str(self.header.get("SOPInstanceUID") or "") or None

    @property
    def identifying(self) -> tuple[str, ...]:
        """The names of the identifying attributes that have a value."""
        return tuple(keyword for keyword in _IDENTIFYING if self.header.get(keyword))

    def frame(self, number: int) -> np.ndarray:
        """Return a photo, counted from 0, as uint8 (H, W, 3) in sRGB.

        To grey values the modality's rescaling and then the object's window or table, if it has one, are
        applied; MONOCHROME1 is inverted. Raises UserError if the pixels cannot be decoded.
        """
        from pydicom.pixels import pixel_array

        try:
            pixels = pixel_array(self.header, index=number)
            return _as_rgb(self.header, pixels, number)
        except _DECODING_ERRORS:
            where = Sentence("{name}, frame {number},", name=self.name, number=number + 1)
            raise UserError(
                "{name} is damaged or packed in a way that cannot be read. Export it again.",
                name=where if self.frames > 1 else self.name,
            ) from None


def read_dicom(content: bytes, name: str) -> DicomPhoto:
    """Return the object of a file's content; raises UserError, naming its kind, if it holds no photo."""
    try:
        from pydicom import config, dcmread
        from pydicom.errors import InvalidDicomError
        from pydicom.uid import UID
    except ModuleNotFoundError as missing:
        raise UserError(
            "{name} is DICOM, which needs {package}: pip install pydicom python-gdcm",
            name=name,
            package=missing.name,
        ) from missing
    config.settings.reading_validation_mode = config.IGNORE  # odd values of attributes that are not used
    if not content:
        raise UserError("{name} is empty. Copy it again; the copy may have been interrupted.", name=name)
    if _DEFLATED.encode() in content[:2048]:
        raise UserError(
            "{name} is deflated as a whole, which is not opened. Export it without that.", name=name
        )
    try:
        header = dcmread(_BoundedFile(content))
        _require_short_sequences(header)
        what = str(header.get("SOPClassUID") or "")
        syntax = str(header.file_meta.get("TransferSyntaxUID") or "")
        size = (int(header.get("Columns") or 0), int(header.get("Rows") or 0))
        photo = DicomPhoto(name, header)
        frames = photo.frames
    except _TooManyElements:
        raise UserError(
            "{name} holds far more elements than a photo has, so it was not opened.", name=name
        ) from None
    except InvalidDicomError:
        raise UserError("{name} is not a DICOM file.", name=name) from None
    except _DECODING_ERRORS:
        raise UserError("{name} is damaged or cut off. Export or copy it again.", name=name) from None
    if what not in PHOTO_CLASSES:
        raise UserError(
            "{name} is {kind}. Give photographs (VL) or secondary captures.", name=name, kind=_kind(header)
        )
    if "PixelData" not in header or not all(size):
        raise UserError("{name} is {kind} without a picture in it.", name=name, kind=_kind(header))
    if syntax not in TRANSFER_SYNTAXES:
        raise UserError(
            "{name} is packed as “{packing}”, which is not read. Export it as JPEG or RGB.",
            name=name,
            packing=_name_of(syntax),
        )
    if frames > MOST_FRAMES:
        raise UserError(
            "{name} has {frames} frames, so it is a film. Give at most {most} at once.",
            name=name,
            frames=frames,
            most=MOST_FRAMES,
        )
    check_size(size, name)
    try:
        _profile(header)
    except KeyError:
        raise UserError(
            "{name} states its colours in a way that is not read ({stated}). Save it in sRGB.",
            name=name,
            stated=str(header.ColorSpace)[:40],
        ) from None
    # JPEG, whatever the object says: its decoder goes over the whole picture for each of these.
    if UID(syntax).is_encapsulated and header.PixelData.count(START_OF_SCAN) > MOST_SCANS * frames:
        raise too_many_scans(name)
    return photo


def _require_short_sequences(header: "Dataset") -> None:
    """Raise _TooManyElements if the sequences that are not taken apart yet are longer than a photo's."""
    from pydicom.datadict import dictionary_has_tag, dictionary_VR
    from pydicom.dataelem import RawDataElement

    length = 0
    for tag in header.keys():  # noqa: SIM118 - to iterate over the values would take them apart
        raw: Any = header.get_item(tag)
        if isinstance(raw, RawDataElement) and raw.value is not None:
            kind = raw.VR
            if kind in (None, "UN"):
                kind = dictionary_VR(tag) if dictionary_has_tag(tag) else "UN"
            length += len(raw.value) if kind == "SQ" else 0
    if length > MOST_SEQUENCES:
        raise _TooManyElements


def _as_rgb(header: "Dataset", pixels: np.ndarray, number: int) -> np.ndarray:
    kind = str(header.PhotometricInterpretation)
    top = 2.0 ** int(header.BitsStored) - 1
    if kind == "PALETTE COLOR":
        from pydicom.pixels import apply_color_lut

        pixels = apply_color_lut(pixels, header)
        top = float(np.iinfo(pixels.dtype).max)
    elif pixels.ndim == 2:
        shares = _grey_shares(header, pixels.astype(np.float64), number)
        grey = _to_bytes(1 - shares if kind == "MONOCHROME1" else shares)
        return np.repeat(grey[:, :, None], 3, axis=2)
    rgb = pixels[..., :3] if pixels.dtype == np.uint8 and top >= 255 else _to_bytes(pixels[..., :3] / top)
    return rgb_pixels(Image.fromarray(np.ascontiguousarray(rgb)), _profile(header))


_COLOUR_SPACES = {
    "SRGB": None,
    "ADOBERGB": ADOBE_RGB,
    "ADOBERGB1998": ADOBE_RGB,
    "ROMMRGB": ROMM_RGB,
    "PROPHOTORGB": ROMM_RGB,
    "DISPLAYP3": DISPLAY_P3,
}
"""Terms of the attribute Color Space (PS3.3, C.11.15.1.2), and what else is written there; None is sRGB."""


def _profile(header: "Dataset") -> bytes | None:
    """Return the ICC profile of an object's colours, None for sRGB; raises KeyError for an unknown space."""
    if profile := header.get("ICCProfile"):
        return bytes(profile)
    stated = re.sub("[^A-Z0-9]", "", str(header.get("ColorSpace") or "SRGB").upper())
    space = _COLOUR_SPACES[stated]
    return space.icc_profile() if space else None


def _grey_shares(header: "Dataset", values: np.ndarray, number: int) -> np.ndarray:
    """Return stored grey values as 0 (black) to 1 (white), float (H, W).

    Rescaling and window are those of PS3.3, C.11.1.1.2 and C.11.2.1.2; without a window all that the stored
    bits can hold is shown, so that 8 bits stay as they are.
    """
    bits, signed = int(header.BitsStored), bool(header.get("PixelRepresentation"))
    low, high = (-(2.0 ** (bits - 1)), 2.0 ** (bits - 1) - 1) if signed else (0.0, 2.0**bits - 1)
    rescale = _of_frame(header, number, "PixelValueTransformationSequence")
    slope, intercept = float(rescale.get("RescaleSlope") or 1), float(rescale.get("RescaleIntercept") or 0)
    values, low, high = values * slope + intercept, low * slope + intercept, high * slope + intercept
    window = _of_frame(header, number, "FrameVOILUTSequence")
    if tables := window.get("VOILUTSequence"):
        from pydicom.pixels import apply_voi

        seen = apply_voi(values.astype(np.int64), window)
        return np.asarray(seen / (2.0 ** int(tables[0].LUTDescriptor[2]) - 1))
    if window.get("WindowCenter") is None or window.get("WindowWidth") is None:
        return (values - low) / (high - low)
    centre, width = (_first(window[keyword].value) for keyword in ("WindowCenter", "WindowWidth"))
    return _WINDOWS[str(window.get("VOILUTFunction") or "LINEAR")](values, centre, width)


_WINDOWS: dict[str, Callable[[np.ndarray, float, float], np.ndarray]] = {
    "LINEAR": lambda x, centre, width: (x - (centre - 0.5)) / max(width - 1, 1e-9) + 0.5,
    "LINEAR_EXACT": lambda x, centre, width: (x - centre) / width + 0.5,
    "SIGMOID": lambda x, centre, width: 1 / (1 + np.exp(-4 * (x - centre) / width)),
}


def _of_frame(header: "Dataset", number: int, sequence: str) -> "Dataset":
    """Return the item of a sequence for a frame: its own, else the shared one, else the object's."""
    frames = header.get("PerFrameFunctionalGroupsSequence") or []
    groups = [*frames[number : number + 1], *(header.get("SharedFunctionalGroupsSequence") or [])]
    return next((group[sequence][0] for group in groups if group.get(sequence)), header)


def _first(value: Any) -> float:
    """Return the first of several windows, which is the default view."""
    return float(value if isinstance(value, int | float | str) else value[0])


def _to_bytes(shares: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(255 * shares), 0, 255).astype(np.uint8)


def _kind(header: "Dataset") -> Sentence:
    uid = str(header.get("SOPClassUID") or "")
    if not uid:
        return Sentence("a DICOM object that does not say what it is")
    return Sentence("a DICOM object of the kind “{kind}”", kind=_name_of(uid))


def _name_of(uid: str) -> str:
    from pydicom.uid import UID

    return UID(uid).name if uid else "unknown"
