"""Images: what the scan is, how it is looked at, and on to the bones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from desktop import heart_way, theme, words
from desktop.actions import Actions
from desktop.commands import BY_ID
from desktop.describe import spacing_mm
from desktop.desk import Desk
from desktop.hanging_card import HangingCard
from desktop.key_panel import KeyCard
from desktop.measure_panel import MeasureCard
from desktop.second_box import SecondBox
from desktop.section import CommandButton, Facts, Panel, quiet, section_title
from desktop.session import identity_of
from desktop.silent import SilentCard
from desktop.view_commands import window_id
from resources.presets import PRESETS, windows_for

_ACROSS = 2
"""Window buttons in a row: three widen the panel for a CT, and move the views at each change of image."""

_MORE = ("view.window.automatic", "view.window.file")


class ImagesPanel(Panel):
    """Facts of the image that is shown, its window presets, and the way on."""

    def __init__(self, desk: Desk, actions: Actions) -> None:
        super().__init__("Images")
        self._desk = desk
        self.facts = Facts()
        self.notes = quiet()
        self.silent = SilentCard(desk, actions)
        self.hanging = HangingCard(desk, actions)
        self.presets = QWidget()
        self._grid = QGridLayout(self.presets)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(theme.px(1))
        self._windows: dict[str, CommandButton] = {}
        for id in (*map(window_id, PRESETS), *_MORE):
            text = BY_ID[id].title.partition(": ")[2]
            self._windows[id] = CommandButton(actions[id], text=text[:1].upper() + text[1:])
            self._windows[id].setParent(self.presets)
        self.over = SecondBox(desk)
        self.go = CommandButton(actions["go.anatomy"], primary=True, text="Go on to Anatomy")
        self.instead = quiet()
        self.hands = quiet(
            "Wheel scrolls. Drag sets the window. Right drag zooms, middle drag pans. "
            "Click sets the crosshair; moving with Shift carries it along; the rings at its ends turn the "
            "planes. Double-click fills the stage. F1 lists all keys."
        )
        self.hands.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.measure = MeasureCard(desk, actions)
        self.keys = KeyCard(desk, actions)
        self._of_an_image = (
            section_title("Window"), self.presets, section_title("Key images"), self.keys,
            section_title("Measure"), self.measure, section_title("By hand"), self.hands,
        )  # fmt: skip
        self.pin(self.go, self.instead)
        self.measure.asks_to_be_seen.connect(lambda: self.bring_into_view(self.measure))
        self.add(
            self.facts,
            self.notes,
            self.silent,
            self.hanging,
            *self._of_an_image[:2],
            self.over,
            *self._of_an_image[2:],
        )
        self.end()
        self.follow(desk)

    def refresh(self) -> None:
        """Show the facts of the image that is shown now."""
        session = self._desk.session
        item = session.volume
        entry = session.entry(item.id) if item else None
        self.silent.refresh()
        self.hanging.refresh()
        self.keys.refresh()
        self.measure.refresh()
        for widget in (*self._of_an_image, self.go):
            widget.setVisible(entry is not None)
        if entry is None:
            self.over.hide()
            self.instead.hide()
            busy = self._desk.queue.busy
            self.heading.setText("Images")
            self.facts.show_facts([("", "Being read …" if busy else "There is no image here yet.")])
            self.notes.hide()
            return
        instead = heart_way.why_nothing_to_do(self._desk)
        self.go.set_primary(not instead)
        self.instead.setText(instead)
        self.instead.setVisible(bool(instead))
        self.heading.setText(entry.name)
        self._lay_windows(entry.tree)
        self.over.refresh()
        study = identity_of(entry).study_description
        record = session.record
        spacing = spacing_mm(record, entry) if record is not None else []
        self.facts.show_facts([*_facts(entry.tree, spacing), *([("Study", study)] if study else [])])
        notes = entry.tree.get("notes") or []
        self.notes.setText("\n".join(notes))
        self.notes.setVisible(bool(notes))

    def _lay_windows(self, tree: dict[str, Any]) -> None:
        """Offer the windows that fit what the numbers mean."""
        fitting = windows_for(tree.get("modality", ""), tree.get("unit", ""))
        shown = [] if tree.get("color") else [*map(window_id, fitting), *_MORE]
        for id, button in self._windows.items():
            self._grid.removeWidget(button)
            button.setVisible(id in shown)
        for n, id in enumerate(shown):
            self._grid.addWidget(self._windows[id], n // _ACROSS, n % _ACROSS)


def _facts(tree: dict[str, Any], spacing: Sequence[float]) -> list[tuple[str, str]]:
    shape = tree["voxels"].get("shape", ()) if isinstance(tree.get("voxels"), dict) else ()
    size = " × ".join(str(n) for n in reversed(shape))
    facts = [("Modality", tree.get("modality", "")), ("Size", f"{size} voxels")]
    facts.append(("Spacing", " × ".join(words.number(s) for s in spacing) + " mm"))
    if tree.get("unit"):
        facts.append(("Values", tree["unit"]))
    if tree.get("kvp"):
        facts.append(("Tube voltage", f"{tree['kvp']:g} kV"))
    if tree.get("kernel"):
        facts.append(("Kernel", str(tree["kernel"])))
    if tree.get("contrast_agent"):
        facts.append(("Contrast agent", str(tree["contrast_agent"])))
    if tree.get("protocol"):
        facts.append(("Protocol", str(tree["protocol"])))
    if tree.get("inversion_ms"):
        facts.append(("Inversion time", f"{tree['inversion_ms']:g} ms"))
    return [(w, v) for w, v in facts if v.strip()]
