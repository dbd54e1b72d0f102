"""The moments of a volume with time: when each begins as it is played, and what is said of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.domain import Volume

SLOWEST_MS = 250.0
"""Moments of no heartbeat that last longer on average (perfusion, PET) are no motion in real time."""

STEADY_MS = 100.0
"""How long each moment is then shown instead, and where no times are known."""

_SECONDS_FROM_MS = 10_000.0


@dataclass(frozen=True, eq=False)
class Moments:
    """When the moments of a volume are seen.

    Attributes
    ----------
    begins_ms : ndarray, shape (t,)
        When each comes up as the volume is played, counted from the first.
    length_ms : float
        How long one round takes.
    times_ms : ndarray, shape (t,), or None
        The volume's own times; None where it has none that grow.
    phases : ndarray, shape (t,), or None
        Fraction of the heart's cycle, the mean over the slices; None where no cycle is known.
    cycles_ms : (shortest, longest) or None
        The heart's cycles during which the slices were taken.
    real : bool
        A round takes as long as it took in the patient.
    """

    begins_ms: NDArray[np.float64]
    length_ms: float
    times_ms: NDArray[np.float64] | None = None
    phases: NDArray[np.float64] | None = None
    cycles_ms: tuple[float, float] | None = None
    real: bool = False

    @classmethod
    def of(cls, volume: Volume | None) -> Moments | None:
        """Return the moments of a volume; None where it has one only.

        A round is the heart's cycle where that is known. Else it is the span of the times, with as much
        for the last moment as the others last in the middle.
        """
        if volume is None or volume.voxels.ndim == 3 or len(volume.voxels) < 2:
            return None
        count = len(volume.voxels)
        steady = STEADY_MS * np.arange(count, dtype=np.float64)
        times = volume.times_ms
        if times is None or not np.isfinite(times).all() or not (np.diff(times) > 0).all():
            return cls(steady, STEADY_MS * count)
        begins = times - times[0]
        length = float(begins[-1] + np.median(np.diff(times)))
        phases, span, cycles = None, None, volume.cycle_ms
        if cycles is not None and cycles.mean() > begins[-1]:
            length = float(cycles.mean())
            each = times[:, None] if volume.slice_times_ms is None else volume.slice_times_ms
            phases = (each / cycles).mean(axis=1)
            span = float(cycles.min()), float(cycles.max())
        elif length > SLOWEST_MS * count:
            return cls(steady, STEADY_MS * count, times)
        return cls(begins, length, times, phases, span, real=True)

    @classmethod
    def of_cycle(cls, phases: NDArray[np.float64], cycle_s: float) -> Moments:
        """Return the moments of what was computed, or found, at these fractions (t,) of a heart's cycle."""
        cycle_ms = 1000.0 * cycle_s
        begins = cycle_ms * np.asarray(phases, np.float64)
        return cls(
            begins - begins[0],
            cycle_ms,
            begins,
            np.asarray(phases, np.float64),
            (cycle_ms, cycle_ms),
            real=True,
        )

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.begins_ms)

    @property
    def lengths_ms(self) -> list[float]:
        """How long each is seen, ms."""
        return [float(x) for x in np.diff(self.begins_ms, append=self.length_ms)]

    def at(self, time_ms: float) -> int:
        """Return which moment is up at a time of the play; after the last comes the first again."""
        return int(np.searchsorted(self.begins_ms, time_ms % self.length_ms, side="right")) - 1

    def rest_ms(self, time_ms: float) -> float:
        """Return how long the moment of that time is still up."""
        within, index = time_ms % self.length_ms, self.at(time_ms)
        ends = self.begins_ms[index + 1] if index + 1 < len(self) else self.length_ms
        return float(ends - within)

    def words(self, index: int) -> tuple[str, ...]:
        """Return what is said of one moment: its number, its time, its share of the cycle; as is known."""
        said = [f"phase {index + 1} / {len(self)}"]
        if self.times_ms is not None:
            time = float(self.times_ms[index])
            seconds = self.times_ms[-1] >= _SECONDS_FROM_MS
            said.append(f"{time / 1000:.1f} s" if seconds else f"{time:.0f} ms")
        if self.phases is not None:
            said.append(f"{100 * self.phases[index]:.0f} % of the cycle")
        return tuple(said)

    @property
    def about(self) -> str:
        """What the times are, and what they are not."""
        if self.times_ms is None:
            return "The file says no times."
        if self.cycles_ms is None:
            return "Times are the file's own."
        low, high = (f"{c:.0f}" for c in self.cycles_ms)
        if low == high:
            return f"Time within the heart's cycle of {low} ms."
        return f"Mean over the slices: the heart's cycle was {low} to {high} ms while they were taken."

    @property
    def pace(self) -> str:
        """What playing at 1× means."""
        if self.real:
            return f"1× is real time: a round takes {self.length_ms:.0f} ms."
        why = "the file says no times" if self.times_ms is None else "real time would be too slow"
        return f"1× is {1000 / STEADY_MS:.0f} phases a second: {why}."
