"""Domain types: small frozen dataclasses around numpy arrays, in LPS millimeters.

Every type here can be stored in a record (``twin.codec``) and handed to a job. None
computes: arithmetic on them lives in ``segmentation`` and ``physics``.
"""

from twin.domain.heart import Heart
from twin.domain.identity import Identity, Laterality, Side
from twin.domain.key_image import KeyImage
from twin.domain.labelmap import LabelMap, Structure
from twin.domain.landmarks import Landmark, Landmarks
from twin.domain.measurement import Measurement, MeasurementKind
from twin.domain.model import Attachment, Material, Model, Support, UnitLoad
from twin.domain.motion import Motion, MovingSurface, Outline
from twin.domain.result import Curve, Field, Number, Result
from twin.domain.surface import Surface
from twin.domain.tetmesh import Patch, TetMesh
from twin.domain.view_state import LaidOver, SliceState, ViewState
from twin.domain.volume import Volume

KINDS: dict[str, type] = {
    "volume": Volume,
    "labelmap": LabelMap,
    "surface": Surface,
    "mesh": TetMesh,
    "landmarks": Landmarks,
    "model": Model,
    "motion": Motion,
    "heart": Heart,
    "result": Result,
    "measurement": Measurement,
    "key image": KeyImage,
}
"""The kinds of entity a record holds, by the name that ``vitruvian list`` shows."""

Entity = (
    Volume
    | LabelMap
    | Surface
    | TetMesh
    | Landmarks
    | Model
    | Motion
    | Heart
    | Result
    | Measurement
    | KeyImage
)


def kind_of(entity: object) -> str:
    """Return the kind name of a domain object; ``TypeError`` where it is none."""
    for kind, cls in KINDS.items():
        if type(entity) is cls:
            return kind
    raise TypeError(f"{type(entity).__name__} is not something that a record holds")


__all__ = [
    "KINDS",
    "Attachment",
    "Curve",
    "Entity",
    "Field",
    "Heart",
    "Identity",
    "KeyImage",
    "LabelMap",
    "LaidOver",
    "Landmark",
    "Landmarks",
    "Laterality",
    "Material",
    "Measurement",
    "MeasurementKind",
    "Model",
    "Motion",
    "MovingSurface",
    "Number",
    "Outline",
    "Patch",
    "Result",
    "Side",
    "SliceState",
    "Structure",
    "Support",
    "Surface",
    "TetMesh",
    "UnitLoad",
    "ViewState",
    "Volume",
    "kind_of",
]
