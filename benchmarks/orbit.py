"""Orbiting a scene of 320,000 triangles: one step of the mouse to the painted picture."""

from benchmarks.view_cases import shown, times_ms

NAME = "orbit"
GOAL_MS = 33.0


def measure() -> list[float]:
    """Return ms a step of 3°."""
    from PySide6.QtCore import QEvent, QPointF, Qt
    from PySide6.QtGui import QMouseEvent
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication

    from tests.viewers.phantoms import sphere
    from viewers.scene_view import SceneView

    view = shown(SceneView)
    for key, place in (("left", (60, 0, 0)), ("right", (-60, 0, 0))):
        view.show_surface(key, sphere(50.0, place, rings=200), "#E8D7AC")
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
