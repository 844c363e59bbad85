"""All measures of a map: pause points between, the same figures with and without, nothing computed twice."""

from dataclasses import replace

import numpy as np
import pytest

from melanoma.edits.drawn_lesions import MELANOMA_LIKE, draw_lesion
from melanoma.explain.base import explain_pixels
from melanoma.explain.registry import METHODS
from melanoma.exports.explanation import measure_map
from melanoma.measures.base import rank_correlation
from melanoma.measures.lesion_in_view import find_lesion_in_view
from melanoma.measures.randomisation import randomised
from melanoma.model.classifier import CompiledNetwork
from melanoma.pause_points import listening


@pytest.fixture(scope="module")
def asked(small_classifier):
    photo = draw_lesion(MELANOMA_LIKE, 120, 160, 1).image
    prediction = small_classifier([photo])[0]
    method = METHODS["evidence"]
    request = method.request(small_classifier.compiled, prediction, "MEL")
    return method, request, find_lesion_in_view(photo, prediction.geometry).inside


def measured(classifier, asked, before=None):
    method, request, inside = asked
    heatmap = method.explain(request.only("MEL"))[..., 0]
    return measure_map(classifier, method, request, "MEL", heatmap, inside, before=before)


def test_figures_are_the_same_with_a_listener_who_hears_the_share_rise_to_one(small_classifier, asked):
    plain = measured(small_classifier, asked)
    shares, names = [], []
    with listening(shares.append):
        found = measured(small_classifier, asked, lambda measure: names.append(measure.name))
    assert found.figures == plain.figures and found.by_chance == plain.by_chance
    assert np.diff(shares).min() > -1e-9 and max(shares) <= 1 and shares[-1] == pytest.approx(1)
    # Three of a measure's curves are the random maps'; each asks about 33 images, at most 16 in a pass.
    assert len(shares) > 3 * 4 * 3
    assert names[: len(found.figures)] == list(found.figures)
    assert names[len(found.figures) :] == list(found.by_chance)


def test_a_curve_of_the_map_is_computed_once(small_classifier, asked, monkeypatch):
    counts = []
    network = small_classifier.compiled
    ask = network.logits
    monkeypatch.setattr(
        network, "logits", lambda pixels, batch: counts.append(len(pixels)) or ask(pixels, batch)
    )
    measured(small_classifier, asked)
    # Three curves of the map and three of each of three random ones, and the surroundings once.
    assert counts.count(33) == 3 + 3 * 3


def test_randomisation_is_that_of_a_network_made_for_it(small_classifier, asked):
    method, request, _ = asked
    found = measured(small_classifier, asked).figures["randomisation"]
    other = replace(request, network=CompiledNetwork(randomised(request.network.network)))
    again = explain_pixels(method, other, "MEL")(request.pixels)
    heatmap = method.explain(request.only("MEL"))[..., 0]
    assert np.ptp(again) > 0
    assert found == pytest.approx(rank_correlation(heatmap, again), abs=1e-6)
