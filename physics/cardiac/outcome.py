"""A beat as a result: fields over time on the wall, curves, and the numbers that clinicians know."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from physics.beat_names import ELASTANCE, NAMES, RIGHT_NAMES
from physics.cardiac import wall_kernels
from physics.cardiac.beat import Coupled
from physics.cardiac.ventricle import Held, Ventricle
from physics.circulation import CHAMBERS, VALVES, Beats
from physics.circulation.measures import STILL_ML_PER_S
from physics.heart.deformation import Deformation, deformation_of, gradients_at_middles
from twin.domain import Curve, Field, Number, Result, TetMesh

FRAMES = 50
"""Moments of a beat that are kept with their fields."""

KPA_PER_MPA = 1000.0
SAME_ML = 0.05
"""Volumes that are the same: of a ventricle whose valves are closed."""

TOO_SMALL = " Comes out too small: not to be read as the patient's, nor its change."
"""What must be said of a longitudinal strain."""

OF_ELASTANCE = (
    "Slope of pressure over volume as ejection ends, at that moment's tension; not pressure over volume, and "
    "not the line through loops at other preloads, which is less steep. It is no measure of contractility "
    "alone: wherever the heart stays larger at the end of ejection (less tension, a narrow valve, more "
    "afterload) the same tension gives a flatter slope."
)


def result_of(mesh: TetMesh, ventricle: Ventricle, coupled: Coupled, limits: Sequence[str]) -> Result:
    """Return what a beat showed.

    Parameters
    ----------
    mesh : TetMesh
        The wall without load: the ventricle's, with its fibers, regions and patches.
    ventricle : Ventricle
    coupled : Coupled
    limits : sequence of str
        What the model leaves out.
    """
    times = np.array([time for time, _ in coupled.places])
    chosen = _evenly(times)
    places = [coupled.places[n][1] for n in chosen]
    full = first_full([place.volume_ml for place in places])
    frames = [place.state.points for place in places]
    moved = deformation_of(mesh, frames, full)
    stretch, stress = _along_fibers(mesh, ventricle, places)
    kept = times[chosen]
    both = len(ventricle.places) > 1
    names = NAMES | RIGHT_NAMES if both else NAMES
    measures = coupled.measures() | {ELASTANCE: elastance_of(ventricle, coupled)}
    numbers = [
        Number(name, measures[key], unit, remark=OF_ELASTANCE if key == ELASTANCE else "")
        for key, (name, unit) in names.items()
        if key in measures
    ]
    return Result(
        mesh=mesh,
        fields=(
            Field("displacement", "mm", "node", (np.stack(frames) - mesh.points).astype(np.float32)),
            Field("fiber stress", "kPa", "element", stress),
            Field("fiber strain", "%", "element", (100 * (stretch / stretch[full] - 1)).astype(np.float32)),
            *_scar(mesh, len(frames)),
        ),
        numbers=(*numbers, *_strains(moved), *_stresses(mesh, stress)),
        times_s=kept,
        solver="finite strain, P2–P1 tetrahedra, coupled to the closed circulation",
        limits=tuple(limits),
        curves=(*_of_circulation(coupled), *(_of_the_right(coupled) if both else ()), *_of_wall(moved, kept)),
        frame_of_reference=mesh.frame_of_reference,
        identity=mesh.identity,
        structure=mesh.structure,
        term=mesh.term,
    )


def _scar(mesh: TetMesh, frames: int) -> tuple[Field, ...]:
    """Return the share of each element that is scar, the same in all frames; nothing where none is known."""
    if mesh.living is None:
        return ()
    dead = (100.0 * (1.0 - mesh.living)).astype(np.float32)
    return (Field("scar", "%", "element", np.repeat(dead[None], frames, axis=0)),)


def first_full(volumes_ml: Sequence[float] | NDArray[np.float64]) -> int:
    """Return the first moment at which a ventricle is full: end-diastole, before it pulls as it is."""
    volumes = np.asarray(volumes_ml)
    return int(np.argmax(volumes > volumes.max() - SAME_ML))


def end_systole(beats: Beats) -> int:
    """Return the moment at which ejection ends; where nothing is ejected, that of the largest p over V."""
    ejecting = np.flatnonzero(beats.flows_ml_per_s[:, VALVES.index("aortic")] > STILL_ML_PER_S)
    if len(ejecting):
        return int(ejecting[-1])
    lv = CHAMBERS.index("LV")
    return int(np.argmax(beats.pressures_mmhg[:, lv] / beats.states[:, lv]))


def elastance_of(ventricle: Ventricle, coupled: Coupled) -> float:
    """Return the slope of pressure over volume at the end of ejection, mmHg/mL, by the wall's tangent there.

    At that moment's tension, so without a volume of no pressure (V0). The line through the ends of ejection
    at other preloads (Suga and Sagawa 1974, Circ Res 35:117) is less steep: a fuller heart ejects for longer,
    and its tension has begun to fall. Of one patient's heart 5.1 against 3.8 mmHg/mL.
    """
    ends_s = coupled.beats.times_s[end_systole(coupled.beats)]
    nearest = int(np.argmin([abs(time - ends_s) for time, _ in coupled.places]))
    return float(ventricle.elastances_at(coupled.places[nearest][1])[0, 0])


def _evenly(times: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return which moments to keep: those nearest to evenly spread ones, the first and the last with them."""
    wanted = np.linspace(times[0], times[-1], FRAMES)
    return np.unique(np.abs(times[:, None] - wanted).argmin(axis=0))


def _along_fibers(
    mesh: TetMesh, ventricle: Ventricle, places: Sequence[Held]
) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Return the fibers' stretch, and the stress along them in kPa, of each moment; shape (t, m)."""
    if mesh.axes is None:
        raise ValueError("a wall without fibers has no stress along them")
    slopes, _ = gradients_at_middles(mesh.points, mesh.tets)
    turned = np.einsum("eai,eji->eaj", slopes, mesh.axes)
    shape, body = (len(places), len(mesh.tets)), ventricle.body
    stretch, stress = np.empty(shape), np.empty(shape)
    for n, place in enumerate(places):
        wall_kernels.along_fibers(
            place.state.points, place.state.pressures, mesh.tets, turned, body.law.code, body.numbers,
            ventricle.pulling(place.tension_kpa), stretch[n], stress[n],
        )  # fmt: skip
    return stretch, (KPA_PER_MPA * stress).astype(np.float32)


def _strains(moved: Deformation) -> list[Number]:
    last = {
        "global longitudinal strain": moved.longitudinal,
        "global circumferential strain": moved.circumferential,
        "global radial strain": moved.radial,
    }
    found = []
    for name, strain in last.items():
        value = strain[np.abs(strain).argmax()]
        found.append(
            Number(
                name,
                100 * float(value),
                "%",
                remark="The largest of the beat, mean of the left ventricle's wall."
                + (TOO_SMALL if strain is moved.longitudinal else ""),
            )
        )
    twist = float(moved.twist_deg[np.abs(moved.twist_deg).argmax()])
    remark = "The largest of the beat; counter-clockwise seen from the apex."
    return [*found, Number("twist", twist, "°", remark=remark)]


def _stresses(mesh: TetMesh, stress_kpa: NDArray[np.float32]) -> list[Number]:
    """Return the largest mean fiber stress of each region over the beat."""
    corners = mesh.points[mesh.tets[:, :4]]
    sizes = np.abs(np.linalg.det(corners[:, 1:] - corners[:, :1]))
    found = []
    for number, name in enumerate(mesh.region_names):
        here = mesh.regions == number
        if here.any():
            mean = stress_kpa[:, here] @ sizes[here] / sizes[here].sum()
            found.append(Number(f"fiber stress, {name}", float(mean.max()), "kPa"))
    return found


def _of_circulation(coupled: Coupled) -> list[Curve]:
    beats = coupled.beats
    lv, la = CHAMBERS.index("LV"), CHAMBERS.index("LA")
    times = beats.times_s
    return [
        Curve("left ventricle volume", "mL", times, beats.states[:, lv]),
        Curve("left ventricle pressure", "mmHg", times, beats.pressures_mmhg[:, lv]),
        Curve("left atrium pressure", "mmHg", times, beats.pressures_mmhg[:, la]),
        Curve("aortic pressure", "mmHg", times, beats.states[:, 4]),
        Curve("mitral flow", "mL/s", times, beats.flows_ml_per_s[:, VALVES.index("mitral")]),
        Curve("aortic flow", "mL/s", times, beats.flows_ml_per_s[:, VALVES.index("aortic")]),
    ]


def _of_the_right(coupled: Coupled) -> list[Curve]:
    beats = coupled.beats
    rv, ra, times = CHAMBERS.index("RV"), CHAMBERS.index("RA"), beats.times_s
    return [
        Curve("right ventricle volume", "mL", times, beats.states[:, rv]),
        Curve("right ventricle pressure", "mmHg", times, beats.pressures_mmhg[:, rv]),
        Curve("right atrium pressure", "mmHg", times, beats.pressures_mmhg[:, ra]),
        Curve("pulmonary arterial pressure", "mmHg", times, beats.states[:, 6]),
        Curve("tricuspid flow", "mL/s", times, beats.flows_ml_per_s[:, VALVES.index("tricuspid")]),
        Curve("pulmonary flow", "mL/s", times, beats.flows_ml_per_s[:, VALVES.index("pulmonary")]),
    ]


def _of_wall(moved: Deformation, times: NDArray[np.float64]) -> list[Curve]:
    return [
        Curve("longitudinal strain", "%", times, 100 * moved.longitudinal),
        Curve("circumferential strain", "%", times, 100 * moved.circumferential),
        Curve("twist", "°", times, moved.twist_deg),
        *(
            Curve(f"circumferential strain, {name}", "%", times, 100 * strain)
            for name, strain in moved.by_segment.items()
        ),
    ]
