"""Steps: the named, versioned, pure functions that change a record, and their one registry.

A module that declares steps is imported often (at start, in every worker): it imports numpy
at most at its top, and heavier libraries inside the functions that use them.
"""

import inspect
import types
import typing
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from twin.domain import KINDS, Entity
from twin.errors import UserError
from twin.params import NoParams, Parameter, meant, parameters


@dataclass(frozen=True)
class Ref:
    """An entity of a record, or a part of one, at one moment.

    A step whose input is annotated ``Ref`` takes an entity of any kind and is given this
    instead of the entity itself: for what concerns an entity but not its content.

    Attributes
    ----------
    id, name : str
        The entity's id and what it was called.
    digest : str
        Content hash of the whole entity at that moment (also where ``part`` is named).
    part : str
        Structure of a labelmap or patch of a mesh; empty for the whole.
    """

    id: str
    name: str
    digest: str
    part: str = ""

    def __str__(self) -> str:
        return f"{self.name}/{self.part}" if self.part else self.name


@dataclass(frozen=True)
class Attributes:
    """What a step changes about an entity besides its content; None leaves it as it is."""

    name: str | None = None
    color: str | None = None
    removed: bool = False


@dataclass(frozen=True)
class Made:
    """What a step made.

    Attributes
    ----------
    outputs : dict of str to entity
        By role ("bones", "surface"): the role names the output in the log and on replay.
    summary : dict of str to number, text or list
        Named numbers with the unit in the name (``volume_ml``), JSON-able. A step that makes
        structures lists them: ``structures = [{name, volume_ml, center_lps_mm}, ...]``.
    names : dict of str to str
        What the tree shows for an output; the role where it is not given.
    attributes : dict of str to Attributes
        By id of an entity that is there already: what changes about it besides its content.
    logged : dict or None
        What the log keeps in place of the parameters, where these say what must not be kept.
    """

    outputs: dict[str, Entity]
    summary: dict[str, Any] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, Attributes] = field(default_factory=dict)
    logged: dict[str, Any] | None = None


@dataclass(frozen=True)
class Input:
    """One input of a step: its parameter name and the kind of entity it takes ("any": all kinds).

    Attributes
    ----------
    many : bool
        It takes any number of them, at least one; a call and the log have them as ``name 1``, ``name 2``, ...
    fits : callable (tree) -> bool, or None
        Which entities of the kind are taken where none is named; None: all of them.
    """

    name: str
    kind: str
    optional: bool
    many: bool = False
    fits: Callable[[dict[str, Any]], bool] | None = None

    def holds(self, key: str) -> bool:
        """Tell whether a call's input of that name is this one, or one of these."""
        name, _, number = key.rpartition(" ")
        return key == self.name or (self.many and name == self.name and number.isdecimal())


@dataclass(frozen=True)
class Step:
    """A step as the registry knows it.

    Attributes
    ----------
    edits : str
        Name of the input whose content the output of the same name replaces; empty where
        the step makes new entities.
    quick : bool
        True where it is done in a moment: it runs in the owner's process, not in a job.
    makes : tuple of str
        Kinds of the new entities it can make: who lacks one is told to run it.
    """

    name: str
    version: int
    title: str
    help: str
    function: Callable[..., Made]
    inputs: tuple[Input, ...]
    params: type
    edits: str = ""
    quick: bool = False
    makes: tuple[str, ...] = ()

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The step's typed parameters with units, ranges and defaults."""
        return parameters(self.params)


_registry: dict[str, Step] = {}


def step(
    name: str,
    *,
    version: int,
    title: str,
    edits: str = "",
    quick: bool = False,
    makes: tuple[str, ...] = (),
    fits: dict[str, Callable[[dict[str, Any]], bool]] | None = None,
) -> Callable[[Callable[..., Made]], Callable[..., Made]]:
    """Register a function ``(inputs..., params, progress) -> Made`` as a step.

    Its inputs are read from its annotations (``volume: Volume``, ``seed: LabelMap | None = None``,
    ``cines: tuple[Volume, ...]``), its parameters from the annotation of ``params``; its help is its
    docstring's first line. ``fits`` tells by an entity's tree which ones an input takes by itself.
    """

    strange = set(makes) - set(KINDS)
    if strange:
        raise TypeError(f"{name} cannot make {', '.join(sorted(strange))}: there is no such kind")

    def register(function: Callable[..., Made]) -> Callable[..., Made]:
        known = _registry.get(name)
        if known is not None and _place(known.function) != _place(function):
            raise ValueError(f"two steps are called {name}: {_place(known.function)}, {_place(function)}")
        hints = typing.get_type_hints(function)
        inputs = tuple(
            _input(p.name, hints[p.name], (fits or {}).get(p.name))
            for p in inspect.signature(function).parameters.values()
            if p.name not in ("params", "progress")
        )
        help = (inspect.getdoc(function) or "").split("\n")[0]
        _registry[name] = Step(
            name, version, title, help, function, inputs, hints.get("params", NoParams), edits, quick, makes
        )
        return function

    return register


def _place(function: Callable[..., Made]) -> str:
    return f"{function.__module__}.{function.__qualname__}"


def _input(name: str, hint: Any, fits: Callable[[dict[str, Any]], bool] | None) -> Input:
    optional = many = False
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        options = [a for a in typing.get_args(hint) if a is not type(None)]
        hint, optional = options[0], True
    if typing.get_origin(hint) is tuple and typing.get_args(hint)[1:] == (Ellipsis,):
        hint, many = typing.get_args(hint)[0], True
    if hint is Ref:
        return Input(name, "any", optional, many, fits)
    for kind, cls in KINDS.items():
        if hint is cls:
            return Input(name, kind, optional, many, fits)
    raise TypeError(f"input {name} of a step must be a domain type, not {hint}")


def find(name: str) -> Step:
    """Return the step of that name; ``UserError`` names those there are."""
    if name not in _registry:
        hint = f"{meant(name, _registry)}The steps are: {', '.join(sorted(_registry))}."
        raise UserError(f"There is no step “{name}”.", hint)
    return _registry[name]


def catalogue() -> tuple[Step, ...]:
    """Return all steps whose modules have been imported, by name."""
    return tuple(_registry[name] for name in sorted(_registry))
