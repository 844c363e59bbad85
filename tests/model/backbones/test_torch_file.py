"""PyTorch's old file format, on files written byte by byte: tensors by hand, and nothing but tensors."""

import hashlib
import pickle
import struct
from pathlib import Path

import numpy as np
import pytest

from melanoma.errors import UserError
from melanoma.model.backbones.torch_file import read_torch_file

MAGIC, PROTOCOL = 0x1950A86A20F9469CFC6C, 1001


def text(value: str) -> bytes:
    return b"X" + struct.pack("<I", len(value)) + value.encode()


def numbers(*values: int) -> bytes:
    return b"(" + b"".join(b"J" + struct.pack("<i", value) for value in values) + b"t"


def tensor(storage: str, kind: str, offset: int, shape: bytes, strides: bytes) -> bytes:
    """The pickled call of torch._utils._rebuild_tensor_v2, as PyTorch writes it."""
    pid = b"(" + text("storage") + f"ctorch\n{kind}\n".encode() + text(storage) + text("cpu") + b"K\x09Nt"
    hooks = b"ccollections\nOrderedDict\n)R"
    call = b"(" + pid + b"QJ" + struct.pack("<i", offset) + shape + strides + b"\x89" + hooks + b"t"
    return b"ctorch._utils\n_rebuild_tensor_v2\n" + call + b"R"


def state(**entries: bytes) -> bytes:
    items = b"".join(text(name) + value for name, value in entries.items())
    return b"\x80\x02ccollections\nOrderedDict\n)R(" + items + b"u."


def written(path: Path, content: bytes, *storages: np.ndarray, magic: int = MAGIC) -> tuple[Path, str]:
    """Write a file whose storages are called "0", "1" …; return it and its SHA-256."""
    keys = [str(number) for number in range(len(storages))]
    heads = [pickle.dumps(head, 2) for head in (magic, PROTOCOL, {"little_endian": True})]
    whole = b"".join(heads) + content + pickle.dumps(keys, 2)
    for storage in storages:
        whole += struct.pack("<q", storage.size) + storage.tobytes()
    path.write_bytes(whole)
    return path, hashlib.sha256(whole).hexdigest()


def test_two_tensors_of_one_storage_by_hand(tmp_path):
    content = state(
        turned=tensor("0", "FloatStorage", 1, numbers(2, 3), numbers(1, 2)),
        count=tensor("1", "LongStorage", 0, b")", b")"),
        end=tensor("0", "FloatStorage", 5, numbers(2), numbers(1)),
    )
    floats, longs = np.arange(7, dtype="<f4") / 2, np.array([-(2**40)], "<i8")
    found = read_torch_file(*written(tmp_path / "small.pth", content, floats, longs))
    assert list(found) == ["turned", "count", "end"]
    assert found["turned"].tolist() == [[0.5, 1.5, 2.5], [1.0, 2.0, 3.0]]
    assert found["count"].shape == () and found["count"] == -(2**40)
    assert found["end"].tolist() == [2.5, 3.0]
    assert [value.dtype for value in found.values()] == ["float32", "int64", "float32"]


@pytest.mark.parametrize(
    ("offset", "shape", "strides"),
    [(2, (2, 3), (3, 1)), (0, (8,), (1,)), (-1, (2,), (1,)), (6, (3,), (-1,)), (0, (2, 2), (7, 1))],
)
def test_a_tensor_beyond_its_storage_is_refused(tmp_path, offset, shape, strides):
    content = state(wild=tensor("0", "FloatStorage", offset, numbers(*shape), numbers(*strides)))
    with pytest.raises(ValueError, match="reaches beyond its 7 numbers"):
        read_torch_file(*written(tmp_path / "wild.pth", content, np.zeros(7, "<f4")))


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"cos\nsystem\n(S'touch {marker}'\ntR.", "os.system"),
        (b'cbuiltins\nexec\n(S\'open("{marker}", "w")\'\ntR.', "builtins.exec"),
        (b"\x80\x04\x8c\x05posix\x8c\x06system\x93(S'touch {marker}'\ntR.", "posix.system"),
        (b"ctorch\nDoubleStorage\n.", "torch.DoubleStorage"),
        (b"(S'touch {marker}'\nios\nsystem\n.", "os.system"),
    ],
)
@pytest.mark.parametrize("place", ["state", "first"])
def test_any_other_name_is_refused_and_never_called(tmp_path, content, name, place):
    marker = tmp_path / "it ran"
    content = content.replace(b"{marker}", str(marker).encode())
    whole = (
        content
        if place == "first"
        else b"".join([*(pickle.dumps(head, 2) for head in (MAGIC, PROTOCOL, {})), content])
    )
    file = tmp_path / "wild.pth"
    file.write_bytes(whole)
    with pytest.raises(UserError, match=f"names {name}, which is no part of a tensor"):
        read_torch_file(file, hashlib.sha256(whole).hexdigest())
    assert not marker.exists()


def test_a_file_with_another_hash_is_refused_unread(tmp_path):
    file = tmp_path / "weights.pth"
    file.write_bytes(b"cos\nsystem\n.")
    with pytest.raises(
        UserError, match=r"weights.pth is not the weights file expected: its SHA-256 is not 00"
    ):
        read_torch_file(file, "00" * 32)


def test_another_format_is_refused(tmp_path):
    with pytest.raises(ValueError, match="not in PyTorch's format"):
        read_torch_file(*written(tmp_path / "newer.pth", state(), magic=7))
