"""A kept heart's electrocardiogram, its own and what an infarct or another rhythm makes of it."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from physics.activation.ecg import ASSUMED, LEADS, Electrocardiogram, Electrodes, leads_of
from physics.activation.rhythm import RHYTHMS, Activation, activation_of
from physics.beat_names import QRS, TOLD
from physics.heart import coordinates
from physics.heart_steps import OWN_RHYTHM, BeatParams
from physics.whatif.wall import infarcted, rhythm_of, septum_of
from twin.domain import Curve, Heart, Number
from twin.errors import UserError

QRS_REMARK = (
    "Of the left ventricle alone: from its first place activated to its last. Of a whole heart it is normal "
    "up to 110 ms, left bundle branch block from 120 ms on (Surawicz et al. 2009, AHA/ACCF/HRS)."
)

BLOCKED_REMARK = (
    " It comes out longer than in patients (with left bundle branch block some 140 to 170 ms): here it goes "
    "from cell to cell, from the septum's right side (resynchronized: from the lead too) to the far end, at "
    "speeds of healthy muscle that are not fitted (0.65 m/s along fibers, 0.3 and 0.2 across); no Purkinje's "
    "fibers beyond the block take it up."
)
"""What must be said of QRS where no Purkinje's fibers carry the front."""

SILENT = (
    "dead muscle has no action potentials, and the front goes through it as through living muscle: neither "
    "slower conduction nor currents of injury (ST) are in the electrocardiogram"
)
"""What must not be read out of a trace with an infarct."""


class Electric:
    """A heart's wall among electrodes; what hangs on its shape alone is found once.

    Attributes
    ----------
    normal : Activation
        Of normal conduction.
    thickness_mm : ndarray, shape (m,)
        Of the wall at each element, as it was meshed.

    Raises
    ------
    UserError
        No fibers, no septum, or no ventricle's faces.
    """

    def __init__(self, heart: Heart) -> None:
        mesh = heart.mesh
        self._heart, self._septum = heart, septum_of(mesh)
        count = int(mesh.tets[:, :4].max()) + 1
        self._corners = replace(mesh, tets=mesh.tets[:, :4], points=mesh.points[:count])
        self._at = coordinates(self._corners)
        self.thickness_mm = self._at.thickness_mm[self._corners.tets].mean(axis=1)
        self.normal = self._activation(BeatParams())
        self._electrodes = Electrodes(self._corners, *leads_of(self._at, self._septum))
        sizes = self._electrodes.volumes_mm3
        self._middle_s = float(sizes @ self.normal.element_ms / sizes.sum()) / 1000.0

    def electrocardiogram(self, asked: BeatParams) -> Electrocardiogram:
        """Return the leads under what is asked: of it the rhythm and the infarct count."""
        activation = self._activation(asked)
        dead = infarcted(self._heart.mesh, asked.infarct_segments)
        living = np.where(dead, 1.0 - asked.infarct_percent / 100.0, 1.0)
        if self._heart.mesh.living is not None:
            living *= self._heart.mesh.living
        return self._electrodes.electrocardiogram(activation.node_ms, self.normal.node_ms, living)

    @property
    def begin_s(self) -> float:
        """When in the beat activation begins.

        The fitted tension pulls the whole wall at once: it begins where normal conduction has reached the
        wall in the mean. A cell's own delay from activation to tension (some 10 ms) is in neither.
        """
        heart = self._heart
        onset = heart.timing["onset_s"] if heart.timing else heart.circulation["chambers.LV.onset_s"]
        return onset - self._middle_s

    def curves(self, shown: Electrocardiogram, times_s: NDArray[np.float64], beat_s: float) -> list[Curve]:
        """Return the leads as curves over a beat."""
        values = shown.at(times_s, self.begin_s, beat_s)
        return [Curve(f"lead {lead}", "mV", times_s, wave) for lead, wave in zip(LEADS, values, strict=True)]

    def _activation(self, asked: BeatParams) -> Activation:
        rhythm = RHYTHMS["normal"] if asked.rhythm == OWN_RHYTHM else rhythm_of(asked)
        return activation_of(self._corners, self._at, self._septum, rhythm)


def electric_of(heart: Heart) -> Electric | None:
    """Return a heart's wall among electrodes; None where fibers or septum are not known."""
    try:
        return Electric(heart)
    except UserError:
        return None


def told(shown: Electrocardiogram, rhythm: str) -> Number:
    """Return how long QRS lasts in a rhythm, as a result tells it."""
    known = RHYTHMS.get(rhythm)
    blocked = known is not None and not known.purkinje
    return Number(TOLD[QRS][0], shown.qrs_ms, "ms", remark=QRS_REMARK + (BLOCKED_REMARK if blocked else ""))


def limits_of(asked: BeatParams) -> tuple[str, ...]:
    """Return what must not be read out of an electrocardiogram."""
    return (*ASSUMED, *((SILENT,) if asked.infarct_segments else ()))
