"""Circulations of patients, told by how they differ from the healthy adult: none is one patient."""

from dataclasses import dataclass, replace

import numpy as np

from physics.circulation.measures import measures_of
from physics.circulation.parameters import ADULT, Circulation
from physics.circulation.settling import settled
from twin.errors import UserError

AGREED_MMHG = 0.05
"""How near a wanted pressure is met."""


@dataclass(frozen=True)
class Difference:
    """Factors of a circulation's parameters, blood added (mL), and a heart rate where it differs.

    ``resistance`` and ``compliance`` are the systemic arteries', ``lungs`` the pulmonary ones' resistance.
    """

    lv_active: float = 1.0
    lv_passive: float = 1.0
    rv_active: float = 1.0
    rv_passive: float = 1.0
    resistance: float = 1.0
    compliance: float = 1.0
    lungs: float = 1.0
    blood_ml: float = 0.0
    heart_rate_per_min: float | None = None

    def of(self, circulation: Circulation, limits: tuple[str, ...] = ()) -> Circulation:
        """Return a circulation so changed; ``limits`` take the place of its own where there are some."""
        chambers = dict(circulation.chambers)
        for name, active, passive in (
            ("LV", self.lv_active, self.lv_passive), ("RV", self.rv_active, self.rv_passive),
        ):  # fmt: skip
            chamber = chambers[name]
            chambers[name] = replace(
                chamber,
                active_mmhg_per_ml=chamber.active_mmhg_per_ml * active,
                passive_mmhg_per_ml=chamber.passive_mmhg_per_ml * passive,
            )
        body, lungs = circulation.systemic, circulation.pulmonary
        changed = replace(
            circulation,
            chambers=chambers,
            systemic=replace(
                body,
                arterial_resistance_mmhg_s_per_ml=body.arterial_resistance_mmhg_s_per_ml * self.resistance,
                arterial_compliance_ml_per_mmhg=body.arterial_compliance_ml_per_mmhg * self.compliance,
            ),
            pulmonary=replace(
                lungs, arterial_resistance_mmhg_s_per_ml=lungs.arterial_resistance_mmhg_s_per_ml * self.lungs
            ),
            limits=limits or circulation.limits,
        ).with_blood(self.blood_ml)
        return changed if self.heart_rate_per_min is None else changed.at(self.heart_rate_per_min)


def at_pressure(circulation: Circulation, systolic_mmhg: float, diastolic_mmhg: float) -> Circulation:
    """Return a circulation with a cuff's pressures, by the systemic arteries' resistance and compliance.

    Of all that raises pressure these two are taken; heart and blood stay. It begins settled.

    Raises
    ------
    UserError
        Pressures that are none, or that these two cannot bring about.
    """
    if not 30.0 < diastolic_mmhg < systolic_mmhg < 300.0:
        raise UserError(
            f"A pressure of {systolic_mmhg:g}/{diastolic_mmhg:g} mmHg is none.",
            "Give the systolic above the diastolic one, in mmHg.",
        )
    wanted = np.array([systolic_mmhg, diastolic_mmhg])

    def found(logs: np.ndarray) -> tuple[np.ndarray, Circulation]:
        resistance, compliance = np.exp(np.clip(logs, -2.5, 2.5))
        changed = Difference(resistance=float(resistance), compliance=float(compliance)).of(circulation)
        beats = settled(changed)
        measured = measures_of(beats)
        pair = np.array([measured["systolic_pressure_mmhg"], measured["diastolic_pressure_mmhg"]])
        return pair - wanted, replace(changed, start=beats.end())

    at = np.zeros(2)
    off, made = found(at)
    slopes = np.array([(found(at + step)[0] - off) / 0.05 for step in 0.05 * np.eye(2)]).T
    for _ in range(30):
        if np.abs(off).max() < AGREED_MMHG:
            return made
        step = -np.linalg.solve(slopes, off)
        step *= min(1.0, 0.3 / np.abs(step).max())
        before, (off, made) = off, found(at + step)
        at = at + step
        slopes += np.outer(off - before - slopes @ step, step) / (step @ step)
    raise UserError(
        f"This heart does not come to {systolic_mmhg:g}/{diastolic_mmhg:g} mmHg by its arteries alone.",
        "Heart, rate or blood must differ too: fit them first.",
    )


HYPERTENSIVE = Difference(resistance=1.403, compliance=0.6839).of(
    ADULT,
    (
        "an adult with 154/97 mmHg, no patient: the healthy adult with narrower and stiffer arteries, "
        "fitted by docs/fit_patients.py; heart and blood are the healthy one's, with no hypertrophy",
    ),
)
"""Pressures of the populations of Law et al. 2003 (BMJ 326:1427)."""

AFTER_SURGERY = Difference(
    lv_active=0.9083, lv_passive=2.937, resistance=1.272, compliance=0.2991, lungs=3.707, blood_ml=100.6,
    heart_rate_per_min=87.6,
).of(
    ADULT,
    (
        "an adult after open heart surgery, no patient: fitted by docs/fit_patients.py to published means, "
        "at a body surface of 1.75 m² and an ejection fraction of 45 %, both assumed",
    ),
)  # fmt: skip
"""Baseline of "Hemodynamic effects of dobutamine in patients following open heart surgery" (22 patients)."""

FAILING = Difference(
    lv_active=0.1866, lv_passive=3.0, rv_active=0.15, rv_passive=2.0, resistance=1.704, lungs=2.0,
    blood_ml=1078.0, heart_rate_per_min=98.5,
).of(
    ADULT,
    (
        "an adult in severe heart failure, no patient: fitted by docs/fit_patients.py to published means; "
        "ejection fraction and volumes are what comes out, not what was measured",
    ),
)  # fmt: skip
"""Baseline of Akhtar et al. 1975 (Am J Cardiol 36:202): 3.1 L/min, 93.3 mmHg, wedge 27.4, 98.5/min."""
