"""What a record holds already is known by its series UID, or by how its file came in."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QPushButton

from desktop.browser import held
from desktop.incoming import Incoming, record_name
from desktop.window import MainWindow
from tests.desktop.conftest import settle
from twin.domain import Identity, Volume
from twin.exports import export
from twin.record import Record


@pytest.mark.slow
def test_a_file_without_uids_is_known_by_its_path_until_it_is_undone(
    window: MainWindow, home: Path, qtbot
) -> None:
    path = home / "scan.nii.gz"
    export(Volume(np.zeros((4, 8, 8), np.int16), np.eye(4), "CT", "HU"), path)
    with Record.create(home / "r.twin"):
        pass
    window.open_paths([home / "r.twin"])
    incoming = window.incoming
    assert isinstance(incoming, Incoming)

    def bring(again: bool = False) -> None:
        from twin.sources import scan

        series = scan([path]).series[0]
        incoming.take([path], series, {"modality": "CT"}, again=again)
        settle(window, qtbot)

    bring()
    record = window.desk.session.record
    assert record is not None
    (volume,) = window.desk.session.of_kind("volume")
    bring()
    assert len(window.desk.session.of_kind("volume")) == 1
    assert f"is already here: “{volume.name}”." in window.errors.message.text()
    bring(again=True)
    assert len(window.desk.session.of_kind("volume")) == 2
    record.undo()
    record.undo()
    given = {"paths": (str(path),), "series": record.log()[1].params.get("series", "")}
    assert held.already(record, given, "") == ""
    bring()
    assert len(window.desk.session.of_kind("volume")) == 1


def test_a_record_of_nobody_is_named_by_what_and_when() -> None:
    nobody, first = Identity(study_date="2022-12-08"), Path("CT.1.3.12.2.1107.5.1.4.573")
    assert record_name(nobody, first, "CT") == "CT 2022-12-08"
    assert record_name(Identity(patient_id="P1", study_date="2022-12-08"), first, "CT") == "P1 2022-12-08"


def test_recent_records_of_one_name_are_told_apart_by_their_folders(window: MainWindow, home: Path) -> None:
    for name in ("a/torso.twin", "b/torso.twin", "b/hip.twin"):
        (home / name).parent.mkdir(exist_ok=True)
        (home / name).touch()
        window.desk.settings.recent.insert(0, str(home / name))
    window.empty.refresh()
    shown = [b.text() for b in window.empty.findChildren(QPushButton)]
    assert {"torso.twin  ·  a", "torso.twin  ·  b", "hip.twin"} <= set(shown)
