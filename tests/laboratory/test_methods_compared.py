"""What the page shows of the methods, and how it is worked out."""

import pandas as pd
import pytest

from benchmarks.explanations.planted_cause import DOES_NOT, USES, as_markdown, summary
from melanoma.explain.registry import METHODS
from melanoma.laboratory.methods_compared import SOURCES, methods_compared


def rows(method, used, unused):
    """Rows of one shortcut in two lesions, a tenth of the picture each."""
    return [
        {"method": method, "shortcut": "ruler", "lesion": lesion, "head": head, "share": share, "area": 0.1}
        for head, shares in ((USES, used), (DOES_NOT, unused))
        for lesion, share in enumerate(shares)
    ]


def test_shares_and_how_often_they_tell_the_heads_apart_by_hand():
    nan = float("nan")
    table = summary(
        pd.DataFrame(
            rows("edges", (0.3, 0.5), (0.3, 0.5))
            + rows("evidence", (0.6, 0.4), (0.2, 0.1))
            + rows("occlusion", (0.6, nan), (0.2, 0.1))
        )
    )
    assert table["method"].tolist() == ["evidence", "edges", "occlusion"]
    assert table["apart"].tolist() == [1.0, 0.5, 0.5], "a tie is half; where nothing speaks, nothing is on it"
    assert table["used"].tolist() == pytest.approx([0.5, 0.4, 0.3])
    assert table["unused"].tolist() == pytest.approx([0.15, 0.4, 0.15])
    assert table["area"].tolist() == [0.1] * 3
    first = as_markdown(table).splitlines()[2]
    assert first.startswith("| evidence | 0.500 (0.400 to 0.600) | 0.150 (0.100 to 0.200) | 0.100 | 1.000")


@pytest.mark.parametrize("source", SOURCES)
def test_every_method_was_measured_and_what_knows_nothing_is_at_chance(source):
    table = methods_compared(source).set_index("method")
    assert set(table.index) <= set(METHODS) and {"evidence", "grad-cam", "occlusion"} <= set(table.index)
    for name in ("used", "unused", "apart"):
        values = table[[f"{name}_low", name, f"{name}_high"]].to_numpy()
        assert (values[:, :-1] <= values[:, 1:]).all() and (values >= 0).all() and (values <= 1).all()
    for blind in ("random", "edges"):
        assert table.loc[blind, "apart"] == 0.5
        assert table.loc[blind, "used"] == table.loc[blind, "unused"]
