"""Verification of the heart's mechanics: Land et al. 2015, Proc R Soc A 471:20150641, problems 1 to 3."""

import numpy as np
from numpy.typing import NDArray

from physics.cardiac import Body, Equilibrium, Face, State, face_of
from physics.cardiac.laws import guccione
from physics.heart import LAND_2015
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
    """The bent beam. Reference: 4.17 mm where several codes converge to, 4.14 on 480 tetrahedra."""
    coarse, fine = beam_tip_mm((20, 2, 2)), beam_tip_mm((40, 4, 4))
    return [row("tip_480_tets_z_mm", coarse, 4.14, "mm", 0.5), row("tip_z_mm", fine, 4.17, "mm", 0.5)]


@problem("land-2")
def land_2() -> list[Row]:
    """The inflated ventricle, 2,670 tetrahedra. Reference: −26.61 and −28.27 mm on 9,841 by two codes."""
    endo, epi = inflated(2.2, 2)
    return [row("apex_endo_z_mm", endo, -26.61, "mm", 0.5), row("apex_epi_z_mm", epi, -28.27, "mm", 0.5)]


@problem("land-3")
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
