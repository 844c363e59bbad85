"""The command `melanoma licences`: every package that the page installs, and the terms it comes under."""

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Annotated

import typer

from melanoma.output import print_json

_CHECKOUT = Path(__file__).resolve().parents[1]
_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*")
_COPYLEFT = re.compile(
    r"GNU (?:LESSER |LIBRARY |AFFERO )?GENERAL PUBLIC LICENSE|\b(?:L|A)?GPL(?:-|v)?[23](?:\.[01])?\b",
    re.IGNORECASE,
)
_LICENCE_FILE = re.compile(r"licen[sc]e|copying|notice|third.?party", re.IGNORECASE)
_LIBRARY = re.compile(r"\.libs/(?P<name>lib[A-Za-z0-9+_]+)")
_COPYLEFT_LIBRARIES = {
    "libx265": "GPL-2.0-or-later",
    "libde265": "LGPL-3.0-or-later",
    "libheif": "LGPL-3.0-or-later",
    **dict.fromkeys(
        ("libavcodec", "libavformat", "libavutil", "libswscale", "libswresample"), "LGPL-2.1-or-later"
    ),
    **dict.fromkeys(("libgfortran", "libquadmath"), "GPL-3.0-or-later WITH GCC-exception-3.1"),
}
"""What wheels carry as files of their own, with each library's terms as its authors state them."""


@dataclass(frozen=True)
class PackageTerms:
    """One package."""

    name: str
    version: str
    licence: str
    """As its metadata state it; `not stated` if they do not."""
    carries: tuple[str, ...]
    """Libraries under the GPL or LGPL in its files, with their terms."""
    mentions: tuple[str, ...]
    """Files of its licences that speak of the GPL or LGPL: of what it carries, or only as a choice."""


def licences(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the licences of all packages that the page installs, with what their files carry of others."""
    found = installed_terms()
    if as_json:
        print_json([asdict(terms) for terms in found])
        return
    for terms in found:
        print(f"{terms.name} {terms.version}: {terms.licence}")
        for carried in terms.carries:
            print(f"    carries {carried}")
        if terms.mentions:
            print(f"    GPL or LGPL is mentioned in {', '.join(terms.mentions)}")


def installed_terms() -> list[PackageTerms]:
    """Return the packages that the page needs, directly or not, by name."""
    found: dict[str, Distribution] = {}
    waiting = list(_direct())
    while waiting:
        name = waiting.pop()
        try:
            package = distribution(name)
        except PackageNotFoundError:
            continue  # of another platform, such as `tensorflow` where `tensorflow-cpu` is
        key = _folded(package.metadata["Name"])
        if key not in found:
            found[key] = package
            waiting += _needed(package.requires or [])
    return [_terms(found[key]) for key in sorted(found)]


def _direct() -> Iterator[str]:
    """Yield the page's direct dependencies: a checkout's, or those of the installed package."""
    requirements = _CHECKOUT / "requirements.txt"
    if requirements.is_file():
        lines = requirements.read_text(encoding="utf-8").splitlines()
        yield from (match[0] for line in lines if (match := _NAME.match(line)))
    else:
        yield from _needed(distribution("melanoma").requires or [])


def _needed(requirements: list[str]) -> list[str]:
    """Return the names of the requirements that apply here, without those of extras."""
    from packaging.requirements import Requirement

    parsed = map(Requirement, requirements)
    return [one.name for one in parsed if one.marker is None or one.marker.evaluate({"extra": ""})]


def _terms(package: Distribution) -> PackageTerms:
    files = package.files or []
    libraries = {match["name"] for file in files if (match := _LIBRARY.search(str(file)))}
    carried = [
        f"{name}: {_COPYLEFT_LIBRARIES[name]}" for name in sorted(libraries & set(_COPYLEFT_LIBRARIES))
    ]
    mentions = []
    for file in files:
        if _LICENCE_FILE.search(file.name) and file.suffix in ("", ".txt", ".md", ".rst", ".html"):
            place = Path(str(file.locate()))
            if place.is_file() and _COPYLEFT.search(place.read_text(encoding="utf-8", errors="replace")):
                mentions.append(str(file))
    return PackageTerms(
        package.metadata["Name"], package.version, _licence(package), tuple(carried), tuple(mentions)
    )


def _licence(package: Distribution) -> str:
    stated = package.metadata["License-Expression"]
    if stated:
        return str(stated)
    classified = [
        classifier.rpartition(" :: ")[2]
        for classifier in package.metadata.get_all("Classifier") or []
        if classifier.startswith("License :: ") and classifier != "License :: OSI Approved"
    ]
    if classified:
        return ", ".join(classified)
    lines = str(package.metadata["License"] or "").strip().splitlines()
    return lines[0] if lines else "not stated"


def _folded(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
