"""The task of a heart: let it beat, change what it lives in, and see what comes of it next to what was."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QStandardItemModel
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
from desktop.beating import BEYOND, SOLVED, WITHOUT
from desktop.chain import own_beat
from desktop.cine import SPEEDS
from desktop.desk import Desk
from desktop.fields import ComboBox
from desktop.heart_controls import HeartControls
from desktop.numbers import NumberList
from desktop.section import CommandButton, quiet, section_title
from desktop.solved_button import SolvedButton
from desktop.wall_colors import COLORS

if TYPE_CHECKING:
    from desktop.session import Item, Session


@dataclass(frozen=True)
class Row:
    """A number of the beat: its short and its whole name, its unit, and its name among the beat's numbers.

    ``seldom``: seen only where it is another than the patient's own; ``electric``: it does not hang on what
    the wall was computed for; ``least``: a smaller share of the number is no change, for steps of time fall
    elsewhere in each beat; ``doubtful``: the model gives it wrong, so that its change is not told.
    """

    name: str
    whole: str
    unit: str
    key: str
    places: int = 0
    seldom: bool = False
    electric: bool = False
    least: float = 0.005
    doubtful: bool = False


ROWS = (
    Row("EDV", "End-diastolic volume", "mL", "lv_end_diastolic_volume_ml"),
    Row("ESV", "End-systolic volume", "mL", "lv_end_systolic_volume_ml"),
    Row("EF", "Ejection fraction", "%", "lv_ejection_fraction_percent"),
    Row("SV, total", "Stroke volume: end-diastolic volume less end-systolic, with what leaks back", "mL",
        "lv_stroke_volume_ml"),
    Row(
        "CO, forward",
        "Cardiac output: what goes into the aorta and stays there",
        "L/min",
        "cardiac_output_l_per_min",
        1,
    ),
    Row("BP systolic", "Systolic arterial pressure", "mmHg", "systolic_pressure_mmhg"),
    Row("BP diastolic", "Diastolic arterial pressure", "mmHg", "diastolic_pressure_mmhg"),
    Row("LV EDP", "End-diastolic pressure, left ventricle", "mmHg", "lv_end_diastolic_pressure_mmhg", 1),
    Row("dP/dt max", "Largest rise of pressure (dP/dt), left ventricle", "mmHg/s",
        "lv_dp_dt_max_mmhg_per_s", least=0.01),
    Row("SW", "Stroke work: the loop's area", "mmHg mL", "lv_stroke_work_mmhg_ml"),
    Row("Ees", "End-systolic elastance: slope of pressure over volume as ejection ends, at that moment's "
        "tension. The line through loops at other preloads is less steep. It is no measure of contractility "
        "alone: it falls wherever the heart stays larger at the end of ejection, as behind a narrow valve",
        "mmHg/mL", "lv_end_systolic_elastance_mmhg_per_ml", 1),
    Row("GLS, too small", "Global longitudinal strain of the emptiest moment. It comes out too small: not to "
        "be read as the patient's, nor its change", "%", "longitudinal_strain_percent", 1, doubtful=True),
    Row("GCS", "Global circumferential strain, likewise", "%", "circumferential_strain_percent", 1),
    Row("Twist", "Twist of the emptiest moment, counter-clockwise seen from the apex", "°", "twist_deg", 1),
    Row("QRS", "QRS duration, left ventricle: from its first place activated to its last. With block, or "
        "paced, it comes out longer than in patients: no Purkinje's fibers carry it on", "ms", "qrs_ms",
        electric=True),
    Row("AV gradient", "Mean gradient of the aortic valve. Where no area is given it is an adult's, 3.5 cm²:"
        "\na large stroke volume makes some 11 mmHg at it, where healthy valves have 2 to 5",
        "mmHg", "aortic_mean_gradient_mmhg", 1, True),
    Row("AV area, Gorlin", "Aortic valve area by Gorlin's formula, from mean flow and mean gradient, as "
        "a catheter laboratory has it.\nIt is smaller than the orifice area that the slider gives the model "
        "(by some 5 % at 0.8 cm², 17 % at 3.5 cm²):\nthe model takes each moment's flow, and that rises and "
        "falls", "cm²",
        "aortic_gorlin_area_cm2", 1, True),
    Row("AV regurgitant", "Aortic regurgitant fraction: share of the flow that comes back", "%",
        "aortic_regurgitant_fraction_percent", 0, True),
    Row("MV gradient", "Mean gradient of the mitral valve", "mmHg", "mitral_mean_gradient_mmhg", 0, True),
    Row("MV regurgitant", "Mitral regurgitant fraction: share of the flow that goes back", "%",
        "mitral_regurgitant_fraction_percent", 0, True),
    Row("LA mean", "Mean left atrial pressure", "mmHg", "la_mean_pressure_mmhg", 1, True),
    Row("Qp/Qs", "Flow through the lungs over that through the body (Qp/Qs)", "", "qp_qs", 2, True),
    Row("Pump flow", "Flow through the pump", "L/min", "left_ventricular_assist_l_per_min", 1, True),
)  # fmt: skip
WHY = {
    BEYOND: f"{BEYOND}: the wall was not solved at such volumes or tensions. Nothing here is to be trusted. "
    "“Solve in full” solves it there.",
    WITHOUT: "What is seen is from the chart of the heart without it. Solve the beat in full: at least three "
    "full beats, of a minute or more each; it can be stopped.",
    SOLVED: "Solved in full with exactly these settings. What is drawn here in gray is not that beat: it is "
    "from the chart.",
}
"""What is said of a badge."""

BESIDE = {"Curves": "heart", "Slices with the cine": "scene"}
"""What can stand beside the heart, and how the stage is arranged then."""

SELDOM_CHANGE = 0.05
"""``Row.least`` of a number that is not seen where it is the patient's own."""
STANDS = 0.5
"""A change that stands goes below this share of the least: near that it would come and go with each beat."""


class BeatNumbers(QWidget):
    """The patient's own numbers, those of the last beat, and how they have changed."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._beating = desk.beating
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(theme.px(1))
        grid.setVerticalSpacing(theme.px(0.5))
        grid.setColumnStretch(0, 1)
        for column, text in ((1, "own"), (2, "now"), (3, "change")):
            head = quiet(text)
            head.setAlignment(Qt.AlignmentFlag.AlignRight)
            head.setWordWrap(False)
            grid.addWidget(head, 0, column)
        self._lines: list[tuple[QLabel, QLabel, QLabel, QLabel]] = []
        for line, row in enumerate(ROWS, 1):
            name = quiet()
            name.setToolTip(row.whole)
            own, now, change = quiet(), QLabel(), QLabel()
            for label, wide in ((own, 10), (now, 11), (change, 14)):
                label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                label.setWordWrap(False)
                label.setMinimumWidth(theme.px(wide))
            for column, label in enumerate((name, own, now, change)):
                grid.addWidget(label, line, column)
            self._lines.append((name, own, now, change))

    def refresh(self) -> None:
        """Show the last beat."""
        beating, electric = self._beating, self._beating.electric
        now, own = beating.numbers | electric.numbers, beating.own_numbers | electric.own_numbers
        known = beating.what_if.spreads
        for row, cells in zip(ROWS, self._lines, strict=True):
            texts = [_figure(n[row.key], row.places) if row.key in n else "" for n in (own, now)]
            values = [round(n.get(row.key, 0.0), row.places) for n in (own, now or own)]
            off = values[1] - values[0]
            beyond = beating.beyond and not row.electric
            stands = bool(beating.what_if.values) and bool(cells[3].text())
            least = (SELDOM_CHANGE if row.seldom else row.least) * (STANDS if stands else 1.0)
            changed = abs(off) > least * abs(values[0]) and not row.doubtful
            told = f"{'▲' if off > 0 else '▼'} {abs(off):.{row.places}f}" if changed else ""
            shown = f"<s>{texts[1]}</s>" if beyond else texts[1] if row.doubtful else f"<b>{texts[1]}</b>"
            spread = (
                known.numbers.get(row.key) if known is not None and not (beyond or row.doubtful) else None
            )
            name = f"{row.name} ({row.unit})" if row.unit else row.name
            if spread is not None and texts[1]:
                name = row.name + _small(row.unit)  # the unit goes where the second line is
                shown += _small(_ends(spread.low, spread.high, row.places))
                told += _small(_ends(spread.least_change, spread.most_change, row.places, sign="+"))
            for cell, text in zip(cells, (name, texts[0], shown, "" if beyond else told), strict=True):
                if cell.text() != text:
                    cell.setText(text)
            seen = bool(texts[0] or texts[1])
            if row.seldom:  # once there it stays till all is set back: coming and going would move the rest
                stays = bool(beating.what_if.values) and cells[0].isVisibleTo(self)
                seen = (changed or stays) and not beyond
            for cell in cells:
                if cell.isVisibleTo(self) != seen:
                    cell.setVisible(seen)

    def texts(self) -> dict[str, tuple[str, str, str]]:
        """Return what is written: by name the patient's own, the number now, and the change."""
        cells = [(own.text(), now.text(), change.text()) for _, own, now, change in self._lines]
        return {row.name: cell for row, cell in zip(ROWS, cells, strict=True)}


def _figure(value: float, places: int) -> str:
    """Return a number with its decimals."""
    value = round(value, places) + 0.0  # no “−0”
    return f"{value:.{places}f}".replace("-", "−") if math.isfinite(value) else words.UNDETERMINED


def _ends(low: float, high: float, places: int, sign: str = "") -> str:
    """Return the two ends of an interval as they are read: with a place more where they would be 0 or one."""
    if round(low, places) == round(high, places) or 0.0 in (round(low, places), round(high, places)):
        places += 1
    return words.between(*(f"{end:{sign}.{places}f}".replace("-", "−") for end in (low, high)))


def _small(text: str) -> str:
    """Return a second line in a cell."""
    return f"<br><span style='color:{theme.current().quiet}; font-size:{theme.font_px() - 2}px'>{text}</span>"


def told_apart(session: Session, item: Item, live: Mapping[str, float]) -> str:
    """Say that the numbers are the live heart's, and how far its own beat lies from the fit's full one."""
    from physics.beat_names import KEYS
    from physics.whatif import apart_of

    beat = own_beat(session, item.id)
    numbers = beat.numbers if beat is not None else ()
    full = {KEYS[n["name"]]: n["value"] for n in numbers if n["name"] in KEYS and n["value"] is not None}
    lines = apart_of(live, full) if live else ()
    said = "Read from a chart of the wall, at once. “Solve in full” solves the wall at each moment."
    return "\n".join((said, *(("Own beat, live and full:",) if lines else ()), *(f"– {x}" for x in lines)))


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
        self.colors.setToolTip("What the colors of the wall show; activation is that of normal conduction")
        for name, coloring in COLORS.items():
            self.colors.addItem(coloring.short, name)
        self.colors.activated.connect(lambda _n: self._beating.color_by(self.colors.currentData()))
        self.beside = ComboBox()
        self.beside.setAccessibleName("Beside the heart")
        self.beside.setToolTip(
            "What stands beside the beating heart. Slices: the cine runs with the beat, and the simulated "
            "wall is cut over it; the eye of the measured ventricle shows its contours too"
        )
        for name, arrangement in BESIDE.items():
            self.beside.addItem(name, arrangement)
        self.beside.activated.connect(lambda _n: self._on_beside())
        self.reason = theme.named(QLabel(), "warn")
        self.reason.setWordWrap(True)
        self.controls = HeartControls(desk)
        self.reset = QPushButton("Back to the patient's own")
        self.reset.setToolTip("Undo all of the above; a double-click sets one slider back")
        self.reset.clicked.connect(self._beating.what_if.reset)
        self.badge = theme.named(QLabel(), "warn")
        self.badge.setWordWrap(True)
        self.solved = SolvedButton(desk)
        self.beat = BeatNumbers(desk)
        self.apart = quiet()
        self.apart.setAccessibleName("Live and full beat")
        self.sure = QPushButton("How sure is the change?")
        self.sure.clicked.connect(self._beating.what_if.ask_how_sure)
        self.known = quiet()
        self.full = CommandButton(actions["simulate.beat"])
        self.fitted = NumberList(desk)
        self.limits = quiet()
        self.again = CommandButton(actions["edit.again"], primary=True)
        self._lay_out()
        self._beating.changed.connect(self.refresh)
        self._beating.beaten.connect(self.beat.refresh)
        self._beating.beaten.connect(self._show_beside)

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
        form.addRow("Beside", self.beside)
        column.addLayout(form)
        self.fitted_title = section_title("How it was made")
        widgets: tuple[QWidget, ...] = (
            self.controls, self.reason, self.reset, self.badge, self.solved,
            section_title("Last beat, live (reduced heart)"), self.beat, self.apart,
            self.sure, self.known, self.full, self.again,
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
        self._offer_scar()
        self.colors.setCurrentIndex(self.colors.findData(beating.colors))
        self._show_beside()
        for widget in (self.play, self.colors, self.beside, self.reset, self.controls):
            widget.setEnabled(ready)
        self.controls.refresh()
        self.reason.setText(words.sentence(beating.what_if.complaint))
        self.reason.setVisible(bool(beating.what_if.complaint))
        self.badge.setText(WHY.get(beating.badge, ""))
        self.badge.setVisible(beating.beyond)
        self.beat.refresh()
        self.apart.setText(told_apart(self._desk.session, item, beating.own_numbers))
        self._refresh_sure()
        self.again.setVisible(bool(item.stale))
        entry = self._desk.session.entry(item.id)
        limits = (
            *(entry.tree.get("limits", ()) if entry is not None else ()),
            *beating.what_if.limits,
            *beating.electric.limits,
        )
        self.limits.setText("\n".join(f"– {line}" for line in limits))
        self.fitted.show_entity(item)
        self.fitted_title.setVisible(bool(self.fitted.texts()))

    def _refresh_sure(self) -> None:
        """Offer intervals where something is changed, and say what is to be known of them."""
        what_if = self._beating.what_if
        why, known = what_if.why_not_sure, what_if.spreads
        offered = bool(what_if.values) and known is None
        if self.sure.hasFocus() and (why or not offered):
            self.sure.clearFocus()  # else the next button has it, and the panel goes there
        self.sure.setVisible(offered)
        self.sure.setEnabled(not why)
        self.sure.setToolTip(why or "Let the ensemble that was fitted beat under the same change (a minute)")
        lines = [words.sentence(line) for line in known.limits] if known is not None else []
        if known is not None and known.numbers:
            lines.insert(
                0,
                "Small: 95 % of the ensemble that was fitted; of a change, each member with itself.",
            )
        self.known.setText("\n".join(lines))
        self.known.setVisible(bool(lines))

    def _show_beside(self) -> None:
        stage = self._desk.stage
        self.beside.setCurrentIndex(int(stage is not None and stage.arrangement != BESIDE["Curves"]))

    def _on_beside(self) -> None:
        if self._desk.stage is not None:
            self._desk.stage.arrange(self.beside.currentData())

    def _offer_scar(self) -> None:
        """Let scar be shown where there is any, and say why not where there is none."""
        heart, place = self._beating.heart, self.colors.findData("scar")
        known = heart is not None and heart.mesh.living is not None
        model = self.colors.model()
        assert isinstance(model, QStandardItemModel)
        model.item(place).setEnabled(known)
        why = "" if known else "This heart was meshed without scar (Anatomy, Ventricle)"
        self.colors.setItemData(place, why, Qt.ItemDataRole.ToolTipRole)

    def _on_speed(self, place: int) -> None:
        self._beating.speed = SPEEDS[place]
