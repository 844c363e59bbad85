"""One damaged or hostile file for each number, always the same."""

import random
import struct
from collections.abc import Callable

_NUMBERS = (0, 1, 2, 3, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000)
_LARGEST = 0xFFFFFFFF
_HEAD = 256  # bytes in which most kinds keep their sizes and offsets
_MOST = 8  # mutations of one file


def mutated(files: dict[str, bytes], number: int) -> tuple[str, bytes]:
    """Return the name of the original and the file that `number` makes of it."""
    random_ = random.Random(number)
    names = sorted(files)
    name = names[number % len(names)]
    content = bytearray(files[name])
    for _ in range(random_.choice((1, 1, 1, 2, 3, _MOST))):
        mutation = random_.choice(_ALL)
        if mutation is _splice:
            other = files[random_.choice(names)]
            content = _splice(random_, content, other)
        else:
            content = mutation(random_, content, b"")
    return name, bytes(content)


def _place(random_: random.Random, content: bytearray) -> int:
    """Return an offset, half of the time near the beginning."""
    end = max(1, len(content))
    return random_.randrange(min(end, _HEAD)) if random_.random() < 0.5 else random_.randrange(end)


def _flip_bit(random_: random.Random, content: bytearray, _: bytes) -> bytearray:
    if content:
        content[_place(random_, content)] ^= 1 << random_.randrange(8)
    return content


def _set_byte(random_: random.Random, content: bytearray, _: bytes) -> bytearray:
    if content:
        content[_place(random_, content)] = random_.randrange(256)
    return content


def _set_number(random_: random.Random, content: bytearray, _: bytes) -> bytearray:
    """Put a number at the edge of a range, of 16 or 32 bits and either order, where a size may stand."""
    value = random_.choice((*_NUMBERS, _LARGEST, random_.randrange(_LARGEST)))
    kind = random_.choice(("<H", ">H", "<I", ">I"))
    packed = struct.pack(kind, value & (0xFFFF if kind[1] == "H" else _LARGEST))
    at = _place(random_, content)
    content[at : at + len(packed)] = packed
    return content


def _cut(random_: random.Random, content: bytearray, _: bytes) -> bytearray:
    return content[: _place(random_, content)]


def _leave_out(random_: random.Random, content: bytearray, _: bytes) -> bytearray:
    at = _place(random_, content)
    del content[at : at + random_.choice((1, 2, 4, 16, 64, 512))]
    return content


def _repeat(random_: random.Random, content: bytearray, _: bytes) -> bytearray:
    at, length = _place(random_, content), random_.choice((1, 4, 16, 64, 512))
    piece = content[at : at + length] * random_.choice((1, 2, 8, 64))
    content[at:at] = piece
    return content


def _insert(random_: random.Random, content: bytearray, _: bytes) -> bytearray:
    at = _place(random_, content)
    content[at:at] = random_.randbytes(random_.choice((1, 2, 4, 16, 64)))
    return content


def _blank(random_: random.Random, content: bytearray, _: bytes) -> bytearray:
    at = _place(random_, content)
    length = len(content[at : at + random_.choice((2, 8, 32, 256))])
    content[at : at + length] = bytes([random_.choice((0, 0xFF))]) * length
    return content


def _splice(random_: random.Random, content: bytearray, other: bytes) -> bytearray:
    """Return the beginning of one file and the end of another."""
    return content[: _place(random_, content)] + other[random_.randrange(len(other)) :]


_ALL: tuple[Callable[[random.Random, bytearray, bytes], bytearray], ...] = (
    _flip_bit,
    _flip_bit,
    _set_byte,
    _set_number,
    _set_number,
    _set_number,
    _cut,
    _leave_out,
    _repeat,
    _insert,
    _blank,
    _splice,
)
