"""How faithful each method's map is, over held-out lesions with an outline.

python -m benchmarks.explanations.faithfulness --data labels.csv                  500 lesions, every method
python -m benchmarks.explanations.faithfulness --data labels.csv --methods evidence,grad-cam --lesions 50

One image a lesion: all melanomas of the test split first, then others drawn at random. The map explains the
network's own answer. Deletion and insertion are compared, image by image, with the mean of two random maps.
Each image is written to a CSV as it is done, so a run that was stopped goes on; the tables are made of it.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from rich.progress import track

from melanoma.data.labels.read import read_labels
from melanoma.data.pipeline import read_widened
from melanoma.errors import exit_on_user_error
from melanoma.evaluation.metrics import Estimate, bootstrap
from melanoma.explain.base import ExplanationRequest
from melanoma.explain.registry import METHODS
from melanoma.exports.explanation import probabilities_of
from melanoma.measures.base import MapCase
from melanoma.measures.curves import deletion_curve, insertion_curve
from melanoma.measures.overlap import inside_share, pointing_hit
from melanoma.model.bundle import DEFAULT, load_bundle
from melanoma.model.classifier import Classifier
from melanoma.photos.reading import read_image

STEPS = 8  # of a curve: a third of the time of the page's 32, and both maps of a comparison have the same
DRAWS = 2  # random maps an image
SEED = 0


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
    probabilities = probabilities_of(classifier)
    asked = ExplanationRequest(classifier.compiled, prediction).only(answer)

    def areas(heatmap: np.ndarray) -> np.ndarray:
        case = MapCase(probabilities, prediction.pixels, heatmap, prediction.index(answer))
        return np.array([deletion_curve(case, steps=STEPS).area, insertion_curve(case, steps=STEPS).area])

    def explained(name: str, settings: dict | None = None) -> np.ndarray:
        return METHODS[name].explain(replace(asked, settings=settings or {}))[..., 0]

    chance = np.mean([areas(explained("random", {"draw": 10 + draw})) for draw in range(DRAWS)], axis=0)
    rows = []
    for name in methods:
        heatmap = explained(name)
        deletion, insertion = areas(heatmap)
        rows.append(
            {
                "image_id": image["image_id"],
                "lesion_id": image["lesion_id"],
                "truth": image["diagnosis"],
                "answer": answer,
                "method": name,
                "deletion": deletion,
                "insertion": insertion,
                "deletion_by_chance": chance[0],
                "insertion_by_chance": chance[1],
                "inside": inside_share(heatmap, inside),
                "pointing": pointing_hit(heatmap, inside),
                "lesion_share": inside.mean(),
            }
        )
    return rows


def mean(values: pd.Series, lesions: pd.Series) -> Estimate:
    """Return the mean of what is known, with its interval over lesions."""
    known = values.notna().to_numpy()
    numbers = values.to_numpy(dtype=float)[known]
    return bootstrap(lambda weights: float(np.average(numbers, weights=weights)), lesions.to_numpy()[known])


def show(found: pd.DataFrame) -> None:
    """Print the tables."""
    found = found.assign(
        better_deletion=(found["deletion"] < found["deletion_by_chance"]).astype(float),
        better_insertion=(found["insertion"] > found["insertion_by_chance"]).astype(float),
    )
    found["better_both"] = found["better_deletion"] * found["better_insertion"]
    every = found.drop_duplicates("image_id")
    print(
        f"{len(every)} lesions; by chance: deletion {mean(every['deletion_by_chance'], every['lesion_id'])}, "
        f"insertion {mean(every['insertion_by_chance'], every['lesion_id'])}\n"
    )
    columns = ("deletion", "insertion", "better_deletion", "better_insertion", "better_both")
    print("| method | deletion area | insertion area | deletion beats chance | insertion does | both do |")
    print("|---|---|---|---|---|---|")
    for name, rows in found.groupby("method", sort=False):
        print(
            f"| {name} | "
            + " | ".join(str(mean(rows[column], rows["lesion_id"])) for column in columns)
            + " |"
        )
    parts = {
        "right melanoma answers": found[(found["truth"] == "MEL") & (found["answer"] == "MEL")],
        "all right answers": found[found["truth"] == found["answer"]],
    }
    for title, part in parts.items():
        print(f"\n| {title}: method | lesions | evidence inside | strongest spot inside | lesion's share |")
        print("|---|---|---|---|---|")
        for name, rows in part.groupby("method", sort=False):
            cells = " | ".join(
                str(mean(rows[column], rows["lesion_id"]))
                for column in ("inside", "pointing", "lesion_share")
            )
            print(f"| {name} | {len(rows)} | {cells} |")


def main() -> None:
    """Measure what is not measured yet, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="labels CSV")
    parser.add_argument("--images", type=Path, help="where its images lie")
    parser.add_argument("--outlines", type=Path, help="the outlines; by default masks beside the CSV")
    parser.add_argument("--model", type=Path, default=DEFAULT, help="a bundle")
    parser.add_argument("--lesions", type=int, default=500)
    parser.add_argument("--methods", default=",".join(METHODS), help="names, with commas between")
    parser.add_argument("--out", type=Path, help="the CSV; by default in runs/")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    methods = options.methods.split(",")
    if unknown := set(methods) - set(METHODS):
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
