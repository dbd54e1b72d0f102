"""A medicine for a patient's own heart: what it comes to in the patient's circulation, reflex and all."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from physics.circulation import Beats, Circulation, measures_of
from physics.circulation.settling import settled
from physics.heart_steps import BeatParams
from physics.medication import Course, Regimen, Route, Treatment, medicine, treat
from twin.errors import UserError
from twin.progress import Progress

MATCHED_ML = 0.5
"""By which the stand-in's volumes may differ from the heart's own."""

LIMIT = (
    "what a medicine does is worked out for the patient's own circulation, with an elastance in the "
    "ventricle's place, and not for one that is changed otherwise at once"
)


def course_of(asked: BeatParams) -> Course | None:
    """Return the medicine that is asked for and how it is given; None where there is none.

    Raises
    ------
    UserError
        A dose of nothing, or no dose; both a daily dose and an infusion.
    """
    if asked.medicine is None:
        if asked.mg_per_day is not None or asked.mg_per_h is not None:
            raise UserError("There is a dose, and no medicine.", "Name the medicine too.")
        return None
    it = medicine(asked.medicine)
    if asked.mg_per_h is not None:
        if asked.mg_per_day is not None:
            raise UserError(f"{it.name} is given by mouth and infused.", "Give one of the two doses.")
        return Course(it, Regimen(Route.INFUSION, asked.mg_per_h), asked.population)
    dose = asked.mg_per_day or it.standard_mg_per_day
    if not dose:
        raise UserError(f"How much {it.name} is infused is not said.", "Give mg_per_h.")
    return Course(it, Regimen.daily(dose, it.standard_times), asked.population)


def stand_in(own: Circulation, beat: Beats) -> Circulation:
    """Return a circulation with an elastance that fills and empties as the left ventricle in a beat does.

    Medicines and reflex act on it; what they come to is then asked of the ventricle itself.

    Raises
    ------
    UserError
        No elastance does.
    """
    from scipy.optimize import least_squares

    chamber = own.chambers["LV"]
    names = ("lv_end_diastolic_volume_ml", "lv_end_systolic_volume_ml")
    measured = measures_of(beat)
    wanted = np.array([measured[name] for name in names])

    def made(logs: NDArray[np.float64]) -> Circulation:
        active, passive = np.exp(logs) * (chamber.active_mmhg_per_ml, chamber.passive_mmhg_per_ml)
        lv = replace(chamber, active_mmhg_per_ml=float(active), passive_mmhg_per_ml=float(passive))
        return replace(own, chambers=own.chambers | {"LV": lv})

    def off(logs: NDArray[np.float64]) -> NDArray[np.float64]:
        found = measures_of(settled(made(logs)))
        return np.array([found[name] for name in names]) - wanted

    found = least_squares(off, np.zeros(2), bounds=(-2.5, 2.5), diff_step=1e-3, max_nfev=15, xtol=1e-4)
    if np.abs(found.fun).max() > MATCHED_ML:
        raise UserError(
            "No simple chamber fills and empties as this ventricle does: what a medicine does to it cannot "
            "be worked out.",
            "Look at the fit.",
        )
    return made(found.x)


def treated(
    standing: Circulation, asked: BeatParams, members: int, progress: Progress | None = None
) -> Treatment | None:
    """Return what the medicine that is asked for comes to; None where there is none.

    Parameters
    ----------
    standing : Circulation
        The patient's, by ``stand_in``.
    members : int
        Of the ensemble that intervals come from; 0 for none.

    Raises
    ------
    UserError
        As for ``course_of`` and ``treat``.
    """
    course = course_of(asked)
    if course is None:
        return None
    return treat(standing, [course], members=members, progress=progress)
