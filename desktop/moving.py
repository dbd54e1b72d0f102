"""What beats with the cine: a motion's surfaces at the moment that is up, in 3-D and over the slices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from resources.colors import EDGE_COLORS, structure_color
from twin.domain import Motion, MovingSurface, Surface

if TYPE_CHECKING:
    from collections.abc import Mapping

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

    def draw(self, item: Item, motion: Motion, color: str) -> None:
        """Show a motion at the moment that is up; what encloses other surfaces last, and translucent."""
        phase = self._phase(motion)
        for moving in sorted(motion.surfaces, key=lambda s: s.name == _OUTER):
            outer = moving.name == _OUTER
            shade, opacity = (structure_color("myocardium"), _OUTER_OPACITY) if outer else (color, 1.0)
            self._scene.show_surface(
                f"{item.key}#{moving.name}", surface_at(motion, moving, phase), shade, opacity
            )
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

        if not self._shown:
            return None
        motion, _phase = next(reversed(self._shown.values()))
        return Moments.of_cycle(motion.phases, motion.cycle_s)

    def _phase(self, motion: Motion) -> int:
        return phase_at(motion.phases, self._cine.share)


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
