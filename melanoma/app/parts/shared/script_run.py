"""What is looked up once in a run of the page's script, such as the visitor's language and model.

Streamlit runs the script anew for whatever a visitor does. Within one run these stay the same, and every
phrase asks for them.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

T = TypeVar("T")

_VALUES: ContextVar[dict[str, Any] | None] = ContextVar("values of this run", default=None)


@contextmanager
def script_run() -> Iterator[None]:
    """Keep what `once_per_run` looks up as long as the block runs; a block within another shares its values.

    As a decorator it does so for a function. What runs outside of any such block looks up every time.
    """
    if _VALUES.get() is not None:
        yield
        return
    token = _VALUES.set({})
    try:
        yield
    finally:
        _VALUES.reset(token)


def once_per_run(name: str, look_up: Callable[[], T]) -> T:
    """Return `look_up()`, or what it returned under this name before in this run. Errors are not kept."""
    values = _VALUES.get()
    if values is None:
        return look_up()
    if name not in values:
        values[name] = look_up()
    return values[name]
