"""Typed parameters of steps: one frozen dataclass a step, each field with unit, range and default.

The command line, the window's forms, ``vitruvian steps`` and the log read the same table.
"""

import dataclasses
import math
import types
import typing
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from twin.errors import UserError


@dataclass(frozen=True)
class NoParams:
    """Parameters of a step that has none."""


def param(
    default: Any = dataclasses.MISSING,
    *,
    help: str,
    unit: str = "",
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
    advanced: bool = False,
    title: str = "",
    patient_specific: bool = False,
) -> Any:
    """Declare a parameter; ``help`` is the sentence its tooltip shows.

    What is ``patient_specific`` (a place in the patient, a side, a weight) is not replayed on another one.

    Returns
    -------
    dataclasses.Field
    """
    about = {"help": help, "unit": unit, "low": low, "high": high, "choices": choices}
    more = {"advanced": advanced, "title": title, "patient_specific": patient_specific}
    return dataclasses.field(default=default, metadata=about | more)


@dataclass(frozen=True)
class Parameter:
    """What is known of one parameter.

    ``type`` is one of float, int, bool, str, tuple; for a tuple ``item`` is the type of its members and
    ``count`` how many there must be (None: any number).
    """

    name: str
    title: str
    type: type
    optional: bool
    default: Any
    help: str
    unit: str
    low: float | None
    high: float | None
    choices: tuple[str, ...]
    advanced: bool
    item: Callable[[Any], Any] = str
    count: int | None = None
    patient_specific: bool = False

    @property
    def required(self) -> bool:
        """True where there is no default."""
        return self.default is dataclasses.MISSING


def parameters(cls: type) -> tuple[Parameter, ...]:
    """Return the parameters that a params dataclass declares, in order."""
    hints = typing.get_type_hints(cls)
    found = []
    for f in dataclasses.fields(cls):
        hint, optional = hints[f.name], False
        if typing.get_origin(hint) in (types.UnionType, typing.Union):
            kinds = [a for a in typing.get_args(hint) if a is not type(None)]
            hint, optional = kinds[0], True
        choices = f.metadata.get("choices", ())
        if typing.get_origin(hint) is typing.Literal:
            choices, hint = typing.get_args(hint), str
        kind = typing.get_origin(hint) or hint
        items = typing.get_args(hint) if kind is tuple else (str, ...)
        meta = f.metadata
        title = meta.get("title") or f.name.replace("_", " ").capitalize()
        found.append(
            Parameter(
                f.name, title, kind, optional, f.default, meta.get("help", ""), meta.get("unit", ""),
                meta.get("low"), meta.get("high"), choices, meta.get("advanced", False),
                items[0], None if items[-1] is Ellipsis else len(items), meta.get("patient_specific", False),
            )
        )  # fmt: skip
    return tuple(found)


def parse(cls: type, given: dict[str, Any]) -> Any:
    """Make a params object from names and values (words from a command line, JSON, or typed).

    Raises
    ------
    UserError
        For an unknown name, a value of the wrong type or out of range, or a missing one.
    """
    known = {p.name: p for p in parameters(cls)}
    for name in given:
        if name not in known:
            hint = f"{meant(name, known)}The parameters are: {', '.join(known) or 'none'}."
            raise UserError(f"There is no parameter “{name}”.", hint)
    values = {name: _value(known[name], value) for name, value in given.items()}
    for p in known.values():
        if p.required and p.name not in values:
            raise UserError(f"The parameter “{p.name}” is missing.", p.help)
    return cls(**values)


def _value(p: Parameter, value: Any) -> Any:
    if value is None or (p.optional and value in ("", "none")):
        if p.optional:
            return None
        raise UserError(f"The parameter “{p.name}” must have a value.", p.help)
    try:
        if p.type is bool and isinstance(value, str):
            value = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}[
                value.lower()
            ]
        elif p.type is tuple:
            value = tuple(p.item(word) for word in (value.split(",") if isinstance(value, str) else value))
            if p.count is not None and len(value) != p.count:
                raise ValueError
        elif p.type is int and isinstance(value, float) and value != round(value):
            raise ValueError  # not cut off to a whole number
        else:
            value = p.type(value)
    except (KeyError, TypeError, ValueError, OverflowError):
        message = f"“{value}” is no value for “{p.name}”."
        raise UserError(message, f"{expected(p)} {p.help}".rstrip()) from None
    for number in value if p.type is tuple else (value,):
        if isinstance(number, (int, float)) and not isinstance(number, bool):
            _check_range(p, number)
    if p.choices and value not in p.choices:
        hint = f"{meant(str(value), p.choices)}Choose one of: {', '.join(p.choices)}."
        raise UserError(f"“{value}” is no choice for “{p.name}”.", hint)
    return value


def meant(word: str, names: Iterable[str]) -> str:
    """Return “Did you mean …? ” with the name nearest to a misspelled word, to stand before a list of them.

    Empty where none is near.
    """
    lower = {name.lower(): name for name in names}
    near = get_close_matches(word.lower(), lower, 1)
    return f"Did you mean “{lower[near[0]]}”? " if near else ""


_ONE = {int: "A whole number", float: "A number", bool: "Yes or no"}
_MANY = {int: "whole numbers", float: "numbers"}


def expected(p: Parameter) -> str:
    """Return what values a parameter takes, as a sentence: “A number between 30 and 300 % is expected.”"""
    if p.type is tuple:
        kind = _MANY.get(p.item, "words")  # type: ignore[call-overload]
        what = f"{p.count} {kind}" if p.count is not None else kind.capitalize()
        what += ", with commas between them,"
    else:
        what = _ONE.get(p.type, "A word")
    span = _span(p)
    what = f"{what} {span}" if span else f"{what} in {p.unit}" if p.unit else what
    return f"{what} {'are' if p.type is tuple else 'is'} expected."


def _span(p: Parameter) -> str:
    """Return a parameter's range in words, with its unit: “between 30 and 300 %”; empty where it has none."""
    match p.low, p.high:
        case None, None:
            return ""
        case low, None:
            span = f"of at least {low:.10g}"
        case None, high:
            span = f"of at most {high:.10g}"
        case low, high:
            span = f"between {low:.10g} and {high:.10g}"
    return f"{span} {p.unit}".rstrip()


def _check_range(p: Parameter, value: float) -> None:
    if math.isfinite(value) and (p.low is None or value >= p.low) and (p.high is None or value <= p.high):
        return
    span = _span(p) or "a finite number"
    wanted = f"It lies {span}." if span.startswith("between") else f"It is {span.removeprefix('of ')}."
    raise UserError(f"{p.name} = {value} {p.unit}".rstrip() + " is out of range.", wanted)
