"""What a voxel format has no field for, as JSON under ``vitruvian``; the patient's identity is not in it."""

import json
from dataclasses import asdict

from twin.domain import LabelMap, Volume


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
