"""What is said of a trial, decided by its figures."""

from melanoma.laboratory.findings import (
    Focus,
    Pointing,
    Verdict,
    accuracy,
    chance,
    focus,
    judge,
)
from melanoma.laboratory.shortcuts import SHORTCUTS
from melanoma.laboratory.trial import AS_FITTED, CLEAN, MASKING, REVERSED, TWINS, Outcome
from melanoma.phrases import Say, english


def verdict_words(outcome: Outcome, without_mend: Outcome | None = None, say: Say = english) -> str:
    """Return what happened, a bold sentence and its figures, as Markdown.

    `without_mend` is the same trial without its mend, if it has one.
    """
    shortcut = SHORTCUTS[outcome.plan.shortcut]
    verdict = judge(outcome, without_mend)
    if verdict == Verdict.NOTHING_PLANTED:
        return say(
            "**Nothing is planted.** The head is right about {clean:.0%} of the photos that were held back: "
            "what it can learn honestly. Now plant something, and look again.",
            clean=accuracy(outcome, CLEAN).value,
        )
    if verdict == Verdict.NOTHING_LEARNED:
        return say(
            "**The head learns next to nothing of the lesions.** It is right about {clean:.0%} of the clean "
            "photos; whoever names the commoner class every time is right about {chance:.0%}.",
            clean=accuracy(outcome, CLEAN).value,
            chance=chance(outcome),
        )
    figures = say(
        "Right about {as_fitted:.0%} where it is planted as in the fitted photos, {clean:.0%} without it, "
        "{reversed:.0%} where it is planted the other way round.",
        as_fitted=accuracy(outcome, AS_FITTED).value,
        clean=accuracy(outcome, CLEAN).value,
        reversed=accuracy(outcome, REVERSED).value,
    )
    if verdict == Verdict.MENDED and without_mend is not None:
        before = say(
            "Before the mend the last figure was {reversed:.0%}.",
            reversed=accuracy(without_mend, REVERSED).value,
        )
        return f"**{say(shortcut.mended)}** {figures} {before}"
    if verdict == Verdict.NOT_MENDED and without_mend is not None:
        return f"**{say('The mend does not help enough.')}** {figures} {_why_not(without_mend, outcome, say)}"
    if verdict == Verdict.NOTHING_TO_MEND:
        return f"**{say('There is nothing to mend: the head did not go by it before.')}** {figures}"
    if verdict == Verdict.SOUND:
        return f"**{say(shortcut.clean)}** {figures}"
    unnoticed = say("Whoever tests it on photos like the fitted ones sees the first figure alone.")
    return f"**{say(shortcut.caught)}** {figures} {unnoticed}"


def map_words(outcome: Outcome, say: Say = english) -> str:
    """Return whether the evidence maps show what was planted; empty where nothing is."""
    found = focus(outcome)
    if not outcome.plan.planted:
        return ""
    if found is None:
        return say("Nothing of it is left in the photos, so no evidence can lie on it.")
    shares = _shares(found, say)
    if found.pointing == Pointing.NOWHERE_TO:
        return say(
            "No map can point to it, since it lies on the whole picture: only photos that are planted the "
            "other way round can give it away. {shares}",
            shares=shares,
        )
    if found.pointing == Pointing.POINTS:
        return say("The maps point to it. {shares}", shares=shares)
    return say("The maps do not point to it. {shares}", shares=shares)


def _shares(found: Focus, say: Say) -> str:
    return say(
        "{evidence:.0%} of the evidence for the class it goes with lies in the {area:.0%} of the picture "
        "that it touches (medians of {photos} photos).",
        evidence=found.evidence,
        area=found.area,
        photos=found.photos,
    )


def _why_not(without_mend: Outcome, outcome: Outcome, say: Say) -> str:
    found = focus(without_mend)
    on_lesion = found is not None and found.pointing == Pointing.NOWHERE_TO
    if on_lesion and outcome.plan.mend in (MASKING, TWINS):
        return say("It lies on the lesion too, and this mend changes only what is around it.")
    return say("Another mend may do better.")
