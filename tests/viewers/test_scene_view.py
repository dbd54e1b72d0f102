"""The 3-D view, handled by mouse and keys and judged by its pixels."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QFontMetricsF, QMouseEvent, QPainter, QWheelEvent
from PySide6.QtWidgets import QApplication

from resources.colors import color_map
from tests.viewers.phantoms import box_mesh, marked_volume, sphere
from twin.domain import Identity, Surface
from viewers import scene_decor
from viewers.scene_decor import number_text, ticks
from viewers.scene_view import SceneView
from viewers.views import Clip

IVORY = "#E8D7AC"


@pytest.fixture
def view(qtbot):
    view = SceneView()
    qtbot.addWidget(view)
    view.resize(400, 320)
    view.show()
    return view


def pixels(view):
    image = view.grab().toImage()
    image = image.convertToFormat(image.Format.Format_RGB32)
    return np.array(image.constBits()).reshape(image.height(), image.width(), 4)[..., 2::-1].astype(int)


def move(view, at, buttons=Qt.MouseButton.NoButton, keys=Qt.KeyboardModifier.NoModifier):
    at = QPointF(at)
    event = QMouseEvent(
        QEvent.Type.MouseMove, at, view.mapToGlobal(at), Qt.MouseButton.NoButton, buttons, keys
    )
    QApplication.sendEvent(view, event)


def drag(qtbot, view, start, end, button=Qt.MouseButton.LeftButton, keys=Qt.KeyboardModifier.NoModifier):
    start, end = QPointF(start), QPointF(end)
    qtbot.mousePress(view, button, keys, start.toPoint())
    for step in range(1, 6):
        move(view, start + (end - start) * step / 5, button, keys)
    qtbot.mouseRelease(view, button, keys, end.toPoint())


def on_screen(view, lps):
    x, y, _ = view.camera.project(np.asarray(lps, float))[0]
    return QPointF(view.width() / 2 + x * view.height(), view.height() / 2 - y * view.height())


def drawn_texts(monkeypatch, view):
    """Every text that one painting of the view writes."""
    texts = []
    plain = scene_decor.paint.text_at

    def note(painter, box, flags, text, color, **more):
        texts.append(text)
        plain(painter, box, flags, text, color, **more)

    monkeypatch.setattr(scene_decor.paint, "text_at", note)
    view.grab()
    return texts


def test_an_empty_view_does_not_load_vtk():
    code = (
        "import sys; from PySide6.QtWidgets import QApplication; app = QApplication([]);"
        "from viewers.scene_view import SceneView; from viewers.slice_view import SliceView;"
        "s = SceneView(); s.show(); v = SliceView('axial'); v.show(); app.processEvents(); s.grab();"
        "heavy = {'vtkmodules', 'vtk', 'pyvista', 'scipy', 'numba', 'pyqtgraph'};"
        "print(sorted(m for m in sys.modules if m.split('.')[0] in heavy))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True
    )
    assert ran.stdout.strip() == "[]"


def test_surface_is_seen_where_it_is_and_only_there(view):
    view.show_surface("ball", sphere(20.0), IVORY)
    picture = pixels(view)
    ball = picture.sum(axis=-1) > 250
    middle, edge = on_screen(view, [0, 0, 0]), on_screen(view, [0, 0, 19.0])
    assert ball[int(middle.y()), int(middle.x())]
    assert ball[int(edge.y()), int(edge.x())]
    beyond = on_screen(view, [23.0, 0, 0])
    assert picture[int(beyond.y()), int(beyond.x())].tolist() == [0x15, 0x18, 0x1C]


def test_left_of_the_patient_is_on_the_right_from_anterior_and_on_the_left_from_posterior(view):
    view.show_surface("left", sphere(10.0, (40, 0, 0)), "#FF2020")
    view.show_surface("right", sphere(10.0, (-40, 0, 0)), "#2020FF")
    for letter, left_is_right in (("A", True), ("P", False), ("I", True), ("S", False)):
        view.view_from(letter)
        picture = pixels(view)
        red = (picture[..., 0] > 120) & (picture[..., 2] < 110) & (picture[..., 1] < 110)
        blue = (picture[..., 2] > 120) & (picture[..., 0] < 110) & (picture[..., 1] < 110)
        assert (np.nonzero(red)[1].mean() > np.nonzero(blue)[1].mean()) == left_is_right


def test_letters_follow_the_camera(view, monkeypatch):
    view.show_surface("ball", sphere(), IVORY)
    for letter, edges in (("A", "RLSI"), ("L", "APSI"), ("I", "RLAP")):
        view.view_from(letter)
        assert drawn_texts(monkeypatch, view)[:4] == list(edges)


def test_pick_is_on_the_sphere_and_beside_it_there_is_nothing(qtbot, view):
    view.show_surface("ball", sphere(20.0, (5, -7, 11)), IVORY)
    view.grab()
    told = []
    view.picked.connect(told.append)
    for offset in ((0, 0, 0), (8, 0, 6), (-11, 0, -9)):
        at = on_screen(view, np.array([5, -7, 11]) + offset).toPoint()
        qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=at)
        pick = told[-1]
        assert pick.key == "ball"
        # Chords of 48 rings lie at most 20 (1 − cos(π/96)) = 0.011 mm inside the ball, twice for both ways.
        assert np.linalg.norm(pick.lps - [5, -7, 11]) == pytest.approx(20, abs=0.03)
        back = on_screen(view, pick.lps)
        assert (back - QPointF(at)).manhattanLength() < 1.5
        assert pick.lps[1] < -7  # the anterior side, which is the one seen
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(5, 100))
    assert told[-1] is None


def test_left_drag_orbits_about_the_superior_axis(qtbot, view):
    view.show_surface("ball", sphere(), IVORY)
    view.grab()
    drag(qtbot, view, QPoint(200, 160), QPoint(300, 160))
    # Half a turn across 400 pixels: 100 pixels are 45°, and the scene follows the hand.
    assert view.camera.turn == pytest.approx(-45)
    assert view.camera.tilt == 0
    drag(qtbot, view, QPoint(200, 160), QPoint(200, 200))
    assert view.camera.tilt == pytest.approx(180 * 40 / 320)
    assert view.camera.axes[0][2] == pytest.approx(0, abs=1e-12)


def test_what_is_grabbed_follows_the_hand(qtbot, view):
    view.show_surface("ball", sphere(20.0), IVORY)
    view.grab()
    front = np.array([0, -20.0, 0])
    before = on_screen(view, front)
    drag(qtbot, view, QPoint(200, 160), QPoint(240, 180))
    after = on_screen(view, front)
    assert after.x() > before.x() + 5
    assert after.y() > before.y() + 5


def test_pan_and_zoom(qtbot, view):
    view.show_surface("ball", sphere(), IVORY)
    view.grab()
    before = on_screen(view, [0, 0, 0])
    drag(qtbot, view, QPoint(100, 100), QPoint(150, 120), Qt.MouseButton.MiddleButton)
    moved = on_screen(view, [0, 0, 0]) - before
    assert (moved.x(), moved.y()) == pytest.approx((50, 20))
    drag(qtbot, view, QPoint(100, 100), QPoint(50, 80), keys=Qt.KeyboardModifier.ShiftModifier)
    assert (on_screen(view, [0, 0, 0]) - before).manhattanLength() < 1e-6
    height = view.camera.height_mm
    at = QPointF(200, 160)
    wheel = QWheelEvent(
        at, view.mapToGlobal(at), QPoint(), QPoint(0, 240), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(view, wheel)
    assert view.camera.height_mm == pytest.approx(height / 1.12**2)


def test_keys_and_cube_look_from_the_sides(qtbot, view):
    view.show_surface("ball", sphere(), IVORY)
    view.view_from("A")
    view.grab()
    qtbot.keyClick(view, Qt.Key.Key_L)
    assert view.camera.turn == 90
    qtbot.keyClick(view, Qt.Key.Key_Left)
    assert view.camera.turn == 80
    view.view_from("A")
    view.camera.orbit(40, 20)
    view.grab()
    # The cube's middle lies 44 px from the left and 42 px above the lower edge.
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(44, view.height() - 42 - 18))
    assert view.camera.tilt == 90  # the top face: superior


def test_field_has_the_colors_of_its_bar(view):
    mesh = box_mesh((4, 4, 4))
    view.show_field(
        "f", mesh, np.full(len(mesh.points), 30.0), where="node", title="von Mises stress", unit="MPa",
        limits=(0.0, 60.0),
    )  # fmt: skip
    at = on_screen(view, [0, -20, 0]).toPoint()
    seen = pixels(view)[at.y(), at.x()].astype(float)
    wanted = color_map("stress")[128].astype(float)
    # Light changes the lightness, not the hue: the colors are parallel within 3°.
    angle = np.degrees(np.arccos(seen @ wanted / np.linalg.norm(seen) / np.linalg.norm(wanted)))
    assert angle < 3
    assert np.linalg.norm(seen) > 0.7 * np.linalg.norm(wanted)
    view.update_field("f", np.full(len(mesh.points), 55.0))
    seen = pixels(view)[at.y(), at.x()].astype(float)
    wanted = color_map("stress")[round(55 / 60 * 255)].astype(float)
    assert np.degrees(np.arccos(seen @ wanted / np.linalg.norm(seen) / np.linalg.norm(wanted))) < 3


def test_pick_on_a_field_tells_value_element_and_place_at_rest(view):
    mesh = box_mesh((4, 4, 4))
    slope = np.array([1.0, 0.5, -2.0])
    shift = np.tile([0.0, -3.0, 0.0], (len(mesh.points), 1))
    view.show_field(
        "f",
        mesh,
        mesh.points @ slope,
        where="node",
        title="t",
        unit="mm",
        displacement=shift,
        deform_scale=2.0,
    )
    view.grab()
    # Twice 3 mm toward anterior: the front face is drawn at y = −26 and lies at −20 at rest.
    pick = view.pick_at(on_screen(view, [6.0, -26.0, 9.0]))
    assert pick.lps == pytest.approx([6.0, -20.0, 9.0], abs=0.02)
    assert pick.value == pytest.approx(pick.lps @ slope, abs=1e-3)
    corners = mesh.points[mesh.tets[pick.cell]]
    assert (pick.lps >= corners.min(axis=0) - 0.01).all()
    assert (pick.lps <= corners.max(axis=0) + 0.01).all()


@pytest.mark.parametrize("flat", [False, True])
def test_clip_opens_a_mesh_and_shows_its_inside(view, flat):
    mesh = box_mesh((8, 8, 8))
    center = mesh.points[mesh.tets].mean(axis=1)
    view.show_field(
        "f", mesh, center[:, 1], where="element", title="depth", unit="mm", limits=(-20, 20), flat=flat
    )
    view.set_clip(Clip.facing("A", 1.0))  # takes off what is more than 1 mm anterior of the origin
    view.grab()
    pick = view.pick_at(on_screen(view, [3.0, -1.0, 4.0]))
    assert pick.lps == pytest.approx([3.0, -1.0, 4.0], abs=0.02)
    # Elements are 5 mm deep; those cut at −1 have their centers within it.
    assert -5 < pick.value < 5
    view.set_clip(None)
    assert view.pick_at(on_screen(view, [3.0, -20.0, 4.0])).lps[1] == pytest.approx(-20, abs=0.01)


def test_hatched_elements_stand_out_on_the_boundary_and_on_a_cut(view, monkeypatch):
    mesh = box_mesh()
    values = np.zeros(len(mesh.tets))
    upper = mesh.points[mesh.tets].mean(axis=1)[:, 2] > 0
    arguments = {"where": "element", "title": "Strain", "unit": "1", "limits": (0.0, 1.0)}
    view.show_field("box", mesh, values, **arguments)
    view.view_from("A")
    plain = pixels(view)
    view.show_field("box", mesh, values, hatched=upper, **arguments)
    changed = np.abs(pixels(view) - plain).max(axis=-1) > 30
    high, low = (on_screen(view, [0, 0, z]).toPoint() for z in (10.0, -10.0))
    above = changed[high.y() - 25 : high.y() + 26, high.x() - 25 : high.x() + 26]
    below = changed[low.y() - 25 : low.y() + 26, low.x() - 25 : low.x() + 26]
    # Lines 2.8 px wide every 9 along a row, a pixel of smoothed edge on either side of each at the most.
    assert 2.8 / 9 - 0.03 < above.mean() < 4.8 / 9
    assert not below.any()
    assert scene_decor.HATCHED in drawn_texts(monkeypatch, view)
    # Picks go to the mesh under the lines.
    assert view.pick_at(on_screen(view, [0, 0, 10.0])).value == 0.0
    view.set_clip(Clip.facing("A", 0.0))
    cut = pixels(view)
    view.show_field("box", mesh, values, **arguments)
    changed = np.abs(pixels(view) - cut).max(axis=-1) > 30
    above = changed[high.y() - 25 : high.y() + 26, high.x() - 25 : high.x() + 26]
    below = changed[low.y() - 25 : low.y() + 26, low.x() - 25 : low.x() + 26]
    assert 2.8 / 9 - 0.03 < above.mean() < 4.8 / 9  # as on the boundary
    assert not below.any()
    assert scene_decor.HATCHED not in drawn_texts(monkeypatch, view)


def test_color_bar_says_title_unit_yield_and_ticks(view, monkeypatch):
    mesh = box_mesh((2, 2, 2))
    view.show_field(
        "f", mesh, np.zeros(len(mesh.tets)), where="element", title="von Mises stress", unit="MPa",
        limits=(0.0, 60.0), marked=52.5,
    )  # fmt: skip
    texts = drawn_texts(monkeypatch, view)
    for wanted in ("von Mises stress", "in MPa", "averaged to", "nodes", "yield 52.5", "0", "20", "40"):
        assert wanted in texts
    view.update_field("f", np.zeros(len(mesh.tets)), (0.0, 30.0))
    texts = drawn_texts(monkeypatch, view)
    assert "yield 52.5 ↑" in texts  # beyond the bar's end
    view.set_visible("f", False)
    assert "von Mises stress" not in drawn_texts(monkeypatch, view)


def test_a_long_heading_of_a_color_bar_goes_on_below_and_leaves_the_shape_its_room(view, monkeypatch):
    mesh = box_mesh((2, 2, 2))
    field = {"where": "element", "unit": "mm", "limits": (0.0, 14.0)}
    view.show_field("f", mesh, np.zeros(len(mesh.tets)), title="Displacement from ED", **field)
    texts = drawn_texts(monkeypatch, view)
    assert {"Displacement", "from ED", "in mm"} <= set(texts)
    (bar,), metrics = [shown.bar for shown in view._shown.values()], view.fontMetrics()
    wide = view._decor.width_of_bars(QFontMetricsF(view.font()), [bar])
    assert wide < metrics.horizontalAdvance("Displacement from ED")
    marked = replace(bar, marked=5.0, marked_name="a very long name of a value that is marked")
    assert view._decor.width_of_bars(QFontMetricsF(view.font()), [marked]) > wide + 50  # it is beside too


def test_ticks_are_round_and_within():
    assert ticks(0, 60) == [0, 10, 20, 30, 40, 50, 60]
    assert ticks(-0.3, 1.1) == pytest.approx([-0.2, 0, 0.2, 0.4, 0.6, 0.8, 1.0])
    assert ticks(5, 5) == [5]
    assert number_text(0.0073, 0.01) == "0.0073"
    assert number_text(1234.5, 3000) == "1234"
    assert number_text(-10.0, 30.0) == "−10"


@pytest.mark.parametrize(("low", "high"), [(0, 1e-9), (-1, 1), (3, 3.0001), (1e8, 2e8)])
def test_bars_of_any_span_have_a_few_ticks(low, high):
    assert 2 <= len(ticks(low, high)) <= 9


def test_arrow_is_turned_by_hand_about_its_tip(qtbot, view):
    tip = np.array([0.0, 0, 20.0])
    view.show_surface("ball", sphere(20.0), IVORY)
    view.show_arrows("hip", [[0, 0, 60.0]], [[0, 0, -40.0]], ["hip contact"], "#4FB3BF", True, about="tip")
    view.fit()
    view.grab()
    told = []
    view.handle_turned.connect(lambda key, way: told.append((key, way)))
    start = on_screen(view, [0, 0, 60.0])
    # 30° toward the patient's left, in the plane of the screen.
    lean = np.radians(30)
    end = on_screen(view, tip + 40 * np.array([np.sin(lean), 0, np.cos(lean)]))
    drag(qtbot, view, start, end)
    assert len(told) == 1  # once, when the hand lets go
    key, way = told[-1]
    assert key == "hip"
    assert np.linalg.norm(way) == pytest.approx(1)
    # The push points from the free end to the tip; the front half of the sphere adds some depth.
    assert np.degrees(np.arctan2(-way[0], -way[2])) == pytest.approx(30, abs=2)
    assert abs(view.camera.turn) < 1e-9  # the scene itself stayed


def test_an_arrow_not_turnable_stays(qtbot, view):
    view.show_surface("ball", sphere(), IVORY)
    view.show_arrows("load", [[0, 0, 60.0]], [[0, 0, -40.0]], ["load"], "#4FB3BF")
    view.grab()
    told = []
    view.handle_turned.connect(lambda *what: told.append(what))
    drag(qtbot, view, on_screen(view, [0, 0, 20]), QPoint(300, 100))
    assert told == []


def test_keys_visibility_and_removal(view):
    view.show_surface("a", sphere(10.0), IVORY)
    view.show_points("p", [[0, 0, 30.0]], ["head center"], "#F2CC60", 3.0)
    view.show_axes("frame", np.zeros(3), np.eye(3), ["medial", "anterior", "proximal"], 40.0)
    assert view.keys() == ["a", "p", "frame"]
    view.grab()
    view.set_visible("a", False)
    view.show_surface("a", sphere(10.0), IVORY)  # shown again: stays hidden
    assert view.pick_at(on_screen(view, [5, 0, 5])) is None
    view.set_visible("a", True)
    assert view.pick_at(on_screen(view, [5, 0, 5])).key == "a"
    view.remove("a")
    view.remove("a")
    assert view.keys() == ["p", "frame"]
    with pytest.raises(KeyError):
        view.set_visible("a", True)
    with pytest.raises(KeyError):
        view.update_field("p", np.zeros(3))
    view.clear()
    assert view.keys() == []


def test_before_anything_is_drawn_everything_may_be_said(qtbot):
    view = SceneView()
    qtbot.addWidget(view)
    view.show_surface("a", sphere(10.0), IVORY)
    view.set_visible("a", False)
    view.set_visible("a", True)
    view.set_clip(Clip.facing("S", 5.0))
    view.view_from("L")
    view.resize(300, 300)
    # The top is clipped: what is seen just above the cut is the ground.
    pick = view.pick_at(on_screen(view, [0, 0, 8.0]))
    assert pick is None or pick.lps[2] < 5.01


def test_slices_stand_in_the_scene(view):
    volume = marked_volume((0, 0, 0))
    view.show_slices("slices", volume, np.zeros(3), (500.0, 1000.0, False))
    view.camera.orbit(0, 0)
    at = on_screen(view, [2.0, 0, 2.0]).toPoint()
    assert pixels(view)[at.y(), at.x()].min() > 230  # the bright ball in the coronal slice
    away = on_screen(view, [20.0, 0, 20.0]).toPoint()
    assert pixels(view)[away.y(), away.x()].max() < 20
    view.show_slices("slices", volume, np.zeros(3), (500.0, 1000.0, True))
    assert pixels(view)[away.y(), away.x()].min() > 230  # inverted: what is dense is dark
    view.remove("slices")
    assert view.keys() == []


def test_hatching_and_reference_patient_are_seen(view, monkeypatch):
    ball = sphere()
    made = Surface(ball.points, ball.triangles, identity=Identity(reference_patient=True))
    written = []
    plain = scene_decor.paint.warnings

    def note(painter: QPainter, inner, texts):
        written.extend(texts)
        plain(painter, inner, texts)

    monkeypatch.setattr(scene_decor.paint, "warnings", note)
    mesh = box_mesh((2, 2, 2))
    view.show_surface("made", made, IVORY)
    before = pixels(view)
    view.show_field(
        "f",
        mesh,
        np.zeros(len(mesh.points)),
        where="node",
        title="t",
        unit="",
    )
    view.set_stamp("PREVIEW of a reduced model")
    view.grab()
    assert set(written) == {"REFERENCE PATIENT", "PREVIEW of a reduced model"}
    corner = (slice(40, 140), slice(5, 120))
    assert (pixels(view)[corner] != before[corner]).any(axis=-1).mean() > 0.03


def test_image_is_at_the_wanted_resolution(view):
    view.show_surface("ball", sphere(), IVORY)
    picture = view.image(2.0)
    assert (picture.width(), picture.height()) == (800, 640)
    center = picture.pixelColor(400, 320)
    assert center.red() > center.blue() > 90  # ivory, lit


def test_names_keep_apart_and_a_nameless_ball_has_none(view, monkeypatch):
    places = {}
    plain = scene_decor.paint.text_at

    def note(painter, box, flags, text, color, **kwargs):
        places[text] = box
        return plain(painter, box, flags, text, color, **kwargs)

    monkeypatch.setattr(scene_decor.paint, "text_at", note)
    near = np.array([[30.0, 0, 0], [31.0, 0, 1], [32.0, 0, 2], [-30.0, 0, 0], [0, 0, 60.0]])
    view.show_points("marks", near, ["one", "two", "three", "far", ""], "#F2CC60")
    view.grab()
    boxes = [places[name] for name in ("one", "two", "three", "far")]
    assert not any(a.intersects(b) for n, a in enumerate(boxes) for b in boxes[:n])
    assert boxes[3].right() < view.width() / 2  # outward, beside what lies on the left
    assert "" not in places


def test_an_empty_view_says_what_it_waits_for(view, monkeypatch):
    written = []
    plain = scene_decor.paint.text_at
    monkeypatch.setattr(
        scene_decor.paint, "text_at", lambda *a, **k: (written.append(a[3]), plain(*a, **k))[1]
    )
    view.grab()
    view.set_waiting("Reading left femur stresses …")
    view.grab()
    assert [w for w in written if w != "3-D"] == ["No structures yet", "Reading left femur stresses …"]


def test_who_draws_is_known_before_the_first_picture() -> None:
    """Else a large picture is drawn at its finest by a processor, which takes many seconds."""
    from viewers.scene import Scene

    asked_early, asked_late = Scene(), Scene()
    early = asked_early.software
    asked_late._window.Render()
    words = asked_late._window.ReportCapabilities()
    assert early == any(name in words for name in ("llvmpipe", "softpipe", "SwiftShader"))
