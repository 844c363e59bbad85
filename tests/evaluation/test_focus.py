"""Whether a network decides by the lesion, with a network that does and one that does not."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from melanoma.edits.drawn_lesions import LesionParameters, draw_lesion
from melanoma.evaluation.focus import SURROUNDINGS, judge_focus
from melanoma.model.classifier import Outputs
from melanoma.model.log_odds import Calibration
from tests.conftest import write_image

BUNDLE = SimpleNamespace(
    codes=("MEL", "NV"), framing="centre-square", calibration=Calibration(1.0, (0.5, 0.5))
)
SIZE = 64


class Reader:
    """Stands in for a compiled network: it answers melanoma where a region is dark enough."""

    size = SIZE
    additive = True

    def __init__(self, reads_lesion: bool) -> None:
        self.reads_lesion = reads_lesion

    def run(self, pixels):
        middle = np.zeros((4, 4), bool)
        middle[1:3, 1:3] = True
        read = middle if self.reads_lesion else ~middle
        grey = pixels.astype(np.float32).mean(axis=-1).reshape(len(pixels), 4, 16, 4, 16).mean(axis=(2, 4))
        score = (150 if self.reads_lesion else 196) - grey[:, read].mean(axis=1)
        class_maps = np.full(
            (len(pixels), 4, 4, 2), 5.0, np.float32
        )  # both share it, so it counts for neither
        class_maps[:, read, 0] += 1.0
        none = np.zeros((len(pixels), 1), np.float32)
        return Outputs(np.stack([score, -score], axis=1), class_maps, none, none)


@pytest.fixture
def table(tmp_path):
    """Four lesions on pale and on brown skin; the reader of the rim calls brown skin melanoma."""
    rows = []
    for number in range(4):
        skin = 0.0 if number % 2 else 0.6
        drawn = draw_lesion(LesionParameters(diameter=0.5, colours=3, skin=skin), 128, 128, number)
        image = write_image(tmp_path / f"{number}.png", drawn.image)
        mask = write_image(tmp_path / "masks" / f"{number}.png", drawn.mask[..., None].repeat(3, 2) * 255)
        rows.append((str(number), str(image), str(mask), "MEL", f"lesion {number}"))
    return pd.DataFrame(rows, columns=["image_id", "path", "outline", "diagnosis", "lesion_id"])


def test_a_network_that_reads_the_lesion(table):
    found = judge_focus(Reader(True), table, BUNDLE)
    assert found.images == 4
    assert found.evidence_inside.value > 0.9
    assert found.pointing.value == 1
    assert {name: found.changed[name].value for name in SURROUNDINGS} == dict.fromkeys(SURROUNDINGS, 0.0)


def test_a_network_that_reads_the_surroundings(table):
    found = judge_focus(Reader(False), table, BUNDLE)
    assert found.evidence_inside.value < 0.4
    assert found.changed["other skin"].value >= 0.5
    assert found.changed["mean colour"].value < found.changed["other skin"].value
    assert found.changed_by_label == {
        "MEL": pytest.approx(sum(found.changed[name].value for name in SURROUNDINGS) / 3)
    }


def test_without_outlines_nothing_is_said(table):
    assert judge_focus(Reader(True), table.assign(outline=None), BUNDLE) is None
