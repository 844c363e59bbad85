"""What an alert does among the people of a clinic, in whole people."""

from dataclasses import dataclass

from melanoma.evaluation.metrics import predictive_values


@dataclass(frozen=True)
class Patients:
    """How many of those examined are found, missed, alarmed for nothing and rightly left in peace.

    Expected numbers, so with fractions; they add up to all who were examined.
    """

    found: float
    missed: float
    false_alarms: float
    silent: float
    """Without melanoma and without an alert."""
    alert_right: float
    """Share of the alerts that are melanomas; NaN where there are no alerts."""
    silence_right: float
    """Share of the silences that are no melanomas; NaN where there are none."""

    def in_people(self) -> tuple[int, int, int, int]:
        """Return whole people, adding up to all: found, missed, false alarms, silent.

        Rounded against the network: the missed up to the next person, and so are the false alarms.
        """
        ill = round(self.found + self.missed)
        healthy = round(self.false_alarms + self.silent)
        missed = min(ill, _rounded_up(self.missed))
        alarms = min(healthy, _rounded_up(self.false_alarms))
        return ill - missed, missed, alarms, healthy - alarms


def among(people: int, prevalence: float, sensitivity: float, specificity: float) -> Patients:
    """Return what happens among so many people of whom the share `prevalence` has melanoma."""
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
