"""Names, doubts and sums of a prediction as sentences in any language; the verdict is in `verdict_wording`.

Each function takes `say`, which gives an English phrase in the reader's language and fills its {braces}.
"""

from collections.abc import Sequence

import numpy as np

from melanoma.diagnoses import diagnosis_of
from melanoma.lesion.framing import NOT_SEEN, PART_OUTSIDE
from melanoma.model.prediction import Prediction
from melanoma.phrases import Say, english

MALIGNANT_MARK = "▲"


def marked_name(code: str, say: Say = english) -> str:
    """Return a diagnosis' name, with `MALIGNANT_MARK` if it is malignant or may become so."""
    found = diagnosis_of(code)
    return f"{say(found.name)} {MALIGNANT_MARK}" if found.malignant else say(found.name)


def within_sentence(code: str, say: Say = english) -> str:
    """Return a diagnosis' name as it stands in the middle of a sentence: English has it in lower case."""
    name = diagnosis_of(code).name
    translated = say(name)
    return translated.lower() if translated == name else translated


def doubts(
    prediction: Prediction,
    say: Say = english,
    inside: float | None = None,
    area: float | None = None,
    not_seen: float | None = None,
) -> list[str]:
    """Return the known reasons to distrust the prediction, the gravest first.

    `inside` is the share, 0..1, of the evidence for the likeliest diagnosis that lies inside the lesion,
    `area` the lesion's own share of what the network saw, and `not_seen` the share of the lesion outside it;
    None where there is no outline to trust. Evidence is doubtful where an even map would have as much inside
    (docs/explanations.md has how often that is).
    """
    flags = prediction.quality
    if not_seen is not None and not_seen < NOT_SEEN:  # by the outline in view, which may be the visitor's
        flags = tuple(flag for flag in flags if flag != PART_OUTSIDE)
    found = photo_doubts(flags, prediction.in_distribution, say)
    if (not_seen or 0) >= NOT_SEEN and PART_OUTSIDE not in prediction.quality:  # by the visitor's outline
        found.append(say(PART_OUTSIDE))
    if inside is not None and area is not None and inside <= area < 1:
        found.append(
            say(
                "Only {inside:.0%} of the evidence for {name} lies inside the lesion's outline, which covers "
                "{area:.0%} of what the network saw: no more than chance.",
                inside=inside,
                area=area,
                name=within_sentence(prediction.diagnosis, say),
            )
        )
    return found


def photo_doubts(flags: Sequence[str], in_distribution: bool, say: Say = english) -> list[str]:
    """Return the doubts about the photo: not in distribution, then its quality `flags`."""
    found = [say(flag) for flag in flags]
    if not in_distribution:
        found.insert(0, say("This looks unlike the dermoscopic photos that the network learned from."))
    return found


def seen_words(not_seen: float | None, say: Say = english) -> str:
    """Return the sentence on how much of the lesion the network saw, of a photo that was cropped.

    `not_seen` is the share of the lesion outside what was seen, 0..1; None where no outline is trusted.
    """
    if not_seen is None:
        return say("Whether the whole lesion lies in it is not known: no outline is sure enough.")
    if not_seen < 0.005:
        return say("The whole lesion lies in it, as it is outlined.")
    return say("Of the lesion, as it is outlined, {share:.0%} lies outside.", share=not_seen)


def listed(names: Sequence[str], say: Say = english) -> str:
    """Return at least two names as “a, b and c”."""
    return say("{names} and {last}", names=", ".join(names[:-1]), last=names[-1])


def sum_words(prediction: Prediction, code: str, heatmap: np.ndarray, say: Say = english) -> str:
    """Return how a signed map (h, w) whose cells add up makes the log-odds and the probability."""
    index = prediction.index(code)
    return say(
        "{name}: evidence for {plus:+.2f}, against {minus:+.2f}, starting value {start:+.2f}, division of "
        "the others {division:+.2f}; together log-odds of {log_odds:+.2f}, that is {probability:.1%}.",
        name=say(diagnosis_of(code).name),
        plus=float(np.maximum(heatmap, 0).sum(dtype=np.float64)),
        minus=float(np.minimum(heatmap, 0).sum(dtype=np.float64)),
        start=float(prediction.starting_values[index]),
        division=-float(prediction.division[index]),
        log_odds=float(prediction.log_odds[index]),
        probability=prediction.probability(code),
    )
