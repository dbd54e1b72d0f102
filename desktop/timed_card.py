"""The answer of a simulation in time: a field by choice, curves with the moment that is up, numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtWidgets import QFormLayout, QFrame, QVBoxLayout, QWidget

from desktop import theme, words
from desktop.actions import Actions
from desktop.desk import Desk
from desktop.fields import ComboBox
from desktop.moving import frame_at
from desktop.numbers import NumberList
from desktop.section import CommandButton, empty, quiet, section_title
from resources.colors import OTHER_COLORS
from twin.domain import Curve, Result

if TYPE_CHECKING:
    from viewers.plot import Plot

LOOPS = {
    "Pressure–volume loop": ("left ventricle volume", "left ventricle pressure"),
    "Pressure–volume loop, right ventricle": ("right ventricle volume", "right ventricle pressure"),
}
"""Curves that make a pressure–volume loop, by its title."""


_SEVERAL = {
    "mL": "Volumes", "mmHg": "Pressures", "mL/s": "Flows", "%": "Strains", "kPa": "Stresses",
    "mV": "Electrocardiogram, left ventricle",
}  # fmt: skip
"""What several curves of a unit are called."""


class TimedCard(QFrame):
    """Shows the result at hand where it is one in time."""

    def __init__(self, desk: Desk, actions: Actions) -> None:
        super().__init__()
        self.setObjectName("card")
        self._desk = desk
        self._result: Result | None = None
        self._followers: list[tuple[Plot, Curve | None, Curve]] = []
        self.field = ComboBox()
        self.field.setAccessibleName("Field")
        self.field.setToolTip("What the colors show")
        self.field.activated.connect(lambda _n: desk.results.choose_timed(self.field.currentData()))
        self.again = CommandButton(actions["edit.again"], primary=True)
        self.plots = QWidget()
        self._plots = QVBoxLayout(self.plots)
        self._plots.setContentsMargins(0, 0, 0, 0)
        self.numbers = NumberList(desk)
        self.limits = quiet()
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow("Colors", self.field)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.px(3), theme.px(3), theme.px(3), theme.px(3))
        column.setSpacing(theme.px(2))
        column.addLayout(form)
        left_out = section_title("What this does not tell")
        for widget in (self.again, self.plots, self.numbers, left_out, self.limits):
            column.addWidget(widget)
        desk.restyled.connect(self._forget)

    def refresh(self) -> None:
        """Show the result at hand."""
        results = self._desk.results
        item = results.item
        self.setVisible(item is not None and results.timed)
        if item is None or not results.timed:
            return
        choices = list(results.fields())
        if [self.field.itemData(n) for n in range(self.field.count())] != [name for name, _ in choices]:
            self.field.clear()
            for name, title in choices:
                self.field.addItem(title, name)
        self.field.setCurrentIndex(self.field.findData(results.timed_field))
        self.again.setVisible(bool(item.stale))
        self.numbers.show_result()
        self.limits.setText("\n".join(f"– {line}" for line in results.limits()))
        result = self._desk.session.get(item.id)
        if result is not None and result is not self._result:
            self._show(result)
        self.follow()

    def follow(self, _index: int = 0) -> None:
        """Mark the moment that is up."""
        stage, result = self._desk.stage, self._result
        if stage is None or result is None or not self.isVisible():
            return
        frame = frame_at(result, stage.cine.share)
        for plot, along, curve in self._followers:
            mark(plot, along, curve, result, frame)

    def _forget(self) -> None:
        self._result = None
        self.refresh()

    def _show(self, result: Result) -> None:
        self._result = result
        self._followers = []
        empty(self._plots)
        for plot, along, curve in plots_of(result):
            plot.set_look(theme.viewer_look())
            plot.setMinimumHeight(theme.px(40))
            self._plots.addWidget(plot)
            self._followers.append((plot, along, curve))


def plots_of(result: Result) -> list[tuple[Plot, Curve | None, Curve]]:
    """Return plots of a result's curves: loops where there are some, then those of each unit over time.

    With each comes what the moment that is up is marked on: a curve, and the one along (None: time).
    """
    from viewers.plot import Plot, PlotCurve

    accent = theme.current().accent
    known = {curve.name: curve for curve in result.curves}
    made: list[tuple[Plot, Curve | None, Curve]] = []
    for title, names in LOOPS.items():
        if not all(name in known for name in names):
            continue
        volume, pressure = (known[name] for name in names)
        plot = Plot(title, "volume (mL)", "pressure (mmHg)")
        x, y = (np.append(c.values, c.values[0]) for c in (volume, pressure))
        plot.set_still([PlotCurve(x, y, accent, width=2.0)])
        made.append((plot, volume, pressure))
    for unit in dict.fromkeys(curve.unit for curve in result.curves):
        same = [curve for curve in result.curves if curve.unit == unit]
        title = words.sentence(same[0].name) if len(same) == 1 else _SEVERAL.get(unit, "Over time")
        plot = Plot(title, "time (ms)", "" if unit == "1" else unit)
        plot.set_still(_over_time(same, accent))
        made.append((plot, None, same[0]))
    return made


def mark(plot: Plot, along: Curve | None, curve: Curve, result: Result, frame: int) -> None:
    """Mark a frame on a plot of ``plots_of``."""
    y = _at(curve, result, frame)
    x = _at(along, result, frame) if along is not None else 1000.0 * _time(result, frame)
    plot.set_moving((), (x, y))


def _over_time(curves: Sequence[Curve], accent: str) -> list:
    from viewers.plot import PlotCurve

    colors = (accent, *OTHER_COLORS[1:])
    several = len(curves) > 1
    return [
        PlotCurve(1000.0 * c.times_s, c.values, color, c.name if several else "")
        for c, color in zip(curves, colors, strict=False)
    ]


def _at(curve: Curve, result: Result, frame: int) -> float:
    return float(np.interp(_time(result, frame), curve.times_s, curve.values))


def _time(result: Result, frame: int) -> float:
    assert result.times_s is not None
    return float(result.times_s[frame])
