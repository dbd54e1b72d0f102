"""The numbers of a live beat, and its strains."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from physics.cardiac import LiveHeart
from physics.cardiac.outcome import ELASTANCE, SAME_ML, end_systole, first_full
from physics.circulation import CHAMBERS, Beats, steepest_mmhg_per_s
from physics.circulation.table import tabled
from physics.heart import coordinates
from physics.heart.deformation import deformation_of
from physics.surgery import outcome_of
from twin.domain import TetMesh

LV = CHAMBERS.index("LV")
TOLD_VALVES = ("aortic", "mitral")

_ASIDE_ML = 1.0


def beat_numbers(live: LiveHeart, beat: Beats) -> dict[str, float]:
    """Return the numbers of a live heart's whole beat by name with unit.

    Those of ``outcome_of``, dP/dt, the loop's area, and the slope of pressure over volume at the end of
    ejection, at that moment's tension: the elastance that loops at other preloads would show.
    """
    volume, pressure = beat.states[:, LV], beat.pressures_mmhg[:, LV]
    middle = 0.5 * (pressure[1:] + pressure[:-1])
    last = end_systole(beat)
    table, at, drive = live.cavity, float(volume[last]), float(beat.drives[last])
    above, below = (
        float(tabled(at + aside, drive, table.volumes_ml, table.drives, table.patches))
        for aside in (_ASIDE_ML, -_ASIDE_ML)
    )
    return outcome_of(live.circulation, beat, TOLD_VALVES) | {
        "lv_dp_dt_max_mmhg_per_s": steepest_mmhg_per_s(beat),
        "lv_stroke_work_mmhg_ml": float(-np.sum(middle * np.diff(volume))),
        ELASTANCE: (above - below) / (2.0 * _ASIDE_ML),
    }


def ends_of(beat: Beats) -> tuple[int, int]:
    """Return the first moments at which a beat's ventricle is full, and empty: before it pulls, or eases."""
    volume = beat.states[:, LV]
    return first_full(volume), int(np.argmax(volume < volume.min() + SAME_ML))


class Strains:
    """A ventricle's mean strains and twist, told at once: where its places lie is sought once.

    Parameters
    ----------
    mesh : TetMesh
        Without load.
    full : ndarray, shape (nodes, 3)
        Displacements at end-diastole, mm.
    """

    def __init__(self, mesh: TetMesh, full: NDArray[np.float32]) -> None:
        self._mesh = mesh
        named = {patch.name for patch in mesh.patches}
        known = {"endo_lv", "epi", "base"} <= named
        self._at = coordinates(replace(mesh, points=mesh.points + full)) if known else None

    def __call__(self, full: NDArray[np.float32], empty: NDArray[np.float32]) -> dict[str, float]:
        """Return strains (%) and twist (°) of a beat's emptiest moment against its fullest, by name.

        None of a wall whose faces have no names.
        """
        if self._at is None:
            return {}
        points = self._mesh.points
        moved = deformation_of(self._mesh, [points + full, points + empty], 0, self._at)
        return {
            "longitudinal_strain_percent": 100.0 * float(moved.longitudinal[1]),
            "circumferential_strain_percent": 100.0 * float(moved.circumferential[1]),
            "twist_deg": float(moved.twist_deg[1]),
        }
