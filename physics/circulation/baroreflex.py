"""The arterial baroreflex: what the nerves ask of the heart and the vessels at a pressure.

After Ursino 1998 (Am J Physiol 275:H1733). Here the settled answer; ``regulation`` lets it act in time.
"""

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Rate = float | NDArray[np.float64]


@dataclass(frozen=True)
class Nerves:
    """Firing rates (spikes/s) as they hang on carotid sinus pressure (mmHg)."""

    center_mmhg: float = 92.0
    least: float = 2.52
    most: float = 47.78
    slope_mmhg: float = 11.758
    sympathetic_least: float = 2.10
    sympathetic_most: float = 16.11
    sympathetic_decay: float = 0.0675
    sympathetic_threshold: float = 2.66
    vagal_least: float = 3.2
    vagal_most: float = 6.3
    vagal_center: float = 25.0
    vagal_slope: float = 7.06
    lead_s: float = 6.37
    lag_s: float = 2.076

    def afferent(self, pressure_mmhg: Rate) -> NDArray[np.float64]:
        """Return the rate of the carotid sinus nerve at a pressure that does not change."""
        rise = np.exp((np.asarray(pressure_mmhg) - self.center_mmhg) / self.slope_mmhg)
        rate: NDArray[np.float64] = (self.least + self.most * rise) / (1.0 + rise)
        return rate

    def sympathetic(self, afferent: Rate) -> NDArray[np.float64]:
        """Return the rate of the sympathetic nerves."""
        fall = np.exp(-self.sympathetic_decay * np.asarray(afferent))
        rate: NDArray[np.float64] = (
            self.sympathetic_least + (self.sympathetic_most - self.sympathetic_least) * fall
        )
        return rate

    def vagal(self, afferent: Rate) -> NDArray[np.float64]:
        """Return the rate of the vagus."""
        rise = np.exp((np.asarray(afferent) - self.vagal_center) / self.vagal_slope)
        rate: NDArray[np.float64] = (self.vagal_least + self.vagal_most * rise) / (1.0 + rise)
        return rate

    def drive(self, sympathetic: Rate) -> NDArray[np.float64]:
        """Return what effectors make of the sympathetic rate: ``ln(rate - threshold + 1)``, 0 below it."""
        above = np.asarray(sympathetic) - self.sympathetic_threshold
        drive: NDArray[np.float64] = np.log1p(np.maximum(above, 0.0))
        return drive


@dataclass(frozen=True)
class Effector:
    """Something that sympathetic nerves change: ``basal + gain ln(rate - threshold + 1)``."""

    basal: float
    gain: float
    time_constant_s: float
    delay_s: float

    def settled(self, drive: float, block: float = 0.0) -> float:
        """Return its value at a sympathetic drive (the logarithm), ``block`` of its gain taken away."""
        return self.basal + self.gain * (1.0 - block) * drive


@dataclass(frozen=True)
class Baroreflex:
    """The reflex with its effectors.

    Basal values are remembered from the source and to be confirmed; a patient's loop takes relative changes
    around the patient's own baseline, not these values. Of the veins' slack volume only the change counts.
    """

    nerves: Nerves = Nerves()
    lv_elastance_mmhg_per_ml: Effector = Effector(2.392, 0.475, 8.0, 2.0)
    rv_elastance_mmhg_per_ml: Effector = Effector(1.412, 0.282, 8.0, 2.0)
    splanchnic_resistance_mmhg_s_per_ml: Effector = Effector(2.49, 0.695, 6.0, 2.0)
    other_resistance_mmhg_s_per_ml: Effector = Effector(0.78, 0.53, 6.0, 2.0)
    splanchnic_veins_ml: Effector = Effector(0.0, -265.4, 20.0, 5.0)
    other_veins_ml: Effector = Effector(0.0, -132.5, 20.0, 5.0)
    beat_s: Effector = Effector(0.58, -0.13, 2.0, 2.0)
    vagal_gain_s2: float = 0.09
    vagal_time_constant_s: float = 1.5
    vagal_delay_s: float = 0.2

    def blunted(self, share: float) -> "Baroreflex":
        """Return it with a share of its gains left, 0 to 1; another share raises ``ValueError``."""
        if not 0.0 <= share <= 1.0:
            raise ValueError(f"a share of the reflex lies between 0 and 1, not at {share}")
        gains: dict[str, Any] = {
            field.name: replace(held, gain=held.gain * share)
            for field in fields(self)
            if isinstance(held := getattr(self, field.name), Effector)
        }
        return replace(self, **gains, vagal_gain_s2=self.vagal_gain_s2 * share)


@dataclass(frozen=True)
class Answer:
    """What the reflex settles at."""

    afferent_per_s: float
    sympathetic_per_s: float
    vagal_per_s: float
    beat_s: float
    lv_elastance_mmhg_per_ml: float
    rv_elastance_mmhg_per_ml: float
    splanchnic_resistance_mmhg_s_per_ml: float
    other_resistance_mmhg_s_per_ml: float

    @property
    def heart_rate_per_min(self) -> float:
        """Beats a minute."""
        return 60.0 / self.beat_s


def settled(pressure_mmhg: float, reflex: Baroreflex = Baroreflex(), beta_occupancy: float = 0.0) -> Answer:
    """Return the reflex's open-loop answer to a constant pressure.

    Parameters
    ----------
    pressure_mmhg : float
        Mean pressure in the carotid sinus.
    beta_occupancy : float
        Share of β-receptors that a blocker takes, 0 to 1: that share of the sympathetic gain on heart rate
        and contractility is gone; the vessels' (α) stays.

    Raises
    ------
    ValueError
        An occupancy outside 0 to 1.
    """
    if not 0.0 <= beta_occupancy <= 1.0:
        raise ValueError(f"an occupancy lies between 0 and 1, not at {beta_occupancy}")
    nerves = reflex.nerves
    afferent = float(nerves.afferent(pressure_mmhg))
    sympathetic, vagal = float(nerves.sympathetic(afferent)), float(nerves.vagal(afferent))
    drive = float(nerves.drive(sympathetic))
    return Answer(
        afferent,
        sympathetic,
        vagal,
        reflex.beat_s.settled(drive, beta_occupancy) + reflex.vagal_gain_s2 * vagal,
        reflex.lv_elastance_mmhg_per_ml.settled(drive, beta_occupancy),
        reflex.rv_elastance_mmhg_per_ml.settled(drive, beta_occupancy),
        reflex.splanchnic_resistance_mmhg_s_per_ml.settled(drive),
        reflex.other_resistance_mmhg_s_per_ml.settled(drive),
    )
