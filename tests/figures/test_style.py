"""The layout that all figures have."""

import re
from pathlib import Path

import plotly.graph_objects as go

from melanoma.figures.style import lay_out

PACKAGE = Path(__file__).parents[2] / "melanoma"


def test_margins_legend_and_axes():
    plain = lay_out(go.Figure(), 300, {"r": 48}).layout
    assert plain.height == 300
    assert plain.margin.to_plotly_json() == {"l": 8, "r": 48, "t": 8, "b": 8}
    assert plain.showlegend is False
    assert plain.xaxis.fixedrange and plain.yaxis.fixedrange
    assert plain.paper_bgcolor == plain.plot_bgcolor == "rgba(0,0,0,0)"
    with_legend = lay_out(go.Figure(), 300, legend={"y": 1.0}, bargap=0.25).layout
    assert with_legend.legend.y == 1.0 and with_legend.showlegend is None
    assert with_legend.bargap == 0.25


def test_no_figure_lays_itself_out():
    files = [file for file in PACKAGE.rglob("*.py") if file != PACKAGE / "figures" / "style.py"]
    assert [file.name for file in files if re.search(r"\.update_layout\(", file.read_text("utf-8"))] == []
