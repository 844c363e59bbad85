"""Which doubts are told of a prediction, and in which order."""

from dataclasses import replace

import pytest

from melanoma.lesion.framing import NOT_SEEN, PART_OUTSIDE
from melanoma.model.alert_wording import doubts, photo_doubts, seen_words
from tests.model.test_log_odds import prediction_of

UNLIKE = "This looks unlike the dermoscopic photos that the network learned from."
CALM = prediction_of([0.0, 2.0])


def flagged(*flags: str):
    return replace(CALM, quality=flags)


def test_without_a_reason_there_is_no_doubt():
    assert doubts(CALM) == doubts(CALM, inside=0.9, area=0.4, not_seen=0.0) == []


def test_what_is_unlike_comes_first_then_the_photo_s_own():
    assert photo_doubts(["Blurred.", "Dark."], False) == [UNLIKE, "Blurred.", "Dark."]
    assert photo_doubts(["Blurred."], True) == ["Blurred."]


def test_the_outline_in_view_decides_whether_part_of_the_lesion_is_outside():
    found = flagged(PART_OUTSIDE, "Blurred.")
    assert doubts(found) == doubts(found, not_seen=NOT_SEEN) == [PART_OUTSIDE, "Blurred."]
    assert doubts(found, not_seen=NOT_SEEN - 0.01) == ["Blurred."], "by the outline in view it is not"
    assert doubts(CALM, not_seen=NOT_SEEN) == [PART_OUTSIDE], "by the outline in view it is"
    assert doubts(CALM, not_seen=NOT_SEEN - 0.01) == []


@pytest.mark.parametrize(
    ("inside", "area", "doubtful"),
    [
        *((0.4, 0.4, True), (0.3, 0.4, True), (0.41, 0.4, False), (1.0, 1.0, False)),
        *((None, 0.4, False), (0.3, None, False)),
    ],
)
def test_evidence_is_doubtful_where_an_even_map_has_as_much_inside(inside, area, doubtful):
    found = doubts(CALM, inside=inside, area=area)
    assert len(found) == doubtful
    if doubtful:
        assert found[0].startswith(f"Only {inside:.0%} of the evidence for mole (nevus) lies inside")
        assert f"covers {area:.0%}" in found[0]


def test_how_much_was_seen():
    assert "not known" in seen_words(None)
    assert seen_words(0.004) == "The whole lesion lies in it, as it is outlined."
    assert "25% lies outside" in seen_words(0.25)
