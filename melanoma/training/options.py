"""The command-line options of `train.py` beside those for labelled photos (`data.labels.options`)."""

from pathlib import Path
from typing import Annotated

import typer

from melanoma.training.recipes import Precision

Truth = Annotated[Path | None, typer.Option(help="True diagnoses, for the honest tutorial recipes.")]
Out = Annotated[
    Path | None,
    typer.Option(
        help="The bundle to make; where left out, models/isic8-BACKBONE or, of "
        "the tutorial's recipes, models/RECIPE."
    ),
]
BackboneName = Annotated[
    str | None, typer.Option(help="Another one than the recipe's: see melanoma/model/backbones.")
]
TestSide = Annotated[
    Path | None, typer.Option(help="A model whose test lesions, and a tenth of those new to it, stay out.")
]
Folds = Annotated[int | None, typer.Option(help="Into how many parts the lesions are split.")]
Fold = Annotated[int | None, typer.Option(help="Which part is answered for instead of fitted, from 0.")]
Teacher = Annotated[
    Path | None, typer.Option(help="The gathered answers of all folds, which teach and calibrate a student.")
]
CloseUpFolder = Annotated[
    Path | None,
    typer.Option("--close-ups", help="A folder of photos without a dermatoscope, to be told from others."),
]
Nevi = Annotated[
    float | None, typer.Option(help="Their share of the mix that probabilities assume; else as drawn.")
]
LeaveOut = Annotated[
    list[str] | None, typer.Option(help="A source that is answered for instead of fitted; may be repeated.")
]
Changes = Annotated[
    list[str] | None, typer.Option("--set", help="NAME=VALUE of the recipe, in JSON; may be repeated.")
]
InPrecision = Annotated[Precision, typer.Option(help="Of the tutorial's experiments; see docs/tutorial.md.")]
RecipeName = Annotated[str, typer.Option(help="A name of another one; a wrong name lists them.")]
Weights = Annotated[str, typer.Option(help="imagenet, none, or a weights file.")]
Start = Annotated[Path | None, typer.Option(help="Begin with a bundle's weights instead.")]
Resume = Annotated[bool, typer.Option(help="Go on from the last checkpoint of this run.")]
Workers = Annotated[int, typer.Option(min=1, help="Processes that share each batch.")]
Address = Annotated[str | None, typer.Option(help="The Ray cluster to run them on.")]
