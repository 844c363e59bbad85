"""Reads weights in PyTorch's file format from before version 1.6, without torch.

Such a file is a sequence of pickles, and a pickle can call any function. This unpickler accepts the names of
which tensors are made and refuses all others; and the file's SHA-256 must be the expected one.
"""

import hashlib
import io
import pickle
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from melanoma.errors import UserError

_MAGIC = 0x1950A86A20F9469CFC6C
_PROTOCOL = 1001


@dataclass(frozen=True)
class _Tensor:
    """A view of a storage, whose data is at the end of the file."""

    storage: str
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    """Numbers, not bytes, from one entry to the next along each axis."""


def _rebuild(
    storage: str, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], grad: bool, hooks: Any
) -> _Tensor:
    return _Tensor(storage, offset, shape, strides)


_MEANINGS: dict[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): _rebuild,
    ("torch", "FloatStorage"): "<f4",
    ("torch", "LongStorage"): "<i8",
}


class _Unpickler(pickle.Unpickler):
    """Resolves the names in `_MEANINGS` and refuses all others."""

    def __init__(self, stream: io.BytesIO) -> None:
        super().__init__(stream)
        self.types: dict[str, str] = {}

    def find_class(self, module: str, name: str) -> Any:
        try:
            return _MEANINGS[module, name]
        except KeyError:
            raise UserError(
                f"The weights file names {module}.{name}, which is no part of a tensor, so it is not read."
            ) from None

    def persistent_load(self, pid: Any) -> str:
        """Return the key of a storage and note the type of its numbers."""
        _, number_type, key, _, _, _ = pid
        self.types[key] = number_type
        return key


def read_torch_file(file: Path, sha256: str) -> dict[str, np.ndarray]:
    """Return every tensor of a state dictionary by name, in the file's order; float32 or int64.

    Raises UserError if the file's SHA-256 is not the one given, or if it names anything but tensors;
    ValueError if it is of another format.
    """
    content = file.read_bytes()
    if hashlib.sha256(content).hexdigest() != sha256:
        raise UserError(f"{file.name} is not the weights file expected: its SHA-256 is not {sha256}.")
    stream = io.BytesIO(content)
    if (_Unpickler(stream).load(), _Unpickler(stream).load()) != (_MAGIC, _PROTOCOL):
        raise ValueError(f"{file} is not in PyTorch's format from before 1.6")
    _Unpickler(stream).load()  # the writer's byte order and sizes; storages are little-endian in any case
    unpickler = _Unpickler(stream)
    tensors: dict[str, _Tensor] = unpickler.load()
    storages = {}
    for key in _Unpickler(stream).load():
        count = int.from_bytes(stream.read(8), "little")
        found = np.dtype(unpickler.types[key])
        storages[key] = np.frombuffer(stream.read(count * found.itemsize), found)
    return {name: _laid_out(storages[tensor.storage], tensor) for name, tensor in tensors.items()}


def _laid_out(storage: np.ndarray, tensor: _Tensor) -> np.ndarray:
    """Return a copy of the part of a storage (count,) that a tensor views, in the tensor's shape."""
    steps = [(size - 1) * stride for size, stride in zip(tensor.shape, tensor.strides, strict=True)]
    if min(tensor.offset, *tensor.strides, 0) < 0 or tensor.offset + sum(steps) >= storage.size:
        raise ValueError(f"a tensor of shape {tensor.shape} reaches beyond its {storage.size} numbers")
    view = np.lib.stride_tricks.as_strided(
        storage[tensor.offset :],
        tensor.shape,
        [stride * storage.itemsize for stride in tensor.strides],
        writeable=False,
    )
    return view.copy()
