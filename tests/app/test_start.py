"""The page frame shows before TensorFlow is imported, and no page needs what only training has."""

import subprocess
import sys


def test_the_pages_import_no_tensorflow_and_nothing_of_trainings():
    script = (
        "import sys, melanoma.app.navigation; "
        "print({'tensorflow', 'keras', 'sklearn', 'matplotlib'} & set(sys.modules))"
    )
    printed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert printed.stdout.strip() == "set()"
