"""The whole way from a CT to its named bones."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from segmentation.bone import mask as masks
from segmentation.bone import tissue as tissues
from twin.domain import LabelMap, Structure, Volume
from twin.errors import UserError
from twin.progress import Progress
from twin.steps import Made

if TYPE_CHECKING:
    from segmentation.bone.steps import BoneParams


def find_bones(volume: Volume, params: "BoneParams", progress: Progress) -> Made:
    """Do what ``segmentation.bone`` promises; the step's module stays light.

    Raises
    ------
    UserError
        For a volume that is no CT, or holds no bone.
    """
    _check(volume, params)
    hu, notes = tissues.hounsfield(volume)
    spacing = np.ascontiguousarray(volume.spacing_mm[::-1])
    progress(0.02, "finding the body")
    inside = tissues.body(hu, spacing)
    about = tissues.tissue(hu, inside)
    found = masks.bone_mask(
        hu, inside, spacing, about, params.threshold_hu, params.smallest_ml, progress.between(0.05, 0.6)
    )
    labels, count = ndimage.label(found.mask)
    sizes = np.bincount(labels.ravel(), minlength=count + 1) * float(np.prod(spacing)) / 1000
    order = [n for n in np.argsort(-sizes) if n > 0 and sizes[n] >= params.smallest_ml]
    lookup = np.zeros(count + 1, np.uint16)
    lookup[order] = np.arange(1, len(order) + 1)
    labels = lookup[labels]
    structures = tuple(
        Structure(f"bone {n}", n, "bone", touches_border=_at_border(labels, n))
        for n in range(1, len(order) + 1)
    )
    bones = LabelMap(
        labels,
        volume.affine,
        structures,
        frame_of_reference=volume.frame_of_reference,
        identity=volume.identity,
        notes=notes,
    )
    summary = {
        "structures": described(bones),
        "threshold_hu": found.threshold_hu,
        "soft_tissue_hu": about.soft_hu,
        "noise_hu": about.noise_hu,
        "specks_removed": found.specks + count - len(order),
    }
    progress(1.0, "done")
    return Made({"bones": bones}, summary)


def _check(volume: Volume, params: "BoneParams") -> None:
    if volume.modality == "CT" or params.assume_hu or volume.unit == "HU":
        return
    if volume.modality:
        raise UserError(
            f"This volume is {volume.modality}, not CT: its values do not tell bone from other tissue.",
            "Choose a CT series, or set “assume_hu” if its values are Hounsfield units after all.",
        )
    raise UserError(
        "This volume does not say what it is (a NIfTI file names no modality), so its values may not be "
        "Hounsfield units.",
        "Import it as CT, or set “assume_hu” if it is one.",
    )


def _at_border(labels: NDArray, label: int) -> bool:
    return any(bool((labels.take(end, axis) == label).any()) for axis in range(3) for end in (0, -1))


def described(bones: LabelMap) -> list[dict[str, Any]]:
    """Return name, volume and centre of each structure, for the step's summary."""
    voxel_ml = float(np.prod(bones.spacing_mm)) / 1000
    numbers = [s.label for s in bones.structures]
    sizes = np.bincount(bones.labels.ravel(), minlength=max(numbers, default=0) + 1)
    centers = np.array(ndimage.center_of_mass(bones.labels > 0, bones.labels, numbers)).reshape(-1, 3)
    lps = centers[:, ::-1] @ bones.affine[:3, :3].T + bones.affine[:3, 3]
    return [
        {
            "name": s.name,
            "volume_ml": round(float(sizes[s.label] * voxel_ml), 2),
            "center_lps_mm": [round(float(x), 2) for x in c],
        }
        for s, c in zip(bones.structures, lps, strict=True)
    ]
