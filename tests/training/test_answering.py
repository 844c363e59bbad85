"""What a run that judges asks for and where its answers go; and the process that keeps its memory."""

import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from melanoma.data.labels.read import read_labels
from melanoma.errors import UserError
from melanoma.evaluation.out_of_fold import HAIR, SURROUNDINGS, answers
from melanoma.model.bundle import load_bundle
from melanoma.photos.reading import read_image
from melanoma.training.answering import answers_file, chosen_sides
from tests.conftest import write_image

ROOT = Path(__file__).parents[2]


def test_folds_need_a_test_side(small_bundle):
    assert chosen_sides(None, None, None, None) is None
    for asked in ((3, 0, None), (None, 1, None), (None, None, ["ISIC 2017"])):
        with pytest.raises(UserError, match="need a test side"):
            chosen_sides(None, *asked)
    sides = chosen_sides(small_bundle, None, None, None)
    split = load_bundle(small_bundle).load_split()
    assert sides.test_lesions == set(split.loc[split["split"] == "test", "lesion_id"])
    assert sides.known == set(split["lesion_id"]) and not sides.judging


def test_answers_lie_beside_the_model_and_are_named_by_what_is_left_out(small_bundle):
    fold = chosen_sides(small_bundle, 3, 1, None)
    assert answers_file(Path("models/x"), fold) == Path("models/x-answers/fold-1-of-3.parquet")
    clinics = chosen_sides(small_bundle, None, None, ["ISIC 2017", "MILK10k"])
    assert answers_file(Path("x"), clinics).name == "without-ISIC-2017-without-MILK10k.parquet"


def test_the_answers_are_the_network_s_own(small_classifier, drawn_folder, tmp_path):
    bundle, compiled = small_classifier.bundle, small_classifier.compiled
    table = read_labels(drawn_folder).table.head(12)
    disc = np.zeros_like(read_image(table["path"].iloc[0]))
    disc = cv2.circle(disc, (disc.shape[1] // 2, disc.shape[0] // 2), 14, (255, 255, 255), -1)
    table["outline"] = str(write_image(tmp_path / "disc.png", disc))
    table.loc[0, "outline"] = None
    broken = table.iloc[:1].assign(image_id="broken", path=str(tmp_path / "none.png"))
    rows = pd.concat([table, broken])
    found = answers(compiled, rows, bundle.codes, bundle.framing, bundle.load_references())
    assert found["image_id"].tolist() == table["image_id"].tolist()

    def scores(name: str) -> np.ndarray:
        return found[[f"{name} {code}" for code in bundle.codes]].to_numpy()

    seen = small_classifier([read_image(path) for path in table["path"]])
    assert scores("plain") == pytest.approx(np.stack([one.logits for one in seen]), abs=1e-3)
    assert found["distance"].to_numpy() == pytest.approx([one.novelty for one in seen], abs=1e-3)
    turned = [np.rot90(seen[3].pixels, turn) for turn in range(4)]
    turned += [one[:, ::-1] for one in turned]
    assert scores("turns")[3] == pytest.approx(compiled.logits(np.stack(turned), 8).mean(axis=0), abs=1e-3)
    assert (found["outline"] == "drawn").tolist() == [False, *(True,) * 11]
    assert found["inside"].dropna().between(0, 1).all()
    shown = {name: ~np.isnan(scores(name)).any(axis=1) for name in (*SURROUNDINGS, HAIR)}
    assert 0 < shown[HAIR].sum() < 12, "some of the photos are shown changed"
    assert all(np.array_equal(shown[name][1:], shown[HAIR][1:]) for name in SURROUNDINGS)
    assert not np.array_equal(scores(HAIR)[shown[HAIR]], scores("plain")[shown[HAIR]])


@pytest.mark.skipif(sys.platform != "linux", reason="the settings are glibc's")
def test_the_process_begins_again_once_with_memory_that_it_keeps(tmp_path):
    script = tmp_path / "says.py"
    script.write_text(
        "import os, sys; sys.path.insert(0, sys.argv[1]); print('begun', flush=True)\n"
        "from melanoma.training.allocator import keep_memory; keep_memory()\n"
        "print(os.environ['MALLOC_TRIM_THRESHOLD_'], sys.argv[2:])"
    )
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}

    def said(**more: str) -> list[str]:
        command = [sys.executable, str(script), str(ROOT), "a b", "--c"]
        return subprocess.run(
            command, env=clean | more, capture_output=True, text=True, check=True
        ).stdout.splitlines()

    assert said() == ["begun", "begun", f"{8 << 30} ['a b', '--c']"]
    own = {"MALLOC_TRIM_THRESHOLD_": "1", "MALLOC_MMAP_THRESHOLD_": "2"}
    assert said(**own) == ["begun", "1 ['a b', '--c']"]
