"""Pictures of the views: what they are not, and whether names are in them, is burnt in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from desktop import theme
from desktop.overlay import caption_of
from desktop.session import identity_of

if TYPE_CHECKING:
    from PySide6.QtGui import QImage

    from desktop.desk import Desk
    from viewers.plot import Plot
    from viewers.slice_view import SliceView

NAMED = ("NOT FOR DIAGNOSIS · NOT DE-IDENTIFIED",)
UNNAMED = ("NOT FOR DIAGNOSIS · NAMES LEFT OUT", "What the image itself shows was not checked.")
"""Burnt-in text or a face stays: nobody has looked."""


def picture_of(desk: Desk, *, names: bool) -> QImage:
    """Return the view that has the focus as a picture to take away.

    Without ``names``, no name, number, date or description of patient and study is written into it.
    """
    assert desk.stage is not None
    if of_scene(desk):
        return scene_figure(desk, names, 2.0)
    return slice_figure(desk, desk.stage.links.focused, names, 2.0)


def of_scene(desk: Desk) -> bool:
    """Tell whether a picture or a film is one of the 3-D view: it has the focus, or in Simulate no slice."""
    stage = desk.stage
    if stage is None or stage.scene is None or not stage.scene.keys():
        return False
    meant = desk.session.workspace == "simulate" and not stage.links.focused.hasFocus()
    return stage.focused == "3-D" or desk.session.volume is None or meant


def why_not(desk: Desk) -> str:
    """Return why there is no view to take away; empty where there is."""
    if desk.stage is None or (desk.session.volume is None and not of_scene(desk)):
        return "Open images first."
    return ""


def scene_figure(desk: Desk, names: bool, scale: float, beside: Plot | None = None) -> QImage:
    """Return the 3-D view as a picture to take away, a plot beside it where one is given."""
    from viewers.figure import figure_of

    stage = desk.stage
    assert stage is not None
    assert stage.scene is not None
    assert stage.scenery is not None
    try:
        if not names:
            stage.scene.set_caption(())
        return figure_of(
            stage.scene, notice=NAMED if names else UNNAMED, scale=scale, look=theme.viewer_look(),
            beside=beside,
        )  # fmt: skip
    finally:
        stage.scenery.sync()


def slice_figure(desk: Desk, view: SliceView, names: bool, scale: float) -> QImage:
    """Return a slice view as a picture to take away; see ``picture_of``."""
    from viewers.figure import figure_of

    item = desk.session.volume
    entry = desk.session.entry(item.id) if item is not None else None
    decor = view.decor
    kept = decor.caption, decor.aside, decor.over
    try:
        if not names:
            decor.caption, decor.aside = (), ()
            decor.over = tuple("+ a second image" if n == 0 else line for n, line in enumerate(decor.over))
        return figure_of(
            view, caption_of(entry) if entry is not None and names else (),
            reference_patient=entry is not None and identity_of(entry).reference_patient,
            notice=NAMED if names else UNNAMED, scale=scale, look=theme.viewer_look(),
        )  # fmt: skip
    finally:
        decor.caption, decor.aside, decor.over = kept


def save_picture(desk: Desk, path: Path, *, names: bool) -> None:
    """Write the focused view as PNG, and note in the log that it left."""
    from viewers.figure import save_figure

    save_figure(picture_of(desk, names=names), path)
    note_left(desk, path, names)
    desk.said.emit(f"The picture is at {path}.", " · ".join(NAMED if names else UNNAMED))


def note_left(desk: Desk, path: Path, names: bool) -> None:
    """Note in the log that a picture or a film left."""
    record, item = desk.session.record, desk.session.volume
    if record is not None and record.writable:
        record.note(
            "exported",
            {"entity": item.key if item is not None else "", "path": str(path), "stale": "", "names": names},
        )
