"""The figures that a bundle's card and `melanoma evaluate` print, from labels and probabilities."""

from dataclasses import dataclass

import numpy as np

from melanoma.diagnoses import members
from melanoma.errors import UserError
from melanoma.evaluation.metrics import Estimate, Statistic, balanced_accuracy, bootstrap, roc_auc, share


@dataclass(frozen=True)
class Evaluation:
    """How well a classifier does on labelled images, with 95% intervals by bootstrap over lesions."""

    labels: tuple[str, ...]
    """The label set of the data; it may be coarser than the model's."""
    images: int
    lesions: int
    melanomas: int
    figures: dict[str, Estimate]
    """`balanced_accuracy`, `melanoma_auc`, `alert_sensitivity`, `alert_specificity`."""
    sensitivity_by_label: dict[str, Estimate]

    def as_json(self) -> dict:
        """Return plain numbers and lists."""
        return {
            "labels": list(self.labels),
            "images": self.images,
            "lesions": self.lesions,
            "melanomas": self.melanomas,
            **{name: vars(estimate) for name, estimate in self.figures.items()},
            "sensitivity_by_label": {
                label: vars(found) for label, found in self.sensitivity_by_label.items()
            },
        }


def group_probabilities(
    probabilities: np.ndarray, codes: tuple[str, ...], labels: tuple[str, ...]
) -> np.ndarray:
    """Return the probability of each label, (n, labels): the sum over the codes that it covers.

    Raises UserError for labels that the model does not know or that overlap.
    """
    covered = [code for label in labels for code in members(label)]
    unknown = sorted(set(covered) - set(codes))
    if unknown:
        raise UserError(f"The labels hold {unknown[0]}, which this model does not know ({', '.join(codes)}).")
    if len(set(covered)) < len(covered):
        raise UserError(f"The labels {', '.join(labels)} overlap, so no image has one right answer.")
    columns = [[codes.index(code) for code in members(label)] for label in labels]
    return np.stack([probabilities[:, column].sum(axis=1) for column in columns], axis=1)


def evaluate(
    diagnoses: np.ndarray,
    probabilities: np.ndarray,
    lesions: np.ndarray,
    codes: tuple[str, ...],
    threshold: float,
    replicates: int = 1000,
) -> Evaluation:
    """Return the evaluation of `probabilities` (n, codes) against `diagnoses` (n,), images grouped by
    `lesions` (n,).

    The predicted label is the likeliest among those of the data. The alert rings where the probability of
    melanoma is at least `threshold`. Figures about melanoma are NaN where the data have none, or nothing
    else.
    """
    labels = tuple(sorted(set(diagnoses)))
    if len(labels) < 2:
        raise UserError(
            f"All {len(diagnoses)} images are {labels[0]}: at least two diagnoses are needed to judge."
        )
    grouped = group_probabilities(probabilities, codes, labels)
    truth = np.array([labels.index(label) for label in diagnoses])
    predicted = grouped.argmax(axis=1)
    melanoma = np.asarray(diagnoses) == "MEL"
    score = probabilities[:, codes.index("MEL")]
    alert = score >= threshold
    statistics: dict[str, Statistic] = {
        "balanced_accuracy": lambda weights: balanced_accuracy(truth, predicted, weights),
        "melanoma_auc": lambda weights: roc_auc(melanoma, score, weights),
        "alert_sensitivity": lambda weights: share(alert, melanoma, weights),
        "alert_specificity": lambda weights: share(~alert, ~melanoma, weights),
    }
    right = truth == predicted

    def found(number: int) -> Statistic:
        return lambda weights: share(right, truth == number, weights)

    return Evaluation(
        labels=labels,
        images=len(truth),
        lesions=len(set(lesions)),
        melanomas=int(melanoma.sum()),
        figures={name: bootstrap(statistic, lesions, replicates) for name, statistic in statistics.items()},
        sensitivity_by_label={
            label: bootstrap(found(number), lesions, replicates) for number, label in enumerate(labels)
        },
    )
