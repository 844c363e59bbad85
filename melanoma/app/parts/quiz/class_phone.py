"""A class on a student's phone: one case after another, a tap and a button each, all told at the end."""

import streamlit as st

from melanoma.app.parts.quiz.cases import DRAWN
from melanoma.app.parts.quiz.reveal import option_name
from melanoma.app.parts.shared.error_messages import fragment
from melanoma.app.parts.shared.language import say, text
from melanoma.app.parts.shared.markdown import escape_markdown
from melanoma.app.parts.shared.scrolling import go_to_top
from melanoma.classroom.help import Help
from melanoma.classroom.live import CLASSES, LiveClass
from melanoma.errors import UserError

_SIDE = 300  # pixels of the photo: with the choices below it on a phone
_UNDECIDED = "class-undecided"


def show_phone(code: str, token: str) -> None:
    """Draw the case that this phone is at; an answer reruns only this."""
    fragment(_show)(code, token)


def _show(code: str, token: str) -> None:
    live = CLASSES.find(code)
    with st.container(key="class-phone"):
        _show_case_or_end(live, token)


def _show_case_or_end(live: LiveClass, token: str) -> None:
    given, count = live.answers_of(token), len(live.cases)
    position = next((number for number in range(count) if number not in given), None)
    go_to_top(f"{live.code} {position}")
    if position is None:
        _show_end(live, token)
        return
    st.progress(len(given) / count, text=say("Case {number} of {count}", number=position + 1, count=count))
    if live.study and not given:
        st.caption(text("class-consent"))
    case, help = live.cases[position], live.help_of(token)[position]
    with st.container(horizontal=True):
        st.image(case.photo, width=_SIDE, alt=say("The photo of this case"))
        with st.container(width=_SIDE):
            _show_help(live, position, help)
    with st.form(f"class-form-{position}", border=False):
        st.radio(
            say("What is it?"),
            live.options,
            index=None,
            format_func={option: option_name(option) for option in live.options}.__getitem__,
            key=_chosen(position),
        )
        st.form_submit_button(
            say("Send"),
            type="primary",
            icon=":material/send:",
            on_click=_send,
            args=(live.code, token, position),
        )
    if st.session_state.pop(_UNDECIDED, False):
        st.warning(say("Choose a diagnosis first."))
    if live.source == DRAWN:
        st.caption(text("quiz-drawn"))
    if case.credit:
        st.caption(escape_markdown(case.credit))


def _chosen(position: int) -> str:
    return f"class-answer-{position}"


def _send(code: str, token: str, position: int) -> None:
    option = st.session_state.get(_chosen(position))
    st.session_state[_UNDECIDED] = option is None
    if option is None:
        return
    try:
        CLASSES.find(code).answer(token, position, option)
    except UserError:
        return  # the class is over: what is drawn next says so


def _show_help(live: LiveClass, position: int, help: Help) -> None:
    shown = live.shown(position, help)
    if shown is not None:
        st.markdown(say("**The network says:**") + "\n" + _as_list(live, shown))
    if help is Help.MAP:
        name = option_name(live.network(position))
        st.image(
            live.cases[position].heatmap,
            width=_SIDE,
            alt=say("The map of the network's answer, {name}", name=name),
        )
        colours = (
            say("Red speaks for {name}, blue against it.", name=name)
            if live.cases[position].signed
            else say("Red speaks for {name}.", name=name)
        )
        st.markdown(say("**The network says: {name}.**", name=name) + " " + colours)


def _as_list(live: LiveClass, probabilities: tuple[float, ...]) -> str:
    ranked = sorted(zip(probabilities, live.options, strict=True), reverse=True)
    return "\n".join(
        "- " + say("{name}: {value:.0%}", name=option_name(option), value=value) for value, option in ranked
    )


def _show_end(live: LiveClass, token: str) -> None:
    given, dealt = live.answers_of(token), live.help_of(token)
    truths = [case.truth for case in live.cases]
    right = sum(given[number] == truth for number, truth in enumerate(truths))
    network = sum(live.network(number) == truth for number, truth in enumerate(truths))
    st.header(say("Thank you: all your answers have arrived"), anchor=False)
    st.markdown(
        say(
            "You were right in {student} and the network in {network} of {count} cases.",
            student=right,
            network=network,
            count=len(truths),
        )
    )
    misled = [number for number, help in enumerate(dealt) if help is Help.WRONG]
    if misled:
        st.warning(
            say(
                "**On purpose, an answer that you were shown was wrong**, to see whether people follow. Do "
                "not take it home:"
            )
            + "\n"
            + "\n".join(_confession(live, number) for number in misled)
        )
    for number, truth in enumerate(truths):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.image(live.cases[number].photo, width=88, alt=say("Case {number}", number=number + 1))
            st.markdown(
                say("**Case {number}: {truth}**", number=number + 1, truth=option_name(truth))
                + "  \n"
                + f"{_sign(given[number] == truth)} {say('You: {name}', name=option_name(given[number]))}  \n"
                + f"{_sign(live.network(number) == truth)} "
                + say("Network: {name}", name=option_name(live.network(number))),
                width="content",
            )
    st.caption(say("For teaching, never a diagnosis. When the class ends, nothing of it is left."))


def _confession(live: LiveClass, number: int) -> str:
    shown, network, truth = live.decoy(number), live.network(number), live.cases[number].truth
    values = {"number": number + 1, "shown": option_name(shown), "truth": option_name(truth)}
    if shown == network:
        return "- " + say(
            "Case {number}: you were shown {shown}. So the network itself answers, and it is wrong: it is "
            "{truth}.",
            **values,
        )
    return "- " + say(
        "Case {number}: you were shown {shown}, which we had put there. The network itself says {network}; "
        "it is {truth}.",
        network=option_name(network),
        **values,
    )


def _sign(right: bool) -> str:
    return "✔" if right else "✘"
