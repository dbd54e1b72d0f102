"""Turning a CT of 512×512×300 that is looked through: one step of the mouse to the painted picture."""

from benchmarks.view_cases import shown, times_ms

NAME = "volume-rendering"
GOAL_MS = 100.0


def measure() -> list[float]:
    """Return ms a step of 3°."""
    from PySide6.QtCore import QEvent, QPointF, Qt
    from PySide6.QtGui import QMouseEvent
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication

    from benchmarks.view_cases import big_body
    from resources.renderings import renderings_for
    from viewers.pyramid import pyramid_of
    from viewers.scene_view import SceneView
    from viewers.transfer import Transfer

    view = shown(SceneView)
    volume = big_body()
    soft_tissue = next(one for one in renderings_for("CT") if one.id == "ct_soft_tissue")
    view.show_volume("image", volume, Transfer.of(soft_tissue, volume, pyramid_of(volume)))
    view.repaint()
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=view.rect().center())

    def step(n: int) -> None:
        at = QPointF(view.rect().center()) + QPointF(10.0 * n % 300, n % 20)
        left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
        event = QMouseEvent(
            QEvent.Type.MouseMove, at, view.mapToGlobal(at), none, left, Qt.KeyboardModifier.NoModifier
        )
        QApplication.sendEvent(view, event)
        view.repaint()

    return times_ms(step)
