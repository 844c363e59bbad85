"""Which photos the in-distribution check of a new bundle knows, and which judge it."""

import pandas as pd
import pytest

from melanoma.errors import UserError
from melanoma.training import distribution
from melanoma.training.distribution import fit_references, other_fitted, read_close_ups
from tests.conftest import NEVUS_LIKE, draw_lesion, write_image


def test_close_ups_are_halved_by_name_whatever_else_is_there(tmp_path, monkeypatch):
    monkeypatch.setattr(distribution, "FEWEST", 2)
    for number in range(12):
        write_image(tmp_path / "arms" / f"{number}.png", draw_lesion(NEVUS_LIKE, 40, 40, number).image)
    (tmp_path / "notes.txt").write_text("no photo")
    halves = read_close_ups(tmp_path)
    known, unseen = set(halves.known["image_id"]), set(halves.unseen["image_id"])
    assert known | unseen == {str(number) for number in range(12)} and not known & unseen
    (tmp_path / "arms" / "0.png").unlink()
    assert set(read_close_ups(tmp_path).known["image_id"]) == known - {"0"}, "others stay where they were"


def test_too_few_close_ups_and_none_are_a_sentence(tmp_path):
    with pytest.raises(UserError, match="There is no folder"):
        read_close_ups(tmp_path / "none")
    write_image(tmp_path / "one.png", draw_lesion(NEVUS_LIKE, 40, 40, 1).image)
    with pytest.raises(UserError, match="1 photos, too few"):
        read_close_ups(tmp_path)


def test_the_line_is_drawn_on_photos_that_are_no_references(monkeypatch):
    monkeypatch.setattr(distribution, "REFERENCES", 4)
    monkeypatch.setattr(distribution, "_OF_A_SOURCE", 3)
    fitted = pd.DataFrame({"image_id": list("abcdefghijkl"), "source": ["one"] * 6 + ["two"] * 6})
    taken = fitted.sample(4, random_state=5)["image_id"]
    others = other_fitted(fitted, 5)
    assert not set(others["image_id"]) & set(taken)
    assert others["source"].value_counts().max() <= 3 and set(others["source"]) == {"one", "two"}
    assert len(other_fitted(fitted.head(4), 5)) == 4, "all are references: there are no others"


def test_known_close_ups_are_references(small_classifier, drawn_folder, monkeypatch):
    monkeypatch.setattr(distribution, "FEWEST", 2)
    halves = read_close_ups(drawn_folder / "nevus")
    fitted = halves.unseen.assign(source="one")
    compiled, framing = small_classifier.compiled, small_classifier.bundle.framing
    alone = fit_references(compiled, fitted, framing, seed=1)
    both = fit_references(compiled, fitted, framing, seed=1, close_ups=halves)
    assert alone.close_ups is None and len(alone.dermoscopic) == len(fitted)
    assert (both.dermoscopic == alone.dermoscopic).all() and len(both.close_ups) == len(halves.known)
