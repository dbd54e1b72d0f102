"""Outlines of a mask's slice, such that filling them gives the same voxels again."""

import numpy as np
from numpy.typing import NDArray

_CASES = {
    1: [("w", "n")], 2: [("n", "e")], 3: [("w", "e")], 4: [("e", "s")], 5: [("w", "n"), ("e", "s")],
    6: [("n", "s")], 7: [("w", "s")], 8: [("s", "w")], 9: [("s", "n")], 10: [("n", "e"), ("s", "w")],
    11: [("s", "e")], 12: [("e", "w")], 13: [("e", "n")], 14: [("n", "w")],
}  # fmt: skip
"""From where to where an outline crosses a square of four voxel centres, by which of them lie inside
(1 north-west, 2 north-east, 4 south-east, 8 south-west): marching squares, inside on the same hand."""


def outlines(mask: NDArray[np.bool_]) -> list[NDArray[np.float64]]:
    """Return closed outlines, each as points (i, j), shape (n, 2), in voxels; holes have their own.

    They run half-way between the centres of voxels inside and outside (marching squares, Lorensen and
    Cline 1987 in two dimensions), so that no centre lies on one.
    """
    there = np.nonzero(mask)
    if not len(there[0]):
        return []
    top, left = (int(t.min()) for t in there)
    padded = np.pad(mask[top : there[0].max() + 1, left : there[1].max() + 1], 1)
    rows, columns = padded.shape
    nw, ne, se, sw = padded[:-1, :-1], padded[:-1, 1:], padded[1:, 1:], padded[1:, :-1]
    case = nw + 2 * ne + 4 * se + 8 * sw.astype(np.int8)
    after: dict[int, int] = {}
    count = rows * columns
    for number, lines in _CASES.items():
        j, i = np.nonzero(case == number)
        # An edge is named by the centre it begins at: eastward ones as they are, southward ones behind those.
        edge = {
            "n": j * columns + i,
            "s": (j + 1) * columns + i,
            "w": count + j * columns + i,
            "e": count + j * columns + i + 1,
        }
        for start, end in lines:
            after.update(zip(edge[start].tolist(), edge[end].tolist(), strict=True))
    made = []
    while after:
        first, at = after.popitem()
        walk = [first]
        while at != first:
            walk.append(at)
            at = after.pop(at)
        made.append(np.add(_straightened(_points(np.array(walk), count, columns)), (left, top)))
    return made


def _points(edges: NDArray[np.int64], count: int, columns: int) -> NDArray[np.float64]:
    south = edges >= count
    j, i = np.divmod(edges - count * south, columns)
    # The mask was padded by one voxel, and an edge is crossed at its middle.
    return np.stack([i - 1 + 0.5 * ~south, j - 1 + 0.5 * south], axis=1)


def _straightened(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Leave out the points in the middle of straight lines."""
    before, behind = points - np.roll(points, 1, axis=0), np.roll(points, -1, axis=0) - points
    turns = before[:, 0] * behind[:, 1] - before[:, 1] * behind[:, 0] != 0
    return points[turns]


def keyholed(lines: list[NDArray[np.float64]]) -> list[NDArray[np.float64]]:
    """Join holes to what is around them by channels of no width (DICOM's keyhole, PS3.3 C.8.8.6.3).

    Some programs fill contours within contours by the even-odd rule, others each by itself: joined so,
    a hole is one for both.
    """
    areas = [_area(line) for line in lines]
    around = [n for n, area in enumerate(areas) if area > 0]
    boxes = np.array([[*lines[n].min(axis=0), *lines[n].max(axis=0)] for n in around]).reshape(-1, 4)
    joined = {n: lines[n] for n in around}
    for n in (n for n, area in enumerate(areas) if area < 0):
        point = lines[n][0]
        near = np.flatnonzero((boxes[:, :2] < point).all(axis=1) & (boxes[:, 2:] > point).all(axis=1))
        outer = min((around[m] for m in near if _holds(lines[around[m]], point)), key=lambda m: areas[m])
        joined[outer] = _spliced(joined[outer], lines[n])
    return list(joined.values())


def _area(line: NDArray[np.float64]) -> float:
    """Return what lies within; negative for a hole, which is walked the other way round."""
    x, y = line.T
    return float((np.roll(x, -1) * y - x * np.roll(y, -1)).sum() / 2)


def _holds(line: NDArray[np.float64], point: NDArray[np.float64]) -> bool:
    a, b = line, np.roll(line, -1, axis=0)
    crossed = (a[:, 1] <= point[1]) != (b[:, 1] <= point[1])
    a, b = a[crossed], b[crossed]
    at = a[:, 0] + (point[1] - a[:, 1]) * (b[:, 0] - a[:, 0]) / (b[:, 1] - a[:, 1])
    return bool((at < point[0]).sum() % 2)


def _spliced(line: NDArray[np.float64], hole: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the line with a way in to the hole, around it, and back, where they are nearest."""
    distance = ((line[:, None] - hole[None]) ** 2).sum(axis=2)
    at, begin = np.unravel_index(np.argmin(distance), distance.shape)
    turned = np.roll(hole, -int(begin), axis=0)
    return np.concatenate([line[: at + 1], turned, turned[:1], line[at:]])
