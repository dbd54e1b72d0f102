"""The answer of a simulation in time: a field by choice, curves with the moment that is up, numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtWidgets import QFormLayout, QFrame, QVBoxLayout, QWidget

from desktop import theme, words
from desktop.actions import Actions
from desktop.chain import own_beat
from desktop.colors import CURVE_COLORS
from desktop.desk import Desk
from desktop.fields import ComboBox
from desktop.moving import frame_at
from desktop.numbers import NumberList
from desktop.section import CommandButton, empty, quiet, section_title
from desktop.suction import tell_suction
from resources.colors import OTHER_COLORS
from twin.domain import Curve, Result

if TYPE_CHECKING:
    from viewers.plot import Plot

LOOPS = {
    "left": ("left ventricle volume", "left ventricle pressure"),
    "right": ("right ventricle volume", "right ventricle pressure"),
}
"""Curves that make a ventricle's pressure–volume loop."""
_OF_SEGMENT = "strain, "
"""In the names of curves of one segment each: 16 more lines would hide the ventricle's."""

_ROLES = {"left ventricle": "ventricle", "aortic": "aorta", "left atrium": "atrium"}
"""How names of curves begin that have a color of their own."""

Followed = tuple[Curve | None, Curve, str]
"""What the moment that is up is marked on: a curve, the one along (None: time), and the mark's color."""


_SEVERAL = {
    "mL": "Volumes", "mmHg": "Pressures", "mL/s": "Flows", "%": "Strains", "kPa": "Stresses",
    "mV": "ECG-like, left ventricle",
}  # fmt: skip
"""What several curves of a unit are called."""


class TimedCard(QFrame):
    """Shows the result at hand where it is one in time."""

    def __init__(self, desk: Desk, actions: Actions) -> None:
        super().__init__()
        self.setObjectName("card")
        self._desk = desk
        self._result: Result | None = None
        self._own: Result | None = None
        self._followers: list[tuple[Plot, tuple[Followed, ...]]] = []
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
        desk.session.arrived.connect(self._on_arrived)

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
        session = self._desk.session
        result, fitted = session.get(item.id), own_beat(session, item.id)
        own = session.get(fitted.id) if fitted is not None else None
        if result is not self._result or own is not self._own:
            self._show(result, own)
        self.follow()

    def follow(self, _index: int = 0) -> None:
        """Mark the moment that is up."""
        stage, result = self._desk.stage, self._result
        if stage is None or result is None or not self.isVisible():
            return
        frame = frame_at(result, stage.cine.share)
        for plot, followed in self._followers:
            mark(plot, followed, result, frame)

    def _on_arrived(self) -> None:
        """Show what had to be read first, as the patient's own beat."""
        if self.isVisible():
            self.refresh()

    def _forget(self) -> None:
        self._result = None
        self.refresh()

    def _show(self, result: Result | None, own: Result | None) -> None:
        """Plot a result's curves; none while it is being read: another's would stand under its name."""
        self._result, self._own = result, own
        self._followers = []
        empty(self._plots)
        for plot, followed in plots_of(result, own) if result is not None else ():
            plot.set_look(theme.viewer_look())
            plot.setMinimumHeight(theme.px(40))
            self._plots.addWidget(plot)
            self._followers.append((plot, followed))


def plots_of(result: Result, own: Result | None = None) -> list[tuple[Plot, tuple[Followed, ...]]]:
    """Return plots of a result's curves: the loops where there are some, then those of each unit over time.

    Behind the loops lie those of the patient's ``own`` beat. With each comes what the moment that is up is
    marked on.
    """
    from viewers.plot import Plot

    accent = theme.current().accent
    made: list[tuple[Plot, tuple[Followed, ...]]] = []
    loops = _loops(result, own)
    if loops:
        made.append(loops)
    curves = [curve for curve in result.curves if _OF_SEGMENT not in curve.name]
    for unit in dict.fromkeys(curve.unit for curve in curves):
        same = [curve for curve in curves if curve.unit == unit]
        title = words.sentence(same[0].name) if len(same) == 1 else _SEVERAL.get(unit, "Over time")
        plot = Plot(title, "time (ms)", "" if unit == "1" else unit)
        plot.set_still(_over_time(same, accent))
        made.append((plot, ((None, same[0], accent),)))
    return made


def mark(plot: Plot, followed: Sequence[Followed], result: Result, frame: int) -> None:
    """Mark a frame on a plot of ``plots_of``."""
    places = []
    for along, curve, color in followed:
        x = _at(along, result, frame) if along is not None else 1000.0 * _time(result, frame)
        places.append((x, _at(curve, result, frame), color))
    plot.set_moving((), places[0][:2], beside=places[1:])


def _loop_curves(result: Result) -> dict[str, tuple[Curve, Curve]]:
    """Return the volume and the pressure of each ventricle of which there are both."""
    known = {curve.name: curve for curve in result.curves}
    return {
        side: (known[volume], known[pressure])
        for side, (volume, pressure) in LOOPS.items()
        if volume in known and pressure in known
    }


def _loops(result: Result, own: Result | None) -> tuple[Plot, tuple[Followed, ...]] | None:
    """Return the ventricles' pressure–volume loops in one plot; None where there is none."""
    from viewers.plot import Plot, PlotCurve

    found = _loop_curves(result)
    if not found:
        return None
    several = len(found) > 1
    title = "Pressure–volume loops" if several else "Pressure–volume loop"
    plot = Plot(title, "volume (mL)", "pressure (mmHg)")
    drawn, followed = [], []
    if "left" in found:
        tip = "Gray: the patient's own beat, as fitted." if own is not None else ""
        tell_suction(plot, tip, found["left"][1].values, result.limits)
    for n, pair in enumerate(_loop_curves(own).values() if own is not None else ()):
        x, y = (np.append(c.values, c.values[0]) for c in pair)
        drawn.append(PlotCurve(x, y, theme.current().quiet, "" if n else "own", width=1.2))
    name = "this beat" if drawn else ""
    colors = (theme.current().accent, *OTHER_COLORS[1:])
    for (side, (volume, pressure)), color in zip(found.items(), colors, strict=False):
        x, y = (np.append(c.values, c.values[0]) for c in (volume, pressure))
        drawn.append(PlotCurve(x, y, color, side if several else name, width=2.0))
        followed.append((volume, pressure, color))
    plot.set_still(drawn)
    return plot, tuple(followed)


def _over_time(curves: Sequence[Curve], accent: str) -> list:
    from viewers.plot import PlotCurve

    known = CURVE_COLORS[theme.current().name]
    roles = [next((role for start, role in _ROLES.items() if c.name.startswith(start)), "") for c in curves]
    colors = [known.get(role, other) for role, other in zip(roles, (accent, *OTHER_COLORS[1:]), strict=False)]
    names = [c.name for c in curves]
    if len({name.rpartition(" ")[2] for name in names}) == 1:  # “pressure” stands in the title
        names = [name.rpartition(" ")[0] for name in names]
    several = len(curves) > 1
    return [
        PlotCurve(1000.0 * c.times_s, c.values, color, name if several else "")
        for c, color, name in zip(curves, colors, names, strict=True)
    ]


def _at(curve: Curve, result: Result, frame: int) -> float:
    return float(np.interp(_time(result, frame), curve.times_s, curve.values))


def _time(result: Result, frame: int) -> float:
    assert result.times_s is not None
    return float(result.times_s[frame])
