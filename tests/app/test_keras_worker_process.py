"""The worker's process starts once, ends when it should, and whatever happens to it costs a sentence."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from melanoma.app.keras_worker import KerasWorker, _NetworkThere
from melanoma.errors import UserError
from melanoma.model.keras_task import keras_task, load_keras
from melanoma.pause_points import listening
from melanoma.value_encoding import encoded
from tests.app.light_worker import COMMAND, doubled, in_turns, still

pytestmark = pytest.mark.slow("a process is started for nearly each test")
STANDING_STILL = (sys.executable, "-c", "import time; time.sleep(60)")
NUMBERS = np.arange(3)
NO_BUNDLE = SimpleNamespace(path=Path("nowhere"), version="1")


def network_in(worker):
    return SimpleNamespace(keras_process=_NetworkThere(worker, NO_BUNDLE))


def until_gone(pid):
    deadline = time.monotonic() + 15
    while os.path.exists(f"/proc/{pid}") and time.monotonic() < deadline:
        time.sleep(0.02)
    return not os.path.exists(f"/proc/{pid}")


@pytest.fixture(scope="module")
def worker():
    made = KerasWorker(COMMAND)
    yield made
    made.close()


@pytest.fixture(scope="module")
def there(worker):
    return network_in(worker)


def answers(there):
    return doubled(there, NUMBERS).tolist() == [0, 2, 4]


def kill(worker):
    os.kill(worker.pid, signal.SIGKILL)
    while worker.pid is not None:
        time.sleep(0.02)


class Left(BaseException):
    """Stands for what Streamlit raises in the run of a visitor who has left."""


def leave(_given):
    raise Left


def test_killed_in_a_request_it_costs_one_sentence(worker, there):
    load_keras(there)
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(still, there, 30.0)
        time.sleep(0.3)
        kill(worker)
        with pytest.raises(UserError, match="too long or too much memory and was stopped"):
            asked.result()
    assert answers(there)


def test_killed_between_requests_it_costs_nothing(worker, there):
    load_keras(there)
    killed = worker.pid
    kill(worker)
    assert answers(there) and worker.pid != killed


def test_killed_while_a_task_pauses_it_costs_one_sentence(worker, there):
    with (
        pytest.raises(UserError, match="was stopped"),
        listening(lambda done: kill(worker) if done else None),
    ):
        in_turns(there, 3, 0.3)
    assert answers(there)


def test_a_request_that_is_broken_off_leaves_no_answer_for_the_next(there, monkeypatch):
    load_keras(there)
    with monkeypatch.context() as patch, pytest.raises(Left):
        patch.setattr("melanoma.app.keras_worker.receive_value", leave)
        in_turns(there, 1, 0.0)
    assert answers(there)


def test_a_visitor_who_leaves_at_a_pause_ends_the_task_there(worker, there):
    load_keras(there)
    pid = worker.pid
    with pytest.raises(Left), listening(leave):
        in_turns(there, 1000, 0.3)
    assert answers(there) and worker.pid == pid
    for number in range(next(worker._numbers)):
        with pytest.raises(UserError, match="was stopped"):  # no task is left to go on with
            worker._ask(encoded({"call": number}))


def test_tasks_that_pause_take_turns(there):
    order = []

    def ask(name):
        with listening(lambda done: order.append(name) if done else None):
            return in_turns(there, 6, 0.25)

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(ask, "ab")) == [6, 6]
    assert {"a", "b"} <= set(order[:6])


def test_others_go_first_while_it_starts_and_it_starts_once():
    worker, pids = KerasWorker(COMMAND), set()
    there = network_in(worker)

    def ask(_):
        heard = []
        with listening(heard.append):
            load_keras(there)
        pids.add(worker.pid)
        return heard

    with ThreadPoolExecutor(3) as pool:
        heard = list(pool.map(ask, range(3)))
    assert all(shares and set(shares) == {0.0} for shares in heard) and len(pids) == 1
    assert ask(0) == []
    worker.close()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
def test_it_ends_when_idle():
    worker = KerasWorker(COMMAND, idle_seconds=1.0)
    there = network_in(worker)
    load_keras(there)
    pid = worker.pid
    time.sleep(0.4)
    load_keras(there)  # the second counts anew
    time.sleep(0.7)
    assert worker.pid == pid
    assert until_gone(pid) and worker.pid is None


def test_it_does_not_end_while_a_task_pauses():
    worker = KerasWorker(COMMAND, idle_seconds=0.2)
    with listening(lambda done: time.sleep(0.7)):
        assert in_turns(network_in(worker), 2, 0.2) == 2
    worker.close()


def test_one_that_stands_still_is_given_up_and_who_waited_is_told():
    worker = KerasWorker(STANDING_STILL, most_seconds=1.0)
    there = network_in(worker)
    with ThreadPoolExecutor(3) as pool:
        errors = [asked.exception() for asked in [pool.submit(load_keras, there) for _ in range(3)]]
    assert all(isinstance(error, UserError) for error in errors)
    assert any("was stopped" in str(error) for error in errors)
    worker.close()


def test_what_cannot_be_sent_is_a_defect_and_starts_nothing():
    worker = KerasWorker(STANDING_STILL)
    with pytest.raises(TypeError):
        doubled(network_in(worker), object())
    assert worker.pid is None


def test_a_task_takes_its_arguments_by_place():
    with pytest.raises(AssertionError):
        keras_task(lambda network, one: one)(network_in(KerasWorker(STANDING_STILL)), one=1)


OWNER = f"""
import os, runpy, sys, time, threading
from pathlib import Path
from types import SimpleNamespace
from melanoma.app.keras_worker import KerasWorker, _NetworkThere
still = runpy.run_path({COMMAND[-1]!r})["still"]
worker = KerasWorker({COMMAND!r})
bundle = SimpleNamespace(path=Path("nowhere"), version="1")
there = SimpleNamespace(keras_process=_NetworkThere(worker, bundle))
still(there, 0.0)
print(worker.pid, flush=True)
if sys.argv[1] == "busy":
    threading.Thread(target=still, args=(there, 30.0), daemon=True).start()
    time.sleep(0.3)
os.kill(os.getpid(), 9)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
@pytest.mark.parametrize("state", ["idle", "busy"])
def test_it_ends_with_its_server_also_in_a_request(state):
    owner = subprocess.run([sys.executable, "-c", OWNER, state], capture_output=True, text=True, check=False)
    assert owner.stdout.strip(), owner.stderr
    assert until_gone(int(owner.stdout))
