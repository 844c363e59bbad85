"""The server never imports TensorFlow: what needs it is computed in a process of its own."""

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

from melanoma.app.parts.shared.keras_process import KERAS
assert KERAS.pid is None, "nothing so far needs it"
method = next(one for one in examine.selectbox if one.label == "Method")
method.set_value("layer-cam").run()
assert not examine.exception, examine.exception
assert not any("was stopped" in one.value for one in examine.error)  # the alert is one too
assert KERAS.pid is not None
print("gradients", loaded())
for step in "2", "3", "5":
    lesson = AppTest.from_string("from melanoma.app.pages import lesson; lesson.page()", default_timeout=240)
    lesson.query_params["step"] = step
    lesson.run()
    assert not lesson.exception and not lesson.error, step
    print("lesson" + step, loaded())
opened("laboratory")
print("laboratory", loaded())
KERAS.close()
"""


@pytest.mark.slow("only a process of its own shows what is imported")
def test_the_server_never_imports_tensorflow(drawn_photo):
    command = [sys.executable, "-c", VISIT, str(drawn_photo)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
    assert ran.returncode == 0, ran.stderr[-2000:]
    told = dict(line.split() for line in ran.stdout.splitlines())
    needing = {"gradients", "lesson2", "lesson3", "lesson5", "laboratory"}
    assert set(told) == {"examine", "triage", "quiz", "what_if", "thresholds", "model", "data"} | needing
    assert set(told.values()) == {"False"}
