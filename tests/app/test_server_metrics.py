"""Counting and timing: known numbers, every way to end, and nothing personal in a line of the log."""

import json
import logging

import pytest

from melanoma.app.server_metrics import ServerMetrics
from melanoma.errors import UserError


@pytest.fixture
def clock(monkeypatch):
    now = [100.0]
    monkeypatch.setattr("melanoma.app.server_metrics.time.monotonic", lambda: now[0])
    return now


def test_counts_and_quantiles_of_known_seconds(clock):
    record = ServerMetrics()
    for seconds in range(1, 22):  # 1 to 21: the median is 11, nineteen of twenty are below 20
        with record.timed("asked"):
            clock[0] += seconds
    (found,) = record.statistics()
    assert (found.event, found.counts) == ("asked", {"done": 21})
    assert (found.median, found.slow, found.worst) == (11, 20, 21)


@pytest.mark.parametrize(
    ("error", "ending"),
    [
        (UserError("möle.jpg is bad"), "refused"),
        (ValueError("möle.jpg"), "failed"),
        (SystemExit(), "abandoned"),
    ],
)
def test_each_way_to_end_is_counted_and_the_error_goes_on(error, ending, caplog):
    record = ServerMetrics()
    with (
        caplog.at_level(logging.INFO, "melanoma.app.server_metrics"),
        pytest.raises(type(error)),
        record.timed("asked"),
    ):
        raise error
    (found,) = record.statistics()
    assert found.counts == {ending: 1}
    line = json.loads(caplog.messages[-1])
    assert (line["event"], line["ended"]) == ("asked", ending)
    assert set(line) == {"time", "event", "ended", "seconds"} | ({"kind"} if ending == "failed" else set())
    assert "möle" not in caplog.text


def test_no_time_is_known_of_what_was_never_done():
    record = ServerMetrics()
    with pytest.raises(UserError), record.timed("asked"):
        raise UserError("no")
    assert record.statistics()[0].median != record.statistics()[0].median  # NaN
