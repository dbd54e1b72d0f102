"""Named numbers in words: “volume_ml” is a volume in mL, and how many figures it deserves."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from twin.params import Parameter

NOTICE = "Research software. Not a medical device."

_UNITS = {
    "g_cm3": "g/cm³", "mm2": "mm²", "mm3": "mm³", "ml": "mL", "mm": "mm", "cm": "cm", "mpa": "MPa",
    "gpa": "GPa",
    "kpa": "kPa", "n": "N", "kg": "kg", "s": "s", "ms": "ms", "hu": "HU", "deg": "°", "percent": "%",
    "mb": "MB",
    "mmhg": "mmHg", "mmhg_per_s": "mmHg/s", "mmhg_ml": "mmHg mL", "l_per_min": "L/min", "per_min": "/min",
    "mmhg_per_ml": "mmHg/mL", "cm2": "cm²",
    "g": "g", "iu": "", "um": "µm", "ue": "µε", "bw": "× body weight",
}  # fmt: skip


_READ = {
    "dp dt": "dP/dt", "lv": "LV", "la": "LA", "ra": "RA", "rv": "RV", "qrs": "QRS", "gorlin": "Gorlin",
    "own and now": "own and now, of the full beat",
    "live and full": "live beat (reduced heart, as the window shows it) and this full beat",
    "von mises": "von Mises", "p99": "99th percentile", "p01": "1st percentile", "3mm": "3 mm",
    "non manifold": "non-manifold",
}  # fmt: skip
"""What stands in names of numbers, and how people write it."""

_TINY = 1e-4
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def split(name: str) -> tuple[str, str]:
    """Return the words and the unit of a named number: ``volume_ml`` → (“Volume”, “mL”)."""
    words = name.split("_")
    for take in (3, 2, 1):
        unit = "_".join(words[-take:]).lower()
        if len(words) > take and unit in _UNITS:
            return _sentence(words[:-take]), _UNITS[unit]
    return _sentence(words), ""


def title_of(p: Parameter) -> str:
    """Return a parameter's title without the unit that its name ends in: its value is shown with it."""
    if p.title.lower() != p.name.replace("_", " "):
        return p.title
    title, unit = split(p.name)
    if not unit and p.unit and title.lower().endswith(f" {p.unit.lower()}"):
        title = title[: -len(p.unit) - 1]
    return title


def _sentence(words: list[str]) -> str:
    text = f" {' '.join(words)} "
    for short, read in _READ.items():
        text = text.replace(f" {short} ", f" {read} ")
    text = text.strip()
    return text[:1].upper() + text[1:]


UNDETERMINED = "not determined"
"""What is said of a number that is none: not finite, which a record and JSON keep as None."""


def number(value: float | None, unit: str = "") -> str:
    """Return a number with three significant figures and its unit; whole numbers stay whole."""
    if value is None or not math.isfinite(value):
        return UNDETERMINED
    if isinstance(value, int) or abs(value) >= 1000:
        text = f"{round(value):,}".replace(",", "\u202f")
    elif 0 < abs(value) < _TINY:
        digits, _, power = f"{value:.2g}".partition("e")
        text = f"{digits} × 10{str(int(power)).translate(_RAISED)}"
    elif abs(value) >= 100:
        text = f"{value:.0f}"
    else:
        text = f"{value:.3g}"
    space = "" if unit in ("°", "") else " "
    return f"{text}{space}{unit}".replace("-", "−", 1) if value < 0 else f"{text}{space}{unit}"


def sentence(text: str) -> str:
    """Return a text with a capital at its beginning."""
    return text[:1].upper() + text[1:]


def interval(low: float, high: float) -> str:
    """Return an interval as people read it: “52–71”; “−4 to 12” where an end is below zero."""
    return between(number(low), number(high))


def between(low: str, high: str) -> str:
    """Return two ends, written out, as an interval; a dash does not stand beside a sign."""
    return (" to " if any(end[:1] in "+−-" for end in (low, high)) else "–").join((low, high))


def with_interval(number_: Mapping[str, Any]) -> str:
    """Return a kept number's value and unit with its interval, or with a word that it has none."""
    unit = "" if number_["unit"] == "1" else number_["unit"]
    low, high = number_["low"], number_["high"]
    span = "no interval" if low is None or high is None else interval(low, high)
    return f"{number(number_['value'], unit)} ({span})"


def yield_warning(name: str, value: float | None, high: float | None) -> str:
    """Return what is to be said where a strain reaches its yield limit, for which no linear model holds."""
    if not name.lower().startswith("strain / yield"):
        return ""
    if value is not None and value >= 1:
        return "ABOVE 1: the bone yields there, which this linear model does not follow"
    if high is not None and high >= 1:
        return "its interval reaches 1, where bone yields and this linear model no longer holds"
    return ""


def is_weight_assumed(tree: Mapping[str, Any]) -> bool:
    """Tell from a model's or a result's tree whether its body weight is the step's own default."""
    return any(note.startswith("body weight") and note.endswith("assumed") for note in tree.get("notes", ()))


def weight_text(kg: float, assumed: bool) -> str:
    """Return a body weight in words; one that nobody has said is called so."""
    return f"{kg:.0f} kg{' (assumed)' if assumed else ''}"


def summary_lines(summary: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield (words, value) of a step's summary: its numbers, places and short texts, in order.

    A number whose bounds stand beside it (``x_mpa``, ``x_mpa_low``, ``x_mpa_high``) has them behind it.
    """
    for name, value in summary.items():
        if name.removesuffix("_low").removesuffix("_high") in summary and name.endswith(("_low", "_high")):
            continue
        words, text = told(name, value)
        low, high = summary.get(f"{name}_low"), summary.get(f"{name}_high")
        if text and low is not None and high is not None:
            text += f" ({interval(low, high)})"
        if text:
            yield words, text


def told(name: str, value: Any) -> tuple[str, str]:
    """Return the words of a named value, and it as text; the text is empty for what is no line's matter."""
    words, unit = split(name)
    if value is None and unit:
        return words, UNDETERMINED
    if isinstance(value, bool):
        return words, "yes" if value else "no"
    if isinstance(value, (int, float)):
        return words, number(value, unit)
    if isinstance(value, str):
        return words, value
    if value and isinstance(value, (list, tuple)) and all(isinstance(v, (int, float)) for v in value):
        words, place, _ = words.partition(" lps") if len(value) == 3 else (words, "", "")
        return words, _place(value, unit) if place else ", ".join(number(v, unit) for v in value)
    return words, ""


def _place(lps: Sequence[float], unit: str) -> str:
    """Return three numbers along LPS as a place, or a force, in the patient: “L 84.9, A 123, I 831 mm”."""
    letters = ("LR", "PA", "SI")
    sizes = [f"{abs(x):.1f}" if unit == "mm" else number(abs(x)) for x in lps]
    return ", ".join(f"{letters[a][lps[a] < 0]} {size}" for a, size in enumerate(sizes)) + f" {unit}"


_FACTS = {
    "mesh.tetrahedra": {
        "tets": "Tetrahedra", "nodes": "Nodes", "edge_mean_mm": "Mean edge",
        "dihedral_min_deg": "Smallest angle",
        "dihedral_p01_deg": "1st percentile angle", "inverted": "Inverted elements",
        "volume_error_percent": "Volume off by",
        "distance_mean_mm": "Off the surface by", "mesher": "Mesher",
    },
    "mesh.ventricle": {
        "elements": "Tetrahedra", "cavity_ml": "Cavity", "wall_ml": "Muscle",
        "wall_thickness_mean_mm": "Mean thickness", "scar_g": "Scar",
        "scar_of_wall_percent": "Scar, of the wall",
    },
    "segmentation.scar": {
        "scar_g": "Scar", "scar_of_wall_percent": "Of the wall", "core_g": "Dark core in it",
        "segments_with_scar": "Segments", "threshold": "Threshold", "remote_mean": "Healthy muscle",
        "remote_sd": "Its scatter", "slices_moved_mm": "Slices put right by up to",
    },
    "physics.femur_model": {
        "calibration": "Calibration", "young_median_mpa": "Median modulus",
        "young_max_mpa": "Highest modulus",
        "clipped_low_percent": "Modulus held at floor", "clipped_high_percent": "Modulus held at ceiling",
        "body_weight_n": "Body weight",
    },
}  # fmt: skip
"""Of a step's summary, what a person wants to see, and what he calls it."""


def facts_of(step: str, summary: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield (words, value) of what matters in a step's summary; of an unknown step, everything."""
    wanted = _FACTS.get(step)
    if wanted is None:
        yield from summary_lines(summary)
        return
    for name, title in wanted.items():
        for _words, value in summary_lines({name: summary[name]} if name in summary else {}):
            yield title, value
