"""A class' quiz: thirty phones answer, every answer is counted once, and some reload in the middle.

python -m benchmarks.class_quiz
python -m benchmarks.class_quiz --phones 10 --every 2
python -m benchmarks.class_quiz --every 0          (all answer as fast as the server lets them)

A teacher opens a class with drawn cases as a study; each phone, a session as a browser holds one
(`benchmarks/visitor.py`), looks at each case for `--every` seconds on average and answers. Every third one
reloads after its second answer, and every fifth one sends an answer twice. The clock starts when an answer is
sent and stops when the next case has arrived. Then the teacher's page must count every answer once, and hold
what each phone has sent. Exits with status 1 if not, or if the median is a second or more.
"""

import argparse
import asyncio
import os
import random
import re
import sys
import time
from collections import Counter
from urllib.parse import parse_qs, urlencode

import numpy as np
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks.browser import running_server
from benchmarks.memory import megabytes, process_tree
from benchmarks.visitor import Visitor

CASES = 5
MEDIAN = 1.0  # seconds
_CHART = "Answers of the class. "
_COUNTED = re.compile(r"\*\*(\d+)\*\* phones have joined, \*\*(\d+)\*\* have finished")


class Client(Visitor):
    """A visitor who presses what the page shows, and knows the link that the page writes."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.query = ""
        self.page_hash = ""
        self.buttons: dict[str, str] = {}
        self.fragments: dict[str, str] = {}
        self.toggles: dict[str, str] = {}
        self.auto_rerun = ""
        self.radio: tuple[str, list[str]] = ("", [])
        self.texts: list[str] = []

    async def look(self, query: str) -> None:
        """Open the quiz with this link."""
        self.query = query
        self.take(await self.open(query, "quiz"))

    async def send(self, message: BackMsg) -> None:
        """Have the page run, and take what it draws."""
        message.rerun_script.query_string = self.query
        message.rerun_script.page_script_hash = self.page_hash
        self.radio = ("", [])
        self.take(await self._run(message))

    async def press(self, label: str, **states: str) -> None:
        """Press a button, together with texts chosen by the ids of their controls."""
        message = BackMsg()
        for name, value in states.items():
            message.rerun_script.widget_states.widgets.add(id=name, string_value=value)
        message.rerun_script.widget_states.widgets.add(id=self.buttons[label], trigger_value=True)
        message.rerun_script.fragment_id = self.fragments.get(label, "")
        await self.send(message)

    def take(self, messages: list[ForwardMsg]) -> None:
        """Learn the link, the controls and the texts of a run."""
        self.texts = []
        for message in messages:
            if message.HasField("auto_rerun"):
                self.auto_rerun = message.auto_rerun.fragment_id
            if message.HasField("page_info_changed"):
                self.query = message.page_info_changed.query_string
            if message.HasField("new_session"):
                self.page_hash = message.new_session.page_script_hash
            if not message.HasField("delta"):
                continue
            element = message.delta.new_element
            if element.HasField("button"):
                self.buttons[element.button.label] = element.button.id
                self.fragments[element.button.label] = message.delta.fragment_id
            if element.HasField("radio"):
                self.radio = (element.radio.id, list(element.radio.options))
            if element.HasField("checkbox"):
                self.toggles[element.checkbox.label] = element.checkbox.id
            if element.HasField("markdown"):
                self.texts.append(element.markdown.body)
            if element.HasField("plotly_chart"):
                self.texts.append(element.plotly_chart.alt)
            if element.HasField("heading"):
                self.texts.append(element.heading.body)

    @property
    def link(self) -> dict[str, str]:
        """What the link holds."""
        return {name: values[0] for name, values in parse_qs(self.query).items()}


async def open_class(address: str) -> Client:
    """Return a teacher whose class is open."""
    teacher = Client(address)
    await teacher.look(f"lang=en&source=drawn&count={CASES}&seed=7")
    message = BackMsg()
    toggle = next(name for label, name in teacher.toggles.items() if label.startswith("As a study"))
    message.rerun_script.widget_states.widgets.add(id=toggle, bool_value=True)
    message.rerun_script.widget_states.widgets.add(id=teacher.buttons["Open a class"], trigger_value=True)
    await teacher.send(message)
    return teacher


async def watch(teacher: Client) -> None:
    """Have the teacher's answers come in by themselves, as the teacher's browser does."""
    while True:
        await asyncio.sleep(2.0)
        message = BackMsg()
        message.rerun_script.fragment_id = teacher.auto_rerun
        message.rerun_script.is_auto_rerun = True
        await teacher.send(message)


async def take_part(address: str, code: str, number: int, every: float) -> tuple[list[float], list[str]]:
    """Return how long each answer took, and the answers; raises RuntimeError if one is lost."""
    dice = random.Random(number)
    phone = Client(address)
    await asyncio.sleep(dice.uniform(0, every))
    await phone.look(urlencode({"lang": "en", "class": code}))
    waits, given = [], []
    for case in range(CASES):
        await asyncio.sleep(dice.uniform(0.5, 1.5) * every)
        control, options = phone.radio
        if not control:
            raise RuntimeError(f"phone {number} sees no case {case + 1}")
        option, before = dice.choice(options), phone.buttons["Send"]
        began = time.monotonic()
        await phone.press("Send", **{control: option})
        waits.append(time.monotonic() - began)
        given.append(option)
        if number % 5 == 0 and case == 1:  # the same answer again, as of a page that was not drawn anew
            now = (phone.buttons["Send"], phone.radio)
            phone.buttons["Send"] = before
            await phone.press("Send", **{control: next(one for one in options if one != option)})
            phone.buttons["Send"], phone.radio = now
        if number % 3 == 0 and case == 1:
            link = phone.query
            await phone.close()
            phone = Client(address)
            await phone.look(link)
    if not any("all your answers have arrived" in text for text in phone.texts):
        raise RuntimeError(f"phone {number} was not told that its answers have arrived")
    await phone.close()
    return waits, given


def as_shown(options: list[str]) -> str:
    """Return what the teacher's chart says of the answers to a case."""
    counts = Counter(options)
    return "; ".join(f"{name}: {counts[name] / len(options):.0%}" for name in ("Melanoma", "Mole (nevus)"))


async def run(address: str, options: argparse.Namespace) -> tuple[list[object], list[str], list[int], int]:
    """Run the class; return each phone's result, the teacher's texts, the number of answers that the page
    counts of each case, and of how many cases it shows other answers than were sent."""
    teacher = await open_class(address)
    link = teacher.link
    watching = asyncio.create_task(watch(teacher))
    results = await asyncio.gather(
        *(take_part(address, link["class"], number, options.every) for number in range(options.phones)),
        return_exceptions=True,
    )
    watching.cancel()
    sent = [result[1] for result in results if not isinstance(result, BaseException)]
    told, counted, other = [], [], 0
    for case in range(1, CASES + 1):
        again = Client(address)  # as after a reload of the teacher's page
        await again.look(teacher.query + f"&case={case}")
        told = again.texts
        counted.append(sum(int(n) for text in told for n in re.findall(rf"Case {case}: \*\*(\d+)\*\*", text)))
        shown = next(text.removeprefix(_CHART) for text in told if text.startswith(_CHART))
        other += shown != as_shown([given[case - 1] for given in sent])
        await again.close()
    await teacher.close()
    return list(results), told, counted, other


def main() -> None:
    """Run, and print the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--phones", type=int, default=30)
    parser.add_argument(
        "--every", type=float, default=5.0, help="mean seconds that a student looks at a case"
    )
    options = parser.parse_args()
    with running_server() as (address, server):
        results, told, counted, other = asyncio.run(run(address, options))
        peak = megabytes("VmHWM", process_tree(server.pid)[0])
    errors = [result for result in results if isinstance(result, BaseException)]
    for error in errors:
        print(f"error: {error!r}")
    waits = [wait for result in results if isinstance(result, tuple) for wait in result[0]]
    joined = next(
        (tuple(map(int, found.groups())) for text in told if (found := _COUNTED.search(text))), None
    )
    right = joined == (options.phones, options.phones) and counted == [options.phones] * CASES and not other
    quantiles = np.quantile(waits, [0.5, 0.95, 1.0]) if waits else [float("nan")] * 3
    print(
        f"{options.phones} phones, {CASES} cases, {options.every:g} s a case, {os.cpu_count()} cores with "
        f"this script on them, load {os.getloadavg()[0]:.1f}: joined and finished {joined}, answers counted "
        f"by case {counted}, in {other} of them others than were sent, {len(errors)} phones with an error; "
        f"an answer takes {quantiles[0]:.2f} s in the median, 19 of 20 below {quantiles[1]:.2f} s, "
        f"worst {quantiles[2]:.2f} s; most memory {peak:.0f} MB"
    )
    sys.exit(0 if right and not errors and quantiles[0] < MEDIAN else 1)


if __name__ == "__main__":
    main()
