"""How images are looked at: windows by modality, inversion, colors, layouts, linked and free views."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from desktop.commands import BY_ID, COMMANDS
from desktop.overlay import aside_of
from desktop.view_commands import window_id
from desktop.window import MainWindow
from resources.presets import CT_WINDOWS, PET_WINDOWS, PRESETS, SHARES
from tests.desktop.conftest import do, settle
from twin.record import Record


@pytest.fixture
def heart(window: MainWindow, home: Path, qtbot) -> MainWindow:
    """The window with an MR whose values are 100, 200, ... 500 in its five phases."""
    with Record.create(home / "heart.twin") as record:
        do(record, "test.cine")
    window.open_paths([home / "heart.twin"])
    settle(window, qtbot)
    return window


@pytest.fixture
def ct(window: MainWindow, scan: Path, qtbot) -> MainWindow:
    """The window with a CT."""
    window.open_paths([scan])
    settle(window, qtbot)
    return window


def press(window: MainWindow, key: Qt.Key, plane: str = "axial") -> None:
    view = window.desk.stage.slices[plane]
    view.setFocus()
    QTest.keyClick(view, key)
    QApplication.processEvents()


@pytest.mark.parametrize(("which", "fitting"), [("ct", CT_WINDOWS), ("heart", SHARES)])
def test_windows_are_offered_that_fit_what_the_numbers_mean(request, which: str, fitting: tuple) -> None:
    window: MainWindow = request.getfixturevalue(which)
    on = [p for p in PRESETS if not BY_ID[window_id(p)].why_not(window.desk)]
    assert tuple(on) == fitting
    assert "uptake" in BY_ID[window_id(PET_WINDOWS[0])].why_not(window.desk)
    panel = window.panels["images"]
    seen = [b.text() for id, b in panel._windows.items() if b.isVisible()]
    assert seen == [*(p.name for p in fitting), "Automatic", "As in the file"]


def test_an_mr_has_windows_by_its_own_values_at_the_same_keys(heart: MainWindow) -> None:
    press(heart, Qt.Key.Key_2)
    # The whole range, 100 to 500.
    assert heart.desk.stage.slices["coronal"].window_level[:2] == pytest.approx((300, 400))


def test_i_inverts_all_views_and_a_preset_leaves_them_inverted(ct: MainWindow) -> None:
    slices = ct.desk.stage.slices
    press(ct, Qt.Key.Key_I)
    assert {view.window_level for view in slices.values()} == {(40.0, 400.0, True)}
    press(ct, Qt.Key.Key_3)
    assert {view.window_level for view in slices.values()} == {(-600.0, 1500.0, True)}  # presets: lung
    press(ct, Qt.Key.Key_0)
    assert {view.window_level for view in slices.values()} == {(40.0, 400.0, False)}  # the file's own


def test_colors_and_interpolation_are_one_for_all_views(ct: MainWindow) -> None:
    slices = ct.desk.stage.slices
    BY_ID["view.color.viridis"].trigger(ct.desk)
    view = slices["sagittal"]
    at = view.position_of(view.crosshair).toPoint() + QPoint(20, 20)
    # Inside the bright ball, 900 HU in a window to 240: the end of viridis.
    assert view.image().pixelColor(at).name() == "#fde725"
    bar = view.picture.bar()
    assert (bar.colors, bar.ends, bar.unit) == ("viridis", (-160.0, 240.0), "HU")
    BY_ID["view.color.gray"].trigger(ct.desk)
    assert view.picture.bar() is None
    press(ct, Qt.Key.Key_N)
    assert {v.picture.smooth for v in slices.values()} == {False}


def test_free_views_have_each_its_own_place_and_window(ct: MainWindow, qtbot) -> None:
    slices = ct.desk.stage.slices
    axial, coronal = slices["axial"], slices["coronal"]
    before = coronal.crosshair
    press(ct, Qt.Key.Key_L)
    assert not axial.cross.handles(axial.rect().toRectF(), axial.position_of(axial.crosshair))
    qtbot.mouseClick(axial, Qt.MouseButton.LeftButton, pos=QPoint(axial.width() // 3, axial.height() // 2))
    press(ct, Qt.Key.Key_1)
    assert np.allclose(coronal.crosshair, before)
    assert coronal.window_level[:2] == (40.0, 400.0)
    assert axial.window_level[:2] == (400.0, 1800.0)
    assert "link them first" in BY_ID["view.turn.on"].why_not(ct.desk)
    assert BY_ID["view.link"].title_for(ct.desk) == "Link the views"
    press(ct, Qt.Key.Key_L)
    assert np.allclose(coronal.crosshair, axial.crosshair)
    assert coronal.window_level == axial.window_level


def test_layouts_show_one_large_or_alone_and_all_again(ct: MainWindow) -> None:
    stage = ct.desk.stage
    slices = stage.slices
    press(ct, Qt.Key.Key_M, "coronal")
    assert [p for p, view in slices.items() if view.isVisible()] == ["coronal"]
    press(ct, Qt.Key.Key_M, "coronal")
    assert all(view.isVisible() for view in slices.values())
    slices["sagittal"].setFocus()
    BY_ID["view.slice"].trigger(ct.desk)
    QApplication.processEvents()
    assert slices["sagittal"].height() > 2.5 * slices["axial"].height()
    BY_ID["view.only.scene"].trigger(ct.desk)
    QApplication.processEvents()
    assert not any(view.isVisible() for view in slices.values())
    assert stage.scene.width() > 0.95 * stage.width()
    BY_ID["view.all"].trigger(ct.desk)
    QApplication.processEvents()
    assert slices["sagittal"].height() == pytest.approx(slices["axial"].height(), abs=2)


def test_the_right_corner_tells_the_series(ct: MainWindow) -> None:
    entry = ct.desk.session.entry(ct.desk.session.volume.id)
    entry.tree["identity"]["study_description"] = "Pelvis"
    entry.tree["identity"]["series_number"] = 4
    entry.tree["kvp"], entry.tree["kernel"] = 120.0, "Br40"
    assert aside_of(entry) == ["Pelvis", "series 4", "120 kV  Br40"]


def test_every_command_of_the_views_says_what_it_does() -> None:
    for command in COMMANDS:
        if command.group in ("View", "Slices"):
            assert len(command.help) > 12, command.id


def test_g_takes_the_labels_off_and_lays_them_over_again(opened: MainWindow, qtbot) -> None:
    view = opened.desk.stage.slices["axial"]
    view.setFocus()
    with_labels = view.image()
    QTest.keyClick(view, Qt.Key.Key_G)
    assert view.image() != with_labels
    QTest.keyClick(view, Qt.Key.Key_G)
    assert view.image() == with_labels


def test_equals_fits_all_views(ct: MainWindow) -> None:
    view = ct.desk.stage.slices["axial"]
    scale = view.pixels_per_mm
    press(ct, Qt.Key.Key_Plus)
    assert view.pixels_per_mm > scale
    press(ct, Qt.Key.Key_Equal)
    assert view.pixels_per_mm == scale


def test_the_way_on_and_a_measurement_are_seen_in_a_window_of_1280_by_800(opened: MainWindow, qtbot) -> None:
    panel = opened.panels["images"]
    settle(opened, qtbot)
    corner = panel.go.mapTo(panel, panel.go.rect().bottomRight())
    assert panel.go.isVisible()
    assert panel.rect().contains(corner)
    panel.verticalScrollBar().setValue(0)
    opened.resize(1280, 560)  # so low that measuring begins below the edge
    QTest.keyClick(opened.tree.tree, Qt.Key.Key_D)
    hint = panel.measure.hint
    qtbot.waitUntil(lambda: panel.verticalScrollBar().value() > 0)
    for corner in (hint.rect().topLeft(), hint.rect().bottomRight()):
        assert panel.viewport().rect().contains(hint.mapTo(panel.viewport(), corner))
