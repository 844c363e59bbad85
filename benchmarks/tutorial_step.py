"""How long a step of the tutorial's network takes in each precision.

python -m benchmarks.tutorial_step
ONEDNN_MAX_CPU_ISA=AVX512_CORE_VNNI python -m benchmarks.tutorial_step     as a processor without AVX512_BF16

Batches of noise at the recipe's size, the two precisions in turn, so that both meet the same load.
"""

import argparse
import os
import time
from dataclasses import replace

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np

from melanoma.training.recipes import Precision
from melanoma.tutorial.network import build_tutorial_network, compiled_tutorial
from melanoma.tutorial.recipes import EXPERIMENTS

CLASSES = 9


def seconds_of_steps(recipe_name: str, steps: int) -> dict[Precision, np.ndarray]:
    """Return the seconds of `steps` steps in each precision, float (steps,); a first step is not counted."""
    recipe = EXPERIMENTS[recipe_name]
    rng = np.random.default_rng(0)
    size = recipe.image_size
    images = rng.integers(0, 256, (recipe.batch, size, size, 3), dtype=np.uint8)
    labels = np.eye(CLASSES, dtype=np.float32)[rng.integers(0, CLASSES, recipe.batch)]

    models: dict[Precision, keras.Model] = {}
    for precision in Precision:
        chosen = replace(recipe, precision=precision)
        models[precision] = compiled_tutorial(build_tutorial_network(chosen, CLASSES, fitting=True), chosen)
        models[precision].train_on_batch(images, labels)
    spent = {precision: np.empty(steps) for precision in Precision}
    for step in range(steps):
        for precision, model in models.items():
            started = time.perf_counter()
            model.train_on_batch(images, labels)
            spent[precision][step] = time.perf_counter() - started
    return spent


def main() -> None:
    """Print the median and quartiles of each precision."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--recipe", default="tutorial-a", choices=list(EXPERIMENTS))
    parser.add_argument("--steps", type=int, default=20, help="steps in each precision")
    options = parser.parse_args()
    for precision, seconds in seconds_of_steps(options.recipe, options.steps).items():
        low, middle, high = np.quantile(seconds, (0.25, 0.5, 0.75))
        print(f"{precision.value}: {middle:.2f} s a step of a batch (quartiles {low:.2f} to {high:.2f})")


if __name__ == "__main__":
    main()
