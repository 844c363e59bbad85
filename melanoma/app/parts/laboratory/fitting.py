"""Heads fitted on the page. Features and outcomes are the same for all visitors, and cached for them all."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from melanoma.app.parts.laboratory.controls import DRAWINGS
from melanoma.app.parts.shared.examples import EXAMPLES
from melanoma.app.parts.shared.language import say
from melanoma.app.parts.shared.model import chosen_bundle, classifier, network_with_keras
from melanoma.app.parts.shared.one_at_a_time import one_at_a_time
from melanoma.batches import sliced
from melanoma.diagnoses import diagnosis_of
from melanoma.laboratory.feature_store import SLICE, FeatureStore
from melanoma.laboratory.lesions import Lesions, drawn_lesions, framed_photos
from melanoma.laboratory.pictures import Picture
from melanoma.laboratory.trial import Outcome, Plan, needed_pictures, run_trial
from melanoma.pause_points import in_steps


@dataclass(frozen=True)
class Bench:
    """The lesions of one source and the features of one depth, of the visitor's model."""

    key: tuple[str, ...]
    store: FeatureStore
    credits: tuple[str, ...]
    """Whose each real photo is; empty for drawings."""

    def run(self, plans: Sequence[Plan]) -> list[Outcome]:
        """Return the outcome of each plan; shows how far the network is with photos that are new to it."""
        lesions = self.store.lesions
        _fill(self.store, [picture for plan in plans for picture in needed_pictures(lesions, plan)])
        return [_outcome(self.store, self.key, plan) for plan in plans]


def bench(source: str, depth: str) -> Bench:
    """Return the bench of a source and a depth; raises UserError if there are too few real photos."""
    compiled, bundle = classifier().compiled, chosen_bundle()
    if source == DRAWINGS:
        photos: tuple[str, ...] = ()
        lesions = _lesions(lambda: drawn_lesions(bundle.image_size), (source, str(bundle.image_size)))
    else:
        examples = EXAMPLES.all()
        photos = tuple(example.isic_id for example in examples)
        pixels = [found[1] for name in photos if (found := EXAMPLES.get(name)) is not None]
        malignant = [diagnosis_of(example.diagnosis).malignant for example in examples]
        lesions = _lesions(
            lambda: framed_photos(pixels, malignant, bundle.image_size, bundle.framing),
            (source, str(bundle.image_size), bundle.framing, *photos),
        )
    key = (str(bundle.path), bundle.version, depth, source, *photos)

    def make() -> FeatureStore:
        from melanoma.laboratory.features import reader

        return FeatureStore(reader(compiled, depth), lesions)

    return Bench(key, _store(make, key), tuple(EXAMPLES.get(name)[0].credit for name in photos))


def _fill(store: FeatureStore, pictures: Sequence[Picture]) -> None:
    """Compute the features that are missing, a slice at a time, so that other visitors' work gets between."""
    missing = store.missing(pictures)
    if not missing:
        return
    network_with_keras()

    def compute() -> None:
        for some in in_steps(list(sliced(missing, SLICE))):
            store.add(store.missing(some))  # meanwhile another visitor may have had the same ones computed

    def doing() -> str:
        total = len(missing)
        done = total - len(store.missing(missing))
        return say("The network looks at {total} new photos: {done} done.", total=total, done=done)

    one_at_a_time(compute, f"features of {len(missing)}", doing)


# No ttl for these: they never change, and the next visitor would wait for seconds.
@st.cache_resource(max_entries=2, show_spinner=False)
def _lesions(_make: Callable[[], Lesions], key: tuple[str, ...]) -> Lesions:
    return _make()


@st.cache_resource(max_entries=4, show_spinner=False)
def _store(_make: Callable[[], FeatureStore], key: tuple[str, ...]) -> FeatureStore:
    return _make()


@st.cache_resource(max_entries=100, show_spinner=False)
def _outcome(_store: FeatureStore, key: tuple[str, ...], plan: Plan) -> Outcome:
    return run_trial(_store, plan)
