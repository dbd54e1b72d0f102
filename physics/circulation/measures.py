"""Numbers of a beat as clinicians know them."""

import numpy as np
from numpy.typing import NDArray

from physics.circulation.loop import Beats
from physics.circulation.parameters import CHAMBERS, GORLIN, GORLIN_INFLOW, VALVES

STILL_ML_PER_S = 1.0
"""A flow that is none: valves count as closed and volumes as kept."""


def measures_of(beats: Beats) -> dict[str, float]:
    """Return the numbers of the last beat, by name with unit.

    End-diastolic and end-systolic volumes are the largest and the smallest; means are over time; the stroke
    volume is their difference, the output what goes into the aorta and stays there.
    """
    beat = beats.last()
    # Both ends belong to one moment of the cycle: it is counted once.
    volumes, vessels, chambers = beat.states[1:, :4], beat.states[1:, 4:8], beat.pressures_mmhg[1:]
    flows = beat.flows_ml_per_s[1:]
    la, lv, ra, rv = range(len(CHAMBERS))
    edv, esv = float(volumes[:, lv].max()), float(volumes[:, lv].min())
    seconds = float(beat.times_s[-1] - beat.times_s[0])
    forward = float(flows[:, VALVES.index("aortic")].mean()) * seconds
    return {
        "lv_end_diastolic_volume_ml": edv,
        "lv_end_systolic_volume_ml": esv,
        "lv_ejection_fraction_percent": 100.0 * (edv - esv) / edv,
        "lv_stroke_volume_ml": edv - esv,
        "forward_stroke_volume_ml": forward,
        "cardiac_output_l_per_min": forward / seconds * 0.06,
        "systolic_pressure_mmhg": float(vessels[:, 0].max()),
        "diastolic_pressure_mmhg": float(vessels[:, 0].min()),
        "mean_arterial_pressure_mmhg": float(vessels[:, 0].mean()),
        "lv_peak_pressure_mmhg": float(chambers[:, lv].max()),
        "lv_end_diastolic_pressure_mmhg": float(chambers[_filled(beat), lv]),
        "pulmonary_artery_mean_pressure_mmhg": float(vessels[:, 2].mean()),
        "la_mean_pressure_mmhg": float(chambers[:, la].mean()),
        "ra_mean_pressure_mmhg": float(chambers[:, ra].mean()),
        "rv_end_diastolic_volume_ml": float(volumes[:, rv].max()),
        "rv_end_systolic_volume_ml": float(volumes[:, rv].min()),
        "rv_stroke_volume_ml": float(np.ptp(volumes[:, rv])),
        "rv_peak_pressure_mmhg": float(chambers[:, rv].max()),
        "rv_end_diastolic_pressure_mmhg": float(chambers[_filled(beat, "tricuspid", "pulmonary"), rv]),
        "isovolumic_contraction_s": _isovolumic_s(beat),
    }


def valve_measures_of(beats: Beats, name: str) -> dict[str, float]:
    """Return what one of the ``VALVES`` does in the last beat, by name with unit.

    The mean gradient is over the time in which blood goes forward, the peak gradient the largest at one
    moment, and the peak-to-peak gradient (of the aortic and the pulmonary valve) the difference of the two
    sides' own peaks, which never were at one moment. The area is by Gorlin's formula from the mean gradient.

    Raises
    ------
    ValueError
        Another name, or a valve that lets nothing through.
    """
    if name not in VALVES:
        raise ValueError(f"there is no {name} valve; there are {', '.join(VALVES)}")
    beat, at = beats.last(), VALVES.index(name)
    above, flow = beat.pressures_mmhg[1:, at], beat.flows_ml_per_s[1:, at]
    outflow = name in {"aortic", "pulmonary"}
    below = beat.states[1:, 3 + at] if outflow else beat.pressures_mmhg[1:, at + 1]
    open_ = flow > STILL_ML_PER_S
    if not open_.any():
        raise ValueError(f"no blood goes through the {name} valve")
    step = float(beat.times_s[1] - beat.times_s[0])
    drop, seconds = (above - below)[open_], float(open_.sum()) * step
    forward, back = float(flow[open_].sum()) * step, -float(flow[flow < -STILL_ML_PER_S].sum()) * step
    constant = GORLIN if outflow else GORLIN_INFLOW
    found = {
        "mean_gradient_mmhg": float(drop.mean()),
        "peak_gradient_mmhg": float(drop.max()),
        "open_s": seconds,
        "forward_ml": forward,
        "regurgitant_ml": back,
        "regurgitant_fraction_percent": 100.0 * back / forward,
        "gorlin_area_cm2": forward / seconds / (constant * float(np.sqrt(drop.mean()))),
    }
    if outflow:
        return found | {"peak_to_peak_gradient_mmhg": float(above.max() - below.max())}
    early, late = _waves(flow)
    return found | {"e_wave_ml_per_s": early, "a_wave_ml_per_s": late}


def _opening(beat: Beats, outflow: str = "aortic") -> int:
    """Return the moment of the cycle (its beginning not counted twice) at which an outflow valve opens."""
    open_ = beat.flows_ml_per_s[1:, VALVES.index(outflow)] > STILL_ML_PER_S
    return int(np.argmax(open_ & ~np.roll(open_, 1)))


def _filled(beat: Beats, inflow: str = "mitral", outflow: str = "aortic") -> int:
    """Return the last moment before its outflow opens at which a ventricle fills: end-diastole."""
    opening, into = _opening(beat, outflow), beat.flows_ml_per_s[1:, VALVES.index(inflow)]
    back = int(np.argmax(np.roll(into, -opening)[::-1] > STILL_ML_PER_S))
    return (opening - 1 - back) % len(into)


def _isovolumic_s(beat: Beats) -> float:
    """Return how long between filling and ejection no blood goes through a valve of the left ventricle."""
    opening, filled = _opening(beat), _filled(beat)
    count = len(beat.flows_ml_per_s) - 1
    between = (filled + 1 + np.arange((opening - filled - 1) % count)) % count
    moving = np.abs(beat.flows_ml_per_s[1:][between, :2]).max(axis=1, initial=0.0) > STILL_ML_PER_S
    return float((~moving).sum()) * float(beat.times_s[1] - beat.times_s[0])


def _waves(flow: NDArray[np.float64]) -> tuple[float, float]:
    """Return the peaks of filling: early, as the ventricle relaxes, and late, as the atrium contracts.

    They are the first and the last peak of the longest time in which blood goes forward, begun where it has
    gone back or not at all; 0 for a late wave that there is none of.
    """
    closed = int(np.argmin(flow))
    turned = np.roll(flow, -closed)
    inner = turned[1:-1]
    peaks = 1 + np.flatnonzero((inner > turned[:-2]) & (inner >= turned[2:]) & (inner > STILL_ML_PER_S))
    if not len(peaks):
        return float(turned.max()), 0.0
    # A peak counts where the flow has fallen by a twentieth of the whole since the one before.
    counted = [int(peaks[0])]
    for peak in peaks[1:]:
        between = turned[counted[-1] : peak].min()
        if min(turned[counted[-1]], turned[peak]) - between > 0.05 * turned.max():
            counted.append(int(peak))
        elif turned[peak] > turned[counted[-1]]:
            counted[-1] = int(peak)
    return float(turned[counted[0]]), float(turned[counted[-1]]) if len(counted) > 1 else 0.0


def steepest_mmhg_per_s(beats: Beats) -> float:
    """Return how fast the left ventricle's pressure rises at the most in the last beat (dP/dt max)."""
    beat = beats.last()
    pressure = beat.pressures_mmhg[:, CHAMBERS.index("LV")]
    return float(np.max(np.diff(pressure) / np.diff(beat.times_s)))
