"""Whose turn it is, and how long it takes: simulated second by second, with a clock that the test moves."""

from dataclasses import dataclass, field

import pytest

from melanoma.app.parts.shared import turn_order
from melanoma.app.parts.shared.turn_order import FIRST_SECONDS, OLD_SHARE, SLICE, Job, TurnOrder

STEP = 0.1


@dataclass
class Machine:
    """Works by the rules, step by step."""

    now: float = 0.0
    needs: dict[str, float] = field(default_factory=dict)
    served: list[str] = field(default_factory=list)
    """Whose each step was."""
    ended: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.order = TurnOrder(lambda: self.now)
        self.jobs: dict[str, Job] = {}

    def ask(self, name: str, seconds: float, kind: str = "") -> None:
        self.needs[name] = seconds
        self.jobs[name] = self.order.join(name, kind)

    def step(self) -> None:
        job = self.order.working
        name = str(job.ticket)
        self.now += STEP
        self.served.append(name)
        had = self.served.count(name) * STEP
        if had >= self.needs[name] - 1e-9:
            self.order.leave(job, finished=True)
            self.ended[name] = self.now
            del self.jobs[name]
        else:
            self.order.progress(job, had / self.needs[name])

    def run(self, seconds: float = 1e9) -> None:
        end = self.now + seconds
        while self.order.working and self.now < end - 1e-9:
            self.step()

    def turns(self) -> list[str]:
        return [name for n, name in enumerate(self.served) if n == 0 or self.served[n - 1] != name]


def test_equal_work_goes_round(monkeypatch):
    machine = Machine()
    for name in "abc":
        machine.ask(name, 6.0)
    machine.run(5.9)
    assert machine.turns()[:12] == list("abcabcabcabc")
    # Nobody is ahead of another by more than a slice and a step.
    shares = [machine.served.count(name) * STEP for name in "abc"]
    assert max(shares) - min(shares) <= SLICE + STEP + 1e-9


def test_old_work_goes_round_too():
    machine = Machine()
    for name in "abc":
        machine.ask(name, 60.0)
    machine.run(40.0)
    late = Machine.turns(machine)[-30:]
    assert all(set(late[first : first + 3]) == set("abc") for first in range(0, 30, 3))


def test_a_short_one_is_done_at_once_beside_five_long_ones():
    machine = Machine()
    for name in "abcde":
        machine.ask(name, 60.0)
    machine.run(30.0)
    machine.ask("map", 1.5)
    asked = machine.now
    machine.run(4.0)
    # Its own 1.5 s, the slice under way, and a slice in four for who has waited longest.
    assert machine.ended["map"] - asked <= 1.5 + 3 * (SLICE + STEP)


def test_who_asks_for_little_is_not_behind_who_asks_for_much_at_the_same_time():
    machine = Machine()
    machine.ask("much", 60.0)
    machine.ask("little", 1.0)
    machine.run(3.0)
    assert machine.ended["little"] <= 2 * 1.0 + SLICE + STEP


def test_many_short_ones_do_not_stop_a_long_one():
    machine = Machine()
    machine.ask("long", 20.0)
    machine.run(4.0)
    asked = 0
    before = machine.served.count("long")
    while machine.now < 44.0:
        while len(machine.order.waiting) < 3:
            asked += 1
            machine.ask(f"short {asked}", 1.0)
        machine.step()
    worked = (machine.served.count("long") - before) * STEP
    assert worked == pytest.approx(40.0 / OLD_SHARE, rel=0.35)


def test_who_leaves_gives_the_turn_on_at_once_and_who_waits_loses_the_place():
    machine = Machine()
    for name in "abc":
        machine.ask(name, 10.0)
    machine.order.leave(machine.jobs["b"], finished=False)
    assert machine.order.ahead_of(machine.jobs["c"]) == 1
    machine.order.leave(machine.jobs["a"], finished=False)
    assert machine.order.working is machine.jobs["c"] and len(machine.order) == 1


def test_place_is_the_number_that_have_a_slice_first():
    machine = Machine()
    machine.ask("a", 60.0)
    machine.ask("b", 60.0)
    machine.run(20.0)
    machine.ask("new", 1.0)
    machine.ask("newer", 1.0)
    assert machine.order.ahead_of(machine.order.working) == 0
    assert [machine.order.ahead_of(machine.jobs[name]) for name in ("new", "newer")] == [1, 2]
    (old,) = (job for job in machine.order.waiting if job.ticket in ("a", "b"))
    assert machine.order.ahead_of(old) == 3


@pytest.mark.parametrize(
    "needs",
    [
        {"alone": 20.0},
        {"a": 20.0, "b": 20.0},
        {"short": 1.5, "a": 30.0, "b": 30.0},
        {"a": 8.0, "b": 25.0, "c": 40.0},
        {"a": 2.0, "b": 2.5, "c": 2.8, "d": 40.0},
    ],
)
def test_the_time_that_is_told_is_the_truth(needs):
    machine = Machine()
    for name, seconds in needs.items():
        machine.ask(name, seconds)
    machine.run(1.0 * len(needs))
    told = {name: machine.now + machine.order.seconds_left(job) for name, job in machine.jobs.items()}
    machine.run()
    for name, expected in told.items():
        assert machine.ended[name] == pytest.approx(expected, abs=1.0 + 0.1 * machine.ended[name])


def test_the_time_that_is_told_to_a_newcomer_is_the_truth():
    machine = Machine()
    machine.ask("map before", 2.0, kind="map")
    machine.run()
    for name in "abc":
        machine.ask(name, 40.0)
    machine.run(15.0)
    machine.ask("map", 2.0, kind="map")
    told = machine.now + machine.order.seconds_left(machine.jobs["map"])
    machine.run(20.0)
    assert machine.ended["map"] == pytest.approx(told, abs=1.0)


def test_nothing_is_told_of_a_kind_that_nobody_asked_for_before():
    machine = Machine()
    machine.ask("a", 10.0, kind="tests")
    assert machine.order.seconds_left(machine.jobs["a"]) is None
    machine.run(STEP)
    assert machine.order.seconds_left(machine.jobs["a"]) == pytest.approx(9.9)
    machine.order.leave(machine.jobs.pop("a"), finished=False)
    machine.ask("b", 10.0, kind="tests")  # what was broken off tells nothing
    assert machine.order.seconds_left(machine.jobs["b"]) is None


def test_progress_counts_more_than_the_last_of_its_kind():
    machine = Machine()
    machine.ask("quick", 1.0, kind="map")
    machine.run()
    machine.ask("slow", 10.0, kind="map")
    assert machine.order.seconds_left(machine.jobs["slow"]) == pytest.approx(1.0)
    machine.run(2.0)
    assert machine.order.seconds_left(machine.jobs["slow"]) == pytest.approx(8.0)


def test_the_shares_are_what_the_documents_say():
    assert (SLICE, FIRST_SECONDS, OLD_SHARE) == (0.4, 3.0, 4)
    assert turn_order.SLICE + 0.6 <= 1.0
