"""What a format has no field for, as JSON or in comments; the patient's identity is never in it."""

import json
from dataclasses import asdict

from twin.domain import LabelMap, Surface, TetMesh, Volume


def said_of(entity: Volume | LabelMap) -> dict[str, object]:
    """Return kind, frame of reference, and modality, unit and times, or the structures."""
    said: dict[str, object] = {"frame_of_reference": entity.frame_of_reference}
    if isinstance(entity, LabelMap):
        return said | {"kind": "labelmap", "structures": [asdict(s) for s in entity.structures]}
    said |= {"kind": "volume", "modality": entity.modality, "unit": entity.unit}
    if entity.times_ms is not None and len(entity.times_ms) > 1:
        said["times_ms"] = [float(t) for t in entity.times_ms]
    return said


def as_json(said: dict[str, object]) -> str:
    """Return it as one line of JSON."""
    return json.dumps(said, ensure_ascii=False)


def words_of(entity: Surface | TetMesh) -> dict[str, str]:
    """Return what a file of points says: space and unit, and whose structure it is, of which side."""
    words = {
        "space": "LPS", "unit": "mm", "structure": entity.structure, "side": entity.side,
        "term": entity.term, "frame_of_reference": entity.frame_of_reference,
    }  # fmt: skip
    if isinstance(entity, Surface) and entity.color:
        words["color"] = entity.color
    return {name: " ".join(value.split()) for name, value in words.items() if value}


def comments_of(entity: Surface | TetMesh) -> list[str]:
    """Return the same as lines for comments; readers know them by the first."""
    return ["Vitruvian", *(f"{name} {value}" for name, value in words_of(entity).items())]
