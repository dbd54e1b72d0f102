"""Activation of a left ventricle as large as a man's: conducted, blocked, resynchronized."""

from dataclasses import replace

import numpy as np
import pytest

from physics.activation.rhythm import RHYTHMS, Activation, activation_of
from physics.heart import Coordinates, Ellipsoid, coordinates, fibers_of
from twin.domain import TetMesh
from twin.errors import UserError

SEPTUM = np.array([-50.0, 0.0, 0.0])
"""The right ventricle lies toward −x; the ellipsoid's axis is z, its base above."""


@pytest.fixture(scope="module")
def ventricle() -> tuple[TetMesh, Coordinates]:
    """Half axes as of a healthy adult's cavity and wall, 24 by 60 and 33 by 69 mm."""
    mesh = Ellipsoid(24.0, 60.0, 33.0, 69.0, 18.0).mesh(7.0, layers=2)
    at = coordinates(mesh)
    fibers = fibers_of(mesh, at=at)
    return replace(mesh, axes=np.stack([fibers.fiber, fibers.sheet, fibers.normal], axis=1)), at


def activated(ventricle: tuple[TetMesh, Coordinates], name: str) -> Activation:
    mesh, at = ventricle
    return activation_of(mesh, at, SEPTUM, RHYTHMS[name])


def test_normal_activation_takes_some_80_ms_and_block_markedly_longer(
    ventricle: tuple[TetMesh, Coordinates],
) -> None:
    """``electrophysiology.md``: about 80 ms; left bundle branch block markedly longer."""
    normal, blocked, paced = (activated(ventricle, name) for name in RHYTHMS)
    assert 50 < normal.lasts_ms < 100
    assert blocked.lasts_ms > 1.5 * normal.lasts_ms
    assert paced.lasts_ms < 0.9 * blocked.lasts_ms


def test_block_leaves_the_lateral_wall_last_and_a_lead_takes_it_first(
    ventricle: tuple[TetMesh, Coordinates],
) -> None:
    mesh, _ = ventricle
    x = mesh.points[mesh.tets[:, :4]].mean(axis=1)[:, 0]
    septal, lateral = x < -20, x > 20
    blocked = activated(ventricle, "left bundle branch block").element_ms
    assert blocked[lateral].mean() - blocked[septal].mean() > 50
    paced = activated(ventricle, "resynchronized").element_ms
    assert abs(paced[lateral].mean() - paced[septal].mean()) < 20


def test_without_fibers_it_is_not_guessed(ventricle: tuple[TetMesh, Coordinates]) -> None:
    mesh, at = ventricle
    with pytest.raises(UserError, match="no fibers"):
        activation_of(replace(mesh, axes=None), at, SEPTUM, RHYTHMS["normal"])
