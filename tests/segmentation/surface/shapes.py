"""Bodies whose true surface is known, as labelmaps and as triangles."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from segmentation.tetrahedra.wrap import enclosed
from twin.domain import Identity, LabelMap, Structure, Surface

Distance = Callable[[NDArray], NDArray]
CENTER = np.array([0.13, 0.27, 0.41])


def ball(radius: float) -> Distance:
    return lambda p: np.linalg.norm(p - CENTER, axis=-1) - radius


def torus(radius: float, tube: float) -> Distance:
    axis = np.array([0.3, 0.2, 1.0]) / np.linalg.norm([0.3, 0.2, 1.0])

    def distance(p: NDArray) -> NDArray:
        height = (p - CENTER) @ axis
        ring = np.linalg.norm(p - CENTER - height[..., None] * axis, axis=-1) - radius
        return np.hypot(ring, height) - tube

    return distance


def plate(half: tuple[float, float, float]) -> Distance:
    """Signed distance of a box turned out of the grid's axes."""
    turn, _ = np.linalg.qr(np.array([[3.0, 1.0, 0.5], [-1.0, 3.0, 0.7], [0.2, -0.6, 3.0]]))

    def distance(p: NDArray) -> NDArray:
        q = np.abs((p - CENTER) @ turn) - np.array(half)
        return np.linalg.norm(np.maximum(q, 0.0), axis=-1) + np.minimum(q.max(axis=-1), 0.0)

    return distance


def labelmap(distance: Distance, half_mm: float, spacing: tuple[float, float, float] = (1, 1, 1)) -> LabelMap:
    """Voxels whose centers lie inside, on a grid from −half_mm to half_mm along each axis (LPS)."""
    axes = [np.arange(-half_mm, half_mm + 1e-9, step) for step in spacing]
    k, j, i = np.meshgrid(axes[2], axes[1], axes[0], indexing="ij")
    mask = distance(np.stack([i, j, k], axis=-1)) < 0.0
    affine = np.diag([*spacing, 1.0])
    affine[:3, 3] = -half_mm
    return from_mask(mask, affine)


def from_mask(mask: NDArray, affine: NDArray | None = None, name: str = "left femur") -> LabelMap:
    return LabelMap(
        labels=mask.astype(np.uint8),
        affine=np.eye(4) if affine is None else affine,
        structures=(Structure(name, 1, "femur", "left"),),
        frame_of_reference="1.2.3",
        identity=Identity(patient_id="P1"),
    )


def from_triangles(points: NDArray, triangles: NDArray, spacing: float) -> LabelMap:
    """Voxels that a closed surface encloses."""
    mask, affine = enclosed(points, triangles, spacing)
    return from_mask(mask, affine)


def icosphere(radius: float, rounds: int = 3) -> tuple[NDArray, NDArray]:
    """A sphere as triangles, by halving an icosahedron's edges."""
    g = (1 + 5**0.5) / 2
    points = [(-1, g, 0), (1, g, 0), (-1, -g, 0), (1, -g, 0), (0, -1, g), (0, 1, g), (0, -1, -g), (0, 1, -g),
              (g, 0, -1), (g, 0, 1), (-g, 0, -1), (-g, 0, 1)]  # fmt: skip
    x = np.array(points, float)
    t = np.array([
        (0, 11, 5), (0, 5, 1), (0, 1, 7), (0, 7, 10), (0, 10, 11), (1, 5, 9), (5, 11, 4), (11, 10, 2),
        (10, 7, 6), (7, 1, 8), (3, 9, 4), (3, 4, 2), (3, 2, 6), (3, 6, 8), (3, 8, 9), (4, 9, 5),
        (2, 4, 11), (6, 2, 10), (8, 6, 7), (9, 8, 1),
    ])  # fmt: skip
    for _ in range(rounds):
        sides = np.sort(np.stack([t, np.roll(t, -1, axis=1)], axis=2).reshape(-1, 2), axis=1)
        ends, number = np.unique(sides, axis=0, return_inverse=True)
        ab, bc, ca = (number.reshape(-1, 3) + len(x)).T
        x = np.concatenate([x, x[ends].mean(axis=1)])
        a, b, c = t.T
        t = np.concatenate(
            [np.stack(s, axis=1) for s in ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))]
        )
    return radius * x / np.linalg.norm(x, axis=1, keepdims=True), t.astype(np.int32)


def surface(points: NDArray, triangles: NDArray, cut: NDArray | None = None) -> Surface:
    return Surface(
        points=np.asarray(points, float),
        triangles=np.asarray(triangles, np.int32),
        cut=cut,
        structure="left femur",
        term="femur",
        side="left",
        frame_of_reference="1.2.3",
        identity=Identity(patient_id="P1"),
    )
