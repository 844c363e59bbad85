"""What the README shows in Python runs as it stands there."""

import re

from tests.conftest import SHIPPED

README = SHIPPED.parents[1] / "README.md"


def test_the_lines_of_python_run(drawn_photo, monkeypatch):
    (block,) = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert "photo.jpg" in block
    monkeypatch.chdir(README.parent)
    names: dict = {}
    exec(block.replace("photo.jpg", str(drawn_photo)), names)
    heatmaps, prediction = names["heatmaps"], names["prediction"]
    assert heatmaps.ndim == 3 and heatmaps.shape[2] == len(prediction.codes) == 8
    assert heatmaps.max() > 0
