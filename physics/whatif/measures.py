"""The numbers of a live beat, and its strains."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from physics.beat_names import ELASTANCE
from physics.cardiac import LiveHeart
from physics.cardiac.outcome import SAME_ML, end_systole, first_full
from physics.circulation import CHAMBERS, Beats, Circulation, Table, steepest_mmhg_per_s
from physics.circulation.table import tabled
from physics.heart import coordinates
from physics.heart.deformation import gradient, gradients_at_middles, twist_of
from physics.heart.segments import local_axes
from physics.surgery import outcome_of
from twin.domain import TetMesh

LV = CHAMBERS.index("LV")
TOLD_VALVES = ("aortic", "mitral")

_ASIDE_ML = 1.0


def beat_numbers(live: LiveHeart, beat: Beats) -> dict[str, float]:
    """Return the numbers of a live heart's whole beat by name with unit; see ``numbers_of``."""
    return numbers_of(live.circulation, live.cavity, beat)


def numbers_of(circulation: Circulation, table: Table, beat: Beats) -> dict[str, float]:
    """Return the numbers of a reduced ventricle's beat by name with unit.

    Those of ``outcome_of``, dP/dt, the loop's area, and the slope of pressure over volume at the end of
    ejection, at that moment's tension, as ``outcome.elastance_of`` has it.
    """
    volume, pressure = beat.states[:, LV], beat.pressures_mmhg[:, LV]
    middle = 0.5 * (pressure[1:] + pressure[:-1])
    last = end_systole(beat)
    at, drive = float(volume[last]), float(beat.drives[last])
    above, below = (
        float(tabled(at + aside, drive, table.volumes_ml, table.drives, table.patches))
        for aside in (_ASIDE_ML, -_ASIDE_ML)
    )
    return outcome_of(circulation, beat, TOLD_VALVES) | {
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

    As ``deformation_of`` tells them, but that longitudinal and circumferential are those of the own
    end-diastole.

    Parameters
    ----------
    mesh : TetMesh
        Without load.
    full : ndarray, shape (nodes, 3)
        Displacements at end-diastole, mm.
    """

    def __init__(self, mesh: TetMesh, full: NDArray[np.float32]) -> None:
        self._mesh = mesh
        self._known = {"endo_lv", "epi", "base"} <= {patch.name for patch in mesh.patches}
        if self._known:
            self._at = coordinates(replace(mesh, points=mesh.points + full))
            axes = local_axes(self._at)
            self._directions = np.stack([axes.longitudinal, axes.circumferential], axis=2)
            self._slopes, sizes = gradients_at_middles(mesh.points, mesh.tets)
            sizes = np.where(self._at.right, 0.0, sizes)
            self._shares = sizes / sizes.sum()
            self._left = np.unique(mesh.tets[~self._at.right, :4])

    def __call__(self, full: NDArray[np.float32], empty: NDArray[np.float32]) -> dict[str, float]:
        """Return strains (%) and twist (°) of a beat's emptiest moment against its fullest, by name.

        None of a wall whose faces have no names.
        """
        if not self._known:
            return {}
        frames = [self._mesh.points + moved for moved in (full, empty)]
        first, last = (gradient(points, self._mesh.tets, self._slopes) for points in frames)
        stretched = last @ np.linalg.solve(first, self._directions)
        longitudinal, circumferential = self._shares @ (np.linalg.norm(stretched, axis=1) - 1.0)
        return {
            "longitudinal_strain_percent": 100.0 * float(longitudinal),
            "circumferential_strain_percent": 100.0 * float(circumferential),
            "twist_deg": float(twist_of(self._at, frames, 0, self._left)[1]),
        }
