"""Scar from labels to the wall: how much of each element is dead, and what that does."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from physics.circulation import ADULT
from physics.heart.scar import LIVING, SCAR, dead_in, scar_numbers, with_scar
from physics.heart_steps import BeatParams, holds_scar
from physics.whatif.wall import infarcted, wall_of
from tests.physics.whatif.made import wall, walled_heart
from twin import codec
from twin.domain import Heart, LabelMap, Motion, MovingSurface, Structure, TetMesh
from twin.errors import UserError

SPACING = np.array([1.5, 1.5, 8.0])
BESIDE = 0, 0
"""Mesh and labels of one phase."""


@pytest.fixture(scope="module")
def mesh() -> TetMesh:
    return wall()


def motion(mesh: TetMesh) -> Motion:
    """Return the wall's faces at two phases; at the second one all of it is three millimeters up."""
    surfaces = []
    for name, patch in (("endocardium", "endo_lv"), ("epicardium", "epi")):
        points = mesh.points.astype(np.float32)
        surfaces.append(
            MovingSurface(
                name, np.stack([points, points + np.float32([0, 0, 3])]), mesh.patch(patch).triangles
            )
        )
    none = np.zeros(2)
    return Motion(tuple(surfaces), np.array([0.0, 0.5]), 0.8, none, none, 0, 1)


def centers() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return voxel centers (k, j, i, 3) of short-axis slices about the ellipsoid, and their affine."""
    affine = np.eye(4)
    affine[:3, :3] = np.diag(SPACING)
    affine[:3, 3] = -45.0, -45.0, -60.0
    k, j, i = np.indices((12, 60, 60))
    return np.stack([i, j, k], axis=-1) * SPACING + affine[:3, 3], affine


def in_wall(places: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which places lie in ``wall``: between spheroids of 21/51 and 30/60 mm, below 15 mm."""
    x, y, z = np.moveaxis(places, -1, 0)
    inner, outer = ((x * x + y * y) / a**2 + z * z / b**2 for a, b in ((21.0, 51.0), (30.0, 60.0)))
    return np.asarray((inner >= 1.0) & (outer <= 1.0) & (z <= 15.0))


def cut_spheroid_ml(across: float, along: float) -> float:
    """π b² (h + a − (h³ + a³) / 3a²) below h = 15 mm."""
    h, a = 15.0, along
    return float(np.pi * across**2 * (h + a - (h**3 + a**3) / (3 * a**2)) / 1000)


def labels(dead: NDArray[np.bool_], shift_px: dict[int, int] | None = None) -> LabelMap:
    """Return scar and living muscle; some slices are shown so many pixels along i."""
    places, affine = centers()
    ring = in_wall(places)
    found = np.where(ring & dead, 1, np.where(ring, 2, 0)).astype(np.uint8)
    for k, by in (shift_px or {}).items():
        found[k] = np.roll(found[k], by, axis=1)
    return LabelMap(found, affine, (Structure(SCAR, 1, SCAR), Structure(LIVING, 2)))


def anterior() -> NDArray[np.bool_]:
    return np.asarray(centers()[0][..., 1] > 0.0)


def test_a_half_that_is_dead_is_half_of_the_wall(mesh: TetMesh) -> None:
    dead = dead_in(mesh, labels(anterior()), motion(mesh), BESIDE)
    middle = mesh.points[mesh.tets[:, :4]].mean(axis=1)
    assert dead.share[middle[:, 1] < -8.0].max() < 0.02
    assert np.median(dead.share[(middle[:, 1] > 8.0) & (middle[:, 2] < 8.0)]) > 0.99
    told = scar_numbers(replace(mesh, living=1.0 - dead.share))
    assert told[1].value == pytest.approx(50.0, abs=3.0)  # voxels of 1.5 mm, slices of 8 mm, faceted faces
    wall_ml = (cut_spheroid_ml(30.0, 60.0) - cut_spheroid_ml(21.0, 51.0)) * told[1].value / 100
    assert told[0].value == pytest.approx(1.05 * wall_ml, rel=0.03)  # 18 mm curved elements
    assert "whose steps do not end where the wall does" in told[0].remark


def test_the_mesh_tells_the_labels_own_mass_beside_its_scars(mesh: TetMesh) -> None:
    made = labels(anterior())
    voxel_ml = abs(np.linalg.det(made.affine[:3, :3])) / 1000
    grams = 1.05 * np.count_nonzero(made.mask(SCAR)) * voxel_ml
    notes = with_scar(mesh, made, 3.0, motion(mesh), BESIDE).notes
    assert any(note.startswith(f"The scar's labels come to {grams:.1f} g by their voxels") for note in notes)


def test_a_slice_beside_the_wall_is_put_back(mesh: TetMesh) -> None:
    """Six millimeters (four pixels) along i in two slices: as it was without, within the pixels' grain."""
    right = dead_in(mesh, labels(anterior()), motion(mesh), BESIDE)
    moved = dead_in(mesh, labels(anterior(), {4: 4, 6: -4}), motion(mesh), BESIDE)
    assert moved.moved_mm[[4, 6]] == pytest.approx(6.0, abs=1.0)
    assert np.delete(moved.moved_mm, [4, 6]).max() < 1.0
    assert np.abs(moved.share - right.share).mean() < 0.02
    told = with_scar(mesh, labels(anterior(), {4: 4}), 3.0, motion(mesh), BESIDE).notes
    assert any("put right: 5 by " in note for note in told)


def test_scar_of_another_phase_goes_with_the_wall(mesh: TetMesh) -> None:
    at = labels(anterior())
    up = replace(at, affine=at.affine + np.array([[0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 3.0], [0, 0, 0, 0]]))
    carried = dead_in(mesh, up, motion(mesh), (0, 1))
    np.testing.assert_allclose(carried.share, dead_in(mesh, at, motion(mesh), BESIDE).share, atol=0.08)


def test_any_painted_structure_is_scar_where_it_is_named(mesh: TetMesh) -> None:
    painted = replace(labels(anterior()), structures=(Structure("drawn", 1), Structure("something else", 2)))
    with pytest.raises(UserError, match="Which of the labels"):
        dead_in(mesh, painted, motion(mesh), BESIDE)
    one = dead_in(mesh, painted.part("drawn"), motion(mesh), BESIDE)
    known = dead_in(mesh, labels(anterior()), motion(mesh), BESIDE)
    # Without the ring, the coarse mesh's edges beside it count as living: a tenth of the wall.
    assert one.share.sum() > 0.85 * known.share.sum()
    away = painted.affine.copy()
    away[:3, 3] += 200.0
    with pytest.raises(UserError, match="None of the scar's labels"):
        dead_in(mesh, replace(painted.part("drawn"), affine=away), motion(mesh), BESIDE)
    with pytest.raises(UserError, match="different frames"):
        dead_in(
            replace(mesh, frame_of_reference="1.2"), replace(painted, frame_of_reference="1.3"),
            motion(mesh), BESIDE,
        )  # fmt: skip


def test_steps_find_labels_that_hold_scar_by_their_names() -> None:
    trees = [codec.encode(labels(anterior())).tree]
    trees.append(codec.encode(replace(labels(anterior()), structures=(Structure("liver", 1),))).tree)
    assert [holds_scar(tree) for tree in trees] == [True, False]


def test_a_mesh_of_before_loads_without_scar(mesh: TetMesh) -> None:
    taken = codec.encode(mesh)
    for name in ("living", "stiffness"):
        taken.tree.pop(name)
    old = codec.decode(taken)
    assert isinstance(old, TetMesh)
    assert old.living is None
    assert old.stiffness is None
    assert scar_numbers(old) == ()


def scarred_heart() -> Heart:
    own = walled_heart()
    return replace(own, mesh=with_scar(own.mesh, labels(anterior()), 3.0, motion(own.mesh), BESIDE))


def test_scar_pulls_nothing_and_is_stiffer_and_an_infarct_comes_on_top() -> None:
    """A dead element: no tension, three times the law's stresses; shares in between."""
    own, heart = walled_heart(), scarred_heart()
    living, apex = heart.mesh.living, (13, 14, 15, 16, 17)
    assert living is not None
    assert living.min() == 0.0
    before, after = (wall_of(h, BeatParams(), np.cos, ADULT.beat_s).ventricle for h in (own, heart))
    np.testing.assert_allclose(after.pulling(10.0)[:, 0], before.pulling(10.0)[:, 0] * living)
    scales = list(after.body.law.stress_scales)
    factor = (after.body.numbers / np.where(before.body.numbers == 0, 1, before.body.numbers))[:, scales]
    ratio = factor[:, np.abs(before.body.numbers[0, scales]) > 0]
    np.testing.assert_allclose(ratio, np.repeat((3.0 - 2.0 * living)[:, None], ratio.shape[1], axis=1))
    both = wall_of(heart, BeatParams(infarct_segments=apex), np.cos, ADULT.beat_s)
    left = np.where(infarcted(heart.mesh, apex), 0.0, living)
    np.testing.assert_allclose(both.ventricle.pulling(10.0)[:, 0], before.pulling(10.0)[:, 0] * left)
    volumes = both.ventricle.body.volumes_mm3
    assert both.course(np.zeros(1))[0] == pytest.approx(volumes @ left / (volumes @ living))


@pytest.mark.slow
def test_a_scarred_wall_presses_less_under_tension_and_more_at_ease() -> None:
    own, heart = walled_heart(), scarred_heart()
    soft = replace(heart, mesh=replace(heart.mesh, stiffness=None))
    walls = [wall_of(h, BeatParams(), np.cos, ADULT.beat_s) for h in (own, soft, heart)]
    volume = 1.25 * walls[0].rest.volume_ml
    at_ease = [w.ventricle.at(volume, 0.0, w.rest).pressure_mmhg for w in walls]
    assert at_ease[1] == pytest.approx(at_ease[0], rel=1e-3)
    assert at_ease[2] > 1.2 * at_ease[0]
    pulling = [w.ventricle.at(volume, 20.0, w.rest).pressure_mmhg for w in walls[:2]]
    assert pulling[1] < 0.9 * pulling[0]
