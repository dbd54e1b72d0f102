"""Full beats of a ventricle, one after the other."""

import numpy as np

from physics.cardiac import Coupled, Held, NotConvergedError, Tension, Ventricle, beat
from physics.circulation import CHAMBERS, Circulation
from twin.errors import UserError
from twin.progress import Progress

BESIDE = "The most probable member lies beside 95 % of the ensemble."
"""Said of a full beat's number that lies outside its interval."""


def full_beats(
    ventricle: Ventricle,
    rest: Held,
    circulation: Circulation,
    tension: Tension,
    count: int,
    progress: Progress,
) -> tuple[Coupled, ...]:
    """Return full beats, one after the other, from where a circulation begins.

    Raises
    ------
    UserError
        The wall finds no rest; it says in which beat.
    """
    state = circulation.start.array()
    made: list[Coupled] = []
    try:
        begin = float(np.asarray(tension(np.zeros(1)))[0])
        place = ventricle.at(state[ventricle.places], begin, rest)
        for number in range(count):
            part = progress.between(number / count, (number + 1) / count)
            made.append(beat(ventricle, circulation, tension, place, state, progress=part))
            place, state = made[-1].places[-1][1], made[-1].beats.states[-1]
    except NotConvergedError as error:
        raise UserError(
            f"The heart did not finish beat {len(made) + 1} in full: the wall found no rest. What is in the "
            "record stays.",
            "Change what was asked for by less; or take a mesh with better elements.",
        ) from error
    return tuple(made)


def change_ml(beat: Coupled) -> float:
    """Return by how much the left ventricle's volume differs between a beat's ends."""
    volumes = beat.beats.states[:, CHAMBERS.index("LV")]
    return float(abs(volumes[-1] - volumes[0]))
