"""Pictures of a record for its report: drawn without a screen, in a process of their own.

Run it as a job: the caller then needs neither Qt nor OpenGL, and a driver that crashes takes
nothing with it.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.progress import Progress
from twin.record import Entry, Record

if TYPE_CHECKING:
    from PySide6.QtGui import QImage

    from viewers.scene_view import SceneView

_SCENE = (900, 700)
_SLICES = {"axial": (700, 460), "coronal": (700, 460)}


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
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")
    from PySide6.QtWidgets import QApplication

    from desktop import theme

    application = QApplication.instance()
    theme.apply(application if isinstance(application, QApplication) else QApplication([]))
    written: list[Path] = []
    with Record.open(path, write=False) as record:
        entries = record.entries()
        drawings = [(e, how) for e in entries for how in _HOW.get(e.kind, ())]
        for n, (entry, how) in enumerate(drawings):
            progress(n / len(drawings), f"drawing {entry.name}")
            for name, figure in how(record, entry):
                written.append(_save(figure, folder, f"{len(written) + 1} {name}"))
    return written


def _save(figure: "QImage", folder: Path, name: str) -> Path:
    from viewers.figure import save_figure

    path = folder / f"{name.replace('/', ' per ').replace(' ', '-')}.png"
    save_figure(figure, path)
    return path


def _figure(view: Any, record: Record, entry: Entry, what: str) -> "QImage":
    from desktop.overlay import caption_of
    from viewers.figure import figure_of

    identity = record.patient()
    return figure_of(
        view,
        [*caption_of(entry)[:-1], entry.name, *([what] if what else [])],
        side=entry.tree.get("side", "none"),
        reference_patient=bool(identity and identity.reference_patient),
        stamp="STALE" if entry.stale else "",
        scale=1.5,
    )


def _newest(record: Record, kind: str) -> Entry | None:
    found = [e for e in record.entries() if e.kind == kind]
    return found[-1] if found else None


def _slices(record: Record, entry: Entry) -> Iterator[tuple[str, "QImage"]]:
    """Draw an image through the middle of what was found in it."""
    from resources.colors import structure_color
    from viewers.slice_view import SliceView

    volume: Any = record.load(entry.id)
    found = _newest(record, "labelmap")
    for plane, size in _SLICES.items():
        view = SliceView(plane)  # type: ignore[arg-type]
        view.resize(*size)
        view.set_volume(volume)
        if found is not None:
            labels: Any = record.load(found.id)
            colors = {s.name: s.color or structure_color(s.term, n) for n, s in enumerate(labels.structures)}
            view.set_labels(labels, colors, 0.35, set())
            surface = _newest(record, "landmarks")
            if surface is not None:
                marks: Any = record.load(surface.id)
                view.set_crosshair(marks.points["head center"].point)
        yield (
            f"{plane} slice",
            _figure(view, record, entry, f"{plane}, structures over it" if found else plane),
        )


def _scene(fill: Callable[["SceneView"], None], seen_from: str = "A") -> "SceneView":
    from viewers.scene_view import SceneView

    scene = SceneView()
    scene.resize(*_SCENE)
    fill(scene)
    scene.view_from(seen_from)
    scene.fit()
    return scene


def _surface(record: Record, entry: Entry) -> Iterator[tuple[str, "QImage"]]:
    from resources.colors import structure_color

    surface: Any = record.load(entry.id)
    color = entry.color or surface.color or structure_color(surface.term)
    scene = _scene(lambda s: s.show_surface(entry.id, surface, color))
    yield "surface", _figure(scene, record, entry, "")
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
    from desktop.loads import first_case
    from desktop.results import GRAVITY, limits_of
    from physics.recombine import FIELDS, RATIO, VON_MISES, combine

    result: Any = record.load(entry.id)
    case = first_case(result.cases)
    weight = f"{case}, body weight {result.body_weight_n / GRAVITY:.0f} kg"
    for field in (VON_MISES, RATIO):
        unit, where = FIELDS[field]
        values = combine(result, case, result.body_weight_n, field)

        def fill(
            scene: "SceneView", values: Any = values, field: str = field, unit: str = unit, where: str = where
        ) -> None:
            scene.show_field(
                entry.id, result.mesh, np.asarray(values), where=where, title=field[:1].upper() + field[1:],
                unit="" if unit == "1" else unit, limits=limits_of(values, field),
                marked=1.0 if field == RATIO else None,
            )  # fmt: skip

        for side, word in (("A", "front"), ("P", "back")):
            scene = _scene(fill, side)
            yield (
                f"{case} {field} from the {word}",
                _figure(scene, record, entry, f"{field}, {weight}, from the {word}"),
            )
            scene.close()


_HOW: dict[str, tuple[Callable[[Record, Entry], Iterator[tuple[str, "QImage"]]], ...]] = {
    "volume": (_slices,),
    "surface": (_surface,),
    "mesh": (_mesh,),
    "model": (_model,),
    "result": (_result,),
}
