"""The figures that a bundle's card and `melanoma evaluate` print, from labels and probabilities."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from melanoma.diagnoses import diagnosis_of, members
from melanoma.errors import UserError
from melanoma.evaluation import metrics
from melanoma.evaluation.metrics import (
    Estimate,
    Statistic,
    average_precision,
    balanced_accuracy,
    bootstrap,
    confusion_matrix,
    predictive_values,
    roc_auc,
    share,
)

PREVALENCES = (0.01, 0.05, 0.11)
"""Of melanoma: a screening day, a dermatologist's practice, and this data's archives."""
FEW = 30
"""Groups with fewer melanomas, or fewer other lesions, are marked as small."""
MISTAKES = 20
AGES = (0, 30, 45, 60, 75, 200)
GROUP_REPLICATES = 300
GROUPS = ("age_group", "sex", "site", "source", "framing")


@dataclass(frozen=True)
class Group:
    """The alert's figures in a part of the images."""

    kind: str
    """Column of the table, such as `sex`."""
    name: str
    images: int
    melanomas: int
    small: bool
    figures: dict[str, Estimate]
    """`melanoma_auc`, `alert_sensitivity`, `alert_specificity`."""


@dataclass(frozen=True)
class Evaluation:
    """How well a classifier does on labelled images, with 95% intervals by bootstrap over lesions."""

    labels: tuple[str, ...]
    """The labels in the data, which may be coarser than the model's diagnoses."""
    images: int
    lesions: int
    melanomas: int
    figures: dict[str, Estimate]
    """By the names in `NAMES`."""
    sensitivity_by_label: dict[str, Estimate]
    alerted_by_label: dict[str, Estimate]
    """The share of each label's images with either alert."""
    precision_by_label: dict[str, Estimate]
    """At the prevalences of the data, which are not those of a clinic."""
    confusion: np.ndarray
    """int (labels, labels): images of each true label (rows) by the predicted one (columns)."""
    predictive: dict[float, tuple[Estimate, Estimate]]
    """For each of `PREVALENCES`: the positive and the negative predictive value of the alert."""
    groups: tuple[Group, ...]
    missed: tuple[tuple[str, float], ...]
    """The melanomas without an alert, as (image id, probability of melanoma), the surest mistakes first."""

    def as_json(self) -> dict[str, Any]:
        """Return plain numbers and lists."""
        return {
            "labels": list(self.labels),
            "images": self.images,
            "lesions": self.lesions,
            "melanomas": self.melanomas,
            **{name: estimate.as_json() for name, estimate in self.figures.items()},
            "sensitivity_by_label": {
                label: found.as_json() for label, found in self.sensitivity_by_label.items()
            },
            "precision_by_label": {
                label: found.as_json() for label, found in self.precision_by_label.items()
            },
            "alerted_by_label": {label: found.as_json() for label, found in self.alerted_by_label.items()},
            "confusion": self.confusion.tolist(),
            "predictive_values": {
                str(prevalence): {"alert": positive.as_json(), "silence": negative.as_json()}
                for prevalence, (positive, negative) in self.predictive.items()
            },
            "groups": [
                vars(group) | {"figures": {name: found.as_json() for name, found in group.figures.items()}}
                for group in self.groups
            ],
            "missed_melanomas": [
                {"image_id": image_id, "probability": value} for image_id, value in self.missed
            ],
        }


NAMES = {
    "balanced_accuracy": "balanced accuracy",
    "melanoma_auc": "melanoma ROC AUC",
    "melanoma_average_precision": "melanoma average precision",
    "malignant_auc": "ROC AUC for any malignancy",
    "alert_sensitivity": "melanomas that the alert finds (sensitivity)",
    "alert_specificity": "other lesions without an alert (specificity)",
    "malignancy_sensitivity": "malignant lesions that the alert for any malignancy finds",
    "malignancy_specificity": "harmless lesions without an alert for any malignancy",
    "either_specificity": "harmless lesions with neither alert",
}
"""The title of each figure. The last three are there if there is a second alert."""


def age_groups(ages: pd.Series) -> pd.Series:
    """Return the group of each age in years, such as `30 to 44`; missing where the age is."""
    bins = list(AGES)
    names = [f"{low} to {high - 1}" for low, high in zip(bins[:-2], bins[1:-1], strict=True)]
    return pd.cut(ages, bins, right=False, labels=[*names, f"{bins[-2]} up"]).astype(object)


def group_probabilities(
    probabilities: np.ndarray, codes: tuple[str, ...], labels: tuple[str, ...]
) -> np.ndarray:
    """Return the probability of each label, (n, labels): the sum over the codes that it covers.

    Raises UserError for labels that the model does not know or that overlap.
    """
    covered = [code for label in labels for code in members(label, codes)]
    unknown = sorted(set(covered) - set(codes))
    if unknown:
        raise UserError(
            "The labels hold {label}, which this model does not know ({known}).",
            label=unknown[0],
            known=", ".join(codes),
        )
    if len(set(covered)) < len(covered):
        raise UserError(
            "The labels {labels} overlap, so no image has one right answer.", labels=", ".join(labels)
        )
    columns = [[codes.index(code) for code in members(label, codes)] for label in labels]
    return np.stack([probabilities[:, column].sum(axis=1) for column in columns], axis=1)


def evaluate(
    table: pd.DataFrame,
    probabilities: np.ndarray,
    codes: tuple[str, ...],
    threshold: float,
    replicates: int | None = None,
    malignancy_threshold: float | None = None,
) -> Evaluation:
    """Return the evaluation of `probabilities` (n, codes) against a table of n rows.

    The table has `image_id`, `diagnosis` and `lesion_id`; of the columns `GROUPS` those that are there make
    groups. The predicted label is the likeliest among those of the data. An alert is given if the
    probability of melanoma is at least `threshold`, and a second one if that of any malignancy is at least
    `malignancy_threshold`. Figures about melanoma are NaN where the data have none,
    or nothing else; those about any malignancy where a label joins malignant and harmless. Raises UserError
    for fewer than two labels.
    """
    diagnoses, lesions = table["diagnosis"].to_numpy(), table["lesion_id"].to_numpy()
    labels = tuple(sorted(set(diagnoses)))
    if len(labels) < 2:
        raise UserError(
            f"All {len(diagnoses)} images are {labels[0]}: at least two diagnoses are needed to judge."
        )
    grouped = group_probabilities(probabilities, codes, labels)
    truth = np.array([labels.index(label) for label in diagnoses])
    predicted = grouped.argmax(axis=1)
    melanoma = np.asarray(diagnoses == "MEL")
    score = probabilities[:, codes.index("MEL")]
    alert = score >= threshold
    malignant, harmless, malignant_score = _malignancy(labels, truth, probabilities, codes)
    either = alert
    if malignancy_threshold is not None:
        second = malignant_score >= malignancy_threshold
        either = alert | second
    statistics: dict[str, Statistic] = {
        "balanced_accuracy": lambda weights: balanced_accuracy(truth, predicted, weights),
        "melanoma_average_precision": lambda weights: average_precision(melanoma, score, weights),
        "malignant_auc": lambda weights: roc_auc(malignant, malignant_score, weights),
    } | _alert_statistics(melanoma, alert, score)
    if malignancy_threshold is not None:
        statistics |= {
            "malignancy_sensitivity": lambda weights: share(second, malignant, weights),
            "malignancy_specificity": lambda weights: share(~second, harmless, weights),
            "either_specificity": lambda weights: share(~either, harmless, weights),
        }
    right = truth == predicted

    def within(among: np.ndarray, chosen: np.ndarray = right) -> Estimate:
        return bootstrap(lambda weights: share(chosen, among, weights), lesions, replicates)

    def value(prevalence: float, which: int) -> Estimate:
        def statistic(weights: np.ndarray) -> float:
            sensitivity, specificity = share(alert, melanoma, weights), share(~alert, ~melanoma, weights)
            return predictive_values(sensitivity, specificity, prevalence)[which]

        return bootstrap(statistic, lesions, replicates)

    missed = np.flatnonzero(melanoma & ~alert)
    missed = missed[np.argsort(score[missed])][:MISTAKES]
    return Evaluation(
        labels=labels,
        images=len(truth),
        lesions=len(set(lesions)),
        melanomas=int(melanoma.sum()),
        figures={
            name: bootstrap(statistics[name], lesions, replicates) for name in NAMES if name in statistics
        },
        sensitivity_by_label={label: within(truth == number) for number, label in enumerate(labels)},
        alerted_by_label={label: within(truth == number, either) for number, label in enumerate(labels)},
        precision_by_label={label: within(predicted == number) for number, label in enumerate(labels)},
        confusion=confusion_matrix(truth, predicted, len(labels)),
        predictive={prevalence: (value(prevalence, 0), value(prevalence, 1)) for prevalence in PREVALENCES},
        groups=tuple(
            _groups(table, melanoma, score, alert, min(replicates or metrics.REPLICATES, GROUP_REPLICATES))
        ),
        missed=tuple((str(table["image_id"].iloc[row]), float(score[row])) for row in missed),
    )


def _malignancy(
    labels: tuple[str, ...], truth: np.ndarray, probabilities: np.ndarray, codes: tuple[str, ...]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return which images are malignant and which harmless, both bool (n,), and their score.

    Neither if a label joins both kinds.
    """
    kinds = [{diagnosis_of(code).malignant for code in members(label)} for label in labels]
    known = all(len(kind) == 1 for kind in kinds)
    malignant = np.array([kind == {True} for kind in kinds])[truth]
    columns = [number for number, code in enumerate(codes) if diagnosis_of(code).malignant]
    return malignant & known, ~malignant & known, probabilities[:, columns].sum(axis=1)


def _alert_statistics(melanoma: np.ndarray, alert: np.ndarray, score: np.ndarray) -> dict[str, Statistic]:
    return {
        "melanoma_auc": lambda weights: roc_auc(melanoma, score, weights),
        "alert_sensitivity": lambda weights: share(alert, melanoma, weights),
        "alert_specificity": lambda weights: share(~alert, ~melanoma, weights),
    }


def _groups(
    table: pd.DataFrame, melanoma: np.ndarray, score: np.ndarray, alert: np.ndarray, replicates: int
) -> list[Group]:
    groups = []
    lesions = table["lesion_id"].to_numpy()
    for kind in GROUPS:
        if kind not in table or table[kind].isna().all():
            continue
        names = table[kind].fillna("unknown").astype(str).to_numpy()
        for name in sorted(set(names)):
            rows = names == name
            positive = melanoma[rows]
            statistics = _alert_statistics(positive, alert[rows], score[rows])
            few = int(min(positive.sum(), (~positive).sum())) < FEW
            figures = {
                figure: bootstrap(statistic, lesions[rows], replicates)
                for figure, statistic in statistics.items()
            }
            groups.append(Group(kind, name, int(rows.sum()), int(positive.sum()), few, figures))
    return groups
