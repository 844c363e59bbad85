"""What the curves of a run show."""

import keras
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from melanoma.data.labels.read import read_labels
from melanoma.data.split import split_by_lesion
from melanoma.evaluation.out_of_fold import PLAIN, TURNS, VARIANTS
from melanoma.model.network import build_network
from melanoma.training.export import draw_history, export_bundle
from melanoma.training.fine_tuning import FINE_TUNING
from tests.tiny_backbone import TINY, as_mobilenet

HISTORY = pd.DataFrame(
    {
        "epoch": [1, 2, 3],
        "image_size": [64, 64, 96],
        "loss": [2.0, 1.5, 1.2],
        "calibration_balanced_accuracy": [0.3, 0.4, 0.5],
        "calibration_melanoma_auc": [0.6, 0.7, 0.8],
    }
)


def test_loss_and_figures_stand_over_the_epochs(tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(Figure, "savefig", lambda figure, path, **_: drawn.append(figure))
    draw_history(HISTORY, tmp_path / "history.png")
    draw_history(HISTORY.iloc[:, :3], tmp_path / "history.png")
    loss, judged = drawn[0].axes
    assert loss.lines[0].get_xydata().tolist() == [[1, 2.0], [2, 1.5], [3, 1.2]]
    assert [line.get_ydata().tolist() for line in judged.lines[:2]] == [[0.3, 0.4, 0.5], [0.6, 0.7, 0.8]]
    assert [text.get_text() for text in judged.get_legend().get_texts()] == [
        *("balanced accuracy", "melanoma ROC AUC"),
    ]
    for axes in (loss, judged):  # the size changes between the second and the third epoch
        assert axes.lines[-1].get_xdata() == pytest.approx([2.5, 2.5])
    assert len(drawn[1].axes) == 1, "nothing judged the epochs"


@pytest.mark.slow("a bundle that the folds' answers calibrate")
def test_a_taught_network_is_calibrated_on_the_folds_answers_and_its_card_says_so(drawn_folder, tmp_path):
    keras.utils.set_random_seed(1)
    table = read_labels(drawn_folder).table
    table["split"] = split_by_lesion(table, seed=1)
    folds = table[table["split"] != "test"].assign(distance=0.25)
    folds["fold"] = np.arange(len(folds)) % 5
    melanoma = (folds["diagnosis"] == "MEL").to_numpy()
    for name in VARIANTS:
        shown = name in (PLAIN, TURNS)
        folds[f"{name} MEL"] = np.where(melanoma, 2.0, -1.0) if shown else np.nan
        folds[f"{name} NV"] = np.where(melanoma, 0.0, 1.0) if shown else np.nan
    folds["inside"], folds["lesion_share"] = 0.8, 0.4
    with as_mobilenet():
        found = export_bundle(
            build_network(TINY, 96, 2),
            np.array([0.3, 0.7]),
            table,
            ["MEL", "NV"],
            FINE_TUNING["quick"],
            "random weights",
            HISTORY.assign(seconds=1.0),
            tmp_path / "taught",
            folds=folds,
        )
    card = (tmp_path / "taught" / "MODEL_CARD.md").read_text(encoding="utf-8")
    text = " ".join(card.split())
    assert "by the answers of 5 networks of the same recipe" in text and "MobileNet (Howard et al." in text
    assert f"of {len(folds)} images of {folds['lesion_id'].nunique()} lesions: `folds.parquet`" in text
    # All melanomas have the same answer, 2 against 0, which is therefore the line.
    expected = 0.3 * np.exp(2 / found.temperature)
    assert found.alert_threshold == pytest.approx(expected / (expected + 0.7), rel=1e-6)
    assert found.figures["folds"]["by_source"]["all"]["balanced accuracy"]["value"] == 1
    assert (tmp_path / "taught" / "folds.parquet").is_file()
