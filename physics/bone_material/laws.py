"""Density to elastic modulus and yield strain."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from physics.bone_material.calibration import Calibration
from resources.bone_laws import (
    FROM_MEMORY,
    ModulusLaw,
    ash_over_apparent,
    limits,
    modulus_laws,
    yield_strains,
)

STRAIN_RATE_PER_S = 0.01
"""Rate at which the Carter–Hayes law is read where none is given: that of walking."""


def young_mpa(
    law: ModulusLaw, density_g_cm3: NDArray[np.float64] | float, rate_per_s: float = STRAIN_RATE_PER_S
) -> NDArray[np.float64]:
    """Return Young's modulus (MPa) of a density (g/cm³, of the law's kind); no limits applied."""
    rate = rate_per_s**law.rate_exponent if law.rate_exponent else 1.0
    return np.asarray(law.coefficient * rate * np.asarray(density_g_cm3, float) ** law.exponent)


@dataclass(frozen=True)
class Conversion:
    """HU straight to modulus: ``E = coefficient · clip(slope HU + offset, 0, cap)**exponent``.

    ``slope``, ``offset`` and ``cap`` speak of the law's density (g/cm³); ``to_apparent``
    makes it the apparent one.
    """

    slope: float
    offset: float
    cap: float
    coefficient: float
    exponent: float
    to_apparent: float

    @classmethod
    def of(cls, calibration: Calibration, law: ModulusLaw, rate_per_s: float) -> "Conversion":
        """Chain calibration, ash density, apparent density and modulus law."""
        slope, offset = calibration.to_ash
        ratio = ash_over_apparent()
        cap = limits().apparent_cap_g_cm3
        coefficient = float(young_mpa(law, 1.0, rate_per_s))
        if law.density == "ash":
            return cls(slope, offset, cap * ratio, coefficient, law.exponent, 1 / ratio)
        return cls(slope / ratio, offset / ratio, cap, coefficient, law.exponent, 1.0)

    def young(self, hu: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the modulus (MPa) of CT numbers, as the compiled integration does it."""
        density = np.clip(self.slope * np.asarray(hu, float) + self.offset, 0.0, self.cap)
        return np.asarray(self.coefficient * density**self.exponent)


def law_in(source: str) -> ModulusLaw | None:
    """Return the modulus law that a material's ``source`` names, or None."""
    for law in modulus_laws().values():
        if f"E by {law.name} " in source:
            return law
    return None


def words(law: ModulusLaw, rate_per_s: float) -> str:
    """Say the law; ``law_in`` reads it back."""
    rate = f"·{rate_per_s:g}^{law.rate_exponent:g}" if law.rate_exponent else ""
    symbol = "ρ_app" if law.density == "apparent" else "ρ_ash"
    return (
        f"ρ_app = ρ_ash/{ash_over_apparent():g} (Schileo 2008, {FROM_MEMORY}); "
        f"E by {law.name} ({law.citation}): {law.coefficient:g}{rate} {symbol}^{law.exponent:g} MPa"
    )


def bone_yield_strains(
    apparent_g_cm3: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return yield strains in tension and compression, cortical or trabecular by density."""
    table = yield_strains()
    cortical = apparent_g_cm3 >= table.cortical_from_apparent_g_cm3
    return (
        np.where(cortical, table.cortical_tension, table.trabecular_tension),
        np.where(cortical, table.cortical_compression, table.trabecular_compression),
    )
