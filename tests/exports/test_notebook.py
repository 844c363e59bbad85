"""The notebook of a case is written, read back and run: its numbers are the page's answer."""

from dataclasses import replace
from pathlib import Path

import nbformat
import numpy as np
import pytest

from melanoma.app.parts.shared.language import translator
from melanoma.explain.registry import METHODS
from melanoma.exports.notebook import case_notebook
from melanoma.model.network import FEATURES

ROOT = Path(__file__).parents[2]


def run(content: bytes, monkeypatch, models: Path) -> dict:
    """Execute the code cells in their order, as a notebook in a clone does; return its names."""
    notebook = nbformat.reads(content.decode(), as_version=4)
    nbformat.validate(notebook)
    monkeypatch.setenv("MELANOMA_MODELS", str(models))
    monkeypatch.chdir(ROOT)
    names: dict = {}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            exec(cell.source, names)
    return names


def test_it_computes_the_page_s_answer_again(case, small_classifier, monkeypatch, capsys):
    content = case_notebook(replace(case, code="NV"), "conv_pw_5_relu")
    found = run(content, monkeypatch, case.bundle.path.parent)
    prediction, k = case.prediction, case.prediction.index("NV")
    assert found["pixels"].tolist() == prediction.pixels.tolist(), "the photo is held without loss"
    assert found["probabilities"] == pytest.approx(prediction.probabilities, abs=1e-5)
    assert found["log_odds"] == pytest.approx(prediction.log_odds[k], abs=1e-4)
    assert found["evidence"] == pytest.approx(prediction.evidence[..., k], abs=1e-5)
    assert found["total"] == pytest.approx(prediction.log_odds[k], abs=1e-4)
    method = METHODS["grad-cam"]
    request = method.request(small_classifier.compiled, prediction, "NV", {"layer": "conv_pw_5_relu"})
    expected = method.explain(request)[..., k]
    assert expected.max() > 0
    assert found["grad_cam"] == pytest.approx(expected, abs=1e-4 * float(expected.max()))
    printed = capsys.readouterr().out
    assert f"{prediction.probability('NV'):.2%}   {prediction.probability('NV'):7.2%}" in printed
    assert "another version" not in printed


def test_it_says_what_it_holds_and_where_it_runs(case):
    def words(content: bytes) -> str:
        cells = nbformat.reads(content.decode(), as_version=4).cells
        return "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")

    told = words(case_notebook(replace(case, credit="ISIC_0000001, a museum, CC-BY")))
    assert "This file holds the photo" in told and "ISIC_0000001, a museum, CC-BY" in told
    assert f"models/{case.bundle.path.name}" in told and "Not a diagnosis" in told
    assert "enthält das Foto" in words(case_notebook(case, say=translator("de")))
    assert "holds the photo" not in words(case_notebook(replace(case, drawn=True)))


def test_elsewhere_than_in_a_clone_it_says_where_to_put_it(case, monkeypatch, tmp_path):
    first = next(
        cell for cell in nbformat.reads(case_notebook(case).decode(), 4).cells if cell.cell_type == "code"
    )
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match="Put this notebook into the clone"):
        exec(first.source, {})


@pytest.mark.slow("a network without an evidence map, loaded once more")
def test_a_network_without_evidence_has_no_sum(case, nine_classifier, monkeypatch):
    prediction = nine_classifier([case.photo])[0]
    other = replace(case, prediction=prediction, bundle=nine_classifier.bundle)
    content = case_notebook(other, FEATURES)
    assert b"The sum of the evidence" not in content
    found = run(content, monkeypatch, nine_classifier.bundle.path.parent)
    assert found["probabilities"] == pytest.approx(prediction.probabilities, abs=1e-5)
    method = METHODS["grad-cam"]
    expected = method.explain(method.request(nine_classifier.compiled, prediction, "MEL"))
    assert np.abs(expected).max() > 0
    assert found["grad_cam"] == pytest.approx(expected[..., prediction.index("MEL")], abs=1e-5)
