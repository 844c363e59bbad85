"""Known cases for and against: lesions that look alike to the network, with their true diagnosis."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from melanoma.app.parts.shared.archive_photos import PHOTOS, ArchivePhoto
from melanoma.app.parts.shared.diagnosis_names import diagnosis_name
from melanoma.app.parts.shared.language import say
from melanoma.app.parts.shared.markdown import escape_markdown
from melanoma.app.parts.shared.model import classifier
from melanoma.app.parts.shared.photo import Photo
from melanoma.app.parts.shared.session_cache import cached_for_photo
from melanoma.model.bundle import Bundle
from melanoma.model.neighbours import KnownCases, Neighbour
from melanoma.model.prediction import Prediction

_EACH = 3  # cases for and against
_SECONDS = 12.0  # to wait for their pictures; what comes later is there the next time
_WIDTH = 128  # pixels: three beside each other on half a wide page, two on a telephone
_MOST_BLIND = 0.5  # of the melanomas that the network misses, nearest to a melanoma: below, that is told


def show_known_cases(photo: Photo, prediction: Prediction, bundle: Bundle) -> None:
    """Draw the nearest known lesions of the named diagnosis and of its strongest rival."""
    named, rival = (code for code, _ in prediction.ranked[:2])
    st.caption(
        say(
            "Lesions that the network learned from and holds to be most like this one, with their true "
            "diagnosis: of the one that it names, and of the next likely one. What is alike to the network "
            "need not be alike to a doctor."
        )
    )
    found = cached_for_photo("known-cases", photo, (), lambda: _nearest(prediction, bundle))
    if found is None:
        st.info(say("This model knows too few public lesions to show any."))
        return
    with st.spinner(say("Fetching their photos from the ISIC Archive…")):
        wanted = [(case.isic_id, case.diagnosis) for case in (*found.named, *found.rival)]
        pictures = PHOTOS.get(wanted, _SECONDS)
    for place, title, cases in zip(
        st.columns(2),
        (
            say("{name}, which the network names", name=diagnosis_name(named)),
            say("{name}, the next likely", name=diagnosis_name(rival)),
        ),
        (found.named, found.rival),
        strict=True,
    ):
        with place:
            st.markdown(f"**{title}**")
            _draw(cases, pictures)
    if pictures:
        st.caption(_credits(pictures))
    st.markdown(_in_words(found, named, bundle.figures["neighbours"]))


def _nearest(prediction: Prediction, bundle: Bundle) -> KnownCases | None:
    known = bundle.load_known_lesions()
    if known is None:
        return None
    features = classifier().compiled.run(prediction.pixels[None]).last_features[0]
    named, rival = (code for code, _ in prediction.ranked[:2])
    return known.around(features, named, rival, _EACH)


def _draw(cases: Sequence[Neighbour], pictures: dict[str, ArchivePhoto]) -> None:
    if not cases:
        st.caption(say("None of the known lesions has this diagnosis."))
    with st.container(horizontal=True, gap="small"):
        for case in cases:
            words = f"{case.isic_id}, {say('likeness {value:.2f}', value=case.similarity)}"
            with st.container(width=_WIDTH):
                if (picture := pictures.get(case.isic_id)) is None:
                    st.caption(f"{words}. {say('Its photo is not there now.')}")
                else:
                    name = diagnosis_name(case.diagnosis)
                    st.image(picture.jpeg, width=_WIDTH, caption=words, alt=f"{case.isic_id}, {name}")


def _credits(pictures: dict[str, ArchivePhoto]) -> str:
    """Return whose photos these are and under which licence, as the Archive states it."""
    owners: dict[str, list[str]] = {}
    for isic_id, picture in pictures.items():
        owners.setdefault(f"{picture.attribution}. {picture.licence}.", []).append(isic_id)
    return " ".join(
        escape_markdown(f"{', '.join(ids)}: ISIC Archive. {owner}") for owner, ids in owners.items()
    )


def _in_words(found: KnownCases, named: str, figures: dict[str, Any]) -> str:
    """Return what the nearest lesion of all tells, by the figures of the test photos."""
    agrees = found.nearest == named
    rates = {kind: figures["named_right"][kind]["value"] for kind in ("agree", "differ")}
    lead = (
        say(
            "The nearest of all {count} known lesions has the diagnosis that is named.",
            count=figures["lesions"],
        )
        if agrees
        else say(
            "The nearest of all {count} known lesions is another one: {name}.",
            count=figures["lesions"],
            name=diagnosis_name(found.nearest),
        )
    )
    told = say(
        "Where they agreed, the network was right in {agree:.0%} of its test photos, where not, in "
        "{differ:.0%}. The nearest lesion alone was right in {right:.0%}.",
        agree=rates["agree"],
        differ=rates["differ"],
        right=figures["right"]["value"],
    )
    missed = figures["missed"]
    blind = (
        say(
            "They share its blind spots: of the {count} test melanomas that it called something else, only "
            "{share:.0%} lay nearest to a melanoma. Neighbours that are no melanoma are no reason to be "
            "calm.",
            count=missed["images"],
            share=missed["value"],
        )
        if missed["images"] and missed["value"] < _MOST_BLIND
        else say("Neighbours that are no melanoma are no reason to be calm.")
    )
    return f"{lead} {told} **{blind}**"
