"""The curves of a beating heart: its pressure–volume loop, its pressures, volume and electrocardiogram."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtWidgets import QWidget

from desktop import theme
from desktop.beating import Trace, images_begin
from desktop.colors import CURVE_COLORS
from desktop.electric import SHOWN
from desktop.suction import tell_suction

if TYPE_CHECKING:
    from desktop.desk import Desk
    from viewers.plot import Plot, PlotCurve

CURVES = ("loop", "pressures", "volume", "electric")
"""Names of the plots, from above."""

_LOOP = "Gray: the patient's own beat. Dashed: the smallest and the largest volume that images showed."

_MOMENTS = 400
"""Of a beat, at which leads are drawn that stand still."""


class HeartPlots:
    """Plots that follow the heart at hand; gray behind them the patient's own beat."""

    def __init__(self, desk: Desk) -> None:
        from viewers.plot import Plot

        self._desk = desk
        self.loop = Plot("Pressure–volume loop", "volume (mL)", "pressure (mmHg)")
        self.pressures = Plot("Pressures", "time in the beat (ms)", "mmHg")
        self.volume = Plot("Volume of the left ventricle", "time in the beat (ms)", "mL")
        self.electric = Plot("ECG-like, left ventricle", "time in the beat (ms)", "mV")
        self.plots: dict[str, QWidget | None] = dict(zip(CURVES, self._all, strict=True))
        self.pressures.setToolTip(
            "Of the left ventricle, the aorta and the left atrium. Gray: the patient's own"
        )
        self.volume.setToolTip(
            "Gray: the patient's own beat. Dots: volumes that images showed, the fullest laid on the fullest."
        )
        self.electric.setToolTip(
            "As leads V6 (left) and V1 (right) see the left ventricle, without a torso: no P wave, no right "
            "ventricle. It follows rhythm and infarct at once. Gray: the patient's own"
        )
        desk.beating.moved.connect(self.follow)
        desk.beating.changed.connect(self.refresh)
        desk.beating.beaten.connect(self.refresh)
        self.restyle()

    def restyle(self) -> None:
        """Take the colors of the theme."""
        for plot in self._all:
            plot.set_look(theme.viewer_look())
        self.refresh()

    @property
    def _all(self) -> tuple[Plot, ...]:
        return self.loop, self.pressures, self.volume, self.electric

    def refresh(self) -> None:
        """Show the patient's own beat, and what images have measured."""
        from viewers.plot import PlotCurve, PlotMark

        beating = self._desk.beating
        own, heart, before = beating.own, beating.heart, beating.before
        if own is None or heart is None:
            for plot in self._all:
                plot.set_still(())
                plot.set_moving(())
            return
        gray, color = theme.current().quiet, CURVE_COLORS[theme.current().name]
        marks: list[PlotMark] = []
        measured: list[PlotCurve] = []
        if heart.measured_ml is not None and heart.measured_phases is not None:
            ends = (("ESV", heart.measured_ml.min()), ("EDV", heart.measured_ml.max()))
            marks = [PlotMark(float(volume), name, color["measured"]) for name, volume in ends]
            begin, beat_ms = images_begin(heart, own), 1000 * float(own.times_s[-1])
            times = beat_ms * ((heart.measured_phases + begin) % 1.0)
            measured = [PlotCurve(times, heart.measured_ml, color["measured"], "images", dots=True)]
        loop = [_line(own.volumes_ml, own.ventricle_mmhg, gray, "own")]
        pressures, volume = _over_time(own, dict.fromkeys(color, gray)), [*measured]
        volume.append(_line(1000 * own.times_s, own.volumes_ml, gray, "own"))
        pressures[0] = replace(pressures[0], name="own")  # of three gray lines one tells it of all
        if before is not None and not beating.beyond:
            loop.append(_line(before.volumes_ml, before.ventricle_mmhg, color["ventricle"]))
            pressures += _over_time(before, color)
            volume.append(_line(1000 * before.times_s, before.volumes_ml, color["ventricle"]))
        self.loop.set_still(loop, marks)
        shown = own if before is None or beating.beyond else before
        tell_suction(self.loop, _LOOP, shown.ventricle_mmhg, heart.limits, where="in the panel")
        self.pressures.set_still(pressures)
        self.volume.set_still(volume)
        self._refresh_electric(own, gray)
        self.follow()

    def _refresh_electric(self, own: Trace, gray: str) -> None:
        """Show the patient's own leads, and those of a whole beat of the rhythm that is asked for."""
        electric, beat_s = self._desk.beating.electric, float(own.times_s[-1])
        leads = _leads(own.times_s, electric.own_leads(own.times_s, beat_s), dict.fromkeys(SHOWN, gray))
        leads[:1] = [replace(lead, name="own") for lead in leads[:1]]
        now_s = self._desk.beating.beat_s
        times = np.linspace(0.0, now_s, _MOMENTS)
        leads += _leads(times, electric.leads(times, now_s), self._lead_colors)
        self.electric.set_still(leads)
        if not electric.known:
            self.electric.set_moving((), badge="No fibers or no septum: no electrocardiogram")

    def follow(self) -> None:
        """Draw the beat that goes on over the one before."""
        beating = self._desk.beating
        now = beating.trace
        if now is None or not self.loop.isVisible():
            return
        color, badge = CURVE_COLORS[theme.current().name], beating.badge
        at_ms = 1000 * float(now.times_s[-1])
        volume_ml, pressure = float(now.volumes_ml[-1]), float(now.ventricle_mmhg[-1])
        loop = _line(now.volumes_ml, now.ventricle_mmhg, color["ventricle"], "now", 2.2)
        volume = _line(1000 * now.times_s, now.volumes_ml, color["ventricle"], "now", 2.2)
        self.loop.set_moving([loop], (volume_ml, pressure), badge)
        self.pressures.set_moving(_over_time(now, color, 2.2, named=True), (at_ms, pressure), badge)
        self.volume.set_moving([volume], (at_ms, volume_ml), badge)
        self._follow_electric(now, at_ms)

    def _follow_electric(self, now: Trace, at_ms: float) -> None:
        """Draw the leads so far: they do not hang on what the wall was computed for."""
        beating = self._desk.beating
        leads = beating.electric.leads(now.times_s, beating.beat_s)
        if leads:
            lines = _leads(now.times_s, leads, self._lead_colors, 2.2, named=True)
            self.electric.set_moving(lines, (at_ms, float(leads[SHOWN[0]][-1])))

    @property
    def _lead_colors(self) -> dict[str, str]:
        color = CURVE_COLORS[theme.current().name]
        return {lead: color[key] for lead, key in zip(SHOWN, ("ventricle", "atrium"), strict=True)}


def _over_time(
    trace: Trace, color: Mapping[str, str], width: float = 1.2, *, named: bool = False
) -> list[PlotCurve]:
    """Return the three pressures over time of a part of a beat."""
    shown = (
        ("LV", trace.ventricle_mmhg, "ventricle"),
        ("aorta", trace.aorta_mmhg, "aorta"),
        ("LA", trace.atrium_mmhg, "atrium"),
    )
    return [
        _line(1000 * trace.times_s, values, color[key], name if named else "", width)
        for name, values, key in shown
    ]


def _leads(
    times_s: np.ndarray,
    leads: Mapping[str, np.ndarray],
    color: Mapping[str, str],
    width: float = 1.2,
    *,
    named: bool = False,
) -> list[PlotCurve]:
    """Return leads over time."""
    return [
        _line(1000 * times_s, wave, color[name], name if named else "", width) for name, wave in leads.items()
    ]


def _line(x: np.ndarray, y: np.ndarray, color: str, name: str = "", width: float = 1.2) -> PlotCurve:
    from viewers.plot import PlotCurve

    return PlotCurve(x, y, color, name, width)
