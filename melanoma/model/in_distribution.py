"""In-distribution check: the distance of an image's features to the nearest training features.

Sun et al. 2022, “Out-of-distribution detection with deep nearest neighbors”, arXiv:2204.06507. The features
are those of a layer at two thirds of the depth. With those of the last layer, as in the paper, which only
separate the diagnoses, 5% of the pictures in `evaluation.non_dermoscopic` are accepted, among them buildings
and a face; with these none.
"""

import numpy as np

REFERENCES = 1024
"""Training images in the reference set: 2 MB in half precision."""
NEIGHBOUR = 10
"""The distance to the tenth nearest counts, so that a single unusual training image has no influence."""
RESOLUTION = 1e-3
"""Nearer features are the same in half precision, as all those of a network that was hardly fitted are."""
ACCEPTED = 0.95
"""Share of held-out dermoscopic images that the threshold accepts."""


def unit(features: np.ndarray) -> np.ndarray:
    """Return features (n, d) scaled to length 1."""
    return features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-12)


def distance(features: np.ndarray, references: np.ndarray) -> np.ndarray:
    """Return the Euclidean distance from each feature to its tenth nearest reference, float (n,) in 0..2.

    `features` is (n, d) of any length, `references` unit features (m, d).
    """
    cosine = unit(features.astype(np.float32)) @ references.astype(np.float32).T
    neighbour = min(NEIGHBOUR, cosine.shape[1])
    nearest = np.partition(cosine, -neighbour, axis=1)[:, -neighbour]
    return np.sqrt(np.maximum(2 - 2 * nearest, 0))


def choose_references(features: np.ndarray, seed: int) -> np.ndarray:
    """Return at most `REFERENCES` unit features as float16, drawn from training features (n, d)."""
    rows = np.random.default_rng(seed).permutation(len(features))[:REFERENCES]
    return unit(features[rows]).astype(np.float16)


def threshold_for(distances: np.ndarray) -> float:
    """Return the threshold that accepts `ACCEPTED` of these distances (n,), at least `RESOLUTION`."""
    return max(float(np.quantile(distances, ACCEPTED)), RESOLUTION)
