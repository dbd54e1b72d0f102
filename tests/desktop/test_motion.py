"""A beating ventricle as images show it: in 3-D, over the slices, and as numbers with their curve."""

import numpy as np
import pytest
from PySide6.QtCore import Qt

from desktop.motion_card import MotionCard
from desktop.moving import phase_at
from desktop.stage import Stage
from desktop.window import MainWindow
from resources.colors import EDGE_COLORS
from tests.desktop.beating import CENTER, OUTER_MM, RADII_MM
from tests.desktop.conftest import do, settle
from tests.desktop.live import stage_of
from tests.desktop.test_outlines import _pixels
from twin.record import Record
from viewers.rings import DrawnRings

ENDO = EDGE_COLORS["endocardium"]


def opened(window: MainWindow, home, qtbot, *steps: str, **params: object) -> Stage:
    with Record.create(home / "beating.twin") as record:
        for name in steps:
            do(record, name, **(params if name == steps[-1] else {}))
    return stage_of(window, home / "beating.twin", qtbot)


@pytest.fixture
def beating(window: MainWindow, home, qtbot) -> Stage:
    """A cine of five phases of 160 ms, and a motion with as many."""
    return opened(window, home, qtbot, "test.cine", "test.motion")


def inner_radius(stage: Stage) -> float:
    """Half the width of the endocardium as it stands in the scene."""
    scene = stage.make_scene()
    keys = scene.keys()
    (outer,) = [key for key in keys if key.endswith("#epicardium")]
    scene.set_visible(outer, False)
    box = scene.bounds()
    scene.set_visible(outer, True)
    assert box is not None
    return float((box[1] - box[0])[0] / 2)


def test_it_moves_in_3d_with_the_cine(beating: Stage, qtbot) -> None:
    assert inner_radius(beating) == pytest.approx(RADII_MM[0], abs=0.3)
    outer = beating.make_scene().bounds()
    assert outer is not None
    assert (outer[1] - outer[0])[0] / 2 == pytest.approx(OUTER_MM, abs=0.3)
    beating.slices["axial"].setFocus()
    for _ in range(2):
        qtbot.keyClick(beating.slices["axial"], Qt.Key.Key_Period)
    assert beating.cine.index == 2
    assert inner_radius(beating) == pytest.approx(RADII_MM[2], abs=0.3)


def test_its_cut_and_what_was_found_are_drawn_over_the_slices(beating: Stage) -> None:
    view = beating.slices["axial"]
    view.set_crosshair(CENTER)
    first, right = _pixels(view, ENDO), EDGE_COLORS["right cavity"]
    assert first > 40
    assert _pixels(view, right) > 10
    beating.cine.show(2)
    assert _pixels(view, ENDO) == pytest.approx(first / 2, rel=0.35)  # half as long a circle
    beating.cine.show(3)
    assert _pixels(view, right) == 0  # no edge was found in this phase
    beating.cine.show(2)
    view.set_crosshair(np.add(CENTER, (0, 0, 4.0)))
    assert _pixels(view, right) == 0  # it lies in the slice that it was found in


def test_numbers_are_shown_with_their_curve_and_where_they_come_from(
    beating: Stage, window: MainWindow, qtbot
) -> None:
    window.desk.session.go_to("anatomy")
    settle(window, qtbot)
    card = window.panels["anatomy"].findChild(MotionCard)
    qtbot.waitUntil(card.isVisible, timeout=5000)
    # 4/3 π 12³ mm³ = 7.24 mL
    assert card.numbers.texts() == [
        "End-diastolic volume: 7.24 mL (no interval)",
        "Ejection fraction: 87.5 % (no interval)",
    ]
    beating.cine.show(2)
    time, volume = card.plot.at
    assert time == pytest.approx(320.0)
    assert volume == pytest.approx(4 / 3 * np.pi * 0.6**3)  # 6 mm of radius
    card.numbers._rows[0][3].click()
    chain = dict(card.numbers.chain.lines)
    assert chain["What it is"] == "Of two balls."
    assert "Load" not in chain
    card.numbers.chain.close()


def test_without_a_cine_it_plays_by_its_own_clock(window: MainWindow, home, qtbot) -> None:
    stage = opened(window, home, qtbot, "test.volume", "test.motion", slow=True)
    assert stage.time_bar.isVisible()
    assert stage.cine.moments is not None
    assert stage.cine.moments.length_ms == pytest.approx(2000.0)
    assert stage.cine.image_moments is None
    stage.cine.show(2)
    assert inner_radius(stage) == pytest.approx(RADII_MM[2], abs=0.3)
    (item,) = window.desk.session.of_kind("motion")
    window.desk.session.show(item.key, False)
    settle(window, qtbot)
    assert not stage.time_bar.isVisible()


@pytest.mark.parametrize(("share", "phase"), [(0.0, 0), (0.29, 1), (0.31, 2), (0.95, 0)])
def test_the_nearest_phase_and_the_cycle_closes(share: float, phase: int) -> None:
    assert phase_at(np.arange(5) / 5, share) == phase


def test_beside_a_model_in_one_place_it_is_drawn_as_rings(window: MainWindow, home, qtbot) -> None:
    stage = opened(window, home, qtbot, "test.cine", "test.motion", "test.heart")
    session = window.desk.session
    (motion,), (heart,) = session.of_kind("motion"), session.of_kind("heart")
    inner = f"{motion.key}#endocardium"
    scene = stage.make_scene()
    for shown in (True, False, True):
        session.show(motion.key)
        session.show(heart.key, shown)
        settle(window, qtbot)
        qtbot.waitUntil(lambda: inner in scene.keys(), timeout=20_000)  # noqa: SIM118
        assert isinstance(scene._scene.things[inner], DrawnRings) is shown
