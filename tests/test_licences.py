"""The terms of all that the page installs, and a notice of what has other terms than the code."""

import json
from pathlib import Path

from melanoma.licences import installed_terms

ROOT = Path(__file__).parents[1]


def test_the_page_s_packages_are_listed_with_their_terms(melanoma):
    status, printed, _ = melanoma("licences", "--json")
    assert status == 0
    found = {terms["name"].lower().replace("_", "-"): terms for terms in json.loads(printed)}
    assert {"streamlit", "numpy", "keras", "pillow", "pillow-heif", "starlette"} <= set(found)
    assert "pytest" not in found and "scikit-learn" not in found, "the page does not install it"
    assert found["pillow"]["licence"] == "MIT-CMU"


def test_what_a_wheel_carries_under_the_gpl_is_told(melanoma):
    status, printed, _ = melanoma("licences")
    assert status == 0 and "    carries libx265: GPL-2.0-or-later\n" in printed


def test_the_notice_names_every_package_that_carries_such_parts():
    notice = (ROOT / "THIRD_PARTY.md").read_text(encoding="utf-8").lower()
    carrying = [terms for terms in installed_terms() if terms.carries]
    assert {terms.name.replace("_", "-") for terms in carrying} >= {"pillow-heif"}
    for terms in carrying:
        assert terms.name.lower().replace("_", "-") in notice
        for carried in terms.carries:
            assert carried.partition(":")[0].lower() in notice, carried


def test_nobody_is_told_to_install_another_package_under_this_one_s_name():
    places = [ROOT / "README.md", ROOT / "pyproject.toml", ROOT / "requirements.txt", ROOT / "train.py"]
    for folder in ("melanoma", "docs", "benchmarks"):
        places += [file for file in (ROOT / folder).rglob("*") if file.suffix in (".py", ".md", ".toml")]
    advice = ("pip install " + "melanoma", "pip install " + '"melanoma')
    assert [str(file) for file in places if any(one in file.read_text("utf-8") for one in advice)] == []
