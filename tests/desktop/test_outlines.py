"""Surfaces over slices: where they cut the image, unless their labels are there already."""

import numpy as np
from PySide6.QtGui import QColor, QImage

from desktop.window import MainWindow
from tests.desktop.conftest import settle
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
