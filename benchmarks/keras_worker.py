"""Memory of the server and of its worker for TensorFlow: at rest, after a map by gradients, a minute later.

python -m benchmarks.keras_worker

A real session without a browser (`benchmarks.visitor`). `own` is what no file backs. Beside them the seconds
of clock and processor that each map took.
"""

import asyncio
import os
import time

from benchmarks.browser import running_server
from benchmarks.class_at_once import drawing
from benchmarks.memory import megabytes, process_tree
from benchmarks.visitor import Visitor
from melanoma.app.keras_worker import IDLE_SECONDS

_MAPS = (
    ("first map by gradients", "lang=en&method=layer-cam"),
    ("the same by another", "lang=en&method=grad-cam%2B%2B"),
    ("SmoothGrad", "lang=en&method=smoothgrad"),
)


def held(server: int) -> str:
    """Return what the server and each of its children hold, MB."""

    def of(process: int) -> str:
        return f"{megabytes('VmRSS', process):.0f} ({megabytes('RssAnon', process):.0f} own)"

    children = [of(process) for process in process_tree(server)[1:]]
    return f"server {of(server)} MB; children {', '.join(children) or 'none'}"


def processor(server: int) -> float:
    """Return the processor seconds of the server and its living children."""
    ticks = 0
    for process in process_tree(server):
        with open(f"/proc/{process}/stat", encoding="utf-8") as stat:
            fields = stat.read().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


async def measure(address: str, server: int) -> None:
    """Visit, and print each figure as it comes."""
    visitor = Visitor(address)
    await visitor.open("lang=en")
    await visitor.upload(drawing(0), "a.jpg")
    print(f"at rest: {held(server)}", flush=True)
    for name, query in _MAPS:
        began, used = time.monotonic(), processor(server)
        other = Visitor(address)
        await other.open(query)
        seconds, used = time.monotonic() - began, processor(server) - used
        print(f"{name}: {seconds:.1f} s, {used:.1f} s of processor; {held(server)}", flush=True)
        await other.close()
    await asyncio.sleep(IDLE_SECONDS + 15)
    print(f"{IDLE_SECONDS + 15:.0f} s later: {held(server)}", flush=True)
    await visitor.close()


def main() -> None:
    """Measure, and print the figures."""
    with running_server() as (address, server):
        asyncio.run(measure(address, server.pid))
    print(f"load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
