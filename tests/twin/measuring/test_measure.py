"""Measurements against what can be worked out by hand."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.twin.measuring.phantoms import ellipse, lps, turn, volume
from twin.domain import LabelMap, Structure
from twin.errors import UserError
from twin.measuring import measure
from twin.measuring.inside import Sheet, voxels_on
from twin.measuring.ruler import crosses_itself, ellipse_outline
from twin.measuring.structure import of_structure


def value(made, name):
    found = made.number(name)
    assert found is not None, [n.name for n in made.numbers]
    return found.value


# -- lengths ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("degrees", [(0, 0, 0), (20, -35, 70)])
def test_a_distance_is_that_of_its_ends_wherever_the_grid_lies(degrees):
    ct = volume((0.5, 0.8, 3.0), degrees=degrees, origin=(-40, 12, 7))
    # 3 voxels of 0.5 mm, 4 of 0.8 mm, 2 of 3 mm: √(1.5² + 3.2² + 6²) = 6.96348 mm
    made = measure("distance", ct, lps(ct, (10, 10, 4), (13, 14, 6)))
    assert value(made, "length") == pytest.approx(6.96348, abs=1e-5)


def test_a_distance_may_be_off_by_half_a_voxel_at_each_end_in_its_own_direction():
    ct = volume((0.5, 0.8, 3.0))
    along_k = measure("distance", ct, lps(ct, (10, 10, 4), (10, 10, 8))).number("length")
    assert (along_k.value, along_k.low, along_k.high) == pytest.approx((12.0, 9.0, 15.0))
    along_i = measure("distance", ct, lps(ct, (10, 10, 4), (20, 10, 4))).number("length")
    assert (along_i.value, along_i.low, along_i.high) == pytest.approx((5.0, 4.5, 5.5))
    assert along_i.causes == {"half a voxel at each end": pytest.approx((4.5, 5.5))}


@pytest.mark.parametrize("lengths", ["detector", "unknown"])
def test_where_the_image_knows_no_length_there_are_pixels(lengths):
    plate = volume((0.2, 0.2, 1.0), (1, 64, 64), lengths=lengths)
    made = measure("distance", plate, lps(plate, (10, 10, 0), (13, 14, 0)))
    (length,) = made.numbers
    assert (length.value, length.unit) == (pytest.approx(5.0), "px")
    assert "no length in the patient" in length.remark
    square = measure(
        "polygon", plate, lps(plate, (9.5, 9.5, 0), (19.5, 9.5, 0), (19.5, 14.5, 0), (9.5, 14.5, 0))
    )
    assert (value(square, "area"), square.number("area").unit) == (pytest.approx(50.0), "px²")
    assert {n.unit for n in square.numbers} == {"px²", "px", "HU", ""}
    with pytest.raises(UserError, match="no depth"):
        measure("ellipsoid", plate, lps(plate, *((10, 10, 0),) * 6) + _star(2.0))


def test_pixels_that_are_not_square_are_named():
    plate = volume((0.4, 0.2, 1.0), (1, 64, 64), lengths="unknown")
    (length,) = measure("distance", plate, lps(plate, (10, 10, 0), (13, 10, 0))).numbers
    assert "2 × 1" in length.remark


# -- angles ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("degrees", [0.5, 30, 90, 135, 179.9])
def test_an_angle_is_true_in_mm_on_pixels_that_are_not_square(degrees):
    ct = volume((0.4, 1.0, 2.0))
    a = np.radians(degrees)
    points = np.array([[20, 20, 6], [10, 20, 6], [10 + 10 * np.cos(a), 20 + 10 * np.sin(a), 6]])
    made = measure("angle", ct, points)
    assert value(made, "angle") == pytest.approx(degrees, abs=1e-9)
    np.testing.assert_allclose(np.abs(made.normal), (0, 0, 1), atol=1e-12)


def test_an_angle_may_be_off_by_what_half_a_voxel_turns_each_arm():
    ct = volume()
    points = np.array([[30.0, 20, 6], [10, 20, 6], [10, 40, 6]])
    angle = measure("angle", ct, points).number("angle")
    # Two arms of 20 mm, voxels of 1 mm: 2 atan(1/20) = 5.7248°
    assert (angle.low, angle.high) == pytest.approx((90 - 5.7248, 90 + 5.7248), abs=1e-4)


def test_a_cobb_angle_is_that_between_the_lines_however_they_were_drawn():
    ct = volume()
    a = np.radians(25.0)
    first = np.array([[10.0, 10, 6], [40, 10, 6]])
    second = np.array([[10.0, 40, 6], [10 + 30 * np.cos(a), 40 + 30 * np.sin(a), 6]])
    for way in (second, second[::-1]):
        made = measure("Cobb angle", ct, np.concatenate([first, way]))
        assert value(made, "Cobb angle") == pytest.approx(25.0)


@pytest.mark.parametrize("degrees", [40.0, 89.0, 110.0, 150.0])
def test_a_cobb_angle_goes_past_a_right_one(degrees: float):
    """End plates as spokes from 10 to 40 mm about the curve's middle; drawn from any end, in any order."""
    ct, turn = volume(), np.radians(degrees)
    inner, outer = (np.array([[r, 0, 0], [r * np.cos(turn), r * np.sin(turn), 0]]) for r in (10.0, 40.0))
    middle = np.array([45.0, 45.0, 6.0])
    first, second = (middle + np.stack([inner[n], outer[n]]) for n in (0, 1))
    for one in (first, first[::-1]):
        for other in (second, second[::-1]):
            for points in ((one, other), (other, one)):
                made = measure("Cobb angle", ct, np.concatenate(points))
                assert value(made, "Cobb angle") == pytest.approx(degrees)


# -- outlines --------------------------------------------------------------------------------------


def test_a_rectangle_has_its_area_and_the_values_of_the_voxels_whose_centers_lie_inside():
    ct = volume((0.5, 0.8, 3.0))
    # Voxels i = 10 … 19, j = 20 … 24 of slice 3: 50 of them; the values are 2 i + 250.
    corners = lps(ct, (9.5, 19.5, 3), (19.5, 19.5, 3), (19.5, 24.5, 3), (9.5, 24.5, 3))
    made = measure("polygon", ct, corners)
    assert value(made, "area") == pytest.approx(10 * 0.5 * 5 * 0.8)  # 20 mm²
    assert value(made, "perimeter") == pytest.approx(2 * (5 + 4))
    assert value(made, "voxels") == 50
    assert value(made, "mean") == pytest.approx(2 * 14.5 + 250)
    assert (value(made, "minimum"), value(made, "maximum")) == (270, 288)
    # 2 i for i = 10 … 19, each five times, by n − 1: √(5 · Σ(2 i − 29)² / 49) = √(5 · 330 / 49)
    assert value(made, "standard deviation") == pytest.approx(np.sqrt(5 * 330 / 49))
    assert "n − 1" in made.number("standard deviation").remark
    assert "50 voxels" in made.number("mean").remark
    # Half a voxel all round: 2 · 5 mm · 0.4 mm + 2 · 4 mm · 0.25 mm = 6 mm²
    assert made.number("area").high == pytest.approx(26.0)
    assert made.notes == ()


def test_an_l_shape_leaves_out_its_notch():
    ct = volume()
    corners = lps(
        ct, *[(x - 0.5, y - 0.5, 5) for x, y in ((10, 10), (20, 10), (20, 14), (14, 14), (14, 20), (10, 20))]
    )
    made = measure("polygon", ct, corners)
    assert value(made, "area") == pytest.approx(10 * 10 - 6 * 6)
    assert value(made, "voxels") == 64


@pytest.mark.parametrize("degrees", [(0, 0, 0), (20, -35, 70)])
def test_an_ellipse_has_its_exact_area_and_axes_on_voxels_of_any_shape(degrees):
    ct = volume((0.5, 0.8, 3.0), (8, 128, 128), degrees=degrees, origin=(3, 4, 5))
    turned = turn(degrees)
    center = lps(ct, (64, 64, 4))[0]
    made = measure("ellipse", ct, ellipse(center, turned @ (12.0, 0, 0), turned @ (0, 7.0, 0)))
    assert value(made, "area") == pytest.approx(np.pi * 12 * 7)
    assert (value(made, "long axis"), value(made, "short axis")) == pytest.approx((24, 14))
    assert value(made, "voxels") == pytest.approx(np.pi * 12 * 7 / (0.5 * 0.8), rel=0.01)
    assert value(made, "mean") == pytest.approx(2 * 64 + 400 - 50, abs=0.5)  # symmetric about i = 64


def test_an_ellipse_on_an_oblique_plane_gathers_what_lies_on_that_plane():
    # 45° between i and k: along the plane's second axis the value rises by (2 + 100) / √2 HU a mm.
    ct = volume(shape=(64, 64, 64))
    center = np.array([31.0, 31, 31])
    slanted = np.array([1.0, 0, 1]) / np.sqrt(2)
    made = measure("ellipse", ct, ellipse(center, (0, 12.0, 0), 10 * slanted))
    np.testing.assert_allclose(np.abs(made.normal), np.abs([1, 0, -1]) / np.sqrt(2), atol=1e-12)
    assert value(made, "area") == pytest.approx(np.pi * 120)
    # The plane cuts or touches three layers, 1/√2 mm apart, of 1/√2 voxels a mm² each.
    assert value(made, "voxels") == pytest.approx(np.pi * 120 * 3 / np.sqrt(2), rel=0.03)
    assert value(made, "mean") == pytest.approx(2 * 31 + 3100 - 50, abs=2)
    # Along an axis of an ellipse the spread is half the half axis: σ = 102 / √2 · 10 / 2 = 361. Layers beside
    # the plane add 98 / √2 · 1/√2 = 49 HU for two thirds of the voxels: √(361² + 49² · 2/3) = 363
    assert value(made, "standard deviation") == pytest.approx(363, rel=0.02)
    # The plane does not lie on one image; those it passes are named.
    assert made.pixels is None
    assert len(made.image_uids) == 15  # k from 31 − 7.07 to 31 + 7.07


@settings(deadline=None, max_examples=40)
@given(
    st.tuples(*[st.floats(-60, 60)] * 3),
    st.tuples(*[st.floats(-180, 180)] * 3),
    st.tuples(*[st.floats(0.4, 3.0)] * 3),
)
def test_on_any_plane_through_any_grid_the_voxels_are_those_nearest_to_it(plane_turn, grid_turn, spacing):
    ct = volume(spacing, (40, 40, 40), degrees=grid_turn)
    frame = turn(plane_turn)
    middle = lps(ct, (19.5, 19.3, 19.6))[0]
    reach = 8 * min(spacing)
    outline = ellipse_outline(ellipse(middle, frame[:, 0] * reach, frame[:, 1] * reach * 0.7))
    sheet = Sheet(outline, frame[:, 2])
    found = {tuple(v) for v in voxels_on(ct, sheet)}
    every = np.argwhere(np.ones(ct.shape))[:, ::-1]
    at = lps(ct, *every)
    off = np.abs((at - middle) @ frame[:, 2])
    slope = ct.affine[:3, :3].T @ frame[:, 2]
    thick = np.abs(slope).sum()
    clear = np.abs(off - thick / 2) > 1e-6
    wanted = {tuple(v) for v in every[(off < thick / 2) & clear & sheet.holds(at)]}
    edge = {tuple(v) for v in every[~clear]}
    assert found - edge == wanted


def test_what_lies_outside_the_image_is_told():
    ct = volume()
    made = measure("polygon", ct, lps(ct, (-10.5, 10, 5), (9.5, 10, 5), (9.5, 20, 5), (-10.5, 20, 5)))
    assert value(made, "area") == pytest.approx(200)
    assert made.notes == ("50 % of it lies outside the image; the values are of the rest.",)
    assert "outside the image" in made.number("mean").remark
    assert value(made, "minimum") == 450  # i = 0 of slice 5


def test_voxels_that_were_made_up_or_have_no_value_are_told():
    ct = volume(filled=(3,))
    box = lps(ct, (9.5, 9.5, 3), (19.5, 9.5, 3), (19.5, 19.5, 3), (9.5, 19.5, 3))
    assert measure("polygon", ct, box).notes == (
        "100 of 100 voxels lie in a gap of the scan: they were made up.",
    )
    values = np.ones((20, 64, 64), np.float32)
    values[3, 10, 10:15] = np.nan
    holed = measure("polygon", volume(voxels=values, intercept=0.0), box)
    assert holed.notes == ("5 of 100 voxels have no value.",)
    assert value(holed, "voxels") == 95
    assert value(holed, "mean") == 1.0


def test_an_outline_between_voxel_centers_has_an_area_and_no_mean():
    ct = volume()
    made = measure("polygon", ct, lps(ct, (10.2, 10.2, 5), (10.8, 10.2, 5), (10.8, 10.8, 5), (10.2, 10.8, 5)))
    assert value(made, "area") == pytest.approx(0.36)
    assert made.number("mean") is None
    assert made.number("voxels").remark == "no voxel's center lies inside"


def test_colors_have_no_mean():
    shown = volume(voxels=np.zeros((20, 64, 64), np.uint32), color=True, unit="")
    made = measure("polygon", shown, lps(shown, (10, 10, 5), (20, 10, 5), (20, 20, 5)))
    assert made.number("mean") is None
    assert "colors" in made.number("voxels").remark


def test_of_a_moving_image_the_values_are_those_of_one_moment():
    still = volume()
    moving = replace(still, voxels=np.stack([still.voxels, still.voxels + 500]))
    box = lps(still, (9.5, 9.5, 3), (19.5, 9.5, 3), (19.5, 19.5, 3), (9.5, 19.5, 3))
    with pytest.raises(UserError, match="2 moments"):
        measure("polygon", moving, box)
    first, second = (measure("polygon", moving, box, time=t) for t in (0, 1))
    assert value(second, "mean") - value(first, "mean") == pytest.approx(500)
    assert (second.time, measure("distance", moving, box[:2]).time) == (1, None)
    with pytest.raises(UserError, match="no moment 2"):
        measure("distance", moving, box[:2], time=2)


# -- bodies ----------------------------------------------------------------------------------------


def _star(radius, second=None, third=None):
    radii = (radius, second or radius, third or radius)
    return np.concatenate([[r * np.eye(3)[a], -r * np.eye(3)[a]] for a, r in enumerate(radii)])


def test_a_ball_has_the_volume_of_a_ball_and_the_values_inside():
    ct = volume((1.0, 1.0, 2.0), (30, 64, 64))
    center = np.array([30.0, 30, 30])
    made = measure("ellipsoid", ct, center + _star(10.0))
    assert value(made, "volume") == pytest.approx(4 / 3 * np.pi)  # mL
    # Slices 2 mm apart cut disks of π (10² − (2 n)²) mm², n = −5 … 5: 660 π
    assert value(made, "voxels") == pytest.approx(660 * np.pi, rel=0.03)
    assert value(made, "mean") == pytest.approx(2 * 30 + 1500 - 50, abs=1e-6)  # symmetric about (30, 30, 15)
    egg = measure("ellipsoid", ct, center + _star(10.0, 6.0, 8.0))
    assert [value(egg, f"axis {n}") for n in (1, 2, 3)] == pytest.approx([20, 16, 12])
    assert value(egg, "volume") == pytest.approx(4 / 3 * np.pi * 0.48)
    # Half axes 10, 6 and 8 mm, half a voxel 0.5, 0.5 and 1 mm
    assert egg.number("volume").high == pytest.approx(4 / 3 * np.pi * 10.5 * 6.5 * 9 / 1000)


def test_a_ball_half_outside_says_so():
    ct = volume(shape=(40, 64, 64))
    made = measure("ellipsoid", ct, np.array([30, 30, -0.5]) + _star(10.0))
    assert made.notes == ("50 % of it lies outside the image; the values are of the rest.",)


def test_a_structure_has_the_volume_of_its_voxels():
    affine = np.diag([0.5, 0.8, 3.0, 1.0])
    labels = np.zeros((10, 20, 20), np.uint8)
    labels[2:6, 5:15, 5:15] = 3
    bones = LabelMap(labels, affine, (Structure("left femur", 3, "femur", "left"),))
    made = of_structure(bones)
    assert value(made, "volume") == pytest.approx(400 * 1.2 / 1000)
    assert (made.structure, made.side) == ("left femur", "left")
    # Of 4 × 10 × 10 voxels 2 × 8 × 8 have no neighbor outside; outside lie 2 · (100 + 40 + 40) neighbors.
    volume_ml = made.number("volume")
    assert volume_ml.low == pytest.approx((400 - 272 / 2) * 1.2 / 1000)
    assert volume_ml.high == pytest.approx((400 + 360 / 2) * 1.2 / 1000)
    # Of voxels 5 … 14 across and slices 2 … 5: 2 · 9.5 + 100 · 3.5 − 50
    ct = replace(volume((0.5, 0.8, 3.0)), voxels=volume(shape=(10, 20, 20)).voxels)
    assert value(of_structure(bones, ct), "mean") == pytest.approx(319)
    with pytest.raises(UserError, match="another grid"):
        of_structure(bones, volume())


# -- what is kept, and what is refused -------------------------------------------------------------


def test_a_measurement_names_the_images_it_lies_on():
    ct = volume((0.5, 0.5, 2.0))
    flat = measure("distance", ct, lps(ct, (10, 12, 4), (20, 14, 4)))
    assert flat.image_uids == ("1.2.99.4",)
    np.testing.assert_allclose(flat.pixels, [[10.5, 12.5], [20.5, 14.5]])  # PS3.3 C.18.6.1.1
    steep = measure("distance", ct, lps(ct, (10, 12, 4), (20, 14, 6)))
    assert steep.image_uids == ("1.2.99.4", "1.2.99.5", "1.2.99.6")
    assert steep.pixels is None
    assert (flat.frame_of_reference, flat.modality) == ("1.2.3", "CT")


def test_a_point_has_the_value_of_the_nearest_voxel():
    ct = volume()
    (found,) = measure("point", ct, lps(ct, (10.3, 20.4, 3.4)), text="  lesion\n1 ").numbers
    assert (found.value, found.unit) == (270, "HU")
    assert measure("point", ct, lps(ct, (10, 20, 3)), text="  lesion\n1 ").text == "lesion 1"


BOW = ((10, 10, 5), (20, 20, 5), (20, 10, 5), (10, 20, 5))


@pytest.mark.parametrize(
    ("kind", "places", "says"),
    [
        ("distance", [(1, 1, 1)], "takes 2 points, not 1"),
        ("angle", [(1, 1, 1)] * 3, "has no length"),
        ("polygon", [(1, 1, 1), (2, 1, 1), (3, 1, 1)], "lie on a line"),
        ("polygon", [(1, 1, 1), (9, 1, 1), (9, 9, 1), (1, 9, 8)], "do not lie in one plane"),
        ("polygon", BOW, "crosses itself"),
        ("ellipse", [(1, 5, 1), (9, 5, 1), (5, 1, 1), (9, 9, 1)], "cross squarely"),
        ("ellipse", [(5, 5, 1), (5, 5, 1), (5, 1, 1), (5, 9, 1)], "on a line"),
        ("distance", [(500, 1, 1), (600, 1, 1)], "outside the image"),
        ("distance", [(1, 1, 1), (float("nan"), 1, 1)], "no place"),
    ],
)
def test_what_cannot_be_measured_is_refused_with_the_reason(kind, places, says):
    ct = volume()
    with pytest.raises(UserError, match=says):
        measure(kind, ct, lps(ct, *places))


def test_an_outline_that_only_touches_its_neighbors_does_not_cross_itself():
    turn_by = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    assert not crosses_itself(np.stack([np.cos(turn_by), np.sin(turn_by)], axis=1))
    assert crosses_itself(np.array(BOW)[:, :2].astype(float))
