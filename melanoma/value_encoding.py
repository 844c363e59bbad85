"""Values for the pipe to a child process: plain ones and frozen dataclasses as JSON, arrays as their bytes.

No pickle: what is decoded can only be plain values, arrays, and dataclasses of this package.
"""

import importlib
from dataclasses import fields, is_dataclass
from typing import IO, Any

import numpy as np

from melanoma.child_process import fill, receive, send

_PACKAGE = "melanoma."
_PLAIN = (type(None), bool, int, float, str)


def encoded(value: Any) -> tuple[dict[str, Any], list[memoryview]]:
    """Return a value as a header and bodies for `child_process.send`; raises TypeError for another kind."""
    arrays: list[np.ndarray] = []
    content = _encoded(value, arrays)
    specs = [[array.dtype.str, list(array.shape)] for array in arrays]
    return {"content": content, "arrays": specs}, [_bytes(array) for array in arrays if array.size]


def send_value(stream: IO[bytes], value: Any) -> None:
    """Write a value; raises TypeError, and writes nothing, for one of another kind."""
    header, bodies = encoded(value)
    send(stream, header, *bodies)


def receive_value(stream: IO[bytes]) -> Any:
    """Read what `send_value` wrote.

    Raises EOFError if the stream ends before, and ValueError, KeyError or TypeError for anything else.
    """
    header = receive(stream)
    arrays = []
    for kind, shape in header["arrays"]:
        dtype = np.dtype(kind)
        if dtype.hasobject:
            raise ValueError("no array of objects")
        array = np.empty(shape, dtype)
        if array.size:
            fill(stream, _bytes(array))
        arrays.append(array)
    return _decoded(header["content"], arrays)


def _bytes(array: np.ndarray) -> memoryview:
    return array.reshape(-1).view(np.uint8).data


def _encoded(value: Any, arrays: list[np.ndarray]) -> Any:
    if isinstance(value, np.generic | np.ndarray):
        if value.dtype.hasobject:
            raise TypeError("an array of objects cannot be sent")
        arrays.append(np.ascontiguousarray(value).reshape(np.shape(value)))
        return {"array": len(arrays) - 1, "scalar": isinstance(value, np.generic)}
    if type(value) in _PLAIN:  # a member of an enumeration is none of these
        return value
    if isinstance(value, tuple):
        return {"tuple": [_encoded(part, arrays) for part in value]}
    if isinstance(value, list):
        return [_encoded(part, arrays) for part in value]
    if isinstance(value, dict):
        return {"dict": [[key, _encoded(part, arrays)] for key, part in value.items()]}
    kind = type(value)
    if is_dataclass(kind) and kind.__module__.startswith(_PACKAGE):
        parts = {
            field.name: _encoded(getattr(value, field.name), arrays) for field in fields(kind) if field.init
        }
        return {"made of": parts, "kind": f"{kind.__module__}:{kind.__qualname__}"}
    raise TypeError(f"{kind.__name__} cannot be sent")


def _decoded(content: Any, arrays: list[np.ndarray]) -> Any:
    if isinstance(content, list):
        return [_decoded(part, arrays) for part in content]
    if not isinstance(content, dict):
        return content
    if "array" in content:
        array = arrays[content["array"]]
        return array[()] if content["scalar"] else array
    if "tuple" in content:
        return tuple(_decoded(part, arrays) for part in content["tuple"])
    if "dict" in content:
        return {key: _decoded(part, arrays) for key, part in content["dict"]}
    kind = named(content["kind"])
    if not isinstance(kind, type) or not is_dataclass(kind):
        raise ValueError("no dataclass")
    return kind(**{name: _decoded(part, arrays) for name, part in content["made of"].items()})


def named(place: str) -> Any:
    """Return what is called `module:name` in this package; raises ValueError if there is no such."""
    module, _, name = place.partition(":")
    if not module.startswith(_PACKAGE):
        raise ValueError("not of this package")
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise ValueError(f"there is no {place}") from error
