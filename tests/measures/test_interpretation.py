"""Each situation gets the sentence it deserves, and no other."""

import numpy as np
import pytest

from melanoma.measures.base import MapCase
from melanoma.measures.interpretation import Verdict, sentences, verdict
from melanoma.measures.registry import MEASURES

MASK = np.zeros((16, 16), dtype=bool)
MASK[4:12, 4:12] = True
SOME = np.arange(16.0).reshape(4, 4) - 4


def told(figures, heatmap=SOME, by_chance=None):
    case = MapCase(lambda pixels: pixels, np.zeros((16, 16, 3), np.uint8), heatmap, 0, MASK)
    return sentences(case, figures, "melanoma", by_chance or {})


def test_the_share_inside_is_told_beside_the_lesions_size():
    assert told({"inside": 0.684}) == [
        f"68% of the evidence for melanoma lies inside the outlined lesion, "
        f"which covers {MapCase(None, np.zeros((16, 16, 3)), SOME, 0, MASK).lesion.mean():.0%} of the image."
    ]


def test_evidence_outside_is_to_be_distrusted():
    area = float(MapCase(None, np.zeros((16, 16, 3)), SOME, 0, MASK).lesion.mean())
    assert told({"inside": area})[1:] == [
        "An even map would have at least as much inside: distrust this answer."
    ]
    assert len(told({"inside": area + 0.01})) == 1


def test_a_photo_that_stays_what_it_is_when_blurred():
    def chances(sharp, blurred):
        return lambda pixels: np.array([[sharp, 1 - sharp], [blurred, 1 - blurred]])

    def told(sharp, blurred, mask=None, figures=("deletion",)):
        photo = np.zeros((16, 16, 3), np.uint8)
        case = MapCase(chances(sharp, blurred), photo, SOME, 0, mask)
        return sentences(case, dict.fromkeys(figures, 0.7), "mole (nevus)", {})

    still = (
        "Wholly blurred, the photo is still mole (nevus) to the network (80%): what blurring takes away "
        "tells little of this map."
    )
    assert told(0.9, 0.8) == [still]
    assert told(0.9, 0.8, MASK) == [still + " Bare skin is the fairer question."]
    assert told(0.9, 0.8, figures=()) == []
    assert told(0.9, 0.4) == [], "it is another diagnosis when blurred"
    assert told(0.02, 0.02) == [], "nor is it this diagnosis when sharp"


@pytest.mark.parametrize("heatmap", [-np.ones((4, 4)), np.minimum(SOME, 0), np.zeros((4, 4))])
def test_nothing_speaks_for_it(heatmap):
    assert told({"inside": float("nan")}, heatmap) == ["No region speaks for melanoma."]


def test_a_map_without_variation():
    assert told({"inside": 0.3}, np.ones((4, 4))) == ["This map is the same everywhere: it points nowhere."]


def test_inside_and_yet_the_surroundings_count():
    inside = told({"inside": 0.97, "surroundings-answer": 0.25})
    assert inside[1:] == [
        "The map lies inside, yet the answer changes with the surroundings (in 25% of the tries)."
    ]
    outside = told({"inside": 0.1, "surroundings-answer": 0.25})
    assert outside[2:] == ["The answer changes with the surroundings (in 25% of the tries)."]
    steady = told({"inside": 0.97, "surroundings-answer": 0.0})
    assert steady[1:] == ["The answer stays the same when the lesion is shown in other surroundings."]


def test_edges_are_not_reasons():
    assert told({"randomisation": 0.7}) == [
        "This map hardly changes when the network is randomised: it shows edges, not reasons."
    ]
    assert told({"randomisation": 1.0}) == [
        "This map is the same for a randomised network: it knows nothing of the network."
    ]
    assert told({"randomisation": 0.3}) == []


def test_no_better_than_chance():
    assert told({}, by_chance={"deletion": -0.1, "insertion": 0.0}) == [
        "The network misses what this map marks no more than random spots: the map tells little."
    ]
    assert told({}, by_chance={"deletion": -0.1, "insertion": 0.01}) == []


def test_every_measure_says_what_it_means_and_which_way_is_better():
    for name, measure in MEASURES.items():
        assert measure.name == name
        assert measure.better in ("higher", "lower")
        assert measure.meaning.endswith(".") and "1" in measure.meaning
        assert measure.title and measure.paper


@pytest.mark.parametrize(
    ("figures", "by_chance", "expected"),
    [
        ({"inside": 0.9, "randomisation": 0.1, "surroundings-answer": 0.0}, (0.1, 0.2), Verdict.HOLDS),
        ({}, (), Verdict.HOLDS),
        ({"inside": 0.9}, (0.1, 0.0), Verdict.PARTLY),
        ({"inside": 0.9, "surroundings-answer": 0.25}, (0.1, 0.2), Verdict.PARTLY),
        ({"inside": 0.1}, (0.1, 0.2), Verdict.FAILS),
        ({"inside": 0.9, "randomisation": 0.5}, (0.1, 0.2), Verdict.FAILS),
        ({"inside": 0.9}, (-0.1, 0.0), Verdict.FAILS),
    ],
)
def test_all_measures_in_a_word(figures, by_chance, expected):
    case = MapCase(lambda pixels: pixels, np.zeros((16, 16, 3), np.uint8), SOME, 0, MASK)
    assert verdict(case, figures, dict(zip(("deletion", "insertion"), by_chance, strict=False))) == expected


@pytest.mark.parametrize("heatmap", [np.minimum(SOME, 0), np.ones((4, 4))])
def test_a_map_that_says_nothing_fails(heatmap):
    case = MapCase(lambda pixels: pixels, np.zeros((16, 16, 3), np.uint8), heatmap, 0)
    assert verdict(case, {}, {"deletion": 1.0}) == Verdict.FAILS
