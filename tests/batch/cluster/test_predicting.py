"""A real Ray cluster of two nodes on this machine: the same answers, whatever dies in the middle."""

import os
from functools import partial

import pytest

pytest.importorskip("ray")

from melanoma import ray_cluster
from melanoma.batch.cluster.predicting import BLOCK, predict_on_cluster
from melanoma.batch.heatmaps import BatchOptions, predict_files_with_heatmaps
from melanoma.batch.source import Source
from melanoma.batch.sources import list_sources
from melanoma.errors import UserError

pytestmark = pytest.mark.ray


@pytest.mark.timeout(900)  # Ray's workers give way to whatever else the machine does
def test_two_nodes_answer_like_one_machine_though_a_file_kills_its_worker(
    small_classifier, drawn_folder, photos, two_nodes
):
    good = list(list_sources([drawn_folder, photos]))
    deadly = Source("deadly.jpg", partial(os._exit, 1))  # as a decoder that crashes would
    sources = [*good[: BLOCK // 2], deadly, *good[BLOCK // 2 :]]
    found = list(
        predict_on_cluster(small_classifier.bundle, sources, BatchOptions(heatmaps=True), two_nodes, 2)
    )
    rows = {answer.row["path"]: answer for answers in found for answer in answers}
    assert len(found) == len(rows) == len(sources)
    assert "ends the process that opens it" in rows["deadly.jpg"].row["error"]
    for (expected,) in predict_files_with_heatmaps(small_classifier, good, BatchOptions(heatmaps=True)):
        answer = rows[expected.row["path"]]
        assert (answer.heatmap is None) == (expected.heatmap is None)
        for name, value in expected.row.items():
            if name == "novelty":
                assert answer.row[name] == pytest.approx(value, abs=1e-4)
            elif isinstance(value, float) or (name in ("probabilities", "scores", "logits") and value):
                assert answer.row[name] == pytest.approx(value, abs=1e-5)
            else:
                assert answer.row[name] == value


def test_workers_with_other_versions_are_refused(small_classifier, two_nodes, monkeypatch):
    monkeypatch.setattr(ray_cluster, "_PACKAGES", ("numpy", "pandas"))  # the workers compare others
    with pytest.raises(UserError, match="has pandas .* instead of .* Install the same versions"):
        next(predict_on_cluster(small_classifier.bundle, [], BatchOptions(), two_nodes, None))


def test_more_workers_than_cores_are_refused(small_classifier, two_nodes):
    with pytest.raises(UserError, match="has 2 cores, and 3 workers need one each"):
        next(predict_on_cluster(small_classifier.bundle, [], BatchOptions(), two_nodes, 3))


@pytest.mark.parametrize(
    ("address", "sentence"),
    [("127.0.0.1:9", "cannot be reached"), ("somewhere", "is not the address of a cluster")],
)
def test_a_cluster_that_is_not_there_is_a_sentence(melanoma, small_bundle, photos, address, sentence):
    status, _, complaint = melanoma(
        "predict", photos, "--model", small_bundle, "--engine", "ray", "--address", address
    )
    assert status == 2
    assert sentence in complaint and "Traceback" not in complaint
