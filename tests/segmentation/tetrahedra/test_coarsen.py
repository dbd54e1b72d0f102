"""A mesh made coarser keeps its shape, its topology and its patches."""

from dataclasses import replace

import numpy as np
import pytest

from physics.heart import cavity_ml
from physics.heart.cavity import rims
from physics.verify import meshes
from segmentation.tetrahedra.coarsen import coarsen
from segmentation.tetrahedra.quality import dihedral_angles, volumes_mm3
from segmentation.tetrahedra.report import boundary
from tests.physics.heart.shapes import assert_patches_cover_the_boundary, two_ventricles
from twin.domain import Patch, TetMesh
from twin.errors import GeometryError

SIZE = np.array([12.0, 10.0, 8.0])


def box() -> TetMesh:
    """A box, each of its faces a patch, its right half another region."""
    mesh = meshes.box((12, 10, 8), tuple(SIZE), quadratic=False, jitter=0.2)
    faces = boundary(mesh.tets)
    at = mesh.points[faces]
    patches = tuple(
        Patch(f"{axis}{end:g}", faces[(np.abs(at[:, :, axis] - end) < 1e-9).all(axis=1)])
        for axis in range(3)
        for end in (0.0, SIZE[axis])
    )
    right = mesh.points[mesh.tets].mean(axis=1)[:, 0] > 6.0
    return replace(mesh, regions=right.astype(np.int32), region_names=("left", "right"), patches=patches)


@pytest.mark.slow
def test_a_box_stays_a_box() -> None:
    mesh = box()
    made = coarsen(mesh, len(mesh.tets) // 6)
    assert len(made.tets) <= len(mesh.tets) // 6
    volumes = volumes_mm3(made.points, made.tets)
    assert volumes.min() > 0.0
    assert volumes.sum() == pytest.approx(12 * 10 * 8, rel=1e-12)
    assert_patches_cover_the_boundary(made)
    for axis in range(3):
        for end in (0.0, SIZE[axis]):
            assert np.allclose(made.points[made.patch(f"{axis}{end:g}").triangles, axis], end)
    assert np.bincount(made.regions, volumes) == pytest.approx([480.0, 480.0], rel=0.1)
    ours = {tuple(p) for p in made.points.round(9)}
    assert ours <= {tuple(p) for p in mesh.points.round(9)}  # nodes that stay keep their places


def euler(mesh: TetMesh) -> int:
    """Return nodes less edges plus triangles of the boundary: it falls by 2 with each handle."""
    faces = boundary(mesh.tets)
    edges = np.unique(np.sort(faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1), axis=0)
    return len(np.unique(faces)) - len(edges) + len(faces)


@pytest.mark.slow
def test_thin_walls_stay_whole() -> None:
    """Two ventricles: one wall, two cavities, each with one rim; no handle more and no hole."""
    mesh = two_ventricles()
    made = coarsen(mesh, 6000)
    assert len(made.tets) <= 6000
    assert_patches_cover_the_boundary(made)
    assert euler(made) == euler(mesh)
    assert volumes_mm3(made.points, made.tets).min() > 0.0
    assert dihedral_angles(made.points, made.tets).min() > 8.0
    for name in ("endo_lv", "endo_rv"):
        assert len(rims(made.patch(name).triangles)) == 1
        assert cavity_ml(made, name) == pytest.approx(cavity_ml(mesh, name), rel=0.04)
    whole = volumes_mm3(mesh.points, mesh.tets).sum()
    assert volumes_mm3(made.points, made.tets).sum() == pytest.approx(whole, rel=0.03)


def test_a_coarse_mesh_is_left_alone_and_a_quadratic_one_refused() -> None:
    mesh = box()
    assert len(coarsen(mesh, 10**6).tets) == len(mesh.tets)
    with pytest.raises(GeometryError, match="Elements of 10 nodes"):
        coarsen(meshes.box((1, 1, 1), (1.0, 1.0, 1.0), quadratic=True), 5)
