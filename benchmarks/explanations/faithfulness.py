"""How faithful each method's map is, over held-out lesions with an outline.

python -m benchmarks.explanations.faithfulness --data labels.csv                  500 lesions, every method
python -m benchmarks.explanations.faithfulness --data labels.csv --methods evidence,grad-cam --lesions 50

One image a lesion: all melanomas of the test split first, then others drawn at random. The map explains the
network's own answer. Deletion and insertion are compared, image by image, with the mean of two random maps,
and asked in three ways (`QUESTIONS`): a blurred nevus still is one, so the first cannot fall for it.
Each image is written to a CSV as it is done, so a run that was stopped goes on; the tables are made of it.
"""

import argparse
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import tensorflow as tf
from rich.progress import track

from melanoma.data.labels.read import read_labels
from melanoma.data.pipeline import read_widened
from melanoma.edits.surroundings import painted_out
from melanoma.errors import exit_on_user_error
from melanoma.evaluation.metrics import Estimate, bootstrap
from melanoma.explain.base import ExplanationRequest
from melanoma.explain.registry import METHODS
from melanoma.exports.explanation import probabilities_of
from melanoma.measures.base import MapCase, Probabilities
from melanoma.measures.curves import deletion_curve, insertion_curve
from melanoma.measures.overlap import inside_share, pointing_hit
from melanoma.model.bundle import DEFAULT, load_bundle
from melanoma.model.classifier import Classifier
from melanoma.model.prediction import Prediction
from melanoma.photos.reading import read_image

STEPS = 8  # of a curve: a third of the time of the page's 32, and both maps of a comparison have the same
DRAWS = 2  # random maps an image
SEED = 0
QUESTIONS = {
    "blur": "towards the blurred photo, by the probability of the answer",
    "rival": "towards the blurred photo, by the share of the answer against the runner-up, p / (p + p_2)",
    "skin": "towards bare skin, the lesion painted out, by the probability of the answer",
}
FINER_CAM = "finer-cam"
"""For comparison alone: the page does not offer it."""
CURVES = {"deletion": deletion_curve, "insertion": insertion_curve}


def choose(table: pd.DataFrame, count: int) -> pd.DataFrame:
    """Return one image of each of `count` lesions: all melanomas, then others at random."""
    known = table[table["outline"].notna() & (table["framing"] != "squashed-square")]
    one_each = known.sample(frac=1, random_state=SEED).drop_duplicates("lesion_id")
    first = (one_each["diagnosis"] != "MEL").sort_values(kind="stable").index
    return one_each.loc[first].head(count)


def judge(classifier: Classifier, image: pd.Series, methods: list[str]) -> list[dict]:
    """Return a row of figures for each method on one image."""
    prediction = classifier([read_image(image["path"])])[0]
    answer, inside = prediction.diagnosis, read_widened(image["outline"], prediction.geometry)
    if inside is None:  # an empty mask
        inside = np.ones(prediction.pixels.shape[:2], bool)
    index, rival = (prediction.index(code) for code, _ in prediction.ranked[:2])
    probabilities = remembered(probabilities_of(classifier))
    asked = ExplanationRequest(classifier.compiled, prediction).only(answer)
    skin = painted_out(prediction.pixels, inside.astype(np.float32))

    def against_rival(pixels: np.ndarray) -> np.ndarray:
        pair = probabilities(pixels)[:, [index, rival]]
        return pair / pair.sum(axis=1, keepdims=True)

    def areas(heatmap: np.ndarray) -> dict[str, float]:
        case = MapCase(probabilities, prediction.pixels, heatmap, index)
        asks = {
            "blur": (case, None),
            "rival": (replace(case, probabilities=against_rival, index=0), None),
            "skin": (case, skin),
        }
        return {
            f"{curve}_{question}": compute(of, reference, STEPS).area
            for question, (of, reference) in asks.items()
            for curve, compute in CURVES.items()
        }

    def explained(name: str, settings: dict | None = None) -> np.ndarray:
        if name == FINER_CAM:
            return finer_cam(prediction, index)
        return METHODS[name].explain(replace(asked, settings=settings or {}))[..., 0]

    draws = [areas(explained("random", {"draw": 10 + draw})) for draw in range(DRAWS)]
    chance = {f"{name}_by_chance": float(np.mean([draw[name] for draw in draws])) for name in draws[0]}
    rows = []
    for name in methods:
        heatmap = explained(name)
        rows.append(
            {
                "image_id": image["image_id"],
                "lesion_id": image["lesion_id"],
                "truth": image["diagnosis"],
                "answer": answer,
                "method": name,
                **areas(heatmap),
                **chance,
                "inside": inside_share(heatmap, inside),
                "pointing": pointing_hit(heatmap, inside),
                "lesion_share": inside.mean(),
            }
        )
    return rows


def finer_cam(prediction: Prediction, index: int) -> np.ndarray:
    """Return Finer-CAM's map (h, w) of one diagnosis at the last layer, with its defaults.

    Zhang et al. 2025, arXiv:2501.11309, as pytorch-grad-cam's `FinerWeightedTarget` has it: Grad-CAM of the
    mean of z_k - z_j over the three classes whose logits are nearest, weighed by their probabilities at
    temperature 1 without mix; the slopes go through the weights as well.
    """
    logits = tf.constant(prediction.logits)
    nearest = np.argsort(np.abs(prediction.logits - prediction.logits[index]), kind="stable")
    rivals = [place for place in nearest if place != index][:3]
    with tf.GradientTape() as tape:
        tape.watch(logits)
        weights = tf.gather(tf.nn.softmax(logits), rivals)
        gaps = logits[index] - tf.gather(logits, rivals)
        target = tf.reduce_sum(weights * gaps) / (tf.reduce_sum(weights) + 1e-9)
    # The logits are sums over the class maps, so at the last layer their slopes weigh the maps.
    return np.maximum(prediction.require_class_maps() @ tape.gradient(target, logits).numpy(), 0)


def remembered(probabilities: Probabilities) -> Probabilities:
    """Return the same function, which answers for pictures that it has seen before without the network."""
    known: dict[bytes, np.ndarray] = {}

    def answer(pixels: np.ndarray) -> np.ndarray:
        keys = [hashlib.sha1(picture.tobytes()).digest() for picture in pixels]
        new = [place for place, key in enumerate(keys) if key not in known]
        if new:
            known.update(zip([keys[place] for place in new], probabilities(pixels[new]), strict=True))
        return np.stack([known[key] for key in keys])

    return answer


def mean(values: pd.Series, lesions: pd.Series) -> Estimate:
    """Return the mean of what is known, with its interval over lesions."""
    known = values.notna().to_numpy()
    numbers = values.to_numpy(dtype=float)[known]
    return bootstrap(lambda weights: float(np.average(numbers, weights=weights)), lesions.to_numpy()[known])


def show(found: pd.DataFrame) -> None:
    """Print the tables."""
    for question in QUESTIONS:
        deletion, insertion = (found[f"{curve}_{question}"] for curve in CURVES)
        chance = [found[f"{curve}_{question}_by_chance"] for curve in CURVES]
        found[f"deletion_{question}_wins"] = (deletion < chance[0]).astype(float)
        found[f"insertion_{question}_wins"] = (insertion > chance[1]).astype(float)
        found[f"both_{question}_win"] = (
            found[f"deletion_{question}_wins"] * found[f"insertion_{question}_wins"]
        )
    print(f"{found['image_id'].nunique()} lesions")
    for question, asked in QUESTIONS.items():
        columns = [
            *(f"{curve}_{question}" for curve in CURVES),
            *(f"{curve}_{question}_wins" for curve in CURVES),
            f"both_{question}_win",
        ]
        heads = ("deletion area", "insertion area", "deletion beats chance", "insertion does", "both do")
        print(f"\n{asked}")
        _table(found, ("all", "other than nevus", "nevus"), columns, heads)
    print("\nwhere the map lies")
    columns = ["inside", "pointing", "lesion_share"]
    _table(
        found,
        ("right", "right melanoma"),
        columns,
        ("evidence inside", "strongest spot inside", "lesion's share"),
    )
    print("\nevidence map by answer")
    first = found[found["method"] == "evidence"]
    for answer, rows in first.groupby("answer"):
        wins = " | ".join(f"{rows[f'{name}_blur_win{end}'].mean():.3f}" for name, end in _WINS)
        print(f"| {answer} | {len(rows)} | {wins} |")


_WINS = (("deletion", "s"), ("insertion", "s"), ("both", ""))
_PARTS = {
    "all": lambda rows: rows["answer"].notna(),
    "nevus": lambda rows: rows["answer"] == "NV",
    "other than nevus": lambda rows: rows["answer"] != "NV",
    "right": lambda rows: rows["truth"] == rows["answer"],
    "right melanoma": lambda rows: (rows["truth"] == "MEL") & (rows["answer"] == "MEL"),
}


def _table(found: pd.DataFrame, parts: Sequence[str], columns: list[str], heads: Sequence[str]) -> None:
    print("| answers | method | lesions | " + " | ".join(heads) + " |")
    print("|---" * (len(heads) + 3) + "|")
    for part in parts:
        for name, rows in found[_PARTS[part](found)].groupby("method", sort=False):
            told = " | ".join(str(mean(rows[column], rows["lesion_id"])) for column in columns)
            print(f"| {part} | {name} | {len(rows)} | {told} |")


def main() -> None:
    """Measure what is not measured yet, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="labels CSV")
    parser.add_argument("--images", type=Path, help="where its images lie")
    parser.add_argument("--outlines", type=Path, help="the outlines; by default masks beside the CSV")
    parser.add_argument("--model", type=Path, default=DEFAULT, help="a bundle")
    parser.add_argument("--lesions", type=int, default=500)
    every = ",".join((*METHODS, FINER_CAM))
    parser.add_argument("--methods", default=every, help="names, with commas between")
    parser.add_argument("--out", type=Path, help="the CSV; by default in runs/")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    methods = options.methods.split(",")
    if unknown := set(methods) - {*METHODS, FINER_CAM}:
        parser.error(f"there is no method {', '.join(sorted(unknown))}")
    with exit_on_user_error():
        bundle = load_bundle(options.model)
        table = read_labels(options.data, options.images, options.outlines).table
    splits = bundle.load_split().set_index("image_id")["split"]
    chosen = choose(table[table["image_id"].map(splits) == "test"], options.lesions)
    out = options.out or Path("runs") / f"faithfulness-{bundle.version}-{'-'.join(methods)}.csv"
    out.parent.mkdir(parents=True, exist_ok=True)
    done = set(pd.read_csv(out)["image_id"]) if out.exists() else set()
    classifier = Classifier(bundle)
    for _, image in track(list(chosen.iterrows()), "Judging maps"):
        if image["image_id"] not in done:
            rows = pd.DataFrame(judge(classifier, image, methods))
            rows.to_csv(out, mode="a", header=not out.exists(), index=False)
    found = pd.read_csv(out)
    show(found[found["image_id"].isin(chosen["image_id"])])


if __name__ == "__main__":
    main()
