"""RGB colour spaces by their numbers, as small ICC profiles: lcms then converts from all of them alike."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_D50 = np.array([0.9642, 1.0, 0.8249])  # the profile connection space (ICC.1:2022, 7.2.16)
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
_ALIKE = 0.002  # of chromaticities, which some writers round to three places


@dataclass(frozen=True)
class Curve:
    """From a stored value x, 0 to 1, to linear light: (a x + b)^gamma, and c x below d."""

    gamma: float
    a: float = 1.0
    b: float = 0.0
    c: float = 0.0
    d: float = 0.0


@dataclass(frozen=True)
class ColourSpace:
    """Chromaticities (x, y) of red, green, blue and white, eight numbers, and the curve."""

    chromaticities: tuple[float, ...]
    curve: Curve

    @property
    def is_srgb(self) -> bool:
        """True if no value has to be changed."""
        near = np.allclose(self.chromaticities, SRGB.chromaticities, atol=_ALIKE)
        return bool(near) and self.curve == SRGB.curve

    def icc_profile(self) -> bytes:
        """Return it as an ICC profile, version 4, with a matrix and parametric curves.

        Primaries are scaled so that they add up to white, and white is adapted to D50 by Bradford's method
        (ICC.1:2022, annex E). Raises ValueError for chromaticities that span no colours.
        """
        xy = np.array(self.chromaticities, dtype=float).reshape(4, 2)
        if not np.isfinite(xy).all() or (xy[:, 1] == 0).any():
            raise ValueError("a chromaticity is no point of the diagram")
        xyz = np.stack([xy[:, 0] / xy[:, 1], np.ones(4), (1 - xy.sum(axis=1)) / xy[:, 1]], axis=1)
        primaries, white = xyz[:3].T, xyz[3]
        try:
            matrix = primaries * np.linalg.solve(primaries, white)
        except np.linalg.LinAlgError:
            raise ValueError("the primaries lie on one line") from None
        cones = (_BRADFORD @ _D50) / (_BRADFORD @ white)
        matrix = np.linalg.inv(_BRADFORD) @ np.diag(cones) @ _BRADFORD @ matrix
        if np.abs(matrix).max() > 100:  # beyond what the profile's numbers hold, and no colour space
            raise ValueError("the primaries lie on one line")
        curve = self.curve
        numbers = (curve.gamma, curve.a, curve.b, curve.c, curve.d)
        parametric = b"para\0\0\0\0" + struct.pack(">HH", 3, 0) + _fixed(numbers)
        tags = {b"wtpt": b"XYZ \0\0\0\0" + _fixed(_D50)}
        for name, column in zip((b"r", b"g", b"b"), matrix.T, strict=True):
            tags[name + b"XYZ"] = b"XYZ \0\0\0\0" + _fixed(column)
            tags[name + b"TRC"] = parametric
        return _profile(tags)


def _profile(tags: dict[bytes, bytes]) -> bytes:
    table, body = struct.pack(">I", len(tags)), b""
    begin = 128 + 4 + 12 * len(tags)
    for name, content in tags.items():
        table += name + struct.pack(">II", begin + len(body), len(content))
        body += content
    size = 128 + len(table) + len(body)
    header = struct.pack(">I4sI4s4s4s", size, b"\0\0\0\0", 0x04300000, b"mntr", b"RGB ", b"XYZ ")
    header = header.ljust(36, b"\0") + b"acsp"
    return header.ljust(68, b"\0") + _fixed(_D50) + bytes(128 - 68 - 12) + table + body


def _fixed(numbers: Sequence[float] | np.ndarray) -> bytes:
    return b"".join(struct.pack(">i", round(float(number) * 65536)) for number in numbers)


_D65 = (0.3127, 0.3290)
_709 = (0.640, 0.330, 0.300, 0.600, 0.150, 0.060, *_D65)
_601 = (0.630, 0.340, 0.310, 0.595, 0.155, 0.070, *_D65)
SRGB_CURVE = Curve(2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
SRGB = ColourSpace(_709, SRGB_CURVE)
ADOBE_RGB = ColourSpace((0.64, 0.33, 0.21, 0.71, 0.15, 0.06, *_D65), Curve(563 / 256))
"""Adobe RGB (1998), 4.3."""
ROMM_RGB = ColourSpace(
    (0.7347, 0.2653, 0.1596, 0.8404, 0.0366, 0.0001, 0.3457, 0.3585), Curve(1.8, 1.0, 0.0, 1 / 16, 1 / 32)
)
"""ISO 22028-2, which photographers call ProPhoto RGB."""
DISPLAY_P3 = ColourSpace((0.680, 0.320, 0.265, 0.690, 0.150, 0.060, *_D65), SRGB_CURVE)

_BT709_CURVE = Curve(1 / 0.45, 1 / 1.099297, 0.099297 / 1.099297, 1 / 4.5, 4.5 * 0.018054)
_PRIMARIES = {
    1: _709,
    2: _709,  # not specified
    4: (0.67, 0.33, 0.21, 0.71, 0.14, 0.08, 0.310, 0.316),
    5: (0.64, 0.33, 0.29, 0.60, 0.15, 0.06, *_D65),
    6: _601,
    7: _601,
    8: (0.681, 0.319, 0.243, 0.692, 0.145, 0.049, 0.310, 0.316),
    9: (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, *_D65),
    11: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.314, 0.351),
    12: DISPLAY_P3.chromaticities,
    22: (0.630, 0.340, 0.295, 0.605, 0.155, 0.077, *_D65),
}
_CURVES = {
    **dict.fromkeys((1, 6, 11, 12, 14, 15), _BT709_CURVE),
    **dict.fromkeys((2, 13), SRGB_CURVE),  # 2: not specified
    4: Curve(2.2),
    5: Curve(2.8),
    7: Curve(1 / 0.45, 1 / 1.1115, 0.1115 / 1.1115, 1 / 4.0, 4.0 * 0.0228),
    8: Curve(1.0),
    17: Curve(2.6),
}
HDR_TRANSFERS = (16, 18)
"""PQ and HLG: light up to a hundred times that of paper white."""


def coded_space(primaries: int, transfer: int) -> ColourSpace | None:
    """Return the space of two code points of ITU-T H.273 (tables 2 and 3), None for one that is not known."""
    if primaries not in _PRIMARIES or transfer not in _CURVES:
        return None
    return ColourSpace(_PRIMARIES[primaries], _CURVES[transfer])
