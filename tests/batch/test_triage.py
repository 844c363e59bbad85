"""A worklist: who comes first, what a bad file costs, and what a spreadsheet does with a name."""

import csv
import io
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from melanoma.app.parts.shared.work_queue import WorkQueue
from melanoma.batch.source import Source, in_memory
from melanoma.batch.triage import Entry, judge, ranked
from melanoma.batch.worklist import as_csv, as_html, summary
from melanoma.errors import UserError
from melanoma.files import spreadsheet_text
from melanoma.model.mix import mix_of
from melanoma.phrases import Sentence


def entry(name: str, melanoma: float | None, **more) -> Entry:
    if melanoma is None:
        return Entry(name, error=Sentence("It is empty."))
    return Entry(
        name, probabilities={"MEL": melanoma, "NV": 1 - melanoma}, **{"malignancy": melanoma, **more}
    )


def judged(name: str, melanoma: bool, second: bool | None, malignancy: float, share: float = 0.0) -> Entry:
    probabilities = {"MEL": share, "BCC": malignancy - share, "NV": 1 - malignancy}
    alerts = {"alert": melanoma, "malignancy_alert": second, "malignancy": malignancy}
    return Entry(name, probabilities=probabilities, **alerts)


def test_what_nobody_judged_comes_first_then_alerts_and_then_the_likeliest_malignancy():
    entries = [
        judged("mole", False, False, 0.05),
        judged("sure of nothing", False, False, 0.06),
        judged("melanoma alert alone", True, False, 0.04, 0.04),
        judged("carcinoma", False, True, 0.98),
        judged("both", True, True, 0.5, 0.3),
        entry("unreadable", None),
    ]
    assert [found.name for found in ranked(entries)] == [
        *("unreadable", "carcinoma", "both", "melanoma alert alone", "sure of nothing", "mole"),
    ]


def test_without_a_second_alert_the_first_one_ranks():
    entries = [
        judged("a", False, None, 0.9),
        judged("b", True, None, 0.2, 0.1),
        judged("c", False, None, 0.3),
    ]
    assert [found.name for found in ranked(entries)] == ["b", "a", "c"]


def test_of_equal_malignancies_the_likelier_melanoma_comes_first():
    entries = [judged("a", True, True, 0.5, 0.1), judged("b", True, True, 0.5, 0.4)]
    assert [found.name for found in ranked(entries)] == ["b", "a"]


def test_equal_photos_keep_their_order():
    assert [found.name for found in ranked([entry("b", 0.5), entry("a", 0.5)])] == ["b", "a"]
    nothing = [judged(name, False, False, float("nan")) for name in "ba"]
    assert [found.name for found in ranked(nothing)] == ["b", "a"], "NaN has no place of its own"


def test_every_photo_gets_its_own_answer_and_a_bad_one_costs_only_itself(small_classifier, drawn_folder):
    files = sorted(Path(drawn_folder).rglob("*.png"))[:20]
    sources = [in_memory(file.name, file.read_bytes()) for file in files]
    sources[3] = in_memory("notes.jpg", b"not a picture")
    sources[18] = Source("gone.jpg", _refuse)
    found = list(judge(small_classifier, sources))
    assert [one.name for one in found] == [source.name for source in sources]
    assert "not a picture" in str(found[3].error)
    assert str(found[18].error) == "gone.jpg was refused."
    assert np.isnan(found[3].melanoma) and found[3].diagnosis is None and found[3].doubtful
    from melanoma.photos.reading import read_image

    for number in (0, 17, 19):
        alone = small_classifier([read_image(files[number])])[0]
        assert found[number].probabilities == pytest.approx(
            {code: alone.probability(code) for code in alone.codes}, abs=1e-5
        )
        assert Image.open(io.BytesIO(found[number].thumbnail)).size == (128, 96)
        assert found[number].lesion_not_seen == alone.lesion_not_seen is not None
        assert (found[number].alert, found[number].malignancy_alert, found[number].in_mix) == (
            *(alone.melanoma_alert, alone.malignancy_alert),
            None,
        )
        assert found[number].malignancy == pytest.approx(alone.malignancy, abs=1e-5)
        assert (found[number].flags, found[number].prediction_set) == (alone.quality, alone.prediction_set)
        assert (found[number].in_distribution, found[number].frame) == (alone.in_distribution, None)


def _refuse() -> bytes:
    raise UserError("gone.jpg was refused.")


def test_work_stops_when_asked(small_classifier, drawn_folder):
    file = next(Path(drawn_folder).rglob("*.png"))
    sources = [in_memory(str(number), file.read_bytes()) for number in range(40)]
    entries = []
    for entry_ in judge(small_classifier, sources, lambda: bool(entries)):
        entries.append(entry_)
    assert len(entries) == 16, "what is judged with the photo is kept"
    assert list(judge(small_classifier, [])) == []


def test_the_csv_runs_no_formula_and_keeps_every_number():
    entries = [entry("=HYPERLINK(1)", 0.25, prediction_set=("MEL", "NV")), entry("b,\n“c”.jpg", None)]
    rows = list(csv.DictReader(io.StringIO(as_csv(entries, ("MEL", "NV")))))
    assert rows[0]["name"] == "'=HYPERLINK(1)"
    assert (rows[0]["p_MEL"], rows[0]["p_NV"], rows[0]["diagnosis"]) == ("0.250000", "0.750000", "NV")
    assert rows[0]["prediction_set"] == "MEL; NV"
    assert (rows[0]["malignancy"], rows[0]["malignancy_alert"]) == ("0.250000", ""), "no second alert"
    assert not any(name.startswith("mix_") for name in rows[0])
    assert rows[1]["name"] == "b,\n“c”.jpg"
    assert (rows[1]["p_MEL"], rows[1]["melanoma_alert"], rows[1]["error"]) == ("", "", "It is empty.")


@pytest.mark.parametrize("start", ["=1", "+1", "-1", "@x", "\t=1", "\r=1", " =1"])
def test_no_cell_begins_like_a_formula(start):
    assert spreadsheet_text(start) == f"'{start}"


def test_plain_names_stay_as_they_are():
    assert spreadsheet_text("photo-1.jpg") == "photo-1.jpg"


def test_the_html_shows_names_as_typed_and_loads_nothing(small_classifier):
    entries = [entry("<script>alert(1)</script>", 0.5, thumbnail=b"x"), entry("b", None)]
    page = as_html(entries, small_classifier.bundle)
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "http" not in page.replace("http-equiv", "")
    assert "no photo here is an all-clear" in page
    assert page.index("&lt;script") < page.index(">b<")


def test_in_another_mix_only_what_is_shown_changes(small_classifier, drawn_folder):
    bundle = small_classifier.bundle
    mix = mix_of("rare", {"MEL": 0.001, "NV": 0.999}, Sentence("the file rare"), bundle)
    files = sorted(Path(drawn_folder).rglob("*.png"))[:6]
    sources = [in_memory(file.name, file.read_bytes()) for file in files]
    own = ranked(list(judge(small_classifier, sources)))
    shown = ranked(list(judge(small_classifier, sources, mix=mix)))
    assert [replace(one, in_mix=None) for one in shown] == own
    for one in shown:
        odds = one.probabilities["MEL"] / one.probabilities["NV"] / 999 * bundle.prior[1] / bundle.prior[0]
        assert one.in_mix["MEL"] == pytest.approx(odds / (1 + odds))
    page = as_html(shown, bundle, mix=mix)
    assert (
        "Nothing else changes" in page
        and "the file rare" in page
        and "Nothing else" not in as_html(own, bundle)
    )
    assert f"{shown[0].in_mix['MEL']:.1%}" in page
    first = next(csv.DictReader(io.StringIO(as_csv(shown, bundle.codes, mix))))
    assert float(first["mix_MEL"]) == pytest.approx(shown[0].in_mix["MEL"], abs=1e-6)
    assert float(first["p_MEL"]) == pytest.approx(shown[0].probabilities["MEL"], abs=1e-6)


def test_the_summary_counts():
    entries = [
        entry("a", 0.9, alert=True),
        entry("b", 0.9, alert=True, flags=("The photo is blurred.",)),
        entry("c", 0.1, in_distribution=False),
        entry("d", None),
        judged("e", False, True, 0.9),
    ]
    assert summary(entries).startswith(
        "5 photos: 2 with a melanoma alert, 1 with that for any skin cancer alone, 2 whose answer"
    )


def test_turns_come_in_order_and_who_leaves_frees_the_place():
    turns, order, left = WorkQueue(), [], threading.Event()
    first_may_go = threading.Event()

    def work(name: str, gone=lambda: False, wait=None):
        with turns.turn(name, gone) as ours:
            order.append((name, ours))
            if wait:
                wait.wait(10)

    threads = [threading.Thread(target=work, args=("first", lambda: False, first_may_go))]
    threads[0].start()
    _until(lambda: order == [("first", True)])
    for name, gone in (("second", left.is_set), ("third", lambda: False)):
        threads.append(threading.Thread(target=work, args=(name, gone)))
        threads[-1].start()
        _until(lambda name=name: turns.ahead_of(name) == len(threads) - 1)
    left.set()
    _until(lambda: turns.ahead_of("third") == 1)
    first_may_go.set()
    for thread in threads:
        thread.join(10)
    assert order == [("first", True), ("second", False), ("third", True)]
    assert turns.ahead_of("third") == 0


def _until(condition) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_no_probability_at_all_is_the_least_urgent():
    entries = [judged("none", False, False, 0.0), judged("some", False, False, 0.5, 0.0), entry("bad", None)]
    assert [found.name for found in ranked(entries)] == ["bad", "some", "none"]
    few = [judged("no melanoma", True, True, 0.5, 0.0), judged("some", True, True, 0.5, 0.3)]
    assert [found.name for found in ranked(few)] == ["some", "no melanoma"]
