"""From a dropped DICOM folder to a mesh, by the buttons that a person presses."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton

from desktop.window import MainWindow
from tests.desktop.conftest import settle
from twin.domain import Identity, Volume
from twin.record import Record
from twin.sources.dicom_writer import write_series

RADIUS_MM, LENGTH_MM = 10.0, 60.0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A CT of one rod of bone, 20 mm thick and 60 mm long, in soft tissue."""
    k, j, i = np.ogrid[:64, :48, :48]
    across = np.hypot(j - 23.5, i - 23.5) * 1.5
    hu = np.where(across < RADIUS_MM, 900.0, 40.0)
    hu = np.where(np.abs(k - 31.5) * 1.5 < LENGTH_MM / 2, hu, 40.0)
    noise = np.random.default_rng(1).normal(0, 12, (64, 48, 48))
    voxels = np.round(hu + noise).astype(np.int16)
    affine = np.diag([1.5, 1.5, 1.5, 1.0])
    who = Identity(
        patient_name="ROD^Test", patient_id="R1", sex="O", study_uid="1.2.3.4", study_date="2026-01-05"
    )
    target = tmp_path / "dicom"
    write_series(
        Volume(
            voxels, affine, "CT", "HU", window=(300.0, 1500.0), identity=who, frame_of_reference="1.2.3.9"
        ),
        target,
    )
    return target


def press(window: MainWindow, qtbot, text: str) -> None:
    """Click the one button of the task panel that reads so."""
    panel = window.tasks.currentWidget()
    button = next(b for b in panel.findChildren(QPushButton) if b.isVisible() and b.text() == text)
    assert button.isEnabled(), button.toolTip()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def failed(window: MainWindow) -> bool:
    """Tell whether an error is shown; where the record lies may still be said."""
    return window.errors.isVisible() and window.errors.objectName() == "errorbar"


def do_bone_again(window: MainWindow, qtbot) -> None:
    """Segment with another threshold: the labels and the surface are replaced, the mesh is stale."""
    session = window.desk.session
    labels, surface = session.of_kind("labelmap")[0], session.of_kind("surface")[0]
    window.desk.edit_entity("record.rename", labels.id, name="my bones")
    press(window, qtbot, "Change")
    threshold = window.panels["anatomy"].bone.forms["segmentation.bone"].fields["threshold_hu"]
    threshold.setFocus()
    qtbot.keyClicks(threshold, "880")
    press(window, qtbot, "Segment again")
    settle(window, qtbot)
    assert not failed(window), window.errors.message.text()
    assert [i.id for i in session.of_kind("labelmap")] == [labels.id]
    assert [i.id for i in session.of_kind("surface")] == [surface.id]
    assert session.maker(labels.id).params["threshold_hu"] == 880
    assert session.entry(labels.id).name == "my bones"
    assert session.of_kind("mesh")[0].stale
    assert not session.of_kind("surface")[0].stale
    assert window.desk.stage.scene._decor.stamp.startswith("STALE: ")


def test_a_dropped_folder_becomes_bone_and_mesh_with_one_button_a_step(
    window: MainWindow, folder: Path, home: Path, qtbot
) -> None:
    session = window.desk.session
    window.open_paths([folder])
    settle(window, qtbot)
    assert "ROD, Test" in window.top.identity.full_text()
    assert [p.name for p in (home / "twins").glob("*.twin")] == ["ROD, Test 2026-01-05.twin"]
    assert window.desk.stage.slices["axial"].window_level[:2] == (300.0, 1500.0)

    press(window, qtbot, "Go on to Anatomy")
    press(window, qtbot, "Segment bone")
    settle(window, qtbot)
    assert not failed(window), window.errors.message.text()
    structures = session.structures()
    assert len(structures) == 1
    volume = session.summary(structures[0].id)["structures"][0]["volume_ml"]
    # π · 10² · 60 mm³ = 18.85 mL; at 1.5 mm voxels within 8 %
    assert volume == pytest.approx(np.pi * RADIUS_MM**2 * LENGTH_MM / 1000, rel=0.08)
    assert [i.structure for i in session.of_kind("surface")] == [structures[0].part]

    window.desk.params["mesh.tetrahedra"] = {"edge_mm": 5.0}
    press(window, qtbot, "Make mesh")
    settle(window, qtbot)
    assert not failed(window), window.errors.message.text()
    (mesh,) = session.of_kind("mesh")
    assert session.summary(mesh.id)["inverted"] == 0
    assert len(session.of_kind("surface")) == 1  # the one that was there already was taken
    do_bone_again(window, qtbot)

    titles = []
    while window.desk.session.record.title("undo"):
        titles.append(window.desk.session.record.title("undo"))
        window.actions_.refresh()
        window.actions_["edit.undo"].trigger()
    assert session.items == ()
    assert titles[:3] == ["Surface", "Segment bone", "Rename"]
    assert titles[-2:] == ["Segment bone", "Import images"]
    QApplication.processEvents()
    path = session.record.path
    window.close()
    with Record.open(path, write=False) as record:
        assert record.check() == []
