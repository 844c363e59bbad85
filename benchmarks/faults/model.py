"""The model's files: missing, damaged, gone while visitors are on the page; and put back."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser

from benchmarks.browser import running_server
from benchmarks.faults.trial import Trial, Visitor
from melanoma.model.bundle import DEFAULT, MODELS

_NO_MODEL = "There is no model."
_INCOMPLETE = "model.keras is missing. Copy the model again."
_DAMAGED = "model.keras does not match its checksum"


def missing(browser: Browser) -> Trial:
    """A server without a model, and one whose model goes while visitors are on the page."""
    trial = Trial("model file missing")
    with _own_folder() as model, _away(model), _server(model) as address:
        visitor = Visitor(browser, address)
        trial.saw(visitor, _NO_MODEL)
        _back(model)
        trial.goes_on(visitor, "the same page, at the visitor's next step")
        neighbour = Visitor(browser, address)
        trial.goes_on(neighbour, "a new visitor")
        with _away(model):
            visitor.asks_for_another_map()
            trial.saw(visitor, _NO_MODEL)
        trial.goes_on(visitor, "the same page, at the visitor's next step")
        trial.keeps(neighbour, "another visitor")
    with _own_folder() as model, _away(model / "model.keras"), _server(model) as address:
        visitor = Visitor(browser, address)
        trial.saw(visitor, _INCOMPLETE)
        _back(model / "model.keras")
        trial.goes_on(visitor, "the same page, at the visitor's next step")
        with _away(model / "model.keras"):
            trial.goes_on(visitor, "a network that is in memory answers without its file")
    trial.lost.append("nothing")
    return trial


def missing_between(browser: Browser) -> Trial:
    """Keras' file that goes after the page has checked it and before a map needs it."""
    trial = Trial("model file lost before it is loaded")
    with _own_folder() as model, _server(model) as address:
        visitor = Visitor(browser, address, page="model")  # checks the files and loads no Keras
        visitor.page.get_by_text("Which network is this?").wait_for()
        visitor.page.get_by_text("Made with", exact=True).wait_for()
        with _away(model / "model.keras"):
            visitor.page.goto(f"{address}/?method=layer-cam")
            trial.saw(visitor, _INCOMPLETE)
        trial.goes_on(visitor, "the same page, at the visitor's next step")
    trial.lost.append("nothing")
    return trial


def damaged(browser: Browser) -> Trial:
    """One byte of the network's file changed, before the start and under a running server."""
    trial = Trial("model damaged")
    with _own_folder() as model:
        file = model / "model.keras"
        _flip_a_byte(file)
        with _server(model) as address:
            visitor = Visitor(browser, address)
            trial.saw(visitor, _DAMAGED)
            _flip_a_byte(file)
            trial.goes_on(visitor, "the same page, at the visitor's next step")
            _flip_a_byte(file)
            trial.goes_on(visitor, "a network that is in memory answers on")
    trial.lost.append("nothing")
    return trial


@contextmanager
def _own_folder() -> Iterator[Path]:
    """Copy the shipped model into a folder of models of its own; yield the model's folder."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(shutil.copytree(DEFAULT, Path(folder) / DEFAULT.name))


@contextmanager
def _server(model: Path) -> Iterator[str]:
    with running_server({MODELS: str(model.parent)}) as (address, _):
        yield address


@contextmanager
def _away(file: Path) -> Iterator[None]:
    """Take a file or folder away as long as the block runs, or until `_back`."""
    os.rename(file, _aside(file))
    try:
        yield
    finally:
        if _aside(file).exists():
            _back(file)


def _back(file: Path) -> None:
    os.rename(_aside(file), file)


def _aside(file: Path) -> Path:
    """Return where a file lies meanwhile: outside the folder that the page looks through."""
    return file.with_name(f".{file.name}")


def _flip_a_byte(file: Path) -> None:
    """Change one bit in the middle of a file, or change it back."""
    with file.open("r+b") as stream:
        stream.seek(file.stat().st_size // 2)
        byte = stream.read(1)[0]
        stream.seek(-1, os.SEEK_CUR)
        stream.write(bytes([byte ^ 1]))
