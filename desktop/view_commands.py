"""The commands of the views: windows, planes, slabs, layouts, cine."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from desktop import fibers, seconds, volume
from desktop.command import Command, ask
from resources.presets import (
    CT_WINDOWS,
    IMAGE_MAPS,
    PET_WINDOWS,
    SHARES,
    Preset,
    WindowPreset,
    windows_for,
)
from resources.renderings import RENDERINGS

if TYPE_CHECKING:
    from desktop.desk import Desk


def _needs_views(desk: Desk) -> str:
    return "" if desk.stage is not None and desk.session.record is not None else "Open images first."


def needs_image(desk: Desk) -> str:
    """Return why there is nothing to be looked at; empty where there is."""
    if desk.stage is None or desk.session.volume is None:
        return "Open images first."
    return ""


def _needs_time(desk: Desk) -> str:
    if desk.stage is not None and desk.beating.here:
        return ""
    if desk.stage is not None and desk.stage.cine.moments is None:
        return needs_image(desk) or "This image shows one moment only."
    return needs_image(desk)


def _needs_heart(desk: Desk) -> str:
    return (
        "" if desk.stage is not None and desk.beating.here else "Open a record with a heart (Simulate) first."
    )


def _fits(preset: Preset) -> Callable[[Desk], str]:
    """Return why a window does not fit what the numbers of the shown image mean."""

    def why_not(desk: Desk) -> str:
        volume = desk.session.volume
        entry = desk.session.entry(volume.id) if volume is not None else None
        if entry is None or preset in windows_for(entry.tree.get("modality", ""), entry.tree.get("unit", "")):
            return needs_image(desk)
        if isinstance(preset, WindowPreset):
            scale = "Hounsfield units" if preset.unit == "HU" else "standardized uptake values"
            return f"This window is in {scale}, and the image is not."
        return "The numbers of this image have a fixed meaning: its own windows fit better."

    return why_not


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


def _play(desk: Desk) -> None:
    """Play the cine; in a heart's own task that heart."""
    if desk.beating.here:
        desk.beating.toggle()
    elif desk.stage is not None:
        desk.stage.cine.toggle()


def _links(method: str, *args: object) -> Callable[[Desk], None]:
    def run(desk: Desk) -> None:
        if desk.stage is not None:
            getattr(desk.stage.links, method)(*args)

    return run


def _needs_gray(desk: Desk) -> str:
    volume = desk.session.volume
    entry = desk.session.entry(volume.id) if volume is not None else None
    if entry is not None and entry.tree.get("color"):
        return "This image is in color."
    return needs_image(desk)


def _needs_linked(desk: Desk) -> str:
    if desk.stage is not None and not desk.stage.links.linked:
        return "The views are free: link them first (L)."
    return _needs_depth(desk)


def _needs_depth(desk: Desk) -> str:
    why = needs_image(desk)
    if not why and desk.stage is not None and not desk.stage.links.focused.cross.turnable:
        return "This image is a single plane."
    return why


def _needs_turned(desk: Desk) -> str:
    if desk.stage is not None and not desk.stage.links.turned:
        return needs_image(desk) or "All planes lie along the image already."
    return needs_image(desk)


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
            _links("turn", sign * degrees), _needs_linked, keys, "Slices", "views",
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


def window_id(preset: Preset) -> str:
    """Return the id of the command that sets a window."""
    return f"view.window.{preset.name.lower().replace(' ', '_')}"


def _windows() -> tuple[Command, ...]:
    """What becomes of the numbers: windows, inversion, colors, interpolation."""
    groups: tuple[tuple[Preset, ...], ...] = (CT_WINDOWS, PET_WINDOWS, SHARES)
    shown = [
        Command(
            window_id(preset), f"Window: {preset.name}", "sliders-horizontal",
            f"Gray values as for {preset.name.lower() if preset in CT_WINDOWS else preset.name}",
            _stage("preset", preset), _fits(preset), str(number), "View", "views",
        )
        for presets in groups for number, preset in enumerate(presets, 1)
    ]  # fmt: skip
    colors = [
        Command(
            f"view.color.{name}", f"Colors: {name}", "palette",
            f"Show the image in {'grays' if name == 'gray' else f'the colors of {name}'}",
            _links("color", name), _needs_gray, "", "Slices",
        )
        for name in IMAGE_MAPS
    ]  # fmt: skip
    return (
        *shown,
        Command(
            "view.window.file", "Window: as in the file", "sliders-horizontal",
            "Gray values as the file asks for", _stage("preset", None), needs_image, "0", "View", "views",
        ),
        Command(
            "view.window.automatic", "Window: automatic", "magic-wand",
            "Gray values from the 1st to the 99.5th percentile of the image",
            _stage("preset", SHARES[0]), _needs_gray, "Shift+W", "View", "views",
        ),
        Command("view.invert", "Invert", "circle-half", "Show what was bright dark", _links("invert"),
            _needs_gray, "I", "Slices", "views"),
        Command("view.interpolate", "Interpolation on or off", "grid-four",
            "Show each voxel as it is, or interpolate between them", _links("interpolate"), needs_image, "N",
            "Slices", "views"),
        *colors,
    )  # fmt: skip


def _layouts() -> tuple[Command, ...]:
    """Which views are seen, and what they share."""
    return (
        Command("view.all", "Layout: four views", "squares-four", "Show all four views alike, two by two",
            _stage("arrange", "four"), _needs_views, "", "View"),
        Command("view.scene", "Layout: 3-D and slices", "layout", "The 3-D view large, the slices beside it",
            _stage("arrange", "scene"), _needs_views, "", "View"),
        Command("view.heart", "Layout: beating heart", "heartbeat",
            "The heart large in 3-D, its loop, pressures and volume beside it",
            _stage("arrange", "heart"), _needs_heart, "", "View"),
        Command("view.slice", "Layout: one slice large", "layout",
            "Show the view that has the focus large, the others beside it",
            lambda d: d.stage.arrange(d.stage.links.focused.plane) if d.stage else None, _needs_views, "",
            "View"),
        Command("view.only", "Layout: this view alone", "square",
            "Let the view that has the focus fill the stage; again, and all are back (or double-click)",
            lambda d: d.stage.maximize(d.stage.focused) if d.stage else None, _needs_views, "M", "View",
            "views"),
        Command("view.only.scene", "Layout: 3-D alone", "cube",
            "Let the 3-D view fill the stage; again, and all are back",
            _stage("maximize", "3-D"), _needs_views, "", "View"),
        Command("view.labels", "Show or hide the labels", "drop-half",
            "Lay the structures over the slices, or not",
            lambda d: d.stage.overlay.toggle() if d.stage else None, needs_image, "G", "Slices", "views"),
        Command("view.link", "Link or free the views", "link",
            "Linked views share crosshair, window and slab; each free one has its own", _link, needs_image,
            "L", "Slices", "views", titled=_link_title),
    )  # fmt: skip


def _link(desk: Desk) -> None:
    if desk.stage is not None:
        desk.stage.links.linked = not desk.stage.links.linked


def _link_title(desk: Desk) -> str:
    return "Free the views" if desk.stage is None or desk.stage.links.linked else "Link the views"


def _needs_second(desk: Desk) -> str:
    return needs_image(desk) or seconds.why_none(desk)


def _needs_fusion(desk: Desk) -> str:
    if desk.stage is not None and desk.stage.fusing.key:
        return ""
    return needs_image(desk) or "No second image is laid over this one."


def _fuse(desk: Desk) -> None:
    second = seconds.chosen(desk)
    if desk.stage is not None and second is not None:
        desk.stage.fusing.choose(second.key)


def _fusing(method: str, *args: object) -> Callable[[Desk], None]:
    def run(desk: Desk) -> None:
        if desk.stage is not None:
            getattr(desk.stage.fusing, method)(*args)

    return run


def _compare(desk: Desk) -> None:
    second = seconds.chosen(desk)
    if desk.stage is not None and second is not None:
        desk.stage.comparing.choose(second.key, desk.stage.links.focused.plane)


def _comparing(method: str, *args: object) -> Callable[[Desk], None]:
    def run(desk: Desk) -> None:
        if desk.stage is not None:
            getattr(desk.stage.comparing, method)(*args)

    return run


def _needs_comparison(desk: Desk) -> str:
    if desk.stage is not None and desk.stage.comparing.key:
        return ""
    return needs_image(desk) or "No second image is shown beside this one."


def _compare_title(desk: Desk) -> str:
    second = seconds.chosen(desk)
    return f"Compare with “{second.name}”" if second else "Compare with a second image"


def _fuse_title(desk: Desk) -> str:
    second = seconds.chosen(desk)
    return f"Lay “{second.name}” over the image" if second else "Lay a second image over"


def _fusion() -> tuple[Command, ...]:
    """A second image over the first."""
    return (
        Command("view.fuse", "Lay a second image over", "intersect",
            "Lay the other image over the shown one: PET over CT", _fuse, _needs_second,
            "", "Slices", titled=_fuse_title),
        Command("view.fuse.more", "Fusion: more", "plus", "Show more of the image that lies over",
            _fusing("stronger", 1), _needs_fusion, "Shift+Up", "Slices", "views"),
        Command("view.fuse.less", "Fusion: less", "minus", "Show less of the image that lies over",
            _fusing("stronger", -1), _needs_fusion, "Shift+Down", "Slices", "views"),
        Command("view.fuse.toggle", "Fusion: show or hide", "eye",
            "Show the image below alone for a moment, and both again", _fusing("toggle"), _needs_fusion, "T",
            "Slices", "views"),
        Command("view.fuse.end", "End the fusion", "x", "Take the second image off", _fusing("choose", ""),
            _needs_fusion, "", "Slices"),
        Command("view.compare", "Compare with a second image", "columns",
            "Show the other image beside the shown one, moving along with it", _compare,
            _needs_second, "", "Slices", titled=_compare_title),
        Command("view.compare.plane", "Compare in the next plane", "swap",
            "Go on from axial to coronal to sagittal", _comparing("next_plane"), _needs_comparison,
            "P", "Slices", "views"),
        Command("view.compare.end", "End the comparison", "x", "Put the second image away",
            _comparing("choose", ""), _needs_comparison, "", "Slices"),
    )  # fmt: skip


def _rendered() -> tuple[Command, ...]:
    """The image looked through in 3-D."""
    presets = [
        Command(
            f"view.volume.{one.id}", f"Volume rendering: {one.name}", "cloud-fog", one.help,
            _stage("render_volume", one.id), partial(volume.why_not_now, modality=one.modality), "", "View",
        )
        for one in RENDERINGS
    ]  # fmt: skip
    return (
        Command("view.volume", "Volume rendering", "cloud-fog", "Look through the image in 3-D, or not",
            _stage("toggle_volume"), volume.why_not_now, "Shift+V", "View", "views"),
        *presets,
    )  # fmt: skip


def view_commands() -> tuple[Command, ...]:
    """All of them, in the order of the menus."""
    sides = [("A", "front"), ("P", "back"), ("L", "left"), ("R", "right"), ("S", "above"), ("I", "below")]
    looks = [
        Command(
            f"view.from.{letter}", f"3-D from {word} ({letter})", "cube", f"Look at the scene from {word}",
            _stage("view_from", letter), _needs_views, "", "View",
        )
        for letter, word in sides
    ]  # fmt: skip
    return (
        *_windows(),
        *looks,
        Command("view.fit", "Fit all views", "arrows-out", "Bring everything into view", _stage("fit"),
                _needs_views, "=", "View", "views"),
        *_layouts(),
        Command("view.clip", "Clip plane", "scissors", "Cut the scene open, where the crosshair goes",
            _stage("toggle_clip"),
                _needs_views, "C", "View", "views"),
        Command("view.slices", "Slices in 3-D", "stack", "Show the image's slices among the shapes, or not",
                _stage("toggle_slices"), _needs_views, "S", "View", "views"),
        Command("view.fibers", "Fibers in 3-D", "waves",
            "Show fibers in place of a wall: red inside, blue outside",
                _stage("toggle_fibers"), fibers.why_not, "Shift+F", "View", "views"),
        *_rendered(),
        Command("view.cine.play", "Play or pause the cine", "play", "Let the heart beat, or hold it still",
            _play, _needs_time, "K", "View", "views"),
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
        *_fusion(),
    )  # fmt: skip
