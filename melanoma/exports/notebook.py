"""One case as a Jupyter notebook that computes the answer again, step by step, in a clone of this project.

It holds what the network saw of the photo, without loss, and the page's answer to compare with. What it
computes is written out in NumPy; the project lends it the network, the gradients and the drawing.
"""

import base64
from textwrap import dedent

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from melanoma.diagnoses import diagnosis_of
from melanoma.exports.case import ExportedCase
from melanoma.model.layer_names import FEATURES, HEAD
from melanoma.photos.encoding import as_png
from melanoma.phrases import Say, english

_WRAPPED = 100  # letters of a line of the photo


def case_notebook(case: ExportedCase, layer: str = FEATURES, say: Say = english) -> bytes:
    """Return the notebook (nbformat 4) in UTF-8; Grad-CAM is worked out at `layer`."""
    additive = case.prediction.class_maps is not None
    cells = [
        new_markdown_cell(_opening(case, say)),
        new_code_cell(_SETUP),
        new_markdown_cell(f"## 1. {say('What the network saw')}\n\n{_about_photo(case, say)}"),
        new_code_cell(_photo(case), metadata={"jupyter": {"source_hidden": True}}),
        new_markdown_cell(f"## 2. {say('The answer')}\n\n{_about_answer(say)}\n\n{_ANSWER_FORMULA}"),
        new_code_cell(_answer(case)),
    ]
    if additive:
        cells += [
            new_markdown_cell(
                f"## 3. {say('The sum of the evidence')}\n\n{_about_sum(say)}\n\n{_SUM_FORMULA}"
            ),
            new_code_cell(_EVIDENCE),
            new_code_cell(_SUM),
        ]
    number = 4 if additive else 3
    cells += [
        new_markdown_cell(f"## {number}. Grad-CAM\n\n{_about_grad_cam(say)}\n\n{_GRAD_CAM_FORMULA}"),
        new_code_cell(_GRAD_CAM.replace("LAYER", repr(layer))),
        new_markdown_cell(_closing(say)),
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = new_notebook(cells=cells, metadata={"kernelspec": kernel, "language_info": {"name": "python"}})
    nbformat.validate(notebook)
    return nbformat.writes(notebook).encode()


def _opening(case: ExportedCase, say: Say) -> str:
    bundle = case.bundle
    notice = say(
        "Not a diagnosis. A teaching tool: it shows how a small network decides, and it misses melanomas."
    )
    parts = [
        f"# {say('How the network decided: {name}', name=say(diagnosis_of(case.code).name))}",
        f"**{notice}**",
        say(
            "Put this notebook into a clone of the project that has the model {model}, install "
            "requirements.txt and jupyterlab, and run all cells. The answer was made by version {version} of "
            "that model.",
            model=f"`models/{bundle.path.name}`",
            version=f"`{bundle.version}`",
        ),
    ]
    return "\n\n".join(parts)


def _about_photo(case: ExportedCase, say: Say) -> str:
    size = case.prediction.geometry.size
    told = [
        say(
            "**This file holds the photo**, as the network saw it: a square of {size} x {size} pixels. "
            "Pass it on only if you may pass on the photo.",
            size=size,
        )
    ]
    if case.drawn:
        told = [say("A drawing, not a photo") + "."]
        told.append(say("The network never learned from drawings: its answer here means nothing."))
    if case.credit:
        told.append(case.credit)
    return " ".join(told)


_SETUP = dedent("""\
    import base64
    import io
    import os
    import sys
    from pathlib import Path

    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

    ROOT = Path.cwd()  # the clone of the project; name it here if this notebook lies elsewhere
    if not (ROOT / "melanoma" / "model").is_dir():
        raise FileNotFoundError("Put this notebook into the clone of the project, or set ROOT to its folder.")
    sys.path.insert(0, str(ROOT))
    MODELS = Path(os.environ.get("MELANOMA_MODELS", ROOT / "models"))

    import keras
    import numpy as np
    from PIL import Image

    from melanoma.explain.layers import layer_pass
    from melanoma.figures.overlay import Overlay
    from melanoma.model.bundle import load_bundle
    from melanoma.model.classifier import load_compiled
    from melanoma.photos.framing import Geometry
    """).strip()


def _photo(case: ExportedCase) -> str:
    content = base64.b64encode(as_png(case.prediction.pixels)).decode()
    lines = [content[start : start + _WRAPPED] for start in range(0, len(content), _WRAPPED)]
    quoted = "\n".join(f'    "{line}"' for line in lines)
    return (
        f"PHOTO = (  # a PNG file\n{quoted}\n)\n"
        "pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(PHOTO))))\n"
        "Image.fromarray(pixels).resize((384, 384))"
    )


_ANSWER_FORMULA = r"$$s_j=\frac{z_j}{T}+\log\pi_j \qquad p_j=\frac{e^{s_j}}{\sum_i e^{s_i}}$$"


def _answer(case: ExportedCase) -> str:
    found = case.prediction
    shown = {code: float(value) for code, value in zip(found.codes, found.probabilities, strict=True)}
    return dedent(f"""\
        bundle = load_bundle(MODELS / {case.bundle.path.name!r})
        if bundle.version != {case.bundle.version!r}:
            print("This is another version of the model: its numbers may differ from the page's.")
        network = load_compiled(bundle)

        logits = network.run(pixels[None]).logits[0].astype(float)
        T, prior = bundle.calibration.temperature, np.array(bundle.calibration.prior)
        scores = logits / T + np.log(prior)
        probabilities = np.exp(scores - scores.max())
        probabilities /= probabilities.sum()

        on_the_page = {shown!r}
        for code, value in sorted(zip(bundle.codes, probabilities), key=lambda pair: -pair[1]):
            print(f"{{code:5}} {{value:7.2%}}   {{on_the_page[code]:7.2%}}")

        # What is explained from here on: the log-odds of one diagnosis against all others.
        code = {case.code!r}
        k = bundle.codes.index(code)
        others = [j for j in range(len(bundle.codes)) if j != k]
        q = probabilities[others] / probabilities[others].sum()  # each other one's share
        log_odds = scores[k] - np.log(np.exp(scores[others]).sum())

        def drawn(heatmap, signed):
            side = len(pixels)
            limit = float(np.abs(heatmap).max()) or 1.0
            geometry = Geometry(side, side, 0, 0, side, side)
            overlay = Overlay(pixels, heatmap.astype(np.float32), geometry, limit, signed)
            return Image.fromarray(overlay.picture(480))
        """).strip()


_SUM_FORMULA = (
    r"$$M_j(x,y)=\frac1n\sum_c w_{jc}A_c(x,y) \qquad"
    r" E_k=\frac1T\Bigl(M_k-\sum_{j\neq k}q_jM_j\Bigr) \qquad"
    r" L_k=b_k+\sum_{x,y}E_k(x,y)-H(q) \qquad p_k=\frac{1}{1+e^{-L_k}}$$"
)
_EVIDENCE = dedent(f"""\
    last = keras.Model(network.network.inputs, network.network.get_layer({FEATURES!r}).output)
    made = keras.tree.flatten(last([pixels[None]], training=False))[0]
    A = keras.ops.convert_to_numpy(made)[0].astype(float)  # (rows, columns, channels)
    weights, bias = (np.asarray(part, float) for part in network.network.get_layer({HEAD!r}).get_weights())

    class_maps = A @ weights / (A.shape[0] * A.shape[1])
    print("Largest difference from the logits:", np.abs(class_maps.sum((0, 1)) + bias - logits).max())

    evidence = (class_maps[..., k] - class_maps[..., others] @ q) / T
    drawn(evidence, signed=True)
    """).strip()
_SUM = dedent("""\
    start = (bias[k] - q @ bias[others]) / T + np.log(prior[k]) - q @ np.log(prior[others])
    division = -(q * np.log(q)).sum()
    total = start + evidence.sum() - division
    print(f"starting value    {start:+8.3f}")
    print(f"evidence for      {np.maximum(evidence, 0).sum():+8.3f}")
    print(f"evidence against  {np.minimum(evidence, 0).sum():+8.3f}")
    print(f"division          {-division:+8.3f}")
    print(f"sum               {total:+8.3f}   log-odds {log_odds:+.3f}")
    print(f"probability       {1 / (1 + np.exp(-total)):8.2%}   on the page {on_the_page[code]:.2%}")
    """).strip()
_GRAD_CAM_FORMULA = (
    r"$$\alpha_c=\frac1n\sum_{x,y}\frac{\partial L_k}{\partial A_c(x,y)} \qquad"
    r" G_k=\max\Bigl(0,\;\sum_c\alpha_cA_c\Bigr)$$"
)
_GRAD_CAM = dedent("""\
    maps, gradients = layer_pass(network, LAYER)(pixels[None])  # gradients of every logit
    slopes = np.zeros(len(bundle.codes))  # of the log-odds, with each logit
    slopes[k], slopes[others] = 1 / T, -q / T
    gradient = np.tensordot(slopes, gradients[:, 0], axes=1)  # of the log-odds, (rows, columns, channels)
    alpha = gradient.mean((0, 1))
    grad_cam = np.maximum(maps[0] @ alpha, 0)
    print(f"{grad_cam.shape} cells, {len(alpha)} channels, sum {grad_cam.sum():+.3f}")
    drawn(grad_cam, signed=False)
    """).strip()


def _about_answer(say: Say) -> str:
    """Return how logits become probabilities."""
    return say(
        "One pass of the network gives a number for each diagnosis, its logit $z$. Divided by the temperature"
        " $T$, and with the logarithm of how common the diagnosis is in the mix, $\\pi$, they become "
        "probabilities. The column beside them is what the page showed."
    )


def _about_sum(say: Say) -> str:
    """Return what the evidence map is."""
    return say(
        "The last layer has feature maps $A_c$ of $n$ cells each; the logits are a weighted sum of their "
        "means. So every cell has a share of its own in each logit, and in the log-odds $L_k$: the evidence "
        "map. Its cells, a starting value and the division of the others add up to the log-odds exactly."
    )


def _about_grad_cam(say: Say) -> str:
    """Return what Grad-CAM asks."""
    return say(
        "Grad-CAM asks how far the log-odds would rise if a map were a little brighter. That slope, averaged "
        "over the cells, is the map's weight; the weighted maps are added up, and what is below 0 is dropped."
    )


def _closing(say: Say) -> str:
    """Return what to keep."""
    return say(
        "**What to keep:** a map shows where the network found its reasons, not whether they are good ones. "
        "Change a line and run it again: another diagnosis in `code`, another layer, a photo with a corner "
        "painted over."
    )
