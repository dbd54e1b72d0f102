"""How far a live beat, of the reduced heart, lies from a full one under the same conditions."""

from collections.abc import Mapping
from math import isfinite

from physics.beat_names import NAMES
from physics.whatif.figures import figures

ALIKE = 0.02
"""A smaller share of a number is not told apart."""


def apart_of(live: Mapping[str, float], full: Mapping[str, float]) -> tuple[str, ...]:
    """Return in words how far numbers lie apart, by their names with units in both; the farthest first.

    The last line is of all that lie within ``ALIKE`` of each other. Empty where no number is in both.
    """
    both = [key for key in NAMES if key in live and key in full and isfinite(live[key] + full[key])]
    off = {key: abs(live[key] - full[key]) / max(abs(full[key]), 1e-9) for key in both}
    told = []
    for key in sorted((key for key in both if off[key] > ALIKE), key=lambda key: -off[key]):
        name, unit = NAMES[key]
        change = f"{100 * (live[key] / full[key] - 1):+.0f} %".replace("-", "−") if full[key] else ""
        told.append(f"{name}: {figures(live[key])} live, {figures(full[key])} {unit} in full ({change})")
    alike = len(both) - len(told)
    if alike:
        rest = "the others" if told else "all numbers"
        told.append(f"{rest} lie within {100 * ALIKE:.0f} % of each other")
    return tuple(told)
