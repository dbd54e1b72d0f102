"""What hands change of a beating heart: sliders in groups, a medicine, an infarct, a rhythm."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QCheckBox, QFormLayout, QToolButton, QVBoxLayout, QWidget

from desktop import theme, words
from desktop.beating import of_segments
from desktop.bullseye import SHADES, BullsEye
from desktop.control_row import ControlRow
from desktop.desk import Desk
from desktop.fields import ComboBox, DoubleSpinBox
from desktop.section import Panel, quiet
from desktop.what_if import CONDITIONS, CONTROLS, INFARCT, PUMP, RHYTHM, VALVES, speed_of, told_of

if TYPE_CHECKING:
    from resources.medicines import Medicine
    from twin.domain import Heart

MEDICATION = "Medication"

MARK = "Segments that an infarct has taken or a patch has replaced: they need the full solution"
ACTIVATE = "How the wall is activated: it needs the full solution"

_START = 12.0
"""An infusion begins at this part of the most that is ever given."""


class Group(QWidget):
    """A fold: its title tells how much in it is another than the patient's own."""

    def __init__(self, title: str, *, unfolded: bool = False) -> None:
        super().__init__()
        self.title = title
        self.head = QToolButton()
        self.head.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.head.setCheckable(True)
        self.head.setChecked(unfolded)
        self.head.setToolTip(f"Show or fold: {title}")
        self.body = QWidget()
        self.rows = QFormLayout(self.body)
        self.rows.setContentsMargins(0, 0, 0, 0)
        self.rows.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self.body.setVisible(unfolded)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(1))
        column.addWidget(self.head)
        column.addWidget(self.body)
        self.head.toggled.connect(self._unfold)

    def tell(self, changed: int) -> None:
        """Say how much is changed."""
        self.head.setText(f"{self.title} ({changed} changed)" if changed else self.title)
        self.head.setIcon(theme.icon("caret-down" if self.head.isChecked() else "caret-right", "quiet"))

    def _unfold(self, on: bool) -> None:
        self.body.setVisible(on)
        self.head.setIcon(theme.icon("caret-down" if on else "caret-right", "quiet"))
        panel = self.parentWidget()
        while panel is not None and not isinstance(panel, Panel):
            panel = panel.parentWidget()
        if on and panel is not None:
            panel.bring_into_view(self)


class MedicineBox(QWidget):
    """A medicine, its dose, whose response is taken; what it comes to, and where its numbers are from."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._what_if = desk.beating.what_if
        self._medicines: dict[str, Medicine] = {}
        self._of = ""
        self.choice = ComboBox()
        self.choice.setAccessibleName("Medicine")
        self.choice.setToolTip("What is given; its effect acts on the running beat once it is worked out")
        self.choice.addItem("none", "")
        self.dose = DoubleSpinBox()
        self.dose.setAccessibleName("Dose")
        self.dose.setToolTip("Taken for good each day, or infused until nothing changes any more")
        self.population = ComboBox()
        self.population.setAccessibleName("Response as in")
        self.population.setToolTip("Whose response to it is taken: it is not known in others")
        self.told = quiet()
        self.sources = Group("Sources")
        self._lines = theme.named(quiet(), "small")
        self.sources.rows.addRow(self._lines)
        form = QFormLayout()
        form.setContentsMargins(0, 0, 0, 0)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow("Medicine", self.choice)
        form.addRow("Dose", self.dose)
        form.addRow("As in", self.population)
        self._form = form
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(form)
        column.addWidget(self.told)
        column.addWidget(self.sources)
        self.choice.activated.connect(lambda _n: self._on_choice())
        self.dose.valueChanged.connect(lambda _v: self._give())
        self.population.activated.connect(lambda _n: self._give())

    def refresh(self) -> None:
        """Show what is given, and what it comes to."""
        if not self._medicines:
            self._fill()
        what_if = self._what_if
        name = what_if.values.get("medicine", "")
        it = self._medicines.get(name)
        self.choice.setCurrentIndex(max(self.choice.findData(name), 0))
        self._form.setRowVisible(self.dose, it is not None)
        self._form.setRowVisible(self.population, it is not None and len(it.responses) > 1)
        if it is not None:
            self._show_given(it)
        treatment = what_if.treatment
        lines = list(told_of(treatment)) if treatment is not None else []
        if it is not None and treatment is None and not what_if.complaint:
            lines = ["Working out …"]
        self.told.setText("\n".join(words.sentence(line) for line in lines))
        self.told.setVisible(bool(lines))
        self.sources.setVisible(treatment is not None)
        self.sources.tell(0)
        self._lines.setText("\n".join(treatment.sources) if treatment is not None else "")

    def _fill(self) -> None:
        """Read the table once there is a heart: not at each start."""
        from resources.medicines import medicines

        self._medicines = medicines()
        for name, it in self._medicines.items():
            self.choice.addItem(f"{name} ({it.group})", name)

    def _on_choice(self) -> None:
        """Begin with the standard dose of what was chosen."""
        it = self._medicines.get(self.choice.currentData())
        if it is not None:
            self._fit(it)
            most = it.most_mg_per_day or it.most_mg_per_h
            with QSignalBlocker(self.dose):
                self.dose.setValue(it.standard_mg_per_day if it.most_mg_per_day else round(most / _START, 1))
        self._give()

    def _fit(self, it: Medicine) -> None:
        """Have the fields be of a medicine."""
        daily = bool(it.most_mg_per_day)
        most = it.most_mg_per_day if daily else it.most_mg_per_h
        with QSignalBlocker(self.dose):
            self.dose.setDecimals(3 if most < 5 else 1)
            self.dose.setRange(most / 100.0, most)
            self.dose.setSingleStep(most / 20.0)
            self.dose.setSuffix(" mg a day" if daily else " mg/h")
        self.population.clear()
        for response in it.responses:
            self.population.addItem(response.population, response.population)
        self._of = it.name

    def _show_given(self, it: Medicine) -> None:
        """Show the dose that is given: undo brings another one back."""
        if self._of != it.name:
            self._fit(it)
        values = self._what_if.values
        dose, population = values.get("mg_per_day", values.get("mg_per_h")), values.get("population")
        with QSignalBlocker(self.dose):
            if dose is not None and dose != self.dose.value():
                self.dose.setValue(dose)
        self.population.setCurrentIndex(max(self.population.findData(population), 0))

    def _give(self) -> None:
        it: Medicine | None = self._medicines.get(self.choice.currentData())
        self._what_if.give(it, self.dose.value(), self.population.currentData() if it is not None else None)


class PumpBox:
    """Which pump helps, and where its curve is from."""

    def __init__(self, desk: Desk) -> None:
        self._what_if = desk.beating.what_if
        self.choice = ComboBox()
        self.choice.setAccessibleName("Pump")
        self.choice.setToolTip("Whose curve of pressure over flow and speed is followed")
        from physics.heart_steps import PUMPS

        for n, name in enumerate(PUMPS):
            self.choice.addItem(name, name if n else None)
        self.choice.activated.connect(lambda _n: self._what_if.take_pump(self.choice.currentData()))
        self.source = theme.named(quiet(), "small")

    def refresh(self) -> None:
        """Show the pump that is chosen."""
        self.choice.setCurrentIndex(max(self.choice.findData(self._what_if.pump), 0))
        self.source.setText(words.sentence(self._what_if.heart_pump.citation))


class ReflexBox(QWidget):
    """Whether the baroreflex answers, and what it has come to."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._what_if = desk.beating.what_if
        self.box = QCheckBox("answers")
        self.box.setAccessibleName("Reflex")
        self.told = quiet()
        self.told.setAccessibleName("What the reflex does")
        self.told.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.told.setWordWrap(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(0.5))
        column.addWidget(self.box)
        column.addWidget(self.told)
        self.box.clicked.connect(lambda on: self._what_if.ask(reflex=True if on else None))
        desk.beating.beaten.connect(self.tell)

    def refresh(self) -> None:
        """Show whether it answers, and why it cannot be let to."""
        given = self._what_if.values.get("medicine")
        with QSignalBlocker(self.box):
            self.box.setChecked(self._what_if.reflex)
        self.box.setEnabled(given is None)
        self.box.setToolTip(
            f"Off: what {given} comes to holds the reflex's answer already"
            if given
            else "The baroreflex (Ursino 1998) holds the patient's own mean pressure, over seconds: by heart "
            "rate, resistance, contractility and veins. An average adult's, not measured in this patient"
        )
        self.tell()

    def tell(self) -> None:
        """Show what it has come to by now."""
        text = self._what_if.told_of_reflex()
        # Room for all four lines that it may have, in the theme's font: nothing below it jumps.
        self.told.setFixedHeight(4 * self.told.fontMetrics().lineSpacing() + theme.px(1))
        if text != self.told.text():
            self.told.setText(text)
        if self.told.isVisibleTo(self) != bool(text):
            self.told.setVisible(bool(text))


class HeartControls(QWidget):
    """All that hands change of the heart at hand, in groups: the first unfolded."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._what_if, self._beating = desk.beating.what_if, desk.beating
        self.rows = [ControlRow(desk, control) for control in CONTROLS]
        self.medicine = MedicineBox(desk)
        self.reflex = ReflexBox(desk)
        self.bullseye = BullsEye()
        self.bullseye.marked.connect(lambda marked: self._what_if.ask(infarct_segments=marked or None))
        self.shades = ComboBox()
        self.shades.setAccessibleName("Shade segments by")
        self.shades.setToolTip("Wall thickness is that at end-diastole, as imaged; it does not beat")
        self.shades.setSizeAdjustPolicy(ComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.shades.addItem("nothing", "")
        for name, (title, unit) in SHADES.items():
            self.shades.addItem(f"{title} ({unit})", name)
        self.shades.activated.connect(self._on_shade)
        desk.beating.segments_asked.connect(self._show_segments)
        self._shade: str | None = None
        """What was chosen; None: nobody has, and it is scar where there is any."""
        self._known: dict[str, dict[int, float]] = {}
        self._known_of: Heart | None = None
        self.pump = PumpBox(desk)
        self.rhythm = ComboBox()
        self.rhythm.setAccessibleName("Rhythm")
        self.rhythm.addItem("the patient's own", None)
        from physics.heart_steps import RHYTHMS

        for name in RHYTHMS[1:]:
            self.rhythm.addItem(name, name)
        self.rhythm.activated.connect(lambda _n: self._what_if.ask(rhythm=self.rhythm.currentData()))
        self.groups = {
            title: Group(title, unfolded=title == CONDITIONS)
            for title in (CONDITIONS, VALVES, MEDICATION, PUMP, INFARCT, RHYTHM)
        }
        self.groups[MEDICATION].rows.addRow(self.medicine)
        self.groups[PUMP].rows.addRow("Pump", self.pump.choice)
        self.groups[INFARCT].rows.addRow("Shade by", self.shades)
        self.groups[INFARCT].rows.addRow(self.bullseye)
        self.groups[RHYTHM].rows.addRow("Rhythm", self.rhythm)
        for row in self.rows:
            self.groups[row.control.group].rows.addRow(row.control.title, row)
        self.groups[PUMP].rows.addRow(self.pump.source)
        self.groups[CONDITIONS].rows.addRow("Reflex", self.reflex)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(1))
        for group in self.groups.values():
            column.addWidget(group)

    def _on_shade(self, _place: int) -> None:
        self._shade = self.shades.currentData()
        self._refresh_shades()

    def _show_segments(self, name: str) -> None:
        """Unfold the bull's eye, shaded by one of ``SHADES``."""
        self._shade = name
        head = self.groups[INFARCT].head
        head.setChecked(False)
        head.setChecked(True)  # brings it into view
        self._refresh_shades()

    def _refresh_shades(self) -> None:
        """Shade the segments by what was chosen; what is not known of this heart cannot be chosen."""
        if self._beating.heart is not self._known_of:
            self._known_of = self._beating.heart
            self._known = {name: of_segments(self._beating, name) for name in SHADES}
        known, model = self._known, self.shades.model()
        assert isinstance(model, QStandardItemModel)
        for name, values in known.items():
            model.item(self.shades.findData(name)).setEnabled(bool(values))
        wanted = "scar" if self._shade is None else self._shade
        chosen = wanted if known.get(wanted) else ""
        self.shades.setCurrentIndex(self.shades.findData(chosen))
        self.bullseye.set_values(known.get(chosen, {}), SHADES[chosen][1] if chosen else "")

    def refresh(self) -> None:
        """Show where all stand."""
        values = self._what_if.values
        for row in self.rows:
            if row.control.name == "pump_rpm":
                row.take(speed_of(self._what_if.heart_pump))
            row.refresh()
        self.pump.refresh()
        self.medicine.refresh()
        self.reflex.refresh()
        self.bullseye.set_marked(tuple(values.get("infarct_segments", ())))
        self._refresh_shades()
        why = self._what_if.why_not_walled
        told = ((self.bullseye, MARK), (self.rhythm, ACTIVATE))
        for widget, text in told:
            widget.setEnabled(not why)
            widget.setToolTip(why or text)
        self.rhythm.setCurrentIndex(max(self.rhythm.findData(values.get("rhythm")), 0))
        more = {
            CONDITIONS: self._what_if.reflex,
            MEDICATION: "medicine" in values,
            INFARCT: bool(values.get("infarct_segments")),
            RHYTHM: "rhythm" in values,
        }
        for title, group in self.groups.items():
            group.tell(self._what_if.count(title) + more.get(title, False))
