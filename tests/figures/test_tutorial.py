"""The charts of the tutorial's gaps: what lies where, on numbers by hand."""

from melanoma.figures.tutorial import accuracy_gap, gaps_by_run


def test_a_line_joins_the_two_points_of_a_run_and_the_verdict_is_left_of_both():
    figure = gaps_by_run(["a", "b"], {"fitted": [0.9, 0.4], "new": [0.5, 0.6]}, ["over", "under"], "accuracy")
    line, fitted, new, words = figure.data
    assert list(line.x) == [0.9, 0.5, None, 0.4, 0.6, None]
    assert list(line.y) == ["a", "a", None, "b", "b", None]
    assert (fitted.name, list(fitted.x)) == ("fitted", [0.9, 0.4])
    assert (new.name, list(new.x)) == ("new", [0.5, 0.6])
    assert list(words.x) == [0.5, 0.4] and [text.strip() for text in words.text] == ["over", "under"]
    assert fitted.marker.symbol != new.marker.symbol, "told apart without colour"
    assert figure.layout.yaxis.autorange == "reversed", "the first run is on top"


def test_the_gap_is_filled_from_the_second_curve_to_the_first():
    figure = accuracy_gap({"fitted": [0.3, 0.9], "new": [0.4, 0.5]}, ("epoch", "accuracy"))
    fitted, new = figure.data
    assert list(fitted.x) == list(new.x) == [1, 2] and list(new.y) == [0.4, 0.5]
    assert (fitted.fill, new.fill) == (None, "tonexty")
    assert (fitted.line.dash, new.line.dash) == ("dash", None)
    assert figure.layout.legend.traceorder == "normal"
