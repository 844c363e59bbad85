"""How often the nearest known lesion is right, by the number of principal axes that are kept.

    python -m benchmarks.neighbours --data labels.csv

On the test side of a bundle, against the public lesions that it was fitted to. Prints a Markdown table.
"""

import argparse
from pathlib import Path

import numpy as np

from melanoma.data.labels.read import read_labels
from melanoma.errors import exit_on_user_error
from melanoma.evaluation.metrics import balanced_accuracy
from melanoma.evaluation.neighbour_figures import judge_neighbours, nearest_diagnoses
from melanoma.evaluation.scoring import score_table
from melanoma.model.bundle import DEFAULT, load_bundle
from melanoma.model.classifier import load_compiled
from melanoma.model.neighbours import fit_known_lesions, public_lesions

AXES = (16, 32, 64, 128, 256)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="labels CSV")
    parser.add_argument("--images", type=Path, help="where its images lie")
    parser.add_argument("--model", type=Path, default=DEFAULT, help="a bundle")
    options = parser.parse_args()
    with exit_on_user_error():
        bundle = load_bundle(options.model)
        table = read_labels(options.data, options.images).table
        table = table.merge(bundle.load_split()[["image_id", "split"]], on="image_id")
        network = load_compiled(bundle)
        test = score_table(network, table[table["split"] == "test"], bundle.framing)
        public = public_lesions(table[table["split"] == "train"])
        fitted = score_table(network, public, bundle.framing)
    answers = np.array(bundle.codes)[bundle.calibration.probabilities(test.logits).argmax(axis=1)]
    number = {code: place for place, code in enumerate(bundle.codes)}
    truth = test.table["diagnosis"].map(number).to_numpy()
    even = np.ones(len(truth))
    print(f"{len(public)} known lesions, {len(truth)} test photos")
    print("| axes | right | balanced | named right: agree | differ | missed melanomas nearest to one |")
    print("|---|---|---|---|---|---|")
    for axes in AXES:
        known = fit_known_lesions(fitted.table, fitted.last_features, axes)
        assert known is not None
        found = judge_neighbours(known, test.table, test.last_features, answers)
        nearest = np.array([number[code] for code in nearest_diagnoses(known, test.last_features)])
        cells = [
            found["right"],
            found["named_right"]["agree"],
            found["named_right"]["differ"],
            found["missed"],
        ]
        right, agree, differ, missed = (
            f"{cell['value']:.3f} ({cell['low']:.3f} to {cell['high']:.3f})" for cell in cells
        )
        balanced = balanced_accuracy(truth, nearest, even)
        print(f"| {axes} | {right} | {balanced:.3f} | {agree} | {differ} | {missed} |", flush=True)


if __name__ == "__main__":
    main()
