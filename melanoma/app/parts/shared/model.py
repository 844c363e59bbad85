"""The model in use: the operator's folder holds one or several, and each visitor chooses.

Answers come from LiteRT where a bundle has the network for it. TensorFlow takes seconds to import and half a
gigabyte: what needs it is computed in a process of its own (`keras_process`).
"""

import gc
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from melanoma.app.parts.shared.keras_process import KERAS
from melanoma.app.parts.shared.language import say
from melanoma.app.parts.shared.link import link_decides, put_into_link
from melanoma.app.parts.shared.script_run import once_per_run
from melanoma.app.parts.shared.work_queue import WorkQueue
from melanoma.app.server_metrics import METRICS
from melanoma.errors import UserError
from melanoma.model import bundle as bundles

if TYPE_CHECKING:
    from melanoma.explain.base import Method
    from melanoma.model.bundle import Bundle
    from melanoma.model.classifier import Classifier, CompiledNetwork
    from melanoma.model.prediction import Prediction

MODEL = "model"
"""The name of the model in a link."""
_CHOSEN = "model-chosen"
_NAMES, _BUNDLE, _CLASSIFIER = "model names", "bundle", "classifier"  # what is looked up once in a run
_QUEUE = WorkQueue(most=100)
"""Photos before the network, one at a time: a hundred take about three seconds."""
_LOADED_ONCE: set[tuple[str, str]] = set()
"""Folder and version of the networks that were loaded before: no spinner for the next visitors."""
_MOST_LOADED = 2  # networks at once, about 100 MB each: the host has little more


def model_names() -> tuple[str, ...]:
    """Return the names of the models in the operator's folder, the default first."""
    return once_per_run(_NAMES, _list_models)


def _list_models() -> tuple[str, ...]:
    found = sorted(bundles.bundles_in(bundles.models_folder()))
    return tuple(sorted(found, key=lambda name: name != bundles.DEFAULT.name))


def choose_model(name: str) -> None:
    """Set this visitor's model."""
    st.session_state[_CHOSEN] = name


def chosen_name() -> str:
    """Return the name of this visitor's model: the one chosen here, the link's, or the default.

    Raises UserError if there is no such model.
    """
    names = model_names()
    if not names:
        raise _no_model()
    if link_decides():
        st.session_state.pop(_CHOSEN, None)
    asked = st.session_state.get(_CHOSEN) or st.query_params.get(MODEL)
    if asked is not None and asked not in names:
        # A name that the visitor typed is never a path: it is only compared with what is there.
        raise UserError("There is no model of the name in this link. Choose one on the page Model.")
    if asked is not None:
        choose_model(asked)  # the next page's link has no name of a model at first
    name = asked or names[0]
    put_into_link(MODEL, name if name != names[0] else None)
    return name


def bundle_named(name: str) -> "Bundle":
    """Return a model's verified bundle, without loading the network; raises UserError if it is damaged."""
    folder = bundles.models_folder() / name
    try:
        return _load_bundle(str(folder), (folder / "bundle.json").stat().st_mtime_ns)
    except UserError as error:  # where the operator keeps it is not the visitor's business
        raise UserError(error.sentence.renamed(str(folder), name)) from None
    except FileNotFoundError:  # it was there when the names were read
        raise _no_model() from None


def chosen_bundle() -> "Bundle":
    """Return the bundle of this visitor's model; raises UserError if it is absent or damaged."""
    return once_per_run(_BUNDLE, lambda: bundle_named(chosen_name()))


def classifier() -> "Classifier":
    """Return the classifier of this visitor's model; raises UserError if it is absent or damaged."""
    return once_per_run(_CLASSIFIER, lambda: classifier_of(chosen_bundle()))


def classifier_of(bundle: "Bundle") -> "Classifier":
    """Return the classifier of a bundle, loaded once for all visitors."""
    known = (str(bundle.path), bundle.version)
    if known in _LOADED_ONCE:
        return _load_network(bundle, *known)
    with st.spinner(say("Loading the network (a few seconds, once)…")):
        loaded = _load_network(bundle, *known)
    _LOADED_ONCE.add(known)
    return loaded


def network_with_keras() -> "CompiledNetwork":
    """Return this visitor's network after seeing to it that its Keras model is loaded, with a spinner.

    To be called where something is computed with it, not where results are at hand: the process may have
    ended since, and would be started for nothing.
    """
    from melanoma.model.keras_task import load_keras

    compiled = classifier().compiled
    if compiled.keras_process is not None and not compiled.keras_process.running:
        with st.spinner(say("Loading TensorFlow, which this needs (a few seconds)…")):
            load_keras(compiled)
    return compiled


def expect_keras() -> None:
    """Start the process for TensorFlow, for a visitor on the way to what needs it."""
    if classifier().compiled.keras_process is not None:
        KERAS.start()


def run_network(network: "Classifier", photo: np.ndarray) -> "Prediction":
    """Return the prediction for a photo, uint8 RGB (H, W, 3), after those that were queued before.

    Raises UserError if the queue is full.
    """
    with METRICS.timed("network asked"), _QUEUE.turn(object()):
        return network([photo])[0]


def methods() -> "dict[str, Method]":
    """Return the methods that can explain this visitor's model by name, the one to begin with first."""
    from melanoma.explain.registry import offered_methods

    return offered_methods(classifier().compiled)


def _no_model() -> UserError:
    return UserError("There is no model. The operator has to put one into the folder of models.")


# No ttl for these two: a new bundle has another key, what is in memory stays valid whatever becomes of the
# files, and after a ttl the next visitor would wait for seconds.
@st.cache_resource(max_entries=16, show_spinner=False)
def _load_bundle(folder: str, changed: int) -> "Bundle":
    return bundles.load_bundle(Path(folder))


@st.cache_resource(max_entries=_MOST_LOADED, show_spinner=False)
def _load_network(_bundle: "Bundle", folder: str, version: str) -> "Classifier":
    from melanoma.model.classifier import Classifier

    loaded = Classifier(_bundle)
    loaded.compiled = KERAS.take_over(loaded.compiled, _bundle)
    _freeze_what_is_loaded()
    return loaded


def _freeze_what_is_loaded() -> None:
    """Keep what is loaded out of the collections of garbage.

    Streamlit collects twice after every run of the script, with all visitors waiting. What is loaded now
    stays, so it is frozen; what was evicted for it had been frozen, and is collected only now.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
