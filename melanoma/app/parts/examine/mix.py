"""The mix of diagnoses that the probabilities are looked at in; it decides nothing."""

import streamlit as st

from melanoma.app.parts.shared.language import say
from melanoma.app.parts.shared.link import linked_choice
from melanoma.app.parts.shared.markdown import escape_markdown
from melanoma.app.parts.shared.uploader import show_uploader
from melanoma.errors import UserError
from melanoma.model.bundle import Bundle
from melanoma.model.mix import CLINIC, EVEN, Mix, known_mixes, mix_named, mix_of_file

_OWN, _FILE = "own", "file"
_UPLOAD_MB = 1


def choose_mix(bundle: Bundle) -> Mix | None:
    """Draw the choice; return the mix to show the probabilities in, None for the bundle's own."""
    titles = {
        _OWN: say("the network's own"),
        EVEN: say("all equally often"),
        CLINIC: say("as in a clinic"),
        _FILE: say("from a file"),
    }
    name = linked_choice(
        st,
        say("Show the percentages for this mix of diagnoses"),
        [_OWN, *known_mixes(bundle), _FILE],
        _OWN,
        "mix",
        titles.__getitem__,
    )
    if name == _OWN:
        return None
    return mix_named(name, bundle) if name != _FILE else _uploaded(bundle)


def _uploaded(bundle: Bundle) -> Mix | None:
    file = show_uploader(
        say("A CSV with the columns diagnosis and share"), {(".csv",): _UPLOAD_MB}, "mix-file"
    )
    if file is None:
        return None
    try:
        return mix_of_file(file.name, file.getvalue(), bundle)
    except UserError as error:
        st.error(escape_markdown(error.said(say)), icon=":material/broken_image:")
        return None
