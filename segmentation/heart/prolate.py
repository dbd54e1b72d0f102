"""Coordinates that follow a ventricle: prolate spheroids about its long axis."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SLENDER = 2.2
"""Distance from a left ventricle's apex to where it is widest, in radii there."""


@dataclass(frozen=True, eq=False)
class ProlateFrame:
    """A prolate spheroidal frame (Nielsen et al. 1991, Am J Physiol 260:H1365, for the ventricle).

    A point lies at ``center + focus (-cosh(lam) cos(m) axis + sinh(lam) sin(m) radial(a))``: ``lam`` grows
    from the cavity's middle outward, ``m`` from 0 at the apex toward the base, ``a`` turns round the axis.

    Attributes
    ----------
    center : ndarray, shape (3,)
        LPS mm.
    axes : ndarray, shape (3, 3)
        Rows: directions of ``a`` = 0 and ``a`` = 90°, and the long axis from apex to base; LPS.
    focus_mm : float
        Distance of a focus from the center.
    """

    center: NDArray[np.float64]
    axes: NDArray[np.float64]
    focus_mm: float

    @property
    def axis(self) -> NDArray[np.float64]:
        """Unit vector from apex to base, LPS."""
        return self.axes[2]

    def coordinates(
        self, lps: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Return (lam, m, a) of points; shape (..., 3) to three of (...)."""
        x, y, z = np.moveaxis((lps - self.center) @ self.axes.T, -1, 0)
        out = np.hypot(x, y)
        far = np.hypot(out, -z + self.focus_mm)
        near = np.hypot(out, -z - self.focus_mm)
        cosh = np.maximum((far + near) / (2 * self.focus_mm), 1.0)
        cos = np.clip((far - near) / (2 * self.focus_mm), -1.0, 1.0)
        return np.arccosh(cosh), np.arccos(cos), np.arctan2(y, x)

    def lps(
        self,
        lam: NDArray[np.float64],
        m: NDArray[np.float64],
        a: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Return LPS mm of coordinates; shapes (...) to (..., 3)."""
        out = self.focus_mm * np.sinh(lam) * np.sin(m)
        up = -self.focus_mm * np.cosh(lam) * np.cos(m)
        own = np.stack([out * np.cos(a), out * np.sin(a), up * np.ones_like(out)], axis=-1)
        return own @ self.axes + self.center

    def stretch_mm(self, lam: NDArray[np.float64], m: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the millimeters that one unit of ``lam`` is worth at a place."""
        return self.focus_mm * np.sqrt(np.sinh(lam) ** 2 + np.sin(m) ** 2)


def frame_of(
    centers: NDArray[np.float64], radii_mm: NDArray[np.float64], axis: NDArray[np.float64]
) -> ProlateFrame:
    """Make the frame of the spheroid that fits a ventricle's round sections.

    Parameters
    ----------
    centers : ndarray, shape (k, 3)
        Middles of its short-axis sections, LPS mm.
    radii_mm : ndarray, shape (k,)
        Their radii.
    axis : ndarray, shape (3,)
        Roughly from apex to base.
    """
    middle = centers.mean(axis=0)
    line = np.linalg.svd(centers - middle)[2][0]
    line = line if line @ axis > 0 else -line
    z = (centers - middle) @ line
    # along a spheroid's axis the radius squared is a parabola, which is 0 at the apex
    roots = np.roots(np.polyfit(z, radii_mm**2, 2))
    below = roots.real[(np.abs(roots.imag) < 1e-9) & (roots.real < z[0])]
    widest = float(radii_mm.max())
    apex = float(np.clip(below.max() if len(below) else z[0] - radii_mm[0], z[0] - widest, z[0] - 2))
    half = SLENDER * widest
    start = np.array([0.0, -1.0, 0.0])  # anterior
    first = start - (start @ line) * line
    if np.linalg.norm(first) < 0.1:
        first = np.array([1.0, 0.0, 0.0]) - line[0] * line
    first /= np.linalg.norm(first)
    axes = np.stack([first, np.cross(line, first), line])
    focus = 0.75 * widest * float(np.sqrt(SLENDER**2 - 1))  # a contracted apex still lies outside the focus
    return ProlateFrame(middle + (apex + half) * line, axes, focus)
