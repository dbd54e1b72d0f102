"""The 3-D view: structures, meshes, fields and loads under keys, painted in a plain widget."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from resources.colors import map_for
from twin.domain import Surface, TetMesh, Volume
from twin.domain.placed import Placed
from viewers.arrows import ArrowSet
from viewers.paint import Look
from viewers.pyramid import pyramid_of
from viewers.scene_canvas import SceneCanvas, Shown
from viewers.scene_decor import FieldBar, PlacedText
from viewers.transfer import Transfer
from viewers.views import Box, Clip

if TYPE_CHECKING:
    from viewers.planes import Planes
    from viewers.scene import Scene

_AXES_COLOR = "#C9D1D9"


class SceneView(SceneCanvas):
    """Structures, meshes, fields and loads in 3-D, under keys; showing a key again replaces it.

    Left drag orbits (about the patient's superior axis, with tilt), Shift or the middle button
    pans, wheel and right drag zoom; a click picks; the end of an arrow that may be turned is
    dragged. Double-click maximizes. Arrow keys orbit, + and − zoom, F fits; A P L R S I, or a click on
    the cube, look from that side of the patient. What is shown is fitted into the picture until a
    hand moves the camera. Lengths are true at the depth of the scene's middle.
    """

    # What is shown

    def show_surface(
        self, key: str, surface: Surface, color: str, opacity: float = 1.0, rings: bool = False
    ) -> None:
        """Show a surface in one color, as a skin or as rings around it."""

        def put(scene: Scene) -> None:
            from viewers.drawn import DrawnSurface
            from viewers.rings import DrawnRings

            scene.put(key, (DrawnRings if rings else DrawnSurface)(surface, color, opacity))

        self._show(key, put, surface)

    def move_surface(self, key: str, points: NDArray) -> None:
        """Put the points (n, 3) of the surface under a key elsewhere, in place, LPS mm."""

        def move(scene: Scene) -> None:
            from viewers.drawn import DrawnSurface

            drawn = scene.things[key]
            assert isinstance(drawn, DrawnSurface)
            drawn.move(points)

        self._do(move)

    def show_mesh(self, key: str, mesh: TetMesh, color: str, edges: bool = False) -> None:
        """Show a mesh's boundary in one color, with or without the elements' edges."""

        def put(scene: Scene) -> None:
            from viewers.drawn import DrawnMesh

            drawn = DrawnMesh(mesh)
            drawn.paint(color, edges=edges)
            scene.put(key, drawn)

        self._show(key, put, mesh)

    def show_field(
        self,
        key: str,
        mesh: TetMesh,
        values: NDArray,
        *,
        where: str,
        title: str,
        unit: str,
        limits: tuple[float, float] | None = None,
        marked: float | None = None,
        displacement: NDArray | None = None,
        deform_scale: float = 0.0,
        flat: bool = False,
        hatched: NDArray[np.bool_] | None = None,
    ) -> None:
        """Show a mesh colored by a field.

        Parameters
        ----------
        values : ndarray, shape (n,)
            At nodes or elements as ``where`` ("node", "element") says; NaN is drawn gray.
        limits : (low, high)
            Ends of the color bar; by default the field's own finite range.
        marked : float
            A value marked in the bar: the yield limit.
        displacement : ndarray, shape (nodes, 3)
            mm; drawn ``deform_scale`` times.
        flat : bool
            Color each element by its own value instead of averaging element values to nodes.
        hatched : ndarray of bool, shape (elements,)
            Elements to hatch: their values are shown, but count for no number.
        """
        values = np.asarray(values, np.float64)
        limits = limits or _range(values)

        def put(scene: Scene) -> None:
            from viewers.drawn import DrawnMesh, FieldValues

            drawn = DrawnMesh(mesh)
            drawn.color_by(FieldValues(values, where, limits, map_for(title), flat))
            if displacement is not None:
                drawn.deform(displacement, deform_scale)
            drawn.hatch(hatched)
            scene.put(key, drawn)

        remark = "averaged to nodes" if where == "element" and not flat else ""
        if displacement is not None and deform_scale:
            remark = f"{remark}, shape × {deform_scale:g}".lstrip(", ")
        bar = FieldBar(
            title, unit, limits, map_for(title), marked, remark=remark, hatched=hatched is not None
        )
        self._show(key, put, mesh, Shown(bar=bar))

    def update_field(
        self,
        key: str,
        values: NDArray,
        limits: tuple[float, float] | None = None,
        *,
        displacement: NDArray | None = None,
        deform_scale: float = 0.0,
    ) -> None:
        """Change the values (and the deformation) of a field in place.

        Raises
        ------
        KeyError
            Where no field is shown under that key.
        """
        bar = self._shown[key].bar
        if bar is None:
            raise KeyError(f"no field is shown under “{key}”")
        limits = limits or bar.limits
        self._shown[key].bar = replace(bar, limits=limits)

        def change(scene: Scene) -> None:
            from viewers.drawn import DrawnMesh

            drawn = scene.things[key]
            assert isinstance(drawn, DrawnMesh)
            drawn.set_values(values, limits)
            if displacement is not None:
                drawn.deform(displacement, deform_scale)

        self._do(change)

    def show_arrows(
        self,
        key: str,
        starts: NDArray,
        vectors: NDArray,
        names: Sequence[str],
        color: str,
        turnable: bool = False,
        *,
        about: str = "start",
    ) -> None:
        """Show arrows from ``starts`` (n, 3) to ``starts + vectors``, LPS mm.

        ``turnable`` arrows can be turned by hand at the end that is not held: ``about`` says which
        is ("start" or "tip": a load pushes on the point that its tip touches).
        """
        arrows = ArrowSet(np.atleast_2d(starts), np.atleast_2d(vectors), tuple(names), color, turnable, about)

        def put(scene: Scene) -> None:
            from viewers.glyphs import DrawnGlyphs, arrow

            scene.put(key, DrawnGlyphs([arrow(*pair) for pair in arrows.pairs()], color))

        self._show(key, put, shown=Shown(arrows=arrows, labels=arrows.labels()))

    def show_points(
        self,
        key: str,
        points: NDArray,
        names: Sequence[str],
        color: str,
        radius_mm: float = 2.0,
        opacity: float = 1.0,
    ) -> None:
        """Show balls at ``points`` (n, 3), LPS mm; a fitted sphere is a large one with opacity.

        An empty name writes nothing beside its ball.
        """
        points = np.atleast_2d(np.asarray(points, np.float64))

        def put(scene: Scene) -> None:
            from viewers.glyphs import DrawnGlyphs, ball

            scene.put(key, DrawnGlyphs([ball(point, radius_mm) for point in points], color, opacity))

        labels = [PlacedText(p, name, color) for p, name in zip(points, names, strict=True) if name]
        self._show(key, put, shown=Shown(labels=labels))

    def show_lines(
        self, key: str, lines: Sequence[NDArray], color: str, name: str = "", radius_mm: float = 0.6
    ) -> None:
        """Show lines through points, each of shape (n, 3) in LPS mm; ``name`` stands beside the first."""
        lines = [np.asarray(line, np.float64) for line in lines]

        def put(scene: Scene) -> None:
            from viewers.glyphs import DrawnGlyphs, rod

            ends = [(line[n], line[n + 1] - line[n]) for line in lines for n in range(len(line) - 1)]
            scene.put(key, DrawnGlyphs([rod(start, way, radius_mm) for start, way in ends], color))

        labels = [PlacedText(lines[0][-1], name, color)] if name and lines else []
        self._show(key, put, shown=Shown(labels=labels))

    def show_axes(
        self, key: str, origin: NDArray, axes: NDArray, names: Sequence[str], length_mm: float
    ) -> None:
        """Show a frame: unit axes as rows (3, 3), LPS, from ``origin``."""
        tips = np.asarray(origin) + length_mm * np.asarray(axes)

        def put(scene: Scene) -> None:
            from viewers.glyphs import DrawnGlyphs, arrow

            scene.put(
                key, DrawnGlyphs([arrow(np.asarray(origin), tip - origin) for tip in tips], _AXES_COLOR)
            )

        labels = [PlacedText(tip, name, _AXES_COLOR) for tip, name in zip(tips, names, strict=True)]
        self._show(key, put, shown=Shown(labels=labels))

    def show_slices(
        self,
        key: str,
        volume: Volume,
        lps: NDArray,
        window: tuple[float, float, bool],
        time: int = 0,
        planes: Planes | None = None,
    ) -> None:
        """Show the three slices through ``lps``, or the one that the volume has.

        ``window`` is center, width and whether low values are bright; ``time`` counts the moments of
        a volume that has several; ``planes`` are turned ones, in place of the grid's own.
        """

        def put(scene: Scene) -> None:
            from viewers.glyphs import DrawnSlices

            drawn = scene.things.get(key)
            if not isinstance(drawn, DrawnSlices) or not drawn.shows(volume, window):
                drawn = DrawnSlices(volume, window)
                scene.put(key, drawn)
            drawn.move(np.asarray(lps), time, planes)

        self._show(key, put, volume)

    def show_volume(
        self, key: str, volume: Volume, transfer: Transfer, *, box: Box | None = None, time: int = 0
    ) -> None:
        """Show an image as a body to look through.

        Its pyramid should have been made before (``viewers.pyramid``): else it is made now.

        Parameters
        ----------
        box : Box
            Only what lies within is shown; None shows all.
        time : int
            Which of a volume's several moments.
        """

        def put(scene: Scene) -> None:
            from viewers.rendered import DrawnVolume

            drawn = scene.things.get(key)
            if not isinstance(drawn, DrawnVolume) or not drawn.shows(volume):
                drawn = DrawnVolume(volume, pyramid_of(volume), transfer)
                scene.put(key, drawn)
            drawn.change(transfer, box, time)

        self._show(key, put, volume, Shown(on_black=transfer.maximum))

    def set_visible(self, key: str, visible: bool) -> None:
        """Show or hide what a key holds; ``KeyError`` where it holds nothing."""
        self._shown[key].visible = visible
        self._dress()
        self._do(lambda scene: scene.things[key].set_visible(visible))
        if not self._touched:
            self.fit()

    def remove(self, key: str) -> None:
        """Take away what a key holds; an unknown key is no error."""
        if self._shown.pop(key, None) is not None:
            self._dress()
            self._do(lambda scene: scene.remove(key))
            if not self._touched:
                self.fit()
            self.refilled.emit()

    def clear(self) -> None:
        """Take everything away; what is shown next is fitted into the view."""
        for key in self.keys():
            self.remove(key)
        self._touched = False

    def keys(self) -> list[str]:
        """Return the keys in the order they were first shown."""
        return list(self._shown)

    def set_clip(self, plane: Clip | None) -> None:
        """Cut everything at a plane; meshes show their inside there."""
        self._do(lambda scene: scene.set_clip(plane))

    def set_caption(self, lines: Sequence[str]) -> None:
        """Write whose structures these are into the upper left corner."""
        self._decor.caption = tuple(lines)
        self._paint_soon()

    def set_waiting(self, text: str) -> None:
        """Say what the view waits for, over what it shows till then; an empty text where for nothing."""
        self._decor.waiting = text
        self._paint_soon()

    def set_stamp(self, text: str) -> None:
        """Hatch the view and say why it must not be trusted (stale, preview); an empty text ends it."""
        self._decor.stamp = text
        self._paint_soon()

    def set_theme(self, look: Look) -> None:
        """Take the window's colors."""
        self._theme = look
        self._dress()

    def _show(
        self, key: str, put: Callable[[Scene], None], owner: Placed | None = None, shown: Shown | None = None
    ) -> None:
        """Put a thing into the scene under its key; a hidden key stays hidden."""
        new = key not in self._shown
        shown = shown or Shown()
        shown.visible = new or self._shown[key].visible
        shown.reference_patient = owner is not None and owner.identity.reference_patient
        self._shown[key] = shown
        self._dress()
        self._do(put)
        if not shown.visible:
            self._do(lambda scene: scene.things[key].set_visible(False))
        if new and not self._touched:
            self.fit()
        self.refilled.emit()


def _range(values: NDArray) -> tuple[float, float]:
    finite = values[np.isfinite(values)]
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
