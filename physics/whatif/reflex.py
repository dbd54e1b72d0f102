"""What the baroreflex makes of a heart, minutes after something was done to it."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from physics.cardiac import Controls, LiveHeart
from physics.circulation import Beats
from physics.circulation.regulation import Reflex, Response
from physics.heart_steps import BeatParams
from physics.whatif.asked import walled
from twin.domain import Number
from twin.errors import UserError
from twin.progress import Progress

BEATS = 150
"""Until reflex and blood have settled: five time constants of the slowest effector, the slack veins."""

_REST_BEATS, _REST_PER_MIN = 20, 1.0
"""Where the rate changes by no more in as many beats, reflex and heart have come to rest."""

BEYOND = (
    "the reflex was settled where the reduced heart's wall was not computed: its size is not to be trusted"
)

_LEAST = 5e-3
"""A smaller share is no change."""


@dataclass(frozen=True, eq=False)
class Answered:
    """What the reflex has come to.

    Attributes
    ----------
    controls : Controls
        What the heart lives in, the reflex's answer with it.
    rates_per_min : tuple of float
        Without it and with it.
    limits : tuple of str
    """

    controls: Controls
    response: Response
    rates_per_min: tuple[float, float]
    limits: tuple[str, ...]

    def numbers(self) -> list[Number]:
        """Return what it does, as a result tells it."""
        without, now = self.rates_per_min
        told = f"{without:.0f} without it. Of the reduced heart, {BEATS} beats after the change."
        found = [Number("heart rate, by the reflex", now, "1/min", remark=told)]
        for name, factor in _factors(self.response):
            found.append(Number(f"{name}, by the reflex", 100.0 * factor, "%", remark="Of that without it."))
        remark = "From slack veins, below zero into them."
        return [*found, Number("blood, by the reflex", self.response.blood_ml, "mL", remark=remark)]


def answered(
    live: LiveHeart, own: Beats, controls: Controls, asked: BeatParams, progress: Progress
) -> Answered:
    """Let a reflex answer controls until it has come to rest.

    Parameters
    ----------
    live : LiveHeart
        As the patient is; it goes on.
    own : Beats
        Its own beat.

    Raises
    ------
    UserError
        A wall that is changed: the reduced heart does not know it. A rate that swings.
    """
    if walled(asked):
        raise UserError(
            "What the reflex does about an infarct or another rhythm cannot be told: the reduced heart, on "
            "which it settles, has neither.",
            "Solve it without the reflex.",
        )
    live.control(controls)
    live.feel(Reflex(own))
    rates, beyond = [live.circulation.heart_rate_per_min], False
    for beat in range(BEATS):
        progress(beat / BEATS, "the reflex's answer")
        beyond = live.go(live.circulation.beat_s).beyond
        rates.append(live.circulation.heart_rate_per_min)
    if np.ptp(rates[-_REST_BEATS:]) > _REST_PER_MIN:
        raise UserError(
            "Heart and baroreflex do not come to rest: the rate swings.",
            "Ask for less at once, or solve it without the reflex.",
        )
    limits = (BEYOND,) if beyond else ()
    return Answered(live.acting, live.response, (rates[0], rates[-1]), limits)


def told_of(response: Response, rate_per_min: float) -> Iterator[str]:
    """Yield what the reflex does now, in short; nothing where it rests.

    Parameters
    ----------
    rate_per_min : float
        The heart rate with it.
    """
    if abs(response.heart_rate - 1.0) > _LEAST:
        yield f"{rate_per_min / response.heart_rate:.0f} → {rate_per_min:.0f} /min"
    for name, factor in _factors(response):
        if abs(factor - 1.0) > _LEAST:
            yield f"{name} {100 * (factor - 1):+.0f} %".replace("-", "−")
    if abs(response.blood_ml) > 1.0:
        yield f"veins {'give' if response.blood_ml > 0 else 'take'} {abs(response.blood_ml):.0f} mL"


def _factors(response: Response) -> tuple[tuple[str, float], ...]:
    return ("resistance", response.resistance), ("contractility", response.contractility)
