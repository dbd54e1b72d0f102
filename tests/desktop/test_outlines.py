"""Surfaces over slices, where their labels are not there already; slices among surfaces."""

from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QToolButton

from desktop.scenery import SLICES
from desktop.window import MainWindow
from tests.desktop.conftest import settle
from tests.twin.sources.test_geometry import AXIAL, CORONAL, SAGITTAL, write
from viewers.slice_view import SliceView


def _pixels(view: SliceView, color: str) -> int:
    """How many pixels of the view have about that color."""
    picture = view.image().convertToFormat(QImage.Format.Format_RGB32)
    packed = np.frombuffer(picture.constBits(), np.uint8).reshape(-1, 4)[:, 2::-1].astype(int)
    tint = QColor(color)
    return int((np.abs(packed - [tint.red(), tint.green(), tint.blue()]).max(axis=1) < 12).sum())


def test_a_surface_is_drawn_where_it_cuts_the_slices(opened: MainWindow, qtbot) -> None:
    session, stage = opened.desk.session, opened.desk.stage
    assert stage is not None
    (surface,), (structure,) = session.of_kind("surface"), session.structures()
    opened.desk.edit_entity("record.color", surface.id, color="#FF00FF")
    settle(opened, qtbot)
    session.show(structure.key)
    session.show(surface.key)
    settle(opened, qtbot)
    center = session.get(surface.id).points.mean(axis=0)
    view = stage.slices["axial"]
    view.set_crosshair(center)
    assert _pixels(view, "#FF00FF") == 0  # its label is there
    session.show(structure.key, False)
    settle(opened, qtbot)
    assert _pixels(view, "#FF00FF") > 20
    session.show(surface.key, False)
    assert _pixels(view, "#FF00FF") == 0


def test_the_image_s_slices_stand_among_the_shapes_when_asked_for(opened: MainWindow, qtbot) -> None:
    session, stage = opened.desk.session, opened.desk.stage
    assert stage is not None
    for item in session.items:
        session.show(item.key, item.kind == "surface")
    session.show(session.of_kind("volume")[0].key)
    settle(opened, qtbot)
    scene = stage.make_scene()
    assert SLICES not in set(scene.keys())
    stage.slices["axial"].setFocus()
    qtbot.keyClick(stage.slices["axial"], Qt.Key.Key_S)
    assert SLICES in set(scene.keys())
    assert session.of_kind("surface")[0].key in set(scene.keys())
    button = next(b for b in opened.findChildren(QToolButton) if "slices among" in b.toolTip())
    assert button.isChecked()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert SLICES not in set(scene.keys())
    assert not button.isChecked()


def test_placed_planes_lie_in_the_scene_together(window: MainWindow, home: Path, qtbot) -> None:
    for name, axes in (("a", AXIAL), ("s", SAGITTAL), ("c", CORONAL)):
        write(home / "plan" / name, [(0, 0, 0)], axes, ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"])
    window.open_paths([home / "plan"])
    settle(window, qtbot)
    stage, session = window.desk.stage, window.desk.session
    assert stage is not None
    scene = stage.make_scene()
    settle(window, qtbot)
    here = {session.volume.id} if session.volume else set()
    others = {f"{SLICES}#{i.id}" for i in session.of_kind("volume") if i.id not in here}
    assert len(others) == 2
    assert {SLICES, *others} <= set(scene.keys())
