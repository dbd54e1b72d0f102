"""What nobody expected: told in the error bar, and kept from what would end the program.

PySide 6.11 on Python 3.11 cannot take an exception out of an override that Qt calls (``showEvent``,
``sizeHint``): one raised in C, as by ``int(nan)``, is no object yet, and reading its arguments kills the
process; of one raised in Python a reference is lost, and the next collection of garbage kills it. So none
gets out: importing this module guards all classes of widgets that are made afterwards.
"""

from __future__ import annotations

import functools
import sys
import traceback
from collections.abc import Callable
from types import FunctionType, TracebackType
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer

from twin.errors import UserError

if TYPE_CHECKING:
    from desktop.errors import ErrorBar

_ANSWERS: dict[str, Callable[..., Any]] = {
    "event": lambda *_: False,
    "eventFilter": lambda *_: False,
}
"""What Qt is told where an override has failed; the others that answer something are asked of its base."""

_ASKED = ("sizeHint", "minimumSizeHint", "heightForWidth", "textFromValue")


def report_faults(errors: ErrorBar) -> None:
    """Show what nobody expected in the error bar, with its details, instead of losing it.

    Later: it may have come up within a paint event, where nothing may be shown.
    """

    def hook(kind: type[BaseException], fault: BaseException, trace: TracebackType | None) -> None:
        sys.__excepthook__(kind, fault, trace)
        if isinstance(fault, UserError):
            QTimer.singleShot(0, errors, functools.partial(errors.show_error, fault))
        elif isinstance(fault, Exception):
            error = UserError(
                f"Something went wrong inside the program ({kind.__name__}: {fault}).",
                "What was finished is stored. The details help those who mend it.",
            )
            details = "".join(traceback.format_exception(kind, fault, trace))
            QTimer.singleShot(0, errors, functools.partial(errors.show_error, error, details))

    sys.excepthook = hook


def _guard(cls: type, **_given: Any) -> None:
    """Guard what Qt calls of a class of widgets."""
    for name, function in list(vars(cls).items()):
        if isinstance(function, FunctionType) and (name.endswith("Event") or name in (*_ANSWERS, *_ASKED)):
            setattr(cls, name, _guarded(cls, name, function))


def _guarded(cls: type, name: str, function: FunctionType) -> Callable[..., Any]:
    @functools.wraps(function)
    def override(self: QObject, *given: Any) -> Any:
        try:
            return function(self, *given)
        except Exception:
            sys.excepthook(*sys.exc_info())
        if name in _ASKED:
            return getattr(super(cls, self), name)(*given)
        return _ANSWERS[name]() if name in _ANSWERS else None

    return override


QObject.__init_subclass__ = classmethod(_guard)  # type: ignore[assignment, arg-type]
