"""A mesh's fibers as rods in the scene."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt

from desktop.fibers import MOST, layer_of, rods_of
from desktop.window import MainWindow
from physics.cardiac.body import quadrature
from physics.heart import Ellipsoid
from tests.desktop.beating import wall
from tests.desktop.conftest import do, settle
from twin.record import Record


def test_rods_lie_where_the_fibers_were_laid() -> None:
    """In a block of 40 by 40 by 40 mm, along x in its elements, along y at their points of integration."""
    mesh = wall()
    rods, radius = rods_of(mesh)
    ends = np.array(rods)
    assert len(rods) == len(mesh.tets) <= MOST
    np.testing.assert_allclose(ends.mean(axis=1), mesh.points[mesh.tets[:, :4]].mean(axis=1), atol=1e-9)
    along = np.diff(ends, axis=1)[:, 0]
    np.testing.assert_allclose(along[:, 1:], 0.0, atol=1e-12)
    assert 0.0 < radius < 0.1 * along[0, 0]
    count = len(quadrature()[0])
    turned = np.zeros((len(mesh.tets), count, 3, 3))
    turned[...] = np.eye(3)[[1, 0, 2]]
    inside = np.array(rods_of(replace(mesh, axes_inside=turned))[0])
    assert len(inside) > len(rods) or len(mesh.tets) * count > MOST
    np.testing.assert_allclose(np.diff(inside, axis=1)[:, 0, [0, 2]], 0.0, atol=1e-12)


def test_they_are_shown_in_place_of_the_wall_and_it_comes_back(window: MainWindow, home: Path, qtbot) -> None:
    with Record.create(home / "fibers.twin") as record:
        do(record, "test.motion")
        do(record, "test.ventricle")
    window.open_paths([home / "fibers.twin"])
    settle(window, qtbot)
    stage = window.desk.stage
    (item,) = window.desk.session.of_kind("mesh")
    qtbot.waitUntil(lambda: stage.scene is not None and item.key in stage.scene.keys(), timeout=60_000)  # noqa: SIM118
    stage.scene.setFocus()
    for expected in (True, False):
        qtbot.keyClick(stage.scene, Qt.Key.Key_F, Qt.KeyboardModifier.ShiftModifier)
        settle(window, qtbot)
        rods = [key for key in stage.scene.keys() if key.startswith(f"{item.key}#fibers")]  # noqa: SIM118
        assert bool(rods) is expected
    assert item.key in stage.scene.keys()  # noqa: SIM118


def test_rods_are_told_apart_by_their_place_in_the_wall() -> None:
    mesh = Ellipsoid(25.0, 60.0, 35.0, 70.0, 20.0).mesh(20.0, layers=1)
    inside, outside = (mesh.points[np.unique(mesh.patch(name).triangles)] for name in ("endo_lv", "epi"))
    assert set(layer_of(mesh, inside)) == {0}
    assert set(layer_of(mesh, outside)) == {2}
