"""What is believed of a heart and its circulation before its own data are looked at, and what they become."""

from dataclasses import replace

import numpy as np

from physics.cardiac import Twitch
from physics.circulation import ADULT, Circulation
from physics.personal.ensemble import Parameter

R_WAVE_S = 0.11
"""When in the circulation's beat the R wave is: the atria contract from 0 on, a PQ interval before."""

AROUND_ADULT = "a healthy adult's; width: adults differ so"

TITLES = {
    "peak_tension": "peak active tension of the fibers",
    "onset": "active tension, onset after the R wave",
    "trigger": "first image after the R wave",
    "rise": "active tension, time constant of its rise",
    "fall": "active tension, time constant of its fall",
    "length": "active tension, duration",
    "blood": "blood beyond a healthy adult's volume",
    "atrial_contraction": "left atrium, elastance that contraction adds",
    "atrial_stiffness": "left atrium, elastance at rest",
    "stiffness": "stiffness of the wall at rest, times Klotz's",
}
"""What fitted parameters are called where a person reads them; the others by their own names."""


def beliefs(circulation: Circulation, stiffness_spread: float) -> tuple[Parameter, ...]:
    """Return the parameters that are fitted to beats.

    Parameters
    ----------
    circulation : Circulation
        At the patient's heart rate.
    stiffness_spread : float
        Standard deviation of the logarithm, as the end-diastolic pressure's error has it.
    """
    root = float(np.sqrt(circulation.beat_s))
    bed = circulation.systemic
    atrium = circulation.chambers["LA"]
    lengths = "Niederer 2011 by √RR"
    return (
        Parameter(
            "peak_tension",
            "kPa",
            200.0,
            0.4,
            True,
            "fits of ventricles with this kind of law: 60–300, the middle of 150 without what speed takes: "
            "in ejection, at some 0.8 lengths a second, a quarter",
        ),
        Parameter("onset", "s", 0.03, 0.02, False, "from the R wave on: electromechanical delay"),
        Parameter(
            "trigger",
            "s",
            0.0,
            0.03,
            False,
            "the images' beginning after the R wave: scanners find it late, and a phase lasts a while",
        ),
        Parameter("rise", "s", 0.10 * root, 0.4, True, lengths),
        Parameter("fall", "s", 0.10 * root, 0.25, True, lengths),
        Parameter("length", "s", 0.42 * root, 0.12, True, lengths),
        Parameter(
            "systemic_resistance", "mmHg s/mL", bed.arterial_resistance_mmhg_s_per_ml, 0.3, True, AROUND_ADULT
        ),
        Parameter(
            "arterial_compliance", "mL/mmHg", bed.arterial_compliance_ml_per_mmhg, 0.3, True, AROUND_ADULT
        ),
        Parameter(
            "blood", "mL", 0.0, 300.0, False, "more than a healthy adult's; the veins hold 50 mL a mmHg"
        ),
        Parameter("atrial_contraction", "mmHg/mL", atrium.active_mmhg_per_ml, 0.4, True, AROUND_ADULT),
        Parameter("atrial_stiffness", "mmHg/mL", atrium.passive_mmhg_per_ml, 0.3, True, AROUND_ADULT),
        Parameter(
            "stiffness",
            "1",
            1.0,
            stiffness_spread,
            True,
            "of Klotz's wall; width: the end-diastolic pressure's",
        ),
    )


def circulation_of(base: Circulation, values: dict[str, float]) -> Circulation:
    """Return a circulation with a member's parameters."""
    systemic = replace(
        base.systemic,
        arterial_resistance_mmhg_s_per_ml=values["systemic_resistance"],
        arterial_compliance_ml_per_mmhg=values["arterial_compliance"],
    )
    atrium = replace(
        base.chambers["LA"],
        active_mmhg_per_ml=values["atrial_contraction"],
        passive_mmhg_per_ml=values["atrial_stiffness"],
    )
    return replace(base, systemic=systemic, chambers=base.chambers | {"LA": atrium}).with_blood(
        values["blood"]
    )


def twitch_of(base: Circulation, values: dict[str, float]) -> Twitch:
    """Return a member's tension over the beat."""
    return Twitch(
        values["peak_tension"],
        R_WAVE_S + values["onset"],
        values["rise"],
        values["fall"],
        values["length"],
        base.beat_s,
    )


def images_begin_s(values: dict[str, float]) -> float:
    """Return when in a member's beat the images' cycle begins."""
    return R_WAVE_S + values["trigger"]


def adult_at(heart_rate_per_min: float) -> Circulation:
    """Return a healthy adult's circulation at a heart rate, which must allow a beat."""
    return ADULT.at(heart_rate_per_min)
