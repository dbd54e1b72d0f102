"""Pictures of a record for its report: drawn without a screen, in a process of their own.

Run it as a job: the caller then needs neither Qt nor OpenGL, and a driver that crashes takes
nothing with it.
"""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from desktop import catalogue
from desktop.cardiac_views import seen_view, told_view
from desktop.key_numbers import newest_alike
from twin.progress import Progress
from twin.record import Entry, Record

if TYPE_CHECKING:
    from PySide6.QtGui import QImage

    from viewers.orientation import Plane
    from viewers.paint import Look
    from viewers.scene_view import SceneView

_SCENE = (560, 440)
_SLICE = (560, 400)
_KEY = (560, 440)
_FINENESS = 2.4
"""Pixels of a picture to one of a view: small views keep their words legible at half a page's width."""


def draw(path: Path, folder: Path, progress: Progress) -> list[Path]:
    """Draw what a record holds: its image with structures, its meshes, models and results.

    Parameters
    ----------
    path : Path
        The record; it is opened for reading.
    folder : Path
        Where the PNG files go.

    Returns
    -------
    list of Path
        In the order in which a person reads them.
    """
    begin()
    catalogue.load()  # by their steps beats tell under which conditions they are, and so which are alike
    written: list[Path] = []
    with Record.open(path, write=False) as record:
        drawings = [(e, how) for kind, how in _HOW.items() for e in _shown(record, kind)]
        for n, (entry, how) in enumerate(drawings):
            part = progress.between(n / len(drawings), (n + 1) / len(drawings))
            part(0.0, f"drawing {entry.name}")
            for m, (name, figure) in enumerate(how(record, entry), 1):
                written.append(_save(figure, folder, f"{len(written) + 1} {name}"))
                # How many there will be is not known before; each takes half of what is left.
                part(1.0 - 0.5**m, f"drawing {entry.name}: {name}")
    return written


def _shown(record: Record, kind: str) -> list[Entry]:
    """Return the entities of a kind that are drawn: of beats and hearts made anew alike only the newest."""
    if kind in ("result", "heart"):
        return [entry for entry, _ in newest_alike(record, (kind,))]
    return [entry for entry in record.entries() if entry.kind == kind]


def begin() -> "Look":
    """Get ready to draw without a screen, and return the look: a page is white, whatever the window is."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")
    from PySide6.QtWidgets import QApplication

    from desktop import theme

    application = QApplication.instance()
    theme.apply(application if isinstance(application, QApplication) else QApplication([]), theme.LIGHT)
    return theme.viewer_look()


def _save(figure: "QImage", folder: Path, name: str) -> Path:
    from viewers.figure import save_figure

    path = folder / f"{slug(name)}.png"
    save_figure(figure, path)
    return path


def slug(name: str) -> str:
    """Return a name as one of a file: small letters, figures and hyphens."""
    return re.sub(r"[\W_]+", "-", name.replace("/", " per ").lower()).strip("-")


def _figure(view: Any, record: Record, entry: Entry, what: str, others: int = 0) -> "QImage":
    """Return a view with whose it is and what it shows; with ``others`` no one name and side is told."""
    from desktop import theme
    from desktop.overlay import caption_of
    from viewers.figure import figure_of

    identity = record.patient()
    return figure_of(
        view,
        [*caption_of(entry)[:-1], *([] if others else [entry.name]), *([what] if what else [])],
        side="none" if others else entry.tree.get("side", "none"),
        reference_patient=bool(identity and identity.reference_patient),
        stamp="STALE" if entry.stale else "",
        scale=_FINENESS,
        look=theme.viewer_look(),
    )


def _newest(record: Record, kind: str) -> Entry | None:
    found = [e for e in record.entries() if e.kind == kind]
    return found[-1] if found else None


def _slices(record: Record, entry: Entry) -> Iterator[tuple[str, "QImage"]]:
    """Draw an image through the middle of what was found in it; one of a single slice as it was taken."""
    from viewers.slice_view import SliceView

    volume: Any = record.load(entry.id)
    found = _newest(record, "labelmap")
    for plane in _planes_of(volume):
        view = SliceView(plane)
        view.resize(*_SLICE)
        view.set_volume(volume)
        view.decor.set_view_name(_view_name(record, volume))
        if found is not None:
            labels: Any = record.load(found.id)
            colors = {s.name: s.shown_color for s in labels.structures}
            view.set_labels(labels, colors, 0.35, set())
            landmarks = _newest(record, "landmarks")
            if landmarks is not None:
                marks: Any = record.load(landmarks.id)
                view.set_crosshair(marks.points["head center"].point)
        title = view.decor.plane_title(view.sheet) if view.sheet is not None else plane
        yield (
            f"{plane} slice",
            _figure(view, record, entry, f"{title}, structures over it" if found else title),
        )


def _view_name(record: Record, volume: Any) -> str:
    """Return what clinicians call an image's planes: by its series, or a ventricle measured where it lies."""
    name = told_view(volume.identity.series_description)
    if name or not volume.frame_of_reference:
        return name
    measured = [e for e in record.entries() if e.kind == "motion"]
    here = [e for e in measured if e.tree["frame_of_reference"] == volume.frame_of_reference]
    motions: Iterator[Any] = (record.load(entry.id) for entry in here)
    return next(filter(None, (seen_view(volume.affine, motion) for motion in motions)), "")


def _planes_of(volume: Any) -> "Sequence[Plane]":
    """Return the planes to draw: an image's own, and of a stack one across it; one slice is a line there."""
    from viewers.orientation import SliceFrame

    planes: Sequence[Plane] = ("axial", "coronal", "sagittal")
    own = [p for p in planes if SliceFrame.of(p, volume.affine, volume.shape).axes[2] == 2]
    return own if volume.shape[0] == 1 else [*own, *(p for p in planes if p not in own)][:2]


def _key_image(record: Record, entry: Entry) -> Iterator[tuple[str, "QImage"]]:
    """Draw a picture that was marked, as it was seen, with what was noted."""
    from viewers.restoring import planes_of, restore
    from viewers.slice_view import SliceView

    made: Any = record.load(entry.id)
    image = record.history.entry(entry.made_by).inputs["volume"]["id"]
    if all(image != e.id for e in record.entries()):
        return
    volume: Any = record.load(image)
    view = SliceView(made.plane)
    view.resize(*_KEY)
    view.set_volume(volume)
    view.set_crosshair(made.place)
    view.set_time(made.time or 0)
    state = made.state
    if state is not None and made.plane in state.views:
        view.set_planes(planes_of(state.turned))
        restore(view, state.views[made.plane], window=volume.unit == state.unit)
    title = view.decor.plane_title(view.sheet) if view.sheet is not None else made.plane
    words = f"{title}: {made.text}" if made.text and made.text[:60] != entry.name else title
    yield f"key image {entry.name}", _figure(view, record, entry, words)


def _scene(fill: Callable[["SceneView"], None]) -> "SceneView":
    from desktop import theme
    from viewers.scene_view import SceneView

    scene = SceneView()
    scene.resize(*_SCENE)
    scene.set_theme(theme.viewer_look())
    fill(scene)
    scene.view_from("A")
    return scene


def _surfaces(record: Record, entry: Entry) -> Iterator[tuple[str, "QImage"]]:
    """Draw all surfaces in one picture, at the turn of the first of them."""
    from resources.colors import structure_color

    found = [e for e in record.entries() if e.kind == "surface"]
    if entry.id != found[0].id:
        return
    loaded: list[tuple[Entry, Any]] = [(e, record.load(e.id)) for e in found]

    def fill(scene: "SceneView") -> None:
        for one, surface in loaded:
            scene.show_surface(one.id, surface, one.color or surface.color or structure_color(surface.term))

    scene = _scene(fill)
    others = len(found) - 1
    what = ", ".join(surface.structure for _, surface in loaded) if others else ""
    yield "surfaces", _figure(scene, record, entry, what, others)
    scene.close()


def _mesh(record: Record, entry: Entry) -> Iterator[tuple[str, "QImage"]]:
    from resources.colors import structure_color

    mesh: Any = record.load(entry.id)
    scene = _scene(lambda s: s.show_mesh(entry.id, mesh, structure_color(mesh.term), edges=True))
    yield "mesh", _figure(scene, record, entry, f"{len(mesh.tets):,} tetrahedra")
    scene.close()


def _model(record: Record, entry: Entry) -> Iterator[tuple[str, "QImage"]]:
    from desktop.loads import draw_model, first_case

    model: Any = record.load(entry.id)
    case = first_case(model.cases)
    scene = _scene(lambda s: draw_model(s, entry.id, model, case))
    yield "loads and supports", _figure(scene, record, entry, f"{case}, loads and supports")
    scene.close()


def _result(record: Record, entry: Entry) -> Iterator[tuple[str, "QImage"]]:
    from desktop import words
    from desktop.loads import first_case
    from desktop.results import limits_of
    from physics.recombine import FIELDS, RATIO, VON_MISES, combine
    from resources.loads import GRAVITY

    result: Any = record.load(entry.id)
    if result.times_s is not None and not result.loads:
        yield from _timed(record, entry, result)
        return
    case = first_case(result.cases)
    assumed = words.is_weight_assumed(entry.tree)
    weight = f"{case}, body weight {words.weight_text(result.body_weight_n / GRAVITY, assumed)}"
    for field in (VON_MISES, RATIO):
        unit, where = FIELDS[field]
        values = combine(result, case, result.body_weight_n, field)

        def fill(
            scene: "SceneView", values: Any = values, field: str = field, unit: str = unit, where: str = where
        ) -> None:
            scene.show_field(
                entry.id, result.mesh, np.asarray(values), where=where, title=field[:1].upper() + field[1:],
                unit="" if unit == "1" else unit, limits=limits_of(values, field),
                marked=1.0 if field == RATIO else None, hatched=result.exclude,
            )  # fmt: skip

        scene = _scene(fill)
        for side, word in (("A", "front"), ("P", "back")):
            scene.view_from(side)
            yield (
                f"{case} {field} from the {word}",
                _figure(scene, record, entry, f"{field}, {weight}, from the {word}"),
            )
        scene.close()


def _timed(record: Record, entry: Entry, result: Any) -> Iterator[tuple[str, "QImage"]]:
    """Draw a result in time: at its begin, where it has moved farthest from it, and its curves."""
    from desktop.chain import fitted_beat
    from desktop.moving import Played, magnitudes, shares_of, timed_fields
    from desktop.timed_card import plots_of

    names = timed_fields(entry.tree)
    field = next((name for name in names if name != "displacement"), names[0] if names else "")
    if field:
        moved = magnitudes(result, "displacement" if "displacement" in names else field)
        far = int(np.argmax(np.abs(moved - moved[0]).mean(axis=1)))
        played = Played()
        scene = _scene(lambda s: played.draw(s, entry.id, result, field, 0.0))
        for frame in dict.fromkeys((0, far)):
            played.follow(float(shares_of(result)[frame]))
            what = f"{field}, {1000 * result.times_s[frame]:.0f} ms"
            yield what, _figure(scene, record, entry, what)
        scene.close()
    fitted = fitted_beat(record, entry)
    own: Any = record.load(fitted.id) if fitted is not None else None
    for plot, _followed in plots_of(result, own):
        yield from _plot(record, entry, plot)


def _plot(record: Record, entry: Entry, plot: Any) -> Iterator[tuple[str, "QImage"]]:
    from desktop import theme

    plot.resize(*_SCENE)
    plot.set_look(theme.viewer_look())
    yield plot.title, _figure(plot, record, entry, plot.title)


def _motion(record: Record, entry: Entry) -> Iterator[tuple[str, "QImage"]]:
    """Draw a motion full and empty, and its volume over the cycle."""
    from desktop.motion_card import volume_plot
    from desktop.moving import show_motion

    motion: Any = record.load(entry.id)
    both = [(motion.fullest, "end-diastole"), (motion.emptiest, "end-systole")]
    ends = [(0, "")] if motion.still else both
    for phase, word in ends:
        scene = _scene(lambda s, phase=phase: show_motion(s, entry.id, motion, phase, _color(entry)))  # type: ignore[misc]
        yield (f"{entry.name} at {word}" if word else entry.name), _figure(scene, record, entry, word)
        scene.close()
    if not motion.still:
        yield from _plot(record, entry, volume_plot(motion))


def _heart(record: Record, entry: Entry) -> Iterator[tuple[str, "QImage"]]:
    """Draw a heart's wall without load, by its segments."""
    from desktop.wall_colors import COLORS

    heart: Any = record.load(entry.id)
    mesh = heart.mesh
    segments = COLORS["segments"]

    def fill(scene: "SceneView") -> None:
        scene.show_field(
            entry.id, mesh, mesh.regions + 1.0, where="element", title=segments.title, unit=segments.unit,
            limits=(0.5, len(mesh.region_names) + 0.5), flat=True,
        )  # fmt: skip

    scene = _scene(fill)
    yield "heart", _figure(scene, record, entry, "the wall without load")
    scene.close()


def _color(entry: Entry) -> str:
    from resources.colors import structure_color

    return entry.color or structure_color(entry.tree.get("term") or entry.tree.get("structure", ""))


_HOW: dict[str, Callable[[Record, Entry], Iterator[tuple[str, "QImage"]]]] = {
    "key image": _key_image,
    "result": _result,
    "heart": _heart,
    "motion": _motion,
    "model": _model,
    "volume": _slices,
    "surface": _surfaces,
    "mesh": _mesh,
}
"""What a reader wants to see first comes first."""
