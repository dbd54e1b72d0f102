"""Numbers, their intervals and where they come from; the slider; loads as arrows."""

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from desktop.loads import arrows_of
from desktop.window import MainWindow
from tests.desktop import made
from tests.desktop.conftest import settle


def open_simulate(window: MainWindow, qtbot):
    window.actions_["go.simulate"].trigger()
    settle(window, qtbot)
    return window.panels["simulate"].answer


def test_a_number_is_never_bare(opened: MainWindow, qtbot) -> None:
    answer = open_simulate(opened, qtbot)
    # tests/desktop/made.py: 16.9 MPa (13.5 to 20.3) at 735.5 N, which is 75 kg.
    assert answer.numbers.texts() == ["Von Mises stress: 16.9 MPa (13.5–20.3)"]
    assert "no fall, no fatigue" in answer.limits.text()
    qtbot.mouseClick(answer.numbers._rows[0][3], Qt.MouseButton.LeftButton)
    chain = dict(answer.numbers.chain.lines)
    assert chain["Scan"].startswith("CT hip; HIP, Model")
    assert chain["Load"] == "walking, body weight 75 kg"
    assert chain["Interval"] == "density calibration ±20 %: 13.5–20.3 MPa"
    assert chain["Largest doubt"] == "density calibration ±20 %"
    assert chain["Steps"].startswith("Make a volume (version 1) → Find the ball (version 1)")


def test_the_body_weight_slider_scales_numbers_and_colors_without_a_job(opened: MainWindow, qtbot) -> None:
    answer = open_simulate(opened, qtbot)
    scene = opened.desk.stage.scene
    before = scene.image()
    log = len(opened.desk.session.record.log())
    answer.slider.setValue(150)
    # twice the weight, twice the stress: 2 × 16.9 × (150 × 9.81 / 735.5) / 2 = 33.8
    assert answer.numbers.texts() == ["Von Mises stress: 33.8 MPa (27–40.6)"]
    assert answer.weight.text() == "150 kg"
    assert scene.image() != before
    assert not opened.desk.queue.busy
    assert len(opened.desk.session.record.log()) == log


def test_another_field_gets_its_own_bar(opened: MainWindow, qtbot) -> None:
    answer = open_simulate(opened, qtbot)
    before = opened.desk.stage.scene.image()
    answer.field.setCurrentIndex(answer.field.findData("displacement"))
    answer.field.activated.emit(answer.field.currentIndex())
    settle(opened, qtbot)
    assert opened.desk.results.field == "displacement"
    assert opened.desk.stage.scene.image() != before


def test_arrows_push_onto_the_bone_and_show_their_size() -> None:
    mesh = made.tetrahedron()
    model = made.model.__wrapped__ if hasattr(made.model, "__wrapped__") else made.model
    arrows = arrows_of(model(None, made.VolumeParams(), lambda *_: None).outputs["model"], "walking")
    assert len(arrows) == 1
    np.testing.assert_allclose(arrows[0].force, [-0.5, -0.3, -2.3])
    assert arrows[0].pushes  # it points from outside towards the body of the bone
    np.testing.assert_allclose(arrows[0].place, mesh.points[3])


def test_the_model_shows_its_loads_before_solve(opened: MainWindow, qtbot) -> None:
    session = opened.desk.session
    session.show(session.of_kind("result")[0].key, False)
    without = opened.desk.stage.scene.image()
    session.show(session.of_kind("model")[0].key, True)
    settle(opened, qtbot)
    QApplication.processEvents()
    keys = opened.desk.stage.scene.keys()
    assert any(k.endswith("#hip") for k in keys)
    assert any(k.endswith("#distal") for k in keys)
    assert opened.desk.stage.scene.image() != without
