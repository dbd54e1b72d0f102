"""What the wall of a beating heart can be colored by, and its values at a moment. No widgets."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from physics.cardiac import LiveHeart
    from physics.circulation import Beats
    from twin.domain import Heart

Array = NDArray[np.float64]

_LOOKS = 40
"""Moments of its own beat at which its work is summed up before it begins to beat."""


@dataclass(frozen=True)
class Coloring:
    """A choice: in short, its color bar's title, its unit, and what lies at it: nodes or elements."""

    name: str
    short: str
    title: str
    unit: str
    where: str = "element"


COLORS = {
    c.name: c
    for c in (
        Coloring("displacement", "Displacement", "Displacement from ED", "mm", "node"),
        Coloring("stretch", "Fiber stretch", "Stretch from unloaded", ""),
        Coloring("active", "Active fiber stress", "Active fiber stress", "kPa"),
        Coloring("work", "Fiber work", "Work of the last beat", "kJ/m³"),
        Coloring("activation", "Activation", "Activation", "ms"),
        Coloring("scar", "Scar", "Scar (share of the muscle)", "%"),
        Coloring("segments", "Segments (AHA)", "Segment (AHA)", ""),
    )
}
"""By name. Activation is that of normal conduction in hearts in general; the wall pulls all at once."""


class WallColors:
    """The colors of one heart's wall.

    Parameters
    ----------
    full : ndarray, shape (nodes, 3)
        Displacement where its own beat is fullest.
    empty : ndarray
        And emptiest.
    activated_ms : ndarray, shape (m,), optional
        When normal conduction reaches each element; None where fibers or septum are not known.
    """

    def __init__(
        self,
        heart: Heart,
        live: LiveHeart,
        own: Beats,
        full: NDArray[np.float32],
        empty: NDArray[np.float32],
        activated_ms: Array | None = None,
    ) -> None:
        from physics.cardiac.stretch import FiberStretch

        self._mesh, self._lengthening = heart.mesh, heart.lengthening
        self.stretch = FiberStretch(heart.mesh)
        self.diastole = full
        """Displacement from which that of the moment is told."""
        far = float(np.percentile(np.linalg.norm(empty - full, axis=1), 99))
        lengths = np.concatenate([self.stretch(full), self.stretch(empty)])
        low, high = (float(np.percentile(lengths, p)) for p in (1, 99))
        self.activation_ms = activated_ms
        self._work = self._gone = self._last = np.zeros(len(heart.mesh.tets))
        self._before: tuple[Array, Array, float] | None = None
        pulled = [0.0]
        if own.drives.size:
            for n in np.linspace(0, len(own.times_s) - 1, _LOOKS).astype(int):
                self.go(live.displacement_at(own, int(n)), float(own.drives[n]), float(own.times_s[n]))
                assert self._before is not None
                pulled.append(float(np.percentile(self._before[1], 95)))
            self._last, self._work, self._before = self._work, np.zeros_like(self._work), None
        most = float(np.percentile(self._last, 95))
        lasting = self.activation_ms
        self._limits = {
            "displacement": (0.0, max(math.ceil(far), 1.0)),
            "stretch": (
                math.floor(20 * low) / 20,
                max(math.ceil(20 * high) / 20, math.floor(20 * low) / 20 + 0.1),
            ),
            "active": (0.0, max(10.0 * math.ceil(max(pulled) / 10.0), 10.0)),
            "work": (min(0.0, math.floor(float(np.percentile(self._last, 5)))), max(math.ceil(most), 1.0)),
            "activation": (0.0, 60.0 if lasting is None else 10.0 * math.ceil(float(lasting.max()) / 10.0)),
            "scar": (0.0, 100.0),
            "segments": (0.5, len(heart.mesh.region_names) + 0.5),
        }

    def limits(self, name: str) -> tuple[float, float]:
        """Return the ends of a coloring's bar."""
        return self._limits[name]

    def values(self, name: str, displacement: NDArray[np.float32], tension_kpa: float) -> Array:
        """Return a coloring's values at a moment, one a node or an element; NaN where it is not known."""
        if name == "displacement":
            return np.linalg.norm(displacement - self.diastole, axis=1).astype(np.float64)
        if name == "segments":
            return (self._mesh.regions + 1).astype(np.float64)
        if name == "scar":
            living = self._mesh.living
            return np.full(len(self._mesh.tets), np.nan) if living is None else 100.0 * (1.0 - living)
        if name == "stretch":
            return self.stretch(displacement)
        if name == "active":
            return self._active(self.stretch(displacement), tension_kpa)
        if name == "work":
            return self._last
        return np.full(len(self._mesh.tets), np.nan) if self.activation_ms is None else self.activation_ms

    def go(self, displacement: NDArray[np.float32], tension_kpa: float, time_s: float) -> None:
        """Add what the fibers have done since the last moment: their active stress by their shortening.

        ``time_s`` is of the beat; where it has become less, another beat has begun.
        """
        stretch = self.stretch(displacement)
        pulled = self._active(stretch, tension_kpa)
        if self._before is not None:
            stretched_before, pulled_before, time_before = self._before
            if time_s < time_before:
                self._gone, self._work = self._work, np.zeros_like(self._work)
            done = 0.5 * (pulled_before + pulled) * np.log(stretch / stretched_before)
            self._work = self._work - done
        self._before = stretch, pulled, time_s

    def end_beat(self) -> None:
        """Show the work of the beat that has ended: it was a whole one under the same controls."""
        self._last = self._gone

    def _active(self, stretch: Array, tension_kpa: float) -> Array:
        from physics.cardiac.stretch import active_stress_kpa

        pulled = active_stress_kpa(stretch, tension_kpa, self._lengthening)
        return pulled if self._mesh.living is None else pulled * self._mesh.living
