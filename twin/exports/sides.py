"""The side in the name of every exported file."""

import re
from pathlib import Path

from twin.domain import Entity, KeyImage, LabelMap, Side, Volume
from twin.errors import UserError
from twin.exports.marked import KeyImages
from twin.exports.measured import Measured

_OTHER: dict[str, str] = {"left": "right", "right": "left"}


def side_of(entity: Entity | Measured | KeyImages) -> Side:
    """Return the one side an entity is of: that of its structure, its labels or its image; else ``none``."""
    if isinstance(entity, Volume | KeyImage):
        return {"L": "left", "R": "right"}.get(entity.identity.laterality, "none")  # type: ignore[return-value]
    if isinstance(entity, LabelMap):
        sides = {s.side for s in entity.structures}
        if "unconfirmed" in sides:
            return "unconfirmed"
        return sides.pop() if len(sides) == 1 else "none"
    return entity.side


def path_with_side(entity: Entity | Measured | KeyImages, path: Path, suffix: str) -> Path:
    """Return the path with the entity's side in its name.

    Raises
    ------
    UserError
        The side is unconfirmed, or the name says the other side.
    """
    side = side_of(entity)
    if side == "unconfirmed":
        raise UserError(
            f"The side of {_name(entity)} is unconfirmed, so it is not exported.",
            "Confirm left or right first; the scan does not settle it.",
        )
    if side not in _OTHER:
        return path
    stem = path.name[: -len(suffix)]
    words = re.split(r"[^a-z]+", stem.lower())
    if _OTHER[side] in words and side not in words:
        raise UserError(
            f"“{path.name}” names the {_OTHER[side]} side, but {_name(entity)} is {side}.",
            "Choose another file name.",
        )
    return path if side in words else path.with_name(f"{stem}-{side}{path.name[-len(suffix) :]}")


def _name(entity: Entity | Measured | KeyImages) -> str:
    if isinstance(entity, LabelMap):
        names = [s.name for s in entity.structures if s.side == "unconfirmed"] or ["the labelmap"]
        return f"“{names[0]}”" if names[0] != "the labelmap" else names[0]
    structure = getattr(entity, "structure", "")
    return f"“{structure}”" if structure else "this"
