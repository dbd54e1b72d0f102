"""What the benchmarks of the views share: an application without a screen, cases, and repeated timing."""

import os
from collections.abc import Callable
from time import perf_counter
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtWidgets import QApplication, QWidget

from twin.domain import LabelMap, Structure, TetMesh, Volume

REPEATS = 60


def shown(make: Callable[[], QWidget], size: tuple[int, int] = (640, 480)) -> Any:
    """Make a view, show it at a size and draw it once."""
    app = QApplication.instance() or QApplication([])
    view = make()
    view.benchmark_app = app  # the application lives as long as the view
    view.resize(*size)
    view.show()
    app.processEvents()
    view.repaint()
    return view


def times_ms(act: Callable[[int], None], repeats: int = REPEATS) -> list[float]:
    """Return the wall time in ms of each ``act(n)``, after three to warm up."""
    for n in range(3):
        act(n)
    taken = []
    for n in range(3, repeats + 3):
        began = perf_counter()
        act(n)
        taken.append(1e3 * (perf_counter() - began))
    return taken


def big_volume() -> Volume:
    """Return 512×512×300 voxels of 16 bits, noise, axes as a CT has them."""
    voxels = np.random.default_rng(1).integers(-1000, 2000, (300, 512, 512), dtype=np.int16)
    affine = np.diag([0.7, 0.7, 1.0, 1.0])
    return Volume(voxels, affine, "CT", "HU", window=(300.0, 1500.0))


def big_body() -> Volume:
    """Return 512×512×300 voxels of a body with noise and three winding bones for rays to meet."""
    k, j, i = np.ogrid[:300, :512, :512]
    voxels = np.full((300, 512, 512), -1000, np.int16)
    voxels[np.broadcast_to(((j - 256) / 150) ** 2 + ((i - 256) / 220) ** 2 < 1, voxels.shape)] = 40
    for row, column in ((256, 170), (256, 340), (330, 256)):
        bend = 20 * np.sin(k / 40), 20 * np.cos(k / 40)
        away = (j - row - bend[0]) ** 2 + (i - column - bend[1]) ** 2
        voxels[away < 28**2] = 1200
        voxels[away < 20**2] = 300
    voxels += np.random.default_rng(1).integers(-15, 15, voxels.shape, dtype=np.int16)
    return Volume(voxels, np.diag([0.7, 0.7, 1.0, 1.0]), "CT", "HU")


def big_labels(volume: Volume) -> LabelMap:
    """Return two balls that take up some tenth of the volume."""
    k, j, i = np.ogrid[:300, :512, :512]
    labels = np.zeros(volume.shape, np.uint8)
    for number, middle in ((1, 150), (2, 360)):
        labels[(k - 150) ** 2 + (j - 256) ** 2 + (i - middle) ** 2 < 95**2] = number
    return LabelMap(labels, volume.affine, (Structure("one", 1), Structure("two", 2)))


def big_mesh() -> TetMesh:
    """Return a rod of 104,544 tetrahedra, 22×22×36 cells of six."""
    from tests.viewers.phantoms import box_mesh

    return box_mesh((22, 22, 36), 180.0)


def bending(mesh: TetMesh) -> tuple[np.ndarray, np.ndarray]:
    """Return a stress at elements (MPa) and a displacement at nodes (mm), as in a bent rod."""
    height = (mesh.points[:, 2] - mesh.points[:, 2].min()) / np.ptp(mesh.points[:, 2])
    displacement = np.zeros_like(mesh.points)
    displacement[:, 0] = 2.0 * height**2
    middle = mesh.points[mesh.tets].mean(axis=1)
    return np.abs(middle[:, 0]) * (1 + middle[:, 2] / 90), displacement


def drag_times_ms(view: Any) -> list[float]:
    """Return the ms of each step of a drag with the left button over a view, drawn at once."""
    from PySide6.QtCore import QEvent, QPointF, Qt
    from PySide6.QtGui import QMouseEvent
    from PySide6.QtTest import QTest

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
