"""A ventricle's mesh, or both ventricles', that beats: nothing but its filling is fitted."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from physics.beat_names import NAMES, RIGHT_NAMES
from physics.cardiac import Coupled, Tension, tension_of
from physics.cardiac.along import AlongBeat, change_of
from physics.cardiac.outcome import result_of
from physics.circulation import ADULT, Circulation, State, measures_of, run
from physics.circulation.patients import Difference
from physics.mesh_beat_steps import IMAGED
from physics.personal.full import full_beats
from physics.personal.kept import middle_axes
from physics.personal.mesh_wall import FILLED_MMHG, UNLOADED_KPA, Wall, wall_of
from twin.domain import Number, TetMesh
from twin.errors import UserError
from twin.progress import Progress
from twin.steps import Made

if TYPE_CHECKING:
    from physics.mesh_beat_steps import MeshBeatParams

SAME_ML, SAME_MMHG = 0.5, 0.5
"""What two beats in a row differ by at most, where they count as the same; a small body's volumes by less."""
FULL_ML = 0.05
"""How near the blood is fitted to a left ventricle as full as imaged, while full beats are stood in for."""
LARGEST = 1.25
"""Body to the healthy adult's, at most, where the left ventricle tells it: a larger one may be dilated."""
_SHARE = 0.35
"""Of what is left of the progress bar, for one more beat: how many it takes is not known before."""
_FILLINGS = 12
_BLOOD_PER_ML, _MOST_ML = 8.0, 400.0
"""Blood that fills a ventricle by one mL, to begin with, and the most that is added or taken at once."""
LIMITS = (
    "nothing is fitted but what is named: muscle, blood and vessels are those of a healthy body of that size",
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
    shift_ml : float
        By which any chamber, artery or vein is fuller or emptier at the last one's end than at its begin:
        blood that slowly moves from one side of the heart to the other changes no ventricle by much.
    same_ml : float
        By how much volumes may differ between two that count as the same.
    """

    beats: tuple[Coupled, ...]
    change_ml: float = np.inf
    change_mmhg: float = np.inf
    shift_ml: float = np.inf
    same_ml: float = SAME_ML

    @property
    def repeats(self) -> bool:
        """Whether the last two count as the same, and blood stays where it is."""
        return max(self.change_ml, self.shift_ml) <= self.same_ml and self.change_mmhg <= SAME_MMHG


def beat_mesh(mesh: TetMesh, params: "MeshBeatParams", progress: Progress) -> Made:
    """Return the last beat of a mesh in a healthy circulation.

    A mesh that shows the heart as imaged is unloaded first, and gets the blood that fills its left ventricle
    as far again.

    Raises
    ------
    UserError
        The mesh has no fibers, or its wall cannot be unloaded; the rate or the wall allows no beat.
    """
    circulation, tension = _around(params)
    wall = wall_of(mesh, params, progress.between(0.0, 0.3))
    size = _size_of(wall, params)
    settled = settled_in_full(
        wall,
        circulation.sized(size),
        tension,
        params.beats,
        progress.between(0.3, 0.97),
        blood_ml=params.preload_ml,
        same_ml=SAME_ML * min(size, 1.0),
    )
    progress(0.97, "strains and stresses")
    return _told(mesh, wall, settled, params, size)


def _size_of(wall: Wall, params: "MeshBeatParams") -> float:
    """Return how many times as large as a healthy adult's the circulation is, by the left ventricle.

    It holds what it was imaged with, or what it was filled with where it came unloaded.
    """
    if params.size_percent is not None:
        return params.size_percent / 100.0
    adult = measures_of(run(ADULT, 1))["lv_end_diastolic_volume_ml"]
    return min(float(wall.rest.volumes_ml[0]) / adult, LARGEST)


def _around(params: "MeshBeatParams") -> tuple[Circulation, Tension]:
    """Return what a wall beats in, and its muscle's tension.

    Raises
    ------
    UserError
        The beat is shorter than its contraction.
    """
    try:
        circulation = Difference(
            resistance=params.resistance_percent / 100.0,
            lungs=params.lungs_percent / 100.0,
            heart_rate_per_min=params.rate_per_min,
        ).of(ADULT)
        return circulation, tension_of(circulation, params.tension_kpa)
    except ValueError as error:
        raise UserError(f"That cannot be: {error}.", "Take a lower heart rate.") from error


def _told(mesh: TetMesh, wall: Wall, settled: Settled, params: "MeshBeatParams", size: float) -> Made:
    """Return the last beat as a result, and what it took."""
    last = settled.beats[-1]
    limits = [*_limits(wall, params), *LIMITS, *mesh.notes]
    if not settled.repeats:
        limits.insert(
            0,
            f"its beats do not repeat themselves yet: {settled.change_ml:.2f} mL and "
            f"{settled.change_mmhg:.2f} mmHg from the last but one to the last, and "
            f"{settled.shift_ml:.2f} mL from one place to another within it",
        )
    bare = mesh
    if wall.found is not None:
        points = wall.found.body.mesh.points
        bare = replace(mesh, points=points, axes=middle_axes(wall.axes), axes_inside=wall.axes)
    result = result_of(bare, wall.ventricle, last, limits)
    names = NAMES | RIGHT_NAMES if len(wall.ventricle.places) > 1 else NAMES
    measures = last.measures()
    beside = (*_imaged(wall, measures), _sized(size, params), *_changes(settled))
    summary = {key: value for key, value in measures.items() if key in names} | {
        "beats": len(settled.beats),
        "beats_differ_ml": settled.change_ml,
        "beats_differ_mmhg": settled.change_mmhg,
        "blood_shifts_ml": settled.shift_ml,
        "repeats": "yes" if settled.repeats else "no",
        "stiffness_kpa": wall.stiffness_kpa,
        "body_size_percent": 100.0 * size,
    }
    if wall.imaged_ml is not None and wall.found is not None:
        for key, imaged, bare_ml in zip(_SIDES, wall.imaged_ml, wall.found.volumes_ml, strict=False):
            summary |= {f"{key}_imaged_volume_ml": float(imaged), f"{key}_unloaded_volume_ml": float(bare_ml)}
    return Made({"beat": replace(result, numbers=(*result.numbers, *beside))}, summary)


_SIDES = {"lv": "", "rv": "right ventricle, "}
"""How numbers of each cavity begin, by how its measures do."""


def _limits(wall: Wall, params: "MeshBeatParams") -> list[str]:
    if wall.found is None:
        said = [
            "the mesh's shape is taken as unloaded: if it was imaged filled, its volumes come out too large"
        ]
        if params.stiffness_kpa is None:
            said.append(f"a stiffness of {UNLOADED_KPA:g} kPa at rest is assumed")
        return said
    pressures = [f"{params.left_mmhg:g} mmHg in the left ventricle"]
    said = []
    if len(wall.ventricle.places) > 1:
        pressures.append(f"{params.right_mmhg:g} in the right one above the pericardium's")
        said.append(
            f"the right ventricle's free wall is taken as {params.right_stiffer:g} times as stiff at rest, "
            "and the valves' rims stiffer than muscle: they would fold as the shape is unloaded"
        )
    said.insert(0, "imaged at end-diastole under pressures that are told, not seen: " + ", ".join(pressures))
    if params.stiffness_kpa is None:
        said.append("stiffness at rest is fitted to Klotz's unloaded volume of the left ventricle")
    said.append("blood is fitted to a left ventricle as full as imaged; how full the right one is follows")
    return said


def _imaged(wall: Wall, measures: dict[str, float]) -> list[Number]:
    """Return the volumes as imaged, to stand beside those of the beat, and those without load."""
    if wall.imaged_ml is None or wall.found is None:
        return []
    found = []
    for (key, side), imaged, bare in zip(_SIDES.items(), wall.imaged_ml, wall.found.volumes_ml, strict=False):
        off = measures[f"{key}_end_diastolic_volume_ml"] - imaged
        found += [
            Number(
                f"{side}end-diastolic volume, imaged",
                float(imaged),
                "mL",
                remark=f"Of the mesh as it came; the beat is {off:+.1f} mL off.".replace("-", "−"),
            ),
            Number(f"{side}unloaded volume", float(bare), "mL", remark="Found from the imaged shape."),
        ]
    return [*found, Number("stiffness at rest", wall.stiffness_kpa, "kPa", remark="Along the fibers.")]


def _sized(size: float, params: "MeshBeatParams") -> Number:
    full = "as imaged at end-diastole" if params.shape == IMAGED else f"filled at {FILLED_MMHG[0]:g} mmHg"
    by = f"By the left ventricle's volume, {full}."
    if params.size_percent is not None:
        by = "As given."
    elif size == LARGEST:
        by = "The most that is taken: the left ventricle is larger, and may be dilated. Give it if known."
    return Number("body, of a healthy adult's", 100.0 * size, "%", remark=by)


def _changes(settled: Settled) -> tuple[Number, ...]:
    remark = (
        f"After {len(settled.beats)} full beats: ends, extremes; both ventricles where the mesh has them."
    )
    return (
        Number("change from beat to beat, volume", settled.change_ml, "mL", remark=remark),
        Number("change from beat to beat, pressure", settled.change_mmhg, "mmHg", remark=remark),
        Number(
            "blood shifted within the last beat",
            settled.shift_ml,
            "mL",
            remark="The most that a chamber, an artery or a vein gained or lost.",
        ),
    )


def settled_in_full(
    wall: Wall,
    circulation: Circulation,
    tension: Tension,
    most: int,
    progress: Progress,
    *,
    blood_ml: float = 0.0,
    same_ml: float = SAME_ML,
) -> Settled:
    """Return full beats until two in a row, the second from where the first ended, are the same.

    Between full beats the circulation settles with what the last one showed of the wall (``AlongBeat``),
    unless that beat left all blood where it had been: then the next one goes on from its end.

    Parameters
    ----------
    circulation : Circulation
        Its ventricles' volumes are left for those where the wall is at rest.
    most : int
        Full beats after which it is left as it is; at least 2.
    blood_ml : float
        Added in the veins; of an imaged wall, to what fills its left ventricle as imaged.
    same_ml : float
        As of ``Settled``.

    Raises
    ------
    UserError
        The wall finds no rest, or the circulation does not settle.
    """
    ventricle, rest = wall.ventricle, wall.rest
    start = circulation.start.array()
    start[ventricle.places] = rest.volumes_ml
    circulation = replace(circulation, start=State(*start.tolist())).with_blood(blood_ml)
    wanted = None if wall.imaged_ml is None else float(wall.imaged_ml[0])
    beats: list[Coupled] = []
    settled, done, goes_on = Settled(()), 0.0, False
    while len(beats) < most:
        part = progress.between(done, done + _SHARE * (1.0 - done))
        done += _SHARE * (1.0 - done)
        beats += full_beats(ventricle, rest, circulation, tension, 1, part)
        rest, gone = beats[-1].places[-1][1], beats[-1].beats
        stored = circulation.stored_ml(gone.states[[0, -1]])
        shift = float(np.abs(stored[1] - stored[0]).max())
        change = change_of(*beats[-2:]) if len(beats) > 1 else (np.inf, np.inf)
        settled = Settled(tuple(beats), *change, shift, same_ml)
        if goes_on and settled.repeats:
            break
        goes_on = shift <= same_ml or len(beats) == most - 1
        if goes_on:
            circulation = replace(circulation, start=gone.end())
            continue
        along = AlongBeat.of(beats[-1], tension, ventricle.shortening)
        if wanted is None:
            circulation = replace(circulation, start=along.settled(circulation))
        else:
            circulation = _filled_again(along, circulation, wanted, blood_ml)
    return settled


def _filled_again(
    along: AlongBeat, circulation: Circulation, wanted_ml: float, more_ml: float
) -> Circulation:
    """Return a circulation settled with the blood that fills the left ventricle, and more than that.

    Raises
    ------
    UserError
        It does not settle, or no blood fills it so.
    """

    def settled(blood_ml: float) -> tuple[float, Circulation]:
        added = circulation.with_blood(blood_ml - more_ml)
        made = replace(added, start=along.settled(added))
        return measures_of(run(made, 1, cavities=along))["lv_end_diastolic_volume_ml"] - wanted_ml, made

    blood, slope = 0.0, 1.0 / _BLOOD_PER_ML
    off, made = settled(blood)
    for _ in range(_FILLINGS):
        if abs(off) <= FULL_ML:
            return replace(made, start=along.settled(made.with_blood(more_ml))) if more_ml else made
        step = float(np.clip(-off / slope, -_MOST_ML, _MOST_ML))
        before = off
        off, made = settled(blood + step)
        blood += step
        slope = float(np.clip((off - before) / step, 0.01, 1.0))
    left = f"{off:+.0f}".replace("-", "−")
    raise UserError(
        f"No blood fills the left ventricle with {wanted_ml:.0f} mL, as imaged: {left} mL are left.",
        "Look at pressures and rate; or tell that the mesh is unloaded.",
    )
