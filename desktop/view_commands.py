"""The commands of the views: windows, planes, slabs, layouts, cine."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from desktop.command import Command, ask

if TYPE_CHECKING:
    from desktop.desk import Desk


def _needs_views(desk: Desk) -> str:
    return "" if desk.stage is not None and desk.session.record is not None else "Open images first."


def _needs_image(desk: Desk) -> str:
    if desk.stage is None or desk.session.volume is None:
        return "Open images first."
    return ""


def _needs_time(desk: Desk) -> str:
    if desk.stage is not None and desk.stage.cine.moments is None:
        return _needs_image(desk) or "This image shows one moment only."
    return _needs_image(desk)


def _needs_ct(desk: Desk) -> str:
    volume = desk.session.volume
    entry = desk.session.entry(volume.id) if volume is not None else None
    if entry is not None and entry.tree.get("modality") != "CT":
        return "This window is in Hounsfield units, and the image is no CT."
    return _needs_image(desk)


def _theme(desk: Desk) -> None:
    desk.set_theme("light" if desk.settings.theme == "dark" else "dark")


def _font(step: int) -> Callable[[Desk], None]:
    return lambda desk: desk.set_font(desk.settings.font_px + step)


def _stage(method: str, *args: object) -> Callable[[Desk], None]:
    return lambda desk: getattr(desk.stage, method)(*args)


def _cine(method: str, *args: object) -> Callable[[Desk], None]:
    def run(desk: Desk) -> None:
        if desk.stage is not None:
            getattr(desk.stage.cine, method)(*args)

    return run


def _links(method: str, *args: object) -> Callable[[Desk], None]:
    def run(desk: Desk) -> None:
        if desk.stage is not None:
            getattr(desk.stage.links, method)(*args)

    return run


def _needs_depth(desk: Desk) -> str:
    why = _needs_image(desk)
    if not why and desk.stage is not None and not desk.stage.links.focused.cross.turnable:
        return "This image is a single plane."
    return why


def _needs_turned(desk: Desk) -> str:
    if desk.stage is not None and not desk.stage.links.turned:
        return _needs_image(desk) or "All planes lie along the image already."
    return _needs_image(desk)


def _needs_slab(desk: Desk) -> str:
    if desk.stage is not None and not desk.stage.links.slab.thickness_mm:
        return _needs_depth(desk) or "Plain slices are shown already."
    return _needs_depth(desk)


def _planes() -> tuple[Command, ...]:
    """Turned planes and thick slabs."""
    turns = [
        Command(
            f"view.turn.{id}", f"Turn the planes {degrees}° {word}", icon,
            f"Turn the other planes about the crosshair, {word} in the view that has the focus",
            _links("turn", sign * degrees), _needs_depth, keys, "Slices", "views",
        )
        for id, degrees, sign, word, icon, keys in (
            ("back", 1, -1, "counterclockwise", "arrow-counter-clockwise", "Alt+Left"),
            ("on", 1, 1, "clockwise", "arrow-clockwise", "Alt+Right"),
            ("far_back", 15, -1, "counterclockwise", "arrow-counter-clockwise", "Alt+Shift+Left"),
            ("far_on", 15, 1, "clockwise", "arrow-clockwise", "Alt+Shift+Right"),
        )
    ]  # fmt: skip
    slabs = [
        Command(
            f"view.slab.{thick}mm", f"Slab of {thick} mm", "stack", f"Gather {thick} mm in each slice view",
            _links("thickness", float(thick)), _needs_depth, "", "Slices",
        )
        for thick in (5, 10, 20, 40)
    ]  # fmt: skip
    projections = [
        Command(
            f"view.slab.{name}", f"Slab: {word}", icon, f"Show the {word} of what lies in the slab{use}",
            _links("project", name), _needs_depth, key, "Slices", "views",
        )
        for name, word, icon, use, key in (
            ("max", "maximum", "sun", ": vessels, bone, nodules", "Shift+M"),
            ("min", "minimum", "moon", ": airways, bile ducts", "Shift+N"),
            ("mean", "mean", "equals", ": less noise, as thicker slices have", "Shift+A"),
        )
    ]  # fmt: skip
    return (
        *turns,
        Command("view.turn.reset", "Straighten the planes", "arrow-u-down-left",
            "Lay all planes along the image again", _links("straighten"), _needs_turned, "Shift+R", "Slices",
            "views"),
        Command("view.slab.thicker", "Thicker slab", "plus", "Gather more from before and behind the plane",
            _links("thicker", 1), _needs_depth, "]", "Slices", "views"),
        Command("view.slab.thinner", "Thinner slab", "minus", "Gather less, down to the plain slice",
            _links("thicker", -1), _needs_slab, "[", "Slices", "views"),
        Command("view.slab.off", "No slab", "square", "Show plain slices", _links("thickness", 0.0),
            _needs_slab, "", "Slices"),
        *slabs,
        *projections,
    )  # fmt: skip


def view_commands() -> tuple[Command, ...]:
    """All of them, in the order of the menus."""
    presets = [("bone", "1"), ("soft tissue", "2"), ("lung", "3"), ("brain", "4")]
    shown = [
        Command(
            f"view.window.{name.replace(' ', '_')}", f"Window: {name}", "sliders-horizontal",
            f"Gray values as for {name} (CT)", _stage("preset", name), _needs_ct, key, "View", "views",
        )
        for name, key in presets
    ]  # fmt: skip
    sides = [("A", "front"), ("P", "back"), ("L", "left"), ("R", "right"), ("S", "above"), ("I", "below")]
    looks = [
        Command(
            f"view.from.{letter}", f"3-D from {word} ({letter})", "cube", f"Look at the scene from {word}",
            _stage("view_from", letter), _needs_views, "", "View",
        )
        for letter, word in sides
    ]  # fmt: skip
    return (
        *shown,
        Command(
            "view.window.file", "Window: as in the file", "sliders-horizontal",
            "Gray values as the file asks for",
            _stage("preset", ""), _needs_image, "0", "View", "views",
        ),
        *looks,
        Command("view.fit", "Fit all views", "arrows-out", "Bring everything into view", _stage("fit"),
                _needs_views, "F", "View", "views"),
        Command("view.all", "Four views", "squares-four", "Show all four views alike, two by two",
                _stage("arrange", "four"), _needs_views, "", "View"),
        Command("view.scene", "3-D and slices", "layout", "Show the 3-D view large, the slices beside it",
                _stage("arrange", "scene"), _needs_views, "", "View"),
        Command("view.clip", "Clip plane", "scissors", "Cut the scene open, where the crosshair goes",
            _stage("toggle_clip"),
                _needs_views, "C", "View", "views"),
        Command("view.cine.play", "Play or pause the cine", "play", "Let the heart beat, or hold it still",
            _cine("toggle"), _needs_time, "K", "View", "views"),
        Command("view.cine.next", "Next phase", "skip-forward", "Show the next moment of the cycle",
            _cine("step", 1), _needs_time, ".", "View", "views"),
        Command("view.cine.previous", "Previous phase", "skip-back", "Show the moment before",
            _cine("step", -1), _needs_time, ",", "View", "views"),
        Command("view.theme", "Dark or light", "moon", "Change between the dark and the light theme", _theme,
                shortcut="Ctrl+Shift+T", group="View"),
        Command("view.larger", "Larger text", "text-aa", "Make everything larger", _font(1),
            shortcut="Ctrl++",
                group="View"),
        Command("view.smaller", "Smaller text", "text-aa", "Make everything smaller", _font(-1),
            shortcut="Ctrl+-",
                group="View"),
        Command("view.find", "Find a command", "magnifying-glass", "Find any command by its name",
            ask("palette"),
                shortcut="Ctrl+Shift+P", group="View"),
        *_planes(),
    )  # fmt: skip
