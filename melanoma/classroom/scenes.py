"""The scenes of a lesson in the reader's language, and what a worksheet asks about them.

Each takes its figures from `measured.LessonFigures`; what has no figure is no scene.
"""

from collections.abc import Callable
from dataclasses import dataclass

from melanoma.classroom.measured import (
    HALF,
    PEOPLE,
    PREVALENCE,
    Copies,
    Cost,
    Flattered,
    LessonFigures,
    NoLesion,
    Turned,
)
from melanoma.diagnoses import diagnosis_of
from melanoma.edits.perturbations import change_named
from melanoma.evaluation.metrics import Estimate
from melanoma.model.alert_wording import photo_doubts
from melanoma.phrases import Say

QUIZ, NO_LESION, ARTEFACT = "quiz", "no-lesion", "artefact"
FLATTERY, COPIES, THRESHOLD, SURROUNDINGS = "flattery", "copies", "threshold", "surroundings"


@dataclass(frozen=True)
class Question:
    """One question of the worksheet."""

    text: str
    answer: str
    seen: tuple[str, ...]
    """What stands on the scene's page, letter by letter, from which it is answered."""


@dataclass(frozen=True)
class Scene:
    """One scene of a lesson."""

    name: str
    title: str
    page: str
    """The page's name, as `app.navigation` has it."""
    link: dict[str, str]
    """What the page's link holds."""
    ask: str
    """What the teacher asks before anything is shown."""
    expect: str
    """What the class will say."""
    surprise: str
    questions: tuple[Question, ...] = ()


@dataclass(frozen=True)
class PageState:
    """What the pages alone know: how their links name a state."""

    flattery_step: str
    results_part: str
    quiz: dict[str, str]
    """The quiz's source, number of cases and number of the set."""
    quiz_right: int | None
    """Of its cases, how many the network names right; None if it does not know their diagnoses."""


def make_scenes(figures: LessonFigures, state: PageState, say: Say) -> dict[str, Scene]:
    """Return the scenes that are true of the network in use, by name, in the language of `say`."""
    scenes = [] if state.quiz_right is None else [_quiz(state, say)]
    for figure, make in (
        (figures.no_lesion, _no_lesion),
        (figures.turned, _artefact),
        (figures.flattered, _flattery),
        (figures.copies, _copies),
        (figures.cost, _threshold),
        (figures.surroundings, _surroundings),
    ):
        if figure is not None:
            make_one: Callable[..., Scene] = make
            scenes.append(make_one(figure, state, say))
    return {scene.name: scene for scene in scenes}


def titles(say: Say) -> dict[str, str]:
    """Return what each scene is called."""
    return {
        QUIZ: say("Better than the network?"),
        NO_LESION: say("A photo that is no lesion"),
        ARTEFACT: say("An artefact turns the answer"),
        FLATTERY: say("A heatmap that flatters"),
        COPIES: say("Copies that lift the accuracy"),
        THRESHOLD: say("A threshold among 1,000 people"),
        SURROUNDINGS: say("Other surroundings"),
    }


def _quiz(state: PageState, say: Say) -> Scene:
    return Scene(
        QUIZ,
        titles(say)[QUIZ],
        "quiz",
        state.quiz,
        say(
            "Answer {count} cases, each on a phone, without help from others. What do you go by?",
            **state.quiz,
        ),
        say("By shape and colour, and most are sure of themselves."),
        say(
            "Show truth and network only then: the network is right in {right} of {count}. Does it err where "
            "the class does? Discuss the case in which they differ most.",
            right=state.quiz_right,
            **state.quiz,
        ),
        (
            Question(
                say("In how many of the {count} cases was the network right?", **state.quiz),
                say("In {right} of {count}.", right=state.quiz_right, **state.quiz),
                (
                    say(
                        "the network in {network} of {count} cases",
                        network=state.quiz_right,
                        count=state.quiz["count"],
                    ),
                ),
            ),
        ),
    )


def _no_lesion(found: NoLesion, _: PageState, say: Say) -> Scene:
    name = say(diagnosis_of(found.code).name)
    values = {"name": name, "value": found.probability}
    doubt = photo_doubts((), False, say)[0]
    return Scene(
        NO_LESION,
        titles(say)[NO_LESION],
        "examine",
        {"sample": found.photo},
        say("This picture shows stripes and no skin at all. What will the network answer?"),
        say("That it is nothing, or that it does not know."),
        say(
            "It has no such answer: its {count} diagnoses share 100%, and {name} gets {value:.0%}. Only a "
            "second check beside the network says that this is no such photo.",
            count=found.diagnoses,
            **values,
        ),
        (
            Question(
                say("Which diagnosis does the network hold to be likeliest for the stripes, and how likely?"),
                say("{name}, {value:.1%}.", **values),
                (say("{value:.1%}", value=found.probability),),
            ),
            Question(
                say("Which sentence on the page tells you that this answer is worth nothing?"),
                say("“{sentence}”", sentence=doubt),
                (doubt,),
            ),
        ),
    )


def _artefact(found: Turned, _: PageState, say: Say) -> Scene:
    change = change_named(found.change)
    before, after = (
        say("{name} {value:.1%}", name=say(diagnosis_of(code).name), value=value)
        for code, value in (found.before, found.after)
    )
    melanoma = say("{before:.1%} → {after:.1%}", before=found.melanoma[0], after=found.melanoma[1])
    alert = {
        (True, False): say("It goes out."),
        (False, True): say("It comes up."),
        (True, True): say("It stays."),
        (False, False): say("There is none, before or after."),
    }[found.alert]
    title = say(change.control.title)
    return Scene(
        ARTEFACT,
        titles(say)[ARTEFACT],
        "what_if",
        {"sample": found.photo, f"w-{found.change}": str(found.value)},
        say(
            "The lesion stays as it is; something is laid over the photo ({what}: {value}). Does the answer "
            "change?",
            what=title,
            value=found.value,
        ),
        say("No: the lesion is the same."),
        say(
            "Likeliest {before}, then {after}; melanoma {melanoma}.",
            before=before,
            after=after,
            melanoma=melanoma,
        ),
        (
            Question(
                say(
                    "Slider “{what}” at {value}: how likely is melanoma before and after?",
                    what=title,
                    value=found.value,
                ),
                f"{melanoma}.",
                (melanoma,),
            ),
            Question(
                say("What becomes of the melanoma alert, though the lesion is the same?"),
                alert,
                (melanoma,),
            ),
        ),
    )


def _flattery(found: Flattered, state: PageState, say: Say) -> Scene:
    name = say(diagnosis_of(found.code).name)
    raw, evidence = (
        say("{inside:.0%} of what speaks for it lies inside the lesion's outline.", inside=share)
        for share in (found.raw, found.evidence)
    )
    probability = say("{value:.1%}", value=found.probability)
    return Scene(
        FLATTERY,
        titles(say)[FLATTERY],
        "lesson",
        {"sample": found.photo, "step": state.flattery_step, "of": found.code},
        say("Two maps of one answer, {name}. Which one do you believe?", name=name),
        say("The one that lies on the lesion."),
        say(
            "Of what speaks for it, {raw:.0%} of the raw map lie inside the outline, and {evidence:.0%} of "
            "the evidence that decides. The slider moves the raw map as you like, and the probability stays "
            "at {probability}: what all outputs share decides nothing.",
            raw=found.raw,
            evidence=found.evidence,
            probability=probability,
        ),
        (
            Question(
                say("How much of what speaks for {name} lies inside the outline, in either map?", name=name),
                say(
                    "Raw class map {raw:.0%}, evidence map {evidence:.0%}.",
                    raw=found.raw,
                    evidence=found.evidence,
                ),
                (raw, evidence),
            ),
            Question(
                say("Move the slider to its ends. What happens to the raw map, and what to the probability?"),
                say(
                    "The raw map changes altogether; the probability stays at {probability}, since the map "
                    "was added to all outputs alike.",
                    probability=probability,
                ),
                (probability,),
            ),
        ),
    )


def _copies(found: Copies, state: PageState, say: Say) -> Scene:
    return Scene(
        COPIES,
        titles(say)[COPIES],
        "data",
        {"part": state.results_part},
        say(
            "One recipe, the same photos, and rotated copies besides: once it is right in {after:.0%}, once "
            "in {before:.0%}. What made it so much better?",
            **vars(found),
        ),
        say("More photos, so it has learned more."),
        say(
            "The copies were made before the split, so that copies of the photos that judge were fitted: it "
            "remembers. On new lesions it is right in {new:.0%}.",
            **vars(found),
        ),
        (
            Question(
                say("Recipe (d): how accurate is it with copies made first, and how accurate split first?"),
                say("{before:.0%} and {after:.0%}.", **vars(found)),
                (say("{value:.0%}", value=found.before), say("{value:.0%}", value=found.after)),
            ),
            Question(
                say("And the first of the two, on photos of new lesions only?"),
                say("{new:.0%}: the rest was remembered.", **vars(found)),
                (say("{value:.0%}", value=found.new),),
            ),
        ),
    )


def _threshold(found: Cost, _: PageState, say: Say) -> Scene:
    own, half = found.own.in_people(), found.half.in_people()
    values = {
        "people": PEOPLE,
        "ill": round(PEOPLE * PREVALENCE),
        "own": found.own_threshold,
        "half": HALF,
        "missed_own": own[1],
        "missed_half": half[1],
        "alarms_own": own[2],
        "alarms_half": half[2],
    }
    missed, alarm = say("melanoma missed"), say("false alarm")
    return Scene(
        THRESHOLD,
        titles(say)[THRESHOLD],
        "thresholds",
        {"threshold": f"{100 * HALF:.1f}", "prevalence": f"{100 * PREVALENCE:.1f}"},
        say(
            "The alert rings from {own:.1%} and so often for nothing. Would {half:.0%} not be fairer?",
            **values,
        ),
        say("Yes: a likelihood of half is fair, and there are fewer false alarms."),
        say(
            "Among {people:,} people, {ill} of whom have melanoma, {missed_half} are missed instead of "
            "{missed_own}; false alarms fall from {alarms_own} to {alarms_half}. A threshold is a price, and "
            "somebody pays it.",
            **values,
        ),
        (
            Question(
                say("Of {people:,} people {ill} have melanoma. How many are missed at {half:.0%}?", **values),
                say("{missed_half} of {ill}.", **values),
                (f"{half[1]} {missed}",),
            ),
            Question(
                say("At {half:.0%}: how many get a false alarm?", **values),
                say("{alarms_half}.", **values),
                (f"{half[2]} {alarm}",),
            ),
        ),
    )


def _surroundings(found: Estimate, _: PageState, say: Say) -> Scene:
    return Scene(
        SURROUNDINGS,
        titles(say)[SURROUNDINGS],
        "model",
        {"read": "card"},
        say("Another image's skin is laid around each lesion. In how many photos does the answer change?"),
        say("In none: the lesion is the same."),
        say(
            "In {value:.1%} ({low:.1%} to {high:.1%}): those answers were not the lesion's alone.",
            **vars(found),
        ),
        (
            Question(
                say(
                    "Find in the model card how many answers change when another image's skin surrounds the "
                    "lesion, and the interval."
                ),
                say("{value:.3f} ({low:.3f} to {high:.3f}).", **vars(found)),
                (str(found),),
            ),
        ),
    )
