"""Numbers of a beat as clinicians know them."""

from physics.circulation.loop import Beats
from physics.circulation.parameters import CHAMBERS


def measures_of(beats: Beats) -> dict[str, float]:
    """Return the numbers of the last beat, by name with unit.

    End-diastolic and end-systolic volumes are the largest and the smallest; means are over time.
    """
    beat = beats.last()
    # Both ends belong to one moment of the cycle: it is counted once.
    volumes, vessels, chambers = beat.states[1:, :4], beat.states[1:, 4:8], beat.pressures_mmhg[1:]
    la, lv, ra, rv = range(len(CHAMBERS))
    edv, esv = float(volumes[:, lv].max()), float(volumes[:, lv].min())
    seconds = float(beat.times_s[-1] - beat.times_s[0])
    return {
        "lv_end_diastolic_volume_ml": edv,
        "lv_end_systolic_volume_ml": esv,
        "lv_ejection_fraction_percent": 100.0 * (edv - esv) / edv,
        "lv_stroke_volume_ml": edv - esv,
        "cardiac_output_l_per_min": (edv - esv) / seconds * 0.06,
        "systolic_pressure_mmhg": float(vessels[:, 0].max()),
        "diastolic_pressure_mmhg": float(vessels[:, 0].min()),
        "mean_arterial_pressure_mmhg": float(vessels[:, 0].mean()),
        "lv_peak_pressure_mmhg": float(chambers[:, lv].max()),
        "pulmonary_artery_mean_pressure_mmhg": float(vessels[:, 2].mean()),
        "la_mean_pressure_mmhg": float(chambers[:, la].mean()),
        "ra_mean_pressure_mmhg": float(chambers[:, ra].mean()),
        "rv_end_diastolic_volume_ml": float(volumes[:, rv].max()),
    }
