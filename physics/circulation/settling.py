"""Beats until they repeat themselves."""

from dataclasses import replace

import numpy as np

from physics.circulation.loop import STEP_S, Beats, run
from physics.circulation.parameters import Circulation
from twin.errors import UserError

SETTLED_ML = 0.01
"""Change of a chamber's volume from beat to beat that counts as none."""

_AT_ONCE = 20


def settled(circulation: Circulation, most: int = 600, *, step_s: float = STEP_S) -> Beats:
    """Let the heart beat until nothing changes, and return the last beats.

    Parameters
    ----------
    most : int
        Beats after which it is given up.

    Raises
    ------
    UserError
        It has not settled by then, or there is no number for what it came to.
    """
    for _ in range(0, most, _AT_ONCE):
        beats = run(circulation, _AT_ONCE, step_s=step_s)
        ends = beats.states[:: beats.steps_per_beat, :4]
        change = float(np.abs(ends[-1] - ends[-2]).max())
        if not np.isfinite(change):
            break
        circulation = replace(circulation, start=beats.end())
        if change < SETTLED_ML:
            return beats
    raise UserError(
        f"The circulation does not settle within {most} beats.",
        "Look at what was changed: flows or pressures may be none that a body can have.",
    )
