"""Verification of the heart's mechanics: Land et al. 2015, Proc R Soc A 471:20150641, problems 1 to 3."""

import numpy as np
from numpy.typing import NDArray

from physics.cardiac import (
    Body,
    Coupled,
    Equilibrium,
    Face,
    State,
    Ventricle,
    beat,
    chart_of,
    face_of,
    settled,
    tension_of,
)  # fmt: skip
from physics.cardiac.laws import guccione
from physics.cardiac.ventricle import MM3_PER_ML
from physics.circulation import ADULT, Circulation, Shortening
from physics.heart import LAND_2015, Ellipsoid
from physics.verify import Row, meshes, problem, row
from twin.domain import TetMesh

PRESSURE_1_MPA, PRESSURE_2_MPA, PRESSURE_3_MPA, TENSION_3_MPA = 4e-6, 10e-3, 15e-3, 60e-3


def beam_tip_mm(cells: tuple[int, int, int]) -> float:
    """Return the deformed z of (10, 0.5, 1) of problem 1: a beam pressed from below, mm."""
    mesh = meshes.box(cells, (10.0, 1.0, 1.0), quadratic=True)
    points = mesh.points
    below = meshes.boundary(mesh, points[:, 2] < 1e-9)
    fixed = np.repeat(points[:, :1] < 1e-9, 3, axis=1)
    axes = np.tile(np.eye(3), (len(mesh.tets), 1, 1))
    body = Body(mesh, axes, guccione(2.0, 8.0, 2.0, 4.0), fixed, [Face(below.astype(np.int32))])
    end = Equilibrium(body).follow(lambda part: np.array([PRESSURE_1_MPA * part]), 5)
    tip = np.linalg.norm(points - [10.0, 0.5, 1.0], axis=1).argmin()
    return float(end.points[tip, 2])


def ventricle(edge_mm: float, layers: int, law: tuple[float, float, float, float]) -> Body:
    """Return the half ellipsoid of problems 2 and 3, its base held, its fibers from 90° to −90°."""
    mesh = LAND_2015.mesh(edge_mm, layers=layers, order=2)
    fixed = np.repeat(mesh.points[:, 2:] > LAND_2015.base_mm - 1e-6, 3, axis=1)
    return Body(mesh, axes_at, guccione(*law), fixed, [face_of(mesh, "endo_lv")])


def axes_at(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return rows fibre, sheet, normal at places (n, 3), shape (n, 3, 3)."""
    fibers = LAND_2015.fibers(places)
    return np.stack([fibers.fiber, fibers.sheet, fibers.normal], axis=1)


def apexes_mm(mesh: TetMesh, state: State) -> tuple[float, float]:
    """Return the deformed z of the endocardium's and the epicardium's apex."""
    axis = np.flatnonzero(np.hypot(mesh.points[:, 0], mesh.points[:, 1]) < 1e-6)
    order = axis[mesh.points[axis, 2].argsort()]
    return float(state.points[order[-1], 2]), float(state.points[order[0], 2])


def inflated(edge_mm: float, layers: int, *, thrifty: bool = True, steps: int = 10) -> tuple[float, float]:
    """Return the apexes of problem 2: 10 kPa in a passive, isotropic ventricle."""
    body = ventricle(edge_mm, layers, (10.0, 1.0, 1.0, 1.0))
    end = Equilibrium(body, thrifty=thrifty).follow(lambda part: np.array([PRESSURE_2_MPA * part]), steps)
    return apexes_mm(body.mesh, end)


def contracted(edge_mm: float, layers: int) -> tuple[float, float]:
    """Return the apexes of problem 3: 15 kPa and 60 kPa of tension along helical fibers, raised together."""
    body = ventricle(edge_mm, layers, (2.0, 8.0, 2.0, 4.0))

    def at(part: float) -> NDArray[np.float64]:
        body.active[:, 0] = TENSION_3_MPA * part
        return np.array([PRESSURE_3_MPA * part])

    return apexes_mm(body.mesh, Equilibrium(body).follow(at, 20))


@problem("land-1")
def land_1() -> list[Row]:
    """The bent beam on 480 and 1,620 tetrahedra. Reference: 4.14 mm on 480; codes converge to 4.17."""
    coarse, fine = beam_tip_mm((20, 2, 2)), beam_tip_mm((30, 3, 3))
    return [row("tip_480_tets_z_mm", coarse, 4.14, "mm", 0.5), row("tip_z_mm", fine, 4.17, "mm", 0.5)]


@problem("land-2")
def land_2() -> list[Row]:
    """The inflated ventricle, 2,670 tetrahedra. Reference: −26.61 and −28.27 mm on 9,841 by two codes."""
    endo, epi = inflated(2.2, 2)
    return [row("apex_endo_z_mm", endo, -26.61, "mm", 0.5), row("apex_epi_z_mm", epi, -28.27, "mm", 0.5)]


@problem("land-3", long=True)
def land_3() -> list[Row]:
    """The ventricle that contracts under load, on 2,670 tetrahedra.

    No number of others is at hand: the reference is this program's own on 7,776 in the same run, so the error
    says how far the mesh matters.
    """
    coarse, fine = contracted(2.2, 2), contracted(1.6, 3)
    return [
        row("apex_endo_z_mm", coarse[0], fine[0], "mm", 1.0),
        row("apex_epi_z_mm", coarse[1], fine[1], "mm", 1.0),
    ]


GROWN = Ellipsoid(21.0, 51.0, 30.0, 60.0, 15.0)
"""Land's ventricle three times as large: 67 mL at ease, a wall of 9 mm."""
PEAK_KPA = 80.0


def grown_ventricle(edge_mm: float, layers: int) -> Ventricle:
    """Return a ventricle of a man's size: fibers from 60° to −60°, its base held.

    Guccione's law with the exponents of Guccione, Costa and McCulloch 1995, J Biomech 28:1167 (18.48, 3.58,
    1.627), and half of their stiffness, which is a dog's.
    """
    mesh = GROWN.mesh(edge_mm, layers=layers, order=2)
    fixed = np.repeat(mesh.points[:, 2:] > GROWN.base_mm - 1e-6, 3, axis=1)

    def axes(places: NDArray[np.float64]) -> NDArray[np.float64]:
        fibers = GROWN.fibers(places, 60.0, -60.0)
        return np.stack([fibers.fiber, fibers.sheet, fibers.normal], axis=1)

    law = guccione(0.45, 18.48, 3.58, 1.627)
    body = Body(mesh, axes, law, fixed, [face_of(mesh, "endo_lv")])
    return Ventricle(body, shortening=Shortening(float(body.volumes_mm3.sum()) / MM3_PER_ML))


def settled_beats(ventricle: Ventricle) -> tuple[Circulation, list[Coupled]]:
    """Return a healthy circulation settled with a ventricle by its chart, and two full beats from there."""
    chart = chart_of(ventricle, np.linspace(40.0, 150.0, 12), np.linspace(0.0, PEAK_KPA, 6))
    tension = tension_of(ADULT, PEAK_KPA)
    circulation = settled(chart, ADULT, tension)
    state = circulation.start.array()
    place = ventricle.at(state[1], 0.0, ventricle.rest())
    beats = []
    for _ in range(2):
        beats.append(beat(ventricle, circulation, tension, place, state))
        place, state = beats[-1].places[-1][1], beats[-1].beats.states[-1]
    return circulation, beats


@problem("beat", long=True)
def coupled_beat() -> list[Row]:
    """A ventricle in 3-D in the circulation: blood kept, beats that repeat, steps and mesh of no matter.

    Errors are against 0 in the unit of the row, so ``value`` is the error itself: mL and mmHg between two
    beats, points of ejection fraction. The mesh is refined once, from 729 to 2,670 tetrahedra.
    """
    ventricle = grown_ventricle(9.0, 1)
    circulation, (first, second) = settled_beats(ventricle)
    blood = circulation.volume_ml(second.beats.states)
    wall = max(
        abs(ventricle.body.volumes(place.state)[0] / 1000.0 / place.volume_ml - 1.0)
        for _time, place in second.places
    )
    before, after = first.measures(), second.measures()
    changes = {
        "two_beats_volume_ml": ("lv_end_diastolic_volume_ml", "lv_end_systolic_volume_ml"),
        "two_beats_pressure_mmhg": ("lv_peak_pressure_mmhg", "diastolic_pressure_mmhg"),
    }
    rows = [
        _at_most("blood_conserved", float(np.ptp(blood) / blood[0]), 1e-6, "1"),
        _at_most("cavity_conserved", wall, 1e-6, "1"),
    ]
    for quantity, names in changes.items():
        worst = max(abs(after[name] - before[name]) for name in names)
        rows.append(_at_most(quantity, worst, 0.5, "mL" if quantity.endswith("ml") else "mmHg"))
    name = "lv_ejection_fraction_percent"
    tension, state = tension_of(ADULT, PEAK_KPA), circulation.start.array()
    place = ventricle.at(state[1], 0.0, ventricle.rest())
    halved = beat(ventricle, circulation, tension, place, state, step_s=5e-3).measures()
    rows.append(_at_most("half_the_step_ef_points", abs(halved[name] - before[name]), 0.5, "1"))
    finer = settled_beats(grown_ventricle(6.6, 2))[1][1].measures()
    rows.append(_at_most("finer_mesh_ef_points", abs(finer[name] - after[name]), 1.0, "1"))
    return rows


def _at_most(quantity: str, value: float, limit: float, unit: str) -> Row:
    """Return a row whose value is to stay below a limit."""
    return row(quantity, value, 0.0, unit, 100.0 * limit)
