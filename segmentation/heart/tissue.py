"""The endocardium in systole, from what lies in the cavity: papillary muscles keep their volume.

When the ventricle contracts, papillary muscles and trabeculae close up with the wall and no edge is left
between them. Blood is still seen, and muscle is incompressible (its volume keeps to a few percent: Yin, Chan
and Judd 1996, Am J Physiol 271:H1864): the endocardium lies where the muscle within it, beside the blood, is
as much as it was in diastole, when the edge can be seen. What is not seen well, the outside of the wall, does
not enter.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from segmentation.heart.edges import blood
from segmentation.heart.prolate import ProlateFrame
from segmentation.heart.search import Rays
from segmentation.heart.shell import Points, Shell, fitted, in_space, joined
from segmentation.heart.wall import Base

STEP_MM = 0.7
OUT_MM = np.arange(0.5, 50.0, STEP_MM)
"""Distances from the axis at which the picture is read."""

HEIGHTS_MM = np.arange(-100.0, 60.0, 2.0)
"""Heights over the frame's center at which long-axis views are read."""

DEGREE = 5
"""Of the polynomial from apex to base by which the muscle in the cavity is spread."""

ORDER = 2
"""Highest harmonic round the axis: two papillary muscles, and more on one side than on the other."""

LONG_AXIS = 0.5
"""What a line of a long-axis view counts: it meets a papillary muscle all along, or not at all."""

SMALLEST_MM = 3.5
"""Nearer to the axis a line across it no longer tells where the apex is."""

ABOVE_MM = 1.0
"""Lines that end so far above the base plane still count."""

THINNED = 0.7
"""Share of its diastolic thickness that the wall keeps at the least: contracted it is thicker as a rule."""


@dataclass(frozen=True, eq=False)
class _Lines:
    """Lines outward from the axis in one view.

    Attributes
    ----------
    view : int
    closed : bool
        All round one place of the axis, by equal angles; or both sides of it at many heights.
    lps : ndarray, shape (lines, n, 3)
        Places at ``OUT_MM``.
    blood : ndarray, shape (t, lines, n)
        Share of blood there, 0 to 1.
    inner_mm, outer_mm : ndarray, shape (t, lines)
        Where the endocardium and the epicardium are crossed; 0 where not.
    height_mm, angle : ndarray, shape (lines,)
        Over the frame's center, and round its axis.
    """

    view: int
    closed: bool
    lps: NDArray[np.float64]
    blood: NDArray[np.float64]
    inner_mm: NDArray[np.float64]
    outer_mm: NDArray[np.float64]
    height_mm: NDArray[np.float64]
    angle: NDArray[np.float64]

    @property
    def weight(self) -> float:
        return 1.0 if self.closed else LONG_AXIS


def tissue_kept(rays: dict[int, Rays], endo: Shell, epi: Shell, base: Base, reference: list[int]) -> Shell:
    """Return the endocardium that holds, beside the blood, the muscle it held at the reference phases.

    A part of that muscle keeps its place round the axis and its share of the way from apex to base; where
    the ventricle shortens, its sections hold more of it.

    Parameters
    ----------
    rays : dict of int to Rays
        Of views with blood at 1 and muscle at 0.
    endo, epi : Shell
        The endocardium is taken as seen at the reference phases; later the two only tell blood of the
        cavity from what shines beyond the wall.
    base : Base
    reference : list of int
    """
    frame = endo.frame
    apex, length = _axis(epi, base)
    foot = float(((_height_mm(endo) - apex) / length)[reference].mean())
    lines = [_read(k, ray, endo, epi) for k, ray in rays.items()]
    spread = _spread(lines, apex, length, foot, reference)
    parts = []
    for line in lines:
        share = (line.height_mm - apex[:, None]) / length[:, None]
        wall = THINNED * (line.outer_mm - line.inner_mm)[reference].mean(axis=0)
        for t in range(len(length)):
            whole = (line.outer_mm[t] > 0) & (share[t] > 0) & (share[t] < 1)
            if not whole.any() or (line.closed and not whole.all()):
                continue
            bound = (line.inner_mm[t] + line.outer_mm[t]) / 2
            bright = _section(line.blood[t], bound)
            terms = _terms(np.clip(share[t], 0, 1), line.angle, foot)
            muscle = np.maximum(terms @ spread, 0.0) / length[t]
            section = bright + muscle
            if line.closed:
                section = _oval(section)
            radius = np.minimum(np.sqrt(2 * np.maximum(section, 0.0)), line.outer_mm[t] - wall)
            at = line.lps[:, 0] + ((radius - OUT_MM[0]) / STEP_MM)[:, None] * (
                line.lps[:, 1] - line.lps[:, 0]
            )
            kept = whole & (radius > SMALLEST_MM) & (muscle > 0) & (base.above_mm(at, t) < ABOVE_MM)
            many = int(kept.sum())
            parts.append(
                Points(at[kept], np.full(many, t), np.full(many, line.weight), np.full(many, line.view))
            )
    return fitted(frame, joined(parts), endo.phases, robust_mm=5.0)


def _axis(epi: Shell, base: Base) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Height of the epicardium's apex over the frame's center, and from there to the base, each (t,)."""
    frame, apex = epi.frame, _height_mm(epi)
    top = np.einsum("ti,ti->t", base.points - frame.center, base.normals) / (base.normals @ frame.axis)
    return apex, top - apex


def _height_mm(shell: Shell) -> NDArray[np.float64]:
    """Height of a shell's apex over the frame's center, (t,)."""
    frame, pole = shell.frame, np.zeros(1)
    tip = frame.lps(shell.lam(pole, pole)[:, 0], pole, pole)
    return np.asarray((tip - frame.center) @ frame.axis)


def _read(index: int, ray: Rays, endo: Shell, epi: Shell) -> _Lines:
    view, frame = ray.view, endo.frame
    if ray.closed:
        lps = view.lps(ray.center + ray.directions[:, None] * OUT_MM[:, None] / view.spacing_mm)
    else:
        lps = _both_sides(ray, frame)
    lam, m, a = frame.coordinates(lps)
    basis = in_space(m.ravel(), a.ravel())
    at = view.pixels(lps)
    where = [at[..., 1], at[..., 0]]
    values = [ndimage.map_coordinates(image, where, order=1, mode="nearest") for image in view.images]
    off = lps[:, len(OUT_MM) // 3] - frame.center
    angle = np.arctan2(off @ frame.axes[1], off @ frame.axes[0])
    inner, outer = _crossed(basis, lam, endo), _crossed(basis, lam, epi)
    return _Lines(index, ray.closed, lps, blood(np.stack(values)), inner, outer, off @ frame.axis, angle)


def _both_sides(ray: Rays, frame: ProlateFrame) -> NDArray[np.float64]:
    """Lines across the axis in a long-axis view, to both sides at every height."""
    view = ray.view
    across = np.cross(view.normal, frame.axis)
    across /= np.linalg.norm(across)
    up = np.cross(across, view.normal)
    up *= np.sign(up @ frame.axis)
    foot = frame.center - view.normal * float(view.away_mm(frame.center))
    on_axis = foot + HEIGHTS_MM[:, None, None] * up
    return np.concatenate([on_axis + OUT_MM[:, None] * side for side in (across, -across)])


def _crossed(basis: NDArray[np.float64], lam: NDArray[np.float64], shell: Shell) -> NDArray[np.float64]:
    """How far out lines cross a shell, (t, lines); 0 where they do not."""
    off = lam - (basis @ shell.at_phases).T.reshape(-1, *lam.shape)
    beyond = off >= 0
    last = np.clip(beyond.argmax(axis=-1), 1, None)[..., None]
    here, there = np.take_along_axis(off, last - 1, -1), np.take_along_axis(off, last, -1)
    part = (here / (here - there))[..., 0]
    crossed = beyond.any(axis=-1) & ~beyond[..., 0]
    return np.where(crossed, OUT_MM[last[..., 0] - 1] + np.where(crossed, part, 0.0) * STEP_MM, 0.0)


def _section(values: NDArray[np.float64], bound_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    """Area that the values fill up to a bound, by radian, mm²; shapes (lines, n) and (lines,)."""
    within = np.clip((bound_mm[:, None] - OUT_MM) / STEP_MM + 0.5, 0, 1)
    return np.asarray((values * within) @ (OUT_MM * STEP_MM))


def _terms(share: NDArray[np.float64], angle: NDArray[np.float64], foot: float) -> NDArray[np.float64]:
    """What the muscle's spread is made of, none below the cavity's foot; shapes (n,) to (n, terms)."""
    along = np.polynomial.legendre.legvander(2 * share - 1, DEGREE)
    along *= np.maximum(share - foot, 0.0)[:, None]
    turns = [along]
    for order in range(1, ORDER + 1):
        turns += [along * np.cos(order * angle)[:, None], along * np.sin(order * angle)[:, None]]
    return np.concatenate(turns, axis=1)


def _spread(
    lines: list[_Lines],
    apex: NDArray[np.float64],
    length: NDArray[np.float64],
    foot: float,
    reference: list[int],
) -> NDArray[np.float64]:
    """Weights of ``_terms`` for the muscle within the endocardium, its section times the length, mm³."""
    rows, right, weight = [], [], []
    for line in lines:
        for t in reference:
            share = (line.height_mm - apex[t]) / length[t]
            seen = (share > 0) & (share < 1)
            if line.closed and (line.inner_mm[t] == 0).any():
                continue
            muscle = _section(1 - line.blood[t], line.inner_mm[t]) * length[t]
            rows.append(_terms(share[seen], line.angle[seen], foot))
            right.append(muscle[seen])
            weight.append(np.full(int(seen.sum()), line.weight))
    matrix, w = np.concatenate(rows), np.concatenate(weight)[:, None]
    ridge = 1e-4 * len(matrix) * np.eye(matrix.shape[1])  # few views leave some of it open
    return np.linalg.solve(matrix.T @ (w * matrix) + ridge, matrix.T @ (w[:, 0] * np.concatenate(right)))


def _oval(section: NDArray[np.float64]) -> NDArray[np.float64]:
    """A ring's section without what is finer than an oval: the shadows of single papillary muscles."""
    parts = np.fft.rfft(section)
    parts[3:] = 0
    return np.fft.irfft(parts, len(section))
