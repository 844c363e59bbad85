"""A table of images -> the network's outputs, decoding the next batch while the network works on this one."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pandas as pd
from rich.progress import track

from melanoma.errors import UserError
from melanoma.lesion.framing import frame_photo
from melanoma.model.bundle import Bundle
from melanoma.model.classifier import CompiledNetwork
from melanoma.model.prefetch import batches_ahead
from melanoma.photos.reading import read_image

BATCH = 32


@dataclass(frozen=True)
class Scored:
    """The network's outputs for the readable images of a table."""

    table: pd.DataFrame
    """The readable rows, with their old index."""
    logits: np.ndarray
    """float32 (n, classes)."""
    features: np.ndarray
    """float32 (n, channels), of the in-distribution check."""
    last_features: np.ndarray
    """float32 (n, channels), of the last feature map."""
    problems: dict[str, str]
    """The error of each image that could not be read, by id."""


def score_table(network: CompiledNetwork, table: pd.DataFrame, framing: str) -> Scored:
    """Return the outputs for every image of a table; raises UserError if none can be read."""
    problems: dict[str, str] = {}

    def load(row: int) -> np.ndarray | None:
        try:
            return frame_photo(read_image(table["path"].iloc[row]), network.size, framing).pixels
        except UserError as error:
            problems[table["image_id"].iloc[row]] = str(error)
            return None

    found, readable = [], np.zeros(len(table), bool)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        batches = batches_ahead(pool, load, range(len(table)), BATCH)
        count = -(-len(table) // BATCH)
        for rows, loaded in track(batches, "Scoring images", total=count, transient=True):
            images = [image for image in loaded if image is not None]
            readable[rows] = [image is not None for image in loaded]
            if images:
                outputs = network.run(np.stack(images))
                found.append((outputs.logits, outputs.features, outputs.last_features))
    if not found:
        raise UserError(
            f"None of the {len(table)} images can be read. The first: {next(iter(problems.values()))}"
        )
    logits, features, last = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return Scored(table[readable], logits, features, last, problems)


def with_probabilities(rows: pd.DataFrame, logits: np.ndarray, bundle: Bundle) -> pd.DataFrame:
    """Return the rows with the bundle's probabilities, a column a code, in place of any they had."""
    probabilities = bundle.calibration.probabilities(logits)
    return rows.assign(**{code: probabilities[:, index] for index, code in enumerate(bundle.codes)})
