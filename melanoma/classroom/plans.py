"""Two plans of 45 minutes: which scenes, in which order, for how long."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from melanoma.classroom.scenes import (
    ARTEFACT,
    COPIES,
    FLATTERY,
    NO_LESION,
    QUIZ,
    SURROUNDINGS,
    THRESHOLD,
    Scene,
)

MINUTES = 45
SCHOOL, MEDICAL = "school", "medical"
PLANS: dict[str, dict[str, int]] = {
    SCHOOL: {QUIZ: 9, NO_LESION: 6, ARTEFACT: 7, FLATTERY: 8, COPIES: 8, THRESHOLD: 7},
    MEDICAL: {QUIZ: 11, THRESHOLD: 9, SURROUNDINGS: 5, ARTEFACT: 7, FLATTERY: 7, COPIES: 6},
}
"""The minutes of each scene, if all are true; they add up to `MINUTES`."""
_MORE: dict[tuple[str, str], dict[str, str]] = {(MEDICAL, QUIZ): {"study": "true"}}
"""What the link of a scene holds besides in a plan: medical students answer the quiz as a study."""


@dataclass(frozen=True)
class Timed:
    """A scene with its minutes in the lesson."""

    scene: Scene
    begin: int
    end: int


def timeline(plan: str, scenes: Mapping[str, Scene]) -> tuple[Timed, ...]:
    """Return a plan's scenes with their minutes; those of scenes that dropped out go to the others.

    By largest remainders, so that all `MINUTES` are given away in whole minutes. Empty without scenes.
    """
    wanted = {name: minutes for name, minutes in PLANS[plan].items() if name in scenes}
    exact = {name: minutes * MINUTES / sum(wanted.values()) for name, minutes in wanted.items()}
    whole = {name: int(minutes) for name, minutes in exact.items()}
    by_remainder = sorted(exact, key=lambda name: whole[name] - exact[name])
    for name in by_remainder[: MINUTES - sum(whole.values())]:
        whole[name] += 1
    found, begin = [], 0
    for name, minutes in whole.items():
        scene = replace(scenes[name], link={**scenes[name].link, **_MORE.get((plan, name), {})})
        found.append(Timed(scene, begin, begin + minutes))
        begin += minutes
    return tuple(found)


def left_out(plan: str, scenes: Mapping[str, Scene]) -> tuple[str, ...]:
    """Return the names of a plan's scenes that are not true of the network in use."""
    return tuple(name for name in PLANS[plan] if name not in scenes)
