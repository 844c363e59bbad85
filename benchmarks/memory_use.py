"""Memory of the server: with the network loaded, with ten visitors, and how it grows with every upload.

python -m benchmarks.memory_use                              as it runs
python -m benchmarks.memory_use --set MALLOC_ARENA_MAX=2     with this in its environment

Real sessions without a browser (`benchmarks.visitor`). Each visitor keeps its photos, at most twelve. One
visitor then goes on alone, and the slope over its last uploads is what every further one costs.
"""

import argparse
import asyncio
import os

import numpy as np

from benchmarks.browser import running_server
from benchmarks.class_at_once import copy_of, drawing
from benchmarks.memory import megabytes, process_tree
from benchmarks.visitor import Visitor

_FULL = 20  # uploads until a visitor's session holds all the photos that it may


async def use(address: str, server: int, visitors: int, photos: int, alone: int) -> dict[str, float]:
    """Return the figures, MB."""
    people = [Visitor(address) for _ in range(visitors)]
    await people[0].open("lang=en")
    figures = {"network loaded": megabytes("VmRSS", server)}
    await asyncio.gather(*(person.open("lang=en") for person in people[1:]))
    jpegs = [drawing(number) for number in range(visitors)]
    for turn in range(photos):
        await asyncio.gather(
            *(person.upload(copy_of(jpeg, turn), "a.jpg") for person, jpeg in zip(people, jpegs, strict=True))
        )
    figures["at most, with all visitors"] = megabytes("VmHWM", server)
    held = []
    for number in range(_FULL + alone):
        await people[0].upload(copy_of(jpegs[0], 1000 + number), "a.jpg")
        held.append(megabytes("VmRSS", server))
    slope = np.polyfit(np.arange(alone), held[_FULL:], 1)[0]
    figures["decoder"] = sum(megabytes("VmRSS", process) for process in process_tree(server)[1:])
    figures["a further upload"] = float(slope)
    for person in people:
        await person.close()
    return figures


def main() -> None:
    """Measure, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--visitors", type=int, default=10)
    parser.add_argument("--photos", type=int, default=3, help="of each visitor")
    parser.add_argument("--alone", type=int, default=60, help="uploads of one visitor in the end")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    options = parser.parse_args()
    environment = dict(pair.split("=", 1) for pair in options.set)
    with running_server(environment) as (address, server):
        figures = asyncio.run(use(address, server.pid, options.visitors, options.photos, options.alone))
    listed = ", ".join(f"{name} {value:.2f} MB" for name, value in figures.items())
    print(
        f"{options.set or 'as it runs'}, {options.visitors} visitors, load {os.getloadavg()[0]:.1f}: {listed}"
    )


if __name__ == "__main__":
    main()
