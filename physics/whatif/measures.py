"""The numbers of a live beat, and its strains."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from physics.cardiac import LiveHeart
from physics.cardiac.outcome import ELASTANCE, end_systole
from physics.circulation import CHAMBERS, Beats, steepest_mmhg_per_s
from physics.heart.deformation import deformation_of
from physics.surgery import outcome_of
from twin.domain import TetMesh

LV = CHAMBERS.index("LV")
TOLD_VALVES = ("aortic", "mitral")

_ASIDE_ML = 1.0


def beat_numbers(live: LiveHeart, beat: Beats) -> dict[str, float]:
    """Return the numbers of a live heart's whole beat by name with unit.

    Those of ``outcome_of``, dP/dt, the loop's area, and the slope of pressure over volume at the moment of
    end-systole: the elastance of that moment, as loops at other preloads would show it.
    """
    volume, pressure = beat.states[:, LV], beat.pressures_mmhg[:, LV]
    middle = 0.5 * (pressure[1:] + pressure[:-1])
    last = end_systole(volume, pressure)
    at, time = float(volume[last]), float(beat.times_s[last])
    above, below = (live.cavity(at + aside, time) for aside in (_ASIDE_ML, -_ASIDE_ML))
    return outcome_of(live.circulation, beat, TOLD_VALVES) | {
        "lv_dp_dt_max_mmhg_per_s": steepest_mmhg_per_s(beat),
        "lv_stroke_work_mmhg_ml": float(-np.sum(middle * np.diff(volume))),
        ELASTANCE: (above - below) / (2.0 * _ASIDE_ML),
    }


def strains(mesh: TetMesh, full: NDArray[np.float32], empty: NDArray[np.float32]) -> Mapping[str, float]:
    """Return mean strains (%) and twist (°) of the emptiest moment against the fullest.

    Parameters
    ----------
    full, empty : ndarray, shape (nodes, 3)
        Displacements from the unloaded shape, mm.
    """
    moved = deformation_of(mesh, [mesh.points + full, mesh.points + empty], 0)
    return {
        "longitudinal_strain_percent": 100.0 * float(moved.longitudinal[1]),
        "circumferential_strain_percent": 100.0 * float(moved.circumferential[1]),
        "twist_deg": float(moved.twist_deg[1]),
    }
