"""Several photos of one lesion answered together: the mean of their scores, and what is said of it."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from melanoma.errors import UserError
from melanoma.model.joint import answer_together, joint_scores
from melanoma.model.joint_wording import (
    alert_together,
    disagreement,
    how_joined,
    is_grave_together,
    joint_alert_words,
    row_of,
)
from melanoma.model.log_odds import Calibration
from melanoma.model.prediction import Prediction
from melanoma.model.verdict_wording import alert_words
from melanoma.photos.framing import centred_square

CODES = ("MEL", "NV", "BCC")


def bundle(**more) -> SimpleNamespace:
    """Return what is asked of a bundle: alerts from 0.3, and from 0.6 for melanoma and carcinoma together."""
    return SimpleNamespace(
        **{
            "codes": CODES,
            "alert_threshold": 0.3,
            "malignancy_threshold": 0.6,
            "malignant": [0, 2],
            "in_sets": lambda probabilities: probabilities >= 0.2,
            "figures": {},
            "alert_sensitivity": 0.95,
        }
        | more
    )


def answer(*probabilities: float, in_distribution: bool = True, prior=(0.2, 0.5, 0.3), temperature=2.0):
    """Return the answer of a photo with these probabilities, decided as `bundle()` decides."""
    calibration = Calibration(temperature, prior)
    logits = temperature * (np.log(probabilities) - np.log(prior))
    malignant = probabilities[0] + probabilities[2]
    return Prediction(
        codes=CODES,
        logits=logits + 7,  # free up to a constant
        calibration=calibration,
        class_maps=None,
        bias=np.zeros(3),
        melanoma_alert=probabilities[0] >= 0.3,
        malignancy_alert=malignant >= 0.6,
        prediction_set=(),
        in_distribution=in_distribution,
        novelty=0.0,
        quality=(),
        pixels=np.zeros((8, 8, 3), np.uint8),
        geometry=centred_square(8, 8, 8),
    )


def together(*answers: Prediction, **more):
    return answer_together(answers, bundle(**more))


def test_the_geometric_mean_by_hand():
    # Square roots of 0.8 x 0.2, 0.1 x 0.4 and 0.1 x 0.4: 0.4, 0.2 and 0.2, of 0.8 in all.
    joint = together(answer(0.8, 0.1, 0.1), answer(0.2, 0.4, 0.4))
    assert joint.probabilities == pytest.approx([0.5, 0.25, 0.25])
    assert joint.diagnosis == "MEL" and joint.malignancy == pytest.approx(0.75)
    assert joint.melanoma_alert and joint.malignancy_alert
    assert joint.prediction_set[0] == "MEL" and set(joint.prediction_set) == set(CODES)


def test_each_photo_counts_alike_and_three_are_a_cube_root():
    joint = together(answer(0.8, 0.1, 0.1), answer(0.1, 0.8, 0.1), answer(0.1, 0.1, 0.8))
    assert joint.probabilities == pytest.approx([1 / 3] * 3)
    twice = together(*[answer(0.8, 0.1, 0.1)] * 2, answer(0.1, 0.8, 0.1))
    assert twice.probabilities[0] / twice.probabilities[1] == pytest.approx(8 ** (1 / 3))


def test_the_same_photo_twice_is_answered_as_once():
    once = answer(0.55, 0.35, 0.1)
    assert together(once, once).probabilities == pytest.approx(once.probabilities)


def test_the_mix_counts_once():
    prior = (0.02, 0.9, 0.08)
    photos = [answer(*p, prior=prior) for p in ((0.5, 0.3, 0.2), (0.1, 0.7, 0.2))]
    logits = np.mean([photo.logits for photo in photos], axis=0)
    assert together(*photos).scores == pytest.approx(Calibration(2.0, prior).scores(logits))


def test_no_diagnosis_falls_below_its_lowest_photo():
    photos = np.random.default_rng(3).dirichlet([0.4] * 8, size=(200, 3))
    joint = np.exp([joint_scores(list(np.log(three))) for three in photos])
    assert (joint >= photos.min(axis=1) - 1e-12).all()
    assert (joint < photos.mean(axis=1)).any()


def test_malignant_diagnoses_together_can_and_each_photo_s_alert_is_told():
    photos = {"Photo 1": answer(0.59, 0.4, 0.01), "Photo 2": answer(0.01, 0.4, 0.59)}
    photos = {name: replace(one, melanoma_alert=False, malignancy_alert=True) for name, one in photos.items()}
    joint = together(*photos.values(), malignancy_threshold=0.5, alert_threshold=0.9)
    assert not joint.malignancy_alert and joint.malignancy < 0.6
    words = joint_alert_words(joint, photos, bundle())
    assert words[0][0] == "Alert for any skin cancer on Photo 1 and Photo 2 alone:"


@pytest.mark.parametrize(("line", "rings"), [(0.5, True), (0.5 + 1e-9, False)])
def test_the_alert_is_decided_on_the_joint_scores_from_the_very_line_on(line, rings):
    photos = answer(0.8, 0.1, 0.1), answer(0.2, 0.4, 0.4)
    exact = float(np.exp(joint_scores([photo.scores for photo in photos]))[0])
    joint = together(*photos, alert_threshold=exact + (line - 0.5))
    assert joint.melanoma_alert is rings


def test_a_bundle_without_a_second_alert_has_none_together():
    assert together(*[answer(0.8, 0.1, 0.1)] * 2, malignancy_threshold=None).malignancy_alert is None


def test_one_photo_and_photos_of_different_models_are_refused():
    with pytest.raises(UserError, match="two photos"):
        together(answer(0.8, 0.1, 0.1))
    other = replace(answer(0.8, 0.1, 0.1), codes=("MEL", "NV", "DF"))
    with pytest.raises(UserError, match="one model"):
        together(answer(0.8, 0.1, 0.1), other)


def test_an_alert_of_one_photo_is_told_first_though_all_together_raise_none():
    photos = {"Photo 1": answer(0.32, 0.67, 0.01), "Photo 2": answer(0.01, 0.98, 0.01)}
    joint = together(*photos.values())
    assert not joint.alert and joint.diagnosis == "NV"
    words = joint_alert_words(joint, photos, bundle())
    assert words[0][0] == "Melanoma alert on Photo 1 alone:"
    assert words[-1] == ("", "A dermatologist should look at it soon.")
    assert not any("All the same" in headline for headline, _ in words)
    assert is_grave_together(joint) and alert_together(joint)
    assert "Some raise the melanoma alert and others do not." in disagreement(joint, photos)


def test_the_second_alert_of_one_photo_is_told_too():
    photos = {"Photo 1": answer(0.29, 0.38, 0.33), "Photo 2": answer(0.01, 0.98, 0.01)}
    words = joint_alert_words(together(*photos.values()), photos, bundle())
    assert words[0][0] == "Alert for any skin cancer on Photo 1 alone:"


def test_a_malignant_likeliest_of_one_photo_is_not_reassured_away():
    photos = {"Photo 1": answer(0.05, 0.45, 0.5), "Photo 2": answer(0.01, 0.98, 0.01)}
    joint = together(*photos.values())
    assert not any(one.alert for one in (joint, *photos.values())) and joint.diagnosis == "NV"
    assert is_grave_together(joint)
    assert joint_alert_words(joint, photos, bundle())[-1] == ("", "A dermatologist should look at it soon.")


def test_where_none_alerts_it_is_said_as_of_one_photo():
    photos = {name: answer(0.01, 0.98, 0.01) for name in ("Photo 1", "Photo 2")}
    joint = together(*photos.values())
    assert joint_alert_words(joint, photos, bundle()) == alert_words(joint, bundle())
    assert not is_grave_together(joint) and not alert_together(joint)
    assert disagreement(joint, photos) == []


def test_an_alert_of_all_is_told_once():
    photos = {"Photo 1": answer(0.5, 0.45, 0.05), "Photo 2": answer(0.2, 0.75, 0.05)}
    joint = together(*photos.values())
    assert joint.melanoma_alert
    headlines = [headline for headline, _ in joint_alert_words(joint, photos, bundle())]
    assert headlines.count("Melanoma alert:") == 1 and not any("alone" in one for one in headlines)


def test_disagreement_and_distrust_are_said():
    photos = {"Photo 1": answer(0.1, 0.8, 0.1), "Photo 2": answer(0.1, 0.1, 0.8, in_distribution=False)}
    first, second = disagreement(together(*photos.values()), photos)
    assert "mole (nevus) and basal cell carcinoma" in first
    assert second.startswith("There are reasons to distrust Photo 2,")
    assert how_joined(together(*photos.values())).startswith("Made of 2 photos: the mean of their scores")


def test_a_row_of_the_table():
    assert row_of("Photo 1", answer(0.32, 0.38, 0.3)) == [
        "Photo 1",
        "mole (nevus), 38.0%",
        "32.0%",
        "melanoma, any skin cancer",
    ]
    assert row_of("Photo 2", answer(0.01, 0.98, 0.01))[-1] == "none"
