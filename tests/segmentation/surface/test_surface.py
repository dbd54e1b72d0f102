from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra.numpy import arrays

from segmentation.surface.boxtree import BoxTree
from segmentation.surface.faults import faults
from segmentation.surface.steps import SurfaceParams, make_surface
from segmentation.surface.topology import normals, volume_mm3
from tests.segmentation.surface import shapes
from twin.domain import LabelMap, Structure, Surface
from twin.errors import UserError
from twin.progress import Progress


def made(labels: LabelMap, **params: object) -> tuple[Surface, dict]:
    step = make_surface(labels, SurfaceParams(**params), Progress())
    surface = step.outputs["surface"]
    assert isinstance(surface, Surface)
    return surface, step.summary


def tilt_deg(surface: Surface, distance: shapes.Distance) -> np.ndarray:
    """Angle between each triangle's normal and the true one: what is left of the stairs."""
    middle = surface.points[surface.triangles].mean(axis=1)
    step = 1e-3 * np.eye(3)
    true = np.stack([distance(middle + s) - distance(middle - s) for s in step], axis=1)
    normal = normals(surface.points, surface.triangles)
    cosine = (
        np.einsum("ij,ij->i", true, normal) / np.linalg.norm(true, axis=1) / np.linalg.norm(normal, axis=1)
    )
    return np.degrees(np.arccos(np.clip(cosine, -1, 1)))


@pytest.mark.parametrize(
    ("distance", "half", "spacing"),
    [
        (shapes.ball(12), 16, (1, 1, 1)),
        (shapes.ball(20), 24, (0.8, 0.8, 1.0)),
        (shapes.torus(16, 6), 25, (1, 1, 1)),
        (shapes.ball(20), 24, (0.7, 0.7, 2.0)),
    ],
)
def test_smooth_bodies_come_back_within_a_tenth_of_a_voxel(distance, half, spacing) -> None:
    surface, summary = made(shapes.labelmap(distance, half, spacing))
    assert np.abs(distance(surface.points)).mean() < 0.1 * max(spacing)
    assert faults(surface.points, surface.triangles) == ()
    # A raw net's normals are off by some 25 degrees on average; a tenth of that is no stairs.
    raw, _ = made(shapes.labelmap(distance, half, spacing), smooth_voxels=0)
    assert tilt_deg(surface, distance).mean() < 0.25 * tilt_deg(raw, distance).mean()
    assert np.percentile(tilt_deg(surface, distance), 95) < 10 * max(spacing) / min(spacing)
    assert abs(summary["volume_error_percent"]) < 0.01


def test_summary_tells_what_was_made() -> None:
    labels = shapes.labelmap(shapes.ball(12), 16)
    surface, summary = made(labels)
    assert summary["points"] == len(surface.points)
    assert summary["triangles"] == len(surface.triangles)
    # A closed surface of genus 0 (Euler): triangles = 2 points − 4.
    assert summary["triangles"] == 2 * summary["points"] - 4
    assert summary["volume_ml"] == pytest.approx(labels.labels.sum() / 1000, rel=1e-4)
    assert summary["area_mm2"] == pytest.approx(4 * np.pi * 12**2, rel=0.01)
    assert summary["pieces"] == 1
    assert summary["distance_to_label_mean_mm"] < 0.3  # of a stair: 0.25 of a voxel for a plane
    assert (surface.structure, surface.term, surface.side) == ("left femur", "femur", "left")
    assert surface.frame_of_reference == "1.2.3"
    assert surface.identity.patient_id == "P1"
    assert surface.cut is None


def test_a_structures_own_color_goes_on_to_its_surface() -> None:
    labels = shapes.labelmap(shapes.ball(6), 8)
    tinted = replace(labels, structures=(replace(labels.structures[0], color="#12AB34"),))
    assert made(tinted)[0].color == "#12AB34"
    assert made(labels)[0].color == ""


def test_mirrored_affine_still_faces_outward() -> None:
    labels = shapes.labelmap(shapes.ball(6), 9)
    mirrored = shapes.from_mask(labels.labels, np.diag([-1.0, 1.0, 1.0, 1.0]))
    surface, _ = made(mirrored)
    assert volume_mm3(surface.points, surface.triangles) == pytest.approx(labels.labels.sum(), rel=1e-6)


def test_oblique_affine_places_the_surface() -> None:
    labels = shapes.labelmap(shapes.ball(6), 9)
    turn, _ = np.linalg.qr(np.array([[3.0, 1.0, 0.5], [-1.0, 3.0, 0.7], [0.2, -0.6, 3.0]]))
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = turn, (5, -7, 11)
    straight, _ = made(labels)
    turned, _ = made(shapes.from_mask(labels.labels, affine))
    expected = (straight.points + 9) @ turn.T + (5, -7, 11)
    np.testing.assert_allclose(turned.points, expected, atol=1e-9)


def test_border_cuts_flat_and_sharp() -> None:
    labels = shapes.labelmap(shapes.ball(12), 16)
    half = shapes.from_mask(labels.labels[14:], labels.affine)  # first slice left: z = 14 of 0..32
    surface, summary = made(half)
    assert surface.cut is not None
    on_cut = np.unique(surface.triangles[surface.cut])
    # The outer face of the first slice's voxels: half a voxel below their centers (affine: −16).
    np.testing.assert_allclose(surface.points[on_cut, 2], -16.5, atol=1e-9)
    normal = normals(surface.points, surface.triangles)[surface.cut]
    assert (normal[:, 2] < 0).all()
    np.testing.assert_allclose(-normal[:, 2].sum(), half.labels[0].sum(), rtol=0.02)
    assert faults(surface.points, surface.triangles) == ()
    assert summary["cut_triangles"] == surface.cut.sum()
    # Nothing else is flat on the plane, and the rim is round: a circle of the ball.
    assert not (surface.points[np.unique(surface.triangles[~surface.cut]), 2] < -16.5 - 1e-9).any()
    rim = np.intersect1d(on_cut, np.unique(surface.triangles[~surface.cut]))
    # The first slice's centers lie at z = −2 of the ball, whose circle there has this radius.
    true = np.sqrt(12**2 - (-2 - shapes.CENTER[2]) ** 2)
    radius = np.linalg.norm(surface.points[rim, :2] - shapes.CENTER[:2], axis=1)
    assert np.abs(radius - true).mean() < 0.15
    assert np.abs(radius - true).max() < 0.5
    assert any("cuts" in note for note in surface.notes)


def test_body_that_fills_the_image_is_a_box() -> None:
    surface, _ = made(shapes.from_mask(np.ones((4, 5, 6), bool)))
    assert surface.cut is not None
    assert surface.cut.all()
    assert volume_mm3(surface.points, surface.triangles) == pytest.approx(120)
    np.testing.assert_allclose(surface.points.min(axis=0), -0.5, atol=1e-9)


@settings(max_examples=60, deadline=None)
@given(arrays(bool, (5, 5, 5)))
def test_any_voxels_give_a_closed_manifold(mask: np.ndarray) -> None:
    if not mask.any():
        return
    surface, summary = made(shapes.from_mask(mask))
    assert summary["open_edges"] == summary["non_manifold_edges"] == summary["non_manifold_points"] == 0
    assert {f.name for f in faults(surface.points, surface.triangles)} <= {"self-intersections"}


def test_thin_plate_stays_whole() -> None:
    distance = shapes.plate((12, 9, 0.9))
    _, summary = made(shapes.labelmap(distance, 16))
    assert summary["pieces"] == 1
    assert summary["self_intersections"] == 0
    assert abs(summary["volume_error_percent"]) < 0.1


def test_pieces_kept_or_not() -> None:
    mask = np.zeros((12, 12, 24), bool)
    mask[2:10, 2:10, 2:10] = True
    mask[4:8, 4:8, 15:19] = True
    assert made(shapes.from_mask(mask))[1]["pieces"] == 2
    _, summary = made(shapes.from_mask(mask), keep="largest")
    assert summary["pieces"] == 1
    assert summary["volume_ml"] == pytest.approx(0.512, rel=1e-6)


def test_cavity_is_kept() -> None:
    mask = np.zeros((20, 20, 20), bool)
    mask[3:17, 3:17, 3:17] = True
    mask[8:12, 8:12, 8:12] = False
    _, summary = made(shapes.from_mask(mask))
    assert summary["pieces"] == 2
    assert summary["volume_ml"] == pytest.approx((14**3 - 4**3) / 1000, rel=1e-3)


def test_several_structures_are_refused_by_name() -> None:
    labels = LabelMap(
        labels=np.ones((3, 3, 3), np.uint8),
        affine=np.eye(4),
        structures=(Structure("left femur", 1), Structure("right femur", 2)),
    )
    with pytest.raises(UserError, match=r"“left femur”, “right femur”"):
        made(labels)


def test_no_voxels_are_refused() -> None:
    with pytest.raises(UserError, match=r"left femur.*no voxels"):
        made(shapes.from_mask(np.zeros((3, 3, 3), bool)))


def test_femur_from_its_own_voxels(shared_data) -> None:
    import pyvista

    stl = pyvista.read(shared_data / "ct-hip" / "m3_lfemur_mm.stl")
    points, triangles = np.asarray(stl.points, float), stl.regular_faces
    surface, summary = made(shapes.from_triangles(points, triangles, 1.2))
    tree = BoxTree(points, triangles)
    # The true surface is 184.8 mL (README of the data); a voxel's own volume error is the label's, not ours.
    assert summary["volume_ml"] == pytest.approx(184.8, rel=0.005)
    assert tree.closest(surface.points)[2].mean() < 0.1 * 1.2
    assert summary["self_intersections"] == 0


def test_closest_point_and_distance_to_a_sphere() -> None:
    points, triangles = shapes.icosphere(10.0, 2)
    queries = np.random.default_rng(1).normal(size=(200, 3)) * 12
    spots, _, away = BoxTree(points, triangles).closest(queries)
    # Every triangle asked one by one, in place of the tree.
    brute = np.full(len(queries), np.inf)
    for t in range(len(triangles)):
        brute = np.minimum(brute, BoxTree(points, triangles[t : t + 1]).closest(queries)[2])
    np.testing.assert_allclose(away, brute, atol=1e-12)
    np.testing.assert_allclose(np.linalg.norm(queries - spots, axis=1), away, atol=1e-12)


def test_crossing_triangles_are_found() -> None:
    points, triangles = shapes.icosphere(10.0, 2)
    assert len(BoxTree(points, triangles).self_intersections()) == 0
    both = np.concatenate([points, points + np.array([8, 0.1, 0.2])])
    pairs = BoxTree(both, np.concatenate([triangles, triangles + len(points)])).self_intersections()
    # The spheres meet in a circle of radius √(100 − 16) = 9.2; about each place one triangle meets another.
    assert len(pairs) > 20
    middle = both[np.concatenate([triangles, triangles + len(points)])[pairs[:, 0]]].mean(axis=1)
    np.testing.assert_allclose(middle[:, 0], 4, atol=3)
