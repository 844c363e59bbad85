"""What answering several photos of one lesion together changes, on a bundle's held-back side.

python -m benchmarks.joint_answers [--model models/NAME]

Needs no images: the bundle holds the answers. Single answers count by their mean over a lesion's photos.
Differences are paired, with 95% intervals by bootstrap over lesions.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from melanoma.errors import exit_on_user_error
from melanoma.evaluation.metrics import bootstrap
from melanoma.model.bundle import DEFAULT, Bundle, load_bundle
from melanoma.model.decision import decide
from melanoma.model.joint import joint_scores


def lesions(bundle: Bundle) -> pd.DataFrame:
    """Return a row for each held-back lesion with several photos: single answers and the joint one."""
    rows = []
    codes = list(bundle.codes)
    for _, photos in bundle.load_predictions().groupby("lesion_id"):
        if len(photos) < 2:
            continue
        truth = photos["diagnosis"].iloc[0]
        single = [decide(bundle, row) for row in photos[codes].to_numpy(np.float64)]
        together = np.exp(joint_scores(list(np.log(photos[codes].to_numpy(np.float64)))))
        joint = decide(bundle, together)
        alerts = [one.melanoma_alert for one in single]
        rows.append(
            {
                "melanoma": truth == "MEL",
                "photos": len(photos),
                "alert single": np.mean(alerts),
                "alert any": any(alerts),
                "alert together": joint.melanoma_alert,
                "right single": np.mean(photos[codes].to_numpy().argmax(axis=1) == codes.index(truth)),
                "right together": int(together.argmax()) == codes.index(truth),
                "in set together": truth in joint.prediction_set,
                "in set single": np.mean([truth in one.prediction_set for one in single]),
            }
        )
    return pd.DataFrame(rows).astype(float)


def difference(table: pd.DataFrame, one: str, other: str) -> str:
    """Return by how much the mean of one column exceeds another's."""
    gap = (table[one] - table[other]).to_numpy()
    found = bootstrap(lambda weights: float(np.average(gap, weights=weights)), np.arange(len(gap)))
    return f"{found.value:+.3f} ({found.low:+.3f} to {found.high:+.3f})"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, default=DEFAULT, help="a bundle")
    with exit_on_user_error():
        table = lesions(load_bundle(parser.parse_args().model))
    ill, others = table[table["melanoma"] == 1], table[table["melanoma"] == 0]
    print(f"{len(table)} lesions with several photos, {len(ill)} of melanoma\n")
    print("| | one photo | together | difference |\n|---|---|---|---|")
    for title, part, name in (
        ("melanomas with an alert", ill, "alert"),
        ("other lesions with an alert", others, "alert"),
        ("likeliest diagnosis is right", table, "right"),
        ("the true one is in the set", table, "in set"),
    ):
        means = [f"{part[f'{name} {way}'].mean():.3f}" for way in ("single", "together")]
        print(f"| {title} | {' | '.join(means)} | {difference(part, f'{name} together', f'{name} single')} |")
    split = ((table["alert single"] > 0) & (table["alert single"] < 1)).mean()
    lost = table[(table["alert any"] == 1) & (table["alert together"] == 0)]
    print(f"\nphotos of one lesion disagree about the alert: {split:.1%} of the lesions")
    print(
        f"an alert of one photo that all together do not raise: {len(lost)} of {len(table)} lesions, "
        f"{int(lost['melanoma'].sum())} of them melanomas"
    )


if __name__ == "__main__":
    main()
