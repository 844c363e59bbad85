"""What painted-in and painted-out things change: worked out by hand, and on pictures that have them."""

import numpy as np
import pytest

from melanoma.edits.artefacts import dark_corners
from melanoma.edits.drawn_lesions import LesionParameters, draw_lesion
from melanoma.evaluation.artefact_reliance import effect, painted_in, painted_out, source_accuracy


def test_an_effect_worked_out_by_hand():
    before = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.45, 0.55]])
    after = np.array([[0.8, 0.2], [0.7, 0.3], [0.3, 0.7], [0.45, 0.55]])
    found = effect(before, after, melanoma=0, threshold=0.5, lesions=np.arange(4))
    assert found.images == 4
    assert found.answers.value == 0.5
    assert found.alerts_added.value == 0.25
    assert found.alerts_lost.value == 0.25
    assert found.melanoma.value == pytest.approx((-0.1 + 0.5 - 0.3) / 4)
    assert found.answers.low < 0.5 < found.answers.high


def test_nothing_changed_is_no_effect():
    same = np.array([[0.9, 0.1], [0.2, 0.8]])
    found = effect(same, same, 0, 0.5, np.arange(2))
    estimates = (found.answers, found.alerts_added, found.alerts_lost, found.melanoma)
    assert [estimate.value for estimate in estimates] == [0, 0, 0, 0]


def test_things_are_painted_in_and_the_control_only_mirrors():
    pixels, rng = draw_lesion(LesionParameters(), 96, 96, seed=1).image, np.random.default_rng(0)
    changes = painted_in()
    assert (changes["mirrored"](pixels, rng)[:, ::-1] == pixels).all()
    assert len(changes) == 6
    for name, change in changes.items():
        assert (change(pixels, rng) != pixels).any(), name


def test_only_what_is_there_is_taken_out():
    clean = draw_lesion(LesionParameters(network=0.0), 192, 192, seed=1).image
    hairy = draw_lesion(LesionParameters(network=0.0, hairs=40), 192, 192, seed=1).image
    framed = dark_corners(clean, np.random.default_rng(2))
    rng, changes = np.random.default_rng(0), painted_out()
    assert changes["hair"](clean, rng) is None
    assert changes["dark corners"](clean, rng) is None
    shaved, opened = changes["hair"](hairy, rng), changes["dark corners"](framed, rng)
    error = lambda image: np.abs(image.astype(int) - clean).mean()  # noqa: E731
    assert error(shaved) < 0.6 * error(hairy)
    assert error(opened) < 0.4 * error(framed)


def test_the_source_is_told_when_it_shows_and_not_when_it_does_not():
    rng = np.random.default_rng(0)
    sources = np.repeat(["clinic", "archive"], 100)
    lesions = np.arange(200) // 2
    noise = rng.normal(size=(200, 5))
    shows = noise + 4 * (sources == "archive")[:, None]
    assert source_accuracy(shows, sources, lesions).value > 0.95
    assert source_accuracy(noise, sources, lesions).value == pytest.approx(0.5, abs=0.13)
