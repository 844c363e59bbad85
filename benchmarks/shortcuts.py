"""Whether a network relies on rulers, ink, stickers, hair, dark corners or a photo's source.

python -m benchmarks.shortcuts --data labels.csv
python -m benchmarks.shortcuts --data labels.csv --model BUNDLE --model OTHER    the same pictures

On the test images of the first bundle. Prints Markdown tables.
"""

import argparse
from pathlib import Path

import pandas as pd

from melanoma.data.labels.read import read_labels
from melanoma.errors import exit_on_user_error
from melanoma.evaluation.artefact_reliance import (
    Effect,
    effects,
    last_features,
    load,
    painted_in,
    painted_out,
    source_accuracy,
    thumbnails,
)
from melanoma.model.bundle import DEFAULT, Bundle, load_bundle
from melanoma.model.classifier import load_compiled

FEW = 60  # a diagnosis with fewer images in any of the two largest sources is not asked alone


def row(name: str, found: Effect) -> str:
    """Return a line of the table."""
    cells = (name, found.images, found.answers, found.alerts_added, found.alerts_lost, found.melanoma)
    return "| " + " | ".join(map(str, cells)) + " |"


def report(bundle: Bundle, table: pd.DataFrame) -> None:
    """Print everything about one bundle."""
    network = load_compiled(bundle)
    pixels = load(table, network.size, bundle.framing)
    lesions, sources = table["lesion_id"].to_numpy(), table["source"].to_numpy()
    print(f"\n## {bundle.name}, version {bundle.version}: {len(table)} held-back images\n")
    print("| change | images | answers changed | alerts added | alerts lost | melanoma |")
    print("|---|---|---|---|---|---|")
    for name, found in effects(network, bundle, pixels, lesions, painted_in()).items():
        print(row(f"{name}, painted in", found))
    for name, found in effects(network, bundle, pixels, lesions, painted_out()).items():
        print(row(f"{name}, taken out", found))
    print("\n| source predicted from | images | balanced accuracy | by chance |\n|---|---|---|---|")
    features = {
        "the network's last features": last_features(network, pixels),
        "16 x 16 thumbnails": thumbnails(pixels),
    }
    largest = table["source"].value_counts().index[:2]
    parts = {"all": table["source"].isin(largest).to_numpy()}
    for diagnosis, group in table.groupby("diagnosis"):
        if group["source"].value_counts().reindex(largest, fill_value=0).min() >= FEW:
            parts[str(diagnosis)] = parts["all"] & (table["diagnosis"] == diagnosis).to_numpy()
    for name, values in features.items():
        for part, rows in parts.items():
            estimate = source_accuracy(values[rows], sources[rows], lesions[rows])
            print(f"| {name}, {part} | {rows.sum()} | {estimate} | 0.500 |", flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="labels CSV")
    parser.add_argument("--images", type=Path, help="where its images lie")
    parser.add_argument("--model", type=Path, action="append", help="a bundle; several are compared")
    options = parser.parse_args()
    with exit_on_user_error():
        bundles = [load_bundle(model) for model in options.model or [DEFAULT]]
        table = read_labels(options.data, options.images, None).table
        held_out = bundles[0].load_split().query("split == 'test'")["image_id"]
        table = table[table["image_id"].isin(held_out)]
        for bundle in bundles:
            report(bundle, table)


if __name__ == "__main__":
    main()
