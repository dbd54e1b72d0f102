"""Measurements in the 3-D view: lines, outlines and points where they lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from desktop.colors import color_of
from twin.measuring import words
from twin.measuring.ruler import ellipse_outline

if TYPE_CHECKING:
    from desktop.session import Item
    from twin.domain import Measurement
    from viewers.scene_view import SceneView

_ROUND = 48


def draw_measurement(scene: SceneView, item: Item, made: Measurement) -> None:
    """Draw a measurement; what has no place in the patient, and the volume of a structure, is not drawn."""
    if made.kind == "volume":
        return
    color = color_of(item)
    said = words.brief(made.numbers[:1], made.text) or item.name
    points = made.points
    if made.kind in ("point", "text"):
        scene.show_points(item.key, points, (made.text or said,), color, radius_mm=1.5)
        return
    lines = [points]
    if made.kind == "ellipse":
        outline = ellipse_outline(points, _ROUND)
        lines = [np.concatenate([outline, outline[:1]])]
    elif made.kind == "polygon":
        lines = [np.concatenate([points, points[:1]])]
    elif made.kind == "Cobb angle":
        lines = [points[:2], points[2:]]
    elif made.kind == "ellipsoid":
        pairs = [(0, 2), (0, 4), (2, 4)]
        rings = [
            ellipse_outline(np.concatenate([points[a : a + 2], points[b : b + 2]]), _ROUND) for a, b in pairs
        ]
        lines = [np.concatenate([ring, ring[:1]]) for ring in rings]
    scene.show_lines(item.key, lines, color, said)
