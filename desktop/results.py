"""The result at hand: which case, weight and field are shown; numbers follow, nothing is solved again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal
from PySide6.QtCore import QTimer

from desktop import words
from desktop.chain import Shown, chain_of, conditions_of
from desktop.colors import color_of
from desktop.moving import Played, timed_fields
from desktop.session import Item
from resources.loads import GRAVITY

if TYPE_CHECKING:
    from desktop.desk import Desk
    from twin.record import Entry
    from viewers.scene_view import SceneView

_TITLES = {
    "von Mises stress": "Von Mises stress",
    "displacement": "Displacement",
    "maximum principal strain": "Largest stretch (max. principal strain)",
    "minimum principal strain": "Largest squeeze (min. principal strain)",
    "strain / yield (3 mm average)": "Strain / yield (3 mm average)",
}
_YIELD_AT = {"strain / yield (3 mm average)": 1.0}


NOTICED_MS = 300
"""Who has to wait longer is told what for."""


class Results:
    """State of what is shown of a linear result; draws it into a scene and rescales it there."""

    changed = Signal()
    """Another result, case, field or shape is shown."""
    rescaled = Signal()
    """Another body weight is shown."""
    waited = Signal()
    """``waiting`` may say something else: a field takes long to compute, or is drawn now."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.body_weight_kg = 75.0
        self.case = "walking"
        self.field = "von Mises stress"
        self.deform_scale = 0.0
        self.hatched = True
        self.waiting = ""
        """What is being computed, once it takes long enough to be noticed."""
        self._slow = QTimer(desk, singleShot=True, interval=NOTICED_MS)
        self._slow.timeout.connect(lambda: self._say(f"Computing: {_TITLES[self.field]} …"))
        self._scene: SceneView | None = None
        self._shown: tuple[Item, Any] | None = None
        self._weight_of = ""
        self._weight_said = False
        self._timed_field = ""
        self.played = Played()
        self._timed: tuple[SceneView, Item, Any] | None = None

    @property
    def timed(self) -> bool:
        """Whether the result at hand is one in time, and not of loads."""
        tree = self._tree()
        return tree.get("times_s") is not None and not tree.get("loads")

    @property
    def timed_field(self) -> str:
        """The field that a result in time is seen in: the chosen one, else the first but the displacement."""
        names = timed_fields(self._tree())
        if self._timed_field in names:
            return self._timed_field
        return next((name for name in names if name != "displacement"), names[0] if names else "")

    @property
    def item(self) -> Item | None:
        """The result at hand."""
        from desktop import way

        return way.shape(self._desk.session, "result")

    # -- what can be chosen, and what it says ----------------------------------------------------

    def cases(self) -> Sequence[tuple[str, str]]:
        """Return the load cases of the result at hand: (name, title)."""
        return [(name, words.sentence(name)) for name in (self._tree().get("cases") or {})]

    def fields(self) -> Sequence[tuple[str, str]]:
        """Return the fields that it can be seen in: (name, title)."""
        if self.timed:
            return [(name, words.sentence(name)) for name in timed_fields(self._tree())]
        return list(_TITLES.items())

    def limits(self) -> Sequence[str]:
        """Return what the model leaves out."""
        return [str(line) for line in self._tree().get("limits", ())]

    @property
    def leaves_out(self) -> bool:
        """Whether the headline numbers of the result at hand leave a zone out."""
        return self._tree().get("exclude") is not None

    @property
    def solved_kg(self) -> float:
        """The body weight that the result at hand was solved with."""
        return round(float(self._tree().get("body_weight_n") or 75.0 * GRAVITY) / GRAVITY, 1)

    @property
    def weight_assumed(self) -> bool:
        """True where nobody has said what the patient weighs: neither before solving nor by the slider."""
        return words.is_weight_assumed(self._tree()) and not self._weight_said

    def load_text(self, *, as_solved: bool = False) -> str:
        """Return which load the numbers are of: “walking, body weight 75 kg (assumed)”; in time of none."""
        tree = self._tree()
        if self.timed:
            return ""
        kg = self.solved_kg if as_solved else self.body_weight_kg
        assumed = words.is_weight_assumed(tree) if as_solved else self.weight_assumed
        return f"{self.case}, body weight {words.weight_text(kg, assumed)}"

    def _conditions(self) -> str:
        """Under which conditions the beat at hand was solved; empty for all other results."""
        item = self.item
        return conditions_of(self._desk.session, item.id) if item is not None else ""

    @property
    def title(self) -> str:
        """What the result at hand is called; a beat with its conditions, unless its name tells them."""
        name, told = self.item.name if self.item is not None else "", self._conditions()
        return words.sentence(name if not told or told in name else f"{name}: {told}")

    @property
    def beat_text(self) -> str:
        """What to say above a heart's numbers: of which beat they are; empty above all others."""
        if "circulation" not in self._tree().get("solver", ""):
            return ""
        told = self._conditions()
        beat = "Of the full beat" + (f" ({told})" if told else "")
        return f"{beat}: the wall solved at each moment, not the live (reduced) heart"

    def numbers(self, *, as_solved: bool = False) -> Sequence[Shown]:
        """Return the numbers of the case shown, at the body weight shown or as they were solved."""
        item, tree = self.item, self._tree()
        if item is None:
            return ()
        scale = 1.0 if as_solved else self._scale(tree)
        shown = []
        for number in self._numbers():
            case, _colon, name = number["name"].rpartition(": ")
            if case not in ("", self.case) and not self.timed:
                continue
            value, low, high = (
                None if number[k] is None else scale * number[k] for k in ("value", "low", "high")
            )
            unit = "" if number["unit"] == "1" else number["unit"]
            said = [s for s in (words.yield_warning(name, value, high), number["remark"]) if s]
            name = number["name"] if self.timed else name
            shown.append(Shown(words.sentence(name), value, unit, low, high, "; ".join(said)))
        return shown

    def chain(self, name: str, *, as_solved: bool = False) -> tuple[tuple[str, str], ...]:
        """Return where a number of the case shown comes from, as (what, words)."""
        item, tree = self.item, self._tree()
        scale, load = 1.0 if as_solved else self._scale(tree), self.load_text(as_solved=as_solved)
        for number in self._numbers():
            if item is not None and words.sentence(number["name"].removeprefix(f"{self.case}: ")) == name:
                return chain_of(self._desk.session, item.id, number, scale, load)
        return ()

    def _scale(self, tree: dict[str, Any]) -> float:
        solved = float(tree.get("body_weight_n") or 0.0)
        return self.body_weight_kg * GRAVITY / solved if solved else 1.0

    def adopt(self) -> None:
        """Take the weight that the result at hand was solved with, the first time it is seen."""
        item, tree = self.item, self._tree()
        if item is None:
            return
        entry = self._desk.session.entry(item.id)
        digest = entry.digest if entry else ""
        if digest != self._weight_of and tree.get("body_weight_n"):
            self._weight_of, self._weight_said = digest, False
            self.body_weight_kg = self.solved_kg
        cases = tree.get("cases") or {}
        if cases and self.case not in cases:
            self.case = next(iter(cases))

    def _entry(self) -> Entry | None:
        item = self.item
        return self._desk.session.entry(item.id) if item else None

    def _tree(self) -> dict[str, Any]:
        entry = self._entry()
        return entry.tree if entry else {}

    def _numbers(self) -> list[dict[str, Any]]:
        entry = self._entry()
        return entry.numbers if entry else []

    # -- what is drawn ---------------------------------------------------------------------------

    def set_weight(self, kg: float) -> None:
        """Show another body weight: the field is scaled in place."""
        self.body_weight_kg, self._weight_said = kg, True
        self._rescale()
        self.rescaled.emit()

    def choose(self, *, case: str, field: str, deform_scale: float, hatched: bool = True) -> None:
        """Show another case, field or shape, with or without the zone hatched that no number counts."""
        self.case, self.field, self.deform_scale, self.hatched = case, field, deform_scale, hatched
        if self._scene is not None and self._shown is not None:
            self.draw(self._scene, *self._shown)
        self.changed.emit()

    def draw(self, scene: SceneView, item: Item, result: Any) -> None:
        """Show a result's field in a scene."""
        if result.times_s is not None and not result.loads:
            self._draw_timed(scene, item, result)
            return
        self._scene, self._shown = scene, (item, result)
        self.adopt()
        asked = (result, self.case, self.field)
        self._slow.start()
        self._desk.reader.compute(
            lambda: _prepare(*asked), lambda _done: self._draw_computed(item, result, asked)
        )

    def choose_timed(self, field: str) -> None:
        """Show a result in time by another field."""
        self._timed_field = field
        if self._timed is not None:
            self._draw_timed(*self._timed)
        self.changed.emit()

    def _draw_timed(self, scene: SceneView, item: Item, result: Any) -> None:
        self._timed = scene, item, result
        entry, stage = self._desk.session.entry(item.id), self._desk.stage
        names = timed_fields(entry.tree) if entry is not None else []
        if not names:
            scene.show_mesh(item.key, result.mesh, color_of(item))
            return
        field = (
            self._timed_field
            if self._timed_field in names
            else next((name for name in names if name != "displacement"), names[0])
        )
        self.played.draw(scene, item.key, result, field, stage.cine.share if stage is not None else 0.0)

    def forget(self, key: str) -> None:
        """The scene no longer shows that result."""
        self.played.forget(key)
        if self._timed is not None and self._timed[1].key == key:
            self._timed = None
        if self._shown is not None and self._shown[0].key == key:
            self._shown = None

    def _say(self, text: str) -> None:
        self._slow.stop()
        self.waiting = text
        self.waited.emit()

    def _draw_computed(self, item: Item, result: Any, asked: tuple[Any, str, str]) -> None:
        """Draw what was computed, unless something else was chosen meanwhile: that comes next."""
        from physics.recombine import FIELDS

        now = self._shown[1] if self._shown is not None else None
        if now is not None and asked != (now, self.case, self.field):
            return
        if self._scene is None or now is None:
            self._say("")
            return
        unit, where = FIELDS[self.field]
        values = self._values(result, self.body_weight_kg)
        limits = limits_of(self._values(result, result.body_weight_n / GRAVITY), self.field)
        self._scene.show_field(
            item.key, result.mesh, values, where=where, title=_TITLES[self.field],
            unit="" if unit == "1" else unit, limits=limits, marked=_YIELD_AT.get(self.field),
            displacement=self._moved(result) if self.deform_scale else None, deform_scale=self.deform_scale,
            hatched=result.exclude if self.hatched else None,
        )  # fmt: skip
        self._say("")

    def _rescale(self) -> None:
        if self._scene is None or self._shown is None or self._shown[0].key not in list(self._scene.keys()):
            return
        item, result = self._shown
        self._scene.update_field(
            item.key,
            self._values(result, self.body_weight_kg),
            displacement=self._moved(result) if self.deform_scale else None,
            deform_scale=self.deform_scale,
        )

    def _values(self, result: Any, kg: float) -> NDArray:
        from physics.recombine import combine

        return combine(result, self.case, kg * GRAVITY, self.field)

    def _moved(self, result: Any) -> NDArray:
        from physics.recombine import displacement

        return displacement(result, self.case, self.body_weight_kg * GRAVITY)


def _prepare(result: Any, case: str, field: str) -> None:
    """Combine the unit loads, which is kept for the slider (in the reading thread)."""
    from physics.recombine import combine, displacement

    combine(result, case, 1.0, field)
    displacement(result, case, 1.0)


def limits_of(values: NDArray, field: str) -> tuple[float, float]:
    """Return round ends for a color bar: a few elements at a corner do not set them.

    A field with a limit reaches to it at least: what is far from yielding must not look like it.
    """
    if field == "minimum principal strain":
        return -_round_up(float(-np.percentile(values, 0.5))), 0.0
    return 0.0, max(_round_up(float(np.percentile(values, 99.5))), _YIELD_AT.get(field, 0.0))


def _round_up(value: float) -> float:
    if not value > 0:
        return 1.0
    power = 10.0 ** np.floor(np.log10(value))
    return float(next(s for s in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if s * power >= value * (1 - 1e-9)) * power)
