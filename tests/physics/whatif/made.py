"""Hearts for what ifs: one whose chart is the healthy adult's elastance, one with a wall of few elements."""

from dataclasses import replace

import numpy as np

from physics.cardiac.body import quadrature
from physics.circulation import ADULT, Circulation
from physics.circulation.flat import numbers_of
from physics.heart import Ellipsoid, coordinates, fibers_of
from physics.heart.segments import NAMES, segments
from tests.viewers.phantoms import box_mesh
from twin.domain import Heart, TetMesh

SEPTUM = np.array([-50.0, 0.0, 0.0])
"""The right ventricle lies toward −x; the ellipsoid's axis is z, its base above."""


def elastic_heart(circulation: Circulation = ADULT) -> Heart:
    """Return a heart whose left ventricle has the circulation's own elastance, by its tension in kPa."""
    chamber, mesh = circulation.chambers["LV"], box_mesh((1, 1, 1))
    volumes, tensions = np.linspace(20.0, 320.0, 13), np.linspace(0.0, 2.0, 5)
    stiff = chamber.passive_mmhg_per_ml + chamber.active_mmhg_per_ml * tensions
    return Heart(
        mesh, "none", {}, 1.0, numbers_of(circulation), volumes, tensions,
        (volumes[:, None] - chamber.unstressed_ml) * stiff,
        np.zeros((1, len(mesh.points), 3), np.float32), np.zeros((13, 5, 1)), np.zeros((13, 5)),
    )  # fmt: skip


def wall() -> TetMesh:
    """Return half an ellipsoid of a man's size, with fibers and segments."""
    mesh = Ellipsoid(21.0, 51.0, 30.0, 60.0, 15.0).mesh(18.0, layers=1, order=2)
    at = coordinates(mesh)
    middle, inside = fibers_of(mesh, at=at), fibers_of(mesh, at=at, inside=quadrature()[0])
    return replace(
        mesh,
        regions=(segments(mesh, at, SEPTUM) - 1).astype(np.int32),
        region_names=NAMES,
        axes=np.stack([middle.fiber, middle.sheet, middle.normal], axis=-2),
        axes_inside=np.stack([inside.fiber, inside.sheet, inside.normal], axis=-2),
    )


def walled_heart() -> Heart:
    """Return the adult's circulation with that wall, imaged without load; its chart is of no use yet."""
    mesh = wall()
    corners = int(mesh.tets[:, :4].max()) + 1
    return replace(
        elastic_heart(), mesh=mesh, law="holzapfel–ogden", constants={"stiffness_kpa": 1.0, "bend": 0.6},
        springs={"pericardium_kpa_per_mm": 0.1, "base_kpa_per_mm": 0.05, "ring_kpa_per_mm": 0.1},
        imaged=mesh.points, imaged_mmhg=0.0, wall_mpa=np.zeros(corners), peak_kpa=90.0,
        modes=np.zeros((1, len(mesh.points), 3), np.float32),
    )  # fmt: skip
