"""A bone to mesh, made here: the reference patient's left femur, its proximal half."""

import numpy as np

from twin.domain import LabelMap, Structure
from twin.reference.hip import make_hip_patient


def bone_labels() -> LabelMap:
    """Return the left femur's true labels at 1 mm, cut off below the lesser trochanter."""
    truth = make_hip_patient((1.0, 1.0, 1.0), (-140.0, 60.0), noise_hu=0.0).truth
    femur = truth.part("left femur")
    return LabelMap(
        (femur.labels > 0).astype(np.uint8), femur.affine,
        (Structure("left femur", 1, term="femur", side="left"),),
    )  # fmt: skip
