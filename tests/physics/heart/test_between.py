"""A wall between two surfaces: one known exactly, and a real heart's at seven phases."""

from pathlib import Path

import numpy as np
import pytest

from physics.heart import LAND_2015, BasePlane, base_of, cavity_ml, mesh_of, ventricle_between
from physics.heart.between import wall_between
from physics.heart.cavity import enclosed_mm3
from tests.physics.heart.shapes import assert_patches_cover_the_boundary, dihedral_deg, jacobians
from twin.domain import Surface
from twin.errors import GeometryError
from twin.sources import read, scan

BASE = BasePlane(np.array([0.0, 0.0, 4.9]), np.array([0.0, 0.0, 2.0]))
PHASES = range(0, 25, 4)


def surface(name: str) -> Surface:
    """One face of Land's ventricle, finely meshed, open at z = 5 mm; outward from the cavity."""
    mesh = LAND_2015.mesh(1.0, layers=1)
    triangles = mesh.patch(name).triangles
    return Surface(points=mesh.points, triangles=triangles[:, ::-1] if name == "endo_lv" else triangles)


@pytest.fixture(scope="module")
def faces() -> tuple[Surface, Surface]:
    return surface("endo_lv"), surface("epi")


def test_it_is_the_ellipsoid_again(faces: tuple[Surface, Surface]) -> None:
    mesh = ventricle_between(*faces, BASE, 1.2)
    assert mesh.notes == ()
    assert_patches_cover_the_boundary(mesh)
    assert dihedral_deg(mesh).min() > 20.0
    assert np.allclose(mesh.points[np.unique(mesh.patch("base").triangles), 2], 4.9)
    for name, short, long in (("endo_lv", 7.0, 17.0), ("epi", 10.0, 20.0)):
        x, y, z = mesh.points[np.unique(mesh.patch(name).triangles)].T
        level = (x**2 + y**2) / short**2 + z**2 / long**2
        assert np.abs(level - 1.0).max() < 0.02  # 0.1 mm: edges of 1 mm, and the thickness averaged over 1 mm
    exact = np.pi * 49 * (4.9 - 4.9**3 / (3 * 289) + 34 / 3) / 1000  # as in test_ellipsoid
    assert cavity_ml(mesh) == pytest.approx(exact, rel=0.02)


def test_quadratic_elements_are_curved_and_sound(faces: tuple[Surface, Surface]) -> None:
    smallest, volume = jacobians(ventricle_between(*faces, BASE, 2.5, order=2))
    assert smallest.min() > 0.0
    below = np.pi * (100 * (4.9 - 4.9**3 / 1200 + 40 / 3) - 49 * (4.9 - 4.9**3 / 867 + 34 / 3))
    assert volume == pytest.approx(below, rel=0.005)


def test_wherever_it_lies(faces: tuple[Surface, Surface]) -> None:
    """Turned and far off, and with the plane told by the endocardium's own rim."""
    turn = np.linalg.qr(np.random.default_rng(2).normal(size=(3, 3)))[0]
    turn *= np.linalg.det(turn)
    moved = [Surface(points=s.points @ turn.T + [300.0, -200.0, 900.0], triangles=s.triangles) for s in faces]
    mesh = ventricle_between(moved[0], moved[1], base_of(moved[0], 0.5), 2.0)
    height = (mesh.points[np.unique(mesh.patch("base").triangles)] - [300.0, -200.0, 900.0]) @ turn[:, 2]
    np.testing.assert_allclose(height, 4.5, atol=0.05)
    straight = ventricle_between(*faces, base_of(faces[0], 0.5), 2.0)
    assert cavity_ml(mesh) == pytest.approx(cavity_ml(straight), rel=0.005)


def fitted(folder: Path, name: str, phase: int) -> Surface:
    found = scan([folder / "models" / f"patient1_{name}_{phase:03d}.vtk"])
    made = read(found.series[0], units="mm", space="LPS")
    assert isinstance(made, Surface)
    return made


@pytest.mark.parametrize("phase", PHASES)
def test_a_real_heart_is_meshed_at_every_phase(shared_data: Path, phase: int) -> None:
    """``heart-mr-cine``: surfaces fitted by biv-me; the epicardium is that of both ventricles."""
    folder = shared_data / "heart-mr-cine"
    endo, epi, rv = (fitted(folder, n, phase) for n in ("LV_ENDOCARDIAL", "EPICARDIAL", "RV_ENDOCARDIAL"))
    wall = wall_between(endo, epi, base_of(endo), rv=rv)
    mesh = mesh_of(wall, 5.6, layers=2)
    assert 3500 < len(mesh.tets) < 7500
    assert_patches_cover_the_boundary(mesh)
    angles = dihedral_deg(mesh)
    assert angles.min() > 10.0
    assert np.percentile(angles.min(axis=1), 1) > 18.0
    assert jacobians(mesh)[0].min() > 0.0
    assert jacobians(mesh_of(wall, 8.0, layers=1, order=2))[0].min() > 0.0
    whole = enclosed_mm3(endo.points, endo.triangles) / 1000.0
    assert 0.89 * whole < cavity_ml(mesh) < whole  # the plane lies 5 mm below the valves
    assert 110.0 < jacobians(mesh)[1] / 1000.0 < 130.0  # the muscle is the same all the time


def test_faults_are_named(faces: tuple[Surface, Surface]) -> None:
    endo, epi = faces
    with pytest.raises(GeometryError, match="outside the epicardium"):
        ventricle_between(epi, endo, BASE, 2.0)
    with pytest.raises(GeometryError, match="does not cut"):
        ventricle_between(endo, epi, BasePlane(np.array([0, 0, 40.0]), BASE.normal), 2.0)
    with pytest.raises(GeometryError, match="no ventricle"):
        ventricle_between(endo, epi, BasePlane(BASE.point, -BASE.normal), 2.0)
    with pytest.raises(GeometryError, match="no normal"):
        ventricle_between(endo, epi, BasePlane(BASE.point, np.zeros(3)), 2.0)
    half = Surface(points=epi.points, triangles=epi.triangles[epi.points[epi.triangles[:, 0], 0] > 0])
    with pytest.raises(GeometryError, match=r"epicardium is open: \d+ %"):
        ventricle_between(endo, half, BASE, 2.0)
    mesh = LAND_2015.mesh(3.0)
    closed = Surface(points=mesh.points, triangles=np.concatenate([p.triangles for p in mesh.patches]))
    with pytest.raises(GeometryError, match="closed"):
        base_of(closed)
    turned = endo.triangles.copy()
    turned[7] = turned[7, ::-1]
    with pytest.raises(GeometryError, match="different directions"):
        enclosed_mm3(endo.points, turned)
