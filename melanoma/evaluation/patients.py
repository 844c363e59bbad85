"""The expected numbers of right and wrong alerts in a clinic, also in whole people."""

from dataclasses import dataclass

from melanoma.evaluation.metrics import predictive_values


@dataclass(frozen=True)
class Patients:
    """True positives, false negatives, false positives and true negatives among the people examined.

    Expected numbers, so fractions occur; they add up to the number of people.
    """

    found: float
    missed: float
    false_alarms: float
    silent: float
    """True negatives: without melanoma and without an alert."""
    alert_right: float
    """Positive predictive value: the share of the alerts that are melanomas; NaN without alerts."""
    silence_right: float
    """Negative predictive value: the share without melanoma among those without an alert; NaN without any."""

    def in_people(self) -> tuple[int, int, int, int]:
        """Return whole numbers with the same sum: found, missed, false alarms, silent.

        Missed melanomas and false alarms are rounded up, so that rounding never flatters the network.
        """
        ill = round(self.found + self.missed)
        healthy = round(self.false_alarms + self.silent)
        missed = min(ill, _rounded_up(self.missed))
        alarms = min(healthy, _rounded_up(self.false_alarms))
        return ill - missed, missed, alarms, healthy - alarms


def among(people: int, prevalence: float, sensitivity: float, specificity: float) -> Patients:
    """Return the expected numbers for so many people, of whom the share `prevalence` has melanoma."""
    ill = people * prevalence
    healthy = people - ill
    alert_right, silence_right = predictive_values(sensitivity, specificity, prevalence)
    return Patients(
        found=ill * sensitivity,
        missed=ill * (1 - sensitivity),
        false_alarms=healthy * (1 - specificity),
        silent=healthy * specificity,
        alert_right=alert_right,
        silence_right=silence_right,
    )


def _rounded_up(value: float) -> int:
    whole = round(value)
    return whole if abs(value - whole) < 1e-9 else int(value) + 1
