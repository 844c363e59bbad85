"""The laboratory's figures: what each shortcut and mend does, and ten visitors who fit at once.

python -m benchmarks.laboratory                   the table of docs/laboratory.md, and the visitors
python -m benchmarks.laboratory --visitors 10     the visitors alone
python -m benchmarks.laboratory --photos FOLDER   the table for the photos of `melanoma examples --out FOLDER`

Each visitor opens another state by its link, so that no outcome is cached, after one has opened the page;
the clock runs from the connection to the last thing drawn. First all plant something, four shortcuts, whose
features nobody has asked for; then all mend it by mixing. Exits with status 1 if one waits for more than ten
seconds or is told another's verdict.
"""

import argparse
import asyncio
import hashlib
import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.browser import running_server
from benchmarks.visitor import Visitor
from melanoma.laboratory.feature_store import DEPTHS, MIDDLE, SLICE, FeatureStore
from melanoma.laboratory.findings import accuracy, focus, judge
from melanoma.laboratory.lesions import Lesions, drawn_lesions, framed_photos
from melanoma.laboratory.trial import CLEAN, MENDS, MIXING, NO_MEND, TESTS, Plan, needed_pictures, run_trial
from melanoma.laboratory.wording import verdict_words
from melanoma.model.bundle import DEFAULT, load_bundle
from melanoma.photos.examples import IDS, load_example
from melanoma.photos.reading import read_image

STATES = (("ruler", 1.0, 0.0), ("ink", 0.0, 1.0), ("dark-corners", 1.0, 0.0), ("colours", 0.9, 0.1))
MOST_SECONDS = 10.0


def table(lesions: Lesions, depth: str) -> None:
    """Print a line for each shortcut and mend, and the accuracy with other penalties."""
    from melanoma.laboratory import head
    from melanoma.laboratory.features import layer_of, reader
    from melanoma.model.classifier import load_compiled

    network = load_compiled(load_bundle(DEFAULT))
    store = FeatureStore(reader(network, depth), lesions)
    print(f"\n{depth}: {layer_of(network, depth)}, {len(lesions)} lesions")
    print(
        "| planted | mend | as fitted | clean | other way round | evidence on it (area) | verdict | fit, s |"
    )
    print("|---|---|---|---|---|---|---|---|")
    seconds = []
    for shortcut, on_malignant, on_benign in (("ruler", 0.0, 0.0), *STATES):
        before = None
        for mend in MENDS if on_malignant + on_benign else MENDS[:1]:
            plan = Plan(shortcut, on_malignant, on_benign, mend)
            while missing := store.missing(needed_pictures(lesions, plan)):
                store.add(missing[:SLICE])
            outcome = run_trial(store, plan)
            before = before or outcome
            found = focus(outcome)
            shown = [str(accuracy(outcome, test)) for test in TESTS]
            on_it = f"{found.evidence:.2f} ({found.area:.2f})" if found else "none"
            verdict = judge(outcome, None if outcome is before else before)
            name = shortcut if plan.planted else "nothing"
            seconds.append(outcome.seconds)
            print(f"| {name} | {mend} | {' | '.join(shown)} | {on_it} | {verdict} | {outcome.seconds:.3f} |")
    print(f"fits: median {np.median(seconds):.3f} s, worst {max(seconds):.3f} s")
    usual = head.PENALTY
    for penalty in (1.0, 10.0, 100.0, 1000.0):
        head.PENALTY = penalty
        print(f"penalty {penalty:g}: clean {accuracy(run_trial(store, Plan('ruler', 0, 0)), CLEAN)}")
    head.PENALTY = usual


def photos_of(folder: Path, size: int, framing: str) -> Lesions:
    """Return the example photos of a folder, as the page takes them."""
    from melanoma.diagnoses import diagnosis_of

    found = [example for name, _ in IDS if (example := load_example(folder, name)) is not None]
    pixels = [read_image(folder / f"{example.isic_id}.jpg") for example in found]
    return framed_photos(pixels, [diagnosis_of(one.diagnosis).malignant for one in found], size, framing)


def query_of(plan: Plan) -> str:
    """Return the link of a state."""
    shares = f"lab-malignant={round(100 * plan.on_malignant)}&lab-benign={round(100 * plan.on_benign)}"
    return f"lang=en&lab-plant={plan.shortcut}&{shares}&lab-mend={plan.mend}"


async def visit(address: str, plan: Plan, wanted: str) -> float:
    """Return how long a state took; raises RuntimeError if its own verdict is not told."""
    visitor = Visitor(address)
    began = time.monotonic()
    messages = await visitor.open(query_of(plan), "laboratory")
    took = time.monotonic() - began
    await visitor.close()
    if not any(wanted.encode() in message.SerializeToString() for message in messages):
        raise RuntimeError(f"{plan} got another answer than its own")
    return took


async def _visits(address: str, plans: Sequence[Plan], wanted: Mapping[Plan, str]) -> list[object]:
    visits = [visit(address, plan, wanted[plan]) for plan in plans]
    return await asyncio.gather(*visits, return_exceptions=True)


def known_verdicts(plans: Sequence[Plan], size: int) -> dict[Plan, str]:
    """Return what the page must tell of each plan and its mend, computed in this process."""
    from melanoma.laboratory.features import reader
    from melanoma.model.classifier import load_compiled

    store = FeatureStore(reader(load_compiled(load_bundle(DEFAULT)), MIDDLE), drawn_lesions(size))
    verdicts = {}
    for plan in plans:
        outcomes = []
        for one in (plan, replace(plan, mend=NO_MEND)):
            while missing := store.missing(needed_pictures(store.lesions, one)):
                store.add(missing[:SLICE])
            outcomes.append(run_trial(store, one))
        verdicts[plan] = verdict_words(outcomes[0], outcomes[1] if plan.mend != NO_MEND else None)
    return verdicts


def visitors(count: int, size: int) -> bool:
    """Have so many open a state each at once, twice; return whether all had their own in time."""
    file = DEFAULT / "model.keras"
    before = hashlib.sha256(file.read_bytes()).hexdigest()
    nothing = Plan("ruler", 0.0, 0.0)
    names = [shortcut for shortcut, _, _ in STATES]
    planted = [Plan(names[n % 4], round(1 - 0.1 * (n // 4 % 10), 1), 0.0) for n in range(count)]
    mended = [replace(plan, mend=MIXING) for plan in planted]
    wanted = known_verdicts([nothing, *planted, *mended], size)
    fine = True
    with running_server() as (address, _):
        took = asyncio.run(visit(address, nothing, wanted[nothing]))
        print(f"the first visitor of a server: {took:.1f} s, for TensorFlow, the model and the features")
        for name, plans in (("plant, features new", planted), ("mend", mended)):
            results = asyncio.run(_visits(address, plans, wanted))
            waits = [result for result in results if isinstance(result, float)]
            for result in results:
                if isinstance(result, BaseException):
                    print(f"error: {result!r}")
            fine = fine and len(waits) == count and max(waits) < MOST_SECONDS
            print(
                f"{count} visitors at once, {name}: median {np.median(waits):.2f} s, "
                f"worst {max(waits):.2f} s; {os.cpu_count()} cores with this script on them, "
                f"load {os.getloadavg()[0]:.1f}"
            )
    same = hashlib.sha256(file.read_bytes()).hexdigest() == before
    print(f"the network's file is {'the same' if same else 'ANOTHER'} before and after")
    return fine and same


def main() -> None:
    """Run, and print the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--visitors", type=int, default=0)
    parser.add_argument("--photos", type=Path)
    options = parser.parse_args()
    bundle = load_bundle(DEFAULT)
    if not options.visitors:
        for depth in DEPTHS:
            lesions = (
                photos_of(options.photos, bundle.image_size, bundle.framing)
                if options.photos
                else drawn_lesions(bundle.image_size)
            )
            table(lesions, depth)
    if options.photos is None and not visitors(options.visitors or 10, bundle.image_size):
        sys.exit(1)


if __name__ == "__main__":
    main()
