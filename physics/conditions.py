"""Under which conditions a beat was solved, in words: one wording for the log, the window and the report."""

from collections.abc import Iterable, Mapping
from typing import Any

from twin.errors import UserError
from twin.params import Parameter
from twin.record import LogEntry
from twin.steps import find

AS_FITTED, DEFAULTS = "as fitted", "the defaults"

NAMED = 2
"""So many conditions stand in a name; how many more there are is said behind them."""

_HOW = ("beats", "members")
"""Parameters that say how it is solved, and not what is asked."""

_DOSES = ("mg_per_day", "mg_per_h")

_IDLE_WITHOUT = {
    "pump": "pump_rpm",
    "pump_rpm": "pump_rpm",
    "infarct_percent": "infarct_segments",
    "infarct_stiffness_percent": "infarct_segments",
}
"""Parameters that do nothing unless another is given, and is not 0: a pump that stands still is none."""

_UNTITLED = {
    "aortic_area_cm2": "aortic area {} cm²",
    "mitral_area_cm2": "mitral area {} cm²",
    "medicine": "{}",
    "mg_per_day": "{} mg a day",
    "mg_per_h": "{} mg an hour",
    "rhythm": "{}",
    "infarct_segments": "infarct of segments {}",
}
"""Parameters whose value says by itself what it is of, or whose title is long for a row of the tree."""


def value_in_words(value: Any) -> str:
    """Return a parameter's value as a person reads it: yes or no, no brackets, a minus and no hyphen."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return ", ".join(value_in_words(v) for v in value)
    if isinstance(value, float):
        return f"{value:g}".replace("-", "−")
    return str(value).replace("-", "−") if isinstance(value, int) else str(value)


def conditions(declared: Iterable[Parameter], values: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what was asked beside the defaults, each in words: “aortic area 0.8 cm²”."""
    told: list[str] = []
    for p in declared:
        value = values.get(p.name, p.default)
        if p.name in _HOW or value in (p.default, None, (), []):
            continue
        if p.name in _IDLE_WITHOUT and not values.get(_IDLE_WITHOUT[p.name]):
            continue
        if p.name in _DOSES and values.get("medicine"):
            told[-1] += f" {_told(p, value)}"  # behind its medicine
        else:
            told.append(_told(p, value))
    return tuple(told)


def asks_alike(made: LogEntry, values: Mapping[str, Any]) -> bool:
    """Tell whether a step was asked what ``values`` ask of it, exactly; how it is solved is let be."""
    try:
        asked = [p for p in find(made.step).parameters if p.name not in _HOW]
    except UserError:
        return False
    return all(_bare(made.params, p) == _bare(values, p) for p in asked)


def _bare(values: Mapping[str, Any], p: Parameter) -> Any:
    """Return a parameter's value; what the log keeps as a list is a tuple in hands."""
    value = values.get(p.name, p.default)
    return tuple(value) if isinstance(value, (list, tuple)) else value


def beat_named(declared: Iterable[Parameter], values: Mapping[str, Any]) -> str:
    """Return a short name for a beat, with its first conditions."""
    told = conditions(declared, values)
    more = f" and {len(told) - NAMED} more" if len(told) > NAMED else ""
    return f"beat, {', '.join(told[:NAMED]) or AS_FITTED}{more}".replace("/", " per ")


def beat_conditions(made: LogEntry | None, tree: Mapping[str, Any]) -> str:
    """Return under which conditions a heart's beat was solved.

    Parameters
    ----------
    made : LogEntry
        Of the step that made it.
    tree : mapping
        Of the entity, as the record keeps it.

    Returns
    -------
    str
        Empty for what is no heart's beat, and where the step is not known to this program.
    """
    if made is None or "circulation" not in tree.get("solver", ""):
        return ""
    kinds = {used["kind"] for used in made.outputs.values()}
    if "heart" in kinds:  # the fit's own beat: its parameters are what it was fitted to
        return AS_FITTED
    try:
        told = conditions(find(made.step).parameters, made.params)
    except UserError:
        return ""
    of_heart = "heart" in made.inputs
    return ", ".join(told) or (AS_FITTED if of_heart else DEFAULTS)


def _told(p: Parameter, value: Any) -> str:
    if p.name in _UNTITLED:
        return _UNTITLED[p.name].format(value_in_words(value))
    title = p.title[:1].lower() + p.title[1:]
    if isinstance(value, bool):
        return title if value else f"no {title}"
    sign = "+" if p.default == 0.0 and p.low is not None and p.low < 0 < value else ""
    unit = p.unit.replace("1/", "per ")
    space = "" if unit == "°" else " "
    return f"{title} {sign}{value_in_words(value)}{space}{unit}".strip()
