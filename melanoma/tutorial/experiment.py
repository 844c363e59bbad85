"""The settings of the tutorial's experiments."""

from dataclasses import dataclass
from typing import Literal

from melanoma.training.recipes import Precision


@dataclass(frozen=True)
class Experiment:
    """All settings of one experiment; docs/tutorial.md lists what the tutorial does not specify."""

    name: str
    epochs: int = 20
    changed: bool = False
    """Random horizontal flip, rotation and zoom by Keras' layers."""
    dropout: float = 0.0
    """After the convolutions."""
    l2: float = 0.0
    """Added to the loss: this times the sum of squared weights of every hidden layer."""
    channels: tuple[int, ...] = (64, 128)
    """Of the 3 x 3 convolutions, one after the other, each with a max pooling of 2 x 2."""
    dense: int = 256
    """Units of the hidden dense layer."""
    copies: Literal["", "before", "after"] = ""
    """Rotated copies, drawn before the split, as tutorials do, or after it from the fitted images alone."""
    copies_per_class: int = 500
    honest: bool = False
    """True diagnoses instead of folder names, and all pictures of a lesion in one split."""
    batch: int = 32
    learning_rate: float = 1e-3
    """Keras' default for Adam."""
    image_size: int = 180
    sensitivity: float = 0.95
    """Of the melanoma alert, on the validation images."""
    seed: int = 123
    """The tutorial's for the split; here for weights and draws as well."""
    precision: Precision = Precision.FLOAT32
    """In which convolutions and dense layers are computed while fitting; `train.py --precision` chooses."""
