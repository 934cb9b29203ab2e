"""Weights of the parts of one node: equal, given, from pairwise judgements (AHP), from the data (PCA).

Weights are scaled to sum 1 over the parts that count; a set that sums to nothing is refused, never guessed.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Mean consistency index of random reciprocal matrices of order 1 to 15 (Saaty).
RANDOM_INDEX = (0.0, 0.0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49, 1.51, 1.48, 1.56, 1.57, 1.59)
#: Judgements are taken as consistent below this ratio (Saaty).
CONSISTENT_BELOW = 0.1


def equal(count: int) -> Floats:
    """`count` equal weights that sum to 1; raises ValueError for none."""
    if count < 1:
        raise ValueError("equal weights need at least one part")
    return np.full(count, 1.0 / count)


def given(values: Sequence[float]) -> Floats:
    """The given weights scaled to sum 1; raises ValueError when one is negative or they sum to nothing."""
    weights = np.asarray(values, dtype=np.float64)
    if weights.size == 0 or not np.isfinite(weights).all() or (weights < 0).any():
        raise ValueError("weights are numbers of zero or more, at least one")
    if weights.sum() <= 0:
        raise ValueError("the weights sum to nothing")
    return np.asarray(weights / weights.sum(), dtype=np.float64)


def comparison_matrix(upper: Sequence[Sequence[float]]) -> Floats:
    """A reciprocal matrix from its upper triangle, row by row; ones on the diagonal.

    `upper` has n-1 rows of n-1, n-2, … 1 positive numbers; a matrix of another shape raises ValueError.
    """
    size = len(upper) + 1
    matrix = np.ones((size, size))
    for row, values in enumerate(upper):
        if len(values) != size - 1 - row or any(not value > 0 for value in values):
            raise ValueError(f"row {row + 1} of the triangle must hold {size - 1 - row} positive numbers")
        matrix[row, row + 1 :] = values
        matrix[row + 1 :, row] = 1.0 / np.asarray(values, dtype=np.float64)
    return matrix


def ahp(matrix: Floats) -> tuple[Floats, float]:
    """Weights (principal eigenvector, sum 1) and the consistency ratio of an n × n comparison matrix.

    Ratio = ((lambda - n)/(n - 1))/random index, 0 for n < 3 (Saaty, The Analytic Hierarchy Process).
    """
    size = len(matrix)
    values, vectors = np.linalg.eig(matrix)
    first = int(np.argmax(values.real))
    weights = np.abs(vectors[:, first].real)
    ratio = 0.0
    if size > 2:
        ratio = (values[first].real - size) / (size - 1) / RANDOM_INDEX[min(size, len(RANDOM_INDEX)) - 1]
    return weights / weights.sum(), max(float(ratio), 0.0)


def pca(scores: Floats) -> Floats:
    """Weights from the first principal component of `scores` (parts × cities): squared loadings, sum 1.

    Cities with a gap are left out. Raises ValueError when a part is constant or fewer than 3 cities are complete.
    """
    complete = scores[:, ~np.isnan(scores).any(axis=0)]
    if complete.shape[1] < 3:
        raise ValueError("PCA weights need at least 3 cities with every part")
    spread = complete.std(axis=1, ddof=1)
    if (spread == 0).any():
        raise ValueError("PCA weights need parts that vary between cities")
    standard = (complete - complete.mean(axis=1, keepdims=True)) / spread[:, None]
    correlation = standard @ standard.T / (complete.shape[1] - 1)
    _, vectors = np.linalg.eigh(correlation)
    loadings = np.asarray(vectors[:, -1] ** 2, dtype=np.float64)
    return np.asarray(loadings / loadings.sum(), dtype=np.float64)
