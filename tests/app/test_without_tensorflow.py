"""The page answers without TensorFlow, until something differentiates."""

import subprocess
import sys

import pytest

VISIT = """
import os, sys
os.environ["MELANOMA_ARCHIVE"] = "off"
from streamlit.testing.v1 import AppTest

def opened(name):
    script = f"from melanoma.app.pages import {name}; {name}.page()"
    app = AppTest.from_string(script, default_timeout=240).run()
    assert not app.exception, (name, app.exception)
    return app

def loaded():
    return bool({"tensorflow", "keras", "tf_keras_vis"} & set(sys.modules))

examine = opened("examine")
examine.file_uploader[0].upload("one.jpg", open(sys.argv[1], "rb").read(), "image/jpeg").run()
assert not examine.exception, examine.exception
assert any("%" in one.value for one in examine.markdown)
method = next(one for one in examine.selectbox if one.label == "Method")
method.set_value("occlusion").run()
assert not examine.exception, examine.exception
print("examine", loaded())
for name in ("triage", "quiz", "what_if", "thresholds", "model", "data"):
    opened(name)
    print(name, loaded())
method = next(one for one in examine.selectbox if one.label == "Method")
method.set_value("layer-cam").run()
assert not examine.exception, examine.exception
print("gradients", loaded())
"""


@pytest.mark.slow("only a process of its own shows what is imported")
def test_tensorflow_is_loaded_for_gradients_alone(drawn_photo):
    command = [sys.executable, "-c", VISIT, str(drawn_photo)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
    assert ran.returncode == 0, ran.stderr[-2000:]
    told = dict(line.split() for line in ran.stdout.splitlines())
    assert told.pop("gradients") == "True"
    assert set(told) == {"examine", "triage", "quiz", "what_if", "thresholds", "model", "data"}
    assert set(told.values()) == {"False"}
