"""What a hand draws with each tool, and what moving one of its handles makes of it. No widgets."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from twin.domain import Measurement, MeasurementKind

Points = NDArray[np.float64]


@dataclass(frozen=True)
class Tool:
    """A tool.

    Attributes
    ----------
    kind : str
        What it makes.
    places : int
        How many places the hand sets; 0 for as many as it likes.
    writes : bool
        True where words are asked for when it is drawn.
    hint : str
        How to use it.
    """

    kind: MeasurementKind
    places: int
    hint: str
    writes: bool = False


TOOLS: dict[str, Tool] = {
    "distance": Tool("distance", 2, "Drag from end to end, or click both."),
    "angle": Tool("angle", 3, "Click one end, the vertex, the other end."),
    "cobb": Tool("Cobb angle", 4, "Drag along one end plate, then along the other."),
    "ellipse": Tool("ellipse", 2, "Drag from corner to corner of its box."),
    "polygon": Tool("polygon", 0, "Drag around it, or click its corners and double-click to close."),
    "ball": Tool("ellipsoid", 2, "Drag from the middle to the surface; then pull its handles in any view."),
    "point": Tool("point", 1, "Click the place."),
    "arrow": Tool("arrow", 2, "Drag from the tip to where its words shall stand.", writes=True),
    "text": Tool("text", 1, "Click the place, and type.", writes=True),
}


@dataclass(frozen=True, eq=False)
class Axes:
    """Unit vectors in LPS across and down a slice as the screen shows it, and square to it."""

    across: Points
    down: Points
    normal: Points


def drawn(tool: Tool, places: Points, axes: Axes) -> Points:
    """Return the points of the measurement that places set by hand mean; shapes (n, 3)."""
    if tool.kind == "ellipse" and len(places) == 2:
        center, half = places.mean(axis=0), (places[1] - places[0]) / 2
        first, second = (half @ a * a for a in (axes.across, axes.down))
        return np.array([center + first, center - first, center + second, center - second])
    if tool.kind == "ellipsoid" and len(places) == 2:
        radius = float(np.linalg.norm(places[1] - places[0]))
        ends = [s * radius * a for a in (axes.across, axes.down, axes.normal) for s in (1, -1)]
        return places[0] + np.array(ends)
    return places


def with_handle(made: Measurement, handle: int, to: Points) -> Points:
    """Return its points with one handle moved, LPS; an ellipse stays one about its middle."""
    points = made.points.copy()
    if made.kind not in ("ellipse", "ellipsoid"):
        points[handle] = to
        return points
    center = points.mean(axis=0)
    arm = to - center
    if made.kind == "ellipsoid":
        pair = handle // 2 * 2
        way = (points[pair] - points[pair + 1]) / 2
        length = float(np.linalg.norm(way))
        sign = 1 if handle == pair else -1
        reach = max(float(arm @ way) / length * sign, 1e-3)
        points[pair], points[pair + 1] = center + way / length * reach, center - way / length * reach
        return points
    assert made.normal is not None
    arm = arm - arm @ made.normal * made.normal
    if not np.linalg.norm(arm):
        return points
    mine, other = (0, 2) if handle < 2 else (2, 0)
    sign = 1 if handle % 2 == 0 else -1
    half = float(np.linalg.norm(points[other] - points[other + 1])) / 2
    square = np.cross(made.normal, arm)
    square *= half / np.linalg.norm(square)
    if square @ (points[other] - points[other + 1]) < 0:
        square = -square
    points[mine], points[mine + 1] = center + sign * arm, center - sign * arm
    points[other], points[other + 1] = center + square, center - square
    return points


def shifted(made: Measurement, by: Points) -> Measurement:
    """Return it moved as a whole, its label with it; its numbers are still those of before."""
    label = None if made.label is None else made.label + by
    return replace(made, points=made.points + by, label=label)


def cut(points: Points, at: Points, normal: Points, corners: int = 90) -> Points:
    """Return where a plane cuts an ellipsoid, as a closed outline, shape (n, 3); empty where it does not.

    Parameters
    ----------
    points : ndarray, shape (6, 3)
        Ends of its axes.
    at, normal : ndarray, shape (3,)
        A point of the plane and its unit normal.
    """
    center = points.mean(axis=0)
    halves = (points[::2] - points[1::2]).T / 2  # takes the unit ball to the ellipsoid
    way = halves.T @ normal
    steep = float(np.linalg.norm(way))
    off = float(normal @ (at - center)) / steep
    if abs(off) >= 1:
        return np.zeros((0, 3))
    way = way / steep
    first = np.cross(way, np.eye(3)[int(np.argmin(np.abs(way)))])
    first /= np.linalg.norm(first)
    turn = np.linspace(0, 2 * np.pi, corners)[:, None]
    ring = np.cos(turn) * first + np.sin(turn) * np.cross(way, first)
    return np.asarray(center + (off * way + np.sqrt(1 - off * off) * ring) @ halves.T)
