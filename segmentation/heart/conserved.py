"""The endocardium in systole, from the muscle's volume: it does not change while the heart beats.

When the ventricle contracts, papillary muscles and trabeculae close up with the wall and no edge is left
between them. The compact muscle keeps its volume (to a few percent, the blood in its vessels: Yin, Chan and
Judd 1996, Am J Physiol 271:H1864), so that the endocardium lies where the wall inside the epicardium is as
large as it was in diastole, when the edge can be seen.
"""

import numpy as np
from numpy.typing import NDArray

from segmentation.heart.shell import Points, Shell, fitted, in_space
from segmentation.heart.wall import Base, base_edge

AROUND, ROWS = 24, 16

APEX = 0.2
"""Share of the way to the base below which the wall keeps its thickness: at the apex it hardly thickens."""


def conserved(endo: Shell, epi: Shell, base: Base, reference: list[int]) -> Shell:
    """Return the endocardium that gives every part of the wall the volume it had at the reference phases.

    A part of the wall keeps its place on its meridian as a share of the way from apex to base. Between two
    values of ``lam`` the volume of a cell is ``focus³ sin m (F(lam2) − F(lam1)) dm da`` with
    ``F(lam) = cosh³ lam / 3 − cos² m cosh lam`` (the integral of the frame's volume element).

    Parameters
    ----------
    endo, epi : Shell
    base : Base
    reference : list of int
        Phases in which the endocardium is taken as seen.
    """
    frame = endo.frame
    angle = np.tile(np.arange(AROUND) * 2 * np.pi / AROUND, ROWS)
    share = np.repeat((np.arange(ROWS) + 0.5) / ROWS, AROUND)
    count = len(endo.phases)
    ends = np.tile(base_edge(epi, base, angle[:AROUND]), ROWS)
    m = ends * share
    basis = in_space(m.ravel(), np.tile(angle, count)).reshape(*m.shape, -1)
    inner = np.einsum("tns,st->tn", basis, endo.at_phases)
    outer = np.einsum("tns,st->tn", basis, epi.at_phases)
    volume = ends * np.sin(m) * (_integral(outer, m) - _integral(inner, m))
    kept = _round(volume[reference].mean(axis=0), 1)
    outside = _round(ends * np.sin(m) * (_integral(outer, m) - _integral(np.zeros(1), m)), 2)
    found = _solved((outside - kept) / (ends * np.sin(m)) + _integral(np.zeros(1), m), m)
    before = _round((outer - inner)[reference].mean(axis=0), 0)
    found = np.where(share < APEX, outer - before, found)
    found = np.clip(found, 0.02, outer - 1e-3)
    t, n = np.indices(found.shape)
    lps = frame.lps(found, m, np.broadcast_to(angle, m.shape)).reshape(-1, 3)
    ones = np.ones(found.size)
    points = Points(lps, t.ravel(), ones, n.ravel() * 0)
    return fitted(frame, points, endo.phases, smooth=0.3, robust_mm=10.0)


def _round(volume: NDArray[np.float64], order: int) -> NDArray[np.float64]:
    """Only the lowest harmonics of each ring: what is finer is trabeculae, and turns with the twist."""
    parts = np.fft.rfft(volume.reshape(-1, ROWS, AROUND), axis=2)
    parts[..., order + 1 :] = 0
    return np.fft.irfft(parts, AROUND, axis=2).reshape(volume.shape)


def _integral(lam: NDArray[np.float64], m: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.cosh(lam) ** 3 / 3 - np.cos(m) ** 2 * np.cosh(lam)


def _solved(value: NDArray[np.float64], m: NDArray[np.float64]) -> NDArray[np.float64]:
    """``lam`` whose integral has the value, by bisection; a wall too large for its place fills the cavity."""
    low, high = np.full(m.shape, 0.05), np.full(m.shape, 3.0)
    for _ in range(40):
        middle = (low + high) / 2
        over = _integral(middle, m) > value
        low, high = np.where(over, low, middle), np.where(over, middle, high)
    return (low + high) / 2
