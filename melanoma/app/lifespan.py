"""What the server does besides serving, from its start to its end."""

import signal
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import FrameType
from typing import Any

import uvicorn

from melanoma.app.left_sessions import let_go_of_left_sessions
from melanoma.app.parts.shared.examples import EXAMPLES
from melanoma.app.parts.shared.keras_process import KERAS


@asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[None]:
    """Gather the example photos, let go of what visitors leave behind, and end in order when asked to."""
    end_in_order_on_sigterm()
    EXAMPLES.start()
    try:
        async with let_go_of_left_sessions(app):
            yield
    finally:
        EXAMPLES.stop()
        KERAS.close()


def end_in_order_on_sigterm() -> None:
    """Let SIGTERM end the server and then Python, with all that libraries have to tidy up.

    uvicorn ends its server in order, and then sends itself the signal again, which ends the process at once:
    TensorFlow's temporary files would stay.
    """
    if threading.current_thread() is not threading.main_thread():
        return  # only there may signals be handled, so nobody handles them
    server = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)
    if not isinstance(server, uvicorn.Server):
        return

    def end(_number: int, _frame: FrameType | None) -> None:
        server.force_exit = server.should_exit  # the second time it waits for nobody
        server.should_exit = True

    signal.signal(signal.SIGTERM, end)
