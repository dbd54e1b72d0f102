"""Published verification problems, run on this machine: result, reference, error.

A module of problems declares each with ``@problem(name)``; ``MODULES`` names the modules. A problem that
takes more than a minute is declared ``long`` and runs only where it is named.
"""

import importlib
from collections.abc import Callable, Sequence
from typing import Any

from twin.errors import UserError
from twin.progress import Progress

MODULES = (
    "physics.verify.elasticity", "physics.verify.circulation", "physics.verify.activation",
    "physics.verify.cardiac", "physics.verify.medication", "physics.verify.surgery",
)  # fmt: skip
"""Where problems are declared."""

Row = dict[str, Any]
"""``{problem, quantity, value, reference, unit, error_percent, within}``."""

_problems: dict[str, Callable[[], list[Row]]] = {}
_long: set[str] = set()


def problem(name: str, *, long: bool = False) -> Callable[[Callable[[], list[Row]]], Callable[[], list[Row]]]:
    """Register a function that runs a problem and returns a row for each quantity.

    Parameters
    ----------
    long : bool
        It takes more than a minute, and runs only where it is named.
    """

    def register(function: Callable[[], list[Row]]) -> Callable[[], list[Row]]:
        _problems[name] = function
        if long:
            _long.add(name)
        return function

    return register


def row(quantity: str, value: float, reference: float, unit: str, within_percent: float) -> Row:
    """Return one quantity of a problem, compared with its reference.

    Parameters
    ----------
    within_percent : float
        Largest error that counts as agreement, in percent of the reference; where the reference
        is 0, in percent of the problem's own size, to which ``value`` is then relative.
    """
    error = 100.0 * (abs(value - reference) / abs(reference) if reference else abs(value))
    return {
        "quantity": quantity,
        "value": float(value),
        "reference": reference,
        "unit": unit,
        "error_percent": float(error),
        "within": bool(error <= within_percent),
    }


def names() -> tuple[str, ...]:
    """Return the names of all problems, in the order in which they are declared."""
    for module in MODULES:
        importlib.import_module(module)
    return tuple(_problems)


def long_names() -> tuple[str, ...]:
    """Return the names of the problems that run only where they are named."""
    return tuple(name for name in names() if name in _long)


def verify(problems: Sequence[str] = (), progress: Progress | None = None) -> list[Row]:
    """Run verification problems; all but the long ones where none is named.

    Returns
    -------
    list of dict
        ``{problem, quantity, value, reference, unit, error_percent, within}`` each.

    Raises
    ------
    UserError
        For an unknown name; it lists those there are.
    """
    progress = progress or Progress()
    known = names()
    for name in problems:
        if name not in known:
            raise UserError(f"There is no problem “{name}”.", f"The problems are: {', '.join(known)}.")
    chosen = tuple(problems) or tuple(name for name in known if name not in _long)
    rows: list[Row] = []
    for done, name in enumerate(chosen):
        progress(done / len(chosen), name)
        rows.extend({"problem": name, **found} for found in _problems[name]())
    progress(1.0, "verified")
    return rows
