"""The verdict as sentences in any language: the likeliest diagnosis, the alerts, the set and the mix.

Every sentence is made from the prediction and the bundle's figures, so that it is true of any bundle, and
none reassures. Each function takes `say`, which gives an English phrase in the reader's language and fills
its {braces}.
"""

from melanoma.diagnoses import diagnosis_of
from melanoma.model.alert_wording import listed, within_sentence
from melanoma.model.answer import Answer
from melanoma.model.bundle import Bundle
from melanoma.model.calibration import floored
from melanoma.model.mix import Mix
from melanoma.phrases import Say, english

LOW_LINE = 0.25
"""An alarm line below this is called low: the alert rings where melanoma is far from likely."""
FEW_MISSED = 0.9
"""From this sensitivity on, an alert was set so that few melanomas are missed."""


def rounded(share: float, say: Say = english) -> str:
    """Return a share, 0..1, in whole percent that neither promise certainty nor deny a chance."""
    if 0 < share < 0.01:
        return say("under {value:.0%}", value=0.01)
    if 0.99 < share < 1:
        return say("over {value:.0%}", value=0.99)
    return say("{value:.0%}", value=share)


def exactly(share: float, say: Say = english) -> str:
    """Return a share, 0..1, with one decimal, as probabilities near a threshold need."""
    if 0 < share < 0.001:
        return say("under {value:.1%}", value=0.001)
    if 0.999 < share < 1:
        return say("over {value:.1%}", value=0.999)
    return say("{value:.1%}", value=share)


def kind_of(code: str, say: Say = english) -> str:
    """Return what a diagnosis is, as it stands in a sentence: a cancer, before one, or harmless."""
    found = diagnosis_of(code)
    if found.precursor:
        return say("can turn into skin cancer")
    return say("a skin cancer") if found.malignant else say("harmless if it is that")


def likeliest_words(prediction: Answer, say: Say = english) -> str:
    """Return the headline: the likeliest diagnosis, its probability, and what it is."""
    code, probability = prediction.ranked[0]
    return say(
        "Likeliest: {name}, {probability}, {kind}.",
        name=within_sentence(code, say),
        probability=rounded(probability, say),
        kind=kind_of(code, say),
    )


def is_grave(prediction: Answer) -> bool:
    """Return whether the verdict is shown as a warning: a malignant likeliest diagnosis or melanoma alert."""
    return diagnosis_of(prediction.diagnosis).malignant or prediction.melanoma_alert


def alert_words(prediction: Answer, bundle: Bundle, say: Say = english) -> list[tuple[str, str]]:
    """Return the alerts and what each means, then what to do all the same where there is none.

    Each is a headline and a reason made of the figures. Where melanoma is the only malignant diagnosis, or
    all are malignant, or the bundle has no second alert, nothing is said of one.
    """
    found = [_melanoma_words(prediction, bundle, say)]
    if prediction.malignancy_alert is not None and len(bundle.malignant) > 1:
        found.append(_malignancy_words(prediction, bundle, say))
    if prediction.alert or is_grave(prediction):
        found.append(("", say("A dermatologist should look at it soon.")))
    else:
        found.append(
            (
                say("All the same:"),
                " ".join(
                    filter(
                        None,
                        (
                            missed_words(bundle, say),
                            say(
                                "Whoever is worried, or sees a lesion that is new, changing or unlike the "
                                "others, shows it to a doctor."
                            ),
                        ),
                    )
                ),
            )
        )
    return found


def _melanoma_words(prediction: Answer, bundle: Bundle, say: Say) -> tuple[str, str]:
    values = {
        "probability": exactly(prediction.probability("MEL"), say),
        "line": exactly(bundle.alert_threshold, say),
    }
    if not prediction.melanoma_alert:
        return (
            say("No melanoma alert:"),
            say("melanoma has {probability}, below the alarm line ({line}).", **values),
        )
    if prediction.diagnosis == "MEL":
        reason = say("melanoma is the likeliest diagnosis ({probability}, alarm line {line}).", **values)
    else:
        reason = say(
            "melanoma is not the likeliest, but it reaches the alarm line ({probability}, line {line}).",
            **values,
        )
        if bundle.alert_threshold < LOW_LINE and bundle.alert_sensitivity >= FEW_MISSED:
            reason += " " + say("The line is low on purpose, so that few are missed.")
    cost = cost_words(bundle, "alert", say)
    return say("Melanoma alert:"), f"{reason} {cost}".strip()


def _malignancy_words(prediction: Answer, bundle: Bundle, say: Say) -> tuple[str, str]:
    assert bundle.malignancy_threshold is not None
    values = {
        "probability": exactly(prediction.malignancy, say),
        "line": exactly(bundle.malignancy_threshold, say),
    }
    if not prediction.malignancy_alert:
        return (
            say("No alert for any skin cancer:"),
            say(
                "all of them, and what can turn into one, have {probability} together (line {line}).",
                **values,
            ),
        )
    reason = say(
        "all of them, and what can turn into one, have {probability} together (line {line}).", **values
    )
    cost = "" if prediction.melanoma_alert else cost_words(bundle, "malignancy", say)
    return say("Alert for any skin cancer:"), f"{reason} {cost}".strip()


def cost_words(bundle: Bundle, alert: str, say: Say = english) -> str:
    """Return what an alert found in its test, and what it rang at needlessly; empty where nothing is known.

    `alert` is the beginning of its figures' names: `alert` for melanoma, or `malignancy`.
    """
    found, silent = (bundle.figures.get(f"{alert}_{name}") for name in ("sensitivity", "specificity"))
    if not found or not silent or found["value"] is None or silent["value"] is None:
        return ""
    values = {"found": rounded(found["value"], say), "others": rounded(1 - silent["value"], say)}
    if alert == "alert":
        return say(
            "In its test it rang at {found} of the melanomas, and at {others} of the other lesions.", **values
        )
    return say("In its test it rang at {found} of those, and at {others} of the harmless lesions.", **values)


def missed_words(bundle: Bundle, say: Say = english) -> str:
    """Return how many melanomas got no melanoma alert in the test; empty where nothing is known."""
    found, melanomas = bundle.figures.get("alert_sensitivity"), bundle.figures.get("melanomas")
    if not found or not melanomas or found["value"] is None:
        return say("It misses melanomas.")
    missed = round((1 - found["value"]) * melanomas)
    if not missed:
        return say(
            "In its test none of {melanomas} melanomas was missed by the alert; of others some will be.",
            melanomas=melanomas,
        )
    return say(
        "It misses melanomas: in its test {missed} of {melanomas} got no melanoma alert.",
        missed=missed,
        melanomas=melanomas,
    )


def promise_words(bundle: Bundle, say: Say = english) -> str:
    """Return what the alerts promise, as they were set; empty for a bundle whose alert promises nothing."""
    if bundle.alert_bound is None or bundle.alert_confidence is None:
        return ""
    confidence = bundle.alert_confidence
    sentences = [
        say(
            "The melanoma alert was set on {lesions} melanomas so that, with {confidence:.0%} confidence, it "
            "rings at {bound:.0%} or more of melanomas like those.",
            lesions=bundle.alert_lesions,
            confidence=confidence,
            bound=floored(bundle.alert_bound, 2),
        )
    ]
    if bundle.malignancy_bound is not None and len(bundle.malignant) > 1:
        sentences.append(
            say(
                "The alert for any skin cancer was set on {lesions} such lesions, and rings at {bound:.0%} "
                "or more of those.",
                lesions=bundle.malignancy_lesions,
                bound=floored(bundle.malignancy_bound, 2),
            )
        )
    return " ".join(sentences)


def set_words(prediction: Answer, bundle: Bundle, say: Say = english) -> str:
    """Return the sentence about the prediction set, and how often such sets held the truth."""
    names = [within_sentence(code, say) for code in prediction.prediction_set]
    if not names:
        return say("No diagnosis fits well enough: the network has seen nothing quite like this.")
    if len(names) == 1:
        possible = say("Only {name} stays possible.", name=names[0])
    elif len(names) == len(bundle.codes):
        possible = say("All {count} diagnoses stay possible.", count=len(names))
    else:
        possible = say(
            "{count} diagnoses stay possible: {names}.", count=len(names), names=listed(names, say)
        )
    held = bundle.figures.get("reliability", {}).get("coverage")
    if held and held["value"] is not None:
        return f"{possible} " + say(
            "In its test such a set held the true one in {held} of the photos, and {coverage:.0%} were "
            "aimed at.",
            held=rounded(held["value"], say),
            coverage=bundle.conformal_coverage,
        )
    return f"{possible} " + say(
        "Such sets aim at holding the true one in {coverage:.0%} of photos.",
        coverage=bundle.conformal_coverage,
    )


def mix_words(bundle: Bundle, say: Say = english) -> str:
    """Return the sentence about the bundle's own mix, in which alerts and sets are decided."""
    common = sorted(zip(bundle.prior, bundle.codes, strict=True), reverse=True)[:3]
    named = [
        say("{count:.0f} {name}", count=100 * share, name=within_sentence(code, say))
        for share, code in common
    ]
    return say(
        "The percentages, alerts and sets assume the network's own mix of diagnoses: of 100 photos about "
        "{mix}.",
        mix=", ".join(named),
    )


def shown_mix_words(mix: Mix, bundle: Bundle, say: Say = english) -> str:
    """Return what it means that the probabilities are shown in another mix."""
    common = sorted(zip(mix.shares, bundle.codes, strict=True), reverse=True)[:3]
    named = [
        say("{count:.0f} {name}", count=100 * share, name=within_sentence(code, say))
        for share, code in common
    ]
    return say(
        "These percentages are for another mix ({source}): of 100 lesions about {mix}. Nothing else changes: "
        "the likeliest diagnosis, the alerts and what stays possible are decided in the network's own mix.",
        source=mix.source.said(say),
        mix=", ".join(named),
    )
