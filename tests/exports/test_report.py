"""One case as files: all that is claimed stands in them, and nothing of the photo's file."""

import io
import json
import re
from dataclasses import replace

import numpy as np
import pytest

from melanoma.edits.drawn_lesions import MELANOMA_LIKE, draw_lesion
from melanoma.exports.case import as_json, as_npy
from melanoma.exports.report import case_report
from melanoma.lesion.framing import PART_OUTSIDE
from melanoma.lesion.outline import Outline
from melanoma.measures.lesion_in_view import LesionInView, find_lesion_in_view, outline_in_view
from melanoma.model.alert_wording import doubts, sum_words
from melanoma.model.joint import answer_together
from melanoma.model.log_odds import Calibration
from melanoma.model.verdict_wording import alert_words, set_words
from melanoma.photos.cropping import Crop
from melanoma.photos.encoding import as_png
from melanoma.photos.framing import frame


def test_the_report_needs_nothing_from_outside(case):
    html = case_report(case, "Evidence map: Melanoma", "words")
    assert not re.search(r"https?:|<script|<link|@import|url\(", html)
    assert html.count("data:image/") == 5, "square, whole photo, square under map, scale"
    assert "default-src 'none'" in html
    assert "Not a diagnosis" in html


def test_a_measured_map_has_its_verdict_and_reasons(case):
    measured = replace(case, measures={"verdict": "fails", "measures": {}, "sentences": ["An <edge> map."]})
    html = case_report(measured, "Edges", "words")
    assert "This map fails: do not rely on it." in html and "<li>An &lt;edge&gt; map.</li>" in html
    assert "This map" not in case_report(case, "Edges", "words")


def test_what_was_not_seen_is_told_of_the_outline_that_counts(case):
    lesion = case.lesion
    assert lesion.trusted and lesion.not_seen == pytest.approx(0, abs=0.01)
    assert "The whole lesion lies in it" in case_report(case, "Evidence", "words")
    assert case.numbers()["seen"]["lesion_not_seen"] == lesion.not_seen
    drawn, left = np.zeros((120, 160), bool), case.prediction.geometry.left
    drawn[40:80, left - 10 : left + 10] = True
    by_hand = replace(case, lesion=outline_in_view(Outline(drawn, 1.0), case.prediction.geometry, True))
    assert by_hand.numbers()["seen"]["lesion_not_seen"] == pytest.approx(0.5)
    told = case_report(by_hand, "Evidence", "words")
    assert "Of the lesion, as it is outlined, 50% lies outside." in told and PART_OUTSIDE in told
    drawn[:, left:] = False
    outside = outline_in_view(Outline(drawn, 1.0), case.prediction.geometry, True)
    assert outside.not_seen == 1 and not outside.trusted, (
        "nothing of it is in view, and it is known where it is"
    )
    unsure = replace(case, lesion=replace(lesion, confidence=0.4))
    assert "Whether the whole lesion lies in it is not known" in case_report(unsure, "Evidence", "words")
    assert unsure.numbers()["seen"]["lesion_not_seen"] is None


def test_a_missing_part_is_a_doubt_once(case):
    sure = replace(case.prediction, quality=(), in_distribution=True)
    assert doubts(sure, not_seen=0.09) == doubts(sure, not_seen=None) == []
    assert doubts(sure, not_seen=0.1) == [PART_OUTSIDE]
    assert doubts(replace(sure, quality=(PART_OUTSIDE,)), not_seen=0.5) == [PART_OUTSIDE]


def test_the_report_states_answer_model_and_settings(case):
    html = case_report(case, "Evidence map: Melanoma", "five < six", ("a further limit",))
    probability = case.prediction.probability("MEL")
    assert f'<td class="number">{probability:.1%}</td>' in html
    assert case.bundle.version in html
    assert "five &lt; six" in html and "a further limit" in html
    assert "&lt;features&gt;" in html and "<features>" not in html
    assert set_words(case.prediction, case.bundle) in html


def test_the_report_speaks_the_readers_language(case):
    def shout(phrase, **values):
        return (phrase.format(**values) if values else phrase).upper()

    html = case_report(case, "t", "w", (), shout, "xx")
    assert '<html lang="xx">' in html
    assert "NOT A DIAGNOSIS" in html and "Not a diagnosis" not in html
    assert "MELANOMA" in html


def test_a_drawing_is_called_one(case):
    assert "never learned from drawings" in case_report(replace(case, drawn=True), "t", "w")
    assert "never learned from drawings" not in case_report(case, "t", "w")


def test_the_numbers_are_those_of_the_prediction(case):
    numbers = json.loads(as_json(case.numbers()))
    assert sum(numbers["probabilities"].values()) == pytest.approx(1)
    of = numbers["map"]
    assert of["starting_value"] + of["sum"] - of["division"] == pytest.approx(of["log_odds"], abs=1e-4)
    shown = numbers["probabilities"]["MEL"]
    assert of["log_odds"] == pytest.approx(np.log(shown / (1 - shown)), abs=1e-4)
    assert np.exp(numbers["scores"]["MEL"]) == pytest.approx(shown)
    assert numbers["model"]["version"] == case.bundle.version
    assert numbers["not_a_diagnosis"] is True


def test_the_raw_map_is_the_map(case):
    assert (np.load(io.BytesIO(as_npy(case.heatmap))) == case.heatmap).all()


def test_the_picture_is_a_png_without_text_chunks(case):
    content = as_png(case.sheet("Evidence"))
    assert content.startswith(b"\x89PNG")
    assert not any(chunk in content for chunk in (b"tEXt", b"iTXt", b"eXIf", b"zTXt"))


def test_silence_is_never_reassurance(case):
    silent = replace(case.prediction, melanoma_alert=False, malignancy_alert=False, logits=np.array([0, 2.0]))
    alerts = alert_words(silent, case.bundle)
    assert alerts[0][0] == "No melanoma alert:" and alerts[-1][0] == "All the same:"
    assert "shows it to a doctor" in alerts[-1][1] and "melanomas" in alerts[-1][1]
    alerts = alert_words(replace(silent, melanoma_alert=True), case.bundle)
    assert alerts[0][0] == "Melanoma alert:" and "dermatologist" in alerts[-1][1]


def test_every_known_doubt_is_told(case):
    clear = replace(case.prediction, in_distribution=True, quality=())
    assert doubts(clear) == doubts(clear, inside=0.31, area=0.3) == []
    assert doubts(clear, inside=1.0, area=1.0) == [], "a lesion that fills the picture holds all evidence"
    unlike = replace(clear, in_distribution=False, quality=("The photo is blurred.",))
    told = doubts(unlike, inside=0.2, area=0.3)
    assert len(told) == 3 and "unlike" in told[0] and "20%" in told[2] and "30%" in told[2]


def test_an_empty_prediction_set_is_a_doubt_and_two_are_listed(case):
    assert "nothing quite like" in set_words(replace(case.prediction, prediction_set=()), case.bundle)
    both = set_words(replace(case.prediction, prediction_set=("MEL", "NV")), case.bundle)
    assert both.startswith("All 2 diagnoses stay possible.")


def test_the_sum_in_words(case):
    prediction = replace(
        case.prediction,
        bias=np.array([0.5, 0]),
        logits=np.array([1.5, 0]),
        calibration=Calibration(1.0, (0.5, 0.5)),
    )
    words = sum_words(prediction, "MEL", np.array([[2.0, -1.0]]))
    assert "for +2.00, against -1.00, starting value +0.50, division of the others -0.00" in words
    assert "log-odds of +1.50, that is 81.8%" in words


def test_the_outline_lies_on_the_drawn_lesion_in_both_grids():
    drawn = draw_lesion(MELANOMA_LIKE, 450, 600, 3)
    found = find_lesion_in_view(drawn.image, frame(drawn.image, 96)[1])
    truth = drawn.mask[:, 75:525]
    assert found.trusted
    assert found.mask.mean() == pytest.approx(truth.mean(), rel=0.25)
    corners = np.concatenate(found.contours)
    rows, columns = np.nonzero(drawn.mask)
    assert corners.min(axis=0) == pytest.approx([columns.min(), rows.min()], abs=25)
    assert corners.max(axis=0) == pytest.approx([columns.max(), rows.max()], abs=25)


def test_the_share_inside_is_told_only_of_an_outline_to_trust():
    mask = np.zeros((8, 8), bool)
    mask[2:6, 2:6] = True
    heatmap = np.zeros((8, 8), np.float32)
    heatmap[3, 3], heatmap[0, 7] = 3.0, 1.0
    assert LesionInView((), mask, 0.9).share_inside(heatmap) == pytest.approx(0.75)
    assert LesionInView((), mask, 0.3).share_inside(heatmap) is None
    assert LesionInView((), mask, 0.9).share_inside(-heatmap) is None


def test_a_crop_is_told(case):
    assert case.numbers()["photo"]["cropped"] is None
    assert "Cut out of" not in case_report(case, "Evidence", "words")
    cropped = replace(case, crop=Crop(40, 20, 120), cut_from=(400, 300))
    wanted = {"left": 40, "top": 20, "side": 120, "of_width": 400, "of_height": 300}
    assert cropped.numbers()["photo"]["cropped"] == wanted
    assert "Cut out of a photo of 400 x 300 pixels." in case_report(cropped, "Evidence", "words")


def test_the_joint_answer_is_told_and_an_alert_of_one_photo_with_it(case):
    assert "together" not in case.numbers()
    silent = replace(case.prediction, melanoma_alert=False)
    named = {"Photo 1": replace(case.prediction, melanoma_alert=True), "Photo 2": silent}
    joint = replace(answer_together(list(named.values()), case.bundle), melanoma_alert=False)
    both = replace(case, prediction=silent, joint=joint, named=named)
    told = both.numbers()["together"]
    assert (told["photos"], told["melanoma_alert"], told["melanoma_alerts_of_single_photos"]) == (2, False, 1)
    assert sum(told["probabilities"].values()) == pytest.approx(1)
    html = case_report(both, "Evidence", "words")
    assert "2 photos together." in html and "the mean of their scores" in html
    assert "Melanoma alert on Photo 1 alone:" in html
