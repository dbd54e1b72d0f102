"""Domain objects to a JSON tree plus arrays, and back.

One codec serves the record and the jobs. It follows the types' own annotations, so a new
domain type needs no code here.
"""

import dataclasses
import functools
import json
import math
import types
import typing
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from twin.domain import KINDS, Entity, kind_of

Plain = TypeVar("Plain")


@dataclass(frozen=True)
class Encoded:
    """A domain object taken apart.

    ``tree`` is JSON-able; an array stands in it as ``{"$array": key}`` with its key in ``arrays``.
    """

    kind: str
    tree: dict[str, Any]
    arrays: dict[str, NDArray]


def encode(entity: Entity) -> Encoded:
    """Take a domain object apart; arrays are not copied."""
    arrays: dict[str, NDArray] = {}
    tree = _encode(entity, "", arrays)
    return Encoded(kind_of(entity), tree, arrays)


def decode(encoded: Encoded) -> Entity:
    """Put a domain object together again; the exact inverse of ``encode``."""
    return _decode(encoded.tree, KINDS[encoded.kind], encoded.arrays)


def as_json(value: Any) -> str:
    """Return a dataclass without arrays as JSON, the same for the same content."""
    return json.dumps(_encode(value, "", {}), sort_keys=True, separators=(",", ":"), allow_nan=False)


def from_json(text: str, cls: type[Plain]) -> Plain:
    """Return what ``as_json`` wrote; ``ValueError`` where it is nothing of the kind."""
    try:
        made = _decode(json.loads(text), cls, {})
    except (AttributeError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"no {cls.__name__}: {error}") from None
    if not isinstance(made, cls):
        raise ValueError(f"no {cls.__name__}")
    return made


def _encode(value: Any, path: str, arrays: dict[str, NDArray]) -> Any:
    if isinstance(value, np.ndarray):
        while path in arrays:  # names are free, and may hold a dot
            path += "'"
        arrays[path] = value
        return {"$array": path}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            f.name: _encode(getattr(value, f.name), _at(path, f.name), arrays)
            for f in dataclasses.fields(value)
        }
    if isinstance(value, dict):
        # A name that begins as a mark of ours does gets one more of its first character.
        return {
            f"${key}" if key.startswith("$") else key: _encode(item, _at(path, key), arrays)
            for key, item in value.items()
        }
    if isinstance(value, (tuple, list)):
        return [_encode(item, _at(path, str(n)), arrays) for n, item in enumerate(value)]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return {"$float": repr(value)}
    return value


def plain(tree: Any) -> Any:
    """Return a tree's numbers and texts for those who only read them; what is not finite is None."""
    if isinstance(tree, dict):
        return None if "$float" in tree else {key: plain(item) for key, item in tree.items()}
    return [plain(item) for item in tree] if isinstance(tree, list) else tree


def _at(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


@functools.cache
def _hints(cls: type) -> dict[str, Any]:
    return typing.get_type_hints(cls)


def _decode(tree: Any, hint: Any, arrays: dict[str, NDArray]) -> Any:
    if isinstance(tree, dict) and "$array" in tree:
        return arrays[tree["$array"]]
    if isinstance(tree, dict) and "$float" in tree:
        return float(tree["$float"])
    origin = typing.get_origin(hint)
    if origin in (types.UnionType, typing.Union):
        if tree is None:
            return None
        hint = next(a for a in typing.get_args(hint) if a is not type(None))
        origin = typing.get_origin(hint)
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        hints = _hints(hint)
        # A field that an older version did not have takes its default; one that is gone is left out.
        known = {name: item for name, item in tree.items() if name in hints}
        return hint(**{name: _decode(item, hints[name], arrays) for name, item in known.items()})
    if origin is tuple:
        kinds = typing.get_args(hint)
        if len(kinds) == 2 and kinds[1] is Ellipsis:
            return tuple(_decode(item, kinds[0], arrays) for item in tree)
        return tuple(_decode(item, kind, arrays) for item, kind in zip(tree, kinds, strict=True))
    if origin is dict:
        inner = typing.get_args(hint)[1]
        return {key.removeprefix("$"): _decode(item, inner, arrays) for key, item in tree.items()}
    if hint is float and isinstance(tree, int):
        return float(tree)
    return tree
