"""The joint answer to several photos of one lesion as sentences in any language.

An alert on any one of them is told before all else, whatever they say together: to leave it out would
reassure wrongly. Each function takes `say`, which gives an English phrase in the reader's language and fills
its {braces}.
"""

from collections.abc import Mapping

from melanoma.model.alert_wording import listed, within_sentence
from melanoma.model.answer import Answer
from melanoma.model.bundle import Bundle
from melanoma.model.joint import JointAnswer
from melanoma.model.prediction import Prediction
from melanoma.model.verdict_wording import alert_words, exactly, is_grave
from melanoma.phrases import Say, english

Named = Mapping[str, Prediction]
"""The photos' own answers, by what each photo is called."""


def is_grave_together(joint: JointAnswer) -> bool:
    """Return whether the verdict is shown as a warning: that of all together, or of any one of them."""
    return any(is_grave(answer) for answer in (joint, *joint.of_photos))


def alert_together(joint: JointAnswer) -> bool:
    """Return True for either alert, of all together or of any one photo."""
    return any(answer.alert for answer in (joint, *joint.of_photos))


def joint_alert_words(
    joint: JointAnswer, named: Named, bundle: Bundle, say: Say = english
) -> list[tuple[str, str]]:
    """Return headlines and reasons as `alert_words` does, the alerts of single photos first.

    Where one photo alone raises an alert or is grave, nothing says that there is none to worry about.
    """
    own = _of_single_photos(joint, named, say)
    together = alert_words(joint, bundle, say)
    if not (alert_together(joint) or is_grave_together(joint)):
        return together
    return [*own, *together[:-1], ("", say("A dermatologist should look at it soon."))]


def _of_single_photos(joint: JointAnswer, named: Named, say: Say) -> list[tuple[str, str]]:
    """Return the alerts that single photos raise and all together do not."""
    found = []
    counts = say("an alert on any one photo counts, whatever all say together.")
    names = [name for name, answer in named.items() if answer.melanoma_alert]
    if names and not joint.melanoma_alert:
        headline = say("Melanoma alert on {photos} alone:", photos=_together(names, say))
        found.append((headline, counts))
    names = [name for name, answer in named.items() if answer.malignancy_alert]
    if names and not joint.malignancy_alert:
        headline = say("Alert for any skin cancer on {photos} alone:", photos=_together(names, say))
        found.append((headline, counts))
    return found


def how_joined(joint: JointAnswer, say: Say = english) -> str:
    """Return how the joint answer is made, and what it does not promise."""
    return say(
        "Made of {count} photos: the mean of their scores, which are the logarithms of the probabilities, "
        "brought to 100% again, each photo counting alike, in the network's own mix of diagnoses. The alarm "
        "lines and the sets were made for single photos. Whether the photos show one lesion is your word.",
        count=len(joint.of_photos),
    )


def disagreement(joint: JointAnswer, named: Named, say: Say = english) -> list[str]:
    """Return how the single photos differ, and which are to be distrusted; empty if nothing."""
    found = []
    if len({answer.diagnosis for answer in named.values()}) > 1:
        likeliest = {answer.diagnosis: within_sentence(answer.diagnosis, say) for answer in named.values()}
        found.append(
            say(
                "The photos disagree about what is likeliest: {names}.",
                names=listed([*likeliest.values()], say),
            )
        )
    if len({answer.melanoma_alert for answer in named.values()}) > 1:
        found.append(say("Some raise the melanoma alert and others do not."))
    strange = [name for name, answer in named.items() if not answer.in_distribution or answer.quality]
    if strange:
        found.append(
            say(
                "There are reasons to distrust {photos}, and so the joint answer: look at each alone.",
                photos=_together(strange, say),
            )
        )
    return found


def row_of(name: str, answer: Answer, say: Say = english) -> list[str]:
    """Return what a table of answers has of one: its name, the likeliest, melanoma, and the alerts."""
    alerts = [
        word
        for word, rings in (
            (say("melanoma"), answer.melanoma_alert),
            (say("any skin cancer"), answer.malignancy_alert),
        )
        if rings
    ]
    code, probability = answer.ranked[0]
    return [
        name,
        f"{within_sentence(code, say)}, {exactly(probability, say)}",
        exactly(answer.probability("MEL"), say),
        ", ".join(alerts) or say("none"),
    ]


def _together(names: list[str], say: Say) -> str:
    return listed(names, say) if len(names) > 1 else names[0]
