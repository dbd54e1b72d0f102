"""The electrocardiogram of the heart at hand: of the rhythm and the infarct that are asked for. No widgets.

It hangs on the wall's activation and not on its chart: it is there before the full solution is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from twin.errors import UserError

if TYPE_CHECKING:
    from desktop.desk import Desk
    from desktop.what_if import WhatIf
    from physics.activation.ecg import Electrocardiogram
    from physics.heart_steps import BeatParams
    from physics.whatif.electric import Electric

SHOWN = ("V6", "V1")
"""The leads in the window: one from the left, one from the right, where a block is told by."""


class LiveElectrocardiogram(QObject):
    """What leads show; found in the reading thread once for each rhythm and infarct.

    Signals
    -------
    changed
        Another one is there.
    """

    changed = Signal()

    def __init__(self, desk: Desk, what_if: WhatIf) -> None:
        super().__init__(desk)
        self._desk, self._what_if = desk, what_if
        self._electric: Electric | None = None
        self._own: Electrocardiogram | None = None
        self._now: Electrocardiogram | None = None
        self._known: dict[tuple[Any, ...], Electrocardiogram | None] = {}
        """None where none could be found: nothing is shown rather than that of another rhythm."""
        self._finding = False
        what_if.changed.connect(self._follow)

    def begin(self, electric: Electric | None, own: Electrocardiogram | None) -> None:
        """Show a heart's own; None where its fibers or septum are not known."""
        from physics.heart_steps import BeatParams

        self._electric, self._own, self._now = electric, own, own
        self._known = {} if own is None else {_key(BeatParams()): own}
        self._follow()

    @property
    def known(self) -> bool:
        """Whether there is one to be shown."""
        return self._own is not None

    @property
    def limits(self) -> tuple[str, ...]:
        """What must not be read out of it."""
        if not self.known:
            return ()
        from physics.whatif.electric import limits_of

        return limits_of(self._what_if.asked)

    @property
    def numbers(self) -> dict[str, float]:
        """Those of the rhythm that is asked for."""
        return {} if self._now is None else {"qrs_ms": self._now.qrs_ms}

    @property
    def own_numbers(self) -> dict[str, float]:
        """Those of the patient's own."""
        return {} if self._own is None else {"qrs_ms": self._own.qrs_ms}

    def leads(self, times_s: NDArray[np.float64], beat_s: float) -> dict[str, NDArray[np.float64]]:
        """Return the leads that are shown at times (n,) of a beat, mV; none where nothing is known."""
        return self._at(self._now, times_s, beat_s)

    def own_leads(self, times_s: NDArray[np.float64], beat_s: float) -> dict[str, NDArray[np.float64]]:
        """Return the same of the patient's own."""
        return self._at(self._own, times_s, beat_s)

    def _at(
        self, found: Electrocardiogram | None, times_s: NDArray[np.float64], beat_s: float
    ) -> dict[str, NDArray[np.float64]]:
        if found is None or self._electric is None:
            return {}
        from physics.activation.ecg import LEADS

        waves = dict(zip(LEADS, found.at(times_s, self._electric.begin_s, beat_s), strict=True))
        return {lead: waves[lead] for lead in SHOWN}

    def _follow(self) -> None:
        """Find that of what is asked, where it is another one; what is shown stays till then."""
        electric, asked = self._electric, self._what_if.asked
        if electric is None:
            return
        key = _key(asked)
        if key in self._known:
            self._show(self._known[key])
            return
        if self._finding:  # and then what is asked by then
            return
        self._finding = True

        def arrived(found: Electrocardiogram | UserError) -> None:
            self._finding = False
            if self._electric is electric:
                self._known[key] = None if isinstance(found, UserError) else found
            self._follow()

        self._desk.reader.compute(lambda: electric.electrocardiogram(asked), arrived)

    def _show(self, found: Electrocardiogram | None) -> None:
        if found is not self._now:
            self._now = found
            self.changed.emit()


def _key(asked: BeatParams) -> tuple[Any, ...]:
    """Return what an electrocardiogram hangs on."""
    lead = (asked.lead_angle_deg, asked.lead_height) if asked.rhythm == "resynchronized" else ()
    dead = (asked.infarct_segments, asked.infarct_percent) if asked.infarct_segments else ()
    return asked.rhythm, *lead, *dead
