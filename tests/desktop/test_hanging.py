"""First looks by modality and part, and the prior beside: made DICOM, imported as a user does it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from desktop.commands import BY_ID
from desktop.window import MainWindow
from tests.desktop.conftest import settle
from tests.twin.sources import made
from tests.twin.sources.test_modalities import DX, RADIOGRAPH, pet, picture
from tests.viewers.gestures import drag

LEFT = Qt.MouseButton.LeftButton
# The file's own window in all of these: soft tissue, as scanners write it.
FILE = {"WindowCenter": 40, "WindowWidth": 400}


@pytest.fixture
def hung(window: MainWindow) -> MainWindow:
    """An empty window that hangs images by protocols."""
    window.desk.settings.hang = True
    return window


@pytest.fixture
def take(hung: MainWindow, home: Path, qtbot) -> Callable[..., str]:
    """Write a series with those tags, read it into the open record, and return the id of the image."""

    def run(name: str, study: int = 1, **tags: Any) -> str:
        uid = f"1.2.{study}"
        uids = {"StudyInstanceUID": uid, "SeriesInstanceUID": f"{uid}.{len(name)}.{ord(name[0])}"}
        stored = np.arange(8 * 20 * 20, dtype=np.int16).reshape(8, 20, 20) % 1500
        made.write_series(home / name, stored, **{"SeriesDescription": name} | FILE | uids | tags)
        return bring(hung, qtbot, home / name)

    return run


def bring(window: MainWindow, qtbot, folder: Path) -> str:
    """Read what lies in a folder into the record that is open, or into a new one."""
    desk = window.desk
    if desk.session.record is None:
        desk.new_record(folder.parent / "hung.twin")
    desk.edit("test.read", {}, {"folder": str(folder)})
    settle(window, qtbot)
    return desk.session.of_kind("volume")[-1].id


def import_(window: MainWindow, qtbot, folder: Path) -> str:
    """Drop a folder into the window."""
    window.open_paths([folder])
    settle(window, qtbot)
    return window.desk.session.of_kind("volume")[-1].id


def look(window: MainWindow) -> tuple[float, float]:
    return window.desk.stage.slices["axial"].window_level[:2]


def words(window: MainWindow) -> str:
    QApplication.processEvents()
    window.panels["images"].refresh()
    return window.panels["images"].hanging.words.text()


def find(window: MainWindow, qtbot, title: str) -> None:
    """Choose a command in the palette by typing its title."""
    QTest.keyClick(
        window, Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    )
    qtbot.waitUntil(window.palette_.isVisible)
    QTest.keyClicks(window.palette_.line, title)
    assert window.palette_.found()[0].title_for(window.desk).startswith(title)
    QTest.keyClick(window.palette_.line, Qt.Key.Key_Return)
    settle(window, qtbot)


def show(window: MainWindow, qtbot, id: str) -> None:
    window.desk.session.show(id)
    settle(window, qtbot)


BONE, BRAIN, LUNG, MEDIASTINUM, OWN = (400, 1800), (40, 80), (-600, 1500), (50, 350), (40, 400)
"""Center and width, as in ``resources.presets``."""


@pytest.mark.parametrize(
    ("tags", "expected", "arrangement"),
    [
        ({"BodyPartExamined": "HIP", "ConvolutionKernel": "B30f"}, BONE, "four"),
        ({"ConvolutionKernel": ["Br64d", "3"]}, BONE, "four"),
        ({"BodyPartExamined": "HEAD", "ConvolutionKernel": "H31s"}, BRAIN, "axial"),
        ({"BodyPartExamined": "CHEST", "ConvolutionKernel": "B70f"}, LUNG, "axial"),
        ({"BodyPartExamined": "ZZZ"}, OWN, "four"),
    ],
)
def test_a_ct_opens_as_its_part_and_kernel_ask_for(
    take, hung: MainWindow, tags: dict[str, Any], expected: tuple[int, int], arrangement: str
) -> None:
    take("x", **tags)
    assert look(hung) == expected
    assert hung.desk.stage.arrangement == arrangement


def test_it_says_what_was_chosen_and_why(take, hung: MainWindow, home: Path, qtbot) -> None:
    made.write_series(home / "a", BodyPartExamined="HIP", **FILE)
    import_(hung, qtbot, home / "a")
    assert look(hung) == BONE
    assert words(hung) == (
        "Hung as CT hip and limbs, window Bone: hip, pelvis or a limb (the file says: hip)."
    )
    take("knee of somebody")
    assert "(by its description: knee)" in words(hung)
    hung.desk.stage.slices["axial"].setFocus()
    QTest.keyClick(hung.desk.stage.slices["axial"], Qt.Key.Key_0)  # as in the file
    assert look(hung) == OWN


def test_a_preset_in_hu_is_not_given_to_numbers_that_are_none(take, hung: MainWindow) -> None:
    take("a", BodyPartExamined="HEAD", RescaleIntercept=0)  # from 0 to 1499: nothing is air
    assert look(hung) == OWN
    assert "no value is that of air" in words(hung)


def test_an_mr_takes_the_automatic_window_and_shows_its_own_plane_large(take, hung: MainWindow) -> None:
    take("a", Modality="MR", ImageOrientationPatient=[1, 0, 0, 0, 1, 0], RescaleIntercept=0)
    # Of 8·20·20 = 3200 values, n mod 1500: percentiles 1 and 99.5 by numpy itself.
    values = np.arange(3200) % 1500
    low, high = np.percentile(values, [1, 99.5])
    assert look(hung) == pytest.approx(((low + high) / 2, high - low))
    assert hung.desk.stage.arrangement == "axial"


def test_a_radiograph_fills_the_stage_whatever_layout_is_kept_to(hung: MainWindow, home: Path, qtbot) -> None:
    hung.desk.settings.layout["views"] = "four"
    picture(home / "dx", RADIOGRAPH, PatientOrientation=["L", "F"], **DX)
    bring(hung, qtbot, home / "dx")
    stage = hung.desk.stage
    (seen,) = (view for view in stage.slices.values() if view.isVisible())
    assert seen.sheet.frame.counts == (20, 30, 1)
    assert not stage.scene.isVisible()


def test_what_the_user_keeps_to_goes_before_the_tables_layout(take, hung: MainWindow) -> None:
    hung.desk.settings.layout["views"] = "scene"
    take("a", BodyPartExamined="HEAD")
    assert hung.desk.stage.arrangement == "scene"
    assert look(hung) == BRAIN


@pytest.mark.parametrize("first", ["ct", "pet"])
def test_pet_and_ct_of_one_study_and_space_open_fused(
    first: str, take, hung: MainWindow, home: Path, qtbot
) -> None:
    def take_pet() -> None:
        pet(home / "pet", StudyInstanceUID="1.2.1", SeriesInstanceUID="1.2.1.9", SeriesDescription="pet")
        bring(hung, qtbot, home / "pet")

    for one in (first, "pet" if first == "ct" else "ct"):
        if one == "ct":
            take("ct", BodyPartExamined="WHOLEBODY")
        else:
            take_pet()
    settle(hung, qtbot)
    session, stage = hung.desk.session, hung.desk.stage
    ids = {session.entry(i.id).tree["modality"]: i.id for i in session.of_kind("volume")}
    assert session.volume.id == ids["CT"]
    assert stage.fusing.laid.volume.unit == "SUVbw"
    assert stage.fusing.laid.window == (3.5, 7.0, False)  # SUV 0 to 7
    show(hung, qtbot, ids["PT"])  # who asks for the PET itself gets it: dark on white
    assert session.volume.id == ids["PT"]
    assert stage.slices["axial"].window_level == (3.5, 7.0, True)
    assert stage.fusing.key == ""
    qtbot.waitUntil(lambda: stage.scenery is not None and stage.scenery.rendering.on, timeout=60_000)
    assert stage.scenery.rendering.preset.name == "PET maximum intensity"
    show(hung, qtbot, ids["CT"])
    assert stage.fusing.key == ids["PT"]
    assert not stage.scenery.rendering.on


@pytest.mark.parametrize("other", [{"StudyInstanceUID": "1.9"}, {"FrameOfReferenceUID": "1.9"}])
def test_nothing_is_fused_across_studies_or_spaces(
    other: dict[str, str], take, hung: MainWindow, home: Path, qtbot
) -> None:
    pet(home / "pet", **{"StudyInstanceUID": "1.2.1", "SeriesInstanceUID": "1.2.1.9"} | other)
    bring(hung, qtbot, home / "pet")
    assert hung.desk.stage.slices["axial"].window_level == (3.5, 7.0, True)
    assert hung.desk.stage.arrangement == "four"
    take("ct", BodyPartExamined="WHOLEBODY")
    assert hung.desk.stage.fusing.key == ""


def test_what_a_hand_changed_is_there_again_and_never_hung_over(take, hung: MainWindow, qtbot) -> None:
    hip = take("a", BodyPartExamined="HIP")
    view = hung.desk.stage.slices["coronal"]
    middle = QPoint(view.width() // 2, view.height() // 2)
    drag(qtbot, view, middle, middle + QPoint(30, 12))
    hand = look(hung)
    assert hand != BONE
    find(hung, qtbot, "Layout: 3-D and slices")
    take("bb", BodyPartExamined="HEAD", ConvolutionKernel="H31s")
    assert look(hung) == BRAIN
    show(hung, qtbot, hip)
    assert look(hung) == hand
    assert hung.desk.stage.arrangement == "scene"
    find(hung, qtbot, "Hang again")
    assert look(hung) == BONE


def test_another_protocol_is_chosen_by_name_and_one_of_another_modality_says_why_not(
    take, hung: MainWindow, qtbot
) -> None:
    take("a", BodyPartExamined="HIP")
    find(hung, qtbot, "Hang as CT chest")
    assert look(hung) == MEDIASTINUM
    assert hung.desk.stage.arrangement == "axial"
    assert "It is for MR" in BY_ID["hang.mr"].why_not(hung.desk)


def test_a_look_is_kept_for_such_images_without_anybodys_data_and_forgotten(
    take, hung: MainWindow, home: Path, qtbot
) -> None:
    take("Doe secret", BodyPartExamined="HIP", PatientName="Doe^Jane", PatientID="4711")
    view = hung.desk.stage.slices["axial"]
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_I)
    hung.desk.stage.links.window(123.0, 777.0)
    QTest.keyClick(view, Qt.Key.Key_M)
    find(hung, qtbot, "Keep this look for such images")
    stored = (home / "config" / "window.json").read_text()
    (rule,) = json.loads(stored)["hanging"]
    assert rule["modalities"] == ["CT"]
    assert rule["parts"] == ["hip"]
    for data in ("Doe", "Jane", "4711", "secret", "1.2."):
        assert data not in json.dumps(rule)
    take("other", BodyPartExamined="HIP", PatientName="Doe^Jane", PatientID="4711")
    assert hung.desk.stage.slices["axial"].window_level == (123.0, 777.0, True)
    assert hung.desk.stage.maximized == "axial"
    assert "you kept this look" in words(hung)
    take("sharp", BodyPartExamined="HIP", PatientName="Doe^Jane", PatientID="4711", ConvolutionKernel="B70f")
    assert look(hung) == BONE  # another kind
    find(hung, qtbot, "Forget kept looks")
    assert json.loads((home / "config" / "window.json").read_text())["hanging"] == []
    take("fourth", BodyPartExamined="HIP", PatientName="Doe^Jane", PatientID="4711")
    assert look(hung) == BONE


def test_kept_rules_that_cannot_be_read_count_as_none(take, hung: MainWindow) -> None:
    hung.desk.settings.hanging = [{"look": 3}, {"id": "x", "look": {"window": 7}, "parts": None}, {}]
    hung.desk.settings.hanging[1]["modalities"] = ["MR"]
    take("a", BodyPartExamined="HIP")
    assert look(hung) == BONE


def test_switched_off_the_file_alone_says_how(take, hung: MainWindow, qtbot) -> None:
    take("a", BodyPartExamined="HEAD")
    find(hung, qtbot, "Open images as their files ask for")
    take("bb", BodyPartExamined="HIP")
    assert look(hung) == OWN
    assert "protocols are off" in words(hung)


# The prior beside

HIP = {"BodyPartExamined": "HIP"}


def test_the_newest_older_study_lies_beside_linked_in_one_space(take, hung: MainWindow, qtbot) -> None:
    take("oldest", 1, StudyDate="20230105", **HIP)
    old = take("old", 2, StudyDate="20240105", **HIP)
    stage = hung.desk.stage
    assert "“oldest” of 2023-01-05" in words(hung)
    new = take("new", 3, StudyDate="20260105", **HIP)
    assert stage.comparing.key == old
    assert stage.comparing.view.isVisible()
    assert stage.comparing.words == ("same space",)
    assert stage.comparing.view.window_level[:2] == BONE
    assert stage.comparing.view.decor.brief == "CT  2024-01-05"
    assert stage.slices["axial"].decor.brief == "CT  2026-01-05"
    assert stage.comparing.view.pixels_per_mm == pytest.approx(stage.slices["axial"].pixels_per_mm)
    dated = stage.comparing.view.image()
    stage.comparing.view.decor.set_brief("")
    assert stage.comparing.view.image() != dated  # the date is seen in a view that is small
    assert "Beside lies “old” of 2024-01-05: same patient, hip, CT; before 2026-01-05." in words(hung)
    BY_ID["view.compare.end"].trigger(hung.desk)
    assert stage.slices["axial"].decor.brief == ""
    show(hung, qtbot, old)
    show(hung, qtbot, new)
    assert stage.comparing.key == ""  # a hand put it away
    qtbot.mouseClick(hung.panels["images"].hanging.prior, LEFT)
    settle(hung, qtbot)
    assert stage.comparing.key == old


def test_the_older_one_may_come_in_later_and_own_spaces_are_linked_by_an_offset(
    take, hung: MainWindow, qtbot
) -> None:
    new = take("new", 2, StudyDate="20260105", FrameOfReferenceUID="1.7", **HIP)
    old = take("old", 1, StudyDate="20240105", **HIP)
    assert hung.desk.stage.comparing.key == ""
    show(hung, qtbot, new)
    assert hung.desk.stage.comparing.key == old
    assert hung.desk.stage.comparing.words[0] == "own space"
    assert hung.desk.stage.comparing.words[1].startswith("linked by an offset")


def test_a_switch_keeps_priors_away_and_is_remembered(take, hung: MainWindow, home: Path, qtbot) -> None:
    take("old", 1, StudyDate="20240105", **HIP)
    take("new", 2, StudyDate="20260105", **HIP)
    find(hung, qtbot, "Show no prior unasked")
    assert hung.desk.stage.comparing.key == ""
    assert json.loads((home / "config" / "window.json").read_text())["priors"] is False
    take("newest", 3, StudyDate="20260205", **HIP)
    assert hung.desk.stage.comparing.key == ""
    find(hung, qtbot, "Show the prior beside by itself")
    assert hung.desk.stage.comparing.key != ""


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ({"StudyDate": "20240105"}, {"StudyDate": "20260105", **HIP}, "“old” does not say which part"),
        ({"StudyDate": "20240105", **HIP}, {"StudyDate": "20260105", "SeriesDescription": "CT hip"},
         "“CT hip” does not say which part"),
        (HIP, {"StudyDate": "20260105", **HIP}, "“old” does not say when the study was"),
        (HIP, HIP, "“old” do not say when"),
        ({"StudyDate": "20260105", **HIP}, {"StudyDate": "20260105", **HIP},
         "both studies are of 2026-01-05, and nothing says which was first"),
        ({"StudyDate": "20240105", **HIP}, {"StudyDate": "20260105", "PatientName": "Roe^Ann", **HIP},
         "one ID, but different names"),
        ({"StudyDate": "20240105", "BodyPartExamined": "KNEE", "Laterality": "L"},
         {"StudyDate": "20260105", "BodyPartExamined": "KNEE", "SeriesDescription": "left knee"},
         "“left knee” does not say which side"),
    ],
)  # fmt: skip
def test_what_is_not_certain_is_offered_and_says_why(
    take, hung: MainWindow, qtbot, old: dict[str, str], new: dict[str, str], why: str
) -> None:
    first = take("old", 1, **old)
    take("new", 2, **new)
    assert hung.desk.stage.comparing.key == ""
    assert "is not shown beside by itself" in words(hung)
    assert why in words(hung)
    button = hung.panels["images"].hanging.prior
    assert button.isVisible()
    qtbot.mouseClick(button, LEFT)
    settle(hung, qtbot)
    assert hung.desk.stage.comparing.key == first


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"BodyPartExamined": "HEAD"}, HIP),
        ({"BodyPartExamined": "KNEE", "Laterality": "L"}, {"BodyPartExamined": "KNEE", "Laterality": "R"}),
        ({"StudyDate": "20270105", **HIP}, HIP),
        ({"Modality": "MR", **HIP}, HIP),
        ({"StudyInstanceUID": "1.2.2", **HIP}, HIP),
    ],
)
def test_what_is_no_prior_is_not_even_offered(
    take, hung: MainWindow, old: dict[str, str], new: dict[str, str]
) -> None:
    take("old", 1, **{"StudyDate": "20240105"} | old)
    take("new", 2, StudyDate="20260105", **new)
    assert hung.desk.stage.comparing.key == ""
    assert "old" not in words(hung)
    assert "no image of an older study" in BY_ID["hang.prior"].why_not(hung.desk)


def test_a_name_alone_does_not_make_a_patient(take, hung: MainWindow) -> None:
    take("old", 1, StudyDate="20240105", PatientID="", **HIP)
    take("new", 2, StudyDate="20260105", PatientID="", **HIP)
    assert len(hung.desk.session.of_kind("volume")) == 2
    assert hung.desk.stage.comparing.key == ""
    assert "old" not in words(hung)


def test_of_a_study_the_image_most_like_lies_beside(take, hung: MainWindow) -> None:
    sharp = take("sharp", 1, StudyDate="20240105", ConvolutionKernel="B70f", **HIP)
    take("smooth", 1, StudyDate="20240105", ConvolutionKernel="B30f", **HIP)
    take("new", 2, StudyDate="20260105", ConvolutionKernel="B70f", **HIP)
    assert hung.desk.stage.comparing.key == sharp
