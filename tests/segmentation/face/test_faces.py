"""Faces taken off: a made head in every position, and real ones."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from segmentation.face.remove import Faceless, solid, surface_without_face, without_face
from segmentation.face.zone import find_face
from twin.domain import Identity, Surface, Volume
from twin.progress import Progress

STEP = 3.0


def made_head() -> Volume:
    """Return a CT of a head: 150 × 190 × 220 mm, bone 6 mm thick, a brain, and a nose 17 mm high."""
    axes = (np.arange(low, high, STEP) for low, high in ((-90, 150), (-130, 121), (-95, 96)))
    z, y, x = np.meshgrid(*axes, indexing="ij")

    def ball(a: float, b: float, c: float) -> NDArray[np.bool_]:
        return (x / a) ** 2 + (y / b) ** 2 + ((z - 30) / c) ** 2 <= 1

    hu = np.full(z.shape, -1000.0)
    nose = (np.abs(x) < 12 - (-95 - y) / 2) & (y > -112) & (y < -80) & (np.abs(z - 4) < 14)
    hu[ball(75, 95, 110) | nose] = 40.0
    hu[ball(69, 86, 104)] = 900.0
    hu[ball(63, 80, 98)] = 35.0
    affine = np.diag([STEP, STEP, STEP, 1.0])
    affine[:3, 3] = (-95, -130, -90)
    return Volume(hu.astype(np.int16), affine, "CT", unit="HU", frame_of_reference="1.2")


def turned(volume: Volume, axes: tuple[int, int, int], flips: tuple[int, ...]) -> Volume:
    """Return the same head on a grid whose axes run elsewhere."""
    voxels = np.transpose(volume.voxels, axes)
    affine = volume.affine.copy()
    affine[:3, :3] = affine[:3, [2 - a for a in axes[::-1]]]
    for axis in flips:
        voxels = np.flip(voxels, axis)
        column = 2 - axis
        affine[:3, 3] += affine[:3, column] * (voxels.shape[axis] - 1)
        affine[:3, column] *= -1
    return dataclasses.replace(volume, voxels=np.ascontiguousarray(voxels), affine=affine)


def test_the_face_goes_and_bone_and_brain_stay() -> None:
    head = made_head()
    new, face = without_face(head)
    assert face is not None
    x, y, z = face.nose_lps_mm  # the nose's front is flat: 28 mm high, up to 18 mm
    assert abs(x) < 4
    assert y == pytest.approx(-112, abs=4)
    assert abs(z - 4) <= 14
    before, after = head.voxels, new.voxels
    assert np.array_equal(before[before > 500], after[before > 500])
    places = np.indices(before.shape)[::-1]
    world = [STEP * n + o for n, o in zip(places, (-95, -130, -90), strict=True)]
    brain = (world[0] / 62) ** 2 + (world[1] / 79) ** 2 + ((world[2] - 30) / 97) ** 2 <= 1
    assert np.array_equal(before[brain], after[brain])
    # Before the skull nothing is left of the face, and the back of the head is as it was.
    front = (world[1] < -60) & (world[2] > -60) & (world[2] < 40)
    assert (before[front] == 40).sum() * STEP**3 > 24_000
    assert (after[front] == 40).sum() == 0
    back = world[1] > 20
    assert np.array_equal(before[back], after[back])
    assert "face was removed" in new.notes[-1]


@pytest.mark.parametrize(("axes", "flips"), [((0, 1, 2), (0, 1)), ((2, 0, 1), (1,)), ((2, 1, 0), (0, 2))])
def test_however_the_grid_runs(axes: tuple[int, int, int], flips: tuple[int, ...]) -> None:
    head = made_head()
    plain, other = find_face(head), find_face(turned(head, axes, flips))
    assert plain is not None
    assert other is not None
    assert np.linalg.norm(plain.nose_lps_mm - other.nose_lps_mm) < 1.5 * STEP
    assert other.zone.sum() == pytest.approx(plain.zone.sum(), rel=0.02)


def test_stored_numbers_and_their_scale() -> None:
    head = made_head()
    stored = dataclasses.replace(
        head, voxels=((head.voxels + 1024) // 2).astype(np.uint16), slope=2.0, intercept=-1024.0
    )
    new, face = without_face(stored)
    assert face is not None
    assert new.voxels.dtype == np.uint16
    assert new.voxels[face.zone & (stored.voxels < 600)].max() == 12  # −1000 HU


def test_what_is_no_head_stays(shared_data: Path) -> None:
    ball = made_head()
    nothing = dataclasses.replace(ball, voxels=np.full_like(ball.voxels, -1000))
    assert without_face(nothing)[0] is nothing
    wide = dataclasses.replace(ball, affine=np.diag([6.0, 6.0, 6.0, 1.0]))  # 300 mm wide: a trunk
    assert without_face(wide)[1] is None
    assert without_face(read(shared_data / "ct-hip" / "dicom"))[1] is None
    assert without_face(read(shared_data / "ct-torso" / "ct.nii.gz", modality="CT"))[1] is None


def read(path: Path, **choices: Any) -> Volume:
    from twin.sources import read, scan

    found = scan([path], Progress())
    entity = read(found.series[0], progress=Progress(), **choices)
    assert isinstance(entity, Volume)
    return entity


def test_a_real_head(shared_data: Path) -> None:
    """The nose's tip was read off the picture: (-121, -229, 31) mm in the file's own space."""
    head = read(shared_data / "ct-head-256", modality="CT")
    new, face = without_face(head)
    assert face is not None
    assert np.linalg.norm(face.nose_lps_mm - (-121.5, -228.7, 31.5)) < 5
    assert 250 < face.tissue_ml < 600
    before, after = head.voxels, new.voxels
    assert np.array_equal(before[before > 180], after[before > 180])
    changed = before != after
    # Nothing of the brain: above the orbits no voxel of brain (0 to 80 HU, 20 mm inside) changed.
    from scipy import ndimage

    inside = ndimage.distance_transform_edt(before > -300, sampling=(1.5, 0.957, 0.957)) > 20
    brain = inside & (before > 0) & (before < 80)
    brain[:52] = False
    assert brain.sum() > 1e5
    assert not (changed & brain).any()
    # Of the skin in the middle of the face nothing is left.
    k, j, i = np.rint(np.linalg.inv(head.affine) @ [*face.nose_lps_mm, 1])[:3].astype(int)[::-1]
    assert (after[k - 4 : k + 5, j - 5 : j + 6, i - 6 : i + 7] < -300).mean() > 0.95


def test_a_head_that_the_image_cuts_off_above_and_in_front(shared_data: Path) -> None:
    """Without its rescale intercept, the nose and the forehead beyond the field of view."""
    head = read(shared_data / "ct-head" / "dicom")
    new, face = without_face(head)
    assert face is not None
    assert face.tissue_ml > 250
    assert np.array_equal(new.voxels[head.voxels > 1204], head.voxels[head.voxels > 1204])


def test_surfaces_of_skin_are_cut_and_bones_are_not() -> None:
    from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
    from vtkmodules.vtkCommonDataModel import vtkImageData
    from vtkmodules.vtkFiltersCore import vtkFlyingEdges3D

    head = made_head()

    def surface(hu: float) -> Surface:
        image = vtkImageData()
        image.SetDimensions(head.voxels.shape[::-1])
        image.GetPointData().SetScalars(numpy_to_vtk(head.voxels.ravel().astype(np.float32)))
        edges = vtkFlyingEdges3D()
        edges.SetInputData(image)
        edges.SetValue(0, hu)
        edges.Update()
        points = vtk_to_numpy(edges.GetOutput().GetPoints().GetData()).astype(float)
        triangles = vtk_to_numpy(edges.GetOutput().GetPolys().GetConnectivityArray()).reshape(-1, 3)
        world = points @ head.affine[:3, :3].T + head.affine[:3, 3]
        return Surface(points=world, triangles=triangles.astype(np.int32), frame_of_reference="1.2")

    skin, bone = surface(-300.0), surface(500.0)
    by_image = Faceless((head,))
    cut = by_image(skin)
    assert isinstance(cut, Surface)
    assert cut.points[:, 1].min() > -98  # the nose reaches to -112, the skin beside it to -95
    assert cut.points[:, 1].max() == skin.points[:, 1].max()
    assert len(cut.triangles) > 0.5 * len(skin.triangles)
    assert by_image(bone) is bone
    # With no image beside it, the surface itself says where its face is.
    alone = Faceless()(skin)
    assert isinstance(alone, Surface)
    assert alone.points[:, 1].min() > -98
    # So it does beside an image of another space, which says nothing of it.
    elsewhere = dataclasses.replace(skin, frame_of_reference="1.3")
    assert by_image(elsewhere).points[:, 1].min() > -98  # type: ignore[union-attr]
    body, affine = solid(skin)
    assert body.sum() * 8 == pytest.approx((head.voxels > -300).sum() * STEP**3, rel=0.05)
    assert surface_without_face(skin, None, affine) is skin


def test_the_fallback_needs_a_word_or_a_skull() -> None:
    """A ball without a nose: as MR it is nothing, as MR of a head it is a head."""
    head = made_head()
    smooth = head.voxels.copy()
    smooth[:, :12][smooth[:, :12] == 40] = -1000  # the nose is cut off by the field of view
    mr = dataclasses.replace(
        head, voxels=np.where(smooth > -500, 300, 5).astype(np.int16), modality="MR", unit=""
    )
    assert find_face(mr) is None
    named = dataclasses.replace(mr, identity=Identity(body_part="HEAD"))
    assert find_face(named) is not None
