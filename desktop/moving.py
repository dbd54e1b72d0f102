"""What beats with the cine: a motion's surfaces at the moment that is up, in 3-D and over the slices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from desktop.words import sentence
from resources.colors import EDGE_COLORS, structure_color
from twin.domain import Motion, MovingSurface, Result, Surface

if TYPE_CHECKING:
    from desktop.cine import Cine
    from desktop.session import Item
    from viewers.marks import Contour, Outline
    from viewers.moments import Moments
    from viewers.scene_view import SceneView

_OUTER = "epicardium"
_OUTER_OPACITY = 0.28
"""The muscle's outside lets its cavity be seen."""


class Moving:
    """The motions that a scene shows; each surface is made once, then only its points are moved."""

    def __init__(self, scene: SceneView, cine: Cine) -> None:
        self._scene, self._cine = scene, cine
        self._shown: dict[str, tuple[Motion, int]] = {}

    def draw(self, item: Item, motion: Motion, color: str, rings: bool = False) -> None:
        """Show a motion at the moment that is up, as surfaces or as rings around what else lies there."""
        phase = self._phase(motion)
        show_motion(self._scene, item.key, motion, phase, color, rings)
        self._shown[item.key] = motion, phase

    def forget(self, key: str) -> None:
        """The scene no longer shows that motion."""
        self._shown.pop(key, None)

    def follow(self) -> None:
        """Move what is shown to the moment that is up."""
        for key, (motion, before) in self._shown.items():
            phase = self._phase(motion)
            if phase != before:
                self._shown[key] = motion, phase
                for moving in motion.surfaces:
                    self._scene.move_surface(f"{key}#{moving.name}", moving.points[phase])

    @property
    def moments(self) -> Moments | None:
        """When the phases of the motion that was shown last come up; None where none is shown."""
        from viewers.moments import Moments

        moving = [motion for motion, _phase in self._shown.values() if not motion.still]
        if not moving:
            return None
        motion = moving[-1]
        return Moments.of_cycle(motion.phases, motion.cycle_s)

    def _phase(self, motion: Motion) -> int:
        return phase_at(motion.phases, self._cine.share)


def show_motion(
    scene: SceneView, key: str, motion: Motion, phase: int, color: str, rings: bool = False
) -> None:
    """Show a motion in one phase; what encloses other surfaces last, and translucent."""
    for moving in sorted(motion.surfaces, key=lambda s: s.name == _OUTER):
        outer = moving.name == _OUTER
        shade, opacity = (structure_color("myocardium"), _OUTER_OPACITY) if outer else (color, 1.0)
        scene.show_surface(f"{key}#{moving.name}", surface_at(motion, moving, phase), shade, opacity, rings)


class Played:
    """A result in time that a scene shows: colored by a field, moved by its displacement."""

    def __init__(self) -> None:
        self._shown: tuple[SceneView, str, Result, str] | None = None
        self._frame = -1

    @property
    def moments(self) -> Moments | None:
        """When its frames come up; None where none is shown."""
        from viewers.moments import Moments

        if self._shown is None:
            return None
        _scene, _key, result, _field = self._shown
        return Moments.of_cycle(shares_of(result), length_s(result))

    def draw(self, scene: SceneView, key: str, result: Result, field: str, share: float) -> None:
        """Show a result by one of its fields; the color bar holds all frames."""
        every = magnitudes(result, field)
        limits = ends_of(every)
        self._shown, self._frame = (scene, key, result, field), -1
        shown = result.field(field)
        scene.show_field(
            key, result.mesh, every[0], where=shown.where, title=sentence(field),
            unit="" if shown.unit == "1" else shown.unit, limits=limits,
        )  # fmt: skip
        self.follow(share)

    def forget(self, key: str) -> None:
        """The scene no longer shows that result."""
        if self._shown is not None and self._shown[1] == key:
            self._shown = None

    def follow(self, share: float) -> None:
        """Show the frame nearest to a share of the time."""
        if self._shown is None:
            return
        scene, key, result, field = self._shown
        frame = frame_at(result, share)
        if frame != self._frame:
            self._frame = frame
            moved = moved_mm(result, frame)
            scene.update_field(
                key, magnitudes(result, field, frame)[0], displacement=moved,
                deform_scale=0.0 if moved is None else 1.0,
            )  # fmt: skip


def timed_fields(tree: Mapping[str, Any]) -> list[str]:
    """Return the names of the fields of a result in time that colors can show: numbers and vectors."""
    return [f["name"] for f in tree["fields"] if f["values"]["shape"][2:] in ([], [1], [3])]


def magnitudes(result: Result, field: str, frame: int | None = None) -> NDArray[np.float64]:
    """Return a field's values, of vectors their lengths, shape (frames, n); of one frame (1, n)."""
    values = result.field(field).values
    values = np.asarray(values if frame is None else values[frame : frame + 1], np.float64)
    return (
        np.linalg.norm(values, axis=2)
        if values.ndim == 3 and values.shape[2] > 1
        else values.reshape(values.shape[:2])
    )


def ends_of(values: NDArray[np.float64]) -> tuple[float, float]:
    """Return the ends of a color bar for all frames: a few elements at a corner do not set them."""
    finite = values[np.isfinite(values)]
    if not finite.size:
        return 0.0, 1.0
    low, high = np.percentile(finite, (0.5, 99.5))
    return (0.0 if 0 <= low < 0.4 * high else float(low)), float(high if high > low else low + 1.0)


def moved_mm(result: Result, frame: int) -> NDArray[np.float64] | None:
    """Return the nodes' displacements in a frame, (nodes, 3); None where the result holds none."""
    held = [f for f in result.fields if f.name == "displacement" and f.where == "node"]
    return np.asarray(held[0].values[frame], np.float64) if held else None


def length_s(result: Result) -> float:
    """Return how long all frames take, with as much for the last as the others have in the middle."""
    times = result.times_s
    assert times is not None
    return float(times[-1] - times[0] + (np.median(np.diff(times)) if len(times) > 1 else 1.0))


def shares_of(result: Result) -> NDArray[np.float64]:
    """Return when the frames come up, as shares of the whole, shape (frames,)."""
    assert result.times_s is not None
    return np.asarray((result.times_s - result.times_s[0]) / length_s(result))


def frame_at(result: Result, share: float) -> int:
    """Return which frame is nearest to a share of the time."""
    return phase_at(shares_of(result), share)


def phase_at(phases: NDArray[np.float64], share: float) -> int:
    """Return which of the phases (t,), fractions of a cycle, is nearest to a share of it; ends meet."""
    off = np.abs(phases - share)
    return int(np.argmin(np.minimum(off, 1.0 - off)))


def surface_at(motion: Motion, moving: MovingSurface, phase: int) -> Surface:
    """Return a moving surface as it stands in one phase."""
    points = moving.points[phase].astype(np.float64)
    return Surface(
        points, moving.triangles, identity=motion.identity, frame_of_reference=motion.frame_of_reference,
        structure=motion.structure, term=motion.term, side=motion.side,
    )  # fmt: skip


def marks_at(motion: Motion, share: float) -> tuple[list[Outline], list[Contour]]:
    """Return what is drawn over slices of a motion: its surfaces' cuts, and the edges that were found."""
    from viewers.marks import Contour, Outline

    phase = phase_at(motion.phases, share)
    cuts = [Outline(surface_at(motion, s, phase), edge_color(s.name)) for s in motion.surfaces]
    found = [
        Contour(line.points.astype(np.float64), edge_color(line.name), line.closed)
        for line in motion.outlines
        if line.phase == phase
    ]
    return cuts, found


def edge_color(name: str, colors: Mapping[str, str] = EDGE_COLORS) -> str:
    """Return the color of an edge by its name: “left endocardium” is an endocardium."""
    return next((color for key, color in colors.items() if key in name), structure_color(name))
