"""The explain command: every method, settings, measures as JSON, and what it refuses."""

import json

import cv2
import numpy as np
import pytest
from scipy.special import expit
from typer.testing import CliRunner

from melanoma.cli import commands
from melanoma.edits.drawn_lesions import MELANOMA_LIKE, draw_lesion
from melanoma.errors import UserError
from melanoma.explain.registry import METHODS
from melanoma.figures.overlay import SIDE
from melanoma.measures.registry import MEASURES
from tests.conftest import write_image
from tests.explain.test_methods import costly_ones_slow

DRAWN = draw_lesion(MELANOMA_LIKE, 90, 120, 7)
QUICK = {"smoothgrad": ["--set", "copies=1"], "integrated-gradients": ["--set", "steps=8"]}


@pytest.fixture(scope="module")
def photo(tmp_path_factory):
    return write_image(tmp_path_factory.mktemp("photo") / "drawn.png", DRAWN.image)


@pytest.fixture(scope="module")
def mask(tmp_path_factory):
    picture = np.repeat(DRAWN.mask[..., None] * np.uint8(255), 3, axis=2)
    return write_image(tmp_path_factory.mktemp("mask") / "outline.png", picture)


@pytest.fixture(scope="module")
def run(small_classifier, small_bundle, photo):
    """Run the command on one loaded classifier, which is what takes the time."""

    def run(out, *arguments):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("melanoma.model.classifier.Classifier", lambda bundle: small_classifier)
            found = CliRunner().invoke(
                commands, ["explain", str(photo), "--out", str(out), "--model", str(small_bundle), *arguments]
            )
        if found.exception is not None and not isinstance(found.exception, SystemExit):
            raise found.exception
        assert found.exit_code == 0, found.output
        return found.stdout

    return run


@costly_ones_slow
def test_every_method_writes_an_overlay_with_a_colour_bar(name, run, tmp_path):
    out = tmp_path / "overlay.png"
    quick = QUICK.get(name, [])
    told = json.loads(run(out, "--method", name, "--diagnosis", "nv", "--json", *quick))
    assert (told["method"], told["diagnosis"]) == (name, "NV")
    picture = cv2.imread(str(out))
    assert picture.shape[1] > 2 * SIDE, "the photo, and the map beside it"
    assert np.ptp(picture[picture.shape[0] - 100 :, SIDE:].astype(int)) > 100, "the colour bar below"
    assert ("regions" in told) == METHODS[name].adds_up
    if METHODS[name].adds_up:
        regions = sum(region["total"] for region in told["regions"]) + told["rest"]
        log_odds = told["starting_value"] + regions - told["division"]
        assert log_odds == pytest.approx(told["log_odds"], abs=1e-4)
        assert told["probability"] == pytest.approx(expit(log_odds), abs=1e-5)


def test_the_colour_photo_under_the_map_is_a_choice(run, tmp_path):
    pictures = []
    for number, more in enumerate(((), ("--colour",))):
        out = tmp_path / f"{number}.png"
        run(out, "--method", "evidence", "--diagnosis", "nv", *more)
        pictures.append(cv2.imread(str(out)).astype(int))
    rows = slice(100, SIDE)
    grey, colour = (picture[rows, SIDE + 28 : 2 * SIDE + 28] for picture in pictures)
    assert (colour != grey).any()
    assert (pictures[1][rows, :SIDE] == pictures[0][rows, :SIDE]).all(), "the photo beside it stays"


@pytest.mark.slow("every measure of a map, by the command")
def test_the_measures_are_told_with_meaning_and_direction(run, mask, tmp_path):
    arguments = ("--method", "edges", "--diagnosis", "MEL", "--measures", "--mask", str(mask))
    told = json.loads(run(tmp_path / "o.png", *arguments, "--json"))
    assert list(told["measures"]) == list(MEASURES)
    assert told["outlined"] is True
    for name, figure in told["measures"].items():
        assert figure["better"] == MEASURES[name].better
        assert figure["meaning"] == MEASURES[name].meaning
        assert np.isfinite(figure["value"])
    assert "better_than_random_by" in told["measures"]["deletion"]
    assert told["measures"]["randomisation"]["value"] == pytest.approx(1)
    assert told["sentences"][0] == (
        "This map is the same for a randomised network: it knows nothing of the network."
    )
    readable = run(tmp_path / "o.png", *arguments)
    assert told["sentences"][0] in readable
    assert f"Stability: {told['measures']['stability']['value']:.3f} (higher is better)" in readable


@pytest.mark.slow("a whole explanation with its measures")
def test_without_a_mask_the_outline_is_searched_for(run, tmp_path):
    found = json.loads(run(tmp_path / "o.png", "--method", "random", "--measures", "--json"))
    assert found["outlined"] is True
    assert found["measures"]["inside"]["value"] > 0.1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--method", "magic"], "There is no method “magic”. Choose one of evidence"),
        (["--method", "occlusion", "--layer", "features"], "has no setting “layer”. It has patch, cover"),
        (["--set", "patch"], "--set takes NAME=VALUE, and “patch” has no “=”"),
        (["--layer", "pooling"], "“pooling” cannot be the layer. Choose one of conv1_relu"),
        (["--diagnosis", "XXX"], "“XXX” is not a diagnosis of this model"),
        (["--mask", "nowhere.png"], "--mask is for the measures"),
        (["--measures", "--mask", "nowhere.png"], "nowhere.png does not exist"),
    ],
)
def test_mistakes_get_a_sentence(arguments, sentence, run, tmp_path):
    with pytest.raises(UserError, match=sentence):
        run(tmp_path / "o.png", *arguments)
    assert not (tmp_path / "o.png").exists()


def test_masks_that_do_not_fit_are_refused(run, tmp_path):
    small = write_image(tmp_path / "small.png", np.full((80, 100, 3), 255, np.uint8))
    with pytest.raises(UserError, match="The mask has 100 x 80 pixels and the photo 120 x 90"):
        run(tmp_path / "o.png", "--measures", "--mask", str(small))
    black = write_image(tmp_path / "black.png", np.zeros((90, 120, 3), np.uint8))
    with pytest.raises(UserError, match="The outline is empty"):
        run(tmp_path / "o.png", "--method", "edges", "--measures", "--mask", str(black))


@pytest.mark.slow("four whole explanations by the command")
def test_a_mask_of_another_size_and_in_an_alpha_channel_is_the_same_outline(run, mask, tmp_path):
    inside = cv2.imread(str(mask))[:, :, 0]
    clear = np.dstack(
        [DRAWN.image, cv2.resize(inside, (240, 180), interpolation=cv2.INTER_NEAREST)[::2, ::2]]
    )
    cv2.imwrite(str(tmp_path / "clear.png"), clear)
    cv2.imwrite(str(tmp_path / "twice.png"), cv2.resize(inside, (240, 180), interpolation=cv2.INTER_NEAREST))
    words = ("--method", "evidence", "--measures", "--json")
    told = [
        json.loads(run(tmp_path / "a.png", *words, "--mask", str(given)))
        for given in (mask, tmp_path / "clear.png", tmp_path / "twice.png")
    ]
    for found in told:
        found.pop("out")
    assert told[0]["outlined"] and told[0] == told[1] == told[2]


def test_dicom_objects_are_explained_by_frame(small_classifier, small_bundle, tmp_path, monkeypatch):
    pytest.importorskip("pydicom")
    from tests.photos.test_dicom import header, written

    file = tmp_path / "IM0001"
    file.write_bytes(written(header(np.stack([DRAWN.image[::-1], DRAWN.image]))))
    monkeypatch.setattr("melanoma.model.classifier.Classifier", lambda bundle: small_classifier)
    words = ["explain", str(file), "--out", str(tmp_path / "a.png"), "--model", str(small_bundle)]
    expected = small_classifier([DRAWN.image[::-1], DRAWN.image])
    for frame, prediction in enumerate(expected, start=1):
        found = CliRunner().invoke(commands, [*words, "--json", "--diagnosis", "MEL", "--frame", str(frame)])
        told = json.loads(found.stdout)
        assert told["frame"] == frame
        assert told["probability"] == pytest.approx(prediction.probability("MEL"), abs=1e-5)
    assert "frame 1 of 2" in CliRunner().invoke(commands, words).stdout
    for given, sentence in (
        (str(file), "has 2 frames, so there is no frame 3"),
        (None, "is no DICOM object"),
    ):
        if given is None:
            words[1] = str(write_image(tmp_path / "x.png", DRAWN.image))
        found = CliRunner().invoke(commands, [*words, "--frame", "3"])
        assert isinstance(found.exception, UserError) and sentence in str(found.exception)
