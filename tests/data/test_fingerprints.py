"""Fitted pictures are known again: by the id inside a name, by bytes, by content; others are not."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from melanoma.data import fingerprints
from melanoma.data.fingerprints import ids_in_name, matches, plain_name, same_names, same_pictures
from melanoma.edits.drawn_lesions import MELANOMA_LIKE, NEVUS_LIKE, draw_lesion


@pytest.mark.parametrize(
    "name",
    [
        *(
            "ISIC_0024306",
            "isic_0024306",
            "ISIC_0024306_downsampled",
            "ISIC_0024306 (1)",
            "x/ISIC_0024306.JPG",
        ),
        *("copy of isic_0024306", "ISIC-0024306", "ISIC 24306", "ISIC0024306.jpg", "mel_ISIC_0024306_2.png"),
    ],
)
def test_an_id_is_found_in_every_spelling(name):
    assert ids_in_name(name) == {"isic_0024306"}


@pytest.mark.parametrize(
    ("name", "ids"),
    [
        ("PAT_8_15_820.png", {"pat_8_15_820"}),
        ("imd002_lesion", {"imd002"}),
        ("0024306", set()),
        ("basic_0024306", set()),
        ("ISIC_2019", set()),
        ("PAT_8_15_8201", {"pat_8_15_8201"}),
        ("ISIC_0024306_and_ISIC_0024307", {"isic_0024306", "isic_0024307"}),
    ],
)
def test_what_is_an_id_and_what_is_none(name, ids):
    assert ids_in_name(name) == ids


def test_names_of_one_s_own_are_known_with_marks_of_copies_and_in_other_case():
    known = ["MEL/a1", "Nevi/Mole 7.jpg"]
    written = pd.Series(
        ["mel/A1 (2)", "nevi/mole 7_downsampled.png", "Nevi/mole 7 - Copy", "nv/a1", "mel/a11", "mel/a"]
    )
    assert same_names(written, known).tolist() == [True, True, True, False, False, False]
    assert plain_name("MEL\\ä.JPG") == plain_name("mel/a\u0308")


def saved(folder, name, image, **options) -> dict[str, str]:
    path = folder / name
    Image.fromarray(image).save(path, **options)
    return {"image_id": name, "path": str(path)}


def test_copies_are_known_by_content_and_other_pictures_are_not(tmp_path):
    drawn = [
        draw_lesion(MELANOMA_LIKE if seed % 2 else NEVUS_LIKE, 180, 240, seed).image for seed in range(6)
    ]
    known = fingerprints.fingerprints(
        pd.DataFrame([saved(tmp_path, f"{number}.png", image) for number, image in enumerate(drawn[:3])])
    )
    small = np.asarray(Image.fromarray(drawn[1]).resize((120, 90)))
    asked = pd.DataFrame(
        [
            saved(tmp_path, "a.jpg", drawn[0], quality=60),
            saved(tmp_path, "b.jpg", small, quality=75),
            saved(tmp_path, "c.png", np.rot90(drawn[2])[:, ::-1].copy()),
            *(saved(tmp_path, f"other{number}.png", image) for number, image in enumerate(drawn[3:])),
            {"image_id": "missing", "path": str(tmp_path / "none.png")},
            saved(tmp_path, "blank.png", np.full((90, 90, 3), 200, np.uint8)),
        ],
        index=[7, 3, 5, 1, 2, 4, 9, 8],
    )
    found = same_pictures(asked, known)
    assert found.index.tolist() == asked.index.tolist()
    assert [found[row] for row in (7, 3, 5)] == ["0.png", "1.png", "2.png"]
    assert found.loc[[1, 2, 4, 9, 8]].isna().all()


def test_the_rule_by_hand():
    """12 bits of 64 and 24 of 256 match, one bit more does not; equal bytes always do."""
    known = pd.DataFrame(
        {
            "image_id": ["near", "far"],
            "digest": [b"n" * 16, b"f" * 16],
            "coarse": np.array([0, 2**64 - 1], np.uint64),
            "fine": [bytes(32), b"\xff" * 32],
        }
    )

    def found(coarse: int, fine_bits: int, digest: str = "") -> int:
        words = np.frombuffer(int(2**fine_bits - 1).to_bytes(32, "little"), np.uint64)
        other = 0x5555555555555555  # 32 bits away from both
        one = np.array([[coarse, *[other] * 7]], np.uint64)
        two = np.array([[words, *[words] * 7]], np.uint64)
        return int(matches(one, two, [digest], known)[0])

    assert found(2**12 - 1, 24) == 0 and found(2**64 - 1, 256 - 24) == 1
    assert found(2**13 - 1, 0) == -1 and found(0, 25) == -1
    assert found(2**13 - 1, 128, (b"f" * 32).hex()) == 1
    assert matches(
        np.zeros((2, 8), np.uint64), np.zeros((2, 8, 4), np.uint64), ["", ""], known[:0]
    ).tolist() == [-1, -1]
