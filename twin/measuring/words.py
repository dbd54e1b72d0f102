"""What a measurement says, in the words that stand beside it."""

import math
from collections.abc import Sequence

from twin.domain import Measurement, Number

_SHORT = {
    "standard deviation": "SD", "minimum": "min", "maximum": "max",
}  # fmt: skip


def short(value: float) -> str:
    """Return a number with the figures that a hand can bear: three below 10, one decimal below 1000."""
    if abs(value) >= 1000:
        text = f"{value:,.0f}".replace(",", "\u202f")
    else:
        text = f"{value:.1f}" if abs(value) >= 10 else f"{value:.3g}"
    return text.replace("-", "−")


def error(value: float) -> str:
    """Return an error with two figures: "5.4", "0.25"."""
    if not value:
        return "0"
    decimals = max(0, 1 - math.floor(math.log10(abs(value) * (1 + 1e-9))))
    return f"{value:.{decimals}f}"


def of_number(number: Number) -> str:
    """Return a number with its unit: "34.2 mm"."""
    return f"{short(number.value)}{'' if number.unit == '°' else ' '}{number.unit}".strip()


def error_of(number: Number) -> str:
    """Return how far it may be off, where that is alike to both sides: "± 0.8"; else from where to where."""
    if number.low is None or number.high is None:
        return ""
    below, above = number.value - number.low, number.high - number.value
    if abs(below - above) < 1e-6 * max(abs(above), 1e-9):
        return f"± {error(above)}"
    return f"{short(number.low)} to {short(number.high)}"


def brief(numbers: Sequence[Number], text: str = "") -> str:
    """Return the first thing to know: a length with its error, an area and a mean, or else its words."""
    named = {n.name: n for n in numbers}
    words = []
    if numbers and numbers[0].name != "voxels":
        first = numbers[0]
        error = error_of(first) if first.name in ("length", "angle", "Cobb angle") else ""
        gap = "" if first.unit == "°" else " "
        words.append(f"{short(first.value)} {error}{gap}{first.unit}" if error else of_number(first))
    if "mean" in named and "voxels" in named:
        words.append(mean_of(named["mean"], named.get("standard deviation")))
    return ", ".join(words) or text


def mean_of(mean: Number, spread: Number | None) -> str:
    """Return a mean with its standard deviation, which is no limit of it: "41.2 HU (SD 12.1)"."""
    more = f" (SD {short(spread.value)})" if spread is not None else ""
    return of_number(mean) + more


def lines(made: Measurement, *, few: bool = False) -> list[str]:
    """Return what stands beside it, a line each, its own words first; ``few`` where there is little room."""
    named = {n.name: n for n in made.numbers}
    said = [made.text] if made.text else []
    if made.kind in ("distance", "angle", "Cobb angle", "point") and made.numbers:
        return [*said, brief(made.numbers)]
    for name in ("area", "volume"):
        if name in named:
            said.append(of_number(named[name]))
    if "mean" in named:
        mean = mean_of(named["mean"], named.get("standard deviation"))
        said.append(mean if few else f"mean {mean}")
    if "mean" in named and not few:
        low, high = named["minimum"], named["maximum"]
        said.append(f"{short(low.value)} to {short(high.value)} {low.unit}".strip())
    return [*said, *(note.partition(";")[0].rstrip(".") for note in made.notes)]


def full(number: Number) -> tuple[str, str]:
    """Return the name, and the value with everything that must be said beside it: limits, why, of what."""
    error, causes = error_of(number), " and ".join(number.causes or {})
    limits = f"{error} at the most, by {causes}" if error and causes else error
    said = "; ".join(words for words in (limits, number.remark) if words)
    return _SHORT.get(number.name, number.name), f"{of_number(number)} ({said})" if said else of_number(
        number
    )
