"""What the tutorial proposes to try next, what was expected of it, and what came out."""

from dataclasses import dataclass
from typing import Any

from melanoma.phrases import Sentence
from melanoma.tutorial.fit_verdict import Fit, Verdict, verdict_of

_FLOAT32 = "float32"  # the default of train.py; its own name for it would import Keras here, and on the page
TUNED = "tutorial-tuned-honest"
"""The recipe whose choices the search finds."""


@dataclass(frozen=True)
class Prediction:
    """Written down, and committed, before the run."""

    low: float
    high: float
    """Validation accuracy after the last epoch lies between these, 0..1."""
    fit: Fit
    why: Sentence


@dataclass(frozen=True)
class Proposal:
    """A recipe with true labels and each lesion in one split, to be compared with those of (a) to (d)."""

    recipe: str
    short: Sentence
    """In charts."""
    title: Sentence
    prediction: Prediction | None
    """None for what had been run before anybody wrote a prediction down."""


PROPOSALS = (
    Proposal("tutorial-b-honest", Sentence("(b), honest"), Sentence("Random flips, rotations, zooms"), None),
    Proposal("tutorial-c-honest", Sentence("(c), honest"), Sentence("The same and dropout"), None),
    Proposal(
        "tutorial-d-honest",
        Sentence("(d), honest"),
        Sentence("Dropout, and more data: copies that balance the classes"),
        None,
    ),
    Proposal(
        "tutorial-l2-honest",
        Sentence("L2, honest"),
        Sentence("L2 regularisation of 0.001"),
        Prediction(
            0.48,
            0.56,
            Fit.OVERFITTING,
            Sentence(
                "The penalty shrinks the 60 million weights of the dense layer, so learning by heart takes "
                "longer; it brings no new photos, so little is gained on those that judge."
            ),
        ),
    ),
    Proposal(
        "tutorial-complex-honest",
        Sentence("more complex, honest"),
        Sentence("A more complex network: three convolutions, a dense layer of 512"),
        Prediction(
            0.48,
            0.58,
            Fit.OVERFITTING,
            Sentence(
                "The two convolutions already learn the fitted photos by heart. What can learn more does so "
                "as well; the third pooling may help a little."
            ),
        ),
    ),
    Proposal(
        TUNED,
        Sentence("tuned, honest"),
        Sentence("Hyperparameters tuned by a search"),
        Prediction(
            0.57,
            0.65,
            Fit.UNDERFITTING,
            Sentence(
                "The search will choose random flips, rotations and zooms, as in (b) and (c), and a lower "
                "learning rate, and come out where (c) is: far from 75%."
            ),
        ),
    ),
)
"""In the order in which they are told."""
_OTHERS = {
    "tutorial-a": Sentence("(a)"),
    "tutorial-b": Sentence("(b)"),
    "tutorial-c": Sentence("(c)"),
    "tutorial-d-before": Sentence("(d), copies made, then split"),
    "tutorial-d-after": Sentence("(d), split, then copies made"),
    "tutorial-a-honest": Sentence("(a), honest"),
}


def titles() -> dict[str, Sentence]:
    """Return what the experiments are called in charts, by recipe, in the order in which they are told."""
    return _OTHERS | {proposal.recipe: proposal.short for proposal in PROPOSALS}


def commands_of(recipe: str, honest: bool = True, precision: str = _FLOAT32) -> tuple[str, ...]:
    """Return the commands, in order, that make an experiment."""
    sources = "--data kaggle2357" + (" --truth isic/labels.csv" if honest else "")
    asked = "" if precision == _FLOAT32 else f" --precision {precision}"
    search = (f"python -m melanoma.tutorial search {sources}{asked}",) if recipe == TUNED else ()
    return *search, f"python train.py {sources} --recipe {recipe}{asked} --out models/{recipe}"


@dataclass(frozen=True)
class Outcome:
    """A run held against its prediction."""

    accuracy: float
    """After the last epoch, 0..1."""
    verdict: Verdict | None
    as_predicted: bool | None
    """Accuracy within the predicted range, and the predicted verdict; None without a prediction."""


def outcome_of(proposal: Proposal, result: dict[str, Any]) -> Outcome:
    """Return how a run came out; `result` is what `tutorial.results.Result.as_json` made."""
    accuracy = result["accuracy"]["value"]
    verdict = verdict_of(result["fitted_by_epoch"], result["validation_by_epoch"])
    predicted = proposal.prediction
    if predicted is None or verdict is None:
        return Outcome(accuracy, verdict, None)
    right = predicted.low <= accuracy <= predicted.high and verdict.fit == predicted.fit
    return Outcome(accuracy, verdict, right)
