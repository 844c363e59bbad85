"""Nothing here unpickles: a pickle from elsewhere runs whatever its maker liked."""

import ast
from pathlib import Path

import pytest

from tests.syntax_trees import nodes_of

ROOT = Path(__file__).parent.parent
CODE = sorted(
    file
    for place in ("melanoma", "benchmarks", "train.py", "streamlit_app.py")
    for file in ([ROOT / place] if place.endswith(".py") else (ROOT / place).rglob("*.py"))
)
# Ray's own protocol between the machines of a cluster is pickle: who can reach it can run code there anyway.
# What these send one another in it never comes from a file.
WITHIN_A_CLUSTER = {ROOT / file for file in ("melanoma/batch/cluster/predicting.py", "benchmarks/cluster.py")}
# Refuses every name in a pickle but those of tensors, of files whose SHA-256 it knows.
RESTRICTED = {ROOT / "melanoma" / "model" / "backbones" / "torch_file.py"}
PICKLERS = {"pickle", "cPickle", "_pickle", "cloudpickle", "dill", "joblib", "shelve", "marshal"}
CALLS = {"read_pickle", "to_pickle", "unsafe_load", "full_load", "enable_unsafe_deserialization"}


def faults(source: str) -> list[str]:
    """Return what in Python source unpickles. NumPy and Keras do not unless they are told to."""
    found = []
    for node in nodes_of(source):
        if isinstance(node, ast.Import):
            found += [name.name for name in node.names if name.name.split(".")[0] in PICKLERS]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in PICKLERS:
            found.append(str(node.module))
        elif isinstance(node, ast.Attribute) and node.attr in CALLS:
            found.append(node.attr)
        elif isinstance(node, ast.keyword):
            off = isinstance(node.value, ast.Constant) and node.value.value is False
            on = isinstance(node.value, ast.Constant) and node.value.value is True
            if (node.arg == "allow_pickle" and not off) or (node.arg == "safe_mode" and not on):
                found.append(node.arg)
    return found


@pytest.mark.parametrize("file", CODE, ids=lambda file: str(file.relative_to(ROOT)))
def test_no_code_unpickles(file):
    found = faults(file.read_text(encoding="utf-8"))
    assert found == (["pickle"] if file in WITHIN_A_CLUSTER | RESTRICTED else [])


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from joblib import load",
        "np.load(file, allow_pickle=True)",
        "keras.saving.load_model(path, safe_mode=False)",
        "pd.read_pickle(file)",
    ],
)
def test_the_search_finds_them(source):
    assert faults(source)


def test_the_search_covers_the_project():
    assert len(CODE) > 100
