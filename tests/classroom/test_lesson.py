"""Scenes, plans and sheets: answers are the bundle's figures, and what is not so drops out."""

import json
import math
import re
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from melanoma.app.parts.shared.language import translator
from melanoma.classroom.measured import (
    ARTEFACTS,
    Copies,
    Cost,
    Flattered,
    LessonFigures,
    NoLesion,
    Turned,
    measure_lesson,
)
from melanoma.classroom.plans import MINUTES, PLANS, left_out, timeline
from melanoma.classroom.scenes import COPIES, SURROUNDINGS, THRESHOLD, PageState, make_scenes, titles
from melanoma.classroom.sheets import plan_sheet, worksheet
from melanoma.edits.drawn_lesions import MELANOMA_LIKE, NEVUS_LIKE, draw_edge_chart, draw_lesion
from melanoma.edits.perturbations import apply_changes, change_named
from melanoma.evaluation.metrics import Estimate
from melanoma.evaluation.patients import among
from melanoma.model.bundle import load_bundle
from melanoma.phrases import english
from melanoma.tutorial.story import FILE, read_story

STATE = PageState("6", "5", {"source": "drawn", "seed": "7", "count": "5"}, 4)
ALL = LessonFigures(
    NoLesion("edge-chart", "NV", 0.543, 8),
    Turned("melanoma-like", "hairs", 60, ("MEL", 0.694), ("NV", 0.911), (0.694, 0.02), (True, False)),
    Flattered("mole-like", "BKL", 0.734, 1.0, 0.68),
    Copies(0.82, 0.46, 0.57),
    Cost(0.031, among(1000, 0.05, 0.97, 0.46), among(1000, 0.05, 0.51, 0.96)),
    Estimate(0.053, 0.042, 0.067),
)
NOTHING = LessonFigures(None, None, None, None, None, None)


@pytest.mark.parametrize("plan", PLANS)
def test_a_plan_has_45_minutes_whatever_drops_out(plan):
    scenes = make_scenes(ALL, STATE, english)
    assert set(PLANS[plan]) <= set(scenes) == set(titles(english)) and left_out(plan, scenes) == ()
    whole = {one.scene.name: one.end - one.begin for one in timeline(plan, scenes)}
    assert whole == PLANS[plan], "the minutes as they were planned"
    for count in range(1, len(PLANS[plan]) + 1):
        for names in combinations(PLANS[plan], count):
            found = timeline(plan, {name: scenes[name] for name in names})
            assert [one.scene.name for one in found] == list(names)
            assert found[0].begin == 0 and found[-1].end == MINUTES
            assert all(one.end == other.begin for one, other in zip(found, found[1:], strict=False))
            assert all(one.end - one.begin >= whole[one.scene.name] for one in found)


def test_scenes_without_their_figure_drop_out():
    scenes = make_scenes(NOTHING, STATE, english)
    assert list(scenes) == ["quiz"]
    assert make_scenes(NOTHING, replace(STATE, quiz_right=None), english) == {}
    assert timeline("school", {}) == ()
    assert set(left_out("medical", scenes)) == set(PLANS["medical"]) - {"quiz"}


def test_the_shipped_bundle_s_stored_figures_are_the_answers():
    # Counted anew from the bundle's and the tutorial's files, by another road than the pages'.
    bundle = load_bundle()
    figures = measure_lesson(bundle, Unsure(), {}, ("edge-chart", draw_edge_chart()), read_story())
    scenes = make_scenes(figures, STATE, english)
    table = bundle.load_predictions()
    table = table[table["split"] == "test"]
    melanoma = table["diagnosis"] == "MEL"
    missed = math.ceil(50 * (table["MEL"][melanoma] < 0.5).mean())
    alarms = math.ceil(950 * (table["MEL"][~melanoma] >= 0.5).mean())
    threshold = [question.answer for question in scenes[THRESHOLD].questions]
    assert threshold == [f"{missed} of 50.", f"{alarms}."]
    assert f"{missed} are missed instead of" in scenes[THRESHOLD].surprise
    stored = json.loads((bundle.path / "bundle.json").read_text(encoding="utf-8"))["figures"]
    changed = stored["focus"]["changed"]["other skin"]
    as_told = f"{changed['value']:.3f} ({changed['low']:.3f} to {changed['high']:.3f})"
    assert scenes[SURROUNDINGS].questions[0].answer == f"{as_told}."
    assert f"| {as_told} |" in (bundle.path / "MODEL_CARD.md").read_text(encoding="utf-8")
    results = json.loads(FILE.read_text(encoding="utf-8"))["results"]
    first, second = (results[f"tutorial-d-{name}"]["accuracy"]["value"] for name in ("before", "after"))
    new = results["tutorial-d-before"]["accuracy_new"]["value"]
    assert [question.answer for question in scenes[COPIES].questions] == [
        f"{first:.0%} and {second:.0%}.",
        f"{new:.0%}: the rest was remembered.",
    ]


class Unsure:
    """Stands in for a network that has answered nothing: only stored figures are asked for."""

    def __call__(self, pixels):
        return type("Prediction", (), {"in_distribution": True})()


@pytest.mark.slow("measures the shipped network")
def test_the_shipped_network_turns_and_flatters_as_the_answers_say(shipped_classifier):
    photos = {"one": draw_lesion(MELANOMA_LIKE, seed=3).image, "two": draw_lesion(NEVUS_LIKE, seed=5).image}
    chart = draw_edge_chart()
    ask = lambda pixels: shipped_classifier([pixels])[0]  # noqa: E731
    found = measure_lesson(shipped_classifier.bundle, ask, photos, ("chart", chart), read_story())
    stripes = ask(chart)
    assert (found.no_lesion.code, found.no_lesion.probability) == stripes.ranked[0]
    assert not stripes.in_distribution
    turned = found.turned
    before, after = (
        ask(photos[turned.photo]),
        ask(apply_changes(photos[turned.photo], {turned.change: turned.value})),
    )
    assert before.ranked[0] == turned.before and after.ranked[0] == turned.after
    assert turned.before[0] != turned.after[0] or turned.alert[0] != turned.alert[1]
    assert (before.melanoma_alert, after.melanoma_alert) == turned.alert
    assert found.flattered.raw - found.flattered.evidence >= 0.1
    assert found.flattered.probability == ask(photos[found.flattered.photo]).ranked[0][1]


def test_the_artefacts_are_ends_of_sliders_that_leave_the_lesion():
    for name, value in ARTEFACTS:
        control = change_named(name).control
        assert value == control.high and value != control.default


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("plan", PLANS)
def test_sheets_ask_every_question_and_only_one_tells_the_answers(plan, language):
    say = translator(language)
    scenes = make_scenes(ALL, STATE, say)
    timed = timeline(plan, scenes)
    address = lambda scene: f"http://here/{scene.page}?a=1&b=<2>"  # noqa: E731
    asked = worksheet(timed, "Title", say, language, address)
    solved = worksheet(timed, "Title", say, language, address, answers=True)
    told = plan_sheet(timed, "Title", say, language, address)
    questions = [question for one in timed for question in one.scene.questions]
    assert len(questions) >= 9
    assert asked.count('class="line"') == 2 * len(questions) and 'class="answer"' not in asked
    assert solved.count('<p class="answer">') == len(questions) and 'class="line"' not in solved
    for sheet in (asked, solved):
        assert re.findall(r"<b>(\d+)\.</b>", sheet) == [str(n + 1) for n in range(len(questions))]
    for sheet in (asked, solved, told):
        assert sheet.count('<div class="page">') == 2 and f'lang="{language}"' in sheet
        assert "<2>" not in sheet and "b=&lt;2&gt;" in sheet and "<script" not in sheet
    assert all(f"{one.begin}" in told for one in timed) and told.count("<img") == len(timed)


def test_what_is_seen_on_the_page_is_in_the_answer_or_the_other_way_round():
    numbers = re.compile(r"\d+(?:\.\d+)?")
    for scene in make_scenes(ALL, STATE, english).values():
        for question in scene.questions:
            seen = set(numbers.findall(" ".join(question.seen)))
            assert question.seen and set(numbers.findall(question.answer)) - {"50"} <= seen, question


def test_copies_that_lift_nothing_are_no_scene():
    story = json.loads(json.dumps(read_story()))
    story["results"]["tutorial-d-after"]["accuracy"]["high"] = 0.9
    bundle = load_bundle()
    picture = ("chart", np.zeros((8, 8, 3), np.uint8))
    assert measure_lesson(bundle, Unsure(), {}, picture, story).copies is None
    del story["results"]["tutorial-d-after"]
    assert measure_lesson(bundle, Unsure(), {}, picture, story).copies is None
