"""A beating organ as its images show it: its volume over the cycle, and its numbers with their remarks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtWidgets import QFrame, QVBoxLayout

from desktop import theme, way
from desktop.actions import Actions
from desktop.desk import Desk
from desktop.moving import phase_at
from desktop.numbers import NumberList
from desktop.section import CommandButton, quiet, section_title
from resources.colors import EDGE_COLORS
from twin.domain import Motion

if TYPE_CHECKING:
    from viewers.plot import Plot

BY_HAND = "Edited by hand"
"""How the notes of a motion begin that say what a hand has changed."""


class MotionCard(QFrame):
    """Shows the motion at hand, where the record holds one; the curve follows the cine."""

    def __init__(self, desk: Desk, actions: Actions) -> None:
        super().__init__()
        from viewers.plot import Plot

        self.setObjectName("card")
        self._desk = desk
        self._motion: Motion | None = None
        self.title = section_title("")
        self.plot = Plot("Volume over the cycle", "time (ms)", "cavity (mL)")
        self.plot.setMinimumHeight(theme.px(38))
        self.numbers = NumberList(desk)
        self.pull = CommandButton(actions["anatomy.pull"])
        self.edits = quiet()
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.px(3), theme.px(2), theme.px(3), theme.px(3))
        column.setSpacing(theme.px(2))
        for widget in (self.title, self.plot, self.numbers, self.pull, self.edits):
            column.addWidget(widget)
        self.hide()
        desk.session.arrived.connect(self.refresh)

    def refresh(self) -> None:
        """Show the motion at hand."""
        item = way.shape(self._desk.session, "motion")
        self.setVisible(item is not None)
        if item is None:
            self._motion = None
            return
        self.title.setText(f"Motion of the {item.structure}")
        self.numbers.show_entity(item)
        self.plot.set_look(theme.viewer_look())
        motion = self._desk.session.get(item.id)
        if motion is not None:
            self._show(motion)

    def follow(self, _index: int = 0) -> None:
        """Mark the moment that is up."""
        motion, stage = self._motion, self._desk.stage
        if motion is not None and stage is not None and self.isVisible():
            mark(self.plot, motion, phase_at(motion.phases, stage.cine.share))

    def _show(self, motion: Motion) -> None:
        self._motion = motion
        self.plot.setVisible(not motion.still)
        edits = [note for note in motion.notes if note.startswith(BY_HAND)]
        self.edits.setText("\n".join(edits))
        self.edits.setVisible(bool(edits))
        fill_plot(self.plot, motion)
        self.follow()


def volume_plot(motion: Motion) -> Plot:
    """Return a plot of a motion's volume over its cycle."""
    from viewers.plot import Plot

    plot = Plot("Volume over the cycle", "time (ms)", "cavity (mL)")
    fill_plot(plot, motion)
    return plot


def mark(plot: Plot, motion: Motion, phase: int) -> None:
    """Mark a phase on a plot of ``volume_plot``."""
    at = (1000.0 * motion.cycle_s * float(motion.phases[phase]), float(motion.cavity_ml[phase]))
    plot.set_moving((), at)


def fill_plot(plot: Plot, motion: Motion) -> None:
    """Show the volume over the cycle, with both its ends marked."""
    from viewers.plot import PlotCurve, PlotMark

    times = 1000.0 * motion.cycle_s * motion.phases
    color, quiet = EDGE_COLORS["endocardium"], theme.current().quiet
    # The cycle closes: its end is its beginning.
    closed = np.append(times, 1000.0 * motion.cycle_s), np.append(motion.cavity_ml, motion.cavity_ml[0])
    marks = [
        PlotMark(float(motion.cavity_ml[motion.fullest]), "end-diastole", quiet, "y"),
        PlotMark(float(motion.cavity_ml[motion.emptiest]), "end-systole", quiet, "y"),
    ]
    plot.set_still([PlotCurve(*closed, color), PlotCurve(times, motion.cavity_ml, color, dots=True)], marks)
