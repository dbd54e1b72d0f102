"""The ventricles of one cine study: surfaces, contours, volumes, and how well the views agree."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from segmentation.heart.find import find_left
from segmentation.heart.one_way import one_way
from segmentation.heart.right import right_cavity, toward_right
from segmentation.heart.shell import Points, Shell, off_mm
from segmentation.heart.trace_wall import Tracing, base_scatter_mm, below, points_of, traced
from segmentation.heart.views import CineViews
from segmentation.heart.wall import DENSITY_G_ML, Wall
from twin.errors import UserError
from twin.progress import Progress

Edge = Literal["left endocardium", "left epicardium", "right cavity"]

CONVENTION = (
    "Papillary muscles and trabeculae belong to the cavity; in systole, where they close up with the wall, "
    "they keep their diastolic volume. Volumes lie below the plane of the mitral ring."
)

TOLD = 0.03
"""Share of the cavity's volume that its change must exceed to be told from the tracing's own scatter."""

DISAGREE_MM = 4.0
"""Views whose edges lie so far off the common surface in the mean do not show one heart."""

LEAST_EJECTED = 0.05
"""A ventricle that changes less is not beating, or was not found."""


@dataclass(frozen=True, eq=False)
class Contour:
    """One edge in one view at one phase.

    Attributes
    ----------
    edge : str
    view : str
        Name of the view.
    slice : int or None
        Its place in the short-axis stack.
    phase : int
    points : ndarray, shape (n, 3)
        LPS mm, in the plane as the scanner placed it (breathing not taken out), below the base.
    closed : bool
    """

    edge: Edge
    view: str
    slice: int | None
    phase: int
    points: NDArray[np.float64]
    closed: bool


@dataclass(frozen=True)
class Measures:
    """Numbers of the left ventricle.

    Attributes
    ----------
    cavity_ml, muscle_ml : tuple of float
        At each phase.
    end_diastole, end_systole : int
        End-diastole is the R wave where the cavity is the largest there as far as can be told, else (a
        late trigger) the phase of the largest; end-systole that of the smallest.
    residual_mm : dict of str to float
        Mean distance of each view's edges from the surfaces.
    base_residual_mm : float
        Mean distance of the walls' ends from the base plane.
    """

    cavity_ml: tuple[float, ...]
    muscle_ml: tuple[float, ...]
    end_diastole: int
    end_systole: int
    residual_mm: dict[str, float]
    base_residual_mm: float

    @property
    def edv_ml(self) -> float:
        """End-diastolic volume."""
        return self.cavity_ml[self.end_diastole]

    @property
    def esv_ml(self) -> float:
        """End-systolic volume."""
        return self.cavity_ml[self.end_systole]

    @property
    def ejection_fraction(self) -> float:
        """Share of the end-diastolic volume that is ejected, 0 to 1."""
        return 1 - self.esv_ml / self.edv_ml

    @property
    def mass_g(self) -> float:
        """Mass of the compact muscle at end-diastole."""
        return DENSITY_G_ML * self.muscle_ml[self.end_diastole]


@dataclass(frozen=True, eq=False)
class Ventricles:
    """What was found in one cine study.

    Attributes
    ----------
    views : CineViews
    wall : Wall
        The left ventricle's surfaces at every phase, with breathing taken out.
    contours : tuple of Contour
    shifts_mm : dict of str to ndarray, shape (3,)
        By view: what was added to its place to take breathing out, LPS.
    """

    views: CineViews
    wall: Wall
    contours: tuple[Contour, ...]
    shifts_mm: dict[str, NDArray[np.float64]]
    measures: Measures
    notes: tuple[str, ...] = ()


def segment_cine(
    views: CineViews,
    left_lps_mm: NDArray[np.float64] | None = None,
    right_lps_mm: NDArray[np.float64] | None = None,
    progress: Progress | None = None,
) -> Ventricles:
    """Find both ventricles in a cine study; without a click, or with one in either cavity.

    Raises
    ------
    UserError
        Where no left ventricle is found, no long-axis view cuts it, blood is not bright, or views disagree.
    """
    progress = progress or Progress()
    progress(0.0, "looking for the left ventricle")
    found = find_left(views, left_lps_mm)
    tracing = traced(views, found, progress.between(0.05, 0.9))
    assert tracing.base is not None
    wall, changed_ml = one_way(Wall(tracing.endo, tracing.epi, tracing.base))
    measures = _measures(tracing, wall)
    notes = [*views.notes, CONVENTION, *_shifted(tracing)]
    if changed_ml > 0:
        notes.append(
            f"Volumes are held to one ejection and one filling: changed by up to {changed_ml:.1f} mL."
        )
    progress(0.92, "tracing the right ventricle")
    right = _right(tracing, right_lps_mm)
    if not right:
        notes.append("The right ventricle was not found; click into its cavity.")
    progress(1.0, "done")
    shifts = {views.all[k].name: step for k, step in tracing.shifts.items()}
    return Ventricles(views, wall, (*_contours(tracing), *right), shifts, measures, tuple(notes))


def _measures(tracing: Tracing, wall: Wall) -> Measures:
    cavity, muscle = wall.cavity_ml, wall.muscle_ml
    r_wave = int(np.argmin(np.abs((tracing.views.phases + 0.5) % 1 - 0.5)))
    told = cavity[r_wave] >= (1 - TOLD) * cavity.max()
    largest, smallest = r_wave if told else int(cavity.argmax()), int(cavity.argmin())
    residual = {}
    for k, ray in tracing.rays.items():
        off = [np.abs(_off(tracing, k, which, shell)) for which, shell in _shells(tracing)]
        residual[ray.view.name] = float(np.concatenate(off).mean())
    base = float(np.median(base_scatter_mm(tracing)))
    measures = Measures(
        tuple(map(float, cavity)), tuple(map(float, muscle)), largest, smallest, residual, base
    )
    worst = max(residual, key=lambda name: residual[name])
    if residual[worst] > DISAGREE_MM:
        raise UserError(
            f"{worst} disagrees with the other views: its edges lie {residual[worst]:.1f} mm off the surface "
            "that fits them all.",
            "Leave this view out, or check that it is of the same examination and the patient did not move.",
        )
    if measures.ejection_fraction < LEAST_EJECTED or muscle.min() <= 0:
        raise UserError(
            "What was found does not beat like a left ventricle.",
            "Click into the left ventricle's cavity, or check that the stack is a short-axis cine.",
        )
    return measures


def _shells(tracing: Tracing) -> tuple[tuple[str, Shell], tuple[str, Shell]]:
    return ("endo", tracing.endo), ("epi", tracing.epi)


def _off(tracing: Tracing, view: int, which: str, shell: Shell) -> NDArray[np.float64]:
    points: Points = points_of(tracing.rays[view], tracing.lines[view, which], view)
    return off_mm(shell, points)[below(tracing, points)]


def _shifted(tracing: Tracing) -> list[str]:
    far = {tracing.views.all[k].name: float(np.linalg.norm(s)) for k, s in tracing.shifts.items()}
    told = [f"{name} by {size:.1f} mm" for name, size in far.items() if size >= 0.5]
    return [f"Put right for breathing, in their planes: {', '.join(told)}."] if told else []


def _contours(tracing: Tracing) -> list[Contour]:
    """The left ventricle's edges in every view and phase, below the base, where the scanner saw them."""
    assert tracing.base is not None
    made = []
    names: tuple[tuple[str, Edge], ...] = (("endo", "left endocardium"), ("epi", "left epicardium"))
    for k, ray in tracing.rays.items():
        view = tracing.views.all[k]
        for which, edge in names:
            line = tracing.lines[k, which].pixels
            for t in range(len(line)):
                there = ~np.isnan(line[t]).any(axis=1)
                kept = np.zeros(len(there), bool)
                kept[there] = tracing.base.above_mm(ray.view.lps(line[t][there]), t) < 0
                if kept.sum() < len(kept) / 2:
                    continue
                closed = ray.closed and bool(kept.all())
                made.append(Contour(edge, view.name, view.slice, t, view.lps(_run(line[t], kept)), closed))
    return made


def _run(line: NDArray[np.float64], kept: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The kept points as one open line: begun after a gap."""
    if kept.all():
        return line
    gap = int(np.flatnonzero(kept & ~np.roll(kept, 1))[0])
    return np.roll(line, -gap, axis=0)[np.roll(kept, -gap)]


def _right(tracing: Tracing, click: NDArray[np.float64] | None) -> list[Contour]:
    short = {k: ray for k, ray in tracing.rays.items() if ray.closed}
    direction = toward_right(short, tracing.epi, click)
    if direction is None:
        return []
    made: list[Contour] = []
    for k, ray in short.items():
        view = tracing.views.all[k]
        for t, pixels in enumerate(right_cavity(ray, tracing.epi, direction)):
            if pixels is not None:
                made.append(Contour("right cavity", view.name, view.slice, t, view.lps(pixels), True))
    return made
