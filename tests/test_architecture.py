"""Which package may import which: docs/architecture.md draws it, this holds it."""

import ast
from pathlib import Path

import pytest

from tests.syntax_trees import nodes_in

ROOT = Path(__file__).parent.parent
# A module imports from its own package and from those above it in this list, never from below.
LAYERS = (
    # The ground floor: modules, not packages.
    (
        "batches",
        "child_process",
        "errors",
        "output",
        "licences",
        "phrases",
        "files",
        "diagnoses",
        "diagnosis_words",
        "controls",
        "ray_cluster",
        "value_encoding",
        "pause_points",
        "stepped_call",
    ),
    ("photos",),
    ("lesion",),
    ("edits",),
    ("model",),
    ("data",),
    ("measures",),  # knows no method
    ("explain",),  # knows no measure
    ("evaluation",),
    ("training",),
    ("laboratory",),
    ("figures",),
    ("exports",),
    ("batch",),
    ("tutorial",),
    ("classroom",),
    ("app", "cli"),
    ("__main__",),
)
LAYER_OF = {package: number for number, layer in enumerate(LAYERS) for package in layer}
APART = {("explain", "measures"), ("app", "cli"), ("cli", "app")}
"""Pairs of which the first must not import the second, though it stands above it or beside it."""


def modules(folder: Path) -> dict[str, Path]:
    """Return every module below a folder `melanoma`, by its dotted name."""
    return {
        ".".join(file.relative_to(folder.parent).with_suffix("").parts).removesuffix(".__init__"): file
        for file in folder.rglob("*.py")
    }


def imported(file: Path, project: str = "melanoma") -> set[str]:
    """Return every dotted name of a project that a file imports, also within a function."""
    found = set()
    for node in nodes_in(file):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: imports are absolute here"
            found |= {f"{node.module}.{name.name}" for name in node.names}
    return {name for name in found if name.split(".")[0] == project}


def package(name: str) -> str:
    return name.split(".")[1]


def wrong_imports(folder: Path) -> list[str]:
    """Return each import that points upward, or into a package that its own must not know."""
    wrong = []
    for name, file in modules(folder).items():
        for other in imported(file) - {"melanoma.__version__"}:
            own, theirs = package(name), package(other)
            if LAYER_OF[theirs] > LAYER_OF[own] or (own, theirs) in APART:
                wrong.append(f"{name} imports {other}")
    return wrong


def circles(folder: Path) -> list[str]:
    """Return the modules that reach themselves by what they import."""
    known = modules(folder)

    def nearest(name: str) -> str:
        return name if name in known else name.rpartition(".")[0]

    arrows = {name: {nearest(other) for other in imported(file)} for name, file in known.items()}
    reach = dict(arrows)
    for _ in known:
        wider = {
            name: found.union(*(reach.get(one, set()) for one in found)) for name, found in reach.items()
        }
        if wider == reach:
            break
        reach = wider
    return sorted(name for name, found in reach.items() if name in found)


def test_imports_point_one_way():
    assert wrong_imports(ROOT / "melanoma") == []


def test_no_module_imports_itself_in_a_circle():
    assert circles(ROOT / "melanoma") == []


def test_every_package_stands_in_the_list():
    there = {package(name) for name in modules(ROOT / "melanoma") if name != "melanoma"}
    assert there == set(LAYER_OF)


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("photos/reading.py", "from melanoma.model.bundle import load_bundle"),
        ("photos/reading.py", "import melanoma.app.navigation"),
        ("model/bundle.py", "def late():\n    from melanoma.training.recipes import Recipe"),
        ("explain/base.py", "from melanoma.measures.base import MapCase"),
        ("app/navigation.py", "from melanoma import cli"),
    ],
)
def test_an_import_upward_is_found(tmp_path, file, line):
    wrong = tmp_path / "melanoma" / file
    wrong.parent.mkdir(parents=True)
    wrong.write_text(line + "\n", encoding="utf-8")
    assert len(wrong_imports(tmp_path / "melanoma")) == 1


def test_a_circle_is_found(tmp_path):
    for name, other in (("one", "two"), ("two", "three"), ("three", "one"), ("four", "one")):
        file = tmp_path / "melanoma" / "photos" / f"{name}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"from melanoma.photos.{other} import name\n", encoding="utf-8")
    assert circles(tmp_path / "melanoma") == [f"melanoma.photos.{name}" for name in ("one", "three", "two")]


def test_only_the_app_imports_streamlit():
    users = {
        package(name) for name, file in modules(ROOT / "melanoma").items() if imported(file, "streamlit")
    }
    assert users == {"app"}
