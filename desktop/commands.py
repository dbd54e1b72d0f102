"""Every command as data: menus, top bar, shortcuts, the palette and the tests read this one table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from desktop import exporting, heart_way, pulling, snapshots, way
from desktop.browser import bringing
from desktop.command import Command, ask
from desktop.hanging_commands import hanging_commands
from desktop.measure_commands import measure_commands
from desktop.session import WORKSPACES
from desktop.synonyms import synonyms_of
from desktop.view_commands import view_commands

if TYPE_CHECKING:
    from desktop.desk import Desk


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


def _needs_named(desk: Desk) -> str:
    item = desk.session.item(desk.session.selection)
    return "" if item is not None and item.part else _needs_entity(desk)


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
    if heart_way.asked_before(desk, "undo"):
        return ""
    return _needs_rest(desk) if record is not None and record.title("undo") else "There is nothing to undo."


def _needs_redo(desk: Desk) -> str:
    record = desk.session.record
    if heart_way.asked_before(desk, "redo"):
        return ""
    return _needs_rest(desk) if record is not None and record.title("redo") else "There is nothing to redo."


def _needs_job(desk: Desk) -> str:
    return "" if desk.queue.busy else "Nothing is running."


def _needs_no_reference(desk: Desk) -> str:
    return way.why_busy(desk, way.REFERENCE)


def _visible_title(desk: Desk) -> str:
    item = desk.session.item(desk.session.selection)
    if item is None:
        return "Show or hide"
    return f"{'Hide' if desk.session.is_visible(item.key) else 'Show'} {item.name}"


ASKED_OF = "what is asked of the heart"
"""What undo is of while the heart beats otherwise than its own."""


def _title_of(desk: Desk, what: Literal["undo", "redo"]) -> str:
    title = desk.session.record.title(what) if desk.session.record else ""
    return f"{what.capitalize()} {ASKED_OF if heart_way.asked_before(desk, what) else title}".strip()


def _undo_title(desk: Desk) -> str:
    return _title_of(desk, "undo")


def _redo_title(desk: Desk) -> str:
    return _title_of(desk, "redo")


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


def _go(workspace: str) -> Callable[[Desk], None]:
    return lambda desk: desk.session.go_to(workspace)


def _toggle_visible(desk: Desk) -> None:
    key = desk.session.selection
    desk.session.show(key, not desk.session.is_visible(key))


def _file() -> tuple[Command, ...]:
    return (
        Command(
            "file.open", "Open file…", "file", "Open a .twin, an image, a segmentation, a surface or a mesh",
            ask("open_file"), shortcut="Ctrl+O",
        ),
        Command(
            "file.folder", "Open DICOM folder…", "folder-open", "Import a folder of DICOM files",
            ask("open_folder"), shortcut="Ctrl+Shift+O",
        ),
        Command(
            "file.browse", "Studies and servers…", "folders",
            "Look through the studies in folders and on servers (PACS); fetch, import, send",
            ask("browse"), shortcut="Ctrl+B",
        ),
        Command(
            "file.reference", "Try the reference patient", "person",
            "Make a CT of a hip with the program's own code and open it: no download, no patient's data",
            ask("reference"), _needs_no_reference,
        ),
        Command(
            "file.copy", "Save a copy as…", "copy",
            "Write a copy of this record; every step is already stored in it",
            ask("save_copy"), _needs_record, "Ctrl+Shift+S",
        ),
        Command(
            "file.export", "Export…", "export",
            "Write the selected thing to a file: NIfTI, DICOM, STL and others",
            ask("export"), exporting.why_not, "Ctrl+E",
        ),
        Command(
            "file.export_deidentified", "Export de-identified…", "export",
            "Write the selected thing to a file, without what names the patient",
            ask("export_deidentified"), exporting.why_not,
        ),
        Command(
            "file.import_deidentified", "Import de-identified…", "folder-open",
            "Import a folder of DICOM files and keep nothing that names the patient",
            ask("import_deidentified"),
        ),
        Command(
            "file.deidentify", "De-identify into a new record…", "person",
            "Write a new record that holds the same, without what names the patient",
            ask("deidentify"), _needs_record,
        ),
        Command(
            "file.lock", "Lock with a passphrase…", "lock",
            "Encrypt this record with a passphrase, or make it open again",
            ask("lock"), _needs_resting_record, titled=_lock_title,
        ),
        Command(
            "file.send", "Send to a server…", "paper-plane-tilt",
            "Send the selected segmentation to a PACS, as DICOM", ask("send"), bringing.why_not_send,
        ),
        Command(
            "file.picture", "Save picture…", "camera",
            "Write the view that has the focus as PNG, with whose it is",
            ask("picture"), snapshots.why_not, "Ctrl+Shift+G",
        ),
        Command(
            "file.picture.unnamed", "Save picture without names…", "camera",
            "Write the view that has the focus as PNG; no name, number or date is written into it",
            ask("picture_unnamed"), snapshots.why_not,
        ),
        Command(
            "file.film", "Save film…", "film-strip",
            "Write the view that has the focus as an animated GIF: its phases, its slices, or a turn in 3-D",
            ask("film"), snapshots.why_not,
        ),
        Command(
            "file.film.unnamed", "Save film without names…", "film-strip",
            "As Save film; no name, number or date is written into it", ask("film_unnamed"),
            snapshots.why_not,
        ),
        Command("file.close", "Close the record", "x", "Close this record", ask("close"), _needs_record,
            "Ctrl+W"),
        Command("file.quit", "Quit", "sign-out", "Close the window", ask("quit"), shortcut="Ctrl+Q"),
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
            "edit.rename", "Rename", "pencil-simple", "Give the selected thing another name", ask("rename"),
            _needs_named, "F2", "Edit",
        ),
        Command(
            "edit.color", "Change color…", "palette", "Give the selected thing another color", ask("color"),
            _needs_named, "", "Edit",
        ),
        Command(
            "edit.delete", "Delete", "trash",
            "Take the selected thing out of the record; undo brings it back",
            _remove, _needs_entity, "Del", "Edit", "tree",
        ),
        Command(
            "edit.forget", "Forget for good…", "trash",
            "Remove the selected thing with its bytes and what the log says of it; undo cannot bring it back",
            ask("forget"), _needs_resting_entity, "", "Edit",
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
            "images.labels", "Take as labels", "stack",
            "Make structures of the image shown, whose whole numbers are labels; undo takes them back",
            way.take_as_labels, way.why_not_labels, "", "Edit",
        ),
        Command(
            "edit.again", "Make again", "arrows-clockwise",
            "Make what is stale again, from what its sources are now", _make_again, _needs_stale, "F5",
            "Edit",
        ),
        Command(
            "edit.stop", "Stop what is running", "x-circle",
            "Cancel the running job; the record stays as it was",
            lambda d: d.queue.stop(), _needs_job, "Ctrl+.", "Edit",
        ),
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
        Command("anatomy.heart", "Segment the heart", "heart",
            "Find both ventricles in every phase of the cine MR, by itself",
                heart_way.find, heart_way.why_not_find, "", "Anatomy"),
        Command("anatomy.ventricle_ct", "Segment the ventricle (CT)", "heart",
            "Find the left ventricle's blood along a distance from mitral valve to apex; grow its wall",
                heart_way.find_still, heart_way.why_not_still, "", "Anatomy"),
        Command("anatomy.scar", "Find scar", "bandaids",
            "Find scar in a late enhancement series: what of the ventricle's wall is bright there",
                heart_way.find_scar, heart_way.why_not_scar, "", "Anatomy"),
        Command("anatomy.pull", "Pull contours", "hand-grabbing",
            "Pull the heart's contours over the slices; surface, neighboring phases and volumes follow",
                pulling.pull, pulling.why_not_pull, "H", "Anatomy", "views"),
        Command("anatomy.ventricle", "Mesh the ventricle", "polygon",
            "Fill the left ventricle's wall with tetrahedra, fibers and segments",
                heart_way.mesh, heart_way.why_not_mesh, "", "Anatomy"),
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
        Command("simulate.heart", "Fit the heart", "heartbeat",
                "Make the ventricle beat in its circulation, fitted to the measured volumes",
                heart_way.fit, heart_way.why_not_fit, "", "Simulate"),
        Command("simulate.beat", "Solve in full", "heartbeat",
                "Solve the beat of the whole wall with the sliders as they are, and keep it as a result",
                heart_way.beat, heart_way.why_not_beat, "", "Simulate"),
        Command("simulate.segments", "Bull's eye: wall thickness", "target",
                "Show the 17 segments by their thickness at end-diastole, as imaged",
                heart_way.segments, heart_way.why_not_segments, "", "Simulate"),
        Command("report.write", "Write report (PDF)…", "file-pdf",
            "Write what was found, with its limits, as a PDF",
                ask("report"), way.why_not_report, "", "Report"),
    )  # fmt: skip


def _help() -> tuple[Command, ...]:
    return (
        Command("help.keys", "Keyboard and mouse", "keyboard", "Every key and every movement of the mouse",
            ask("help"), shortcut="F1", group="Help"),
    )  # fmt: skip


COMMANDS: tuple[Command, ...] = tuple(
    replace(command, also=synonyms_of(command.id))
    for commands in (_file, _edit, view_commands, hanging_commands, measure_commands, _walk, _help)
    for command in commands()
)
"""All commands, in the order of the menus."""

BY_ID = {command.id: command for command in COMMANDS}
