"""The bones of the reference hip patient: names, shapes, densities, and distances to their surfaces."""

# mypy: disable-error-code="untyped-decorator"

from dataclasses import dataclass
from functools import cache

import numpy as np
from numba import njit
from numpy.typing import NDArray

from twin.domain import Side
from twin.reference.femur import femur, shaft_table
from twin.reference.pelvis import Tables, hip_bone, sacrum, tables, vertebra

FEMUR, HIP_BONE, SACRUM, VERTEBRA = range(4)


@dataclass(frozen=True)
class Bone:
    """One bone.

    Attributes
    ----------
    shape : int
        Which implicit shape; those of the left are mirrored for the right.
    low, high : (x, y, z)
        Box around the shape of the left side, LPS mm.
    """

    name: str
    term: str
    side: Side
    label: int
    shape: int
    low: tuple[float, float, float]
    high: tuple[float, float, float]


_FEMUR_BOX = ((38.0, -44.0, -416.0), (158.0, 44.0, 29.0))
_HIP_BOX = ((0.0, -66.0, -92.0), (147.0, 103.0, 120.0))
BONES = (
    Bone("left femur", "femur", "left", 1, FEMUR, *_FEMUR_BOX),
    Bone("right femur", "femur", "right", 2, FEMUR, *_FEMUR_BOX),
    Bone("left hip bone", "hip bone", "left", 3, HIP_BONE, *_HIP_BOX),
    Bone("right hip bone", "hip bone", "right", 4, HIP_BONE, *_HIP_BOX),
    Bone("sacrum", "sacrum", "midline", 5, SACRUM, (-60.0, 18.0, -34.0), (60.0, 100.0, 100.0)),
    Bone("vertebra L5", "vertebra", "midline", 6, VERTEBRA, (-55.0, -5.0, 68.0), (55.0, 98.0, 122.0)),
)


@cache
def _tables() -> tuple[NDArray[np.float64], Tables]:
    return shaft_table(), tables()


@njit(cache=True)
def _value(
    shape: int, x: float, y: float, z: float,
    shaft: NDArray[np.float64], wing: NDArray[np.float64], line: NDArray[np.float64],
) -> float:  # fmt: skip
    if shape == 0:
        return femur(x, y, z, shaft)
    if shape == 1:
        return hip_bone(x, y, z, wing, line, shaft)
    if shape == 2:
        return sacrum(x, y, z, line)
    return vertebra(x, y, z, line)


@njit(cache=True)
def _on_grid(
    shape: int, xs: NDArray[np.float64], ys: NDArray[np.float64], zs: NDArray[np.float64],
    shaft: NDArray[np.float64], wing: NDArray[np.float64], line: NDArray[np.float64],
) -> NDArray[np.float32]:  # fmt: skip
    out = np.empty((len(zs), len(ys), len(xs)), np.float32)
    for k in range(len(zs)):
        for j in range(len(ys)):
            for i in range(len(xs)):
                out[k, j, i] = _value(shape, xs[i], ys[j], zs[k], shaft, wing, line)
    return out


@njit(cache=True)
def _distances(
    shape: int, points: NDArray[np.float64],
    shaft: NDArray[np.float64], wing: NDArray[np.float64], line: NDArray[np.float64],
) -> NDArray[np.float64]:  # fmt: skip
    """Value and gradient by central differences; shape (n, 4)."""
    out = np.empty((len(points), 4))
    h = 0.02
    for n in range(len(points)):
        x, y, z = points[n]
        out[n, 0] = _value(shape, x, y, z, shaft, wing, line)
        a = _value(shape, x + h, y, z, shaft, wing, line) - _value(shape, x - h, y, z, shaft, wing, line)
        b = _value(shape, x, y + h, z, shaft, wing, line) - _value(shape, x, y - h, z, shaft, wing, line)
        c = _value(shape, x, y, z + h, shaft, wing, line) - _value(shape, x, y, z - h, shaft, wing, line)
        out[n, 1], out[n, 2], out[n, 3] = a / (2 * h), b / (2 * h), c / (2 * h)
    return out


def on_grid(
    shape: int, xs: NDArray[np.float64], ys: NDArray[np.float64], zs: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Evaluate a left or middle shape on a grid; shape (len(zs), len(ys), len(xs))."""
    shaft, t = _tables()
    return _on_grid(shape, xs, ys, zs, shaft, t.wing, t.sacrum)


def _at_points(bone: Bone, points: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    shaft, t = _tables()
    flip = np.array([-1.0 if bone.side == "right" else 1.0, 1.0, 1.0])
    out = _distances(
        bone.shape, np.ascontiguousarray(points * flip, dtype=np.float64), shaft, t.wing, t.sacrum
    )
    return out[:, 0], out[:, 1:] * flip


def distance(bone: Bone, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Signed distance of points (n, 3) to a bone's true surface in mm, negative inside.

    To first order, value over gradient: right within some percent up to a few millimetres.
    """
    value, gradient = _at_points(bone, points)
    return value / np.maximum(np.linalg.norm(gradient, axis=1), 0.3)


def surface_points(bone: Bone, spacing_mm: float = 2.0) -> NDArray[np.float64]:
    """Points on a bone's true surface, about one every ``spacing_mm``, by Newton steps from a grid.

    Points that do not come to within 1 µm of the surface are left out.
    """
    flip = np.array([-1.0 if bone.side == "right" else 1.0, 1.0, 1.0])
    axes = [np.arange(a, b, spacing_mm) for a, b in zip(bone.low, bone.high, strict=True)]
    k, j, i = np.nonzero(np.abs(on_grid(bone.shape, *axes)) < 0.55 * spacing_mm)
    points = np.stack([axes[0][i], axes[1][j], axes[2][k]], axis=1) * flip
    for _ in range(8):
        value, gradient = _at_points(bone, points)
        points = points - gradient * (value / np.maximum((gradient**2).sum(axis=1), 0.1))[:, None]
    value, _ = _at_points(bone, points)
    return points[np.abs(value) < 1e-3]
