"""From cine views to the left ventricle's wall: edges in every view, shells through them, again and again."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from segmentation.heart.annulus import WallEnds, fitted_base, off_base_mm, wall_ends
from segmentation.heart.breathing import moved, shift_mm, without_common
from segmentation.heart.edges import DARK_INSIDE, endocardium_cost, epicardium_cost
from segmentation.heart.find import Found
from segmentation.heart.levels import leveled, ring_masks, wall_masks
from segmentation.heart.prolate import ProlateFrame, frame_of
from segmentation.heart.search import STEP_MM, Line, Rays, long_rays, normals_of, searched, short_rays
from segmentation.heart.shell import Points, Shell, fitted, joined, off_mm
from segmentation.heart.tissue import tissue_kept
from segmentation.heart.views import CineView, CineViews
from segmentation.heart.wall import Base, Wall
from twin.errors import UserError
from twin.progress import Progress

OFF_PLANE_MM = 12.0
"""A long-axis view of the left ventricle passes its axis within this distance, from apex to base."""

OFF_ANGLE = 0.26
"""Sine of the largest angle between such a view and the axis (15°)."""

ROUNDS = 5
"""Edges are found, shells fitted, and edges found again nearer to them, so many times."""

REACH_MM = (12.0, 8.0, 6.0, 6.0, 5.0)
"""How far an edge may lie from the shell of the round before."""

FILLED = 0.05
"""Share of the stroke up to which a phase counts as end-diastole."""

HELD = 0.12
"""Pull of the kept tissue on the endocardium at full contraction, cost of a square millimeter."""

CLOSED = 0.5
"""Share of what dark inside costs that is forgiven at full contraction: trabeculae close up with the wall."""

LOOSE = 0.01
"""Pull of the shell of the round before, where the picture is to decide."""

CALM = 60.0
"""How much calmer than the endocardium the epicardium is: it moves a fifth as far, hence about its square."""

ROUND = 4.0
"""How much smoother it is in space: it has no trabeculae."""

STIFF = 30.0
"""How much stiffer than others the shell is that tells how far a slice lies off."""

STEADY = 0.05
"""Pull of the epicardium's shell of the round before."""

EVEN = 0.03
"""Pull of the kept tissue at no contraction."""

ABOVE_MM = 1.0
"""Edges so far above the base plane still count for the shells."""


@dataclass(eq=False)
class Tracing:
    """What is known while the wall is traced; ``segment`` makes the result of it.

    Attributes
    ----------
    rays : dict of int to Rays
        By the view's place in ``views.all``; views with blood at 1 and muscle at 0, laid where breathing is
        put right.
    lines : dict of (int, str) to Line
        Edges found: ``endo`` and ``epi`` of each view.
    shifts : dict of int to ndarray, shape (3,)
        What each view was moved by, LPS mm.
    """

    views: CineViews
    frame: ProlateFrame
    rays: dict[int, Rays]
    endo: Shell
    epi: Shell
    highest_mm: float
    base: Base | None = None
    ends: list[WallEnds] = field(default_factory=list)
    lines: dict[tuple[int, str], Line] = field(default_factory=dict)
    shifts: dict[int, NDArray[np.float64]] = field(default_factory=dict)

    @property
    def long(self) -> list[int]:
        """Those of the views that are long axes."""
        return [k for k in self.rays if k >= len(self.views.short)]

    def view(self, index: int) -> CineView:
        """Return a view with the scanner's values, laid where breathing is put right."""
        return moved(self.views.all[index], self.shifts.get(index, np.zeros(3)))


def traced(views: CineViews, found: Found, progress: Progress) -> Tracing:
    """Trace the wall of the left ventricle in all views that cut it.

    Raises
    ------
    UserError
        Where no long-axis view cuts it, or a view cannot be read.
    """
    tracing = _started(views, found)
    for turn in range(ROUNDS):
        progress((turn + 1) / (ROUNDS + 1), "tracing the wall")
        _level(tracing)
        aim, pull, dark = _aim(tracing)
        _endocardium(tracing, aim, pull, dark, REACH_MM[turn])
        _epicardium(tracing, turn)
        if turn >= 1:
            tracing.ends = [
                end
                for k in tracing.long
                for end in wall_ends(tracing.rays[k].view, tracing.endo, tracing.epi, tracing.base)
            ]
            tracing.base = fitted_base(tracing.ends, tracing.frame.center, tracing.frame.axes)
        if 2 <= turn < ROUNDS - 1:
            _breathe(tracing)
    return tracing


def _started(views: CineViews, found: Found) -> Tracing:
    """Shells from the short axis alone, and the long-axis views that they choose."""
    seen = np.flatnonzero(found.seen)
    centers = np.array([views.short[k].lps(found.centers[k]) for k in seen])
    radii = found.radii_mm[seen]
    axis = _toward_base(centers, radii, views)
    order = np.argsort(centers @ axis)
    frame = frame_of(centers[order], radii[order], axis)
    rays, lines = {}, []
    for k in seen:
        view = leveled(views.short[k], *ring_masks(views.short[k], found.centers[k], found.radii_mm[k]))
        rays[int(k)] = short_rays(view, frame)
        near = np.full((len(views.phases), len(rays[int(k)].directions)), 30.0)
        lines.append(
            searched(
                rays[int(k)], near, lambda v, _t, _o: endocardium_cost(v, STEP_MM),
                inward_mm=29.5, outward_mm=15, pull=0,
            )
        )  # fmt: skip

    def shell_through(lines: list[Line]) -> Shell:
        points = [points_of(rays[int(k)], line, int(k)) for k, line in zip(seen, lines, strict=True)]
        return fitted(frame, joined(points), views.phases)

    endo = shell_through(lines)
    outer = []
    for ray in rays.values():
        outer.append(
            searched(
                ray, ray.section_mm(endo), lambda v, _t, _o: epicardium_cost(v, STEP_MM),
                inward_mm=0, outward_mm=26, pull=0,
            )
        )  # fmt: skip
    epi = shell_through(outer)
    for index, view in enumerate(views.long):
        if _cuts(view, frame):
            rays[len(views.short) + index] = long_rays(view, frame)
    tracing = Tracing(views, frame, rays, endo, epi, float(((centers - frame.center) @ frame.axis).max()))
    if not tracing.long:
        raise UserError(
            "No long-axis view cuts the left ventricle along its axis.",
            "Import the 2-chamber and 4-chamber cines of the same examination: base and apex are seen there.",
        )
    return tracing


def _toward_base(
    centers: NDArray[np.float64], radii: NDArray[np.float64], views: CineViews
) -> NDArray[np.float64]:
    """The stack's normal, from apex to base: the cavity is narrow at the apex."""
    normal = views.short[0].normal
    along = (centers - centers.mean(axis=0)) @ normal
    taper = float(along @ (radii - radii.mean()))
    return normal if taper > 0 else -normal


def _cuts(view: CineView, frame: ProlateFrame) -> bool:
    on_axis = frame.center + np.array([-0.7, 0.0, 0.4])[:, None] * frame.focus_mm * frame.axis
    near = np.abs(view.away_mm(on_axis)).max() < OFF_PLANE_MM
    return bool(near and abs(float(view.normal @ frame.axis)) < OFF_ANGLE)


def _level(tracing: Tracing) -> None:
    """Read every view anew: brightness by the shells, place by the shifts."""
    for k, ray in tracing.rays.items():
        view = tracing.view(k)
        try:
            view = leveled(view, *wall_masks(view, tracing.endo, tracing.epi, tracing.highest_mm))
        except UserError:
            if not ray.closed:
                raise
            view = replace(ray.view, affine=view.affine)  # at the base or the apex: as it was read before
        make = short_rays if ray.closed else long_rays
        tracing.rays[k] = make(view, tracing.frame)


def _aim(tracing: Tracing) -> tuple[Shell, NDArray[np.float64], NDArray[np.float64]]:
    """Where the endocardium is expected, how strongly, and what dark inside costs, at each phase.

    As long as the base is not known, the picture decides. Then the more the ventricle is contracted, the
    more does the tissue that its cavity held in diastole.
    """
    count = len(tracing.views.phases)
    if tracing.base is None:
        return tracing.endo, np.full(count, LOOSE), np.full(count, DARK_INSIDE)
    volume = Wall(tracing.endo, tracing.epi, tracing.base).cavity_ml
    part = (volume.max() - volume) / np.ptp(volume)
    reference = [int(t) for t in np.flatnonzero(part <= FILLED)]
    aim = tissue_kept(tracing.rays, tracing.endo, tracing.epi, tracing.base, reference)
    return aim, EVEN + HELD * part, DARK_INSIDE * (1 - CLOSED * part)


def _endocardium(
    tracing: Tracing, aim: Shell, pull: NDArray[np.float64], dark: NDArray[np.float64], reach_mm: float
) -> None:
    points = []
    for k, ray in tracing.rays.items():
        near = ray.section_mm(aim)
        thick = (ray.section_mm(tracing.epi) - near) * _slope(ray, near)

        def cost(
            values: NDArray[np.float64],
            t: int,
            offsets: NDArray[np.float64],
            wall_mm: NDArray[np.float64] = thick,
        ) -> NDArray[np.float64]:
            until = (wall_mm[t] - offsets[0]) / STEP_MM
            return endocardium_cost(values, STEP_MM, until=until, dark_inside=float(dark[t]))

        line = searched(ray, near, cost, inward_mm=reach_mm, outward_mm=reach_mm, pull=pull)
        tracing.lines[k, "endo"] = line
        points.append(points_of(ray, line, k))
    tracing.endo = _shell(tracing, points)


def _epicardium(tracing: Tracing, turn: int) -> None:
    points = []
    for k, ray in tracing.rays.items():
        inner, outer = ray.section_mm(tracing.endo), ray.section_mm(tracing.epi)
        reach = REACH_MM[turn]
        near = outer if turn else (inner + outer) / 2
        thick = (near - inner) * _slope(ray, near)

        def cost(
            values: NDArray[np.float64],
            t: int,
            offsets: NDArray[np.float64],
            wall_mm: NDArray[np.float64] = thick,
        ) -> NDArray[np.float64]:
            within = offsets < 1.0 - wall_mm[t][:, None]
            return epicardium_cost(np.where(within, 1.0, values), STEP_MM)

        line = searched(
            ray,
            near,
            cost,
            inward_mm=reach if turn else 3,
            outward_mm=reach if turn else 16,
            pull=STEADY if turn else LOOSE,
            stiffness=0.6,
        )
        tracing.lines[k, "epi"] = line
        points.append(points_of(ray, line, k))
    tracing.epi = _shell(tracing, points, smooth=ROUND, calm=CALM)


def _slope(ray: Rays, near_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    """Cosine between each ray and the section's normal there, (t, rays)."""
    normals = normals_of(ray.pixels(near_mm) * ray.view.spacing_mm, ray.closed)
    return np.abs(np.einsum("trx,rx->tr", normals, ray.directions))


def points_of(ray: Rays, line: Line, view: int) -> Points:
    """Return the points of a line, phase by phase, where it was found."""
    there = ~np.isnan(line.pixels).any(axis=2)
    phase = np.nonzero(there)[0]
    return Points(ray.view.lps(line.pixels[there]), phase, np.ones(len(phase)), np.full(len(phase), view))


def below(tracing: Tracing, points: Points) -> NDArray[np.bool_]:
    """Return which points lie below the base; before it is known, below the highest slice with a ring."""
    if tracing.base is None:
        return (points.lps - tracing.frame.center) @ tracing.frame.axis < tracing.highest_mm + 2
    off = points.lps - tracing.base.points[points.phase]
    return np.einsum("ni,ni->n", off, tracing.base.normals[points.phase]) < ABOVE_MM


def _shell(tracing: Tracing, parts: list[Points], smooth: float = 1.0, calm: float = 1.0) -> Shell:
    points = joined(parts)
    keep = below(tracing, points)
    kept = Points(points.lps[keep], points.phase[keep], points.weight[keep], points.view[keep])
    return fitted(tracing.frame, kept, tracing.views.phases, smooth=smooth, calm=calm)


def _breathe(tracing: Tracing) -> None:
    """Move every view in its plane onto shells so stiff that they do not follow a single slice."""
    normals: dict[int, list[NDArray[np.float64]]] = {k: [] for k in tracing.rays}
    off: dict[int, list[NDArray[np.float64]]] = {k: [] for k in tracing.rays}
    for which in ("endo", "epi"):
        seen = {k: points_of(ray, tracing.lines[k, which], k) for k, ray in tracing.rays.items()}
        shell = _shell(tracing, list(seen.values()), smooth=STIFF)
        for k, points in seen.items():
            line = tracing.lines[k, which]
            there = ~np.isnan(line.pixels).any(axis=2)
            keep = below(tracing, points)
            normals[k].append(line.normals[there][keep])
            off[k].append(off_mm(shell, points)[keep])
    axes = np.array([ray.view.affine[:3, :2] / ray.view.spacing_mm for ray in tracing.rays.values()])
    own = [shift_mm(np.concatenate(normals[k]), np.concatenate(off[k])) for k in tracing.rays]
    steps = without_common(np.einsum("vij,vj->vi", axes, np.array(own)), axes)
    for k, step in zip(tracing.rays, steps, strict=True):
        tracing.shifts[k] = tracing.shifts.get(k, np.zeros(3)) + step


def base_scatter_mm(tracing: Tracing) -> NDArray[np.float64]:
    """Return the mean distance of each wall's end from the base plane, mm; shape (sides,)."""
    assert tracing.base is not None
    return np.abs(off_base_mm(tracing.ends, tracing.base)).mean(axis=1)
