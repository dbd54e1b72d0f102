"""Selecting a structure goes to it: the crosshair comes to its middle."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from desktop.desk import Desk


class Going:
    """Finds the middle of a selected structure, or of what was made from it, behind what is being read."""

    def __init__(self, desk: Desk, go: Callable[[Any], None]) -> None:
        self._desk, self._go = desk, go
        self._wanted = ""
        desk.session.selected.connect(self._on_select)
        desk.session.arrived.connect(self._find)

    def detach(self) -> None:
        """Listen no more."""
        self._desk.session.selected.disconnect(self._on_select)
        self._desk.session.arrived.disconnect(self._find)

    def _on_select(self, key: str) -> None:
        chosen = self._desk.session.item(key)
        of = [i for i in self._desk.session.structures() if chosen and i.structure == chosen.structure]
        same = [i.key for i in of if i.key == key] or [i.key for i in of]
        self._wanted = same[-1] if same else ""
        self._find()

    def _find(self) -> None:
        item = self._desk.session.item(self._wanted)
        labels = self._desk.session.get(item.id) if item is not None else None
        if item is None or labels is None:
            return  # it is being read; ``arrived`` comes then
        self._wanted, part = "", item.part

        def arrived(middle: Any) -> None:
            now = self._desk.session.item(self._desk.session.selection)
            if middle is not None and now is not None and now.structure == part:
                self._go(middle)

        self._desk.reader.compute(lambda: labels.middle(part), arrived)
