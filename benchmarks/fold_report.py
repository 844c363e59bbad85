"""What out-of-fold answers say of early melanomas, skin tones, real hair, and photos of one lesion.

    python -m benchmarks.fold_report folds.parquet --labels more/labels.csv --labels isic/labels.csv

The labels add what the answers do not hold, where a table has it: `skin_tone`, `diagnosis_full` and
`invasion` (the melanoma's stage), and MILK10k's `monet_…` columns (how strongly the MONET model sees hair,
gel or pen). Everything is computed in a mix with --nevi of nevi (even without it), from the plain photo or
--turns. An alert is a probability of melanoma above the threshold that finds 95% of all melanomas there.
"""

from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import typer

from melanoma.errors import exit_on_user_error
from melanoma.evaluation.answer_figures import Answers, codes_of, mix_of
from melanoma.evaluation.effort import age_sex_and_site, effort
from melanoma.evaluation.metrics import Estimate, bootstrap, roc_auc, share
from melanoma.evaluation.out_of_fold import PLAIN, TURNS

MALIGNANT = ("MEL", "BCC", "SCC", "AK")
SEEN = 0.5
"""Of a MONET column: from this on the model sees it."""
REPLICATES = 300


def report(
    table: Path,
    labels: Annotated[list[Path], typer.Option(help="CSVs with isic_id and the further columns.")],
    nevi: Annotated[float | None, typer.Option(help="Share of nevi in the mix; even without it.")] = None,
    turns: Annotated[bool, typer.Option(help="The mean of eight turns, not one.")] = False,
) -> None:
    """Print every group's figures with 95% intervals by bootstrap over lesions."""
    rows = pd.read_parquet(table)
    more = pd.concat([pd.read_csv(file, dtype=str) for file in labels]).set_index("isic_id")
    added = [name for name in more if name not in rows and name != "diagnosis"]
    rows = rows.join(more[added], on="image_id")
    codes = codes_of(rows)
    answers = Answers(rows, codes, mix_of(codes, nevi), TURNS if turns else PLAIN)
    probabilities, truth = answers.probabilities(), answers.truth
    melanoma = truth == codes.index("MEL")
    score = probabilities[:, codes.index("MEL")]
    threshold = np.quantile(score[melanoma], 0.05)
    alert, right = score >= threshold, probabilities.argmax(axis=1) == truth
    lesions = answers.lesions

    def tell(name: str, chosen: np.ndarray, among: np.ndarray) -> None:
        if among.sum():
            found = bootstrap(lambda weights: share(chosen, among, weights), lesions, REPLICATES)
            print(f"{name:<64}{int(among.sum()):>7}  {found}")

    def tell_auc(name: str, here: np.ndarray) -> None:
        if min((here & melanoma).sum(), (here & ~melanoma).sum()) >= 10:

            def auc(weights: np.ndarray) -> float:
                return roc_auc(melanoma[here], score[here], weights[here])

            print(f"{name:<64}{int(here.sum()):>7}  {bootstrap(auc, lesions, REPLICATES)}")

    for name, stage in _stages(rows).items():
        tell(f"alert, melanoma {name}", alert, stage & melanoma)
    for tone in sorted(rows.get("skin_tone", pd.Series(dtype=str)).dropna().unique()):
        here = (rows["skin_tone"] == tone).to_numpy()
        tell(f"alert, melanomas of skin tone {tone}", alert, here & melanoma)
        tell(f"no alert, others of skin tone {tone}", ~alert, here & ~melanoma)
        tell_auc(f"melanoma AUC, skin tone {tone}", here)
    for column in ("monet_hair", "monet_gel", "monet_pen"):
        if column in rows:
            seen = rows[column].astype(float).to_numpy()
            for name, here in (("with", seen >= SEEN), ("without", seen < SEEN)):
                tell(f"right answers, {name} {column.removeprefix('monet_')}", right, here)
                tell_auc(f"melanoma AUC, {name} {column.removeprefix('monet_')}", here)
    _tell_photos_of_one_lesion(rows, probabilities, truth, melanoma, threshold, codes)
    malignant = np.isin(rows["diagnosis"], MALIGNANT)
    any_malignancy = probabilities[:, [codes.index(code) for code in MALIGNANT if code in codes]].sum(axis=1)
    for name, sought, by in (
        ("melanomas, sorted by melanoma", melanoma, score),
        ("melanomas, sorted by any malignancy", melanoma, any_malignancy),
        ("malignant lesions, sorted by any malignancy", malignant, any_malignancy),
    ):
        print(f"share of the list that holds 95% of the {name}: {effort(by, sought, lesions)}")
    if "fold" in rows:
        folds = rows["fold"].to_numpy()
        for name, sought in (("melanoma", melanoma), ("malignant", malignant)):
            alone = age_sex_and_site(rows, sought, folds)

            def auc(weights: np.ndarray, sought: np.ndarray = sought, alone: np.ndarray = alone) -> float:
                return roc_auc(sought, alone, weights)

            print(f"age, sex and site alone, {name}: AUC {bootstrap(auc, lesions, REPLICATES)}")
            print(f"    share of the list that holds 95%: {effort(alone, sought, lesions)}")


def _stages(rows: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return which rows are in situ, thinner than 0.8 mm, and thicker, each bool (n,)."""
    if "diagnosis_full" not in rows or "invasion" not in rows:
        return {}
    invasion = rows["invasion"].fillna("")
    thin = (invasion == "<0.8").to_numpy()
    return {
        "in situ": rows["diagnosis_full"].str.contains("in situ", na=False).to_numpy(),
        "below 0.8 mm": thin,
        "of 0.8 mm and more": ((invasion != "") & ~thin).to_numpy(),
    }


def _tell_photos_of_one_lesion(
    rows: pd.DataFrame,
    probabilities: np.ndarray,
    truth: np.ndarray,
    melanoma: np.ndarray,
    threshold: float,
    codes: tuple[str, ...],
) -> None:
    """Print how often photos of one lesion get one answer, and what the mean over them gains."""
    lesion = pd.factorize(rows["lesion_id"])[0]
    photos = np.bincount(lesion)
    several = photos[lesion] > 1
    if not several.any():
        return
    mel = codes.index("MEL")
    frame = pd.DataFrame(
        {
            "lesion": lesion,
            "answer": probabilities.argmax(axis=1),
            "alert": probabilities[:, mel] >= threshold,
        }
    )
    agree = frame[several].groupby("lesion").nunique() == 1
    for name in ("answer", "alert"):
        ids = agree.index.to_numpy()
        same = agree[name].to_numpy(dtype=float)
        found = bootstrap(
            lambda weights, same=same: float(np.average(same, weights=weights)), ids, REPLICATES
        )
        print(f"lesions of several photos that all get one {name}: {len(ids)}  {found}")
    logs = np.log(probabilities)
    means = np.stack([np.bincount(lesion, column) / photos for column in logs.T], axis=1)
    shared = np.exp(means[lesion])
    shared /= shared.sum(axis=1, keepdims=True)

    def gain(weights: np.ndarray) -> float:
        mine, other = melanoma[several], weights[several]
        one = roc_auc(mine, probabilities[several, mel], other)
        return roc_auc(mine, shared[several, mel], other) - one

    def recall(weights: np.ndarray) -> float:
        once = (probabilities.argmax(axis=1) == truth)[several]
        mean = (shared.argmax(axis=1) == truth)[several]
        return float(np.average(mean * 1.0 - once, weights=weights[several]))

    lesions = rows["lesion_id"].to_numpy()
    gains: dict[str, Estimate] = {
        "melanoma AUC": bootstrap(gain, lesions, REPLICATES),
        "right answers": bootstrap(recall, lesions, REPLICATES),
    }
    for name, found in gains.items():
        print(f"gain of the mean over a lesion's photos, {name}: {found}")


if __name__ == "__main__":
    with exit_on_user_error():
        typer.run(report)
