"""Contours pulled over the slices: hands make steps; surface, numbers, undo and what is stale follow."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest

from desktop.commands import BY_ID
from desktop.motion_card import MotionCard
from desktop.stage import Stage
from desktop.window import MainWindow
from tests.desktop import beating as made_up
from tests.desktop.beating import CENTER, RADII_MM
from tests.desktop.conftest import settle
from tests.desktop.test_measuring import LEFT, drag
from tests.desktop.test_motion import opened
from twin.domain import Motion, Outline
from twin.progress import Progress
from twin.steps import Made, step

STARTS = (CENTER[0] + RADII_MM[0], CENTER[1], CENTER[2])
ENDS = (CENTER[0] + RADII_MM[0] + 2.0, CENTER[1], CENTER[2])
"""From a place of the ball's contour outward, as far as its wall of 3 mm allows."""


@step("test.outlined", version=1, title="Make a motion with contours", quick=True)
def outlined(progress: Progress) -> Made:
    """The ball in the ball, its cavity's contour found in the first phase."""
    motion = made_up.motion(made_up.MotionParams(), progress).outputs["motion"]
    around = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    circle = np.stack([np.cos(around), np.sin(around), np.zeros(64)], axis=1)
    points = (CENTER + RADII_MM[0] * circle).astype(np.float32)
    found = (Outline("left endocardium", "short axis", 0, points, True),)
    return Made({"motion": replace(motion, outlines=found)}, {}, {"motion": "left ventricle"})


@pytest.fixture
def seen(window: MainWindow, home, qtbot) -> Stage:
    stage = opened(window, home, qtbot, "test.cine", "test.outlined")
    stage.slices["axial"].set_crosshair(CENTER)
    stage.slices["axial"].setFocus()
    return stage


def shown(window: MainWindow) -> Motion:
    session = window.desk.session
    motion = session.get(session.of_kind("motion")[-1].id)
    assert isinstance(motion, Motion)
    return motion


def test_a_contour_is_pulled_by_the_mouse_and_undone(seen: Stage, window: MainWindow, qtbot) -> None:
    view, before = seen.slices["axial"], shown(window)
    drag(view, STARTS, ENDS)  # without the tool the window is set, and no contour moves
    assert shown(window) is before
    qtbot.keyClick(view, Qt.Key.Key_H)
    assert seen.pulling.on
    drag(view, STARTS, ENDS)
    settle(window, qtbot)
    after = shown(window)
    assert after.cavity_ml[0] > before.cavity_ml[0]
    assert after.outlines[0].by_hand
    # what the scene shows is the new surface
    (box,) = [seen.make_scene().bounds()]
    assert box is not None
    moved = (
        after.surface("endocardium").points[0][:, 0].max()
        - before.surface("endocardium").points[0][:, 0].max()
    )
    assert moved == pytest.approx(2.0, abs=0.6)
    BY_ID["edit.undo"].trigger(window.desk)
    settle(window, qtbot)
    np.testing.assert_array_equal(shown(window).cavity_ml, before.cavity_ml)
    BY_ID["edit.redo"].trigger(window.desk)
    settle(window, qtbot)
    np.testing.assert_array_equal(shown(window).cavity_ml, after.cavity_ml)


def test_the_cursor_shows_what_can_be_pulled_and_escape_lets_go(
    seen: Stage, window: MainWindow, qtbot
) -> None:
    view = seen.slices["axial"]
    qtbot.keyClick(view, Qt.Key.Key_H)
    at = view.position_of(np.array(STARTS)).toPoint()
    QTest.mouseMove(view, at + QPoint(40, 0))
    QTest.mouseMove(view, at)
    assert view.cursor().shape() == Qt.CursorShape.OpenHandCursor
    assert seen.pulling.layers["axial"].hit(QPointF(at)) is not None
    assert seen.pulling.layers["coronal"].hit(QPointF(at)) is None  # it does not lie in that slice
    before = shown(window)
    QTest.mousePress(view, LEFT, pos=at)
    assert view.cursor().shape() == Qt.CursorShape.ClosedHandCursor
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    QTest.mouseRelease(view, LEFT, pos=at + QPoint(30, 0))
    assert shown(window) is before
    assert seen.pulling.on  # the first Escape only opened the hand
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    assert not seen.pulling.on


@pytest.mark.slow
def test_one_tool_is_in_the_hand(seen: Stage, qtbot) -> None:
    view = seen.slices["axial"]
    qtbot.keyClick(view, Qt.Key.Key_D)
    qtbot.keyClick(view, Qt.Key.Key_H)
    assert (seen.measuring.tool, seen.pulling.on) == ("", True)
    qtbot.keyClick(view, Qt.Key.Key_D)
    assert (seen.measuring.tool, seen.pulling.on) == ("distance", False)


@pytest.mark.slow
def test_the_card_says_what_was_edited(seen: Stage, window: MainWindow, qtbot) -> None:
    window.desk.session.go_to("anatomy")
    settle(window, qtbot)
    card = window.panels["anatomy"].findChild(MotionCard)
    qtbot.waitUntil(card.isVisible, timeout=5000)
    assert card.pull.isEnabled()
    assert not card.edits.isVisible()
    card.pull.click()
    drag(seen.slices["axial"], STARTS, ENDS)
    settle(window, qtbot)
    assert card.edits.text() == "Edited by hand: left endocardium in short axis, phase 1."
    assert card.edits.isVisible()
    assert "End-diastolic volume: 7.24 mL" not in card.numbers.texts()[0]


def test_too_far_a_pull_says_why_and_changes_nothing(seen: Stage, window: MainWindow, qtbot) -> None:
    qtbot.keyClick(seen.slices["axial"], Qt.Key.Key_H)
    before = shown(window)
    with qtbot.waitSignal(window.desk.failed, timeout=5000) as failed:
        drag(seen.slices["axial"], STARTS, (STARTS[0] + 9.0, *STARTS[1:]))
    assert "mm thick there" in failed.args[0].message
    assert shown(window) is before


def test_without_contours_it_says_what_is_missing(window: MainWindow, home, qtbot) -> None:
    assert BY_ID["anatomy.pull"].why_not(window.desk) == (
        "Open the cine MR first: contours are pulled over its slices."
    )
    opened(window, home, qtbot, "test.cine")
    assert "Segment the heart first" in BY_ID["anatomy.pull"].why_not(window.desk)
