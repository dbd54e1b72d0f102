"""From a rendering preset to numbers for one image: what its values look like, and how dense they are."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from resources.colors import rgb
from resources.renderings import Rendering
from twin.domain import Volume
from viewers.pyramid import Pyramid

ENTRIES = 1024


@dataclass(frozen=True, eq=False)
class Transfer:
    """What values look like.

    Attributes
    ----------
    values : ndarray, shape (n,)
        In the volume's unit, rising.
    density : ndarray, shape (n,)
        Per mm, at the values; straight between them.
    colors : ndarray, shape (n, 3)
        0 to 1.
    maximum : bool
        True where the greatest value along each line of sight is shown, from black at the first
        value to white at the last.
    words : str
        What is shown, and from which value on; of percentiles, in a line of its own, that they are.
    """

    values: NDArray[np.float64]
    density: NDArray[np.float64]
    colors: NDArray[np.float64]
    maximum: bool
    words: tuple[str, ...]

    @classmethod
    def of(cls, rendering: Rendering, volume: Volume, pyramid: Pyramid, shift: float = 0.0) -> "Transfer":
        """Fit a preset to an image; ``shift``, −1 to 1 of its reach: positive values let less be seen."""
        unit = f" {volume.unit}" if volume.unit else ""
        values = np.array([value for value, _, _ in rendering.knots])
        said: tuple[str, ...] = ()
        if rendering.unit == "%":
            low, high = values[0], values[-1]
            said = (f"by percentiles {low:g} to {high:g} of this image",)
            fitted = np.sort(volume.slope * np.interp(values, np.arange(101), pyramid.percentiles))
            fitted += volume.intercept
            # Percentiles can coincide; the knots then lie close together, but in order.
            spread = max(float(np.ptp(fitted)), 1e-6)
            values = np.maximum.accumulate(fitted) + 1e-6 * spread * np.arange(len(fitted))
            values += rendering.reach * spread * shift
        else:
            values = values + rendering.reach * shift
        density = np.array([density for _, density, _ in rendering.knots])
        colors = np.array([rgb(color) for _, _, color in rendering.knots])
        ends = [_text(value) for value in (values[0], values[-1])]
        span = f"{ends[0]} to {ends[1]}" if rendering.maximum else f"from {ends[0]}"
        words = f"{rendering.name}, {span}{unit}{', shifted' if shift else ''}"
        return cls(values, density, colors, rendering.maximum, (words, *said))

    @property
    def limits(self) -> tuple[float, float]:
        """First and last value."""
        return float(self.values[0]), float(self.values[-1])

    def table(self, step_mm: float) -> NDArray[np.float32]:
        """Return red, green, blue (0 to 255) and opacity of a step, (``ENTRIES``, 4), between the limits."""
        at = np.linspace(*self.limits, ENTRIES)
        table = np.empty((ENTRIES, 4), np.float32)
        for channel in range(3):
            table[:, channel] = 255.0 * np.interp(at, self.values, self.colors[:, channel])
        table[:, 3] = -np.expm1(-np.interp(at, self.values, self.density) * step_mm)
        return table

    @property
    def still(self) -> float:
        """Slope per mm below which there is no surface to be lit."""
        return float(np.ptp(self.values)) / 100.0

    def place(self, volume: Volume) -> tuple[float, float]:
        """Return scale and shift that take a stored number to its entry (of a maximum: to 0 to 1)."""
        low, high = self.limits
        many = (1.0 if self.maximum else ENTRIES - 1.0) / max(high - low, 1e-12)
        return many * volume.slope, many * (volume.intercept - low)


def _text(value: float) -> str:
    return (f"{value:.0f}" if abs(value) >= 10 else f"{value:.3g}").replace("-", "−")
