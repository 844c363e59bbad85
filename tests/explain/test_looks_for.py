"""Pictures of what each output looks for: whole, of this network, or none."""

import json
import shutil

import cv2
import numpy as np
import pytest

from melanoma.explain.looks_for import FOLDER, raise_contrast, read_looks_for
from melanoma.explain.looks_for_command import looks_for
from melanoma.model.bundle import load_bundle


@pytest.fixture(scope="module")
def made(small_bundle, tmp_path_factory):
    folder = tmp_path_factory.mktemp("looks") / "small"
    shutil.copytree(small_bundle, folder)
    assert read_looks_for(load_bundle(folder)) == {}, "there are none yet"
    looks_for(model=folder, steps=2, as_json=True)
    return folder


@pytest.mark.slow("climbs for each diagnosis")
def test_one_picture_a_diagnosis_and_the_bundle_is_the_same(made, small_bundle):
    bundle = load_bundle(made)
    pictures = read_looks_for(bundle)
    assert list(pictures) == list(bundle.codes)
    for content in pictures.values():
        picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
        assert picture.shape == (bundle.image_size, bundle.image_size, 3) and picture.std() > 10
    assert bundle.version == load_bundle(small_bundle).version


def test_those_of_another_network_or_half_a_set_are_not_shown(made):
    bundle = load_bundle(made)
    description = made / FOLDER / "made.json"
    before = description.read_text()
    description.write_text(json.dumps(json.loads(before) | {"network": "another"}))
    assert read_looks_for(bundle) == {}
    description.write_text(before)
    (made / FOLDER / "NV.png").rename(made / FOLDER / "away.png")
    assert read_looks_for(bundle) == {}
    (made / FOLDER / "away.png").rename(made / FOLDER / "NV.png")
    assert len(read_looks_for(bundle)) == len(bundle.codes)


def test_contrast_is_raised_about_mid_grey():
    faint = np.full((10, 10, 3), 100, np.uint8)
    faint[:5] = 104
    raised = raise_contrast(faint)
    assert raised[:5].min() == 255 and raised[5:].max() == 0
    assert (raise_contrast(np.full((4, 4, 3), 9, np.uint8)) == 128).all()
