"""Thresholds set again without training: on the right lesions, judged on others, whole or not at all."""

import json
import re
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from melanoma.data.labels.read import read_labels
from melanoma.edits.drawn_lesions import MELANOMA_LIKE, NEVUS_LIKE, draw_lesion
from melanoma.errors import UserError
from melanoma.evaluation import non_dermoscopic
from melanoma.explain.looks_for import read_looks_for
from melanoma.model.bundle import describe, load_bundle
from melanoma.model.log_odds import Calibration
from melanoma.training import distribution, recalibration, recalibration_scores
from melanoma.training.calibrating import calibrate, stored_logits
from melanoma.training.recalibrated_card import rewrite_card
from melanoma.training.recalibration import recalibrate
from melanoma.training.recalibration_scores import halve_by_lesion, require_enough
from tests.conftest import write_image


def lesions(split: str, **counts: int) -> pd.DataFrame:
    """Return a table of so many lesions of each diagnosis, one image each."""
    rows = [(split, code, f"{split} {code} {number}") for code in counts for number in range(counts[code])]
    return pd.DataFrame(rows, columns=["split", "diagnosis", "lesion_id"])


def test_what_is_set_on_calibration_images_by_hand():
    melanoma = np.array([0.9, 0.8, 0.7, 0.2, 0.6, 0.3, 0.2, 0.1])  # four melanomas, then four nevi
    logits = np.log(np.stack([melanoma, 1 - melanoma], axis=1))
    table = pd.DataFrame({"diagnosis": ["MEL"] * 4 + ["NV"] * 4, "lesion_id": list("abcdefgh")})
    prior = np.array([0.5, 0.5])
    found = calibrate(logits, table, ("MEL", "NV"), prior, 0.25, 0.6, temperature=1.0)
    # Three of four may be missed: the lowest of four promises that with 1 - 0.25^4 = 0.996, and the second
    # with 0.949, which is too little.
    assert found["alert_threshold"] == pytest.approx(0.2)
    assert found["alert_bound"] == pytest.approx(0.05**0.25)
    assert found["malignancy_threshold"] == found["alert_threshold"], "melanoma is the only malignant one"
    assert (found["alert_lesions"], found["malignancy_lesions"]) == (4, 4)
    # Likelier than the truth: of melanomas 0 0 0 0.8, of nevi 0 0 0 0.6; of 5 x 0.6 = 3 the third smallest is
    # 0, of all eight with one more at the worst place six of nine, 0 too.
    assert found["conformal_quantiles"] == pytest.approx((0.0, 0.0))
    found = calibrate(logits, table, ("MEL", "NV"), prior, 0.25, 0.75, temperature=1.0)
    assert found["conformal_quantiles"] == pytest.approx((0.8, 0.6))  # the fourth; of all the seventh, 0.6
    assert (found["alert_sensitivity"], found["conformal_coverage"], found["least_coverage"]) == (
        *(0.25, 0.75),
        0.75,
    )


def test_each_source_and_each_malignant_diagnosis_is_found():
    codes, prior = ("MEL", "NV", "BCC"), np.full(3, 1 / 3)
    melanoma = np.concatenate([np.linspace(0.5, 0.9, 100), np.linspace(0.01, 0.1, 10)])
    carcinoma = np.linspace(0.02, 0.2, 10)
    probabilities = np.concatenate(
        [
            np.stack([melanoma, 1 - melanoma, np.zeros(110)], axis=1),
            np.stack([np.zeros(10), 1 - carcinoma, carcinoma], axis=1),
            np.tile([0.0, 1.0, 0.0], (5, 1)),
        ]
    )
    diagnoses = ["MEL"] * 110 + ["BCC"] * 10 + ["NV"] * 5
    table = pd.DataFrame({"diagnosis": diagnoses, "lesion_id": np.arange(125)}).assign(source="one")
    logits = np.log(probabilities + 1e-9)
    alone = calibrate(logits, table, codes, prior, 0.8, 0.9, temperature=1.0)
    assert alone["alert_threshold"] >= 0.5
    assert alone["malignancy_threshold"] == pytest.approx(carcinoma[1], abs=1e-4), "nine of ten carcinomas"
    two = table.assign(source=["one"] * 100 + ["two"] * 25)
    found = calibrate(logits, two, codes, prior, 0.8, 0.9, temperature=1.0)
    assert found["alert_threshold"] == pytest.approx(melanoma[101], abs=1e-4), "nine of ten of the second"
    assert found["alert_bound"] == alone["alert_bound"]
    unsaid = calibrate(logits, table.drop(columns="source"), codes, prior, 0.8, 0.9, temperature=1.0)
    assert unsaid["alert_threshold"] > alone["alert_threshold"] > 0.5, "here nine of ten ask for more"


@pytest.mark.parametrize(
    ("codes", "diagnoses", "shift", "sentence"),
    [
        (("MEL", "NV"), ["NV", "NV"], 0, "no lesion that the alert could be set on"),
        (("MEL", "NV"), ["MEL", "BCC"], 0, r"hold BCC, which this model does not know \(MEL, NV\)"),
        (("MEL", "NV"), ["MEL", "NV"], np.nan, "are no numbers"),
    ],
)
def test_what_cannot_be_calibrated_with_is_a_sentence(codes, diagnoses, shift, sentence):
    table = pd.DataFrame({"diagnosis": diagnoses, "lesion_id": ["a", "b"]})
    with pytest.raises(UserError, match=sentence):
        calibrate(np.eye(2) + shift, table, codes, np.array([0.5, 0.5]), 0.95, 0.9, temperature=1.0)


def test_a_model_of_malignant_diagnoses_alone_has_no_second_alert():
    table = pd.DataFrame({"diagnosis": ["MEL", "BCC"] * 5, "lesion_id": range(10)})
    logits = np.tile(np.eye(2), (5, 1))
    found = calibrate(logits, table, ("MEL", "BCC"), np.array([0.5, 0.5]), 0.5, 0.5, temperature=1.0)
    assert found["malignancy_threshold"] is found["malignancy_bound"] is None
    assert found["alert_threshold"] == pytest.approx(np.e / (np.e + 1))


def test_the_temperature_and_the_mix_are_taken_out_of_stored_probabilities(small_bundle):
    bundle = load_bundle(small_bundle)
    logits = np.array([[1.0, -2.0], [0.0, 0.5]])
    fields = {"temperature": 2.0, "prior": (0.8, 0.2)}
    stored = pd.DataFrame(Calibration(**fields).probabilities(logits), columns=["MEL", "NV"])
    # Softmax of 0.5 + log 0.8 and -1 + log 0.2: odds of 4 e^1.5.
    assert stored["MEL"][0] / stored["NV"][0] == pytest.approx(4 * np.exp(1.5))
    found = stored_logits(stored, recalibration.replace(bundle, **fields))
    assert found[:, 0] - found[:, 1] == pytest.approx([3.0, -0.5])


def test_stored_scores_give_back_what_the_training_run_set(small_bundle, tmp_path, monkeypatch):
    monkeypatch.setattr(recalibration, "require_enough", lambda *_: None)  # one melanoma is enough here
    before = load_bundle(small_bundle)
    found = recalibrate(before, tmp_path / "again")
    now = load_bundle(tmp_path / "again")
    assert now == found.bundle
    assert now.temperature == pytest.approx(before.temperature, abs=1e-4)
    assert now.alert_threshold == pytest.approx(before.alert_threshold, abs=1e-4)
    assert now.conformal_quantiles == pytest.approx(before.conformal_quantiles, abs=1e-4)
    assert now.distance_threshold == before.distance_threshold
    assert now.files["model.keras"] == before.files["model.keras"]
    assert now.figures["accepted"] == before.figures["accepted"]
    assert now.recalibrated["from"] == before.version and now.recalibrated["stored_scores"]
    again = recalibrate(now, now.path, sensitivity=0.5)  # in place
    assert load_bundle(tmp_path / "again") == again.bundle and again.bundle.name == "again"
    card = (now.path / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert card.startswith("# Model card: again\n") and card.count("### Recalibrated") == 1
    assert f"of the version `{now.version}`" in card and "were not made\nagain" in card
    assert "On the test images, whose lesions nothing was fitted to: " in card
    assert "| melanoma | a probability of 0." in card and "with 95% confidence" in card


def test_the_pictures_of_what_it_looks_for_go_along(small_bundle, tmp_path):
    folder = tmp_path / "small"
    shutil.copytree(small_bundle, folder)
    bundle = load_bundle(folder)
    (folder / "looks-for").mkdir()
    for code in bundle.codes:
        (folder / "looks-for" / f"{code}.png").write_bytes(code.encode())
    made = {"network": bundle.files["model.keras"]}
    (folder / "looks-for" / "made.json").write_text(json.dumps(made))
    found = recalibrate(bundle, sensitivity=0.5).bundle
    assert found.path == tmp_path / "small-recalibrated"
    assert read_looks_for(found) == {"MEL": b"MEL", "NV": b"NV"}
    with pytest.raises(UserError, match="small-recalibrated exists already"):
        recalibrate(bundle, sensitivity=0.5)


def test_killed_halfway_the_old_bundle_is_there_and_no_rubbish(small_bundle, tmp_path, monkeypatch):
    folder = tmp_path / "small"
    shutil.copytree(small_bundle, folder)

    def killed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(recalibration, "describe", killed)
    with pytest.raises(KeyboardInterrupt):
        recalibrate(load_bundle(folder), folder, sensitivity=0.5)
    assert load_bundle(folder).version == load_bundle(small_bundle).version
    assert [path.name for path in tmp_path.iterdir()] == ["small"]


@pytest.fixture
def own(tmp_path, small_bundle):
    """Labels of one's own: 8 melanomas of two photos each, 7 nevi, and a nevus that was fitted."""
    split = load_bundle(small_bundle).load_split()
    fitted = split.loc[split["split"] == "train", "lesion_id"].iloc[0]
    rows = []
    for code, parameters, count in (("MEL", MELANOMA_LIKE, 16), ("NV", NEVUS_LIKE, 7)):
        for number in range(count):
            name = f"own{code}{number}"
            write_image(tmp_path / "images" / f"{name}.png", draw_lesion(parameters, 64, 64, number).image)
            rows.append((name, code, f"{code}{number // 2 if code == 'MEL' else number}"))
    shutil.copy(tmp_path / "images" / "ownNV0.png", tmp_path / "images" / "seen.png")
    table = pd.DataFrame([*rows, ("seen", "NV", fitted)], columns=["image_id", "diagnosis", "lesion_id"])
    table.to_csv(tmp_path / "labels.csv", index=False)
    return tmp_path / "labels.csv"


def test_own_photos_set_and_judge_by_halves(small_bundle, small_classifier, own, tmp_path, monkeypatch):
    monkeypatch.setattr(recalibration, "load_compiled", lambda _: small_classifier.compiled)
    monkeypatch.setattr(
        "melanoma.evaluation.non_dermoscopic.accepted_non_dermoscopic", lambda *_: {"noise": 0.0}
    )
    before = load_bundle(small_bundle)
    found = recalibrate(before, tmp_path / "own", own, sensitivity=0.8, coverage=0.5)
    bundle, told = found.bundle, found.bundle.recalibrated
    assert told["left_out"] == 1
    assert told["set_on"] == {"MEL": 4, "NV": 4} and told["judged"] == {"MEL": 4, "NV": 3}
    rows = bundle.load_predictions()
    sides = rows.groupby("lesion_id")["split"].nunique()
    assert len(rows) == 23 and (sides == 1).all()
    # Four melanomas promise less than 0.8, so the alert is set on the lowest of their eight photos.
    scores = rows[(rows["split"] == "calibration") & (rows["diagnosis"] == "MEL")]["MEL"]
    assert len(scores) == 8 and scores.min() == pytest.approx(bundle.alert_threshold)
    assert bundle.alert_bound == pytest.approx(0.05**0.25)
    assert any("4 melanomas are too few to promise a sensitivity of 80%" in one for one in found.remarks)
    assert bundle.figures["images"] == (rows["split"] == "test").sum()
    assert set(bundle.figures["accepted"]) == {"test lesions", "noise"}
    split = bundle.load_split()
    assert (split["split"] == "recalibration").sum() == (rows["split"] == "calibration").sum()
    assert split[split["split"] != "recalibration"].equals(before.load_split())
    card = (bundle.path / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert "| Melanoma | 4 | 4 |" in card and "1 images were left out" in card
    assert "On the test images, here of the photos given" in card and "Not measured: no outlines" in card
    assert found.as_text().count("->") == 6 and "1 images left out" in found.as_text()


@pytest.mark.slow("a bundle set anew on pictures of its own")
def test_another_framing_is_set_on_the_model_s_own_lesions(
    small_bundle, small_classifier, drawn_folder, tmp_path, monkeypatch
):
    monkeypatch.setattr(recalibration, "load_compiled", lambda _: small_classifier.compiled)
    monkeypatch.setattr(recalibration, "require_enough", lambda *_: None)  # one melanoma is enough here
    monkeypatch.setattr(non_dermoscopic, "accepted_non_dermoscopic", lambda *_: {"noise": 0.0})
    framings = []
    score = recalibration_scores.score_table

    def watched(network, table, framing):
        framings.append(framing)
        return score(network, table, framing)

    for module in (recalibration_scores, distribution):  # held-back lesions, and those that were fitted
        monkeypatch.setattr(module, "score_table", watched)
    before = load_bundle(small_bundle)
    now = recalibrate(before, tmp_path / "same", drawn_folder, framing="lesion-square").bundle
    assert now.alert_threshold == pytest.approx(before.alert_threshold, abs=1e-4), "by the same lesions"
    assert now.distance_threshold == pytest.approx(before.distance_threshold, abs=1e-4)
    old_features = before.load_references().dermoscopic
    # Half precision: the export computed them by Keras, and LiteRT rounds some the other way.
    assert np.allclose(now.load_references().dermoscopic, old_features, atol=1e-3)
    assert now.load_split().equals(before.load_split())
    keys, columns = ["image_id", "lesion_id", "split", "diagnosis"], ["MEL", "NV"]
    rows, old = (one.load_predictions().sort_values("image_id", ignore_index=True) for one in (now, before))
    assert rows[keys].equals(old[keys])
    assert rows[columns].to_numpy() == pytest.approx(old[columns].to_numpy(), abs=1e-4)

    found = recalibrate(before, tmp_path / "centred", drawn_folder, framing="centre-square")
    now = load_bundle(tmp_path / "centred")
    assert (before.framing, now.framing) == ("lesion-square", "centre-square")
    assert framings == ["lesion-square"] * 2 + ["centre-square"] * 2
    assert "framing                lesion-square -> centre-square" in found.as_text()
    assert not np.allclose(now.load_references().dermoscopic, old_features, atol=1e-3)
    card = (now.path / "MODEL_CARD.md").read_text(encoding="utf-8")
    reframed = "by the framing `centre-square`, and was fitted to `lesion-square`"
    assert reframed in card and "made again too" in card
    again = recalibrate(now, tmp_path / "stored").bundle
    assert again.framing == "centre-square"
    card = (again.path / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert reframed in card and "made again too" not in card


def test_another_framing_needs_every_photo_by_which_the_model_was_set(small_bundle, drawn_folder, tmp_path):
    bundle = load_bundle(small_bundle)
    with pytest.raises(
        UserError, match="There is no framing “oval”. Choose one of centre-square, lesion-square"
    ):
        recalibrate(bundle, tmp_path / "out", drawn_folder, framing="oval")
    with pytest.raises(UserError, match="--framing needs the photos that the model was made with"):
        recalibrate(bundle, tmp_path / "out", framing="centre-square")
    shutil.copytree(drawn_folder / "nevus", tmp_path / "some" / "nevus")
    shutil.copytree(drawn_folder / "melanoma", tmp_path / "some" / "melanoma")
    held_out = bundle.load_predictions()["image_id"].iloc[0]
    (tmp_path / "some" / held_out).unlink()
    with pytest.raises(UserError, match=f"1 of the .* such as {held_out}"):
        recalibrate(bundle, tmp_path / "out", tmp_path / "some", framing="centre-square")


def test_another_framing_needs_the_labels_of_then(small_bundle, drawn_folder, tmp_path, monkeypatch):
    bundle = load_bundle(small_bundle)
    changed = bundle.load_predictions().query("diagnosis == 'NV'")["image_id"].iloc[0]
    labels = read_labels(drawn_folder)
    now = labels.table["diagnosis"].mask(labels.table["image_id"] == changed, "MEL")
    relabelled = replace(labels, table=labels.table.assign(diagnosis=now))
    monkeypatch.setattr(recalibration_scores, "read_labels", lambda *_: relabelled)
    with pytest.raises(UserError, match=f"1 images have another diagnosis than .* such as {changed}"):
        recalibrate(bundle, tmp_path / "out", drawn_folder, framing="centre-square")


def test_halves_are_of_lesions_and_the_odd_one_is_set_on():
    table = pd.concat([lesions("", MEL=5, NV=4)] * 2, ignore_index=True)  # two photos each
    split = halve_by_lesion(table)
    assert (split.groupby(table["lesion_id"]).nunique() == 1).all()
    counts = table.assign(split=split).groupby(["diagnosis", "split"])["lesion_id"].nunique()
    assert counts["MEL", "calibration"] == 3 and counts["MEL", "test"] == 2
    assert counts["NV", "calibration"] == counts["NV", "test"] == 2
    shuffled = table.sample(frac=1, random_state=1)
    assert halve_by_lesion(shuffled).sort_index().equals(split), "whatever the order of the rows"


@pytest.mark.parametrize(("sensitivity", "least"), [(0.5, 1), (0.8, 4), (0.9, 9), (0.95, 19), (0.96, 24)])
def test_the_least_number_of_melanomas(sensitivity, least):
    test = lesions("test", MEL=1, NV=1)
    require_enough(pd.concat([lesions("calibration", MEL=least, NV=1), test]), ("MEL", "NV"), sensitivity)
    fewer = pd.concat([lesions("calibration", MEL=least - 1, NV=1), test])
    sentence = f"so {least} are the least" if least > 1 else "no lesion of MEL"
    with pytest.raises(UserError, match=sentence):
        require_enough(fewer, ("MEL", "NV"), sensitivity)


def test_two_photos_of_a_melanoma_are_one():
    table = pd.concat([lesions("calibration", MEL=3, NV=1)] * 2 + [lesions("test", MEL=1, NV=1)])
    with pytest.raises(UserError, match="3 melanomas to calibrate with are too few"):
        require_enough(table, ("MEL", "NV"), 0.8)


@pytest.mark.parametrize(
    ("test", "sentence"),
    [({"NV": 3}, "No melanoma, or nothing else"), ({"MEL": 3}, "No melanoma, or nothing")],
)
def test_there_has_to_be_something_to_judge(test, sentence):
    with pytest.raises(UserError, match=sentence):
        require_enough(
            pd.concat([lesions("calibration", MEL=4, NV=4), lesions("test", **test)]), ("MEL", "NV"), 0.8
        )


def test_a_card_gets_sections_by_their_headings():
    card = "# Model card: old\n\n## Data\n\n7\n\n## Figures\n\nold\n\n## Licence\n\nMIT\n"
    assert rewrite_card(card, "new", "## Figures\n\nnew\n\n## Limits\n\nmany\n") == (
        "# Model card: new\n\n## Data\n\n7\n\n## Figures\n\nnew\n\n## Licence\n\nMIT\n## Limits\n\nmany\n"
    )


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "too few for a sensitivity of 0.95: .* so 19 are the least"),
        (("--sensitivity", "1"), "--sensitivity has to lie between 0 and 1"),
        (("--coverage", "0"), "--coverage has to lie between 0 and 1"),
        (("--images", "{tmp}"), "belong to --data"),
        (("--out", "{tmp}"), "is there and is no model, so it is not replaced"),
        (("--data", "{tmp}/labels.csv"), "AKIEC joins AK, SCC: such labels"),
        (("--data", "{tmp}/unknown.csv"), r"hold BCC, which this model does not know \(MEL, NV\)"),
        (("--data", "{tmp}/nevi.csv"), "no lesion of MEL to calibrate with"),
        (("--data", "{tmp}/none.csv"), "does not exist"),
    ],
)
def test_a_mistake_gets_one_sentence(
    melanoma, small_bundle, small_classifier, tmp_path, monkeypatch, words, sentence
):
    monkeypatch.setattr(recalibration, "load_compiled", lambda _: small_classifier.compiled)
    write_image(tmp_path / "images" / "a.png", draw_lesion(NEVUS_LIKE, 64, 64, 1).image)
    for name, code in (("labels", "AKIEC"), ("unknown", "BCC"), ("nevi", "NV")):
        (tmp_path / f"{name}.csv").write_text(f"image,diagnosis\na,{code}\n")
    folder = tmp_path / "models" / "small"
    shutil.copytree(small_bundle, folder)
    status, printed, complaint = melanoma(
        "recalibrate", folder, *(word.format(tmp=tmp_path) for word in words)
    )
    assert (status, printed) == (2, "")
    assert re.search(sentence, complaint) and complaint.count("\n") == 1
    assert [path.name for path in folder.parent.iterdir()] == ["small"]


def test_the_command_prints_json_and_the_new_model_is_there(melanoma, small_bundle, tmp_path):
    out = tmp_path / "new"
    status, printed, _ = melanoma("recalibrate", small_bundle, "--out", out, "--sensitivity", "0.5", "--json")
    assert status == 0
    told, bundle = json.loads(printed), load_bundle(out)
    assert told["alert_threshold"]["now"] == bundle.alert_threshold and told["version"] == bundle.version
    assert told["alert_sensitivity"] == {"before": 0.95, "now": 0.5}
    assert bundle.alert_sensitivity == 0.5
    assert describe(out, bundle).version == bundle.version


def test_a_promise_that_falls_short_is_told_and_one_that_is_not_known_is_not(small_bundle):
    bundle = replace(load_bundle(small_bundle), alert_sensitivity=0.95, alert_lesions=30)
    kept = replace(bundle, alert_bound=0.95, malignancy_bound=None)
    assert recalibration._few_for_alerts(kept) == []
    (told,) = recalibration._few_for_alerts(replace(kept, alert_bound=0.9049))
    assert told.startswith("30 melanomas are too few to promise a sensitivity of 95%")
    assert told.endswith("which takes 59: the promise is 90.4%")


def test_nine_lesions_are_enough_for_nine_of_ten_and_eight_are_not(small_bundle):
    bundle = replace(load_bundle(small_bundle), conformal_coverage=0.9, least_coverage=0.8)
    assert recalibration._few_for_sets(lesions("calibration", MEL=9, NV=4), bundle) == []
    (told,) = recalibration._few_for_sets(lesions("calibration", MEL=8, NV=3), bundle)
    assert told.startswith("MEL, NV: too few")
    (told,) = recalibration._few_for_sets(lesions("calibration", MEL=8, NV=4), bundle)
    assert told.startswith("MEL: too few"), "the others aim at less"
