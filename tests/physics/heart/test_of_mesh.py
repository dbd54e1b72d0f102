"""A mesh that comes from elsewhere, made ready for mechanics."""

from dataclasses import replace

import numpy as np
import pytest

from physics.cardiac.body import quadrature
from physics.heart import LAND_2015
from physics.heart.of_mesh import RIGHT, with_fibers
from physics.heart_steps import FiberParams
from segmentation.tetrahedra.coarsen import coarsen
from segmentation.tetrahedra.steps import CoarsenParams, coarsen_mesh
from tests.physics.heart.shapes import degrees_between, two_ventricles
from twin.domain import TetMesh
from twin.errors import GeometryError
from twin.progress import Progress


def laid(mesh: TetMesh, given: TetMesh | None = None) -> TetMesh:
    made = with_fibers(mesh, given, FiberParams(), Progress()).outputs["ventricle mesh"]
    assert isinstance(made, TetMesh)
    return made


def test_both_ventricles_get_fibers_segments_and_nodes_amid_edges() -> None:
    coarse = coarsen(two_ventricles(), 1500)
    made = laid(coarse)
    assert made.tets.shape[1] == 10
    np.testing.assert_allclose(
        made.points[made.tets[:, 4]], made.points[made.tets[:, :2]].mean(axis=1), atol=1e-12
    )
    assert made.axes is not None
    assert made.axes_inside is not None
    assert made.axes_inside.shape == (len(made.tets), len(quadrature()[0]), 3, 3)
    for axes in (made.axes, made.axes_inside):
        np.testing.assert_allclose(
            axes @ np.swapaxes(axes, -1, -2), np.broadcast_to(np.eye(3), axes.shape), atol=1e-9
        )
    # The right ventricle's free wall lies outside the left one: an ellipsoid of 34, 34 and 82 mm.
    middle = made.points[made.tets[:, :4]].mean(axis=1)
    right = made.regions == made.region_names.index(RIGHT)
    assert 0.1 < right.mean() < 0.6
    assert (np.linalg.norm(middle[right] / [34.0, 34.0, 82.0], axis=1) > 0.95).mean() > 0.98
    assert any("by rule" in note for note in made.notes)


def test_fibers_of_a_finer_mesh_are_carried() -> None:
    fine = laid(LAND_2015.mesh(0.9))
    fine = replace(
        fine, tets=fine.tets[:, :4], points=fine.points[: fine.tets[:, :4].max() + 1], axes_inside=None
    )
    coarse = LAND_2015.mesh(2.2)
    made, ruled = laid(coarse, fine), laid(coarse)
    assert made.axes is not None
    assert ruled.axes is not None
    assert np.median(degrees_between(made.axes[:, 0], ruled.axes[:, 0])) < 6.0
    with pytest.raises(GeometryError, match="has none"):
        laid(coarse, coarse)
    with pytest.raises(GeometryError, match="not of one heart"):
        laid(coarse, replace(fine, points=fine.points + 40.0))
    with pytest.raises(GeometryError, match="four nodes"):
        laid(made)


def test_a_coarser_mesh_says_that_its_directions_are_gone() -> None:
    mesh = LAND_2015.mesh(2.2)
    mesh = replace(mesh, axes=np.tile(np.eye(3), (len(mesh.tets), 1, 1)))
    made = coarsen_mesh(mesh, CoarsenParams(tets=len(mesh.tets) // 2), Progress())
    (coarse,) = made.outputs.values()
    assert isinstance(coarse, TetMesh)
    assert coarse.axes is None
    assert made.summary["elements"] == len(coarse.tets) < len(mesh.tets)
    assert any("lay them anew" in note for note in coarse.notes)
