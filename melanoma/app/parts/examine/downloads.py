"""What is in view as files, made when the visitor asks for one."""

import streamlit as st

from melanoma.app.parts.examine.heatmap import describe_map, title_of_map
from melanoma.app.parts.examine.map_checks import measure_view, were_measured
from melanoma.app.parts.examine.map_view import MapView
from melanoma.app.parts.examine.together import answered_together
from melanoma.app.parts.shared.chart import offer_slide
from melanoma.app.parts.shared.language import language, say, translator
from melanoma.app.parts.shared.photo import Photo, whole_size
from melanoma.exports.case import ExportedCase, as_json, as_npy
from melanoma.exports.report import case_report
from melanoma.exports.slide import slide_png, slide_svg
from melanoma.model.bundle import Bundle
from melanoma.model.layer_names import FEATURES
from melanoma.model.prediction import Prediction
from melanoma.photos.encoding import as_png
from melanoma.phrases import Say


def show_downloads(photo: Photo, prediction: Prediction, bundle: Bundle, view: MapView) -> None:
    """Draw the menu of files."""
    with st.popover(say("Save"), icon=":material/download:"), st.container(gap="xsmall"):
        st.caption(say("Without the photo's file name and metadata."))
        if photo.own:
            st.caption(say("Report, pictures, slides and notebook hold the photo that you brought."))
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
        legend, layer = _legend(view), _layer_in_view(view)
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
                say("Slide, 1920 x 1080 (PNG)"),
                "slide.png",
                "image/png",
                lambda: slide_png(case, title, legend, translator(chosen)),
            ),
            (
                say("Slide, to be enlarged (SVG)"),
                "slide.svg",
                "image/svg+xml",
                lambda: slide_svg(case, title, legend, translator(chosen)),
            ),
            (
                say("Notebook that computes it again (Jupyter)"),
                "case.ipynb",
                "application/x-ipynb+json",
                lambda: _notebook(case, layer, translator(chosen)),
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
        offer_slide("probabilities", say("The probabilities"))


def _notebook(case: ExportedCase, layer: str, say: Say) -> bytes:
    from melanoma.exports.notebook import case_notebook  # takes 0.2 s to import, and few ask for it

    return case_notebook(case, layer, say)


def _layer_in_view(view: MapView) -> str:
    """Return the layer that the map in view is read from; the last one where it is of none or of several."""
    layer = str(view.request.settings.get("layer", FEATURES))
    return layer if layer in view.request.network.layers else FEATURES


def _legend(view: MapView) -> str:
    """Return what the map's colours mean; empty where red does not speak for the diagnosis."""
    if not view.method.speaks_for:
        return ""
    return say("Red speaks for it, blue against it") if view.signed else say("Red speaks for it")
