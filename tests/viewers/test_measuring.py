"""Measuring by hand in a slice view: real presses, drags and keys, judged by what is asked for and seen."""

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.twin.measuring.phantoms import volume
from twin.domain import Measurement
from twin.measuring import measure
from viewers.measure_paint import Mark
from viewers.measure_tools import TOOLS, cut
from viewers.measuring import MeasureLayer
from viewers.slice_view import SliceView

LEFT = Qt.MouseButton.LeftButton
COLOR = "#ffd84d"


class Bench:
    """An axial view of the phantom with its layer, and all that the layer asked for."""

    def __init__(self, view: SliceView, ct) -> None:
        self.view, self.ct = view, ct
        self.layer = MeasureLayer(view)
        self.layer.color = COLOR
        self.layer.set_volume(ct)
        self.finished: list = []
        self.changed: list = []
        self.picked: list = []
        self.removed: list = []
        self.put_away: list = []
        self.layer.finished.connect(lambda *a: self.finished.append(a))
        self.layer.changed.connect(lambda *a: self.changed.append(a))
        self.layer.picked.connect(self.picked.append)
        self.layer.removed.connect(self.removed.append)
        self.layer.put_away.connect(lambda: self.put_away.append(True))

    def take(self, tool: str) -> None:
        self.layer.set_tool(TOOLS[tool])

    def at(self, lps) -> QPointF:
        return self.view.position_of(np.asarray(lps, float))

    def move(self, lps, button=Qt.MouseButton.NoButton) -> None:
        place = QPointF(self.at(lps).toPoint())
        event = QMouseEvent(
            QEvent.Type.MouseMove, place, self.view.mapToGlobal(place), Qt.MouseButton.NoButton, button,
            Qt.KeyboardModifier.NoModifier,
        )  # fmt: skip
        QApplication.sendEvent(self.view, event)

    def press(self, lps) -> None:
        QTest.mousePress(self.view, LEFT, pos=self.at(lps).toPoint())

    def release(self, lps) -> None:
        QTest.mouseRelease(self.view, LEFT, pos=self.at(lps).toPoint())

    def drag(self, *places) -> None:
        self.press(places[0])
        for n in range(len(places) - 1):
            for share in (0.25, 0.5, 0.75, 1.0):
                way = np.subtract(places[n + 1], places[n])
                self.move(np.add(places[n], share * way), LEFT)
        self.release(places[-1])

    def click(self, lps) -> None:
        self.press(lps)
        self.release(lps)

    def key(self, key) -> None:
        QTest.keyClick(self.view, key)

    def show(self, made: Measurement, *, selected: bool = False, stale: bool = False) -> None:
        self.layer.set_marks([Mark("a1", made, COLOR, selected, stale)])
        self.view.grab()

    def yellow(self) -> int:
        """How many pixels have about the color of marks."""
        image = self.view.image()
        rgb = np.array(image.constBits()).reshape(image.height(), image.width(), 4)[..., 2::-1].astype(int)
        return int((np.abs(rgb - (0xFF, 0xD8, 0x4D)).max(axis=-1) < 40).sum())

    def said(self, monkeypatch: pytest.MonkeyPatch) -> str:
        """All that the view writes in the color of marks or of warnings."""
        from viewers import paint

        words: list[str] = []
        keep = paint.text_at

        def listen(painter, box, flags, text, color, **more):
            words.append(text)
            keep(painter, box, flags, text, color, **more)

        with monkeypatch.context() as patch:
            patch.setattr(paint, "text_at", listen)
            self.view.grab()
        return "\n".join(words)


@pytest.fixture
def bench(qtbot) -> Bench:
    ct = volume((1.0, 1.0, 2.0), (20, 64, 64))
    view = SliceView("axial")
    qtbot.addWidget(view)
    view.resize(640, 640)
    view.show()
    view.set_volume(ct)
    view.set_crosshair((32, 32, 20))
    view.setFocus()
    return Bench(view, ct)


def points(args) -> np.ndarray:
    return args[1]


def test_a_distance_is_drawn_by_a_drag_or_by_two_clicks(bench):
    bench.take("distance")
    bench.drag((10, 12, 20), (30, 12, 20))
    bench.click((10, 20, 20))
    bench.move((20, 20, 20))
    bench.click((30, 20, 20))
    assert [f[0].kind for f in bench.finished] == ["distance", "distance"]
    # A pixel of the screen is a tenth of a millimeter here.
    np.testing.assert_allclose(points(bench.finished[0]), [(10, 12, 20), (30, 12, 20)], atol=0.1)
    np.testing.assert_allclose(points(bench.finished[1]), [(10, 20, 20), (30, 20, 20)], atol=0.1)
    np.testing.assert_allclose(np.abs(bench.finished[0][2]), (0, 0, 1), atol=1e-12)


def test_the_value_is_seen_while_the_hand_draws(bench, monkeypatch):
    bench.take("distance")
    bench.press((10, 12, 20))
    bench.move((20, 12, 20), LEFT)
    assert "10.0 ± 1.0 mm" in bench.said(monkeypatch)
    bench.move((35, 12, 20), LEFT)
    assert "25.0 ± 1.0 mm" in bench.said(monkeypatch)
    bench.key(Qt.Key.Key_Escape)
    assert "mm" not in bench.said(monkeypatch).replace("step 2 mm", "").replace("cm", "").replace(
        "20.0 mm", ""
    )
    bench.release((35, 12, 20))
    assert bench.finished == []


def test_an_angle_is_drawn_by_three_clicks_or_a_drag_and_a_click(bench):
    bench.take("angle")
    for place in ((30, 20, 20), (10, 20, 20), (10, 40, 20)):
        bench.move(place)
        bench.click(place)
    bench.drag((30, 20, 20), (10, 20, 20))
    bench.click((10, 40, 20))
    for done in bench.finished:
        made = measure("angle", bench.ct, points(done))
        assert made.number("angle").value == pytest.approx(90, abs=0.6)
    assert len(bench.finished) == 2


def test_a_cobb_angle_is_drawn_by_two_drags(bench):
    bench.take("cobb")
    bench.drag((10, 10, 20), (30, 10, 20))
    assert bench.finished == []
    bench.drag((10, 40, 20), (30, 45, 20))
    (done,) = bench.finished
    assert measure("Cobb angle", bench.ct, points(done)).number("Cobb angle").value == pytest.approx(
        np.degrees(np.arctan(5 / 20)), abs=0.6
    )


def test_an_ellipse_fills_the_box_that_is_dragged(bench, monkeypatch):
    bench.take("ellipse")
    bench.press((10, 10, 20))
    bench.move((30, 22, 20), LEFT)
    said = bench.said(monkeypatch)
    # π · 10 · 6 = 188.5 mm²; symmetric about i = 20 on slice 10: 2 · 20 + 1000 − 50 = 990 HU
    assert "mm²" in said
    assert "mean 990" in said
    bench.release((30, 22, 20))
    (done,) = bench.finished
    made = measure("ellipse", bench.ct, points(done))
    assert made.number("area").value == pytest.approx(np.pi * 60, rel=0.02)
    np.testing.assert_allclose(made.points.mean(axis=0), (20, 16, 20), atol=0.1)


def test_an_outline_is_drawn_in_one_stroke(bench):
    bench.take("polygon")
    turn = np.linspace(0, 2 * np.pi, 60)[:-1]
    bench.drag(*[(30 + 12 * np.cos(a), 30 + 12 * np.sin(a), 20) for a in turn])
    (done,) = bench.finished
    made = measure("polygon", bench.ct, points(done))
    assert len(made.points) > 40
    assert made.number("area").value == pytest.approx(np.pi * 144, rel=0.03)


@pytest.mark.parametrize("way", ["double click", "Enter", "first corner"])
def test_an_outline_is_drawn_corner_by_corner(bench, way):
    bench.take("polygon")
    corners = [(10, 10, 20), (30, 10, 20), (30, 20, 20), (10, 20, 20)]
    for corner in [*corners[:2], (50, 50, 20)]:
        bench.move(corner)
        bench.click(corner)
    bench.key(Qt.Key.Key_Backspace)  # takes the last one back
    for corner in corners[2:]:
        bench.move(corner)
        bench.click(corner)
    if way == "double click":
        QTest.mouseDClick(bench.view, LEFT, pos=bench.at(corners[-1]).toPoint())
    elif way == "Enter":
        bench.key(Qt.Key.Key_Return)
    else:
        bench.click(corners[0])
    (done,) = bench.finished
    np.testing.assert_allclose(points(done), corners, atol=0.1)


def test_an_outline_that_crosses_itself_says_so_while_it_is_drawn(bench, monkeypatch):
    bench.take("polygon")
    for corner in ((10, 10, 20), (30, 20, 20), (30, 10, 20)):
        bench.move(corner)
        bench.click(corner)
    bench.move((10, 20, 20))
    assert "crosses itself" in bench.said(monkeypatch)


def test_a_ball_is_dragged_from_its_middle(bench):
    bench.take("ball")
    bench.drag((30, 30, 20), (40, 30, 20))
    (done,) = bench.finished
    made = measure("ellipsoid", bench.ct, points(done))
    assert made.number("volume").value == pytest.approx(4 / 3 * np.pi, rel=0.03)  # mL


def test_words_are_typed_where_they_stand(bench, qtbot):
    bench.take("text")
    bench.click((20, 20, 20))
    QTest.keyClicks(bench.layer.editor, "old fracture")
    QTest.keyClick(bench.layer.editor, Qt.Key.Key_Return)
    bench.click((25, 25, 20))
    QTest.keyClicks(bench.layer.editor, "no")
    QTest.keyClick(bench.layer.editor, Qt.Key.Key_Escape)
    assert bench.layer.editor is None
    (done,) = bench.finished
    assert done[3] == "old fracture"
    bench.take("arrow")
    bench.drag((20, 20, 20), (30, 30, 20))
    QTest.keyClick(bench.layer.editor, Qt.Key.Key_Return)  # an arrow may stay without words
    assert bench.finished[1][3] == ""
    np.testing.assert_allclose(points(bench.finished[1])[0], (20, 20, 20), atol=0.1)  # its tip


def test_escape_ends_what_is_drawn_and_then_puts_the_tool_away(bench):
    bench.take("angle")
    bench.click((20, 20, 20))
    assert bench.layer.busy
    bench.key(Qt.Key.Key_Escape)
    assert not bench.layer.busy
    assert bench.put_away == []
    bench.key(Qt.Key.Key_Escape)
    assert bench.put_away == [True]


def test_without_a_tool_the_view_keeps_its_own_gestures_and_with_one_wheel_and_right_drag_too(bench):
    before = bench.view.window_level
    bench.drag((20, 20, 20), (30, 30, 20))
    assert bench.view.window_level != before
    bench.take("distance")
    scale = bench.view.pixels_per_mm
    QTest.mousePress(bench.view, Qt.MouseButton.RightButton, pos=QPoint(100, 100))
    bench.move((32, 10, 20), Qt.MouseButton.RightButton)
    QTest.mouseRelease(bench.view, Qt.MouseButton.RightButton, pos=QPoint(100, 50))
    assert bench.view.pixels_per_mm != scale
    window = bench.view.window_level
    bench.drag((20, 20, 20), (30, 30, 20))
    assert bench.view.window_level == window


# -- what is there already ---------------------------------------------------------------------------


def line(bench, **more) -> Measurement:
    return measure(
        "distance", bench.ct, np.array([(10.0, 20, 20), (40, 20, 20)]), normal=np.array([0.0, 0, 1]), **more
    )


def test_a_mark_is_drawn_on_its_slice_faded_on_its_neighbors_and_nowhere_else(bench):
    bench.show(line(bench))
    here = bench.yellow()
    assert here > 200
    bench.view.set_crosshair((32, 32, 22))  # the next slice: they are 2 mm apart
    near = bench.yellow()
    assert near < here / 4  # its color is mixed with the image's there
    assert [p.mark.id for p in bench.layer.placed] == []
    bench.view.set_crosshair((32, 32, 24))
    gone = bench.yellow()
    assert gone == 0
    bench.view.set_crosshair((32, 32, 20))
    assert bench.yellow() == here


def test_what_belongs_to_another_moment_is_not_shown(bench):
    made = line(bench)
    bench.show(Measurement(made.kind, made.points, made.normal, made.numbers, time=1))
    assert bench.layer.placed == ()
    bench.layer.moment = 1
    bench.view.grab()
    assert len(bench.layer.placed) == 1


def test_a_handle_is_dragged_and_the_value_follows(bench, monkeypatch):
    bench.show(line(bench))
    bench.press((40, 20, 20))
    bench.move((30, 20, 20), LEFT)
    assert "20.0 ± 1.0 mm" in bench.said(monkeypatch)
    bench.release((30, 20, 20))
    assert bench.picked == ["a1"]
    ((id, params),) = bench.changed
    assert id == "a1"
    np.testing.assert_allclose(
        np.reshape(params["points_mm"], (-1, 3)), [(10, 20, 20), (30, 20, 20)], atol=0.1
    )


def test_the_line_itself_moves_the_whole_and_a_click_only_picks(bench):
    bench.show(line(bench))
    bench.click((25, 20, 20))
    assert (bench.picked, bench.changed) == (["a1"], [])
    bench.drag((25, 20, 20), (25, 30, 20))
    ((_, params),) = bench.changed
    np.testing.assert_allclose(
        np.reshape(params["points_mm"], (-1, 3)), [(10, 30, 20), (40, 30, 20)], atol=0.1
    )


def test_a_label_is_moved_and_stays_where_it_was_put(bench):
    bench.show(line(bench))
    (placed,) = bench.layer.placed
    start = bench.view.lps_at(placed.label.center())
    bench.drag(start, start + np.array([5, 12, 0]))
    ((_, params),) = bench.changed
    assert set(params) == {"label_mm"}
    np.testing.assert_allclose(params["label_mm"], start + np.array([5, 12, 0]), atol=0.2)
    bench.show(line(bench, label=np.array(params["label_mm"])))
    (placed,) = bench.layer.placed
    center = bench.at(params["label_mm"])
    assert placed.label.center().x() == pytest.approx(center.x(), abs=1)
    assert placed.label.center().y() == pytest.approx(center.y(), abs=1)


def test_escape_lets_a_dragged_handle_go_back(bench):
    bench.show(line(bench))
    bench.press((40, 20, 20))
    bench.move((30, 20, 20), LEFT)
    bench.key(Qt.Key.Key_Escape)
    bench.release((30, 20, 20))
    assert bench.changed == []


def test_delete_removes_the_selected_mark_and_no_other(bench):
    bench.show(line(bench))
    bench.key(Qt.Key.Key_Delete)
    assert bench.removed == []
    bench.show(line(bench), selected=True)
    bench.key(Qt.Key.Key_Delete)
    assert bench.removed == ["a1"]


def test_a_double_click_writes_words_to_a_mark(bench):
    bench.show(line(bench, text="old"))
    QTest.mouseDClick(bench.view, LEFT, pos=bench.at((25, 20, 20)).toPoint())
    assert bench.layer.editor.text() == "old"
    QTest.keyClicks(bench.layer.editor, "new")
    QTest.keyClick(bench.layer.editor, Qt.Key.Key_Return)
    assert bench.changed == [("a1", {"text": "new"})]


def test_an_ellipse_stays_one_when_a_handle_is_pulled(bench):
    ends = np.array([(40.0, 30, 20), (20, 30, 20), (30, 36, 20), (30, 24, 20)])
    bench.show(measure("ellipse", bench.ct, ends))
    bench.drag((40, 30, 20), (30, 45, 20))  # turns it by 90° and makes it longer
    ((_, params),) = bench.changed
    made = measure("ellipse", bench.ct, np.reshape(params["points_mm"], (-1, 3)))
    assert made.number("long axis").value == pytest.approx(30, abs=0.2)
    assert made.number("short axis").value == pytest.approx(12, abs=0.1)
    np.testing.assert_allclose(made.points.mean(axis=0), (30, 30, 20), atol=1e-6)


def test_a_ball_becomes_an_ellipsoid_by_its_handles_and_is_cut_true(bench):
    ends = np.array([30.0, 30, 20]) + np.concatenate([[10 * e, -10 * e] for e in np.eye(3)])
    bench.show(measure("ellipsoid", bench.ct, ends))
    bench.drag((40, 30, 20), (45, 30, 20))
    ((_, params),) = bench.changed
    made = measure("ellipsoid", bench.ct, np.reshape(params["points_mm"], (-1, 3)))
    assert [made.number(f"axis {n}").value for n in (1, 2, 3)] == pytest.approx([30, 20, 20], abs=0.2)
    # A plane 6 mm off the middle of a ball of 10 mm cuts a circle of 8 mm.
    ring = cut(ends, np.array([0.0, 0, 26]), np.array([0.0, 0, 1]))
    np.testing.assert_allclose(np.linalg.norm(ring - (30, 30, 26), axis=1), 8, atol=1e-9)
    assert len(cut(ends, np.array([0.0, 0, 31]), np.array([0.0, 0, 1]))) == 0


def test_labels_keep_off_each_other_and_inside_the_view(bench):
    made = [
        measure("distance", bench.ct, np.array([(20.0, y, 20), (40, y, 20)])) for y in (20, 21, 22, 23, 24)
    ]
    bench.layer.set_marks([Mark(f"a{n}", m, COLOR) for n, m in enumerate(made)])
    bench.view.grab()
    labels = [p.label for p in bench.layer.placed]
    assert len(labels) == 5
    assert all(bench.view.rect().contains(label.toRect()) for label in labels)
    apart = [not a.intersects(b) for n, a in enumerate(labels) for b in labels[:n]]
    assert all(apart)


def test_on_a_turned_plane_it_is_drawn_measured_and_shown_there_only(qtbot):
    ct = volume((1.0, 1.0, 1.0), (64, 64, 64))
    view = SliceView("axial")
    qtbot.addWidget(view)
    view.resize(640, 640)
    view.show()
    view.set_volume(ct)
    view.set_crosshair((32, 32, 32))
    bench = Bench(view, ct)
    straight = view.planes
    view.set_planes(straight.turned("sagittal", np.radians(30)))
    normal = view.sheet.frame.normal
    assert abs(normal[2]) == pytest.approx(np.cos(np.radians(30)))
    across, down = (view.sheet.frame.to_lps[:3, n] for n in (0, 1))
    across, down = across / np.linalg.norm(across), down / np.linalg.norm(down)
    middle = np.array([32.0, 32, 32])
    bench.take("ellipse")
    bench.drag(middle - 10 * across - 6 * down, middle + 10 * across + 6 * down)
    (done,) = bench.finished
    made = measure("ellipse", ct, points(done), normal=done[2])
    assert made.number("area").value == pytest.approx(np.pi * 60, rel=0.02)
    np.testing.assert_allclose((made.points - middle) @ normal, 0, atol=1e-6)
    bench.layer.set_tool(None)
    bench.show(made)
    assert len(bench.layer.placed) == 1
    view.set_planes(None)
    view.grab()
    assert bench.layer.placed == ()
