"""How far Integrated Gradients are from complete, by baseline and steps, over held-out photos.

python -m benchmarks.explanations.completeness --data labels.csv                  40 photos

The gap is the sum of the map less the change of the log-odds from the baseline to the photo, for the
likeliest diagnosis, in logit units.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np
from rich.progress import track

from benchmarks.explanations.faithfulness import choose
from melanoma.data.labels.read import read_labels
from melanoma.errors import exit_on_user_error
from melanoma.explain.base import ExplanationRequest
from melanoma.explain.integrated_gradients import BLACK, IntegratedGradients, completeness_gap
from melanoma.explain.occlusion import BLURRED, MEAN
from melanoma.model.bundle import DEFAULT, load_bundle
from melanoma.model.classifier import Classifier
from melanoma.photos.reading import read_image

STEPS = (8, 16, 32, 64)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="labels CSV")
    parser.add_argument("--images", type=Path, help="where its images lie")
    parser.add_argument("--model", type=Path, default=DEFAULT, help="a bundle")
    parser.add_argument("--photos", type=int, default=40)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    with exit_on_user_error():
        bundle = load_bundle(options.model)
        table = read_labels(options.data, options.images).table
    split = bundle.load_split().set_index("image_id")["split"]
    chosen = choose(table[table["image_id"].map(split) == "test"], options.photos)
    classifier, method = Classifier(bundle), IntegratedGradients()
    gaps: dict[tuple[str, int], list[float]] = {}
    for path in track(list(chosen["path"]), "Integrating"):
        prediction = classifier([read_image(path)])[0]
        code = prediction.diagnosis
        for baseline in (MEAN, BLURRED, BLACK):
            for steps in STEPS:
                settings = {"baseline": baseline, "steps": steps}
                asked = ExplanationRequest(classifier.compiled, prediction, settings, (code,))
                gap = completeness_gap(asked, code, method.explain(asked)[..., 0])
                gaps.setdefault((baseline, steps), []).append(abs(gap))
    print("| begins with | steps | median gap | 95% below |\n|---|---|---|---|")
    for (baseline, steps), found in gaps.items():
        print(f"| {baseline} | {steps} | {np.median(found):.3f} | {np.quantile(found, 0.95):.3f} |")


if __name__ == "__main__":
    main()
