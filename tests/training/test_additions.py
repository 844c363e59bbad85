"""Files that finished bundles get later: fingerprints and known lesions."""

import shutil

import numpy as np
import pytest

from melanoma.data.labels.read import read_labels
from melanoma.errors import UserError
from melanoma.model import neighbours
from melanoma.model.bundle import describe, load_bundle
from melanoma.training import additions
from melanoma.training.additions import add_fingerprints, add_known_lesions
from tests.tiny_backbone import as_mobilenet


@pytest.fixture
def public(small_bundle, drawn_folder, tmp_path, monkeypatch):
    """A copy of the small bundle whose photos have ids of the Archive, and a table of these."""
    folder = tmp_path / "public"
    shutil.copytree(small_bundle, folder)
    bundle = load_bundle(folder)
    table = read_labels(drawn_folder).table
    names = {image_id: f"ISIC_{number:07d}" for number, image_id in enumerate(table["image_id"])}
    photos = tmp_path / "photos"
    photos.mkdir()
    for row in table.itertuples():
        shutil.copy(row.path, photos / f"{names[row.image_id]}.png")
    labels = table.replace({"image_id": names})[["image_id", "diagnosis"]]
    labels.rename(columns={"image_id": "isic_id"}).to_csv(photos / "labels.csv", index=False)
    split = bundle.load_split().replace({"image_id": names})
    split["lesion_id"] = split["image_id"]
    split.to_parquet(folder / "split.parquet", index=False)
    (folder / "fingerprints.parquet").unlink()
    describe(folder, bundle)
    for module in (neighbours, additions):
        monkeypatch.setattr(module, "FEWEST", 8)
    with as_mobilenet():
        yield folder, photos / "labels.csv"


@pytest.mark.slow("a bundle again, photo by photo")
def test_known_lesions_are_the_fitted_ones_and_a_fitted_photo_is_nearest_to_itself(public):
    folder, labels = public
    before = load_bundle(folder)
    assert before.load_known_lesions() is None
    made = add_known_lesions(before, labels)
    known = made.load_known_lesions()
    split = made.load_split()
    fitted = split[split["split"] == "train"]["image_id"]
    assert sorted(known.table["image_id"]) == sorted(fitted) and made.version != before.version
    assert made.figures["neighbours"]["lesions"] == len(fitted)
    assert made.figures["neighbours"]["right"]["images"] == (split["split"] == "test").sum()
    assert {name: made.figures[name] for name in before.figures} == before.figures
    own = known.similarities(known.features.astype(np.float32) @ np.linalg.pinv(known.axes) + known.mean)
    assert np.diag(own) == pytest.approx(1, abs=0.01)


@pytest.mark.slow("a bundle again, photo by photo")
def test_fingerprints_are_those_of_all_that_were_not_held_out(public):
    folder, labels = public
    made = add_fingerprints(load_bundle(folder), labels)
    split = made.load_split()
    assert set(made.load_fingerprints()["image_id"]) == set(split[split["split"] != "test"]["image_id"])


@pytest.mark.slow("a bundle again, photo by photo")
def test_all_that_it_was_fitted_to_has_to_be_there(public):
    folder, labels = public
    split = load_bundle(folder).load_split()
    gone = split[split["split"] == "train"]["image_id"].iloc[0]
    lines = labels.read_text().splitlines()
    labels.write_text("\n".join(line for line in lines if gone not in line))
    for add in (add_fingerprints, add_known_lesions):
        with pytest.raises(UserError, match=f"not among the labels, such as {gone}"):
            add(load_bundle(folder), labels)
    assert load_bundle(folder).load_known_lesions() is None


@pytest.mark.slow("a bundle again, photo by photo")
def test_too_few_public_lesions_are_refused(public, monkeypatch):
    folder, labels = public
    monkeypatch.setattr(additions, "FEWEST", 100)
    with pytest.raises(UserError, match="too few to show them"):
        add_known_lesions(load_bundle(folder), labels)
