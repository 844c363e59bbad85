"""`benchmarks.together` with the tiny backbone in MobileNet's place."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# Not as tests.tiny_backbone: tf-keras-vis installs a package named `tests`.
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from tiny_backbone import TINY  # noqa: E402

from benchmarks.together import main  # noqa: E402
from melanoma.model.backbones.registry import BACKBONES  # noqa: E402

BACKBONES["mobilenet"] = TINY
main()
