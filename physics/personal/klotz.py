"""The end-diastolic pressure–volume relation of human hearts from one point of it.

Klotz et al. 2006, Am J Physiol 291:H403, with the computing rules of Klotz, Dickstein and Burkhoff 2007,
Nat Protoc 2:2152: volumes scaled to V0 and V30 fall on one curve, EDP = 27.78 v^2.76, of ventricles of man.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.errors import UserError

A_MMHG, B = 27.78, 2.76
"""Of the common curve, man."""
STEEP_MMHG = 22.0
"""Beyond this pressure the power law is led through 15 mmHg: a point too near to 30 tells no exponent."""


@dataclass(frozen=True)
class Klotz:
    """EDP = α V^β, mmHg and mL; no pressure at ``v0_ml``, 30 mmHg at ``v30_ml``."""

    measured_mmhg: float
    v0_ml: float
    v30_ml: float
    alpha: float
    beta: float

    @property
    def far(self) -> tuple[float, float]:
        """A pressure, mmHg, away from the measured one, and the volume there, mL."""
        if self.measured_mmhg <= STEEP_MMHG:
            return 30.0, self.v30_ml
        return 15.0, self.v0_ml + 0.8 * (self.v30_ml - self.v0_ml)

    def pressure_mmhg(self, volume_ml: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the pressure at volumes."""
        found: NDArray[np.float64] = self.alpha * np.asarray(volume_ml) ** self.beta
        return found

    def scaled_mmhg(self, volume_ml: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the pressure at volumes by the common curve of scaled volumes; 0 below ``v0_ml``."""
        part = (np.asarray(volume_ml) - self.v0_ml) / (self.v30_ml - self.v0_ml)
        found: NDArray[np.float64] = A_MMHG * np.maximum(part, 0.0) ** B
        return found


def klotz(volume_ml: float, pressure_mmhg: float) -> Klotz:
    """Return the relation through one measured end-diastolic point.

    Raises
    ------
    UserError
        A volume or a pressure that no human ventricle has at end-diastole.
    """
    if not 20.0 <= volume_ml <= 600.0:
        raise UserError(
            f"An end-diastolic volume of {volume_ml:.0f} mL is no human ventricle's.",
            "Check the contours at end-diastole, and the images' units.",
        )
    if not 1.0 <= pressure_mmhg <= 40.0:
        raise UserError(
            f"From an end-diastolic pressure of {pressure_mmhg:g} mmHg no curve can be told.",
            "Give one between 1 and 40 mmHg.",
        )
    v0 = volume_ml * (0.6 - 0.006 * pressure_mmhg)
    v30 = v0 + (volume_ml - v0) / (pressure_mmhg / A_MMHG) ** (1.0 / B)
    if pressure_mmhg <= STEEP_MMHG:
        beta = np.log(pressure_mmhg / 30.0) / np.log(volume_ml / v30)
    else:
        v15 = 0.8 * (v30 - v0) + v0
        beta = np.log(pressure_mmhg / 15.0) / np.log(volume_ml / v15)
    alpha = pressure_mmhg / volume_ml**beta
    return Klotz(pressure_mmhg, v0, v30, float(alpha), float(beta))
