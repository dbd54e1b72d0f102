"""The loads and supports of a model as arrows and points: what a user looks at before he solves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from resources.colors import LOAD_COLOR, SUPPORT_COLOR, structure_color
from twin.domain import Model

if TYPE_CHECKING:
    from viewers.scene_view import SceneView

LONGEST_MM = 70.0
TURNABLE = "hip"
"""Attachment whose force a hand may turn: the model's turn parameters are about the hip force."""


@dataclass(frozen=True, eq=False)
class Arrow:
    """One load of a case; a load that pushes ends at its place, one that pulls begins there.

    ``force`` is in newtons per newton of body weight, LPS.
    """

    name: str
    place: NDArray[np.float64]
    force: NDArray[np.float64]
    pushes: bool


def first_case(cases: Mapping[str, object]) -> str:
    """Return the load case to show first: walking, where it is among them."""
    return "walking" if "walking" in cases else next(iter(cases))


def arrows_of(model: Model, case: str) -> list[Arrow]:
    """Return the arrows of one load case: the sum of its unit loads at each attachment."""
    factors = model.cases.get(case, {})
    middle = model.mesh.points.mean(axis=0)
    arrows = []
    for number, attachment in enumerate(model.attachments):
        force = np.zeros(3)
        for load in model.loads:
            if load.attachment == number:
                force += factors.get(load.name, 0.0) * np.asarray(load.direction)
        if np.linalg.norm(force) > 1e-6:
            pushes = bool(force @ (attachment.center - middle) < 0)
            arrows.append(Arrow(attachment.name, attachment.center, force, pushes))
    return arrows


def label_of(arrow: Arrow) -> str:
    """Return an arrow's name with its size: “hip 238 % BW”."""
    return f"{arrow.name}  {100 * float(np.linalg.norm(arrow.force)):.0f} % BW"


def drawn_length(arrow: Arrow, arrows: list[Arrow]) -> NDArray[np.float64]:
    """Return the arrow's vector in mm, the longest being ``LONGEST_MM``; small ones stay visible."""
    longest = max(float(np.linalg.norm(a.force)) for a in arrows)
    share = float(np.linalg.norm(arrow.force)) / longest
    return arrow.force / np.linalg.norm(arrow.force) * LONGEST_MM * max(share, 0.25)


def draw_model(scene: SceneView, key: str, model: Model, case: str) -> None:
    """Show a model in a scene: its mesh, the arrows of one case, the points that are held."""
    scene.show_mesh(f"{key}#mesh", model.mesh, color=structure_color(model.term))
    arrows = arrows_of(model, case)
    for arrow in arrows:
        vector = drawn_length(arrow, arrows)
        start = arrow.place - vector if arrow.pushes else arrow.place
        scene.show_arrows(
            f"{key}#{arrow.name}", start, vector, [label_of(arrow)], LOAD_COLOR, arrow.name == TURNABLE,
            about="tip" if arrow.pushes else "start",
        )  # fmt: skip
    for support in model.supports:
        points = model.mesh.points[support.nodes]
        some = points[:: max(1, len(points) // 60)]
        names = [f"held: {support.name}", *[""] * (len(some) - 1)]
        scene.show_points(f"{key}#{support.name}", some, names, SUPPORT_COLOR, radius_mm=1.2)
