"""A faulty surface made fit to be filled, within a stated distance."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from segmentation.surface.boxtree import BoxTree
from segmentation.surface.faults import Fault, faults
from segmentation.surface.topology import edges, pieces, volume_mm3
from segmentation.tetrahedra.wrap import wrap
from twin.domain import Surface
from twin.errors import GeometryError

_SAME_MM = 1e-6


@dataclass(frozen=True, eq=False)
class Repaired:
    """A surface fit to be filled.

    Attributes
    ----------
    surface : Surface
    repairs : tuple of str
        What was done, in words; empty where nothing was needed.
    features : bool
        True where ``surface.cut`` still lies on flat faces with a rim.
    """

    surface: Surface
    repairs: tuple[str, ...]
    features: bool


def repair(surface: Surface, repair_mm: float, edge_mm: float, *, simple: bool = True) -> Repaired:
    """Return the surface closed, outward and, where it is to be ``simple``, manifold and not crossing itself.

    What moves no point is always done: dropping what is degenerate, twofold or without a position,
    joining points in the same place, turning triangles. Gaps and small holes are closed, and if that
    is not enough the surface is wrapped, where no point of the result lies farther than
    ``repair_mm`` from the surface given.

    Raises
    ------
    GeometryError
        Naming the faults and where they are (LPS mm).
    """
    name = surface.structure or "the surface"
    if not len(surface.triangles) or not np.isfinite(surface.points).any():
        raise GeometryError(f"“{name}” has no triangles to fill.", "Make its surface again.")
    found = faults(surface.points, surface.triangles, simple=simple)
    if not found:
        return Repaired(*_without_crumbs(surface, edge_mm), True)
    work, done = _tidy(surface)
    work, turned = _turn(work)
    done += turned
    left = faults(work.points, work.triangles, simple=simple)
    if left and repair_mm > 0.0 and any(f.name == "open edges" for f in left):
        work, closed = _close(work, repair_mm)
        work, turned = _turn(work)
        done += closed + turned
        left = faults(work.points, work.triangles, simple=simple)
    if not left:
        work, crumbs = _without_crumbs(work, edge_mm)
        return Repaired(work, tuple(done) + crumbs, True)
    if repair_mm <= 0.0:
        raise _refusal(name, left, "Allow a repair (repair_mm).")
    wrapped = wrap(work, min(repair_mm, 0.5 * edge_mm))
    if wrapped is None:
        raise _refusal(name, left, "It encloses nothing: close it where it is open.")
    tree = BoxTree(work.points, work.triangles)
    away = tree.closest(wrapped.points)[2]
    worst = int(away.argmax())
    if away[worst] > repair_mm:
        spot = ", ".join(f"{c:.1f}" for c in wrapped.points[worst])
        raise _refusal(
            name,
            left,
            f"To repair it takes moving it by {away[worst]:.2f} mm at ({spot}): "
            f"allow that (repair_mm), or mend the surface there.",
        )
    words = "; ".join(str(f) for f in left)
    done.append(
        f"wrapped to resolve {words}: moved by {away.mean():.2f} mm on average, {away.max():.2f} at most"
    )
    work, crumbs = _without_crumbs(wrapped, edge_mm)
    return Repaired(work, tuple(done) + crumbs, False)


def _refusal(name: str, left: tuple[Fault, ...], hint: str) -> GeometryError:
    words = "; ".join(str(f) for f in left)
    return GeometryError(f"“{name}” cannot be filled with tetrahedra: {words} (LPS mm).", hint)


def _kept(surface: Surface, keep: NDArray[np.bool_]) -> Surface:
    cut = None if surface.cut is None else surface.cut[keep]
    return replace(surface, triangles=surface.triangles[keep], cut=cut)


def _tidy(surface: Surface) -> tuple[Surface, list[str]]:
    """Join points in one place; drop triangles that are degenerate, twofold or without a position."""
    done = []
    points, triangles = surface.points, surface.triangles
    whole = np.asarray(np.isfinite(points[triangles]).all(axis=(1, 2)))
    if not whole.all():
        done.append(f"dropped {np.count_nonzero(~whole)} triangles without a position")
        surface = _kept(surface, whole)
    used = np.unique(surface.triangles)
    keys = np.round(points[used] / _SAME_MM).astype(np.int64)
    _, first, same = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    if len(first) < len(used):
        done.append(f"joined {len(used) - len(first)} points that lie on others")
    number = np.zeros(len(points), np.int32)
    number[used] = same.ravel()
    triangles = number[surface.triangles]
    surface = replace(surface, points=points[used][first], triangles=triangles)
    ordered = np.sort(triangles, axis=1)
    good = (ordered[:, 0] != ordered[:, 1]) & (ordered[:, 1] != ordered[:, 2])
    _, once = np.unique(ordered, axis=0, return_index=True)
    single = np.zeros(len(triangles), bool)
    single[once] = True
    keep = good & single
    if not keep.all():
        done.append(f"dropped {np.count_nonzero(~keep)} degenerate or twofold triangles")
        surface = _kept(surface, keep)
    return surface, done


def _turn(surface: Surface) -> tuple[Surface, list[str]]:
    """Turn triangles so that neighbors agree and every outermost piece has positive volume."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import breadth_first_order, connected_components

    triangles = surface.triangles
    m = len(triangles)
    found = edges(triangles)
    side = found.of_triangle.ravel()
    order = np.argsort(side, kind="stable")
    pair = np.flatnonzero(side[order][1:] == side[order][:-1])
    pair = pair[found.uses[side[order][pair]] == 2]
    one, two = order[pair], order[pair + 1]
    same_way = triangles.ravel()[one] == triangles.ravel()[two]  # both start at one point: they disagree
    graph = coo_matrix((np.ones(len(one), np.int8), (one // 3, two // 3)), shape=(m, m)).tocsr()
    graph = graph + graph.T
    disagree = coo_matrix((same_way.astype(np.int8), (one // 3, two // 3)), shape=(m, m)).tocsr()
    disagree = disagree + disagree.T
    flipped = np.zeros(m, bool)
    count, piece = connected_components(graph, directed=False)
    _, starts = np.unique(piece, return_index=True)
    for start in starts if same_way.any() else ():
        reached, before = breadth_first_order(graph, start, directed=False)
        conflict = np.asarray(disagree[reached[1:], before[reached[1:]]]).ravel() > 0
        for t, odd in zip(reached[1:], conflict, strict=True):
            flipped[t] = flipped[before[t]] ^ odd
    turned = triangles.copy()
    turned[flipped] = turned[flipped][:, ::-1]
    for n in range(count):
        there = piece == n
        if volume_mm3(surface.points, turned[there]) < 0.0 and not _inside_another(surface, piece, n):
            turned[there] = turned[there][:, ::-1]
    changed = int(np.count_nonzero((turned != triangles).any(axis=1)))
    done = [f"turned {changed} triangles outward"] if changed else []
    return replace(surface, triangles=turned), done


def _inside_another(surface: Surface, piece: NDArray, number: int) -> bool:
    """Tell whether a piece lies in the box of a larger one: its inward normals may bound a cavity."""
    own = surface.points[surface.triangles[piece == number].ravel()]
    low, high = own.min(axis=0), own.max(axis=0)
    for other in np.unique(piece):
        if other == number:
            continue
        its = surface.points[surface.triangles[piece == other].ravel()]
        if (its.min(axis=0) < low).all() and (its.max(axis=0) > high).all():
            return True
    return False


def _close(surface: Surface, repair_mm: float) -> tuple[Surface, list[str]]:
    """Join open rims that lie within ``repair_mm`` and fill holes no wider than twice that."""
    from scipy.spatial import cKDTree

    done = []
    found = edges(surface.triangles)
    rim = np.unique(found.open)
    number = np.arange(len(surface.points))
    shortest = np.linalg.norm(np.diff(surface.points[found.open], axis=1)[:, 0], axis=1).min()
    # Less than the rim's own edges, so that no triangle is lost to the joining.
    for a, b in cKDTree(surface.points[rim]).query_pairs(min(repair_mm, 0.5 * float(shortest))):
        number[rim[b]] = number[rim[a]]
    if (number != np.arange(len(number))).any():
        done.append(f"joined {np.count_nonzero(number != np.arange(len(number)))} points across gaps")
        surface, _ = _tidy(replace(surface, triangles=number[surface.triangles].astype(np.int32)))
    points, triangles, cut = [surface.points], [surface.triangles], surface.cut
    holes = 0
    for loop in _loops(surface.triangles):
        middle = surface.points[loop].mean(axis=0)
        if np.linalg.norm(surface.points[loop] - middle, axis=1).max() > repair_mm:
            continue
        fresh = len(surface.points) + holes
        holes += 1
        points.append(middle[None])
        # The rim runs against the triangle beyond it.
        fan = np.stack([np.roll(loop, -1), loop, np.full(len(loop), fresh)], axis=1)
        triangles.append(fan.astype(np.int32))
    if holes:
        done.append(f"filled {holes} holes")
        stacked = np.concatenate(triangles)
        if cut is not None:
            cut = np.concatenate([cut, np.zeros(len(stacked) - len(cut), bool)])
        surface = replace(surface, points=np.concatenate(points), triangles=stacked, cut=cut)
    return surface, done


def _loops(triangles: NDArray) -> list[NDArray[np.int64]]:
    """Return the simple loops of open edges, each in the direction of its triangles."""
    sides = np.stack([triangles, np.roll(triangles, -1, axis=1)], axis=2).reshape(-1, 2)
    found = edges(triangles)
    open_sides = sides[found.uses[found.of_triangle.ravel()] == 1]
    following = {int(a): int(b) for a, b in open_sides}
    if len(following) < len(open_sides):
        return []  # loops touch: not simple
    loops = []
    while following:
        start, v = following.popitem()
        loop = [start]
        while v != start and v in following:
            loop.append(v)
            v = following.pop(v)
        if v == start:
            loops.append(np.array(loop))
    return loops


def _without_crumbs(surface: Surface, edge_mm: float) -> tuple[Surface, tuple[str, ...]]:
    """Drop pieces too small to hold an element of the wanted edge, where there is a larger one."""
    piece = pieces(surface.triangles)
    volume = np.array(
        [abs(volume_mm3(surface.points, surface.triangles[piece == n])) for n in range(int(piece.max()) + 1)]
    )
    small = (volume < edge_mm**3) & (volume < volume.max())
    if not small.any():
        return surface, ()
    word = f"dropped {np.count_nonzero(small)} pieces smaller than an element ({volume[small].sum():.1f} mm³)"
    kept = _kept(surface, ~small[piece])
    used, numbered = np.unique(kept.triangles, return_inverse=True)
    return (
        replace(kept, points=kept.points[used], triangles=numbered.reshape(-1, 3).astype(np.int32)),
        (word,),
    )
