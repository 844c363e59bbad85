"""Sets, alerts and the order of a worklist by the stored test predictions of a bundle, without its network.

python -m benchmarks.stored_verdicts [models/isic8-mobilenet]
"""

from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from melanoma.diagnoses import is_malignant
from melanoma.model.bundle import DEFAULT, load_bundle

SURE = 0.9


def main(model: Annotated[Path, typer.Argument()] = DEFAULT) -> None:
    """Print the figures."""
    bundle = load_bundle(model)
    table = bundle.load_predictions()
    table = table[table["split"] == "test"]
    codes = list(bundle.codes)
    shares, truth = table[codes].to_numpy(), table["diagnosis"].to_numpy()
    sets = bundle.in_sets(shares)
    held = sets[np.arange(len(shares)), [codes.index(code) for code in truth]]
    holes = np.where(sets, -np.inf, shares).max(axis=1) > np.where(sets, shares, np.inf).min(axis=1)
    size = sets.sum(axis=1)
    print(f"{len(table)} images, version {bundle.version}, sets {bundle.conformal_method}")
    print(f"sets that leave out a likelier diagnosis {holes.mean():.3f}; hold the truth {held.mean():.3f}")
    print("  " + ", ".join(f"{code} {held[truth == code].mean():.3f}" for code in codes))
    print(f"size: median {np.median(size):.0f}, mean {size.mean():.2f}")
    unlikely = sets & (shares < 0.01)
    rates = (f"{code} {share:.3f}" for code, share in zip(codes, unlikely.mean(axis=0), strict=True))
    print(f"possible below 1%: {', '.join(rates)}")
    melanoma, malignancy = shares[:, codes.index("MEL")], shares[:, bundle.malignant].sum(axis=1)
    alert = melanoma >= bundle.alert_threshold
    other = shares[alert].argmax(axis=1) != codes.index("MEL")
    line = bundle.malignancy_threshold
    either = alert if line is None else alert | (malignancy >= line)
    print(f"melanoma alerts {alert.mean():.3f}, of them another is likeliest {other.mean():.3f}")
    print(f"either alert {either.mean():.3f}")
    cancer = np.isin(truth, [code for code, bad in zip(codes, is_malignant(codes), strict=True) if bad])
    sure = cancer & (malignancy > SURE)
    for name, order in (
        ("melanoma alone", np.argsort(-melanoma, kind="stable")),
        ("alerts, then any malignancy", np.lexsort((-melanoma, -malignancy, ~either))),
    ):
        lower = sure[order[len(order) // 2 :]].sum()
        print(f"cancers above {SURE:.0%} in the lower half of a list by {name}: {lower} of {sure.sum()}")


if __name__ == "__main__":
    typer.run(main)
