"""One case of the small network, for all kinds of files."""

import pytest

from melanoma.edits.drawn_lesions import MELANOMA_LIKE, draw_lesion
from melanoma.exports.case import ExportedCase
from melanoma.measures.lesion_in_view import find_lesion_in_view
from melanoma.model.bundle import load_bundle


@pytest.fixture(scope="module")
def case(small_bundle, small_classifier) -> ExportedCase:
    photo = draw_lesion(MELANOMA_LIKE, 120, 160, 1).image
    prediction = small_classifier([photo])[0]
    return ExportedCase(
        photo=photo,
        drawn=False,
        prediction=prediction,
        bundle=load_bundle(small_bundle),
        method="evidence",
        code="MEL",
        settings={"layer": "<features>"},
        heatmap=prediction.evidence[..., 0],
        limit=1.0,
        signed=True,
        in_colour=False,
        lesion=find_lesion_in_view(photo, prediction.geometry),
        outlined=True,
        unit="Evidence",
    )
