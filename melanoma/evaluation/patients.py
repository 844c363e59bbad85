"""The expected numbers of right and wrong alerts in a clinic, also in whole people."""

from dataclasses import dataclass

from melanoma.evaluation.metrics import predictive_values


@dataclass(frozen=True)
class Patients:
    """What an alert does among the people examined.

    Expected numbers, so fractions occur; they add up to the number of people.
    """

    true_positives: float
    false_negatives: float
    false_positives: float
    true_negatives: float
    positive_predictive_value: float
    """The share of the alerts that are melanomas; NaN without alerts."""
    negative_predictive_value: float
    """The share without melanoma among those without an alert; NaN without any."""

    def in_people(self) -> tuple[int, int, int, int]:
        """Return whole numbers with the same sum, in the order of the fields.

        Missed melanomas and false alarms are rounded up, so that rounding never flatters the network.
        """
        ill = round(self.true_positives + self.false_negatives)
        healthy = round(self.false_positives + self.true_negatives)
        missed = min(ill, _rounded_up(self.false_negatives))
        alarms = min(healthy, _rounded_up(self.false_positives))
        return ill - missed, missed, alarms, healthy - alarms


def among(people: int, prevalence: float, sensitivity: float, specificity: float) -> Patients:
    """Return the expected numbers for so many people, of whom the share `prevalence` has melanoma."""
    ill = people * prevalence
    healthy = people - ill
    positive, negative = predictive_values(sensitivity, specificity, prevalence)
    return Patients(
        true_positives=ill * sensitivity,
        false_negatives=ill * (1 - sensitivity),
        false_positives=healthy * (1 - specificity),
        true_negatives=healthy * specificity,
        positive_predictive_value=positive,
        negative_predictive_value=negative,
    )


def _rounded_up(value: float) -> int:
    whole = round(value)
    return whole if abs(value - whole) < 1e-9 else int(value) + 1
