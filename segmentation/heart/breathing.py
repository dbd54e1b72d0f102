"""Slices put right in their planes: each was taken in a breath-hold of its own."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from segmentation.heart.views import CineView

SCATTER_MM = 3.0
"""How far a slice's place ordinarily differs between breath-holds; larger shifts need more evidence."""

EDGE_MM = 1.0
"""Scatter of one independent piece of an edge."""

PIECE = 20
"""Points of edges that together are one independent piece: neighbors in space and time err alike."""


def shift_mm(normals: NDArray[np.float64], off_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the in-plane shift that brings a view's edges onto the surface; shape (2,), mm along i and j.

    Least squares of the distances along the edges' normals, drawn toward no shift.

    Parameters
    ----------
    normals : ndarray, shape (n, 2)
        Outward in-plane unit normals.
    off_mm : ndarray, shape (n,)
        How far each point lies outside the surface.
    """
    trust = 1 / (1 + (off_mm / 3.0) ** 2) / (PIECE * EDGE_MM**2)
    matrix = normals.T @ (trust[:, None] * normals) + np.eye(2) / SCATTER_MM**2
    return np.asarray(np.linalg.solve(matrix, -normals.T @ (trust * off_mm)))


def moved(view: CineView, by_lps_mm: NDArray[np.float64]) -> CineView:
    """Return the view laid elsewhere."""
    affine = view.affine.copy()
    affine[:3, 3] += by_lps_mm
    return replace(view, affine=affine)


def without_common(shifts: NDArray[np.float64], axes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Take the motion of all views together, which nothing can tell, out of their shifts.

    Parameters
    ----------
    shifts : ndarray, shape (views, 3)
        LPS mm, each in its view's plane.
    axes : ndarray, shape (views, 3, 2)
        In-plane unit vectors of the views.
    """
    planes = axes @ axes.transpose(0, 2, 1)
    common = np.linalg.lstsq(planes.sum(axis=0), shifts.sum(axis=0), rcond=1e-6)[0]
    return shifts - planes @ common
