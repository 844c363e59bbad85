"""Values come out of a pipe as they went in, and nothing else comes out of it."""

import io
import json
from enum import StrEnum

import numpy as np
import pytest

from melanoma.explain.lesson.contributions import Contributions
from melanoma.model.log_odds import Calibration
from melanoma.value_encoding import receive_value, send_value


def sent(value):
    stream = io.BytesIO()
    send_value(stream, value)
    stream.seek(0)
    received = receive_value(stream)
    assert stream.read() == b"", "the next value would be read from its middle"
    return received


@pytest.mark.parametrize(
    "value",
    [None, True, 3, -0.1, float("inf"), "möle\n", (1, ("a", None)), [1, [2]], {"a": (1, 2), "b": {}}, (), {}],
)
def test_plain_values(value):
    assert sent(value) == value
    assert type(sent(value)) is type(value)


@pytest.mark.parametrize(
    "array",
    [
        np.arange(24, dtype=np.uint8).reshape(2, 4, 3),
        np.arange(24, dtype=np.float64).reshape(2, 12).T,
        np.zeros((0, 3), np.float32),
        np.float32(0.1),
        np.array(7),
        np.array([True, False]),
    ],
    ids=["pixels", "turned", "empty", "scalar", "no axes", "truths"],
)
def test_arrays_keep_values_kind_and_shape(array):
    received = sent({"one": array})["one"]
    assert type(received) is type(array)
    assert received.dtype == array.dtype and received.shape == array.shape
    assert np.array_equal(received, array)


def test_dataclasses_of_this_package_are_made_again():
    calibration = Calibration(1.5, (0.25, 0.75))
    assert sent(calibration) == calibration
    parts = Contributions(np.ones((2, 2, 3), np.float32), np.arange(3.0), np.arange(3))
    received = sent((parts, calibration))[0]
    assert isinstance(received, Contributions)
    assert np.array_equal(received.whole, parts.whole)


class Kind(StrEnum):
    ONE = "one"


@pytest.mark.parametrize("value", [Kind.ONE, object(), np.array([object()]), {1}, b"bytes", print])
def test_what_cannot_be_sent_is_refused_before_a_byte_is_written(value):
    stream = io.BytesIO()
    with pytest.raises(TypeError):
        send_value(stream, [1, value])
    assert stream.getvalue() == b""


@pytest.mark.parametrize(
    "content",
    [
        {"kind": "subprocess:Popen", "made of": {"args": "true"}},
        {"kind": "melanoma.phrases:english", "made of": {"phrase": "a"}},
        {"kind": "melanoma.nowhere:Name", "made of": {}},
        {"kind": "melanoma.model.log_odds:Calibration", "made of": {"temperature": 1.0}},
    ],
)
def test_nothing_else_is_made_of_what_is_received(content):
    line = json.dumps({"content": content, "arrays": []}).encode() + b"\n"
    with pytest.raises((ValueError, TypeError)):
        receive_value(io.BytesIO(line))


def test_objects_within_arrays_and_half_an_array_are_refused():
    objects = json.dumps({"content": {"array": 0, "scalar": False}, "arrays": [["|O", [1]]]}).encode() + b"\n"
    with pytest.raises(ValueError, match="objects"):
        receive_value(io.BytesIO(objects + bytes(8)))
    half = json.dumps({"content": {"array": 0, "scalar": False}, "arrays": [["|u1", [8]]]}).encode() + b"\n"
    with pytest.raises(EOFError):
        receive_value(io.BytesIO(half + bytes(4)))
