"""How sure a change is: the ensemble that was fitted, each member as it was and as it has become."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from physics.cardiac.chart import repeating
from physics.cardiac.pump import course_of, reduced_heart
from physics.circulation import Circulation
from physics.circulation.flat import circulation_of
from physics.heart_steps import BeatParams
from physics.medication import Changes
from physics.personal.kept import members_of
from physics.whatif.asked import changed, controls_of, walled
from physics.whatif.measures import LV, numbers_of
from twin.domain import Heart
from twin.errors import UserError
from twin.progress import Progress

MEMBERS = 40
"""Of the ensemble that are asked."""
LEAST_SHARE = 0.75
"""Of them that must beat within what was computed."""
_BEATS = 60

MEANING = (
    "an interval holds 95 % of the ensemble that was fitted to this patient's data, each member beating "
    "reduced as it was and as it is asked for; what the model leaves out is not in it"
)
WALLED = (
    "no interval: the ensemble beats on the chart of the wall as it was, and an infarct or another rhythm "
    "makes another wall of it"
)
REFLEXED = "no interval: what the reflex comes to is worked out for the likeliest heart alone"
NOT_KEPT = "no interval: this heart was kept without its ensemble; fit it again"
OF_PEOPLE = (
    "in intervals each member of the fit's ensemble takes the medicine up and answers it as another patient "
    "does: by how much patients differ stands beside each parameter's source"
)
OF_THE_DOSE = (
    "intervals of the changed heart are the fit's: a medicine is taken to act as told, without doubt"
)


@dataclass(frozen=True)
class Spread:
    """95 % of the ensemble: of a number as it has become, and of its change, each member with itself."""

    low: float
    high: float
    least_change: float
    most_change: float


@dataclass(frozen=True)
class Spreads:
    """Intervals by the numbers' names with units; ``limits`` say what is to be known of them."""

    numbers: dict[str, Spread]
    limits: tuple[str, ...] = ()


def spreads(heart: Heart, asked: BeatParams, acting: Sequence[Changes], progress: Progress) -> Spreads:
    """Return intervals of a kept heart's numbers under what is asked, and of their changes.

    Parameters
    ----------
    acting : sequence of Changes
        What a medicine comes to in each patient of its ensemble (``Treatment.ensemble``), dealt out to the
        members; none without a medicine.
    """
    if walled(asked):
        return Spreads({}, (WALLED,))
    if asked.reflex:
        return Spreads({}, (REFLEXED,))
    if heart.members is None:
        return Spreads({}, (NOT_KEPT,))
    pairs, tried = [], 0
    count = min(MEMBERS, len(heart.members))
    for member in members_of(heart, MEMBERS):
        progress(tried / count, f"intervals: member {tried + 1} of {count}")
        pair = _pair(member, asked, acting[tried % len(acting)] if acting else None)
        tried += 1
        if pair is not None:
            pairs.append(pair)
    if len(pairs) < LEAST_SHARE * tried:
        return Spreads({}, (f"no interval: {tried - len(pairs)} of {tried} members of the ensemble {_LEFT}",))
    lost = tried - len(pairs)
    limits = [f"intervals leave out {lost} of {tried} members of the ensemble, which {_LEFT}"] if lost else []
    if acting:
        limits.append(OF_PEOPLE if len(acting) > 1 else OF_THE_DOSE)
    return Spreads(_spreads(pairs), tuple(limits))


_LEFT = "do not beat steadily within what was computed"


def _spreads(pairs: list[tuple[dict[str, float], dict[str, float]]]) -> dict[str, Spread]:
    found = {}
    for name in pairs[0][1]:
        both = np.array([(own[name], now[name]) for own, now in pairs if name in own and name in now])
        if len(both) < LEAST_SHARE * len(pairs):
            continue
        now, change = (_ends(values) for values in (both[:, 1], both[:, 1] - both[:, 0]))
        found[name] = Spread(*now, *change)
    return found


def _ends(values: NDArray[np.float64]) -> tuple[float, float]:
    low, high = np.percentile(values, (2.5, 97.5))
    return float(low), float(high)


def _pair(
    member: Heart, asked: BeatParams, acting: Changes | None
) -> tuple[dict[str, float], dict[str, float]] | None:
    """Return a member's numbers as it is and as it is asked for; None where no steady beat is known."""
    try:
        own, before = settled_beat(member, circulation_of(member.circulation), 1.0, 1.0)
        controls = controls_of(own, asked, acting)
        _, now = settled_beat(member, changed(own, controls), controls.contractility, controls.stiffness)
    except (UserError, ValueError, FloatingPointError):
        return None
    return before, now


def settled_beat(
    member: Heart, circulation: Circulation, contractility: float, stiffness: float
) -> tuple[Circulation, dict[str, float]]:
    """Return a circulation where its beats with a member's ventricle repeat, and the numbers of one.

    Raises
    ------
    UserError
        None repeat, or the wall was not computed there.
    """
    factor, reduced = member.stiffness * stiffness, reduced_heart(member)
    cavity = reduced.cavity(course_of(member)(circulation, member.peak_kpa * contractility), factor)
    settled, beats = repeating(cavity, circulation, _BEATS)
    if not reduced.reaches(beats.states[:, LV], beats.drives, factor):
        raise UserError("This member goes where the wall was not computed.", "Ask for less.")
    return settled, numbers_of(settled, cavity, beats)
