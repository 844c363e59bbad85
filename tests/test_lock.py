"""The container's lock says what requirements.txt says, with a hash for every package."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent


def versions(file: str) -> dict[str, str]:
    """Return the exact versions that a requirements file asks for."""
    content = (ROOT / file).read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9_.-]+)==([^\s;\\]+)", content, re.MULTILINE | re.IGNORECASE))


def test_the_lock_has_the_versions_of_the_requirements():
    wanted = versions("requirements.txt")
    del wanted["tensorflow"]  # for other platforms than the container's
    locked = versions("requirements.lock")
    assert wanted and {name: locked.get(name) for name in wanted} == wanted


def test_every_package_of_the_lock_has_a_hash():
    blocks = re.split(
        r"^(?=\S+==)", (ROOT / "requirements.lock").read_text(encoding="utf-8"), flags=re.MULTILINE
    )
    packages = [block for block in blocks if "==" in block]
    assert len(packages) == len(versions("requirements.lock")) > 40
    assert [block.split()[0] for block in packages if "--hash=sha256:" not in block] == []


def test_the_container_runs_without_rights_and_with_hashes():
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert "--require-hashes" in dockerfile
    assert re.search(r"^USER (?!0|root)\d+:\d+$", dockerfile, re.MULTILINE)
    copied = re.findall(r"^COPY (?!--from)(\S+)", dockerfile, re.MULTILINE)
    assert copied and all((ROOT / source).exists() for source in copied)
