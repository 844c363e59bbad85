"""What each kind of recipe refuses, what it stores, and what its card says."""

from dataclasses import replace
from pathlib import Path

import keras
import pandas as pd
import pytest

from melanoma.errors import UserError
from melanoma.training.fine_tuning import FINE_TUNING
from melanoma.training.recipes import LabelSources, Precision, Stage, recipe_named, remaining_stages
from melanoma.tutorial.recipes import EXPERIMENTS, TutorialRecipe
from tests.tiny_backbone import as_mobilenet
from train import RECIPES

NOTHING = {"backbone": None, "precision": Precision.FLOAT32, "workers": 1, "start": None}
SHIPPED = Path(__file__).parents[2] / "models" / "isic8-mobilenet"


@pytest.mark.parametrize(
    ("name", "option", "sentence"),
    [
        ("quick", {"precision": Precision.MIXED_BFLOAT16}, "quick is fitted in float32 alone. Leave --prec"),
        ("quick", {"workers": 3}, "A batch of 32 cannot be shared evenly by 3 workers"),
        ("quick", {"workers": 32}, "A batch of 32 cannot be shared evenly by 32 workers"),
        ("quick", {"backbone": "vgg"}, "There is no backbone “vgg”"),
        ("tutorial-a", {"backbone": "mobilenet"}, "has the tutorial's own network. Leave --backbone out"),
        ("tutorial-a", {"workers": 2}, "runs on one worker, as its readers run it. Leave --workers out"),
        ("tutorial-a", {"changes": ["dropout=0.5"]}, "is run as the tutorial has it. Leave --set out"),
        ("tutorial-a", {"start": Path("models/x")}, "begins with random weights, .* Leave --start out"),
    ],
)
def test_a_recipe_refuses_the_options_that_it_cannot_have(name, option, sentence):
    with pytest.raises(UserError, match=sentence):
        RECIPES[name].with_options(**NOTHING | option)


def test_a_recipe_takes_the_options_that_it_can_have():
    for recipe in RECIPES.values():
        assert recipe.with_options(**NOTHING) == recipe
    quick, first = FINE_TUNING["quick"], EXPERIMENTS["tutorial-a"]
    assert quick.with_options(**NOTHING | {"workers": 2, "start": Path("models/x")}) == quick
    mixed = Precision.MIXED_BFLOAT16
    assert first.with_options(**NOTHING | {"precision": mixed}) == replace(first, precision=mixed)


def test_an_experiment_takes_one_folder(tmp_path):
    with pytest.raises(UserError, match="tutorial-a is fitted to one folder, .* Give one --data"):
        EXPERIMENTS["tutorial-a"].table(LabelSources([tmp_path, tmp_path]), tmp_path)


def test_both_kinds_are_offered_by_name():
    assert list(RECIPES) == [*FINE_TUNING, *EXPERIMENTS] and len(RECIPES) >= 3 + 11
    assert all(recipe.name == name for name, recipe in RECIPES.items())
    assert recipe_named("tutorial-b", RECIPES) is EXPERIMENTS["tutorial-b"]
    with pytest.raises(UserError, match="There is no recipe “grand”. Choose one of lesion, proxy, quick"):
        recipe_named("grand", RECIPES)


def test_the_stored_choices_are_the_fields_of_a_recipe():
    """A field that is renamed would part a resumed run from its plan, and folds from each other."""
    assert list(FINE_TUNING["lesion"].settings()) == [
        *("name", "stages", "samples_per_epoch", "backbone", "batch", "peak_learning_rate", "last_rate"),
        *("averaging", "warm_up", "frozen_blocks", "weight_decay", "sampling_power", "by_source"),
        *(
            "label_smoothing",
            "dropout",
            "consistency_weight",
            "outside_weight",
            "sensitivity",
            "seed",
            "framing",
        ),
        "augmentation",
    ]


def test_a_choice_is_set_by_its_name():
    chosen = FINE_TUNING["quick"].with_options(
        *(None, Precision.FLOAT32, 1, None),
        [
            "dropout=0.25",
            "augmentation.artefacts=0",
            "stages=[[64, 2], [96, 1, true, 84]]",
            "frozen_blocks=2",
        ],
    )
    assert (chosen.dropout, chosen.augmentation.artefacts, chosen.frozen_blocks) == (0.25, 0.0, 2)
    assert chosen.stages == (Stage(64, 2), Stage(96, 1, twins=True, degraded_to=84))
    assert chosen.epochs == 3


@pytest.mark.parametrize(
    "change",
    [
        "dropout",
        "dropout=",
        "dropout=much",
        "epochs=3",
        "name=1",
        "augmentation.size=1",
        "stages=[1]",
        'stages=[{"image_size": 96, "epochs": 1}]',
        'stages=[["96", 1]]',
        "stages=[[96, 0]]",
        "stages=[[96, 1, 1]]",
        "stages=[[96, 1, true, 0.5]]",
    ],
)
def test_what_is_no_choice_is_refused(change):
    with pytest.raises(UserError, match="is no choice of quick. Write NAME=VALUE"):
        FINE_TUNING["quick"].with_options(None, Precision.FLOAT32, 1, None, [change])


def test_the_stored_choices_of_an_experiment_are_its_fields():
    assert list(TutorialRecipe("x").settings()) == [
        *("name", "epochs", "changed", "dropout", "l2", "channels", "dense"),
        *("copies", "copies_per_class", "honest", "batch"),
        *("learning_rate", "image_size", "sensitivity", "seed", "precision"),
    ]


@pytest.mark.parametrize(
    ("done", "left"),
    [
        (0, [(8, [0, 1]), (16, [2])]),
        (1, [(8, [1]), (16, [2])]),
        (2, [(16, [2])]),
        (3, []),
    ],
)
def test_a_resumed_run_has_the_epochs_left_that_are_not_done(done, left):
    stages = (Stage(8, 2), Stage(16, 1, twins=True))
    found = remaining_stages(stages, done)
    assert [(stage.image_size, list(epochs)) for stage, epochs in found] == left


@pytest.mark.parametrize(("honest", "flatters"), [(True, False), (False, True)])
def test_the_card_of_an_experiment_says_whether_its_figures_flatter(honest, flatters):
    recipe = TutorialRecipe("x", honest=honest)
    card = recipe.description("random weights", pd.DataFrame({"seconds": [60.0, 60.0]}))
    assert ("its figures flatter" in card.network) == flatters
    assert ("Split by file" in card.split) == flatters
    assert ("of which some show what was fitted" in card.test_images) == flatters
    assert "in 2 epochs (2 minutes" in card.network and "computed in float32" in card.network
    assert card.weights_licence == ""


def test_paired_copies_count_in_their_stages_alone():
    with as_mobilenet():
        recipe = FINE_TUNING["quick"]
        keras.utils.set_random_seed(1)
        model = recipe.compiled(recipe.network(2, "none", synchronized=False))
        assert not model.paired
        for stage in recipe.stages:
            recipe.begin_stage(model, stage)
            assert model.paired == stage.twins
        assert (model.label_smoothing, model.outside_weight, model.consistency_weight) == (0.05, 0.25, 1.0)


def test_stages_grow_in_sizes_that_every_backbone_divides():
    for recipe in FINE_TUNING.values():
        sizes = [stage.image_size for stage in recipe.stages]
        assert sizes == sorted(sizes) and all(64 <= size <= 256 and size % 32 == 0 for size in sizes)
        assert all(1 <= stage.epochs <= 20 for stage in recipe.stages)


def test_an_honest_experiment_differs_from_its_namesake_by_labels_and_split_alone():
    for name, recipe in EXPERIMENTS.items():
        assert recipe.honest == name.endswith("-honest"), name
    pairs = {"a": "a", "b": "b", "c": "c", "d": "d-after"}
    for letter, other in pairs.items():
        honest, plain = EXPERIMENTS[f"tutorial-{letter}-honest"], EXPERIMENTS[f"tutorial-{other}"]
        assert replace(honest, name=plain.name, honest=False) == plain
    assert len({replace(one, name="") for one in EXPERIMENTS.values()}) == len(EXPERIMENTS), (
        "none comes twice"
    )
