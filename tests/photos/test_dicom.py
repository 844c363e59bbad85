"""DICOM objects made from a drawing in each transfer syntax, and objects that are no photos."""

import io
import json
import warnings
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("pydicom")
import pydicom
from pydicom.data import get_testdata_files
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import UID, ExplicitVRLittleEndian

from melanoma.batch.predicting import predict_files
from melanoma.batch.source import in_memory
from melanoma.edits.drawn_lesions import MELANOMA_LIKE, draw_lesion
from melanoma.errors import UserError
from melanoma.photos.colour_spaces import ADOBE_RGB
from melanoma.photos.dicom import TRANSFER_SYNTAXES, read_dicom
from melanoma.photos.encoding import as_png

DRAWN = draw_lesion(MELANOMA_LIKE, 96, 128, 3).image
VL_PHOTO = "1.2.840.10008.5.1.4.1.1.77.1.4"
WRITTEN_BY_PYDICOM = {"1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91", "1.2.840.10008.1.2.5"}
LOSSY = {
    "1.2.840.10008.1.2.4.50",
    "1.2.840.10008.1.2.4.51",
    "1.2.840.10008.1.2.4.81",
    "1.2.840.10008.1.2.4.91",
}


def header(pixels: np.ndarray, kind: str = "RGB", sop_class: str = VL_PHOTO) -> Dataset:
    """Return an object that holds uint8 or uint16 (H, W), (H, W, 3) or, of several frames, (n, H, W, 3)."""
    made = Dataset()
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made.file_meta.MediaStorageSOPClassUID = made.SOPClassUID = sop_class
    made.file_meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID = "1.2.3.4.5"
    made.PatientName, made.PatientID, made.PatientBirthDate = "Nobody^Ann", "4711", "19700101"
    colour = pixels.shape[-1] == 3
    made.Rows, made.Columns = pixels.shape[-3:-1] if colour else pixels.shape[-2:]
    made.SamplesPerPixel = 3 if colour else 1
    if colour:
        made.PlanarConfiguration = 0
    if pixels.ndim - colour == 3:
        made.NumberOfFrames = len(pixels)
    made.PhotometricInterpretation = kind
    made.BitsAllocated = made.BitsStored = pixels.dtype.itemsize * 8
    made.HighBit, made.PixelRepresentation = made.BitsStored - 1, 0
    made.PixelData = pixels.tobytes()
    return made


def written(made: Dataset) -> bytes:
    file = io.BytesIO()
    made.save_as(file, enforce_file_format=True)
    return file.getvalue()


def packed(syntax: str, folder: Path) -> bytes:
    """Return the drawing as an object in a transfer syntax, made by whatever can write it."""
    made, uid = header(DRAWN), UID(syntax)
    if syntax in ("1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51"):
        _, jpeg = cv2.imencode(".jpg", DRAWN[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 95])
        made.PixelData, made.PhotometricInterpretation = encapsulate([jpeg.tobytes()]), "YBR_FULL_422"
        made["PixelData"].VR = "OB"
        made.file_meta.TransferSyntaxUID = uid
    elif uid.is_compressed and syntax not in WRITTEN_BY_PYDICOM:
        return by_gdcm(written(made), uid, folder)
    elif uid.is_compressed:
        made.compress(uid, **({"j2k_psnr": [45]} if syntax.endswith(".91") else {}))
    else:
        made.file_meta.TransferSyntaxUID = uid
        file = io.BytesIO()
        pydicom.dcmwrite(
            file,
            made,
            implicit_vr=uid.is_implicit_VR,
            little_endian=uid.is_little_endian,
            enforce_file_format=True,
        )
        return file.getvalue()
    return written(made)


def by_gdcm(content: bytes, uid: UID, folder: Path) -> bytes:
    import gdcm

    kinds = {
        "1.2.840.10008.1.2.4.57": gdcm.TransferSyntax.JPEGLosslessProcess14,
        "1.2.840.10008.1.2.4.70": gdcm.TransferSyntax.JPEGLosslessProcess14_1,
        "1.2.840.10008.1.2.4.80": gdcm.TransferSyntax.JPEGLSLossless,
        "1.2.840.10008.1.2.4.81": gdcm.TransferSyntax.JPEGLSNearLossless,
    }
    reader = gdcm.ImageReader()
    path = folder / f"{uid}.dcm"
    path.write_bytes(content)
    reader.SetFileName(str(path))
    assert reader.Read()
    change = gdcm.ImageChangeTransferSyntax()
    change.SetTransferSyntax(gdcm.TransferSyntax(kinds[uid]))
    change.SetInput(reader.GetImage())
    assert change.Change()
    writer = gdcm.ImageWriter()
    writer.SetFileName(str(path))
    writer.SetFile(reader.GetFile())
    writer.SetImage(change.GetOutput())
    assert writer.Write()
    return path.read_bytes()


@pytest.mark.parametrize("syntax", TRANSFER_SYNTAXES, ids=TRANSFER_SYNTAXES.values())
def test_each_transfer_syntax_gives_the_probabilities_of_the_png(small_classifier, syntax, tmp_path):
    content = packed(syntax, tmp_path)
    assert pydicom.dcmread(io.BytesIO(content)).file_meta.TransferSyntaxUID == syntax
    pixels = read_dicom(content, "a.dcm").frame(0)
    sources = [in_memory("a.dcm", content), in_memory("a.png", as_png(DRAWN))]
    (one,), (other,) = predict_files(small_classifier, sources)
    if syntax in LOSSY:
        assert np.abs(pixels.astype(int) - DRAWN).mean() < 3
        np.testing.assert_allclose(one.prediction.probabilities, other.prediction.probabilities, atol=0.02)
    else:
        np.testing.assert_array_equal(pixels, DRAWN)
        np.testing.assert_array_equal(one.prediction.probabilities, other.prediction.probabilities)


def frames_of(made: Dataset) -> list[np.ndarray]:
    found = read_dicom(written(made), "a.dcm")
    return [found.frame(number) for number in range(found.frames)]


def grey(values: list[int], dtype: type = np.uint8) -> np.ndarray:
    """Return a picture (64, 64) whose first pixels are these values."""
    picture = np.zeros((64, 64), dtype)
    picture[0, : len(values)] = values
    return picture


def test_every_frame_of_an_object_is_a_photo(small_classifier):
    several = np.stack([DRAWN, DRAWN[::-1], DRAWN[:, ::-1]])
    content = written(header(several, sop_class="1.2.840.10008.5.1.4.1.1.7.4"))
    (judged,) = predict_files(small_classifier, [in_memory("film.dcm", content)])
    assert [one.photo.frame for one in judged] == [1, 2, 3]
    for one, picture in zip(judged, several, strict=True):
        alone = small_classifier([picture])[0]
        np.testing.assert_allclose(one.prediction.probabilities, alone.probabilities, atol=1e-6)


@pytest.mark.parametrize(
    ("kind", "attributes", "stored", "shown"),
    [
        ("MONOCHROME2", {}, [0, 100, 255], [0, 100, 255]),
        ("MONOCHROME1", {}, [0, 100, 255], [255, 155, 0]),
        # PS3.3 C.11.2.1.2: (x - (c - 0.5)) / (w - 1) + 0.5, here 100 -> 0, 149.5 -> a half, 199 -> 1
        (
            "MONOCHROME2",
            {"WindowCenter": 150, "WindowWidth": 100},
            [99, 100, 149, 199, 255],
            [0, 0, 126, 255, 255],
        ),
        ("MONOCHROME2", {"WindowCenter": [150, 40], "WindowWidth": [100, 400]}, [100, 199], [0, 255]),
        ("MONOCHROME2", {"WindowCenter": 128, "WindowWidth": 256}, [0, 100, 255], [0, 100, 255]),
        (
            "MONOCHROME2",
            {"WindowCenter": 100, "WindowWidth": 100, "VOILUTFunction": "LINEAR_EXACT"},
            [50, 100, 150],
            [0, 128, 255],
        ),
        # Twice the value less fifty, so that 25 -> 0 and 75 -> 100
        (
            "MONOCHROME2",
            {"RescaleSlope": 2, "RescaleIntercept": -50, "WindowCenter": 50.5, "WindowWidth": 101},
            [25, 75],
            [0, 255],
        ),
    ],
)
def test_grey_values_by_the_book(kind, attributes, stored, shown):
    made = header(grey(stored), kind, "1.2.840.10008.5.1.4.1.1.7")
    for name, value in attributes.items():
        setattr(made, name, value)
    (picture,) = frames_of(made)
    assert picture[0, : len(shown), 0].tolist() == shown
    assert (picture[..., 0] == picture[..., 1]).all() and (picture[..., 1] == picture[..., 2]).all()


def test_sixteen_and_twelve_bits_fill_the_range():
    made = header(grey([0, 32768, 65535], np.uint16), "MONOCHROME2", "1.2.840.10008.5.1.4.1.1.7")
    assert frames_of(made)[0][0, :3, 0].tolist() == [0, 128, 255]
    made = header(grey([0, 2048, 4095], np.uint16), "MONOCHROME2", "1.2.840.10008.5.1.4.1.1.7")
    made.BitsStored, made.HighBit = 12, 11
    assert frames_of(made)[0][0, :3, 0].tolist() == [0, 128, 255]


def test_luminance_and_chroma_become_rgb():
    ycrcb = cv2.cvtColor(DRAWN, cv2.COLOR_RGB2YCrCb)
    (picture,) = frames_of(header(np.ascontiguousarray(ycrcb[..., [0, 2, 1]]), "YBR_FULL"))
    assert np.abs(picture.astype(int) - DRAWN).max() <= 2  # 8 bits there and back


def test_a_palette_is_looked_up():
    made = header(grey([0, 1, 2]), "PALETTE COLOR", "1.2.840.10008.5.1.4.1.1.7")
    for number, name in enumerate(("Red", "Green", "Blue")):
        table = np.zeros(256, np.uint16)
        table[number] = 65535
        setattr(made, f"{name}PaletteColorLookupTableDescriptor", [256, 0, 16])
        setattr(made, f"{name}PaletteColorLookupTableData", table.tobytes())
    assert frames_of(made)[0][0, :4].tolist() == [[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 0, 0]]


def test_no_identifier_reaches_a_result_unless_asked_for(melanoma, small_bundle, tmp_path):
    (tmp_path / "IM000001").write_bytes(written(header(DRAWN)))
    words = ("predict", tmp_path, "--model", small_bundle, "--json")
    status, printed, complaint = melanoma(*words)
    assert status == 0
    assert not any(secret in printed + complaint for secret in ("Nobody", "4711", "19700101", "1.2.3.4.5"))
    row = json.loads(printed)
    assert row["dropped"] == ["PatientName", "PatientID", "PatientBirthDate"]
    assert "Left out, as it may tell who it is: PatientBirthDate, PatientID, PatientName." in complaint
    _, printed, _ = melanoma(*words, "--keep-ids")
    assert json.loads(printed)["sop_instance_uid"] == "1.2.3.4.5"
    assert not any(secret in printed for secret in ("Nobody", "4711", "19700101"))


def without_pixels() -> bytes:
    made = header(DRAWN)
    del made.PixelData
    return written(made)


def as_film() -> bytes:
    made = header(DRAWN)
    made.NumberOfFrames = 5000
    return written(made)


def deflated() -> bytes:
    made = header(DRAWN)
    made.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1.99"
    return written(made)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (written(header(DRAWN, sop_class="1.2.840.10008.5.1.4.1.1.2")), "of the kind “CT Image Storage”"),
        (written(header(DRAWN, sop_class="1.2.840.10008.5.1.4.1.1.88.11")), "“Basic Text SR Storage”"),
        (without_pixels(), "without a picture in it"),
        (as_film(), "has 5000 frames, so it is a film"),
        (deflated(), "deflated as a whole"),
        (written(header(DRAWN[:40])), "is only 128 x 40 pixels"),
        (written(header(DRAWN))[:-5000], "damaged"),
        (b"no DICOM at all", "is not a DICOM file"),
        (b"", "is empty"),
    ],
)
def test_what_is_no_photo_gets_one_sentence(small_classifier, content, sentence):
    ((judged,),) = predict_files(small_classifier, [in_memory("a.dcm", content)])
    assert judged.prediction is None
    assert str(judged.photo.error).startswith("a.dcm ")
    assert sentence in str(judged.photo.error)


@pytest.mark.slow("each of the library's files; the kinds that matter here are made above")
def test_the_library_s_own_test_files_get_an_answer_or_a_sentence(small_classifier):
    files = [Path(file) for file in get_testdata_files("*.dcm")]
    assert len(files) > 60
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # many of these files are odd on purpose
        judged = list(
            predict_files(small_classifier, [in_memory(file.name, file.read_bytes()) for file in files])
        )
    photos = [one for file in judged for one in file]
    assert all(one.prediction is not None or str(one.photo.error).endswith(".") for one in photos)
    answered = Counter(one.photo.name for one in photos if one.prediction)
    assert answered["SC_rgb_rle_2frame.dcm"] == 2 and answered["SC_ybr_full_422_uncompressed.dcm"] == 1
    assert all(name.startswith(("SC_", "JPEG2000", "GDCMJ2K")) for name in answered)  # no CT, no MR, no plan
    assert len(answered) >= 20


def in_colour_space(**attributes) -> np.ndarray:
    made = header(DRAWN)
    for name, value in attributes.items():
        setattr(made, name, value)
    return read_dicom(written(made), "x.dcm").frame(0)


def test_colour_space_is_converted_to_srgb_and_a_profile_comes_first():
    """The same pixels read as Adobe RGB by the attribute are those read by a profile of Adobe RGB."""
    by_profile = in_colour_space(ICCProfile=ADOBE_RGB.icc_profile())
    assert np.array_equal(in_colour_space(ColorSpace="ADOBERGB"), by_profile)
    assert np.abs(by_profile.astype(int) - DRAWN).mean() > 2
    assert np.array_equal(in_colour_space(ColorSpace="SRGB"), DRAWN)
    romm = in_colour_space(ColorSpace="ROMMRGB", ICCProfile=ADOBE_RGB.icc_profile())
    assert np.array_equal(romm, by_profile)
    assert np.abs(in_colour_space(ColorSpace="ROMMRGB").astype(int) - DRAWN).mean() > 10


def test_a_colour_space_that_is_not_known_gets_a_sentence():
    with pytest.raises(UserError, match=r"x\.dcm states its colours in a way that is not read \(PHOTO_?X\)"):
        in_colour_space(ColorSpace="PHOTO_X")
