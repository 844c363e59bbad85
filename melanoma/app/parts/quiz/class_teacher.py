"""A class as its teacher sees it: the answers as they gather, then network and truth beside them."""

import math

import streamlit as st

from melanoma.app.parts.quiz.reveal import option_name
from melanoma.app.parts.shared.address import address_of, show_address
from melanoma.app.parts.shared.chart import show
from melanoma.app.parts.shared.error_messages import fragment
from melanoma.app.parts.shared.language import say, text
from melanoma.app.parts.shared.link import linked_segment, put_into_link
from melanoma.app.parts.shared.scrolling import go_to_top
from melanoma.app.parts.shared.table import show_table
from melanoma.classroom.help import Help
from melanoma.classroom.live import CLASSES, LiveClass, shares
from melanoma.classroom.study import LEAST, StudyResult, as_csv, most_discussed, study_result
from melanoma.errors import UserError
from melanoma.evaluation.metrics import Estimate
from melanoma.figures.tutorial import shares_by_group

_EVERY, _SELDOM = 2.0, 10.0  # seconds between two looks at the answers, and at what is made of them
_TRUTH, _CASE, _RESULT = "class-truth", "case", "class-result"


def show_teacher(live: LiveClass) -> None:
    """Draw the class; its answers come in by themselves."""
    go_to_top(live.code)
    way_in, answers = st.columns([2, 5], gap="large")
    with way_in:
        st.markdown(say("Code of the class: **{code}**", code=live.code))
        show_address(address_of("quiz", **{"class": live.code}))
    with answers:
        number = linked_segment(say("Case"), range(1, len(live.cases) + 1), 1, _CASE, str)
        told = st.toggle(say("Show truth and network"), key=_TRUTH)
        fragment(_show_answers, run_every=_EVERY)(live.code, live.key, number - 1, told)
    if told:
        fragment(_show_all, run_every=_SELDOM)(live.code, live.key)
    with st.container(horizontal=True):
        st.download_button(
            say("All answers, without names (CSV)"),
            lambda: as_csv(live),
            "class.csv",
            "text/csv",
            on_click="ignore",
            icon=":material/download:",
        )
        with st.popover(say("End the class"), icon=":material/close:"):
            st.markdown(say("All answers are dropped; take the table first if you want to keep them."))
            st.button(say("End it now"), on_click=_close, args=(live.code, live.key))
    st.caption(text("class-teacher"))


def _show_answers(code: str, key: str, case: int, told: bool) -> None:
    """Draw how many have answered, and the answers to the case in view; once in a while by itself."""
    live = CLASSES.lead(code, key)
    joined, done = live.students()
    counts = live.counts(case)
    st.markdown(
        say(
            "**{joined}** phones have joined, **{done}** have finished. Case {number}: **{answers}** answers",
            joined=joined,
            done=done,
            answers=sum(counts.values()),
            number=case + 1,
        )
    )
    picture, chart = st.columns([2, 3])
    picture.image(
        live.cases[case].heatmap if told else live.cases[case].photo,
        alt=say("The map of the network's answer, {name}", name=option_name(live.network(case)))
        if told
        else say("The photo of this case"),
    )
    truth = live.cases[case].truth
    rows = [("✔ " if told and option == truth else "") + option_name(option) for option in live.options]
    series = {say("the class"): list(shares(counts, live.options))}
    if told:
        series[say("the network")] = list(live.cases[case].probabilities)
    with chart:
        words = "; ".join(
            say("{name}: {value:.0%}", name=row, value=value)
            for row, value in zip(rows, series[say("the class")], strict=True)
        )
        show(
            shares_by_group(rows, series, {}, say("share, or probability")),
            key="class-chart",
            alt=say("Answers of the class.") + " " + words,
        )


def _show_all(code: str, key: str) -> None:
    """Draw all cases with what is to be discussed, and the study's result."""
    live = CLASSES.lead(code, key)
    st.header(say("What to discuss"), anchor=False)
    ranked = most_discussed(live)
    if not ranked:
        st.info(say("Nobody has answered yet."))
        return
    rows = []
    for case in ranked:
        counts, truth = live.counts(case), live.cases[case].truth
        option, votes = counts.most_common(1)[0]
        network = live.network(case)
        rows.append(
            [
                say("Case {number}", number=case + 1),
                say("{name}: {value:.0%}", name=option_name(option), value=votes / sum(counts.values())),
                say("{value:.0%}", value=counts[truth] / sum(counts.values())),
                ("✔ " if network == truth else "✘ ") + option_name(network),
                option_name(truth),
            ]
        )
    names = [say("Case"), say("Most of the class"), say("Class right"), say("Network"), say("Truth")]
    show_table(names, rows, say("Class and network, case by case"))
    st.caption(say("First the case in which class and network differ most."))
    if live.study:
        _show_study(_cached_result(live))


def _cached_result(live: LiveClass) -> StudyResult:
    known = (live.code, len(live.answers()))
    if st.session_state.get(_RESULT, (None,))[0] != known:
        st.session_state[_RESULT] = (known, study_result(live))
    return st.session_state[_RESULT][1]


def _show_study(result: StudyResult) -> None:
    st.header(say("What the help did"), anchor=False)
    names = {
        Help.NONE: say("no help"),
        Help.PROBABILITIES: say("probabilities"),
        Help.MAP: say("the map"),
        Help.WRONG: say("a deliberately wrong answer"),
    }
    rows = [
        [
            names[help],
            str(result.answers[help]),
            _share(result.right[help]),
            _points(result.gain[help]) if help in result.gain else "",
        ]
        for help in Help
    ]
    show_table(
        [say("Shown"), say("Answers"), say("Right"), say("Gain over no help")],
        rows,
        say("Right answers by what was shown"),
    )
    st.markdown(
        say(
            "**Over-reliance: {more}.** {followed} of the deliberately wrong answers were followed; without "
            "help {alone} named the same wrong diagnosis.",
            more=_points(result.over_reliance),
            followed=_share(result.followed),
            alone=_share(result.alone),
        )
    )
    if not result.has_intervals:
        st.caption(say("Intervals are given from {least} students on.", least=LEAST))
    st.caption(text("class-study"))


def _share(found: Estimate) -> str:
    if math.isnan(found.value):
        return say("nobody yet")
    if math.isnan(found.low):
        return say("{value:.0%}", value=found.value)
    return say("{value:.0%} ({low:.0%} to {high:.0%})", value=found.value, low=found.low, high=found.high)


def _points(found: Estimate) -> str:
    if math.isnan(found.value):
        return say("not known")
    values = {name: 100 * value for name, value in vars(found).items()}
    if math.isnan(found.low):
        return say("{value:+.0f} points", **values)
    return say("{value:+.0f} points ({low:+.0f} to {high:+.0f})", **values)


def _close(code: str, key: str) -> None:
    for name in ("key", "class", _CASE):
        put_into_link(name, None)
    try:
        CLASSES.close(code, key)
    except UserError:
        return  # it is over already
