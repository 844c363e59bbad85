"""What the figures of a map mean, in sentences for a reader who has never seen a heatmap."""

from collections.abc import Mapping
from enum import StrEnum

import numpy as np

from melanoma.measures.base import MapCase
from melanoma.measures.curves import blurred_photo
from melanoma.phrases import Say, english

MOST = 0.5
UNCHANGED = 0.5
"""A map that is still so similar after the network was randomised shows the photo, not the network."""
STILL = 0.5
"""Of the photo's probability: a blurred photo with so much of it leaves a deletion curve little to fall."""
SAME = 0.9999  # short of 1 by rounding only


class Verdict(StrEnum):
    """All measures of a map in a word."""

    HOLDS = "holds"
    PARTLY = "holds in part"
    FAILS = "fails"


def verdict(case: MapCase, figures: Mapping[str, float], by_chance: Mapping[str, float]) -> Verdict:
    """Return whether a map is to be believed; the arguments are those of `sentences`.

    It fails if nothing speaks for the diagnosis or the map is flat, if it outlasts a randomised network, if
    an even map would have as much inside the lesion, or if neither curve beats random spots. It holds in part
    if one curve does not, or if the answer changes in other surroundings.
    """
    inside = figures.get("inside", np.nan)
    area = np.nan if case.mask is None else float(case.lesion.mean())
    if (
        case.heatmap.max() <= 0
        or np.ptp(case.heatmap) == 0
        or figures.get("randomisation", 0.0) >= UNCHANGED
        or inside <= area < 1
        or (by_chance and max(by_chance.values()) <= 0)
    ):
        return Verdict.FAILS
    if figures.get("surroundings-answer", 0.0) > 0 or (by_chance and min(by_chance.values()) <= 0):
        return Verdict.PARTLY
    return Verdict.HOLDS


def verdict_words(found: Verdict, say: Say = english) -> str:
    """Return a verdict as a sentence."""
    if found == Verdict.HOLDS:
        return say("This map holds.")
    if found == Verdict.PARTLY:
        return say("This map holds in part.")
    return say("This map fails: do not rely on it.")


def sentences(
    case: MapCase,
    figures: Mapping[str, float],
    diagnosis: str,
    by_chance: Mapping[str, float],
    say: Say = english,
) -> list[str]:
    """Return what to tell of a map of the evidence for `diagnosis`, the most important first.

    `figures` are those of `registry.measures_of`, by name; what was not measured is not spoken of.
    `by_chance` has the advantage over random maps by measure, see `Measure.advantage`. `say` gives phrases
    in the reader's language.
    """
    told = [*_place(case, figures, diagnosis, say), *_surroundings(figures, say)]
    if "deletion" in figures:
        told += _blurred_still(case, diagnosis, say)
    similarity = figures.get("randomisation", 0.0)
    if similarity >= SAME:
        told.append(say("This map is the same for a randomised network: it knows nothing of the network."))
    elif similarity >= UNCHANGED:
        told.append(
            say("This map hardly changes when the network is randomised: it shows edges, not reasons.")
        )
    if by_chance and max(by_chance.values()) <= 0:
        told.append(
            say("The network misses what this map marks no more than random spots: the map tells little.")
        )
    return told


def _place(case: MapCase, figures: Mapping[str, float], diagnosis: str, say: Say) -> list[str]:
    if case.heatmap.max() <= 0:
        return [say("No region speaks for {diagnosis}.", diagnosis=diagnosis)]
    if np.ptp(case.heatmap) == 0:
        return [say("This map is the same everywhere: it points nowhere.")]
    if "inside" not in figures or case.mask is None:
        return []
    share, area = figures["inside"], float(case.lesion.mean())
    told = [
        say(
            "{share:.0%} of the evidence for {diagnosis} lies inside the outlined lesion, "
            "which covers {area:.0%} of the image.",
            share=share,
            diagnosis=diagnosis,
            area=area,
        )
    ]
    if share <= area < 1:
        told.append(say("An even map would have at least as much inside: distrust this answer."))
    return told


def _blurred_still(case: MapCase, diagnosis: str, say: Say) -> list[str]:
    """Return the sentence on a photo that stays what it is when all of it is blurred, as a nevus does."""
    both = case.probabilities(np.stack([case.pixels, blurred_photo(case.pixels)]))
    chances = both[:, case.index]
    if (both.argmax(axis=1) != case.index).any() or chances[1] < STILL * chances[0]:
        return []
    told = say(
        "Wholly blurred, the photo is still {diagnosis} to the network ({chance:.0%}): what blurring takes "
        "away tells little of this map.",
        diagnosis=diagnosis,
        chance=float(chances[1]),
    )
    return [told if case.mask is None else f"{told} {say('Bare skin is the fairer question.')}"]


def _surroundings(figures: Mapping[str, float], say: Say) -> list[str]:
    changed = figures.get("surroundings-answer")
    if changed is None:
        return []
    if changed == 0:
        return [say("The answer stays the same when the lesion is shown in other surroundings.")]
    if figures.get("inside", 0.0) >= MOST:
        return [
            say(
                "The map lies inside, yet the answer changes with the surroundings "
                "(in {changed:.0%} of the tries).",
                changed=changed,
            )
        ]
    return [say("The answer changes with the surroundings (in {changed:.0%} of the tries).", changed=changed)]
