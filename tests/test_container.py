"""Every page opens from exactly the files that the container's image holds, and a wheel holds them too."""

import fnmatch
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = sorted(
    file.stem for file in (ROOT / "melanoma" / "app" / "pages").glob("*.py") if file.stem != "__init__"
)
OPEN_ALL = f"""
import os
from streamlit.testing.v1 import AppTest
os.environ["MELANOMA_OPERATOR_TOKEN"] = "a token that nobody guesses"
for name, links in {{name: [{{}}] for name in {PAGES!r}}}.items():
    if name == "model":
        links = [{{"read": part}} for part in ("card", "experiments", "train")]
    if name == "data":
        links = [{{"part": str(part)}} for part in range(1, 7)]
    for link in links:
        script = f"from melanoma.app.pages import {{name}}; {{name}}.page()"
        app = AppTest.from_string(script, default_timeout=240)
        for key, value in link.items():
            app.query_params[key] = value
        app.run()
        assert not app.exception, (name, link, app.exception)
        assert app.title, (name, link)
        if link == {{"read": "experiments"}}:
            assert any("What was tried" in part.value for part in app.markdown)
        print("opened", name, *link.values())
import melanoma
print(melanoma.__file__)
"""
"""Opens every page, Model and The data in all their parts."""


def allowed(ignore: str, path: str) -> bool:
    """Return whether a .dockerignore lets a file into the build: the last line that fits decides."""
    kept = True
    for line in filter(None, map(str.strip, ignore.splitlines())):
        pattern, keeps = line.removeprefix("!"), line.startswith("!")
        fits = any(
            fnmatch.fnmatchcase(part, pattern.removeprefix("**/"))
            for part in ([*path.split("/")] if pattern.startswith("**/") else prefixes(path))
        )
        kept = keeps if fits else kept
    return kept


def prefixes(path: str) -> list[str]:
    """Return a path and the folders that it lies in."""
    parts = path.split("/")
    return ["/".join(parts[: count + 1]) for count in range(len(parts))]


def files_of_the_image(dockerfile: str, ignore: str, tracked: list[str]) -> dict[str, str]:
    """Return where each file of the last stage lies in its working folder, by its path in the checkout."""
    placed = {}
    for line in re.findall(r"^COPY (?!--from)(.+)$", dockerfile.rpartition("\nFROM ")[2], re.MULTILINE):
        *sources, target = line.split()
        for source in sources:
            for path in tracked:
                if path == source and allowed(ignore, path):
                    name = Path(path).name if target.endswith("/") else target
                    placed[path] = str(Path(target) / name) if target.endswith("/") else name
                elif path.startswith(f"{source}/") and allowed(ignore, path):
                    placed[path] = str(Path(target) / path.removeprefix(f"{source}/"))
    return placed


def checked_out() -> list[str]:
    """Return the files of this checkout without what tools left in it."""
    found = []
    for top in ("melanoma", "models", "docs", ".streamlit", "tests"):
        found += [
            file for file in (ROOT / top).rglob("*") if file.is_file() and "__pycache__" not in file.parts
        ]
    found += [file for file in ROOT.iterdir() if file.is_file()]
    return sorted(str(file.relative_to(ROOT)) for file in found)


@pytest.fixture
def image(tmp_path) -> Path:
    """The working folder of the container."""
    dockerfile, ignore = ((ROOT / name).read_text("utf-8") for name in ("Dockerfile", ".dockerignore"))
    for source, target in files_of_the_image(dockerfile, ignore, checked_out()).items():
        placed = tmp_path / "app" / target
        placed.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / source, placed)
    return tmp_path / "app"


def test_what_a_dockerfile_copies_by_hand():
    dockerfile = (
        "FROM a AS b\nCOPY lock .\nFROM a\nCOPY --from=b /venv /venv\nCOPY one.py ./\nCOPY pack pack\n"
    )
    dockerfile += "COPY .set/config.toml .set/\n"
    files = [
        "lock",
        "one.py",
        "pack/a.py",
        "pack/sub/b.md",
        "pack/__pycache__/a.pyc",
        ".set/config.toml",
        "no.md",
    ]
    ignore = "*\n!lock\n!one.py\n!pack\n!.set/config.toml\n**/__pycache__\n"
    assert files_of_the_image(dockerfile, ignore, files) == {
        "one.py": "one.py",
        "pack/a.py": "pack/a.py",
        "pack/sub/b.md": "pack/sub/b.md",
        ".set/config.toml": ".set/config.toml",
    }
    assert "one.py" not in files_of_the_image(dockerfile, ignore.replace("!one.py\n", ""), files)


def test_the_image_holds_the_page_and_no_document_or_test(image):
    assert (image / "streamlit_app.py").is_file() and (image / ".streamlit" / "config.toml").is_file()
    assert (image / "melanoma" / "tutorial" / "story.json").is_file()
    assert not (image / "docs").exists() and not (image / "tests").exists()


@pytest.mark.slow("a page that reads what the image lacks")
def test_every_page_opens_from_the_files_of_the_image(image):
    ran = subprocess.run(
        [sys.executable, "-c", OPEN_ALL], cwd=image, capture_output=True, text=True, timeout=280, check=False
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    told = ran.stdout.splitlines()
    assert {line.split()[1] for line in told[:-1]} == set(PAGES)
    assert told[-1] == str(image / "melanoma" / "__init__.py"), "the copy was opened"


@pytest.mark.slow("builds the wheel")
def test_a_wheel_holds_every_file_of_the_package(tmp_path):
    source = tmp_path / "source"
    shutil.copytree(ROOT / "melanoma", source / "melanoma", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    command = [sys.executable, "-m", "pip", "wheel", ".", "--no-deps", "-q", "-w", str(tmp_path)]
    built = subprocess.run(command, cwd=source, capture_output=True, text=True, timeout=280, check=False)
    if "setuptools" in built.stderr and "No matching distribution" in built.stderr:
        pytest.skip("the package index cannot be reached, and building takes setuptools from there")
    assert built.returncode == 0, built.stderr[-2000:]
    (wheel,) = tmp_path.glob("*.whl")
    held = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("melanoma/")}
    assert held == {path for path in checked_out() if path.startswith("melanoma/")}
