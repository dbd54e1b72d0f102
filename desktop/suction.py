"""What is said beside a pressure–volume loop of how far its heart sucks: a limit of the model, seen there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from viewers.plot import Plot

TOLD_MMHG = -3.0
"""Pressures below it are told."""


def tell_suction(
    loop: Plot, tip: str, pressures_mmhg: NDArray[np.float64], limits: Sequence[str], *, where: str = "below"
) -> None:
    """Say under a loop, and in its tooltip, how far the left ventricle sucks, where that is the model's.

    Parameters
    ----------
    loop : Plot
    tip : str
        What its tooltip says anyhow.
    pressures_mmhg : (n,) array
        Of the left ventricle in the beat that is shown.
    limits : sequence of str
        What its model leaves out; suction is told where it is among them.
    where : str
        Where these limits stand, seen from the loop.
    """
    from physics.beat_names import SUCTION

    least = float(np.min(pressures_mmhg))
    told = least < TOLD_MMHG and SUCTION in limits
    depth = f"Suction of {least:.0f} mmHg".replace("-", "−")
    loop.set_note(f"{depth}: the model's" if told else "")
    more = f"{depth} in early filling is the model's:\n{SUCTION}\n(“What this does not tell”, {where})."
    loop.setToolTip("\n".join(line for line in (tip, more if told else "") if line))
