"""What keeps a surface from bounding a body, and where."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segmentation.surface.boxtree import BoxTree
from segmentation.surface.topology import crowded_points, edges, volume_mm3

_NAMED = 3


@dataclass(frozen=True, eq=False)
class Fault:
    """One kind of fault: what it is called, how often it is there, and where (LPS mm, shape (n, 3))."""

    name: str
    count: int
    where_lps_mm: NDArray[np.float64]

    def __str__(self) -> str:
        some = "; ".join(
            "(" + ", ".join(f"{c:.1f}" for c in spot) + ")" for spot in self.where_lps_mm[:_NAMED]
        )
        more = ", …" if self.count > _NAMED else ""
        return f"{self.count} {self.name}" + (f" at {some}{more}" if some else "")


def faults(points: NDArray, triangles: NDArray, *, simple: bool = True) -> tuple[Fault, ...]:
    """Return all that keeps the surface from bounding a body: closed, outward, oriented.

    ``simple`` asks for more: a manifold that does not touch or cross itself.
    """
    if not len(triangles):
        return (Fault("triangles", 0, np.zeros((0, 3))),)
    bad = ~np.isfinite(points).all(axis=1)
    if bad[triangles].any():
        there = np.unique(triangles[bad[triangles].any(axis=1)])
        near = there[~bad[there]]
        return (Fault("points without a position", int(bad.sum()), points[near]),)
    found = edges(triangles)
    middles = points[found.ends].mean(axis=1)
    open_, crowded = found.uses == 1, found.uses > 2
    turned = (found.uses == 2) & (found.balance != 0)
    all_faults = [
        Fault("open edges", int(open_.sum()), middles[open_]),
        Fault("edges where orientation changes", int(turned.sum()), middles[turned]),
    ]
    if simple:
        pinched = crowded_points(triangles, len(points))
        crossing = BoxTree(points, triangles).self_intersections()
        centers = points[triangles[crossing[:, 0]]].mean(axis=1)
        all_faults += [
            Fault("edges with more than two triangles", int(crowded.sum()), middles[crowded]),
            Fault("points where sheets only touch", len(pinched), points[pinched]),
            Fault("self-intersections", len(crossing), centers),
        ]
    if not open_.any() and not turned.any() and volume_mm3(points, triangles) <= 0.0:
        all_faults.append(Fault("enclosed volume: normals point inward", 1, points[:1]))
    return tuple(f for f in all_faults if f.count)
