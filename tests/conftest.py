"""Fixtures: the real data folder, a small bundle made by the project itself, and drawn lesions as files."""

import functools
import gc
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# The tests' pictures are so small that threads spend more time in waiting for each other than in computing.
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")

import cv2
import numpy as np
import pytest

from melanoma.edits.drawn_lesions import MELANOMA_LIKE, NEVUS_LIKE, draw_lesion
from tests.forked_runs import forked_runs

TINY_TRAINING = Path(__file__).parent / "tiny_training.py"
SHIPPED = Path(__file__).parent.parent / "models" / "isic8-mobilenet"

FOLDERS = (
    *("actinic keratosis", "basal cell carcinoma", "dermatofibroma", "melanoma", "nevus"),
    *("pigmented benign keratosis", "seborrheic keratosis", "squamous cell carcinoma", "vascular lesion"),
)
"""The tutorial's nine classes."""


# Each of Python's full collections goes through all of TensorFlow's objects, in half a second: with the usual
# 700, 10, 10 they were an eighth of the time of the pages' tests. What a test wants collected it collects.
gc.set_threshold(50_000, 10, 20)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse a slow test that does not say what only it can find."""
    for item in items:
        mark = item.get_closest_marker("slow")
        if mark is not None and not (mark.args and mark.args[0]):
            raise pytest.UsageError(f"{item.nodeid} is marked slow and gives no reason")


@pytest.fixture(scope="session", autouse=True)
def quick_evaluation() -> Iterator[None]:
    """Intervals from 40 resamples: how they are computed is tested, not how steady they are."""
    from melanoma.evaluation import evaluate, metrics, non_dermoscopic, operating_points, reliability

    # Drawn once: they are the same for each network, and Matplotlib takes two seconds for them.
    pictures = functools.cache(non_dermoscopic.non_dermoscopic_pictures)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(non_dermoscopic, "non_dermoscopic_pictures", pictures)
        patch.setattr(metrics, "REPLICATES", 40)
        patch.setattr(evaluate, "GROUP_REPLICATES", 40)
        patch.setattr(operating_points, "REPLICATES", 40)
        patch.setattr(reliability, "BIN_REPLICATES", 40)
        yield


@pytest.fixture(scope="session", autouse=True)
def quick_page_runs() -> Iterator[None]:
    """Spare each simulated run of a page two things that Streamlit does, some 0.2 s.

    It reads the metadata of all installed packages in search of components, for each `AppTest` anew, and
    clears Keras' session after each run. The browser tests have both.
    """
    from streamlit.components.v2 import manifest_scanner
    from streamlit.runtime.scriptrunner import script_runner

    scan = functools.cache(manifest_scanner.scan_component_manifests)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", scan)
        patch.setattr(script_runner, "_clean_problem_modules", lambda: None)
        yield


@pytest.fixture(scope="session", autouse=True)
def one_shipped_network() -> Iterator[None]:
    """Load and trace the shipped network once: pages and commands would each do it again, in 0.8 s."""
    from melanoma.model import classifier

    load = classifier.load_compiled
    shipped: dict[str, classifier.CompiledNetwork] = {}

    def loaded_once(bundle):
        if bundle.path.resolve() != SHIPPED.resolve():
            return load(bundle)
        if bundle.version not in shipped:
            shipped[bundle.version] = load(bundle)
        return shipped[bundle.version]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(classifier, "load_compiled", loaded_once)
        yield


@pytest.fixture(scope="session", autouse=True)
def keras_in_this_process() -> Iterator[None]:
    """Let pages compute with Keras here, where it is loaded and knows the tests' own backbone.

    `tests/app/test_keras_worker.py` has the process in which the server computes.
    """
    from melanoma.app.keras_worker import KerasWorker

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(KerasWorker, "take_over", lambda _worker, network, _bundle: network)
        yield


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder with real images; tests that need it are skipped where it is absent."""
    folder = Path(os.environ.get("MELANOMA_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not (folder / "isic" / "labels.csv").is_file():
        pytest.skip(f"no real images at {folder} (set MELANOMA_DATA)")
    return folder


def write_image(path: Path, image: np.ndarray) -> Path:
    """Write uint8 RGB by the name's ending."""
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), image[:, :, ::-1])
    return path


@pytest.fixture(scope="session")
def drawn_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of class folders: 12 drawn “melanomas” and 12 drawn “nevi”."""
    folder = tmp_path_factory.mktemp("drawn")
    for name, parameters in (("melanoma", MELANOMA_LIKE), ("nevus", NEVUS_LIKE)):
        for seed in range(12):
            write_image(folder / name / f"{seed}.png", draw_lesion(parameters, 90, 120, seed).image)
    return folder


@pytest.fixture(scope="session")
def small_bundle(drawn_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of an unfitted network for two diagnoses at 96 px: the shape of a model without its sense."""
    import keras
    import pandas as pd

    from melanoma.data.labels.read import read_labels
    from melanoma.data.split import split_by_lesion
    from melanoma.model.network import build_network
    from melanoma.training.export import export_bundle
    from melanoma.training.fine_tuning import FINE_TUNING
    from tests.tiny_backbone import TINY, as_mobilenet

    keras.utils.set_random_seed(1)
    table = read_labels(drawn_folder).table
    table["split"] = split_by_lesion(table, seed=1)
    names = [
        "epoch",
        "image_size",
        "loss",
        "calibration_balanced_accuracy",
        "calibration_melanoma_auc",
        "seconds",
    ]
    history = pd.DataFrame([[1, 64, 1.0, 0.5, 0.5, 1.0]], columns=names)
    out = tmp_path_factory.mktemp("models") / "small"
    network = build_network(TINY, 96, 2)
    with as_mobilenet():
        export_bundle(
            network,
            np.array([0.5, 0.5]),
            table,
            ["MEL", "NV"],
            FINE_TUNING["quick"],
            "random weights",
            history,
            out,
        )
    return out


@pytest.fixture(scope="session")
def nine_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set like the tutorial's: `Train` and `Test` with nine class folders of drawings, 8 and 1 each."""
    folder = tmp_path_factory.mktemp("nine")
    for number, name in enumerate(FOLDERS):
        for seed in range(9):
            parameters = MELANOMA_LIKE if name == "melanoma" else NEVUS_LIKE
            drawn = draw_lesion(parameters, 64, 64, 100 * number + seed).image
            write_image(
                folder / ("Test" if seed == 8 else "Train") / name / f"ISIC_{number}{seed}.png", drawn
            )
    return folder


@pytest.fixture(scope="session")
def nine_bundle(nine_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of the tutorial's network, unfitted, at 64 px: nine classes and no evidence map."""
    import keras
    import pandas as pd

    from melanoma.diagnoses import NINE
    from melanoma.training.export import export_bundle
    from melanoma.tutorial.experiment_data import experiment_table
    from melanoma.tutorial.network import build_tutorial_network
    from melanoma.tutorial.recipes import TutorialRecipe

    keras.utils.set_random_seed(1)
    recipe = TutorialRecipe("tiny", image_size=64)
    table = experiment_table(nine_folder, None, recipe, tmp_path_factory.mktemp("run"))
    names = ["epoch", "image_size", "loss", "calibration_balanced_accuracy", "calibration_melanoma_auc"]
    history = pd.DataFrame([[1, 64, 1.0, 0.5, 0.5]], columns=names).assign(seconds=1.0)
    out = tmp_path_factory.mktemp("nine-models") / "nine"
    network = build_tutorial_network(recipe, len(NINE))
    export_bundle(network, np.full(9, 1 / 9), table, list(NINE), recipe, "random weights", history, out)
    return out


@pytest.fixture(scope="session")
def nine_classifier(nine_bundle: Path):
    """A classifier of the nine classes."""
    from melanoma.model.bundle import load_bundle
    from melanoma.model.classifier import Classifier

    return Classifier(load_bundle(nine_bundle))


@pytest.fixture(scope="session")
def small_classifier(small_bundle: Path):
    """A classifier of the small bundle."""
    from melanoma.model.bundle import load_bundle
    from melanoma.model.classifier import Classifier

    return Classifier(load_bundle(small_bundle))


@pytest.fixture(scope="session")
def shipped_classifier():
    """The classifier of the shipped bundle."""
    from melanoma.model.bundle import load_bundle
    from melanoma.model.classifier import Classifier

    return Classifier(load_bundle(SHIPPED))


@pytest.fixture(scope="session")
def drawn_photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A drawing of real size, 600 x 450, as a JPEG."""
    return write_image(
        tmp_path_factory.mktemp("photo") / "drawn.jpg", draw_lesion(MELANOMA_LIKE, 450, 600, 5).image
    )


@pytest.fixture(scope="session")
def long_photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A drawing of 450 x 150 whose lesion lies at the left: the centred square shows nothing of it."""
    image = draw_lesion(MELANOMA_LIKE, 150, 450, 5).image
    return write_image(tmp_path_factory.mktemp("long") / "long.png", np.roll(image, -150, axis=1))


@pytest.fixture(scope="session")
def run_training(tmp_path_factory):
    """Run train.py with the recipe `tiny` in a process of its own, in a folder."""
    chosen = ("--recipe", "tiny", "--backbone-weights", "none", "--out", "models/tried")
    with forked_runs(TINY_TRAINING, tmp_path_factory.mktemp("runs")) as runs:

        def run(folder: Path, data: Path, *options: str, **environment: str) -> subprocess.CompletedProcess:
            return runs.run(folder, "--data", str(data), *chosen, *options, **environment)

        yield run


_classifiers: dict = {}


@pytest.fixture
def melanoma(monkeypatch, capsys):
    """Run a command; return its exit status, what it printed, and what it complained about.

    A bundle is loaded once for all commands of a run, which is what takes the time.
    """

    from melanoma.cli import main
    from melanoma.model import classifier

    load = classifier.Classifier

    def loaded_once(bundle, for_many=False):
        key = (bundle.path, bundle.version, for_many)
        if key not in _classifiers:
            _classifiers[key] = load(bundle, for_many)
        return _classifiers[key]

    monkeypatch.setattr(classifier, "Classifier", loaded_once)

    def run(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["melanoma", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        return ended.value.code or 0, printed.out, printed.err

    return run


@pytest.fixture
def photos(tmp_path) -> Path:
    """A folder of two good photos and a bad one."""
    folder = tmp_path / "photos"
    for seed in (1, 2):
        write_image(folder / f"good {seed}.png", draw_lesion(MELANOMA_LIKE, 90, 120, seed).image)
    (folder / "bad.jpg").write_text("not a picture")
    return folder


@pytest.fixture(scope="module")
def two_nodes():
    """The address of a Ray cluster of two nodes of one core each, on this machine."""
    from ray.cluster_utils import Cluster

    with pytest.MonkeyPatch.context() as patch:
        # At niceness 15, which Ray gives them, the workers starve beside other work on the machine.
        patch.setenv("RAY_worker_niceness", "0")
        started = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
        started.add_node(num_cpus=1)
    yield started.address
    started.shutdown()
