"""Images of every kind by the window: planes, tilted scans, pictures without sides or lengths."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QLabel

from desktop.chooser import SeriesChooser
from desktop.window import MainWindow
from tests.desktop.conftest import do, settle
from tests.twin.sources.made import write_series
from tests.twin.sources.test_geometry import AXIAL, CORONAL, SAGITTAL, write
from tests.twin.sources.test_modalities import DX, RADIOGRAPH, US, colors, packed, picture
from tests.twin.sources.test_split import cine
from twin.domain import Volume
from twin.record import Record
from viewers.slice_view import SliceView


def test_a_localizer_alone_comes_in_as_planes_and_says_so(window: MainWindow, home: Path, qtbot) -> None:
    for name, axes in (("a", AXIAL), ("s", SAGITTAL), ("c", CORONAL)):
        write(home / "plan" / name, [(0, 0, 0)], axes, ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"])
    window.open_paths([home / "plan"])
    settle(window, qtbot)
    session = window.desk.session
    assert len(session.of_kind("volume")) == 3
    panel = window.panels["images"]
    assert "Read as 3 placed planes, not as a volume: it is a localizer." in panel.notes.text()


def test_a_tilted_scan_says_what_was_done(window: MainWindow, home: Path, qtbot) -> None:
    axes = np.array([[1.0, 0, 0], [0, np.cos(0.2), -np.sin(0.2)]])
    write(home / "tilted", [(0, 0, 2.0 * n) for n in range(5)], axes)
    window.open_paths([home / "tilted"])
    settle(window, qtbot)
    # 0.2 rad = 11.5°
    assert (
        "gantry tilt: its slices are shifted against each other, 11.5°"
        in window.panels["images"].notes.text()
    )


def test_what_has_no_sides_and_no_lengths_shows_none(window: MainWindow, home: Path, qtbot) -> None:
    picture(home / "dx", RADIOGRAPH, **DX)
    window.open_paths([home / "dx"])
    settle(window, qtbot)
    assert "Not calibrated" in window.panels["images"].notes.text()
    stage = window.desk.stage
    assert stage is not None
    view = stage.slices["axial"]
    item = window.desk.session.volume
    assert item is not None
    volume = window.desk.session.get(item.id)
    assert isinstance(volume, Volume)
    bare = _light(view)
    view.set_volume(replace(volume, placement="directions"))
    sided = _light(view)
    view.set_volume(replace(volume, placement="directions", lengths="patient"))
    assert bare < sided < _light(view)


def _light(view: SliceView) -> int:
    """Count the pixels of a view's margin that are not black: letters, scale, texts."""
    image = view.image()
    pixels = np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), -1) & 0xFFFFFF
    pixels = pixels[:, view.width() // 2 :]  # the texts that are there in any case stand on the left
    return int(np.count_nonzero(pixels > 0x303030))


def test_a_film_in_color_is_shown_in_its_colors(window: MainWindow, home: Path, qtbot) -> None:
    film = colors(2, 40, 40)
    film[:] = (200, 60, 20)
    picture(home / "us", film, FrameTime=40, **US)
    window.open_paths([home / "us"])
    settle(window, qtbot)
    stage = window.desk.stage
    assert stage is not None
    view = stage.slices["axial"]
    middle = view.image().pixel(view.width() // 2 + 20, view.height() // 2 + 20) & 0xFFFFFF
    assert middle == packed(film)[0, 0, 0]


def test_of_several_series_one_is_chosen_with_what_will_be_done_to_it(
    window: MainWindow, home: Path, qtbot
) -> None:
    write(home / "mixed/a", [(0, 0, 2.0 * n) for n in range(4)])
    write(home / "mixed/b", [(1.0 * n, 0, 0) for n in range(3)], SAGITTAL)
    window.open_paths([home / "mixed"])
    qtbot.waitUntil(lambda: window.findChild(SeriesChooser) is not None, timeout=60_000)
    chooser = window.findChild(SeriesChooser)
    remarks = [chooser.list.topLevelItem(n).text(7) for n in range(2)]
    assert [r.rpartition(" ")[2] for r in remarks] == ["axial.", "sagittal."]
    qtbot.mouseClick(chooser.button, Qt.MouseButton.LeftButton)
    settle(window, qtbot)
    (item,) = window.desk.session.of_kind("volume")
    assert item.name == "axial"


def test_all_series_of_a_heart_come_in_at_once(window: MainWindow, home: Path, qtbot) -> None:
    for n, z in enumerate((0, 10, 20)):
        cine(home / "heart", n, z)
    cine(home / "heart", 3, 0, ImageOrientationPatient=[0, 1, 0, 0, 0, -1])
    window.open_paths([home / "heart"])
    qtbot.waitUntil(lambda: window.findChild(SeriesChooser) is not None, timeout=60_000)
    chooser = window.findChild(SeriesChooser)
    words = [label.text() for label in chooser.findChildren(QLabel)]
    assert "4 series were found, which make 2 images. Which one?" in words
    qtbot.mouseClick(chooser.all, Qt.MouseButton.LeftButton)
    settle(window, qtbot)
    assert len(window.desk.session.of_kind("volume")) == 2


def test_a_filled_slice_says_that_no_image_is_there(window: MainWindow, home: Path, qtbot) -> None:
    """Of five slices the second from the feet was made up: there, and only there, the words change."""
    write(home / "gap", [(0, 0, z) for z in (0.0, 4.0, 6.0, 8.0)])
    window.open_paths([home / "gap"])
    qtbot.waitUntil(lambda: window.findChild(SeriesChooser) is not None, timeout=60_000)
    chooser = window.findChild(SeriesChooser)
    assert not chooser.button.isEnabled()
    box = chooser.form.findChild(QCheckBox)
    qtbot.keyClick(box, Qt.Key.Key_Space)
    assert chooser.button.isEnabled()
    qtbot.mouseClick(chooser.button, Qt.MouseButton.LeftButton)
    settle(window, qtbot)
    stage = window.desk.stage
    assert stage is not None
    view = stage.slices["axial"]
    item = window.desk.session.volume
    assert item is not None
    volume = window.desk.session.get(item.id)
    assert isinstance(volume, Volume)
    assert volume.filled == (1,)
    seen = []
    for z in (0.0, 2.0, 4.0):
        view.set_crosshair([0, 0, z])
        said = view.image()
        view.set_volume(replace(volume, filled=()))
        view.set_crosshair([0, 0, z])
        seen.append(view.image() != said)
        view.set_volume(volume)
    assert seen == [False, True, False]


def test_a_named_patient_does_not_join_a_nameless_one(window: MainWindow, home: Path, qtbot) -> None:
    nobody = {"PatientName": "", "PatientID": "", "PatientBirthDate": ""}
    write_series(home / "nobody", StudyInstanceUID="1.2.3.1", SeriesInstanceUID="1.2.3.1.1", **nobody)
    write_series(home / "again", StudyInstanceUID="1.2.3.1", SeriesInstanceUID="1.2.3.1.2", **nobody)
    write_series(home / "named", StudyInstanceUID="1.2.3.2", SeriesInstanceUID="1.2.3.2.1")
    session = window.desk.session
    window.open_paths([home / "nobody"])
    settle(window, qtbot)
    first = session.record.path
    window.open_paths([home / "again"])  # the same study
    settle(window, qtbot)
    assert session.record.path == first
    assert len(session.of_kind("volume")) == 2
    window.open_paths([home / "named"])
    settle(window, qtbot)
    assert session.record.path != first
    assert len(session.of_kind("volume")) == 1
    assert "a record of their own" in window.errors.hint.text()


def test_undoing_an_import_brings_the_image_before_back(window: MainWindow, home: Path, qtbot) -> None:
    for n in (1, 2):
        write_series(home / str(n), StudyInstanceUID="1.2.3.1", SeriesInstanceUID=f"1.2.3.1.{n}")
        window.open_paths([home / str(n)])
        settle(window, qtbot)
    session = window.desk.session
    first, second = session.of_kind("volume")
    assert session.volume.key == second.key
    window.actions_["edit.undo"].trigger()
    settle(window, qtbot)
    assert session.volume.key == first.key


def test_the_main_image_of_what_came_together_is_looked_at_first(
    window: MainWindow, home: Path, qtbot
) -> None:
    path = home / "study.twin"
    with Record.create(path) as record:
        do(record, "test.study")
    window.open_paths([path])
    settle(window, qtbot)
    session, stage = window.desk.session, window.desk.stage
    assert session.volume.name == "stack"
    assert not any("as it was left" in line for line in stage.hanging.words)
    # What comes into the open record comes up by the same rule; what comes alone, by itself.
    do(session.record, "test.study")
    settle(window, qtbot)
    assert session.volume.name == "stack 2"
    mask = next(i for i in session.of_kind("volume") if i.name == "mask")
    session.show(mask.key)
    settle(window, qtbot)
    # 4 voxels of 1 in 5184: black to white is from 0 to 1.
    assert stage.slices["axial"].picture.window[:2] == (0.5, 1.0)
    session.show(next(i.key for i in session.of_kind("volume") if i.name == "stack"))
    settle(window, qtbot)
    assert any("as it was left" in line for line in stage.hanging.words)
