"""Components of the page's own: what is moved in the browser without the server."""

from pathlib import Path
from typing import Any

import streamlit as st

_CONTROLS = Path(__file__).with_name("controls.css")


def own_component(name: str, html: str, files: Path, controls: bool = False) -> Any:
    """Return what draws a component, by Streamlit's rules for `st.components.v2.component`.

    `files` is the path of its script and style without .js and .css. With `controls`, `controls.css` goes
    before its own style; the outermost element of `html` is then of the class `own`.
    """
    styles = [*([_CONTROLS] if controls else []), files.with_suffix(".css")]
    return st.components.v2.component(
        name,
        html=html,
        css="".join(style.read_text(encoding="utf-8") for style in styles),
        js=files.with_suffix(".js").read_text(encoding="utf-8"),
    )
