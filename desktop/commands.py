"""Every command as data: menus, top bar, shortcuts, the palette and the tests read this one table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from desktop import exporting, way
from desktop.browser import bringing
from desktop.session import WORKSPACES

if TYPE_CHECKING:
    from desktop.desk import Desk


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
        ``"views"``: the shortcut works where the focus is in the views; else in the window.
    titled : callable (desk) -> str, or None
        A title that depends on the state ("Undo segment bone").
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

    def why_not(self, desk: Desk) -> str:
        """Return why it cannot be done now; empty where it can."""
        writes = self.id in _WRITING or self.group in ("Anatomy", "Simulate")
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


def _ask(what: str) -> Callable[[Desk], None]:
    return lambda desk: desk.asked.emit(what)


def _needs_record(desk: Desk) -> str:
    return "" if desk.session.record is not None else "No record is open."


def _needs_resting_record(desk: Desk) -> str:
    return _needs_record(desk) or _needs_rest(desk)


def _lock_title(desk: Desk) -> str:
    from twin.record import door

    record = desk.session.record
    locked = record is not None and record.path.exists() and door.locked(record.path)
    return "Unlock…" if locked else "Lock with a passphrase…"


def _needs_open(desk: Desk) -> str:
    return "" if desk.session.record is not None else "Open images or a record first."


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


def _needs_selection(desk: Desk) -> str:
    if desk.session.item(desk.session.selection) is None:
        return "Choose something in the tree first."
    return ""


def _needs_entity(desk: Desk) -> str:
    item = desk.session.item(desk.session.selection)
    if item is None:
        return "Choose something in the tree first."
    if item.part:
        return "A structure belongs to its segmentation: choose that one."
    return ""


def _needs_resting_entity(desk: Desk) -> str:
    return _needs_entity(desk) or _needs_rest(desk)


def _needs_stale(desk: Desk) -> str:
    item = desk.session.item(desk.session.selection)
    if item is not None and item.stale:
        return ""
    if any(i.stale for i in desk.session.items):
        return ""
    return "Nothing here is stale."


def _needs_rest(desk: Desk) -> str:
    # What a job made of a state that is left by then would bury what could still be done again.
    return "Something is running: wait for it, or stop it (Ctrl+.)." if desk.queue.busy else ""


def _needs_undo(desk: Desk) -> str:
    record = desk.session.record
    return _needs_rest(desk) if record is not None and record.undo_title() else "There is nothing to undo."


def _needs_redo(desk: Desk) -> str:
    record = desk.session.record
    return _needs_rest(desk) if record is not None and record.redo_title() else "There is nothing to redo."


def _needs_job(desk: Desk) -> str:
    return "" if desk.queue.busy else "Nothing is running."


def _needs_no_reference(desk: Desk) -> str:
    return way.why_busy(desk, way.REFERENCE)


def _visible_title(desk: Desk) -> str:
    item = desk.session.item(desk.session.selection)
    if item is None:
        return "Show or hide"
    return f"{'Hide' if desk.session.is_visible(item.key) else 'Show'} {item.name}"


def _undo_title(desk: Desk) -> str:
    title = desk.session.record.undo_title() if desk.session.record else ""
    return f"Undo {title}".strip()


def _redo_title(desk: Desk) -> str:
    title = desk.session.record.redo_title() if desk.session.record else ""
    return f"Redo {title}".strip()


def _make_again(desk: Desk) -> None:
    item = desk.session.item(desk.session.selection)
    if item is None or not item.stale:
        item = next(i for i in desk.session.items if i.stale)
    desk.make_again(item.id)


def _remove(desk: Desk) -> None:
    item = desk.session.item(desk.session.selection)
    if item is not None:
        desk.edit_entity("record.delete", item.id)


def _side(side: str) -> Callable[[Desk], None]:
    def run(desk: Desk) -> None:
        items = way.unconfirmed(desk.session)
        chosen = [i for i in items if i.key == desk.session.selection]
        way.confirm_side(desk, (chosen or items)[0], side)

    return run


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


def _go(workspace: str) -> Callable[[Desk], None]:
    return lambda desk: desk.session.go_to(workspace)


def _toggle_visible(desk: Desk) -> None:
    key = desk.session.selection
    desk.session.show(key, not desk.session.is_visible(key))


def _file() -> tuple[Command, ...]:
    return (
        Command(
            "file.open", "Open file…", "file", "Open a .twin, an image, a segmentation, a surface or a mesh",
            _ask("open_file"), shortcut="Ctrl+O",
        ),
        Command(
            "file.folder", "Open DICOM folder…", "folder-open", "Import a folder of DICOM files",
            _ask("open_folder"), shortcut="Ctrl+Shift+O",
        ),
        Command(
            "file.browse", "Studies and servers…", "folders",
            "Look through the studies in folders and on servers (PACS); fetch, import, send",
            _ask("browse"), shortcut="Ctrl+B",
        ),
        Command(
            "file.reference", "Try the reference patient", "person",
            "Make a CT of a hip with the program's own code and open it: no download, no patient's data",
            _ask("reference"), _needs_no_reference,
        ),
        Command(
            "file.copy", "Save a copy as…", "copy",
            "Write a copy of this record; every step is already stored in it",
            _ask("save_copy"), _needs_record, "Ctrl+Shift+S",
        ),
        Command(
            "file.export", "Export…", "export",
            "Write the selected thing to a file: NIfTI, DICOM, STL and others",
            _ask("export"), exporting.why_not, "Ctrl+E",
        ),
        Command(
            "file.export_deidentified", "Export de-identified…", "export",
            "Write the selected thing to a file, without what names the patient",
            _ask("export_deidentified"), exporting.why_not,
        ),
        Command(
            "file.import_deidentified", "Import de-identified…", "folder-open",
            "Import a folder of DICOM files and keep nothing that names the patient",
            _ask("import_deidentified"),
        ),
        Command(
            "file.deidentify", "De-identify into a new record…", "person",
            "Write a new record that holds the same, without what names the patient",
            _ask("deidentify"), _needs_record,
        ),
        Command(
            "file.lock", "Lock with a passphrase…", "lock",
            "Encrypt this record with a passphrase, or make it open again",
            _ask("lock"), _needs_resting_record, titled=_lock_title,
        ),
        Command(
            "file.send", "Send to a server…", "paper-plane-tilt",
            "Send the selected segmentation to a PACS, as DICOM", _ask("send"), bringing.why_not_send,
        ),
        Command("file.close", "Close the record", "x", "Close this record", _ask("close"), _needs_record,
            "Ctrl+W"),
        Command("file.quit", "Quit", "sign-out", "Close the window", _ask("quit"), shortcut="Ctrl+Q"),
    )  # fmt: skip


def _edit() -> tuple[Command, ...]:
    return (
        Command(
            "edit.undo", "Undo", "arrow-u-up-left", "Take back the last step", lambda d: d.undo(),
            _needs_undo,
            "Ctrl+Z", "Edit", titled=_undo_title,
        ),
        Command(
            "edit.redo", "Redo", "arrow-u-up-right", "Do again the step that was taken back",
            lambda d: d.redo(),
            _needs_redo, "Ctrl+Shift+Z", "Edit", titled=_redo_title,
        ),
        Command(
            "edit.rename", "Rename", "pencil-simple", "Give the selected thing another name", _ask("rename"),
            _needs_entity, "F2", "Edit",
        ),
        Command(
            "edit.color", "Change color…", "palette", "Give the selected thing another color", _ask("color"),
            _needs_entity, "", "Edit",
        ),
        Command(
            "edit.delete", "Delete", "trash",
            "Take the selected thing out of the record; undo brings it back",
            _remove, _needs_entity, "Del", "Edit", "tree",
        ),
        Command(
            "edit.forget", "Forget for good…", "trash",
            "Remove the selected thing with its bytes and what the log says of it; undo cannot bring it back",
            _ask("forget"), _needs_resting_entity, "", "Edit",
        ),
        Command(
            "edit.visible", "Show or hide", "eye", "Show or hide the selected thing", _toggle_visible,
            _needs_selection, "Space", "Edit", "tree", titled=_visible_title,
        ),
        Command(
            "images.ct", "Treat as CT", "person-simple",
            "Say that the image shown is a CT and its values are Hounsfield units; undo takes it back",
            way.treat_as_ct, way.why_not_ct, "", "Edit",
        ),
        Command(
            "edit.again", "Make again", "arrows-clockwise",
            "Make what is stale again, from what its sources are now", _make_again, _needs_stale, "F5",
            "Edit",
        ),
        Command(
            "edit.stop", "Stop what is running", "x-circle",
            "Cancel the running job; the record stays as it was",
            lambda d: d.queue.cancel(), _needs_job, "Ctrl+.", "Edit",
        ),
    )  # fmt: skip


def _view() -> tuple[Command, ...]:
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
        Command("view.slices", "Slices in 3-D", "stack", "Show the image's slices among the shapes, or not",
                _stage("toggle_slices"), _needs_views, "S", "View", "views"),
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
            _ask("palette"),
                shortcut="Ctrl+Shift+P", group="View"),
    )  # fmt: skip


def _walk() -> tuple[Command, ...]:
    helps = {
        "images": "Look at the scan",
        "anatomy": "Segment bone, make surfaces and meshes",
        "simulate": "Place loads, solve, look at stresses",
        "report": "What was found, with its limits, as a PDF",
    }
    icons = {"images": "image", "anatomy": "person-simple", "simulate": "activity", "report": "file-text"}
    goes = [
        Command(
            f"go.{name}", name.capitalize(), icons[name], helps[name],
            _go(name), _needs_open, f"Ctrl+{n}", "Go",
        )
        for n, name in enumerate(WORKSPACES, 1)
    ]  # fmt: skip
    return (
        *goes,
        Command("anatomy.segment", "Segment bone", "person-simple", "Find every bone in the CT, by itself",
            way.segment,
                way.why_not_segment, "", "Anatomy"),
        Command("anatomy.surfaces", "Show all in 3-D", "cube",
            "Make the surface of every structure that has none yet, so that all are seen at once",
                way.surfaces, way.why_not_surfaces, "", "Anatomy"),
        Command("anatomy.mesh", "Make mesh", "polygon",
            "Make a smooth surface and tetrahedra of the structure at hand",
                way.mesh, way.why_not_mesh, "", "Anatomy"),
        Command("anatomy.left", "It is the left side", "arrow-left",
            "Settle the side of the structure at hand: left",
                _side("left"), way.why_not_side, "", "Anatomy"),
        Command("anatomy.right", "It is the right side", "arrow-right",
                "Settle the side of the structure at hand: right", _side("right"), way.why_not_side, "",
                "Anatomy"),
        Command("simulate.load", "Place load and supports", "arrow-fat-lines-down",
                "Find the landmarks of the femur and draw loads and supports on it", way.load,
                way.why_not_load, "",
                "Simulate"),
        Command("simulate.solve", "Solve", "play", "Compute displacement, strain and stress", way.solve,
                way.why_not_solve, "Ctrl+Return", "Simulate"),
        Command("report.write", "Write report (PDF)…", "file-pdf",
            "Write what was found, with its limits, as a PDF",
                _ask("report"), way.why_not_report, "", "Report"),
    )  # fmt: skip


_WRITING = {
    "file.lock", "edit.forget", "edit.undo", "edit.redo", "edit.rename",
    "edit.color", "edit.delete", "edit.again", "images.ct",
}  # fmt: skip

COMMANDS: tuple[Command, ...] = (*_file(), *_edit(), *_view(), *_walk())
"""All commands, in the order of the menus."""

BY_ID = {command.id: command for command in COMMANDS}
