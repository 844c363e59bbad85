"""Photos that arrive: copied in parts, changed, predicted once; events delivered at least once."""

import json
import os
import threading
import time
import urllib.request
from copy import copy
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("watchfiles")

from melanoma.batch.heatmaps import BatchOptions
from melanoma.batch.watch.arrivals import RETRY_FACTOR, Arrivals
from melanoma.batch.watch.journal import Journal
from melanoma.batch.watch.loop import event_of, watch_folder
from melanoma.batch.watch.webhook import EventQueue, _RedirectsWithBody
from melanoma.errors import UserError
from melanoma.photos.reading import read_image


def test_a_file_is_ready_when_it_has_lain_still(tmp_path):
    file = tmp_path / "a.jpg"
    arrivals = Arrivals([], still=2)
    file.write_bytes(b"half")
    arrivals.update(file, 0)
    assert arrivals.ready(1.9) == []
    file.write_bytes(b"half and more")  # no event: `ready` checks again
    assert arrivals.ready(2.5) == []
    assert arrivals.ready(4.4) == []
    ((path, stamp),) = arrivals.ready(4.5)
    assert path == file and stamp[0] == 13
    arrivals.done(path, stamp)
    arrivals.update(file, 5)
    assert arrivals.ready(100) == []
    file.write_bytes(b"another photo of that name")
    arrivals.update(file, 101)
    assert [path for path, _ in arrivals.ready(103)] == [file]
    file.unlink()
    assert arrivals.ready(104) == []


def test_a_stalled_copy_is_given_time_before_it_is_called_unreadable(tmp_path):
    file = tmp_path / "a.jpg"
    file.write_bytes(b"half")
    arrivals = Arrivals([], still=2)
    arrivals.update(file, 0)
    assert arrivals.ready(2) and not arrivals.give_up(file)
    assert arrivals.ready(2 * RETRY_FACTOR - 0.1) == []
    assert arrivals.ready(2 * RETRY_FACTOR) and arrivals.give_up(file)


def test_other_files_and_known_ones_are_left_alone(tmp_path):
    for name in ("notes.txt", "a.jpg"):
        (tmp_path / name).write_bytes(b"1")
    found = (tmp_path / "a.jpg").stat()
    arrivals = Arrivals([(tmp_path / "a.jpg", (found.st_size, found.st_mtime_ns))], still=0)
    for file in tmp_path.iterdir():
        arrivals.update(file, 0)
    assert arrivals.ready(10) == []


def test_a_photo_is_known_by_its_content_once_it_is_there_and_others_are_told(tmp_path):
    """A copy begins as an empty file, which is no photo yet and nothing to tell."""
    told = []
    arrivals = Arrivals([], still=2, passed_over=lambda path: told.append(path.name))
    for name, content in (("photo", b""), ("notes", b"x"), ("._photo", b"\0\5\x16\7")):
        (tmp_path / name).write_bytes(content)
        arrivals.update(tmp_path / name, now=0)
    (tmp_path / "photo").write_bytes(b"\xff\xd8\xff\xe0")
    assert arrivals.ready(now=1) == [] and told == []
    assert [path.name for path, _ in arrivals.ready(now=4)] == ["photo"]
    assert sorted(told) == ["._photo", "notes"]
    arrivals.update(tmp_path / "notes", now=5)
    arrivals.ready(now=9)
    assert len(told) == 2


def test_a_journal_keeps_lines_that_belong_together_or_loses_them_together(tmp_path):
    journal = Journal(tmp_path / "list.jsonl")
    journal.append([{"n": 1}])
    journal.append([{"n": 2}, {"n": 3}])
    whole = journal.file.read_bytes()
    journal.close()
    for cut in range(1, len(whole.splitlines(keepends=True)[1]) + 5):
        journal.file.write_bytes(whole[:-cut])
        assert [line["n"] for line in Journal(journal.file)] == [1]
    journal.file.write_text('{"other": 1}\n')
    with pytest.raises(UserError, match="something else"):
        Journal(journal.file)


def test_a_journal_has_one_writer(tmp_path):
    journal = Journal(tmp_path / "list.jsonl")
    with pytest.raises(UserError, match="is being written by another run"):
        Journal(tmp_path / "list.jsonl")
    journal.append([{"n": 1}])
    journal.close()
    assert [line["n"] for line in Journal(tmp_path / "list.jsonl")] == [1]


def test_a_journal_keeps_names_of_any_bytes(tmp_path):
    name = os.fsdecode(b"latin-\xe9.jpg")
    journal = Journal(tmp_path / "list.jsonl")
    journal.append([{"file": name}, {"file": "möle.jpg"}])
    assert [line["file"] for line in journal] == [name, "möle.jpg"]
    assert "möle.jpg" in journal.file.read_text(encoding="utf-8")


class Hook(BaseHTTPRequestHandler):
    """Refuses what `refusals` says, then keeps what comes.

    An event's id of other letters says what becomes of it: `422` is refused for ever, `307` sent on to a
    path that takes it.
    """

    def do_GET(self):  # what `urllib` makes of a redirected POST
        self.send_response(200)
        self.end_headers()

    def do_POST(self):
        content = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked += 1
        if self.server.asked <= self.server.refusals:
            self.send_error(503)
            return
        answer = json.loads(content)["id"].partition("-")[0]
        if answer in ("302", "303", "307", "308") and self.path == "/alerts":
            self.send_response(int(answer))
            self.send_header("Location", self.server.target)
            self.end_headers()
            return
        if answer in ("422", "500"):
            self.send_error(int(answer))
            return
        self.server.got.append((self.headers["Idempotency-Key"], json.loads(content)))
        self.server.arrived.set()
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def hook():
    server = HTTPServer(("127.0.0.1", 0), Hook)
    server.asked, server.refusals, server.got, server.arrived = 0, 2, [], threading.Event()
    server.target = "/elsewhere"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def address(server: HTTPServer) -> str:
    return f"http://127.0.0.1:{server.server_port}/alerts"


def test_a_webhook_is_asked_until_it_takes_the_event_and_not_again(hook, tmp_path, capsys):
    event = {"id": "1", "event": "melanoma alert"}
    outbox = EventQueue(Journal(tmp_path / "deliveries"), address(hook), first_pause=0.01)
    outbox.send(event)
    assert hook.arrived.wait(20)
    assert outbox.close() == 0
    assert hook.asked == 3 and hook.got == [("1", event)]
    again = EventQueue(Journal(tmp_path / "deliveries"), address(hook), first_pause=0.01)
    again.send(event)
    assert again.close() == 0 and hook.asked == 3
    printed = capsys.readouterr()
    assert [json.loads(line) for line in printed.out.splitlines()] == [event]
    assert printed.err.count("it is tried again") == 1


def test_what_the_webhook_has_not_got_is_sent_after_a_restart(hook, tmp_path, capsys):
    hook.refusals = 10**6
    outbox = EventQueue(Journal(tmp_path / "deliveries"), address(hook), first_pause=0.01)
    outbox.send({"id": "1"})
    assert outbox.close() == 1
    hook.refusals = 0
    again = EventQueue(Journal(tmp_path / "deliveries"), address(hook), first_pause=0.01)
    again.send({"id": "1"})
    assert hook.arrived.wait(20) and hook.got == [("1", {"id": "1"})]
    again.close()
    assert len(capsys.readouterr().out.splitlines()) == 1  # standard output had it


def until(holds, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.mark.parametrize("answer", ["307", "308"])
def test_a_redirect_that_keeps_the_request_is_followed_with_the_body(answer, hook, tmp_path, capsys):
    hook.refusals = 0
    outbox = EventQueue(Journal(tmp_path / "deliveries"), address(hook), first_pause=0.01)
    event = {"id": f"{answer}-1", "event": "melanoma alert"}
    outbox.send(event)
    until(lambda: hook.got)
    assert hook.got == [(event["id"], event)]
    assert outbox.close() == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("answer", "target"),
    [("302", "/elsewhere"), ("303", "/elsewhere"), ("307", "ftp://127.0.0.1/"), ("308", "//[")],
)
def test_another_redirect_is_refused_and_the_event_kept(answer, target, hook, tmp_path, capsys):
    hook.refusals, hook.target = 0, target
    outbox = EventQueue(Journal(tmp_path / "deliveries"), address(hook), first_pause=0.01)
    outbox.send({"id": f"{answer}-1"})
    until(lambda: hook.asked >= 2)
    assert outbox.close() == 1 and hook.got == []
    told = capsys.readouterr().err
    why = "Invalid IPv6 URL" if "[" in target else f"{answer}, a redirect to {target}, which is not followed"
    assert f"({why}" in told and "1 wait." in told
    assert [line["to"] for line in Journal(tmp_path / "deliveries")] == ["output"]


def test_what_is_sent_encrypted_is_not_redirected_into_the_clear():
    asked = urllib.request.Request("https://a.example/", b"{}", method="POST")
    redirects = _RedirectsWithBody()
    assert redirects.redirect_request(asked, None, 307, "", {}, "http://a.example/") is None
    followed = redirects.redirect_request(asked, None, 308, "", {}, "https://b.example/")
    assert (followed.data, followed.get_method()) == (b"{}", "POST")


@pytest.mark.parametrize("answer", ["422", "500"])
def test_an_event_refused_for_ever_lets_the_later_ones_pass(answer, hook, tmp_path, capsys):
    hook.refusals = 0
    outbox = EventQueue(Journal(tmp_path / "deliveries"), address(hook), first_pause=0.01)
    outbox.send({"id": f"{answer}-1", "event": "melanoma alert", "path": "a\n.jpg"})
    for number in (2, 3):
        outbox.send({"id": str(number)})
    until(lambda: len(hook.got) == 2)
    assert [key for key, _ in hook.got] == ["2", "3"]
    until(lambda: hook.asked >= 4)  # the first one is tried again
    assert outbox.close() == 1
    told = capsys.readouterr().err
    assert answer in told and "wait." in told
    if answer == "422":
        assert told.count("The webhook refused an event (422") == 1
        assert "event 422-1, melanoma alert, a\\n.jpg. It is kept and tried again; " in told
    again = EventQueue(Journal(tmp_path / "deliveries"), address(hook), first_pause=0.01)
    again.send({"id": f"{answer}-1"})  # as a restart does
    assert again.close() == 1


def test_a_delivery_that_cannot_be_recorded_is_told_and_made_again(hook, tmp_path, capsys):
    hook.refusals = 0
    journal = Journal(tmp_path / "deliveries")
    outbox = EventQueue(journal, address(hook), first_pause=0.01)
    append, failures = journal.append, [1]

    def full(lines):
        if lines[0]["to"] == "webhook" and failures:
            failures.pop()
            raise UserError("deliveries cannot be written (No space left on device).")
        append(lines)

    journal.append = full
    outbox.send({"id": "1"})
    until(lambda: len(hook.got) == 2)
    until(lambda: not outbox._waiting)
    assert outbox.close() == 0
    assert "No space left on device" in capsys.readouterr().err


@pytest.mark.parametrize("given", ["file:///etc/passwd", "https://", "http://[", "no address"])
def test_an_address_that_is_none_is_refused(given, tmp_path):
    with pytest.raises(UserError, match="not an address of a webhook"):
        EventQueue(Journal(tmp_path / "deliveries"), given)


def test_photos_are_judged_as_they_arrive_and_once_over_a_restart(small_classifier, photos, tmp_path, capsys):
    always = replace(small_classifier.bundle, alert_threshold=0.0)
    small_classifier.bundle, before = always, small_classifier.bundle
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    content = (photos / "good 1.png").read_bytes()
    (inbox / "early.png").write_bytes(content)

    def watched(count: int) -> list[dict]:
        """Watch until so many photos are judged; half a photo waits for its other half meanwhile."""
        stop, found = threading.Event(), []
        outbox = EventQueue(Journal(tmp_path / "deliveries"), None)
        lines = watch_folder(
            small_classifier,
            inbox,
            Journal(tmp_path / "list.jsonl"),
            outbox,
            BatchOptions(),
            still=0.3,
            stop=stop,
        )
        for line in lines:
            found.append(line)
            if len(found) == 1:
                (inbox / "late.png").write_bytes(content[:100])
                threading.Timer(1.0, (inbox / "late.png").write_bytes, [content]).start()
            if len(found) == count:
                stop.set()
        outbox.close()
        return found

    try:
        first = watched(2)
        (inbox / "bad.jpg").write_bytes(b"no photo")
        second = watched(1)
    finally:
        small_classifier.bundle = before
    assert [Path(line["path"]).name for line in first] == ["early.png", "late.png"]
    assert all(line["error"] is None and line["melanoma_alert"] for line in first)
    assert [Path(line["path"]).name for line in second] == ["bad.jpg"]
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [event["event"] for event in events] == ["melanoma alert", "melanoma alert", "not judged"]
    assert "no all-clear" in events[0]["notice"]
    assert len(list(Journal(tmp_path / "list.jsonl"))) == 3


def test_a_name_that_is_not_utf_8_is_judged_and_told(small_classifier, photos, tmp_path, capsys):
    name = os.fsdecode(b"latin-\xe9.jpg")
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / name).write_bytes(b"no photo")
    stop, found = threading.Event(), []
    outbox = EventQueue(Journal(tmp_path / "deliveries"), None)
    worklist = Journal(tmp_path / "list.jsonl")
    lines = watch_folder(small_classifier, inbox, worklist, outbox, BatchOptions(), still=0.01, stop=stop)
    for line in lines:
        found.append(line)
        stop.set()
    assert [os.fsencode(Path(line["file"]).name) for line in worklist] == [b"latin-\xe9.jpg"]
    (event,) = [json.loads(told) for told in capsys.readouterr().out.splitlines()]
    assert event["path"].endswith("latin-\\xe9.jpg") and event["event"] == "not judged"


def test_an_alert_that_a_kill_kept_back_is_told_first(small_classifier, tmp_path, capsys):
    line = {name: None for name in ("time", "frame", "diagnosis", "model", "model_version")}
    line |= {"id": "7", "path": "a.jpg", "melanoma_alert": True, "error": None, "probabilities": {"MEL": 0.9}}
    line |= {"malignancy": 0.9, "malignancy_alert": None}
    line |= {"file": str(tmp_path / "a.jpg"), "size": 1, "changed_ns": 1}
    worklist = Journal(tmp_path / "list.jsonl")
    worklist.append([line])  # and then the power fails
    stop = threading.Event()
    stop.set()
    outbox = EventQueue(Journal(tmp_path / "deliveries"), None)
    assert list(watch_folder(small_classifier, tmp_path, worklist, outbox, BatchOptions(), stop=stop)) == []
    (event,) = [json.loads(told) for told in capsys.readouterr().out.splitlines()]
    assert (event["id"], event["melanoma"]) == ("7", 0.9)
    assert event_of(line | {"melanoma_alert": False}) is None
    other = event_of(line | {"melanoma_alert": False, "malignancy_alert": True, "malignancy": 0.95})
    assert (other["event"], other["malignancy"]) == ("malignancy alert", 0.95)


def test_of_photos_that_lie_ready_together_the_most_urgent_comes_first(
    small_classifier, drawn_folder, tmp_path, capsys
):
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    files = sorted(Path(drawn_folder).rglob("*.png"))[:5]
    found = small_classifier([read_image(file) for file in files])
    for number, file in enumerate(files):
        (inbox / f"{number}.png").write_bytes(file.read_bytes())
    (inbox / "bad.jpg").write_bytes(b"no photo")
    by_melanoma = sorted(range(5), key=lambda number: -found[number].malignancy)
    # The likeliest two have an alert, and one of the others has it by the second threshold alone.
    line = float(np.mean([found[number].malignancy for number in by_melanoma[1:3]]))
    classifier = copy(small_classifier)
    classifier.bundle = replace(small_classifier.bundle, alert_threshold=line, malignancy_threshold=line)
    stop, order = threading.Event(), []
    outbox = EventQueue(Journal(tmp_path / "deliveries"), None)
    worklist = Journal(tmp_path / "list.jsonl")
    for told in watch_folder(classifier, inbox, worklist, outbox, BatchOptions(), still=0.2, stop=stop):
        order.append(Path(told["path"]).name)
        if len(order) == 6:
            stop.set()
    readable = [name for name in order if name != "bad.jpg"]
    assert readable == [f"{number}.png" for number in by_melanoma]
    assert [Path(one["path"]).name for one in worklist] == order
    assert [one["melanoma_alert"] for one in worklist if not one["error"]] == [True] * 2 + [False] * 3


def test_two_watchers_of_one_folder_each_judge_all_into_lists_of_their_own(
    small_classifier, photos, tmp_path, capsys
):
    """Their worklists lie in the folder that they watch, and are no photos to the other."""
    content = (photos / "good 1.png").read_bytes()
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    for name in ("a.png", "b.png"):
        (inbox / name).write_bytes(content)
    found: dict[str, list[str]] = {"one": [], "two": []}
    passed_over: list[str] = []

    def watched(name: str) -> None:
        stop = threading.Event()
        lines = watch_folder(
            small_classifier,
            inbox,
            Journal(inbox / f"{name}.jsonl"),
            EventQueue(Journal(inbox / f".{name}.told"), None),
            BatchOptions(),
            still=0.2,
            stop=stop,
            passed_over=lambda path: passed_over.append(path.name),
        )
        for line in lines:
            found[name].append(Path(line["path"]).name)
            if len(found[name]) == 2:
                stop.set()

    watchers = [threading.Thread(target=watched, args=(name,)) for name in found]
    for watcher in watchers:
        watcher.start()
    for watcher in watchers:
        watcher.join(60)
    assert {name: sorted(names) for name, names in found.items()} == dict.fromkeys(found, ["a.png", "b.png"])
    assert set(passed_over) <= {"one.jsonl", "two.jsonl", ".one.told", ".two.told"}
    for name in found:
        assert len((inbox / f"{name}.jsonl").read_text().splitlines()) == 2


def test_a_clock_that_jumps_neither_hurries_nor_delays(small_classifier, photos, tmp_path, monkeypatch):
    """Waiting goes by the monotonic clock: the one on the wall stands in the lines' times alone."""
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "a.png").write_bytes((photos / "good 1.png").read_bytes())
    jumps = iter([0.0, 4e8, -4e8] * 10_000)
    monkeypatch.setattr(time, "time", lambda: 1.7e9 + next(jumps))
    stop, began = threading.Event(), time.monotonic()
    lines = watch_folder(
        small_classifier,
        inbox,
        Journal(tmp_path / "list.jsonl"),
        EventQueue(Journal(tmp_path / "told"), None),
        BatchOptions(),
        still=0.3,
        stop=stop,
    )
    assert Path(next(lines)["path"]).name == "a.png"
    assert 0.3 <= time.monotonic() - began < 30
    stop.set()
    assert list(lines) == []
