"""Verdicts on real photos of a bundle's test side: sets, scores, alerts and the order of a worklist.

python -m benchmarks.verdicts LABELS [--images FOLDER] [--photos 300] [--model models/isic8-mobilenet]
"""

from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from melanoma.batch.source import in_memory
from melanoma.batch.triage import judge, ranked
from melanoma.data.labels.read import read_labels
from melanoma.model.bundle import DEFAULT, load_bundle
from melanoma.model.classifier import Classifier
from melanoma.photos.reading import read_image

SEED = 0


def main(
    labels: Path,
    images: Annotated[Path | None, typer.Option()] = None,
    photos: Annotated[int, typer.Option()] = 300,
    model: Annotated[Path, typer.Option()] = DEFAULT,
) -> None:
    """Print the figures."""
    bundle = load_bundle(model)
    split = bundle.load_split().set_index("image_id")["split"]
    table = read_labels(labels, images).table
    table = table[table["image_id"].map(split) == "test"]
    table = table.sample(min(photos, len(table)), random_state=SEED)
    classifier = Classifier(bundle)
    predictions = classifier([read_image(path) for path in table["path"]])
    probabilities = np.array([found.probabilities for found in predictions])
    scores = np.array([found.scores for found in predictions])
    sets = np.array([[code in found.prediction_set for code in bundle.codes] for found in predictions])
    least = np.where(sets, probabilities, np.inf).min(axis=1)
    most = np.where(sets, -np.inf, probabilities).max(axis=1)
    held = [
        truth in found.prediction_set for truth, found in zip(table["diagnosis"], predictions, strict=True)
    ]
    print(f"{len(table)} photos, model {bundle.name} {bundle.version}")
    print(f"sets that leave out a likelier diagnosis than one they hold   {(most > least).sum()}")
    print(
        f"sets that hold the truth {np.mean(held):.3f}, size: median {np.median(sets.sum(axis=1)):.0f}, "
        f"mean {sets.sum(axis=1).mean():.2f}"
    )
    print(
        f"largest difference of exp(scores) and probabilities           "
        f"{np.abs(np.exp(scores) - probabilities).max():.1e}"
    )
    sources = [in_memory(str(row), Path(path).read_bytes()) for row, path in enumerate(table["path"])]
    worklist = ranked(list(judge(classifier, sources)))
    lower = worklist[len(worklist) // 2 :]
    sure = [one for one in worklist if one.diagnosis and one.malignancy > 0.9]
    print(
        f"photos above 90% for any malignancy {len(sure)}, of them in the worklist's lower half "
        f"{sum(one.malignancy > 0.9 for one in lower)}"
    )
    place = {one.name: number for number, one in enumerate(worklist)}
    calm = min((place[one.name] for one in worklist if not one.any_alert), default=len(worklist))
    print(
        f"photos with a melanoma alert below one without any            "
        f"{sum(one.alert and place[one.name] > calm for one in worklist)}"
    )
    print(
        f"melanoma alerts {sum(one.alert for one in worklist)}, only the other alert "
        f"{sum(one.any_alert and not one.alert for one in worklist)}, neither {len(worklist) - calm}"
    )
    elsewhere = [one for one in worklist if one.alert and one.diagnosis != "MEL"]
    print(f"melanoma alerts whose likeliest diagnosis is another          {len(elsewhere)}")


if __name__ == "__main__":
    typer.run(main)
