"""The command-line options for labelled photos, with values for `read_labels`."""

from pathlib import Path
from typing import Annotated

import typer

Data = Annotated[
    list[Path], typer.Option(help="Labels CSV, or folder with one subfolder a diagnosis; repeat it for more.")
]
Images = Annotated[
    list[Path] | None, typer.Option(help="Where the CSV's images lie; one for all, or one a --data.")
]
Outlines = Annotated[
    list[Path] | None, typer.Option(help="Masks of the lesions, named by image id; by default masks/.")
]
