"""The task of a heart: let it beat, change what it lives in, and see what comes of it next to what was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import (
    QFormLayout,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from desktop import theme, words
from desktop.actions import Actions
from desktop.beating import BEYOND, COLORS, CONTROLS, Control
from desktop.cine import SPEEDS
from desktop.desk import Desk
from desktop.fields import ComboBox
from desktop.numbers import NumberList
from desktop.section import CommandButton, quiet, section_title
from desktop.time_bar import PhaseSlider


@dataclass(frozen=True)
class Row:
    """A number of the beat: its short and its whole name, its unit, and its name among the beat's numbers."""

    name: str
    whole: str
    unit: str
    key: str
    places: int = 0


ROWS = (
    Row("EDV", "End-diastolic volume", "mL", "lv_end_diastolic_volume_ml"),
    Row("ESV", "End-systolic volume", "mL", "lv_end_systolic_volume_ml"),
    Row("EF", "Ejection fraction", "%", "lv_ejection_fraction_percent"),
    Row("SV", "Stroke volume", "mL", "lv_stroke_volume_ml"),
    Row(
        "CO",
        "Cardiac output: what goes into the aorta and stays there",
        "L/min",
        "cardiac_output_l_per_min",
        1,
    ),
    Row("BP systolic", "Systolic pressure in the arteries", "mmHg", "systolic_pressure_mmhg"),
    Row("BP diastolic", "Diastolic pressure in the arteries", "mmHg", "diastolic_pressure_mmhg"),
    Row("LV EDP", "Pressure in the ventricle at end-diastole", "mmHg", "lv_end_diastolic_pressure_mmhg", 1),
    Row("dP/dt max", "Fastest rise of the ventricle's pressure", "mmHg/s", "lv_dp_dt_max_mmhg_per_s"),
)
LEAST_CHANGE = 0.005
"""A smaller share of a number is no change: steps of time fall elsewhere in each beat."""


class OwnSlider(PhaseSlider):
    """A slider that a double-click sets back; the wheel scrolls the panel, not it."""

    set_back = Signal()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Ask to be set back."""
        self.set_back.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Let the panel scroll."""
        event.ignore()


class ControlRow(QWidget):
    """One control: its name, its slider, and where it stands."""

    def __init__(self, desk: Desk, control: Control, complain: Callable[[str], None]) -> None:
        super().__init__()
        self._beating, self.control, self._complain = desk.beating, control, complain
        self.slider = OwnSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, round((control.high - control.low) / control.step))
        self.slider.setPageStep(5)
        self.slider.setToolTip(f"{control.help}. Double-click: the patient's own")
        self.slider.setAccessibleName(control.title)
        self.value = QLabel()
        self.value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.value.setFixedWidth(theme.px(17))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.slider, 1)
        row.addWidget(self.value)
        self.slider.valueChanged.connect(self._on_slide)
        self.slider.set_back.connect(self._on_back)

    def refresh(self) -> None:
        """Show where the control stands."""
        control, own = self.control, self._beating.own_value(self.control)
        value = self._beating.values.get(control.name, own)
        with QSignalBlocker(self.slider):
            self.slider.setValue(round((value - control.low) / control.step))
        sign = "+" if control.low < 0 < value else ""
        text = f"{sign}{value:g} {control.unit}".replace("-", "−")
        self.value.setText(f"<b>{text}</b>" if abs(value - own) > 1e-9 else text)

    def _on_slide(self, place: int) -> None:
        self._complain(self._beating.set_value(self.control, self.control.low + place * self.control.step))
        self.refresh()

    def _on_back(self) -> None:
        self._beating.values.pop(self.control.name, None)
        own = self._beating.own_value(self.control)
        self._complain(self._beating.set_value(self.control, own))
        self._beating.values.pop(self.control.name, None)
        self.refresh()


class BeatNumbers(QWidget):
    """The numbers of the last beat beside those of the patient's own, with which way they went."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._beating = desk.beating
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(theme.px(2))
        grid.setVerticalSpacing(theme.px(0.5))
        grid.setColumnStretch(0, 1)
        for column, text in ((1, "now"), (2, ""), (3, "own")):
            head = quiet(text)
            head.setAlignment(Qt.AlignmentFlag.AlignRight)
            head.setWordWrap(False)
            grid.addWidget(head, 0, column)
        self._cells: list[tuple[QLabel, QLabel, QLabel]] = []
        for line, row in enumerate(ROWS, 1):
            name, now, arrow, own = quiet(f"{row.name} ({row.unit})"), QLabel(), QLabel(), quiet()
            name.setToolTip(row.whole)
            for label in (now, own):
                label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                label.setWordWrap(False)
                label.setMinimumWidth(theme.px(9))
            arrow.setFixedWidth(theme.px(4))
            for column, label in enumerate((name, now, arrow, own)):
                grid.addWidget(label, line, column)
            self._cells.append((now, arrow, own))

    def refresh(self) -> None:
        """Show the last beat."""
        now, own, beyond = self._beating.numbers, self._beating.own_numbers, self._beating.beyond
        for row, cells in zip(ROWS, self._cells, strict=True):
            texts = [f"{n[row.key]:.{row.places}f}" if n else "" for n in (now, own)]
            change = now[row.key] - own[row.key] if now and own else 0.0
            changed = texts[0] != texts[1] and abs(change) > LEAST_CHANGE * abs(own.get(row.key, 0.0))
            arrow = ("▲" if change > 0 else "▼") if changed else ""
            shown = f"<s>{texts[0]}</s>" if beyond else f"<b>{texts[0]}</b>"
            for cell, text in zip(cells, (shown, "" if beyond else arrow, texts[1]), strict=True):
                if cell.text() != text:
                    cell.setText(text)

    def texts(self) -> dict[str, tuple[str, str, str]]:
        """Return what is written: by name the number now, the arrow, and the patient's own."""
        cells = [(c[0].text(), c[1].text(), c[2].text()) for c in self._cells]
        return {row.name: cell for row, cell in zip(ROWS, cells, strict=True)}


class HeartCard(QFrame):
    """The heart at hand: play, sliders, colors, numbers, what was fitted, and the model's limits."""

    def __init__(self, desk: Desk, actions: Actions) -> None:
        super().__init__()
        self.setObjectName("card")
        self._desk, self._beating = desk, desk.beating
        self.play = QPushButton()
        self.play.clicked.connect(self._beating.toggle)
        self.speed = ComboBox()
        self.speed.setAccessibleName("Speed")
        self.speed.setToolTip("How fast it beats: 1× is real time")
        self.speed.addItems([f"{speed:g}×" for speed in SPEEDS])
        self.speed.activated.connect(self._on_speed)
        self.colors = ComboBox()
        self.colors.setAccessibleName("Colors")
        self.colors.setToolTip("What the colors of the wall show")
        for name, (short, _title, _unit) in COLORS.items():
            self.colors.addItem(short, name)
        self.colors.activated.connect(lambda _n: self._beating.color_by(self.colors.currentData()))
        self.reason = theme.named(QLabel(), "warn")
        self.reason.setWordWrap(True)
        self.rows = [ControlRow(desk, control, self._complain) for control in CONTROLS]
        self.reset = QPushButton("Back to the patient's own")
        self.reset.setToolTip("Set all sliders back; a double-click sets one back")
        self.reset.clicked.connect(self._beating.reset)
        self.badge = theme.named(QLabel(), "warn")
        self.badge.setWordWrap(True)
        self.badge.setText(
            f"{BEYOND}: the wall was not solved at such volumes or tensions. Nothing here is to be trusted."
        )
        self.beat = BeatNumbers(desk)
        self.full = CommandButton(actions["simulate.beat"])
        self.fitted = NumberList(desk)
        self.limits = quiet()
        self.again = CommandButton(actions["edit.again"], primary=True)
        self._lay_out()
        self._beating.changed.connect(self.refresh)
        self._beating.beaten.connect(self.beat.refresh)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.px(3), theme.px(3), theme.px(3), theme.px(3))
        column.setSpacing(theme.px(2))
        head = QHBoxLayout()
        head.addWidget(self.play, 1)
        head.addWidget(self.speed)
        self.speed.setSizePolicy(
            self.play.sizePolicy().horizontalPolicy(), self.speed.sizePolicy().verticalPolicy()
        )
        column.addLayout(head)
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow("Colors", self.colors)
        for row in self.rows:
            form.addRow(row.control.title, row)
        column.addLayout(form)
        self.fitted_title = section_title("How it was made")
        widgets: tuple[QWidget, ...] = (
            self.reason, self.reset, self.badge, section_title("Last beat"), self.beat, self.full, self.again,
            self.fitted_title, self.fitted, section_title("What this does not tell"), self.limits,
        )  # fmt: skip
        for widget in widgets:
            column.addWidget(widget)

    def refresh(self) -> None:
        """Show the heart at hand as it is now."""
        item = self._beating.item
        if item is None or not self._beating.here:
            return
        beating, ready = self._beating, self._beating.heart is not None
        self.play.setIcon(theme.icon("pause" if beating.playing else "play"))
        self.play.setText("Pause" if beating.playing else "Play" if ready else "Getting ready …")
        self.play.setToolTip("Let the heart beat, or hold it still (K)")
        self.speed.setCurrentIndex(SPEEDS.index(beating.speed))
        self.colors.setCurrentIndex(self.colors.findData(beating.colors))
        for widget in (self.play, self.colors, self.reset, *self.rows):
            widget.setEnabled(ready)
        for row in self.rows:
            row.refresh()
        self.reason.setVisible(bool(self.reason.text()))
        self.badge.setVisible(beating.beyond)
        self.beat.refresh()
        self.again.setVisible(bool(item.stale))
        entry = self._desk.session.entry(item.id)
        limits = entry.tree.get("limits", ()) if entry is not None else ()
        self.limits.setText("\n".join(f"– {line}" for line in limits))
        self.fitted.show_entity(item)
        self.fitted_title.setVisible(bool(self.fitted.texts()))

    def _complain(self, why: str) -> None:
        self.reason.setText(words.sentence(why))
        self.reason.setVisible(bool(why))

    def _on_speed(self, place: int) -> None:
        self._beating.speed = SPEEDS[place]
