"""Fits the healthy adult of physics/circulation/parameters.py and prints it: run it when a target changes.

Given are the timing (atria 0.15 s before ventricles, heart rate 70), volumes at no pressure, the valves and
the veins; fitted are elastances, resistances, arterial compliance and blood, ten numbers to eleven targets.
"""

from dataclasses import astuple, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from physics.circulation import Bed, Chamber, Circulation, State, measures_of, run, valve_measures_of

TARGETS = {
    # Petersen et al. 2017 (J Cardiovasc Magn Reson 19:18), men and women of 45-74 years together:
    # LV 145 mL, EF 60 %.
    "lv_end_diastolic_volume_ml": (145.0, 3.0),
    "lv_end_systolic_volume_ml": (58.0, 2.0),
    "rv_end_diastolic_volume_ml": (155.0, 4.0),
    "la_largest_ml": (75.0, 5.0),
    # A cuff's 120/78.
    "systolic_pressure_mmhg": (120.0, 1.0),
    "diastolic_pressure_mmhg": (78.0, 1.0),
    # Kovacs et al. 2009 (Eur Respir J 34:888): 14.0 ± 3.3 mmHg, systolic 20.8 ± 4.4.
    "pulmonary_artery_mean_pressure_mmhg": (14.0, 1.0),
    "rv_peak_pressure_mmhg": (24.0, 3.0),
    # LA 8-10 and RA 2-5 mmHg.
    "la_mean_pressure_mmhg": (9.0, 0.4),
    "ra_mean_pressure_mmhg": (4.0, 0.4),
    # Early to late filling of middle age: 1.3.
    "early_to_late": (1.3, 0.1),
}
"""Value and tolerance of each."""

BEGIN = {
    "lv_active": 2.6, "lv_passive": 0.06, "rv_active": 0.4, "rv_passive": 0.025, "la_active": 0.2,
    "la_passive": 0.16, "resistance": 0.85, "compliance": 1.5, "lung_resistance": 0.04, "blood_ml": 1100.0,
}  # fmt: skip


def adult(values: dict[str, float]) -> Circulation:
    """Return the circulation of fitted values."""
    v = values
    chambers = {
        "LA": Chamber(v["la_active"], v["la_passive"], 0.11, 0.11, 0.0, 10.0),
        "LV": Chamber(v["lv_active"], v["lv_passive"], 0.36, 0.15, 0.15, 10.0),
        "RA": Chamber(v["la_active"] / 2, 0.06, 0.11, 0.11, 0.0, 10.0),
        "RV": Chamber(v["rv_active"], v["rv_passive"], 0.36, 0.15, 0.15, 10.0),
    }
    systemic = Bed(v["resistance"], v["compliance"], 0.04, 50.0, 0.005, 0.0005)
    pulmonary = Bed(v["lung_resistance"], 5.0, 0.012, 12.0, 0.0005, 0.0005)
    start = State(60.0, 140.0, 80.0, 150.0, 80.0, 7.0, 14.0, 10.0, 80.0, 80.0, 80.0, 80.0)
    made = Circulation(chambers, systemic, pulmonary, start, 70.0)
    return made.with_blood(v["blood_ml"] - float(made.volume_ml(start.array())))


def found(circulation: Circulation) -> dict[str, float]:
    """Return what the targets are compared with, after 25 beats."""
    beats = run(circulation, 25)
    mitral = valve_measures_of(beats, "mitral")
    return measures_of(beats) | {
        "la_largest_ml": float(beats.last().states[:, 0].max()),
        "early_to_late": mitral["e_wave_ml_per_s"] / max(mitral["a_wave_ml_per_s"], 30.0),
    }


def main() -> None:
    """Fit, and print values, what they give, and the state that they settle in."""

    def off(logs: NDArray[np.float64]) -> NDArray[np.float64]:
        measured = found(adult(dict(zip(BEGIN, np.exp(logs), strict=True))))
        return np.array([(measured[name] - value) / by for name, (value, by) in TARGETS.items()])

    fit = least_squares(off, np.log(list(BEGIN.values())), diff_step=1e-3)
    values = dict(zip(BEGIN, (float(f"{value:.4g}") for value in np.exp(fit.x)), strict=True))
    made = adult(values)
    settled = run(made, 100).end()
    measured = found(replace(made, start=settled))
    print(values)
    print({name: round(measured[name], 3) for name in TARGETS})
    print([round(value, 3) for value in astuple(settled)])


if __name__ == "__main__":
    main()
