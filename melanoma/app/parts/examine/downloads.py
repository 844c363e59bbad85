"""What is in view as files, made when the visitor asks for one."""

import streamlit as st

from melanoma.app.parts.examine.heatmap import describe_map, title_of_map
from melanoma.app.parts.examine.map_checks import measure_view, were_measured
from melanoma.app.parts.examine.map_view import MapView
from melanoma.app.parts.examine.together import answered_together
from melanoma.app.parts.shared.language import language, say, translator
from melanoma.app.parts.shared.photo import Photo, whole_size
from melanoma.exports.case import ExportedCase, as_json, as_npy
from melanoma.exports.report import case_report
from melanoma.model.bundle import Bundle
from melanoma.model.prediction import Prediction
from melanoma.photos.encoding import as_png


def show_downloads(photo: Photo, prediction: Prediction, bundle: Bundle, view: MapView) -> None:
    """Draw the menu of files."""
    with st.popover(say("Save"), icon=":material/download:"):
        st.caption(say("Without the photo's file name and metadata."))
        measures = measure_view(photo, prediction, view).as_json() if were_measured(photo, view) else {}
        together = answered_together(photo, bundle)
        case = ExportedCase(
            photo=photo.pixels,
            drawn=photo.drawn,
            prediction=prediction,
            bundle=bundle,
            method=view.method.name,
            code=view.code,
            settings=dict(view.request.settings),
            heatmap=view.heatmap,
            limit=view.limit,
            signed=view.signed,
            in_colour=view.in_colour,
            lesion=view.lesion,
            outlined=view.outlined,
            unit=say(view.method.unit),
            credit=photo.credit,
            measures=measures,
            crop=photo.crop,
            cut_from=whole_size(photo),
            joint=together.joint if together else None,
            named=together.named if together else {},
        )
        title, words, chosen = title_of_map(view), describe_map(view, prediction), language()
        # Each file is made when its button is pressed, outside this run, where no language is known.
        files = (
            (
                say("Report of this case (HTML, to read and print)"),
                "report.html",
                "text/html",
                lambda: case_report(case, title, words, say=translator(chosen), language=chosen).encode(),
            ),
            (
                say("Photo and map (PNG)"),
                "map.png",
                "image/png",
                lambda: as_png(case.sheet(f"{title}. {case.unit}")),
            ),
            (
                say("Map as numbers (NumPy)"),
                "map.npy",
                "application/octet-stream",
                lambda: as_npy(view.heatmap),
            ),
            (say("All numbers (JSON)"), "numbers.json", "application/json", lambda: as_json(case.numbers())),
        )
        for label, name, kind, make in files:
            st.download_button(
                label,
                make,
                file_name=f"melanoma-{name}",
                mime=kind,
                key=f"save-{name}",
                on_click="ignore",
                type="tertiary",
                icon=":material/download:",
            )
