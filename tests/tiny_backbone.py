"""A backbone of seven convolutions, so that tests build, trace and run it in a hundredth of MobileNet's time.

It bears MobileNet's name and the names of those of its layers that something asks for, so a bundle made with
it is read like any other, in other processes too.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import keras
import pytest

from melanoma.model.backbones.base import FEATURES
from melanoma.model.backbones.mobilenet import MOBILENET
from melanoma.model.backbones.registry import BACKBONES

LAYERS = (
    ("conv1", 8, 2),
    ("conv_pw_1", 8, 1),
    ("conv_pw_3", 12, 2),
    ("conv_pw_5", 16, 2),
    ("conv_pw_6", 16, 2),
    ("conv_pw_11", 24, 1),
    ("conv_pw_13", 32, 1),
)
"""Name, channels and stride of each."""


def build(pixels: Any, *, synchronized: bool = False, dense: bool = True) -> Any:
    x = keras.layers.Rescaling(1 / 127.5, offset=-1.0, name="scaled")(pixels)
    for name, channels, stride in LAYERS:
        last = name == LAYERS[-1][0]
        stride = 2 if last and not dense else stride
        convolution = keras.layers.Conv2D(channels, 3, stride, padding="same", use_bias=False, name=name)
        norm = keras.layers.BatchNormalization(name=f"{name}_bn", synchronized=synchronized)
        x = norm(convolution(x))
        x = keras.layers.ReLU(6.0, name=FEATURES if last else f"{name}_relu")(x)
    return x


TINY = replace(
    MOBILENET,
    build=build,
    blocks=tuple(f"{name}_relu" for name, _, _ in LAYERS[1:-1]),
    frozen_blocks=1,
)


@contextmanager
def as_mobilenet() -> Iterator[None]:
    """Have the name `mobilenet` stand for the tiny one, as long as the block runs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(BACKBONES, "mobilenet", TINY)
        yield
