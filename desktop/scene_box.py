"""The 3-D view with its few tools over it: fit, clip plane, slices, volume rendering."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QSlider, QToolButton, QVBoxLayout, QWidget

from desktop import theme
from desktop.desk import Desk
from desktop.solved_button import SolvedButton
from desktop.volume_row import VolumeRow

if TYPE_CHECKING:
    from desktop.scenery import Scenery
    from viewers.scene_view import SceneView

_NORMALS = {"L": (1.0, 0.0, 0.0), "P": (0.0, 1.0, 0.0), "S": (0.0, 0.0, 1.0)}
_WORDS = {"L": "sagittal", "P": "coronal", "S": "axial"}
_SHORT = {"L": "sag", "P": "cor", "S": "ax"}


class SceneBox(QWidget):
    """Holds the scene; a clip plane follows the slider along one of the patient's axes."""

    def __init__(self, desk: Desk, scene: SceneView, scenery: Scenery) -> None:
        super().__init__()
        self.scene = scene
        self._range: tuple[float, float] | None = None
        self._axis = ""
        self._normals: dict[str, QToolButton] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(scene)
        self.tools = theme.named(QWidget(self), "scenetools")
        self.tools.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.clip_row = QWidget(self.tools)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, 200)
        self.slider.setValue(100)
        self.slider.setFixedWidth(theme.px(18))
        self.slider.setToolTip("Move the clip plane")
        self.slider.setAccessibleName("Clip plane")
        self.slider.valueChanged.connect(lambda _v: self._clip())
        self.clip_button = self._button("", "Clip plane: cut the scene open (C)", self._on_clip)
        self.clip_button.setCheckable(True)
        self.slices_button = self._button(
            "", "Show the image's slices among the shapes (S)", scenery.toggle_slices
        )
        self.slices_button.setCheckable(True)
        self.volume_button = self._button(
            "", "Look through the image: volume rendering (Shift+V)", scenery.rendering.toggle
        )
        self.volume_button.setCheckable(True)
        self.volume_row = VolumeRow(scenery.rendering)
        self.volume_row.resized.connect(self._place)
        self.solved = SolvedButton(desk)
        self.solved.turned.connect(self._place)
        scenery.rendering.changed.connect(lambda: self._on_volume(scenery.rendering.on))
        scenery.slices_turned.connect(self.slices_button.setChecked, check_nargs=False)
        self._lay_out()
        scene.refilled.connect(self._follow)
        desk.restyled.connect(self.restyle)
        self.restyle()

    def restyle(self) -> None:
        """Take icons and measures of the theme."""
        self.clip_button.setIcon(theme.icon("scissors"))
        self.slices_button.setIcon(theme.icon("stack"))
        self.volume_button.setIcon(theme.icon("cloud-fog"))
        self.volume_row.restyle()
        self.fit_button.setIcon(theme.icon("arrows-out"))
        self._place()

    def toggle_clip(self) -> None:
        """Switch the clip plane on or off."""
        self.clip_button.toggle()
        self._on_clip()

    def set_crosshair(self, _lps: Any) -> None:
        """The slices' crosshair moved: a clip plane that is on follows it."""
        if self._axis and self._range is not None:
            self._slide_to(float(np.dot(np.asarray(_lps), _NORMALS[self._axis])))

    def _on_volume(self, on: bool) -> None:
        self.volume_button.setChecked(on)
        self.volume_row.sync()
        self._place()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self.tools)
        column.setContentsMargins(theme.px(1), theme.px(1), theme.px(1), theme.px(1))
        column.setSpacing(0)
        column.addWidget(self.solved)
        column.addWidget(self.volume_row)
        column.addWidget(self.clip_row)
        row = QHBoxLayout()
        row.setSpacing(0)
        row.addStretch(1)
        column.addLayout(row)
        clip = QHBoxLayout(self.clip_row)
        clip.setContentsMargins(0, 0, 0, 0)
        clip.setSpacing(0)
        clip.addStretch(1)
        group = QButtonGroup(self)
        for letter in _NORMALS:
            button = self._button(
                _SHORT[letter],
                f"Cut along a {_WORDS[letter]} plane",
                lambda letter=letter: self._turn(letter),
            )
            button.setCheckable(True)
            group.addButton(button)
            clip.addWidget(button)
            self._normals[letter] = button
        clip.addWidget(self.slider)
        self.clip_row.hide()
        row.addWidget(self.clip_button)
        row.addWidget(self.slices_button)
        row.addWidget(self.volume_button)
        self.fit_button = self._button("", "Bring everything into view (F)", self.scene.fit)
        row.addWidget(self.fit_button)

    def _button(self, text: str, tip: str, action: Any) -> QToolButton:
        button = QToolButton(self.tools)
        button.setText(text)
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.clicked.connect(lambda _on=False: action())
        return button

    def _turn(self, letter: str) -> None:
        self._axis = letter
        self._normals[letter].setChecked(True)
        self._range = self._extent()
        self.slider.blockSignals(True)
        self.slider.setValue(100)
        self.slider.blockSignals(False)
        self._clip()

    def _on_clip(self) -> None:
        on = self.clip_button.isChecked()
        self.clip_row.setVisible(on)
        self._place()
        if on:
            self._turn(self._axis or "P")
        else:
            self.scene.set_clip(None)

    def _extent(self) -> tuple[float, float] | None:
        """Return how far the scene reaches along the axis; None while there is nothing in it."""
        box = self.scene.bounds()
        if box is None:
            return None
        normal = np.asarray(_NORMALS[self._axis])
        return float(np.dot(box[0], normal)), float(np.dot(box[1], normal))

    def _follow(self) -> None:
        """Let the slider reach as far as what is in the scene now; the plane stays, where it can."""
        if not self.clip_button.isChecked():
            return
        before, at, self._range = self._range, self._at(), self._extent()
        if self._range == before:
            return
        if at is not None and self._range is not None and self._range[0] < at < self._range[1]:
            self._slide_to(at)
        else:
            self.slider.setValue(100)
        self._clip()

    def _at(self) -> float | None:
        """Return where along its axis the plane is, mm."""
        if self._range is None:
            return None
        low, high = self._range
        return low + (high - low) * self.slider.value() / 200

    def _slide_to(self, at: float) -> None:
        assert self._range is not None
        low, high = self._range
        self.slider.setValue(round(200 * (at - low) / max(high - low, 1e-9)))

    def _clip(self) -> None:
        from viewers.views import Clip

        at = self._at()
        if not self.clip_button.isChecked() or at is None:
            return
        normal = np.asarray(_NORMALS[self._axis])
        self.scene.set_clip(Clip(normal * at, normal))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the tools in their place."""
        self._place()

    def _place(self) -> None:
        for widget in (self.volume_row, self.tools):
            # Rows that went are counted until their layout is asked anew.
            layout = widget.layout()
            assert layout is not None
            layout.invalidate()
            layout.activate()
            widget.resize(layout.totalSizeHint())
        # Above the scale bar: the upper corners belong to whose it is and to warnings.
        right, bottom = self.width() - self.tools.width(), self.height() - self.tools.height()
        self.tools.move(right - theme.px(2), bottom - theme.px(10))
        self.tools.raise_()
