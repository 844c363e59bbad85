"""Error messages: a UserError and a lack of memory become sentences, any other exception is a defect."""

import errno
import functools
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec

import cv2
import streamlit as st

from melanoma.app.parts.shared.language import say
from melanoma.app.parts.shared.script_run import script_run
from melanoma.errors import UserError
from melanoma.phrases import Sentence

P = ParamSpec("P")

_LOG = logging.getLogger(__name__)


@contextmanager
def show_user_errors() -> Iterator[None]:
    """Show the sentence of a UserError, or that memory is short, and go on after the block.

    As a decorator it does so for a page, whose model's folder may be absent or damaged.
    """
    try:
        yield
    except Exception as error:
        sentence = sentence_of(error)
        if sentence is None:
            raise
        st.error(sentence.said(say))


def fragment(draw: Callable[P, None], run_every: float | None = None) -> Callable[P, None]:
    """Return `draw` as Streamlit's fragment, with sentences on the runs of its own as well."""

    @functools.wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> None:
        with script_run(), show_user_errors():
            draw(*args, **kwargs)

    return st.fragment(drawn, run_every=run_every)


def sentence_of(error: Exception) -> Sentence | None:
    """Return what the visitor is to read of an exception; None if it is a defect, which Streamlit shows.

    Memory that is short goes to the server's log besides: the operator may give it more.
    """
    if isinstance(error, UserError):
        return error.sentence
    if not short_of_memory(error):
        return None
    _LOG.error("Memory is short", exc_info=error)
    return Sentence(
        "The server has too little memory for this. Try again in a minute, or with a smaller photo."
    )


def short_of_memory(error: Exception) -> bool:
    """Return True for what Python, NumPy, OpenCV, the system and TensorFlow raise where memory ends."""
    tensorflow = sys.modules.get("tensorflow")  # it takes seconds to import, and may not be needed yet
    return (
        isinstance(error, MemoryError)
        or (isinstance(error, cv2.error) and error.code == cv2.Error.StsNoMem)
        or (isinstance(error, OSError) and error.errno == errno.ENOMEM)
        or (isinstance(error, RuntimeError) and str(error) == "can't start new thread")
        or (tensorflow is not None and isinstance(error, tensorflow.errors.ResourceExhaustedError))
    )
