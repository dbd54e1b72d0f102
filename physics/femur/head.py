"""The femoral head as a sphere."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.errors import GeometryError

RADIUS_MM = (17.0, 33.0)
"""Heads of adults measure 38 to 58 mm across; children's and swollen ones a little beyond."""


@dataclass(frozen=True, eq=False)
class Sphere:
    """A sphere fitted to surface points: center LPS mm, radius and rms distance in mm."""

    center: NDArray[np.float64]
    radius: float
    rms: float
    count: int


def fit_head(
    points: NDArray[np.float64], normals: NDArray[np.float64], weights: NDArray[np.float64]
) -> Sphere:
    """Find the largest part of a surface that is spherical, and fit a sphere to it.

    Random pairs of points with their normals propose spheres (where the two normals' lines
    come nearest); the one that most area agrees with, in distance *and* normal, is refined by
    least squares on what agrees (Schnabel 2007's test, robust against neck, fovea and
    osteophytes). The random numbers are fixed: the same surface gives the same sphere.

    Parameters
    ----------
    points, normals : ndarray, shape (n, 3)
        Points of the femur's proximal end and outward unit normals.
    weights : ndarray, shape (n,)
        Surface area that each point stands for.

    Raises
    ------
    GeometryError
        Where nothing like a head is found.
    """
    rng = np.random.default_rng(20030)
    few = rng.choice(len(points), size=min(3000, len(points)), replace=False)
    best: tuple[NDArray[np.float64], float] | None = None
    best_score = 0.0
    for _ in range(12):
        proposals = _propose(points, normals, rng, 250)
        scores = [float(_agreeing(points[few], normals[few], c, r) @ weights[few]) for c, r in proposals]
        if scores and max(scores) > best_score:
            best_score = max(scores)
            best = proposals[int(np.argmax(scores))]
    if best is None:
        raise _no_head()
    center: NDArray[np.float64] = best[0]
    radius: float = best[1]
    for _ in range(20):
        agree = _agreeing(points, normals, center, radius)
        if agree.sum() < 30:
            raise _no_head()
        new_center, radius = _least_squares(points[agree], weights[agree])
        moved = float(np.linalg.norm(new_center - center))
        center = new_center
        if moved < 1e-4:
            break
    agree = _agreeing(points, normals, center, radius)
    share = float(weights[agree].sum()) / (4 * np.pi * radius**2)
    if not RADIUS_MM[0] <= radius <= RADIUS_MM[1] or share < 0.2:
        raise _no_head()
    off = np.linalg.norm(points[agree] - center, axis=1) - radius
    return Sphere(center, float(radius), float(np.sqrt(np.mean(off**2))), int(agree.sum()))


def _no_head() -> GeometryError:
    return GeometryError(
        "No femoral head was found at the proximal end of this surface.",
        "Give its center by hand (head_center_mm), or check that the structure is a femur with its head.",
    )


def _propose(
    points: NDArray[np.float64], normals: NDArray[np.float64], rng: np.random.Generator, count: int
) -> list[tuple[NDArray[np.float64], float]]:
    pick = rng.integers(0, len(points), size=(count, 2))
    p, q = points[pick[:, 0]], points[pick[:, 1]]
    n, m = normals[pick[:, 0]], normals[pick[:, 1]]
    # Points p − s n and q − t m nearest each other.
    d, cos = p - q, np.einsum("ij,ij->i", n, m)
    open_enough = 1 - cos**2 > 0.05
    dn, dm = np.einsum("ij,ij->i", d, n), np.einsum("ij,ij->i", d, m)
    with np.errstate(divide="ignore", invalid="ignore"):
        s = (dn - cos * dm) / (1 - cos**2)
        t = (cos * dn - dm) / (1 - cos**2)
    centers = ((p - s[:, None] * n) + (q - t[:, None] * m)) / 2
    radii = (s + t) / 2
    good = open_enough & (radii > RADIUS_MM[0]) & (radii < RADIUS_MM[1]) & (np.abs(s - t) < 2.0)
    return [(c, float(r)) for c, r in zip(centers[good], radii[good], strict=True)]


def _agreeing(
    points: NDArray[np.float64], normals: NDArray[np.float64], center: NDArray[np.float64], radius: float
) -> NDArray[np.bool_]:
    arm = points - center
    distance = np.linalg.norm(arm, axis=1)
    facing = np.einsum("ij,ij->i", arm, normals) > 0.95 * distance
    return (np.abs(distance - radius) < 0.04 * radius) & facing


def _least_squares(
    points: NDArray[np.float64], weights: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float]:
    """Fit a sphere by area-weighted geometric least squares (Gauss–Newton from the algebraic fit)."""
    root = np.sqrt(weights)
    middle = points.mean(axis=0)
    x = points - middle
    system = np.column_stack([2 * x, np.ones(len(x))]) * root[:, None]
    solution = np.linalg.lstsq(system, root * np.einsum("ij,ij->i", x, x), rcond=None)[0]
    center, radius = solution[:3], float(np.sqrt(solution[3] + solution[:3] @ solution[:3]))
    for _ in range(10):
        arm = x - center
        distance = np.linalg.norm(arm, axis=1)
        jacobian = np.column_stack([-arm / distance[:, None], -np.ones(len(x))]) * root[:, None]
        step = np.linalg.lstsq(jacobian, -root * (distance - radius), rcond=None)[0]
        center, radius = center + step[:3], radius + float(step[3])
        if np.linalg.norm(step) < 1e-9:
            break
    return center + middle, radius
