"""A ventricle's mesh, or both ventricles', that beats as it comes: nothing is fitted."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from physics.cardiac import Coupled, Held, NotConvergedError, Tension, Ventricle, tension_of
from physics.cardiac.along import AlongBeat, change_of
from physics.cardiac.outcome import NAMES, RIGHT_NAMES, result_of
from physics.cardiac.ventricle import MM3_PER_ML
from physics.circulation import ADULT, Circulation, Shortening, State
from physics.circulation.patients import Difference
from physics.personal.full import full_beats
from physics.personal.imaged import Imaged
from physics.personal.passive import law_of
from physics.personal.personalize import ACROSS, LENGTHENING
from twin.domain import Number, TetMesh
from twin.errors import UserError
from twin.progress import Progress
from twin.steps import Made

if TYPE_CHECKING:
    from physics.heart_steps import MeshBeatParams

SAME_ML, SAME_MMHG = 0.5, 0.5
"""What two beats in a row differ by at most, where beats count as repeating."""
FILLED_MMHG = (8.0, 4.0)
"""Pressures in the left and the right ventricle that the first beat begins near."""
_SHARE = 0.35
"""Of what is left of the progress bar, for one more beat: how many it takes is not known before."""
LIMITS = (
    "nothing is fitted: muscle, circulation and blood are a healthy adult's",
    "the mesh's shape is taken as unloaded, though a heart is imaged filled: its volumes come out too large",
    "atria are elastances; so is the right ventricle where the mesh has none",
    "quasi-static: no inertia; nothing is viscous but the dashpots of pericardium and base, in full beats",
    "tension falls with the speed of shortening by one share for both ventricles, taken as one fiber",
    "all fibers pull at once and alike, in the right ventricle as in the left; fibers are laid by rule",
)


@dataclass(frozen=True, eq=False)
class Settled:
    """Full beats of a wall, the last ones without a jump between them.

    Attributes
    ----------
    beats : tuple of Coupled
        All that were gone through.
    change_ml, change_mmhg : float
        By which the last two differ; see ``change_of``.
    """

    beats: tuple[Coupled, ...]
    change_ml: float
    change_mmhg: float

    @property
    def repeats(self) -> bool:
        """Whether the last two count as the same."""
        return self.change_ml <= SAME_ML and self.change_mmhg <= SAME_MMHG


def beat_mesh(mesh: TetMesh, params: "MeshBeatParams", progress: Progress) -> Made:
    """Return the last beat of a mesh in a healthy circulation; see ``settled_in_full``.

    Raises
    ------
    UserError
        The mesh has no fibers; the rate or the wall allows no beat.
    """
    if mesh.axes_inside is None or mesh.tets.shape[1] != 10:
        raise UserError(
            "This mesh has no fibers, or no nodes in the middle of its edges.",
            "Run “Lay fibers” on it first.",
        )
    try:
        circulation = Difference(
            resistance=params.resistance_percent / 100.0,
            lungs=params.lungs_percent / 100.0,
            blood_ml=params.preload_ml,
            heart_rate_per_min=params.rate_per_min,
        ).of(ADULT)
    except ValueError as error:
        raise UserError(f"That cannot be: {error}.", "Take a lower heart rate.") from error
    body = Imaged(mesh, mesh.axes_inside).body(law_of(params.stiffness_kpa, 1.0))
    shortening = Shortening(float(body.volumes_mm3.sum()) / MM3_PER_ML)
    ventricle = Ventricle(body, across=ACROSS, lengthening=LENGTHENING, shortening=shortening)
    tension = tension_of(circulation, params.tension_kpa)
    settled = settled_in_full(ventricle, circulation, tension, params.beats, progress.between(0.0, 0.97))
    progress(0.97, "strains and stresses")
    last = settled.beats[-1]
    limits = [*LIMITS, *mesh.notes]
    if not settled.repeats:
        limits.insert(
            0,
            f"its beats do not repeat themselves yet: {settled.change_ml:.2f} mL and "
            f"{settled.change_mmhg:.2f} mmHg from the last but one to the last",
        )
    result = result_of(mesh, ventricle, last, limits)
    remark = (
        f"After {len(settled.beats)} full beats: ends, extremes; both ventricles where the mesh has them."
    )
    change = (
        Number("change from beat to beat, volume", settled.change_ml, "mL", remark=remark),
        Number("change from beat to beat, pressure", settled.change_mmhg, "mmHg", remark=remark),
    )
    names = NAMES | RIGHT_NAMES if len(ventricle.places) > 1 else NAMES
    summary = {key: value for key, value in last.measures().items() if key in names} | {
        "beats": len(settled.beats),
        "beats_differ_ml": settled.change_ml,
        "beats_differ_mmhg": settled.change_mmhg,
        "repeats": "yes" if settled.repeats else "no",
    }
    return Made({"beat": replace(result, numbers=(*result.numbers, *change))}, summary)


def settled_in_full(
    ventricle: Ventricle, circulation: Circulation, tension: Tension, most: int, progress: Progress
) -> Settled:
    """Return full beats until two in a row, the second from where the first ended, are the same.

    Between full beats the circulation settles with what the last one showed of the wall (``AlongBeat``),
    unless that beat came back to where it began: then the next one goes on from its end.

    Parameters
    ----------
    circulation : Circulation
        Its ventricles' volumes are left for those that the wall has at ``FILLED_MMHG``.
    most : int
        Full beats after which it is left as it is; at least 2.

    Raises
    ------
    UserError
        The wall finds no rest, or the circulation does not settle.
    """
    progress(0.0, "filling the ventricles")
    rest = _filled(ventricle)
    start = circulation.start.array()
    start[ventricle.places] = rest.volumes_ml
    circulation = replace(circulation, start=State(*start.tolist()))
    beats: list[Coupled] = []
    change, done, goes_on = (np.inf, np.inf), 0.0, False
    while len(beats) < most:
        part = progress.between(done, done + _SHARE * (1.0 - done))
        done += _SHARE * (1.0 - done)
        beats += full_beats(ventricle, rest, circulation, tension, 1, part)
        rest, gone = beats[-1].places[-1][1], beats[-1].beats
        if len(beats) > 1:
            change = change_of(*beats[-2:])
        if goes_on and change[0] <= SAME_ML and change[1] <= SAME_MMHG:
            break
        moved = np.abs(gone.states[-1] - gone.states[0])[ventricle.places]
        goes_on = bool(moved.max() <= SAME_ML) or len(beats) == most - 1
        after = (
            gone.end()
            if goes_on
            else AlongBeat.of(beats[-1], tension, ventricle.shortening).settled(circulation)
        )
        circulation = replace(circulation, start=after)
    return Settled(tuple(beats), *change)


def _filled(ventricle: Ventricle) -> Held:
    try:
        return ventricle.filled(np.array(FILLED_MMHG[: len(ventricle.places)]))
    except NotConvergedError as error:
        raise UserError(
            "The ventricles find no rest as they fill: the wall is too soft, or its elements are too flat.",
            "Give more stiffness, or a finer mesh.",
        ) from error
