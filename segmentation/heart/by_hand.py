"""Contours put right by hand, and the surfaces that go with them."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from segmentation.heart.wall import DENSITY_G_ML
from twin.domain import Motion, MovingSurface, Number, Outline
from twin.errors import UserError

SURFACES = {"left endocardium": "endocardium", "left epicardium": "epicardium"}
"""The surface that each edge belongs to."""

NEAR_MM = 15.0
"""How far a surface goes with a contour: about the distance of two slices."""

NEAR_SHARE = 0.05
"""The same in time, as a share of the cycle: an eighth of a contraction."""

BY_HAND, SEEN = 0.01, 0.5
"""Variance of where a contour lies that a hand has put right, and of one that was found, as shares of what is
not known before either is looked at."""

EVERY = 2
"""Of a contour's points so many are one."""

GRIP_MM = 10.0
"""Farther from its contour a pull does not begin."""

FARTHEST_MM = 60.0
"""No contour is pulled farther."""

THIN_MM = 0.5
"""Muscle that is left between inside and outside."""


@dataclass(frozen=True, eq=False)
class Pull:
    """One pull at one contour.

    Attributes
    ----------
    edge, view : str
    phase : int
    start, end : ndarray, shape (3,)
        Where it is taken hold of, and where that place is to lie, LPS mm.
    reach_mm : float
        Way along the contour on which the pull falls to exp(-1/2).
    """

    edge: str
    view: str
    phase: int
    start: NDArray[np.float64]
    end: NDArray[np.float64]
    reach_mm: float


def pulled(motion: Motion, pull: Pull) -> Motion:
    """Return the motion with one contour pulled, its surface with it, and the numbers that follow.

    The surface's displacement is what is expected of a smooth field (a Gaussian process of ``NEAR_MM`` and
    ``NEAR_SHARE``) that is the pull on this contour and nothing on the others of the phase: they hold less
    where they were found than where a hand has put them right, then in other phases too.

    Raises
    ------
    UserError
        Where there is no such contour, the pull begins beside it, or the wall would be turned inside out.
    """
    before = _outline(motion, pull)
    moved = replace(before, points=dragged(before, pull).astype(np.float32), by_hand=True)
    outlines = tuple(moved if o is before else o for o in motion.outlines)
    note = f"Edited by hand: {pull.edge} in {pull.view}, phase {pull.phase + 1}."
    notes = motion.notes if note in motion.notes else (*motion.notes, note)
    after = replace(motion, outlines=outlines, notes=notes)
    if pull.edge not in SURFACES:
        return after
    return _measured(motion, _with_surface(after, before, moved))


def dragged(outline: Outline, pull: Pull) -> NDArray[np.float64]:
    """Return a contour's points, (n, 3), pulled: most where it is held, less along it to both sides."""
    points = np.asarray(outline.points, np.float64)
    held = int(np.linalg.norm(points - pull.start, axis=1).argmin())
    steps = np.linalg.norm(np.diff(points, axis=0, append=points[:1]), axis=1)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    way = np.abs(along[:-1] - along[held])
    if outline.closed:
        way = np.minimum(way, along[-1] - way)
    share = np.exp(-0.5 * (way / pull.reach_mm) ** 2)
    return np.asarray(points + share[:, None] * (pull.end - pull.start))


def _outline(motion: Motion, pull: Pull) -> Outline:
    for outline in motion.outlines:
        if (outline.name, outline.view, outline.phase) == (pull.edge, pull.view, pull.phase):
            break
    else:
        views = sorted({o.view for o in motion.outlines if (o.name, o.phase) == (pull.edge, pull.phase)})
        there = f"there is one in: {', '.join(views)}" if views else "there is none in any view"
        raise UserError(
            f"There is no contour “{pull.edge}” in “{pull.view}” in phase {pull.phase + 1}; {there}.",
            "Take the name of the edge, the view and the phase as they are shown.",
        )
    away = float(np.linalg.norm(outline.points - pull.start, axis=1).min())
    if away > GRIP_MM:
        raise UserError(
            f"The pull begins {away:.0f} mm beside the contour.", "Begin at the contour that is to be moved."
        )
    far = float(np.linalg.norm(pull.end - pull.start))
    if not far <= FARTHEST_MM:
        raise UserError(
            f"A contour is not pulled by {far:.0f} mm.", f"Pull it in steps of at most {FARTHEST_MM:.0f} mm."
        )
    return outline


def _with_surface(motion: Motion, before: Outline, moved: Outline) -> Motion:
    """Move the contour's surface with it."""
    name = SURFACES[before.name]
    surface = motion.surface(name)
    holding = [
        o
        for o in motion.outlines
        if o is not moved and o.name == before.name and (o.phase == before.phase or o.by_hand)
    ]
    every = [before, *holding]
    places = np.concatenate([o.points[::EVERY] for o in every]).astype(np.float64)
    times = np.concatenate([np.full(len(o.points[::EVERY]), motion.phases[o.phase]) for o in every])
    loose = [o is not before and not o.by_hand for o in every]
    variance = np.repeat(np.where(loose, SEEN, BY_HAND), [len(o.points[::EVERY]) for o in every])
    wanted = np.zeros((len(places), 3))
    pull = (moved.points - before.points)[::EVERY]
    wanted[: len(pull)] = pull
    like = _alike(places, places) * _together(times[:, None], times)
    weights = np.linalg.solve(like + np.diag(variance), wanted)
    points = np.array(surface.points)
    edge = _open_edge(surface.triangles)
    for t, phase in enumerate(motion.phases):
        near = _together(np.array(phase), times)
        if near.max() < 0.01:
            continue
        here = points[t].astype(np.float64)
        step = _alike(here, places) @ (near[:, None] * weights)
        points[t] = here + _kept_in_base(step, here, edge)
    changed = replace(surface, points=points)
    made = replace(motion, surfaces=tuple(changed if s is surface else s for s in motion.surfaces))
    _refuse_inside_out(motion, made)
    return made


def _alike(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    squared = ((a[:, None] - b) ** 2).sum(axis=2)
    return np.asarray(np.exp(-0.5 * squared / NEAR_MM**2))


def _together(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    off = np.abs(a - b) % 1.0
    return np.asarray(np.exp(-0.5 * (np.minimum(off, 1.0 - off) / NEAR_SHARE) ** 2))


def _open_edge(triangles: NDArray[np.int32]) -> NDArray[np.int64]:
    """The edges that belong to one triangle only, as they run in it, (e, 2)."""
    edges = triangles[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2).astype(np.int64)
    _, first, count = np.unique(np.sort(edges, axis=1), axis=0, return_index=True, return_counts=True)
    return np.asarray(edges[first[count == 1]])


def _kept_in_base(
    step: NDArray[np.float64], points: NDArray[np.float64], edge: NDArray[np.int64]
) -> NDArray[np.float64]:
    """The same displacement, but that the open edge stays in its plane."""
    if not len(edge):
        return step
    ring = points[edge[:, 0]]
    middle = ring.mean(axis=0)
    normal = np.linalg.svd(ring - middle, full_matrices=False)[2][2]
    share = np.exp(-0.5 * ((points - middle) @ normal / NEAR_MM) ** 2)
    return np.asarray(step - (share * (step @ normal))[:, None] * normal)


def _refuse_inside_out(before: Motion, after: Motion) -> None:
    """Raise where the inside of the wall would pass its outside."""
    inner, outer = (np.asarray(after.surface(n).points, np.float64) for n in ("endocardium", "epicardium"))
    if inner.shape != outer.shape:
        return
    way = np.asarray(before.surface("epicardium").points, np.float64)
    way = way - before.surface("endocardium").points
    was = np.maximum(np.linalg.norm(way, axis=2), 1e-6)
    thick = ((outer - inner) * way).sum(axis=2) / was
    thinner = thick < np.minimum(THIN_MM, was / 2)  # where it was thin before, a hand may still pull
    if thinner.any():
        raise UserError(
            f"The wall would be {max(float(thick[thinner].min()), 0.0):.1f} mm thick there.",
            "Pull less far, or pull the other side of the wall first.",
        )


def _volume_ml(surface: MovingSurface, phase: int, edge: NDArray[np.int64]) -> float:
    """Volume within a surface, its open edge closed by a flat lid, mL."""
    points = np.asarray(surface.points[phase], np.float64)
    middle = points[np.unique(edge)].mean(axis=0) if len(edge) else points.mean(axis=0)
    corners = (points - middle)[surface.triangles]  # triangles of a lid through the middle add nothing
    return float(np.einsum("ni,ni->", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])) / 6000)


def _measured(before: Motion, motion: Motion) -> Motion:
    """Measure the phases anew that have changed, and the numbers that follow."""
    cavity, wall = motion.cavity_ml.copy(), motion.wall_ml.copy()
    for surface, old in zip(motion.surfaces, before.surfaces, strict=True):
        if surface is old:
            continue
        edge = _open_edge(surface.triangles)
        for t in np.flatnonzero((surface.points != old.points).any(axis=(1, 2))):
            gained = _volume_ml(surface, int(t), edge) - _volume_ml(old, int(t), edge)
            if surface.name == "endocardium":
                cavity[t] += gained
                gained = -gained
            wall[t] += gained
    emptiest = int(cavity.argmin())
    after = replace(motion, cavity_ml=cavity, wall_ml=wall, emptiest=emptiest)
    then, now = _values(before), _values(after)
    # an index is the same number by the same body
    now |= {f"{name} index": now[name] / then[name] for name in then}
    return replace(after, numbers=tuple(_again(number, now) for number in motion.numbers))


def _values(motion: Motion) -> dict[str, float]:
    """The numbers that a motion's volumes give."""
    full, empty = (float(motion.cavity_ml[t]) for t in (motion.fullest, motion.emptiest))
    return {
        "end-diastolic volume": full,
        "end-systolic volume": empty,
        "stroke volume": full - empty,
        "ejection fraction": 100 * (1 - empty / full),
        "muscle mass": DENSITY_G_ML * float(motion.wall_ml[motion.fullest]),
    }


def _again(number: Number, values: dict[str, float]) -> Number:
    if number.name not in values:
        return number
    told = "Contours were edited by hand."
    remark = number.remark if told in number.remark else f"{number.remark} {told}".strip()
    value = values[number.name]
    if number.name.endswith(" index"):
        value *= number.value
    return replace(number, value=value, remark=remark)
