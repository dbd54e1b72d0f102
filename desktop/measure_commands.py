"""The commands that measure: one a tool, and what is done with all measurements."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from desktop.command import Command

if TYPE_CHECKING:
    from desktop.desk import Desk

_TOOLS = (
    ("distance", "Distance", "ruler", "Measure the distance of two points", "D"),
    ("angle", "Angle", "caret-left", "Measure the angle at a vertex", "Y"),
    ("cobb", "Cobb angle", "arrows-in-line-vertical", "Measure the angle between two end plates", "J"),
    ("ellipse", "Ellipse", "circle", "Measure an ellipse: area, mean and spread of the values inside", "E"),
    (
        "polygon",
        "Outline",
        "polygon",
        "Measure an outline drawn freely or corner by corner: area, values",
        "O",
    ),
    (
        "ball",
        "Ball, ellipsoid",
        "globe-simple",
        "Measure the volume of a ball or ellipsoid, values inside",
        "U",
    ),
    ("point", "Point", "crosshair-simple", "Mark a point, with the value there", "Q"),
    ("arrow", "Arrow", "arrow-up-left", "Draw an arrow with words", "W"),
    ("text", "Text", "text-t", "Write words on the image", "X"),
)
"""Tool, title, icon, help, key."""

TOOL_IDS = tuple(f"measure.{tool}" for tool, *_ in _TOOLS)


def _needs_image(desk: Desk) -> str:
    if desk.stage is None or desk.session.volume is None:
        return "Open images first."
    return ""


def _take(tool: str) -> Callable[[Desk], None]:
    def run(desk: Desk) -> None:
        if desk.stage is not None:
            desk.stage.pulling.take(False)  # one tool in the hand
            desk.stage.measuring.take(tool)

    return run


def _needs_structure(desk: Desk) -> str:
    item = desk.session.item(desk.session.selection)
    if item is None or not item.part or item.kind != "labelmap":
        return "Choose a structure in the tree first."
    return ""


def _measure_structure(desk: Desk) -> None:
    desk.edit("measure.structure", {"labelmap": desk.session.selection}, {})


def _needs_measurements(desk: Desk) -> str:
    every = desk.session.of_kind("measurement")
    if not every:
        return "There are no measurements yet."
    stale = [i.name for i in every if i.stale]
    return f"{stale[0]} is stale: make it again first." if stale else ""


def _mark_key(desk: Desk) -> None:
    if desk.stage is not None:
        desk.stage.marking.mark()


def _needs_keys(desk: Desk) -> str:
    every = desk.session.of_kind("key image")
    if not every:
        return "There are no key images yet."
    stale = [i.name for i in every if i.stale]
    return f"{stale[0]} is stale: make it again first." if stale else ""


def _export_all(desk: Desk) -> None:
    desk.asked.emit("export_measurements")


def measure_commands() -> tuple[Command, ...]:
    """All of them, in the order of the menus."""
    tools = [
        Command(f"measure.{tool}", title, icon, help, _take(tool), _needs_image, key, "Measure", "views")
        for tool, title, icon, help, key in _TOOLS
    ]
    return (
        *tools,
        Command("measure.key", "Mark key image", "star",
            "Keep the picture of the view that has the focus, as it is shown, so that it is found again",
            _mark_key, _needs_image, "Shift+K", "Measure", "views"),
        Command("measure.key.export", "Export key images…", "export",
            "Write which images were marked, with their notes, as a DICOM Key Object Selection",
            lambda d: d.asked.emit("export_keys"), _needs_keys, "", "Measure"),
        Command("measure.structure", "Measure structure", "cube",
            "Keep the volume of the selected structure among the measurements", _measure_structure,
            _needs_structure, "", "Measure"),
        Command("measure.export", "Export measurements…", "export",
            "Write all measurements to a file: a table (CSV) or a DICOM report (SR)", _export_all,
            _needs_measurements, "", "Measure"),
    )  # fmt: skip
