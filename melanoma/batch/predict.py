"""Files and folders -> one row an image; a bad file costs only itself."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from melanoma.classifier import Classifier
from melanoma.errors import UserError
from melanoma.images import read_image
from melanoma.prediction import Prediction

BATCH = 16
RESULTS = (".csv", ".json", ".parquet")


@dataclass(frozen=True)
class Result:
    """One file: its prediction, or the sentence that says why there is none."""

    path: Path
    photo: np.ndarray | None
    prediction: Prediction | None
    error: str | None

    def as_json(self) -> dict[str, Any]:
        """Return the object that `predict --json` prints."""
        found = self.prediction
        return {
            "path": str(self.path),
            "probabilities": {code: float(found.probability(code)) for code in found.codes}
            if found
            else None,
            "diagnosis": found.diagnosis if found else None,
            "melanoma_alert": found.melanoma_alert if found else None,
            "prediction_set": list(found.prediction_set) if found else None,
            "in_distribution": found.in_distribution if found else None,
            "flags": list(found.quality) if found else None,
            "error": self.error,
        }


def predict_files(classifier: Classifier, paths: list[Path]) -> Iterator[Result]:
    """Yield a result for each file, in order."""
    for start in range(0, len(paths), BATCH):
        read = [_read(path) for path in paths[start : start + BATCH]]
        predictions = iter(classifier([photo for _, photo, _ in read if photo is not None]))
        for path, photo, error in read:
            yield Result(path, photo, None if photo is None else next(predictions), error)


def require_results_name(out: Path) -> None:
    """Raise UserError unless `write_results` knows the name's ending: better before the work than after."""
    if out.suffix.lower() not in RESULTS:
        raise UserError(f"{out}: results can be written as {', '.join(RESULTS)}.")


def write_results(results: list[dict[str, Any]], out: Path) -> None:
    """Write the rows as CSV, JSON or Parquet by the name's ending, in one step.

    Raises UserError for another ending.
    """
    require_results_name(out)
    unfinished = out.with_name(f".{out.name}.unfinished")
    suffix = out.suffix.lower()
    if suffix == ".json":
        unfinished.write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    elif suffix == ".csv":
        _flat(results).to_csv(unfinished, index=False)
    else:
        _flat(results).to_parquet(unfinished, index=False)
    os.replace(unfinished, out)


def _read(path: Path) -> tuple[Path, np.ndarray | None, str | None]:
    try:
        return path, read_image(path), None
    except UserError as error:
        return path, None, str(error)


def _flat(results: list[dict[str, Any]]) -> pd.DataFrame:
    """Return one column a probability, `p_MEL` and so on, and lists joined by “; ”."""
    rows = []
    for result in results:
        row = {name: "; ".join(value) if isinstance(value, list) else value for name, value in result.items()}
        del row["probabilities"]
        rows.append(row | {f"p_{code}": value for code, value in (result["probabilities"] or {}).items()})
    return pd.DataFrame(rows)
