"""CT number (HU) to mineral and ash density."""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from resources.bone_laws import FROM_MEMORY, ash_law, default_calibration, tissue_densities
from twin.domain import Volume
from twin.errors import UserError


@dataclass(frozen=True)
class Calibration:
    """A line HU → mineral density (g/cm³), and the mineral it speaks of.

    ``with_phantom`` False: densities carry the uncalibrated interval.
    """

    slope: float
    offset: float
    mineral: str
    title: str
    with_phantom: bool

    @property
    def to_ash(self) -> tuple[float, float]:
        """Slope and offset of the line HU → ash density (g/cm³)."""
        law = ash_law(self.mineral)
        return law.slope * self.slope, law.slope * self.offset + law.offset

    @property
    def words(self) -> str:
        """Both lines in words."""
        law = ash_law(self.mineral)
        source = law.source if law.confirmed else f"{law.source}, {FROM_MEMORY}"
        own, ash = (f"{offset:+.4g}".replace("-", "−") for offset in (self.offset, law.offset))
        return (
            f"{self.title}: ρ_{self.mineral} = {self.slope:.4g} HU {own} g/cm³; "
            f"ρ_ash = {law.slope} ρ_{self.mineral} {ash} ({source})"
        )


def scanner_default() -> Calibration:
    """Return a typical scanner's line; it is uncalibrated."""
    law = default_calibration()
    return Calibration(law.slope, law.offset, law.mineral, f"{law.title} (uncalibrated)", False)


def from_phantom(slope_mg: float, offset_mg: float, mineral: str) -> Calibration:
    """Return the line of a phantom that was scanned with the patient; mg/cm³ per HU and mg/cm³."""
    return Calibration(slope_mg / 1000, offset_mg / 1000, mineral, "phantom", True)


def from_tissues(volume: Volume) -> Calibration:
    """Calibrate by the air, fat and muscle in the scan itself (Eggermont 2019).

    The peaks of the three are found in the histogram of the whole scan and a line is laid
    through the densities they stand for.

    Raises
    ------
    UserError
        Where one of the peaks is not there, so that the line would be a guess.
    """
    known = tissue_densities()
    values = _sample(volume)
    peaks = np.array(
        [
            _peak(values, "air", -1050, -900),
            _peak(values, "fat", -150, -50),
            _peak(values, "muscle", 15, 95),
        ]
    )
    densities = np.array([known.air_g_cm3, known.fat_g_cm3, known.muscle_g_cm3])
    slope, offset = np.polyfit(peaks, densities, 1)
    source = known.source if known.confirmed else f"{known.source}, {FROM_MEMORY}"
    title = f"air {peaks[0]:.0f}, fat {peaks[1]:.0f} and muscle {peaks[2]:.0f} HU of this scan ({source})"
    return Calibration(float(slope), float(offset), known.mineral, title, False)


def _sample(volume: Volume) -> NDArray[np.float64]:
    """Return the scan's values (HU), thinned to some two million."""
    step = max(1, int(np.ceil((volume.voxels.size / 2e6) ** (1 / 3))))
    thin = volume.voxels[..., ::step, ::step, ::step]
    return thin.ravel() * float(volume.slope) + float(volume.intercept)


def _peak(values: NDArray[np.float64], tissue: str, low: float, high: float) -> float:
    """Return the HU where the histogram peaks between ``low`` and ``high``.

    A peak counts where it holds 0.5 % of the scan's voxels within ±10 HU and stands 1.5 times
    over the histogram 60 HU away on either side (air has nothing below it).
    """
    width = 2.0
    edges = np.arange(low - 100, high + 100 + width, width)
    counts = np.histogram(values, edges)[0].astype(float)
    kernel = np.exp(-0.5 * (np.arange(-10, 11) * width / 5.0) ** 2)
    smooth = np.convolve(counts, kernel / kernel.sum(), mode="same")
    centers = edges[:-1] + width / 2
    inside = (centers >= low) & (centers <= high)
    at = int(np.argmax(np.where(inside, smooth, -1)))
    away = round(60 / width)
    left = smooth[at - away] if at >= away else 0.0
    right = smooth[at + away] if at + away < len(smooth) else 0.0
    held = counts[np.abs(centers - centers[at]) <= 10].sum()
    on_edge = centers[at] <= low + 2 * width or centers[at] >= high - 2 * width
    if held < 0.005 * len(values) or smooth[at] < 1.5 * max(left, right) or on_edge:
        raise UserError(
            f"This scan shows no clear peak of {tissue} between {low:.0f} and {high:.0f} HU, "
            "so it cannot be calibrated by its own tissues.",
            "Choose the scanner default (uncalibrated), or give a phantom's slope and offset.",
        )
    # The parabola through the smoothed peak and its neighbors.
    a, b, c = smooth[at - 1 : at + 2]
    return (
        float(centers[at] + width * 0.5 * (a - c) / (a - 2 * b + c)) if a - 2 * b + c else float(centers[at])
    )


_SHARP = re.compile(
    r"^(B|H|I|BR|BV|HR|HV|QR|UR|UB)\s?([6-9]\d)|BONE|EDGE|LUNG|SHARP|^FC(3\d|5\d|8\d)|^Y[A-D]$|DETAIL",
    re.IGNORECASE,
)


def warnings(volume: Volume, largest_hu: float) -> tuple[str, ...]:
    """Say what makes this scan's numbers doubtful as densities.

    Parameters
    ----------
    largest_hu : float
        Largest value near the bone.
    """
    said = []
    if volume.contrast_agent:
        said.append(f"contrast agent ({volume.contrast_agent}): densities read too high")
    if largest_hu > 3000:
        said.append(f"metal near the bone ({largest_hu:.0f} HU): streaks falsify densities")
    if _SHARP.search(volume.kernel.strip()):
        said.append(f"sharp kernel ({volume.kernel}): edges overshoot and densities read wrong at them")
    if volume.kvp is None:
        said.append("tube voltage unknown: the calibration is for 120 kVp")
    elif abs(volume.kvp - 120) > 2:
        said.append(f"{volume.kvp:g} kVp: the calibration is for 120 kVp")
    return tuple(said)
