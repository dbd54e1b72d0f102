"""Strains and twist of a ventricle that is deformed in a known way."""

import numpy as np
import pytest

from physics.heart import LAND_2015
from physics.heart.deformation import Deformation, deformation_of
from twin.domain import TetMesh


@pytest.fixture(scope="module")
def mesh() -> TetMesh:
    return LAND_2015.mesh(3.0, layers=1, order=2)


def twisted(points: np.ndarray, per_mm: float) -> np.ndarray:
    """Turn each plane of the axis (z, the apex at -20 mm) in proportion to its height."""
    angle = per_mm * points[:, 2]
    x, y, z = points.T
    return np.stack([np.cos(angle) * x - np.sin(angle) * y, np.sin(angle) * x + np.cos(angle) * y, z], axis=1)


def stretched(points: np.ndarray, along: float, across: float) -> np.ndarray:
    return points * [across, across, along]


def found(mesh: TetMesh, *later: np.ndarray) -> Deformation:
    return deformation_of(mesh, [mesh.points, *later], 0)


def test_nothing_moves(mesh: TetMesh) -> None:
    still = found(mesh, mesh.points + np.array([3.0, -2.0, 1.0]))
    for strain in (still.longitudinal, still.circumferential, still.radial, still.twist_deg):
        np.testing.assert_allclose(strain, 0.0, atol=1e-9)


def test_a_stretch_of_all_is_a_strain_of_all(mesh: TetMesh) -> None:
    grown = found(mesh, stretched(mesh.points, 1.1, 1.1))
    for strain in (grown.longitudinal, grown.circumferential, grown.radial, *grown.by_segment.values()):
        np.testing.assert_allclose(strain, [0.0, 0.1], atol=1e-9)


def test_around_and_along_are_told_apart(mesh: TetMesh) -> None:
    """Across the axis by -20 %: exactly that around it; along, only where the wall leans."""
    squeezed = found(mesh, stretched(mesh.points, 1.0, 0.8))
    np.testing.assert_allclose(squeezed.circumferential[1], -0.2, atol=0.005)
    assert -0.1 < squeezed.longitudinal[1] < 0.0
    shortened = found(mesh, stretched(mesh.points, 0.8, 1.0))
    np.testing.assert_allclose(shortened.circumferential[1], 0.0, atol=0.005)
    assert -0.2 < shortened.longitudinal[1] < -0.1


def test_twist_is_counter_clockwise_seen_from_the_apex(mesh: TetMesh) -> None:
    """From the apex one looks along +z: what turns clockwise about +z there turns counter-clockwise.

    Cavity from its apex at -17 to the base at 5 mm: heights of 0.25 and 0.75 lie 11 mm apart. 2° a mm are
    22°; large turns within a band of nodes do not add up to quite their mean.
    """
    turned = found(mesh, twisted(mesh.points, np.radians(2.0)))
    assert turned.twist_deg[0] == 0.0
    assert turned.twist_deg[1] == pytest.approx(22.0, rel=0.03)
    assert found(mesh, twisted(mesh.points, np.radians(-2.0))).twist_deg[1] == pytest.approx(-22.0, rel=0.03)
