"""What is asked before files come in."""

from pathlib import Path

import nibabel as nib
import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox

from desktop.chooser import SeriesChooser
from desktop.window import MainWindow

PYRAMID = "v 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\nf 1 3 2\nf 1 2 4\nf 2 3 4\nf 1 4 3\n"


def test_a_silent_surface_asks_for_its_unit_and_axes(window: MainWindow, home: Path, qtbot) -> None:
    path = home / "bone.obj"
    path.write_text(PYRAMID)
    window.open_paths([str(path)])
    qtbot.waitUntil(lambda: bool(window.findChildren(SeriesChooser)), timeout=30_000)
    (chooser,) = window.findChildren(SeriesChooser)
    assert not chooser.button.isEnabled()
    assert "OBJ does not say its unit or its axes; say units and space" in chooser.button.toolTip()
    assert chooser.why.isVisible()
    assert chooser.why.text() == chooser.button.toolTip()
    for name in ("units", "space"):
        field = chooser.form.fields[name]
        assert isinstance(field, QComboBox)
        assert not chooser.button.isEnabled()
        field.setCurrentIndex(2)  # of nothing, mm, cm, m; and of nothing, LPS, RAS
    assert chooser.button.isEnabled()
    qtbot.mouseClick(chooser.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(window.desk.session.of_kind("surface")), timeout=60_000)
    surface = window.desk.session.record.load("s1")
    assert surface.points.min(axis=0).tolist() == [-10, -10, 0]  # cm and RAS: 1 becomes -10 mm


def test_a_surface_that_says_everything_comes_in_unasked(window: MainWindow, home: Path, qtbot) -> None:
    path = home / "bone.obj"
    path.write_text("# Vitruvian\n# space LPS\n# unit mm\n# side left\n# structure left femur\n" + PYRAMID)
    window.open_paths([str(path)])
    qtbot.waitUntil(lambda: bool(window.desk.session.of_kind("surface")), timeout=60_000)
    (item,) = window.desk.session.of_kind("surface")
    assert (item.structure, item.side) == ("left femur", "left")
    assert not window.findChildren(SeriesChooser)


def test_who_imports_all_that_he_was_shown_vouches_for_it(window: MainWindow, home: Path, qtbot) -> None:
    """Two images of nobody on different grids: by themselves they would be asked about."""
    (home / "scans").mkdir()
    for name, spacing in (("a", 1.0), ("b", 2.0)):
        values = np.arange(-300, 300, dtype=np.int16).reshape(10, 10, 6)
        nib.save(nib.Nifti1Image(values, np.diag([spacing] * 3 + [1.0])), home / "scans" / f"{name}.nii")
    window.open_paths([str(home / "scans")])
    qtbot.waitUntil(lambda: bool(window.findChildren(SeriesChooser)), timeout=30_000)
    (chooser,) = window.findChildren(SeriesChooser)
    qtbot.mouseClick(chooser.all, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(window.desk.session.of_kind("volume")) == 2, timeout=60_000)
