"""From concentrations to changes of the circulation."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from physics.circulation import Circulation
from physics.medication.kinetics import Kinetics, Regimen, Route
from resources.medicines import Effect, Medicine, Response

_INTERVAL, _HOURS = 97, 24.0
"""Moments of an interval that effects are averaged over; how long after a dose the greatest is sought."""


@dataclass(frozen=True)
class Changes:
    """What medicines ask of the circulation.

    Factors of heart rate, of both ventricles' contractility, of the systemic arteries' resistance and
    compliance; blood that fills vessels (below zero: lost, or taken by slack veins); β-receptors taken.
    """

    heart_rate: float = 1.0
    contractility: float = 1.0
    resistance: float = 1.0
    compliance: float = 1.0
    blood_ml: float = 0.0
    beta_occupancy: float = 0.0

    def and_also(self, other: "Changes") -> "Changes":
        """Return both: factors multiply, volumes add, receptors are taken of those left."""
        return Changes(
            self.heart_rate * other.heart_rate,
            self.contractility * other.contractility,
            self.resistance * other.resistance,
            self.compliance * other.compliance,
            self.blood_ml + other.blood_ml,
            1.0 - (1.0 - self.beta_occupancy) * (1.0 - other.beta_occupancy),
        )

    def of(self, circulation: Circulation) -> Circulation:
        """Return a circulation so changed; receptors act through the reflex, not here."""
        chambers = dict(circulation.chambers)
        for name in ("LV", "RV"):
            active = chambers[name].active_mmhg_per_ml * self.contractility
            chambers[name] = replace(chambers[name], active_mmhg_per_ml=active)
        bed = circulation.systemic
        systemic = replace(
            bed,
            arterial_resistance_mmhg_s_per_ml=bed.arterial_resistance_mmhg_s_per_ml * self.resistance,
            arterial_compliance_ml_per_mmhg=bed.arterial_compliance_ml_per_mmhg * self.compliance,
        )
        # What wider arteries hold at the same pressure is blood that the veins have given.
        held = systemic.arterial_compliance_ml_per_mmhg - bed.arterial_compliance_ml_per_mmhg
        held *= circulation.start.systemic_artery_mmhg
        changed = replace(circulation, chambers=chambers, systemic=systemic).with_blood(self.blood_ml - held)
        if self.heart_rate == 1.0:
            return changed
        return changed.at(circulation.heart_rate_per_min * self.heart_rate)


def kinetics_of(medicine: Medicine, numbers: dict[str, float] | None = None) -> Kinetics:
    """Return a medicine's kinetics, by the table or by other numbers of the same names."""
    held = {name: parameter.value for name, parameter in medicine.kinetics.items()} | (numbers or {})
    return Kinetics(
        held["clearance"], held["central"], held.get("bioavailability", 1.0), held.get("absorption", 0.0),
        held.get("exchange", 0.0), held.get("peripheral", 0.0),
    )  # fmt: skip


def acting_concentrations(
    medicine: Medicine, kinetics: Kinetics, regimen: Regimen, at_h: float | None = None
) -> NDArray[np.float64]:
    """Return concentrations (n,), ng/mL, where the medicine acts.

    Over an interval of lasting treatment; at one moment else: ``at_h`` after the beginning, or when it is
    highest within a day of the last dose.
    """
    peripheral = medicine.acts_from == "peripheral"
    if regimen.lasting:
        times = np.linspace(0.0, regimen.every_h, _INTERVAL)
        return kinetics.concentrations(regimen, times, peripheral=peripheral)
    if at_h is None:
        begun = regimen.hours or 0.0
        if regimen.route is not Route.INFUSION:
            begun = regimen.every_h * ((regimen.count or 1) - 1)
        times = begun + np.linspace(0.0, _HOURS, 24 * 20 + 1)
    else:
        times = np.array([at_h])
    return kinetics.concentrations(regimen, times, peripheral=peripheral).max(keepdims=True)


def effect_of(
    effect: Effect, concentrations: NDArray[np.float64], most: float | None = None, half: float | None = None
) -> float:
    """Return an effect, averaged over concentrations (n,), ng/mL."""
    most, half = effect.most.value if most is None else most, effect.half.value if half is None else half
    # Between doses a concentration can fall to rounding's other side of zero.
    over = (np.maximum(concentrations, 0.0) / half) ** effect.steepness
    return float(np.mean(most * over / (1.0 + over)))


def changes_of(response: Response, sizes: list[float]) -> Changes:
    """Return the changes that a response's effects, of some sizes, come to."""
    changes = Changes()
    for effect, size in zip(response.effects, sizes, strict=True):
        if effect.on == "beta_receptors":
            one = Changes(beta_occupancy=size)
        elif effect.on == "blood":
            one = Changes(blood_ml=size)
        else:
            one = Changes(**{effect.on: 1.0 + size})
        changes = changes.and_also(one)
    return changes
