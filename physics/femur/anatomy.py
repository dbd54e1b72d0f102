"""Where the parts of a femur lie on its surface."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from physics.femur.sections import Loop, section
from twin.domain import Surface
from twin.errors import GeometryError

Vector = NDArray[np.float64]

LEVEL_MM = 2.0
"""Distance between cuts."""


@dataclass(frozen=True, eq=False)
class Shape:
    """A femur's surface with point normals and the area (mm²) that each point stands for."""

    points: NDArray[np.float64]
    triangles: NDArray[np.int32]
    normals: NDArray[np.float64]
    areas: NDArray[np.float64]

    @classmethod
    def of(cls, surface: Surface) -> "Shape":
        """Take a surface's shape; ``GeometryError`` where it is empty or inside out."""
        points, triangles = np.asarray(surface.points, np.float64), surface.triangles
        if len(triangles) < 100:
            raise GeometryError(
                f"The surface of {surface.structure or 'this structure'} has {len(triangles)} triangles.",
                "Make it again from the labelmap.",
            )
        a, b, c = (points[triangles[:, k]] for k in range(3))
        face = np.cross(b - a, c - a) / 2
        if np.einsum("ij,ij->", a - points.mean(axis=0), face) <= 0:
            raise GeometryError(
                f"The surface of {surface.structure or 'this structure'} is inside out or not closed.",
                "Make it again from the labelmap, or repair it.",
            )
        normals = np.zeros_like(points)
        for k in range(3):
            for axis in range(3):
                normals[:, axis] += np.bincount(triangles[:, k], face[:, axis], len(points))
        area: NDArray[np.float64] = np.linalg.norm(face, axis=1) / 3
        areas = np.bincount(triangles.ravel(), np.repeat(area, 3), len(points)).astype(np.float64)
        length = np.linalg.norm(normals, axis=1, keepdims=True)
        return cls(points, triangles, normals / np.where(length > 0, length, 1), areas)


@dataclass(frozen=True, eq=False)
class Shaft:
    """The shaft's axis: its ends in LPS mm, mean diameter (of a circle of equal area) and fit in mm."""

    proximal: Vector
    distal: Vector
    diameter: float
    rms: float
    levels: int

    @property
    def direction(self) -> Vector:
        """Unit vector towards proximal."""
        axis = self.proximal - self.distal
        return axis / np.linalg.norm(axis)


def find_shaft(shape: Shape) -> Shaft:
    """Fit a line to the centroids of the shaft's cross-sections, cut at right angles to it.

    The shaft is where the sections are within 1.35 times the smallest one, without a gap, for 25 mm.

    Raises
    ------
    GeometryError
        Where less than 25 mm of shaft are in the scan.
    """
    axis = _rough_axis(shape)
    for _ in range(4):
        levels, loops = _profile(shape, axis)
        low, high = _shaft_range(levels, loops)
        centers = np.array([loop.centroid for loop in loops[low:high]])
        middle = centers.mean(axis=0)
        new = np.linalg.svd(centers - middle)[2][0]
        new *= np.sign(new @ axis)
        turned = float(np.arccos(np.clip(new @ axis, -1, 1)))
        axis = new
        if turned < 1e-4:
            break
    along = (centers - middle) @ axis
    off = centers - middle - along[:, None] * axis
    area = float(np.mean([loop.area for loop in loops[low:high]]))
    return Shaft(
        middle + along.max() * axis,
        middle + along.min() * axis,
        float(2 * np.sqrt(area / np.pi)),
        float(np.sqrt(np.mean(np.sum(off**2, axis=1)))),
        high - low,
    )


def shaft_between(shape: Shape, proximal: Vector, distal: Vector) -> Shaft:
    """Return the shaft on an axis set by hand; ``GeometryError`` where it misses the bone."""
    length = float(np.linalg.norm(proximal - distal))
    if length < 10:
        raise GeometryError(
            f"The two points on the shaft's axis are {length:.0f} mm apart.", "Set them at least 10 mm apart."
        )
    if proximal[2] <= distal[2]:
        raise GeometryError(
            "The proximal point on the shaft's axis lies no higher than the distal one.",
            "Exchange shaft_proximal_mm and shaft_distal_mm; a femur is never turned upside down by guess.",
        )
    middle = (proximal + distal) / 2
    loops = section(shape.points, shape.triangles, middle, (proximal - distal) / length)
    near = [x for x in loops if x.area > 0 and np.linalg.norm(x.centroid - middle) < 30]
    if not near:
        raise GeometryError(
            "The shaft's axis set by hand does not pass through the bone.",
            "Set shaft_proximal_mm and shaft_distal_mm inside the shaft.",
        )
    return Shaft(proximal, distal, float(2 * np.sqrt(near[0].area / np.pi)), 0.0, 0)


def _rough_axis(shape: Shape) -> Vector:
    """Return the long axis where the bone is long enough to have one, else the patient's."""
    centered = shape.points - np.average(shape.points, axis=0, weights=shape.areas)
    values, vectors = np.linalg.eigh(centered.T @ (centered * shape.areas[:, None]))
    long = vectors[:, 2] * np.sign(vectors[2, 2] or 1.0)
    elongated = values[2] > 9 * values[1]
    return long if elongated and long[2] > 0.5 else np.array([0.0, 0.0, 1.0])


def _profile(shape: Shape, axis: Vector) -> tuple[NDArray[np.float64], list[Loop]]:
    """Return heights along the axis and the largest outline at each."""
    height = shape.points @ axis
    levels, loops = [], []
    for level in np.arange(height.min() + 6, height.max() - 6, LEVEL_MM):
        found = section(shape.points, shape.triangles, level * axis, axis)
        if found:
            levels.append(level)
            loops.append(found[0])
    return np.array(levels), loops


def _shaft_range(levels: NDArray[np.float64], loops: list[Loop]) -> tuple[int, int]:
    """Return the range of levels around the slimmest section that begins 25 mm of shaft.

    Where the rough axis leans, a neck can be slimmer, but not for long; and the lowest levels
    hold but a corner of a bone that is cut off. Their sections grow from one to the next by more
    than a shaft's do (5 %), and count only from where that ends.
    """
    areas = np.array([loop.area for loop in loops])
    whole = levels < (levels[-1] - 40) if len(levels) else np.zeros(0, bool)
    whole[: int(np.argmin(np.append(areas[1:] > 1.05 * areas[:-1], False)))] = False
    beside = np.pad(np.where(whole, areas, np.inf), 1, constant_values=np.inf)
    lowest = np.flatnonzero(whole & (areas <= beside[:-2]) & (areas <= beside[2:]))
    longest = 0.0
    for smallest in sorted(lowest, key=lambda n: float(areas[n])):
        slim = whole & (areas >= areas[smallest]) & (areas < 1.35 * areas[smallest])
        low = high = smallest
        while low > 0 and slim[low - 1]:
            low -= 1
        while high + 1 < len(slim) and slim[high + 1]:
            high += 1
        longest = max(longest, float(levels[high] - levels[low]))
        if longest >= 25:
            return int(low), int(high) + 1
    raise _no_shaft(longest)


def _no_shaft(length: float) -> GeometryError:
    return GeometryError(
        f"Only {length:.0f} mm of the femur's shaft are in this surface; its axis needs 25 mm.",
        "Give two points on the axis by hand: shaft_proximal_mm and shaft_distal_mm.",
    )


@dataclass(frozen=True, eq=False)
class Neck:
    """The neck's narrowest section: center LPS mm and area mm²."""

    center: Vector
    area: float


def find_neck(shape: Shape, head: Vector, radius: float, shaft: Shaft) -> Neck:
    """Find the narrowest section between head and trochanter, cut at right angles to the neck.

    Starts from the direction that a neck-shaft angle of 127° would have and turns the cuts
    until the line from the section's center to the head's is at right angles to it.

    Raises
    ------
    GeometryError
        Where no section between head and shaft stands alone.
    """
    axis = shaft.direction
    out = head - shaft.distal
    out = out - (out @ axis) * axis
    offset = float(np.linalg.norm(out))
    target = head - out - offset * np.tan(np.radians(37)) * axis
    direction = (head - target) / np.linalg.norm(head - target)
    best: Loop | None = None
    for _ in range(6):
        best = None
        for distance in np.arange(0.5, 2.3, 0.06) * radius:
            origin = head - distance * direction
            loops = section(shape.points, shape.triangles, origin, direction)
            near = [x for x in loops if x.area > 0 and np.linalg.norm(x.centroid - origin) < 0.6 * radius]
            if near and (best is None or near[0].area < best.area):
                best = near[0]
        if best is None:
            raise GeometryError(
                "No neck was found between the femoral head and the shaft.",
                "Give its center by hand (neck_center_mm).",
            )
        new = (head - best.centroid) / np.linalg.norm(head - best.centroid)
        turned = float(np.arccos(np.clip(new @ direction, -1, 1)))
        direction = new
        if turned < 0.005:
            break
    assert best is not None
    return Neck(best.centroid, best.area)


def find_greater_trochanter(shape: Shape, head: Vector, shaft: Shaft, axes: NDArray[np.float64]) -> Vector:
    """Return the most proximal point lateral of the shaft's axis."""
    local = (shape.points - shaft.distal) @ axes.T
    lateral = (local[:, 0] < 0) & (local[:, 2] > (head - shaft.distal) @ axes[2] - 60)
    if not lateral.any():
        raise GeometryError(
            "No greater trochanter was found lateral of the shaft.",
            "Give it by hand (greater_trochanter_mm), or check the femur's side.",
        )
    rows = np.flatnonzero(lateral)
    return shape.points[rows[np.argmax(local[rows, 2])]]


def find_lesser_trochanter(
    shape: Shape, head: Vector, shaft: Shaft, axes: NDArray[np.float64]
) -> tuple[Vector, float]:
    """Return the tip of the posteromedial bump below the neck, and how far it stands out (mm).

    At each level the farthest reach of the surface in posteromedial direction is taken over a
    straight line drawn from the level of the bump's foot to the calcar above; the tip is where
    it stands out most.
    """
    local = (shape.points - shaft.distal) @ axes.T
    top = float((head - shaft.distal) @ axes[2])
    best, best_height = None, 0.0
    for angle in np.radians((35.0, 50.0, 65.0, 80.0)):
        reach = local[:, 0] * np.cos(angle) - local[:, 1] * np.sin(angle)
        levels = np.arange(top - 90, top - 25, 1.0)
        edges = np.digitize(local[:, 2], levels)
        farthest = np.full(len(levels) + 1, -np.inf)
        np.maximum.at(farthest, edges, reach)
        profile = farthest[1:-1]
        middle = levels[:-1] + 0.5
        known = np.isfinite(profile)
        for k in range(12, len(profile) - 12):
            window = slice(k - 12, k + 13)
            if not known[window].all() or profile[k] < profile[window].max():
                continue
            height = profile[k] - (profile[k - 12] + profile[k + 12]) / 2
            if height > best_height:
                rows = np.flatnonzero(np.abs(local[:, 2] - middle[k]) <= 0.5)
                best, best_height = shape.points[rows[np.argmax(reach[rows])]], float(height)
    if best is None:
        raise GeometryError(
            "No lesser trochanter was found below the neck.",
            "Give it by hand (lesser_trochanter_mm).",
        )
    return best, best_height


def find_condyles(shape: Shape, shaft: Shaft, axes: NDArray[np.float64]) -> tuple[Vector, Vector] | None:
    """Return the most posterior points of the medial and lateral condyle, or None.

    A surface has condyles where its distal end is at least 1.7 times as wide as the shaft.
    The two points are those that a plane along the shaft touches from behind: found by
    turning the posterior direction to the line through them until it rests.
    """
    local = (shape.points - shaft.distal) @ axes.T
    bottom = local[:, 2].min()
    distal = local[:, 2] < bottom + 45
    spread = local[distal]
    if np.ptp(spread[:, 0]) < 1.7 * shaft.diameter:
        return None
    rows = np.flatnonzero(distal)
    middle = (spread[:, 0].min() + spread[:, 0].max()) / 2
    turn = 0.0
    pair = None
    for _ in range(20):
        posterior = local[rows, 0] * np.sin(turn) - local[rows, 1] * np.cos(turn)
        is_medial = local[rows, 0] > middle
        medial = rows[is_medial][np.argmax(posterior[is_medial])]
        lateral = rows[~is_medial][np.argmax(posterior[~is_medial])]
        line = local[medial] - local[lateral]
        turn = float(np.arctan2(line[1], line[0]))
        if pair == (medial, lateral):
            break
        pair = (medial, lateral)
    if abs(np.degrees(turn)) > 45:
        return None
    return shape.points[medial], shape.points[lateral]
