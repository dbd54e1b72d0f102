"""A disc of triangles in rings: the shape of a ventricle's wall seen from its apex."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Disc:
    """Nodes in rings around one in the middle.

    Attributes
    ----------
    ring : ndarray of int, shape (n,)
        The ring of each node, 0 the node in the middle.
    angle : ndarray, shape (n,)
        Radians, counter-clockwise.
    triangles : ndarray of int, shape (m, 3)
        Counter-clockwise.
    """

    ring: NDArray[np.int64]
    angle: NDArray[np.float64]
    triangles: NDArray[np.int64]


def disc(counts: Sequence[int]) -> Disc:
    """Return rings of so many nodes each, the first of them one node; each ring is turned by half a step.

    Between two rings, triangles go on along that whose next edge has its middle at the smaller angle: rings
    may differ in their counts.
    """
    firsts = np.concatenate([[0], np.cumsum(counts)])
    turns = [0.5 * (k % 2) / count for k, count in enumerate(counts)]
    triangles = []
    for k in range(len(counts) - 1):
        inner, outer = counts[k], counts[k + 1]
        i = j = 0
        while i < inner or j < outer:
            here, there = firsts[k] + i % inner, firsts[k + 1] + j % outer
            along_inner = turns[k] + (i + 0.5) / inner if i < inner and inner > 1 else np.inf
            along_outer = turns[k + 1] + (j + 0.5) / outer if j < outer else np.inf
            if along_outer <= along_inner:
                j += 1
                triangles.append((here, there, firsts[k + 1] + j % outer))
            else:
                i += 1
                triangles.append((here, there, firsts[k] + i % inner))
            if inner == 1 and j == outer:
                break
    return Disc(
        np.repeat(np.arange(len(counts)), counts),
        np.concatenate(
            [2 * np.pi * (turn + np.arange(n) / n) for n, turn in zip(counts, turns, strict=True)]
        ),
        np.array(triangles),
    )
