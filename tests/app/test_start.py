"""The page frame shows before TensorFlow is imported."""

import subprocess
import sys


def test_the_pages_import_no_tensorflow():
    script = "import sys, melanoma.app.navigation; print({'tensorflow', 'keras'} & set(sys.modules))"
    printed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert printed.stdout.strip() == "set()"
