from dataclasses import replace

import numpy as np
import pytest

from physics.femur.anatomy import Shape, find_shaft
from physics.femur.sections import section
from tests.physics.boxes import box_mesh
from tests.physics.femur.femora import MIRROR, cut_femur, landmarks_of, mirrored_surface
from twin.errors import GeometryError, UserError


def _angle(a, b):
    return np.degrees(np.arccos(np.clip(a @ b / np.linalg.norm(a) / np.linalg.norm(b), -1, 1)))


def test_section_of_a_box():
    mesh = box_mesh((10, 20, 30), 2)
    (loop,) = section(
        mesh.points, mesh.patch("outer").triangles, np.array([1.0, 2, 7]), np.array([0.0, 0, 1])
    )
    # 10 × 20 mm, centered.
    assert loop.area == pytest.approx(200)
    np.testing.assert_allclose(loop.centroid, [5, 10, 7], atol=1e-9)
    slant = np.array([0.0, 1, 1]) / np.sqrt(2)
    (loop,) = section(mesh.points, mesh.patch("outer").triangles, np.array([5.0, 10, 15]), slant)
    # Cut at 45° across y: 10 × 20√2 mm, whichever way the plane faces.
    assert loop.area == pytest.approx(200 * np.sqrt(2))
    (loop,) = section(mesh.points, mesh.patch("outer").triangles, np.array([5.0, 10, 15]), -slant)
    assert loop.area == pytest.approx(200 * np.sqrt(2))


def test_whole_femur(whole):
    surface, truth = whole
    found = landmarks_of(surface)
    head = found.points["head center"]
    np.testing.assert_allclose(head.point, truth["head center"], atol=0.2)
    assert head.radius_mm == pytest.approx(24, abs=0.2)
    # The frame is that of the condyles, whatever way the leg lay in the scanner.
    assert found.rotation_source == "posterior condyles"
    assert not found.assumed
    assert _angle(found.axes[0], truth["medial"]) < 1.5
    assert _angle(found.axes[2], np.array([0, 0, 1])) < 0.5
    for name in ("medial condyle", "lateral condyle"):
        off = found.points[name].point - truth[name]
        assert np.hypot(off[0], off[1]) < 3.0
    neck = found.points["neck center"].point
    line = head.point - neck
    # Neck-shaft angle: the made neck runs from (0, 0, 396) to the head: 180° − atan2(46.1, 34).
    assert 180 - _angle(line, found.axes[2]) == pytest.approx(180 - np.degrees(np.arctan2(46.1, 34)), abs=2)


def test_real_femur(femur, landmarks):
    surface = femur.surface
    head = landmarks.points["head center"]
    # The head's proximal and medial half, chosen by direction alone, is as far away as the radius says.
    arm = surface.points - head.point
    distance = np.linalg.norm(arm, axis=1)
    half = (arm @ np.array([-1, 0, 1]) / np.sqrt(2) > 0.5 * distance) & (distance < 40)
    assert np.median(distance[half]) == pytest.approx(head.radius_mm, abs=0.3)
    assert np.percentile(np.abs(distance[half] - head.radius_mm), 90) < 1.0
    assert 20 < head.radius_mm < 27
    assert "rms 0.4 mm" in head.source
    assert landmarks.rotation_source == "patient axes (assumed)"
    assert landmarks.assumed
    assert "medial condyle" not in landmarks.points
    axes = landmarks.axes
    np.testing.assert_allclose(axes @ axes.T, np.eye(3), atol=1e-12)
    # Left femur in LPS: medial is −x, anterior −y, proximal +z, within the leg's flexion of some 11°.
    for axis, way in zip(axes, ([-1, 0, 0], [0, -1, 0], [0, 0, 1]), strict=True):
        assert _angle(axis, np.array(way)) < 12
    lesser = axes @ (landmarks.points["lesser trochanter"].point - head.point)
    greater = axes @ (landmarks.points["greater trochanter"].point - head.point)
    # Lesser trochanter: below, behind the head; greater: lateral, near the head's height.
    assert lesser[2] < -30
    assert lesser[1] < 0
    assert greater[0] < -30
    assert abs(greater[2]) < 25
    line = head.point - landmarks.points["neck center"].point
    # Adults: 110° to 145°.
    assert 110 < 180 - _angle(line, axes[2]) < 145


@pytest.mark.parametrize("bottom_mm", [-125.0, -137.0, -180.0])
@pytest.mark.parametrize("lean_deg", [0.0, 15.0])
def test_a_shaft_that_the_border_cuts_off_short_has_its_own_axis(bottom_mm, lean_deg):
    # The rough axis leans by up to 20° towards the head: along that the neck is slimmer than the
    # shaft, and the lowest cuts hold but a corner of it.
    surface, direction = cut_femur(bottom_mm, lean_deg)
    shaft = find_shaft(Shape.of(surface))
    # The flare below the neck, up to 1.35 times the shaft's section, is 2 mm off an axis of 80 mm.
    assert _angle(shaft.direction, direction) < 1.5
    # 30 mm thick, and up to √1.35 times that in the flare.
    assert shaft.diameter == pytest.approx(30, abs=1)


def test_mirrored_femur_has_mirrored_landmarks(femur, landmarks):
    other = landmarks_of(mirrored_surface(femur.surface))
    assert other.side == "right"
    for name, landmark in landmarks.points.items():
        np.testing.assert_allclose(other.points[name].point, landmark.point * MIRROR, atol=1e-6)
    np.testing.assert_allclose(other.axes, landmarks.axes * MIRROR, atol=1e-9)


def test_side_is_asked_for_and_checked(whole):
    surface, _ = whole
    with pytest.raises(UserError, match="left or the right"):
        landmarks_of(replace(surface, side="unconfirmed"))
    with pytest.raises(UserError, match="Check the side"):
        landmarks_of(replace(surface, side="left"))
    with pytest.raises(UserError, match="not a femur"):
        landmarks_of(replace(surface, term="hip bone", structure="right hip bone"))


def test_by_hand(whole):
    surface, truth = whole
    point = tuple(truth["head center"] + [1.0, 0, 0])
    found = landmarks_of(surface, head_center_mm=point, rotation_deg=5.0)
    assert found.points["head center"].source == "by hand"
    np.testing.assert_allclose(found.points["head center"].point, point)
    assert found.rotation_source == "by hand"
    # 5° from the patient's axes, medial (+x on the right) towards anterior (−y).
    turned = np.degrees(np.arctan2(-found.axes[0][1], found.axes[0][0]))
    assert turned == pytest.approx(5.0, abs=0.1)
    with pytest.raises(UserError, match="more than 100 mm away"):
        landmarks_of(surface, head_center_mm=(0.0, 0.0, 2000.0))
    with pytest.raises(UserError, match="no point"):
        landmarks_of(surface, head_center_mm=(0.0, 0.0))


def test_one_end_of_the_shaft_by_hand(whole):
    surface, _ = whole
    found = landmarks_of(surface, shaft_proximal_mm=(0.0, 0.0, 350.0)).points
    assert found["shaft proximal"].source == "by hand"
    assert found["shaft distal"].source == landmarks_of(surface).points["shaft distal"].source != ""
    with pytest.raises(GeometryError, match="Exchange shaft_proximal_mm and shaft_distal_mm"):
        landmarks_of(surface, shaft_proximal_mm=(0.0, 0.0, 100.0), shaft_distal_mm=(0.0, 0.0, 350.0))


def test_stated_anteversion(femur):
    found = landmarks_of(femur.surface, anteversion_deg=12.0)
    neck = found.axes @ (found.points["head center"].point - found.points["neck center"].point)
    assert np.degrees(np.arctan2(neck[1], neck[0])) == pytest.approx(12.0, abs=0.1)
    assert found.assumed
    assert "12° (assumed)" in found.rotation_source


def test_no_head_is_said():
    # A cylinder has a shaft but no head.
    import pyvista as pv

    from tests.physics.femur.femora import surface_of

    rod = pv.Cylinder(direction=(0, 0, 1), radius=14, height=200, resolution=60).triangulate().subdivide(2)
    with pytest.raises(GeometryError, match="head"):
        landmarks_of(surface_of(rod, "right"))
