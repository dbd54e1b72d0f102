"""Films of what beats in a record: drawn without a screen, in a process of their own, as ``pictures`` are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.errors import UserError
from twin.exports import FILM
from twin.progress import Progress
from twin.record import Entry, Record

if TYPE_CHECKING:
    from viewers.moments import Moments
    from viewers.paint import Look
    from viewers.plot import Plot
    from viewers.scene_view import SceneView

_SCENE = (480, 480)
_PLOT = (360, 360)


def moves(kind: str, tree: dict[str, Any]) -> bool:
    """Tell whether a film can be drawn of an entity: it moves by itself."""
    if kind == "motion":
        return int(tree["phases"]["shape"][0]) > 1
    return kind == "result" and tree.get("times_s") is not None


def is_film(path: Path) -> bool:
    """Tell whether a file's name asks for a film."""
    return path.name.lower().endswith(FILM)


def draw_film(record: Path, ref: str, target: Path, names: bool, progress: Progress) -> Path:
    """Draw one cycle of a motion or of a result in time, its loop or volume beside it, as a GIF.

    Parameters
    ----------
    record : Path
        Opened for reading.
    ref : str
        Id or name of the entity.
    names : bool
        Whether it says whose it is.

    Raises
    ------
    UserError
        The entity does not move, or the file cannot be written.
    """
    from desktop.chain import fitted_beat
    from desktop.overlay import caption_of
    from desktop.pictures import begin
    from desktop.snapshots import NAMED, UNNAMED
    from viewers.figure import figure_of
    from viewers.film import pixels_of, save_film

    look = begin()
    with Record.open(record, write=False) as opened:
        entry = opened.find(ref)
        if not moves(entry.kind, entry.tree):
            raise UserError(
                f"“{entry.name}” does not move: no film can be drawn of it.",
                "Name a motion, or a result in time.",
            )
        entity: Any = opened.load(entry.id)
        if entry.kind == "motion":
            scene, plot, moments, show = _motion(entry, entity, look)
        else:
            own = fitted_beat(opened, entry)
            behind: Any = opened.load(own.id) if own is not None else None
            scene, plot, moments, show = _result(entry, entity, behind, look)
        patient = opened.patient()
        frames = []
        for n in range(len(moments)):
            progress(0.8 * n / len(moments), f"frame {n + 1} of {len(moments)}")
            show(float(moments.begins_ms[n] / moments.length_ms))
            figure = figure_of(
                scene, caption_of(entry) if names else (),
                reference_patient=bool(patient and patient.reference_patient),
                stamp="STALE" if entry.stale else "", notice=NAMED if names else UNNAMED, scale=1.0,
                look=look, beside=plot,
            )  # fmt: skip
            frames.append(pixels_of(figure))
        scene.close()
    comment = " · ".join(NAMED if names else UNNAMED)
    return save_film(np.stack(frames), moments.lengths_ms, comment, target, progress.between(0.8, 1.0))


_Show = Callable[[float], None]


def _result(entry: Entry, result: Any, own: Any, look: Look) -> tuple[SceneView, Plot | None, Moments, _Show]:
    """Return what shows a result in time: scene, plot, moments, and how to go to a share of them.

    Behind its loop lies that of the patient's ``own`` beat, where it is another.
    """
    from desktop.filming import Loop
    from desktop.moving import Played, timed_fields

    names = timed_fields(entry.tree)
    played, scene = Played(), _scene(look)
    field = next((name for name in names if name != "displacement"), names[0])
    played.draw(scene, entry.id, result, field, 0.0)
    scene.view_from("A")
    loop = Loop(result, _SCENE[1], own)

    def show(share: float) -> None:
        played.follow(share)
        loop.at(share)

    moments = played.moments
    assert moments is not None
    return scene, loop.at(0.0), moments, show


def _motion(entry: Entry, motion: Any, look: Look) -> tuple[SceneView, Plot | None, Moments, _Show]:
    """As ``_result``, of a motion."""
    from desktop.motion_card import mark, volume_plot
    from desktop.moving import phase_at, show_motion
    from resources.colors import structure_color
    from viewers.moments import Moments

    scene = _scene(look)
    color = entry.color or structure_color(motion.term or motion.structure)
    show_motion(scene, entry.id, motion, motion.fullest, color)
    scene.view_from("A")
    plot = volume_plot(motion)
    plot.setMinimumSize(1, 1)
    plot.resize(*_PLOT)
    plot.set_look(look)

    def show(share: float) -> None:
        phase = phase_at(motion.phases, share)
        for moving in motion.surfaces:
            scene.move_surface(f"{entry.id}#{moving.name}", moving.points[phase])
        mark(plot, motion, phase)

    return scene, plot, Moments.of_cycle(motion.phases, motion.cycle_s), show


def _scene(look: Look) -> SceneView:
    from viewers.scene_view import SceneView

    scene = SceneView()
    scene.resize(*_SCENE)
    scene.set_theme(look)
    return scene
