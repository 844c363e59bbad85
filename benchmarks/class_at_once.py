"""A class at once: thirty visitors, each with a photo every ten seconds, and every answer checked.

python -m benchmarks.class_at_once
python -m benchmarks.class_at_once --visitors 10 --seconds 30
python -m benchmarks.class_at_once --testing 5 --mapping 5

Each visitor has a drawing of its own, whose probabilities are computed beforehand in this process; the page
must show exactly those. The clock starts when the visitor asks to send a file and stops when all that the
page draws has arrived. Of the visitors, some can have all tests of the map made, one after the other without
a rest, and some can have an occlusion map with each photo: both wait in the queue of slow work. Exits with
status 1 if an answer is missing or another visitor's.
"""

import argparse
import asyncio
import os
import random
import sys
import time

import cv2
import numpy as np

from benchmarks.browser import running_server
from benchmarks.memory import megabytes, process_tree
from benchmarks.visitor import Visitor
from melanoma.edits.drawn_lesions import MELANOMA_LIKE, NEVUS_LIKE, draw_lesion
from melanoma.model.alert_wording import within_sentence
from melanoma.model.bundle import load_bundle
from melanoma.phrases import english


def drawing(number: int) -> bytes:
    """Return a JPEG of 600 x 450, another for each visitor."""
    image = draw_lesion((MELANOMA_LIKE, NEVUS_LIKE)[number % 2], 450, 600, seed=100 + number).image
    return cv2.imencode(".jpg", image[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes()


def copy_of(jpeg: bytes, number: int) -> bytes:
    """Return the same picture as another file, so that no cache knows it: with a comment."""
    comment = f"{number:08d}".encode()
    return jpeg[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + jpeg[2:]


def known_answers(jpegs: list[bytes]) -> list[bytes]:
    """Return the text that the page must show for each, in English."""
    from melanoma.model.classifier import Classifier
    from melanoma.photos.reading import read_image

    classifier = Classifier(load_bundle())
    answers = []
    for jpeg in jpegs:
        chances = classifier([read_image(jpeg)])[0].ranked
        listed = ", ".join(f"{within_sentence(code, english)} {value:.1%}" for code, value in chances)
        answers.append(f"Probabilities: {listed}".encode())
    return answers


TESTS, MAP, PHOTO = "all tests", "photo with an occlusion map", "photo"
QUERIES = {TESTS: "lang=en&measures=true", MAP: "lang=en&method=occlusion", PHOTO: "lang=en"}


def kind_of(number: int, options: argparse.Namespace) -> str:
    """Return what a visitor does."""
    if number < options.testing:
        return TESTS
    return MAP if number < options.testing + options.mapping else PHOTO


async def visit(
    address: str, jpeg: bytes, known: bytes, number: int, options: argparse.Namespace
) -> list[tuple[str, float]]:
    """Return what was done and how long each took; raises RuntimeError for an answer not the photo's own."""
    visitor, kind = Visitor(address), kind_of(number, options)
    await asyncio.sleep(random.Random(number).uniform(0, options.every))
    await visitor.open(QUERIES[kind])
    waits: list[tuple[str, float]] = []
    end = time.monotonic() + options.seconds
    while (began := time.monotonic()) < end:
        messages = await visitor.upload(copy_of(jpeg, len(waits)), f"visitor-{number}.jpg")
        waits.append((MAP if kind == MAP else PHOTO, time.monotonic() - began))
        if not any(known in message.SerializeToString() for message in messages):
            raise RuntimeError(f"visitor {number} got another answer than the photo's own")
        if kind == TESTS:
            await test_the_map(visitor, waits)
        else:
            await asyncio.sleep(max(0.0, options.every - (time.monotonic() - began)))
    await visitor.close()
    return waits


async def test_the_map(visitor: Visitor, waits: list[tuple[str, float]]) -> None:
    """Have all tests made, and note how long they took; raises RuntimeError if the page shows no verdict."""
    began = time.monotonic()
    messages = await visitor.press("ask-measures")
    waits.append((TESTS, time.monotonic() - began))
    if not any(b"This map" in message.SerializeToString() for message in messages):
        raise RuntimeError("the tests of a map gave no verdict")


async def run(
    address: str, jpegs: list[bytes], known: list[bytes], options: argparse.Namespace
) -> list[object]:
    """Run all visitors, and return each one's waits or error."""
    first = Visitor(address)  # the server loads its network before the class comes
    await first.open(QUERIES[TESTS])
    await first.upload(drawing(999), "warm.jpg")
    if options.testing:
        await test_the_map(first, [])
    await first.close()
    visits = [
        visit(address, jpegs[number], known[number], number, options) for number in range(options.visitors)
    ]
    return await asyncio.gather(*visits, return_exceptions=True)


def main() -> None:
    """Run, and print the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--visitors", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=90)
    parser.add_argument("--testing", type=int, default=0, help="how many of the visitors run all tests")
    parser.add_argument("--mapping", type=int, default=0, help="how many get an occlusion map with a photo")
    parser.add_argument("--every", type=float, default=10.0, help="seconds between a visitor's uploads")
    options = parser.parse_args()
    jpegs = [drawing(number) for number in range(options.visitors)]
    known = known_answers(jpegs)
    if len(set(known)) < len(known):
        print(f"{len(known) - len(set(known))} drawings share their answer with another one.")
    with running_server() as (address, server):
        results = asyncio.run(run(address, jpegs, known, options))
        peak = [megabytes("VmHWM", process) for process in process_tree(server.pid)]
    errors = [result for result in results if isinstance(result, BaseException)]
    waits = [wait for result in results if isinstance(result, list) for wait in result]
    for error in errors:
        print(f"error: {error!r}")
    print(
        f"{options.visitors} visitors, a photo each every {options.every:.0f} s for {options.seconds:.0f} s, "
        f"{os.cpu_count()} cores with this script on them, load {os.getloadavg()[0]:.1f}: "
        f"{len(waits)} answers, all checked, {len(errors)} visitors with an error; "
        f"most memory {peak[0]:.0f} MB" + "".join(f" + {other:.0f} MB (decoder)" for other in peak[1:])
    )
    for kind in QUERIES:
        if seconds := [wait for done, wait in waits if done == kind]:
            median, most, worst = np.quantile(seconds, [0.5, 0.95, 1.0])
            print(
                f"{kind}: {len(seconds)}, median {median:.2f} s, 19 of 20 below {most:.2f} s, "
                f"worst {worst:.2f} s"
            )
    sys.exit(1 if errors or not waits else 0)


if __name__ == "__main__":
    main()
