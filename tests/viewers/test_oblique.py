"""Turned planes and slabs, against phantoms whose every value is known: a linear ramp, and balls."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt

from tests.viewers.gestures import drag, move, wheel
from tests.viewers.phantoms import marked_volume
from twin.domain import LabelMap, Structure, Volume
from viewers import slab_layers
from viewers.oblique import Cut
from viewers.orientation import SliceFrame
from viewers.planes import PLANES, Planes, Slab, rotation
from viewers.slice_sheet import SliceSheet
from viewers.slice_view import SliceView

SLOPE = np.array([3.0, -2.0, 5.0])  # per mm along L, P, S
GRAB = np.uint32(0xFF000000)


def ramp(dtype=np.float32, spacing=(0.7, 1.1, 2.5), lean=0.0):
    """A volume whose value at every place is SLOPE · place, on a tilted, anisotropic (or sheared) grid."""
    affine = np.eye(4)
    affine[:3, :3] = rotation(np.array([0.6, 0.0, 0.8]), 0.2) @ np.diag(spacing)
    affine[:3, 1] += lean * affine[:3, 2]
    shape = (24, 40, 60)
    affine[:3, 3] = -affine[:3, :3] @ ((np.array(shape[::-1]) - 1) / 2)
    k, j, i = np.meshgrid(*(np.arange(n) for n in shape), indexing="ij")
    places = np.stack([i, j, k], axis=-1) @ affine[:3, :3].T + affine[:3, 3]
    values = places @ SLOPE
    values = values if np.dtype(dtype).kind == "f" else np.rint(values)
    return Volume(values.astype(dtype), affine, "CT", "HU", window=(0.0, 100.0))


def turned(affine):
    return Planes.along(affine).turned("axial", 0.4).turned("coronal", -0.7).turned("sagittal", 0.3)


def painted(volume, frame, slab=None, smooth=True, ratio=1.0, cut=None, depth=None):
    """Values, not colors, of a picture of the middle plane, NaN beside the grid; and each pixel's place."""
    sheet = SliceSheet(frame, 90, 70)
    pixels = sheet.pixels((frame.counts[2] - 1) / 2 if depth is None else depth, ratio)
    picture = np.zeros(pixels.size, np.uint32)
    cut = cut or Cut.of(frame, slab or Slab(), volume.affine)
    # A table that hands back its own place, 1000 of them to a unit of the value.
    table = np.arange(2_000_000, dtype=np.uint32)
    table.flags.writeable = False
    cut.paint(volume.voxels, pixels, smooth, (table, np.float32(1000), np.float32(1e6)), picture)
    y, x = np.mgrid[: pixels.size[0], : pixels.size[1]]
    places = (pixels.to_lps @ np.stack([x.ravel(), y.ravel(), np.ones(x.size)]))[:3].T
    values = np.where(picture == GRAB, np.nan, (picture.astype(float) - 1e6) / 1000)
    return values.ravel(), places


def well_inside(volume, places, margin):
    at = (places - volume.affine[:3, 3]) @ np.linalg.inv(volume.affine[:3, :3]).T
    size = np.array(volume.shape[::-1])
    return ((at >= margin) & (at <= size - 1 - margin)).all(axis=1)


@pytest.mark.parametrize("plane", PLANES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int16])
@pytest.mark.parametrize("lean", [0.0, 0.15])
def test_a_tilted_plane_of_a_ramp_shows_the_ramp(plane, dtype, lean):
    volume = ramp(dtype, lean=lean)
    frame = turned(volume.affine).frame(plane, volume.affine, volume.shape)
    values, places = painted(volume, frame)
    inside = well_inside(volume, places, 0.0)
    assert inside.sum() > 900
    # Trilinear interpolation of a linear function is exact; whole numbers are each off by half at most.
    allowed = 0.5 + 1e-2 if dtype is np.int16 else 0.01
    assert np.abs(values - places @ SLOPE)[inside].max() <= allowed
    assert np.isnan(values[~well_inside(volume, places, -0.52)]).all()


def test_without_interpolation_each_voxel_is_shown_as_it_is():
    volume = ramp()
    frame = turned(volume.affine).frame("coronal", volume.affine, volume.shape)
    values, places = painted(volume, frame, smooth=False)
    at = np.rint((np.linalg.inv(volume.affine) @ np.c_[places, np.ones(len(places))].T)[:3]).astype(int).T
    inside = well_inside(volume, places, 0.0)
    stored = volume.voxels[tuple(at[inside, ::-1].T)]
    # A pixel on a voxel's very edge may go either way.
    assert (np.abs(values[inside] - stored) < 0.01).mean() > 0.999


@pytest.mark.parametrize("plane", PLANES)
@pytest.mark.parametrize("along_grid", [True, False])
def test_a_slab_of_a_ramp_shows_its_ends_and_its_middle(plane, along_grid):
    volume = ramp()
    planes = Planes.along(volume.affine) if along_grid else turned(volume.affine)
    frame = planes.frame(plane, volume.affine, volume.shape)
    assert frame.on_grid == along_grid
    per_mm = abs(float(frame.normal @ SLOPE))
    for slab in (Slab(8.0, "max"), Slab(8.0, "min"), Slab(8.0, "mean")):
        cut = Cut.of(frame, slab, volume.affine)
        # The outer samples lie on the borders, 4 mm from the plane, whatever the voxels are.
        reach_mm = cut.reach * np.linalg.norm(volume.affine[:3, :3] @ cut.through)
        assert reach_mm == pytest.approx(4.0, abs=1e-6)
        values, places = painted(volume, frame, slab)
        offset = {"max": reach_mm * per_mm, "min": -reach_mm * per_mm, "mean": 0.0}[slab.projection]
        whole = well_inside(volume, places, 0.0)
        for side in (-1, 1):
            whole &= well_inside(volume, places + side * reach_mm * frame.normal, 0.0)
        assert whole.sum() > 300
        assert np.abs(values - places @ SLOPE - offset)[whole].max() < 0.02
        place = places[whole][7]
        assert cut.value(volume.voxels, place, True) == pytest.approx(place @ SLOPE + offset, abs=1e-2)


@pytest.mark.parametrize(
    ("thickness_mm", "spots", "expected"),
    [
        # Slices 3 mm apart, the plane is slice 4: a border at 2.5 mm is five sixths of the next one.
        (5.0, {5: 600.0}, {"max": 500.0, "min": 0.0, "mean": 500.0 / 3}),
        # At 1 mm a third, on either side.
        (2.0, {3: 600.0, 5: 600.0}, {"max": 200.0, "min": 0.0, "mean": 400.0 / 3}),
        # −5, −3, 0, 3, 5 mm: the slice itself, and at 5 mm a third of it is left. A mean is of −5, −2.5 … 5.
        (10.0, {5: 600.0}, {"max": 600.0, "min": 0.0, "mean": (500.0 + 200.0) / 5}),
        # Two steps on, whole slices: as slabs of many slices always were.
        (6.0, {5: 600.0, 6: 900.0}, {"max": 600.0, "min": 0.0, "mean": 200.0}),
    ],
)
def test_a_slab_thinner_than_two_slices_reaches_its_borders(thickness_mm, spots, expected):
    voxels = np.zeros((9, 20, 20), np.float32)
    for k, value in spots.items():
        voxels[k] = value
    volume = Volume(voxels, np.diag([1.0, 1.0, 3.0, 1.0]), "MR")
    frame = Planes.along(volume.affine).frame("axial", volume.affine, volume.shape)
    for projection, value in expected.items():
        slab = Slab(thickness_mm, projection)
        values, places = painted(volume, frame, slab)
        inside = well_inside(volume, places, 0.1)
        assert np.allclose(values[inside], value, atol=0.01)
        cut = Cut.of(frame, slab, volume.affine)
        assert cut.value(volume.voxels, places[inside][0], True) == pytest.approx(value)


@pytest.mark.parametrize("along_grid", [True, False])
@pytest.mark.parametrize("smooth", [True, False])
@pytest.mark.parametrize("slab", [Slab(8.0, "max"), Slab(9.3, "min"), Slab(8.0, "mean")])
def test_a_slab_scrolled_through_is_that_of_each_plane_alone(along_grid, smooth, slab):
    """Whatever layers were kept: on by one and two, back, far off, and after another zoom."""
    volume = ramp(np.int16)
    volume.voxels[10:14, 20, 30] += 500
    planes = Planes.along(volume.affine) if along_grid else turned(volume.affine)
    frame = planes.frame("coronal", volume.affine, volume.shape)
    cut = Cut.of(frame, slab, volume.affine)
    for depth, ratio in zip((9, 10, 12, 11, 26, 11, 11, 12, 12.4, 13.4), (1,) * 6 + (2,) * 4, strict=True):
        kept, _ = painted(volume, frame, slab, smooth, ratio, cut, float(depth))
        alone, _ = painted(volume, frame, slab, smooth, ratio, None, float(depth))
        np.testing.assert_allclose(kept, alone, atol=1.5e-3)  # one place of the table: single precision
    used = cut.kept.layers.nbytes > 0
    assert used == (slab.projection != "mean")


def test_layers_that_would_take_too_much_are_not_kept(monkeypatch):
    monkeypatch.setattr(slab_layers, "MOST_BYTES", 1000)
    volume = ramp()
    frame = Planes.along(volume.affine).frame("axial", volume.affine, volume.shape)
    cut = Cut.of(frame, Slab(8.0, "max"), volume.affine)
    for depth in (9.0, 10.0, 11.0):
        kept, _ = painted(volume, frame, None, True, 1, cut, depth)
        np.testing.assert_allclose(
            kept, painted(volume, frame, Slab(8.0, "max"), depth=depth)[0], atol=1.5e-3
        )
    assert cut.kept.layers.nbytes == 0


def test_a_slab_that_leaves_the_volume_gathers_what_is_there():
    volume = Volume(np.full((4, 30, 30), 7.0, np.float32), np.eye(4), "MR")
    frame = Planes.along(volume.affine).frame("axial", volume.affine, volume.shape)
    values, places = painted(volume, frame, Slab(40.0, "mean"))
    inside = well_inside(volume, places, 0.0)
    assert np.allclose(values[inside], 7.0)  # not mixed with the nothing above and below


def test_what_is_no_number_is_left_out_of_a_slab_and_black_in_a_plane():
    voxels = np.full((9, 20, 20), 3.0, np.float32)
    voxels[4] = np.nan
    volume = Volume(voxels, np.eye(4), "MR")
    frame = Planes.along(volume.affine).frame("axial", volume.affine, volume.shape)
    inside = well_inside(volume, painted(volume, frame)[1], 0.6)
    assert np.isnan(painted(volume, frame)[0][inside]).all()
    for projection in ("max", "min", "mean"):
        # Samples at whole slices, but for 4 itself.
        assert np.allclose(painted(volume, frame, Slab(6.0, projection), smooth=False)[0][inside], 3.0)


def test_turning_keeps_lengths_and_right_angles():
    planes = turned(ramp().affine)
    for plane in PLANES:
        directions = planes.directions[plane]
        assert np.allclose(directions.T @ directions, np.eye(3), atol=1e-12)
        for other in PLANES:
            if other != plane:
                assert abs(directions[:, 2] @ planes.directions[other][:, 2]) < 1e-12
                assert abs(planes.line(plane, other) @ directions[:, 2]) < 1e-12
    back = planes.turned("axial", 0.5).turned("axial", -0.5)
    assert all(back.leaves(plane, planes) for plane in PLANES)


def test_turning_clockwise_turns_the_lines_clockwise_as_each_view_shows_them():
    straight = Planes.along(np.eye(4))
    for plane in PLANES:
        across, down, _ = straight.directions[plane].T
        planes = straight.turned(plane, np.radians(30))
        assert planes.leaves(plane, straight)
        for other in (p for p in PLANES if p != plane):
            before, after = straight.line(plane, other), planes.line(plane, other)
            # Clockwise on a screen whose rows run down: from across toward down.
            assert (before @ across) * (after @ down) - (before @ down) * (after @ across) == (
                pytest.approx(0.5)  # sin 30°
            )


def test_an_unturned_plane_is_read_from_the_grid_and_a_tilted_one_covers_the_box():
    volume = ramp()
    assert Planes.along(volume.affine).frame("sagittal", volume.affine, volume.shape).on_grid
    frame = turned(volume.affine).frame("sagittal", volume.affine, volume.shape)
    corners = np.array([[i, j, k] for i in (0, 59) for j in (0, 39) for k in (0, 23)])
    at = frame.place(corners @ volume.affine[:3, :3].T + volume.affine[:3, 3])
    assert (at > -1.0 - 1e-6).all()
    assert (at < np.array(frame.counts)).all()
    # As fine as the finest edge of a voxel.
    assert np.linalg.norm(frame.to_lps[:3, 0]) == pytest.approx(0.7)


def test_edges_of_an_oblique_plane_bear_two_letters():
    # Turned by 40° about the body's axis, as an axial view shows it: from L toward P.
    planes = Planes.along(np.eye(4)).turned("axial", np.radians(40))
    frame = planes.frame("coronal", np.eye(4), (50, 50, 50))
    letters = frame.edge_letters
    assert (letters["right"], letters["left"]) == ("LP", "RA")
    assert (letters["top"], letters["bottom"]) == ("S", "I")
    assert frame.title == "oblique, 40° from coronal"


def test_a_slab_grows_and_shrinks_along_its_list():
    slab = Slab()
    for expected in (2.0, 3.0, 5.0):
        slab = slab.thicker(1)
        assert slab.thickness_mm == expected
    assert Slab(12.0).thicker(-1).thickness_mm == 10.0
    assert Slab(2.0).thicker(-1).thickness_mm == 0.0
    assert Slab(60.0).thicker(1).thickness_mm == 60.0


# In the view, by hand


@pytest.fixture
def three(qtbot):
    """Three linked views of a volume."""

    def make(volume):
        views = {plane: SliceView(plane) for plane in PLANES}
        for view in views.values():
            qtbot.addWidget(view)
            view.resize(420, 360)
            view.show()
            view.set_volume(volume)
            for other in views.values():
                if other is not view:
                    view.planes_turned.connect(other.set_planes)
                    view.crosshair_moved.connect(other.set_crosshair)
        return views

    return make


def handle_of(view, number=0):
    at = view.position_of(view.crosshair)
    return next(place for n, place in view.cross.handles(QRectF(view.rect()), at) if n == number)


def turn_by_hand(qtbot, view, degrees, keys=Qt.KeyboardModifier.NoModifier):
    at, handle = view.position_of(view.crosshair), handle_of(view)
    away, angle = handle - at, np.radians(degrees)
    end = at + QPointF(
        away.x() * np.cos(angle) - away.y() * np.sin(angle),
        away.x() * np.sin(angle) + away.y() * np.cos(angle),
    )
    move(view, handle)
    drag(qtbot, view, handle, end, keys=keys)


def test_a_dragged_handle_turns_the_other_planes_and_leaves_its_own(qtbot, three):
    views = three(marked_volume((0, 0, 0)))
    axial, coronal = views["axial"], views["coronal"]
    scale, cross = coronal.pixels_per_mm, coronal.position_of(coronal.crosshair)
    turn_by_hand(qtbot, axial, 30)
    assert axial.sheet.frame.on_grid
    assert not coronal.sheet.frame.on_grid
    # Clockwise in the axial view: what lay along L leans 30° toward P, within a pixel.
    assert coronal.sheet.frame.to_lps[:3, 0] @ [0, 1, 0] == pytest.approx(
        np.sin(np.radians(30)) * np.linalg.norm(coronal.sheet.frame.to_lps[:3, 0]), abs=0.01
    )
    assert coronal.pixels_per_mm == pytest.approx(scale)
    after = coronal.position_of(coronal.crosshair)
    assert (after.x(), after.y()) == pytest.approx((cross.x(), cross.y()), abs=1e-6)
    across, down = axial.cross.directions[0]
    assert (across, down) == pytest.approx((np.cos(np.radians(30)), 0.5), abs=0.01)


def test_with_ctrl_planes_turn_in_steps_of_15_degrees(qtbot, three):
    views = three(marked_volume((0, 0, 0)))
    turn_by_hand(qtbot, views["sagittal"], 41, Qt.KeyboardModifier.ControlModifier)
    across, down = views["sagittal"].cross.directions[0]
    assert np.degrees(np.arctan2(down, across)) == pytest.approx(45.0)


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (0.8, 1.3, 2.0)])
def test_what_lies_in_a_turned_plane_is_seen_at_its_distance(three, spacing):
    # 18 mm from the crosshair, on the plane that the coronal one becomes when it is turned by 35°.
    angle = np.radians(35)
    marker = 18 * np.array([np.cos(angle), np.sin(angle), 0.0]) + np.array([0, 0, 8.0])
    views = three(marked_volume(marker, spacing=spacing))
    for view in views.values():
        view.set_crosshair((0.0, 0.0, 0.0))
    coronal = views["coronal"]
    coronal.set_planes(views["axial"].planes.turned("axial", angle))
    picture = coronal.image().convertToFormat(coronal.image().Format.Format_RGB32)
    gray = np.array(picture.constBits()).reshape(picture.height(), picture.width(), 4)[..., :3].min(axis=-1)
    at = coronal.position_of(np.zeros(3))
    center = at + QPointF(18, -8) * coronal.pixels_per_mm
    half = round(7 * coronal.pixels_per_mm)
    x, y = round(center.x()), round(center.y())
    patch = gray[y - half : y + half + 1, x - half : x + half + 1] > 128
    rows, columns = np.nonzero(patch)
    mean = (columns.mean() - half, rows.mean() - half)
    # To half a voxel of 2 mm; the ball is one of 5 mm radius.
    assert mean == pytest.approx((0, 0), abs=1.0 * coronal.pixels_per_mm)
    area_mm2 = patch.sum() / coronal.pixels_per_mm**2
    assert area_mm2 == pytest.approx(np.pi * 25, rel=0.15)


def test_the_value_under_the_mouse_is_that_of_the_turned_plane(three):
    views = three(ramp())
    view = views["axial"]
    view.set_planes(turned(ramp().affine))
    told = []
    view.hovered.connect(told.append)
    for at in (QPoint(210, 180), QPoint(190, 200), QPoint(230, 170)):
        move(view, at)
        hover = told[-1]
        assert hover.value == pytest.approx(hover.lps @ SLOPE, abs=1e-3)
        place = view.position_of(hover.lps)
        assert (place.x(), place.y()) == pytest.approx((at.x(), at.y()), abs=1e-6)
        assert view.sheet.frame.place(hover.lps)[2] == pytest.approx(
            view.sheet.frame.place(view.crosshair)[2], abs=1e-9
        )
    move(view, QPoint(2, 2))
    assert told[-1] is None


def test_labels_are_cut_by_the_same_plane(three):
    volume = marked_volume((9.0, 9.0, 0.0))
    labels = LabelMap((volume.voxels > 500).astype(np.uint8), volume.affine, (Structure("ball", 1),))
    view = three(volume)["coronal"]
    view.set_crosshair((0.0, 0.0, 0.0))
    view.set_labels(labels, {"ball": "#00FF00"}, 1.0, set())

    def green():
        picture = view.image().convertToFormat(view.image().Format.Format_RGB32)
        colors = np.array(picture.constBits()).reshape(picture.height(), picture.width(), 4).astype(int)
        return (colors[..., 1] > 200) & (colors[..., 0] < 60) & (colors[..., 2] < 60)

    assert not green().any()  # 9 mm behind the plane
    view.set_planes(view.planes.turned("axial", np.radians(45)))
    y, x = np.nonzero(green())
    expected = view.position_of(np.array([9.0, 9.0, 0.0]))
    assert (x.mean(), y.mean()) == pytest.approx((expected.x(), expected.y()), abs=view.pixels_per_mm)
    # A ball of 5 mm through its middle, as voxels of 1 mm have it.
    assert len(x) / view.pixels_per_mm**2 == pytest.approx(np.pi * 25, rel=0.15)


def test_scrolling_a_turned_plane_goes_a_voxel_along_its_normal(qtbot, three):
    view = three(ramp())["axial"]
    view.set_planes(turned(ramp().affine))
    before = view.crosshair
    wheel(view, 2)
    step = view.crosshair - before
    assert np.linalg.norm(step) == pytest.approx(2 * view.sheet.frame.step_mm)
    assert abs(step @ view.sheet.frame.normal) == pytest.approx(np.linalg.norm(step))
    for _ in range(3):
        qtbot.keyClick(view, Qt.Key.Key_Home)
    assert view.slice_index == 0


def test_planes_laid_along_the_grid_again_show_the_picture_of_before(three):
    view = three(marked_volume((10.0, 4.0, 0.0)))["axial"]
    before = view.image()
    view.set_planes(view.planes.turned("coronal", 0.3))
    assert view.image() != before
    view.set_planes(None)
    assert view.sheet.frame.on_grid
    assert view.image() == before


def test_a_single_plane_has_no_handles_and_a_volume_shows_them_under_the_mouse(qtbot, three):
    plane = Volume(np.zeros((1, 30, 30), np.int16), np.eye(4), "MR")
    view = three(plane)["axial"]
    assert view.cross.handles(QRectF(view.rect()), view.position_of(view.crosshair)) == []
    view = three(marked_volume((0, 0, 0)))["axial"]
    handle = handle_of(view).toPoint()
    plain = view.grab().toImage()
    move(view, QPoint(60, 60))
    assert view.grab().toImage().copy(handle.x() - 6, handle.y() - 6, 12, 12) != plain.copy(
        handle.x() - 6, handle.y() - 6, 12, 12
    )
    move(view, handle)
    assert view.cursor().shape() == Qt.CursorShape.PointingHandCursor


def test_a_slab_shows_what_lies_before_and_behind_and_says_so(three, monkeypatch):
    view = three(marked_volume((0.0, 0.0, 12.0)))["axial"]
    view.set_crosshair((0.0, 0.0, 0.0))
    at = view.position_of(np.array([2.5, 2.5, 0.0])).toPoint()
    assert view.image().pixelColor(at).lightness() < 5
    view.picture.slab = Slab(20.0, "max")
    assert view.image().pixelColor(at).lightness() > 250
    view.picture.slab = Slab(20.0, "min")
    assert view.image().pixelColor(at).lightness() < 5
    assert view.picture.words(view.sheet.frame, 30.0)[1] == "20 mm min · linear"


def test_a_slab_of_slices_far_apart_says_what_it_is_made_of(three):
    voxels = np.zeros((6, 40, 40), np.float32)
    voxels[3] = 100.0
    view = three(Volume(voxels, np.diag([1.0, 1.0, 18.0, 1.0]), "MR", window=(50.0, 100.0)))["axial"]
    view.set_crosshair((20.0, 20.0, 36.0))
    at = view.position_of(np.array([15.5, 15.5, 36.0])).toPoint()
    assert view.image().pixelColor(at).lightness() < 5
    view.picture.slab = Slab(9.0, "max")
    # 4.5 of 18 mm towards slice 3: a quarter of 100, and of 255.
    assert view.image().pixelColor(at).lightness() == pytest.approx(64, abs=1)
    assert view.picture.words(view.sheet.frame, 2.0)[1] == "9 mm max · linear between slices 18 mm apart"


def test_the_frame_of_a_sheared_grid_stays_its_own_until_it_is_turned():
    affine = ramp(lean=0.2).affine
    frame = SliceFrame.of("axial", affine, (24, 40, 60))
    assert Planes.along(affine).frame("axial", affine, (24, 40, 60)).to_lps == pytest.approx(frame.to_lps)


def test_a_volume_in_color_keeps_its_colors_when_it_is_turned(three):
    colors = np.full((20, 30, 30), 0x2040C0, np.uint32)
    view = three(Volume(colors, np.eye(4), "US", color=True))["axial"]
    view.set_planes(view.planes.turned("coronal", 0.4))
    view.picture.slab = Slab(10.0, "mean")
    at = view.position_of(np.array([20.0, 18.0, 9.0])).toPoint()
    assert view.image().pixelColor(at).name() == "#2040c0"
    assert view.picture.words(view.sheet.frame, 3.0) == ("in color", "plane · voxels")


def test_turned_planes_stand_in_the_scene_where_they_lie_and_end_at_the_volumes_box():
    from vtkmodules.util.numpy_support import vtk_to_numpy

    from viewers.glyphs import DrawnSlices

    volume = marked_volume((12.0, 12.0, 5.0))  # a cube of 60 mm about the origin
    planes = Planes.along(volume.affine).turned("axial", np.radians(45))
    drawn = DrawnSlices(volume, (500.0, 1000.0, False))
    drawn.move(np.zeros(3), 0, planes)
    for plane, actor in zip(PLANES, drawn.actors, strict=True):
        mesh = actor.GetMapper().GetInput()
        points = vtk_to_numpy(mesh.GetPoints().GetData())
        normal = planes.directions[plane][:, 2]
        # The axial one is a slice of the grid, half a voxel off; turned ones go right through the crosshair.
        assert np.abs(points @ normal).max() < (0.51 if plane == "axial" else 1e-4)
        if plane == "axial":
            continue
        # Through the body's axis at 45° a cube of 60 mm is cut in a rectangle of 60 √2 by 60 mm.
        spread = points.max(axis=0) - points.min(axis=0)
        assert spread == pytest.approx([60, 60, 60], abs=1e-3)
        assert len(points) == 4
    # The coronal plane turned by 45° goes through (12, 12, 5): the ball is seen in its texture, at its place.
    mesh = drawn.actors[1].GetMapper().GetInput()
    points, places = (vtk_to_numpy(a) for a in (mesh.GetPoints().GetData(), mesh.GetPointData().GetTCoords()))
    inside = np.linalg.lstsq(np.c_[points, np.ones(4)], places, rcond=None)[0]
    across, down = np.array([12.0, 12.0, 5.0, 1.0]) @ inside
    picture = drawn.actors[1].GetTexture().GetInput()
    columns, rows, _ = picture.GetDimensions()
    light = vtk_to_numpy(picture.GetPointData().GetScalars()).reshape(rows, columns, -1)[..., 0]
    y, x = np.nonzero(light > 128)
    assert (x.mean() + 0.5) / columns == pytest.approx(across, abs=1 / columns)
    assert (y.mean() + 0.5) / rows == pytest.approx(down, abs=1 / rows)
