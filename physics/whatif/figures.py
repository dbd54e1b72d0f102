"""Numbers and intervals as they are read."""

from math import isfinite


def figures(value: float, sign: str = "") -> str:
    """Return a number as it is read: three figures after the first, and no power of ten."""
    if not isfinite(value):
        return "not determined"
    form = f"{sign}.0f" if abs(value) >= 1000 else f"{sign}.4g" if abs(value) >= 1 else f"{sign}.2g"
    return f"{value:{form}}".replace("-", "−")


def span(low: float, high: float, sign: str = "") -> str:
    """Return an interval as it is read: “57–63”; “−5.2 to −3.6” where an end bears a sign."""
    ends = figures(low, sign), figures(high, sign)
    return (" to " if any(end[0] in "+−" for end in ends) else "–").join(ends)
