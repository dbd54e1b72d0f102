"""A command: something a user can do, as data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from desktop.desk import Desk

_WRITING = {
    "file.lock", "edit.forget", "edit.undo", "edit.redo", "edit.rename",
    "edit.color", "edit.delete", "edit.again", "images.ct", "images.labels",
}  # fmt: skip


def _always(_desk: Desk) -> str:
    return ""


@dataclass(frozen=True)
class Command:
    """Something a user can do.

    Attributes
    ----------
    enabled : callable (desk) -> str
        Empty where it can be done now, else the reason why not, as its tooltip says it.
    shortcut : str
        In Qt's portable words; empty for none.
    where : str
        ``"views"``: the shortcut works where the focus is in the views, the tree or the task; ``"tree"``:
        in the tree; else in the window.
    titled : callable (desk) -> str, or None
        A title that depends on the state ("Undo segment bone").
    also : tuple of str
        What other programs call it: the palette finds it by these words too.
    """

    id: str
    title: str
    icon: str
    help: str
    run: Callable[[Desk], None]
    enabled: Callable[[Desk], str] = _always
    shortcut: str = ""
    group: str = "File"
    where: str = ""
    titled: Callable[[Desk], str] | None = None
    also: tuple[str, ...] = ()

    def why_not(self, desk: Desk) -> str:
        """Return why it cannot be done now; empty where it can."""
        writes = self.id in _WRITING or self.group in ("Anatomy", "Measure", "Simulate")
        return (desk.read_only if writes else "") or self.enabled(desk)

    def title_for(self, desk: Desk) -> str:
        """Return the title as of now."""
        return self.titled(desk) if self.titled else self.title

    def trigger(self, desk: Desk) -> None:
        """Do it, or say why not."""
        why = self.why_not(desk)
        if why:
            desk.said.emit(f"{self.title} cannot be done now.", why)
        else:
            desk.guard(lambda: self.run(desk))


def keys_text(command: Command) -> str:
    """Return a command's shortcut as this system writes it."""
    from PySide6.QtGui import QKeySequence

    return QKeySequence(command.shortcut).toString(QKeySequence.SequenceFormat.NativeText)


def ask(what: str) -> Callable[[Desk], None]:
    """Return what asks the window for its help."""
    return lambda desk: desk.asked.emit(what)
