"""The result at hand: which case, weight and field are shown; numbers follow, nothing is solved again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from psygnal import Signal

from desktop.chain import Shown
from desktop.session import Item

if TYPE_CHECKING:
    from desktop.desk import Desk
    from viewers.scene_view import SceneView

GRAVITY = 9.80665


class Results:
    """State of what is shown of a linear result; draws it into a scene and rescales it there."""

    changed = Signal()
    """Another result, case, field or shape is shown (not: another weight)."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.body_weight_kg = desk.settings.body_weight_kg
        self.case = "walking"
        self.field = ""
        self.deform_scale = 0.0

    @property
    def item(self) -> Item | None:
        """The result at hand."""
        from desktop import way

        return way.shape(self._desk.session, "result")

    def cases(self) -> Sequence[tuple[str, str]]:
        return ()

    def fields(self) -> Sequence[tuple[str, str]]:
        return ()

    def limits(self) -> Sequence[str]:
        return ()

    def numbers(self) -> Sequence[Shown]:
        return ()

    def set_weight(self, kg: float) -> None:
        self.body_weight_kg = kg

    def choose(self, *, case: str, field: str, deform_scale: float) -> None:
        self.case, self.field, self.deform_scale = case, field, deform_scale
        self.changed.emit()

    def draw(self, scene: SceneView, item: Item, result: Any) -> None:
        pass
