"""Fits the patients of physics/circulation/patients.py and prints them: run it when a target changes."""

from dataclasses import fields

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from physics.circulation import ADULT, measures_of
from physics.circulation.patients import Difference
from physics.circulation.settling import settled

FITS: dict[str, tuple[Difference, dict[str, float], dict[str, tuple[float, float]]]] = {
    # Law et al. 2003: populations with about 154/97 mmHg.
    "HYPERTENSIVE": (
        Difference(),
        {"resistance": 1.3, "compliance": 0.8},
        {"systolic_pressure_mmhg": (154.0, 0.1), "diastolic_pressure_mmhg": (97.0, 0.1)},
    ),
    # Dobutamine after open heart surgery, 22 patients: index 2.54 L/min/m² (here 1.75 m²), aorta 126.0 and
    # mean 91.8, left atrium 15.9, pulmonary artery's peak 33.4 mmHg, 87.6/min. Ejection fraction assumed.
    "AFTER_SURGERY": (
        Difference(heart_rate_per_min=87.6),
        {
            "lv_active": 0.7, "lv_passive": 1.8, "resistance": 1.2, "compliance": 0.5, "lungs": 1.5,
            "blood_ml": 300.0,
        },
        {
            "cardiac_output_l_per_min": (2.54 * 1.75, 0.05),
            "systolic_pressure_mmhg": (126.0, 1.0),
            "mean_arterial_pressure_mmhg": (91.8, 1.0),
            "la_mean_pressure_mmhg": (15.9, 0.5),
            "rv_peak_pressure_mmhg": (33.4, 1.0),
            "lv_ejection_fraction_percent": (45.0, 1.0),
        },
    ),
    # Akhtar et al. 1975: 3.1 L/min, 93.3 mmHg, wedge 27.4 mmHg, 98.5/min; right atrium 12 mmHg of Armstrong
    # et al. 1983 (nitroglycerin). Given are both ventricles' stiffness and the lungs' resistance.
    "FAILING": (
        Difference(heart_rate_per_min=98.5, lv_passive=3.0, rv_passive=2.0, rv_active=0.15, lungs=2.0),
        {"lv_active": 0.25, "resistance": 1.8, "blood_ml": 1000.0},
        {
            "cardiac_output_l_per_min": (3.1, 0.05),
            "mean_arterial_pressure_mmhg": (93.3, 1.0),
            "la_mean_pressure_mmhg": (27.4, 0.5),
            "ra_mean_pressure_mmhg": (12.0, 1.0),
        },
    ),
}  # fmt: skip
"""What is given, where the fit begins, and value and tolerance of each target."""


def _made(given: Difference, names: list[str], numbers: NDArray[np.float64]) -> Difference:
    held = {field.name: getattr(given, field.name) for field in fields(given)}
    fitted = {
        name: float(1000.0 * number if name == "blood_ml" else np.exp(number))
        for name, number in zip(names, numbers, strict=True)
    }
    return Difference(**held | fitted)


def main() -> None:
    """Fit, and print values and what they give."""
    for name, (given, begin, targets) in FITS.items():
        names = list(begin)
        at = np.array([v / 1000.0 if n == "blood_ml" else np.log(v) for n, v in begin.items()])

        def off(
            numbers: NDArray[np.float64],
            given: Difference = given,
            names: list[str] = names,
            targets: dict[str, tuple[float, float]] = targets,
        ) -> list[float]:
            measured = measures_of(settled(_made(given, names, numbers).of(ADULT), 2000))
            return [(measured[key] - value) / by for key, (value, by) in targets.items()]

        fit = least_squares(off, at, diff_step=1e-3, bounds=(at - 1.5, at + 1.5))
        made = _made(given, names, fit.x)
        measured = measures_of(settled(made.of(ADULT), 2000))
        print(name, made)
        print({key: round(measured[key], 2) for key in targets})


if __name__ == "__main__":
    main()
