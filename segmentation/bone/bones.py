"""The whole way from a CT to its named bones."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from segmentation.bone import kernels
from segmentation.bone import mask as masks
from segmentation.bone import tissue as tissues
from segmentation.bone.recognize import Bone, Scene, recognize
from segmentation.bone.separate import separated
from segmentation.bone.sides import names, sides
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
    hu, notes = tissues.hounsfield(volume, params.add_hu)
    spacing = np.ascontiguousarray(volume.spacing_mm[::-1])
    progress(0.02, "finding the body")
    body = tissues.body(hu, spacing)
    about = tissues.tissue(hu, body[1])
    hu, about = tissues.quieted(hu, about)
    limits = masks.threshold(about, params.threshold_hu)
    found = masks.find(hu, body, spacing, about, limits, params.smallest_ml, progress.between(0.05, 0.15))
    del body
    labels, small = _labelled(found.crops, hu.shape, params, progress.between(0.15, 0.85))
    progress(0.85, "recognizing bones")
    scene = _scene(labels, hu, volume.affine, spacing)
    recognize(scene, about.soft_hu)
    side_of, said = sides(scene.bones, volume.identity.laterality)
    if found.pools_kept:
        said.append("What was found is as even as blood with contrast agent: look whether it is bone.")
    if params.separate and spacing.max() >= masks.COARSE_MM:
        said.append(
            f"Voxels are up to {spacing.max():.1f} mm long: bones that are closer may stay one structure."
        )
    name_of = names(scene.bones, side_of)
    structures = tuple(
        Structure(name_of[b.label], b.label, b.term, side_of[b.label], touches_border=_at_border(b, scene))
        for b in scene.bones
    )
    bones = LabelMap(
        labels if labels.max() > 255 else labels.astype(np.uint8),
        volume.affine,
        structures,
        frame_of_reference=volume.frame_of_reference,
        identity=volume.identity,
        notes=(*notes, *said),
    )
    summary = {
        "structures": [_described(b, name_of[b.label]) for b in scene.bones],
        "threshold_hu": round(limits.low_hu, 1),
        "sure_hu": round(limits.sure_hu, 1),
        "soft_tissue_hu": round(about.soft_hu, 1),
        "noise_hu": round(about.noise_hu, 1),
        "specks_removed": found.specks + small,
    }
    progress(1.0, "done")
    return Made({"bones": bones}, summary)


def _labelled(
    crops: tuple[masks.Crop, ...], shape: tuple[int, ...], params: "BoneParams", progress: Progress
) -> tuple[NDArray[np.uint16], int]:
    """Return the bones of all crops, 1 being the largest, and how many pieces were too small."""
    labels = np.zeros(shape, np.int32)
    total = sum(c.candidate.size for c in crops)
    count, done = 0, 0
    for crop in crops:
        here = progress.between(done / total, (done + crop.candidate.size) / total)
        mask = masks.solid(crop, here.between(0.0, 0.6))
        parts = separated(mask, crop, here.between(0.6, 1.0)) if params.separate else ndimage.label(mask)[0]
        labels[crop.box][parts > 0] = parts[parts > 0] + count
        count += int(parts.max())
        done += crop.candidate.size
    sizes = kernels.counts(labels, count, labels, 0)[0] * float(np.prod(crops[0].spacing)) / 1000
    order = [n for n in np.argsort(-sizes[1:]) + 1 if sizes[n] >= max(params.smallest_ml, 1e-9)]
    if not order:
        raise masks.no_bone(params.threshold_hu)
    lookup = np.zeros(count + 1, np.uint16)
    lookup[order] = np.arange(1, len(order) + 1)
    return lookup[labels], int((sizes[1:] > 0).sum()) - len(order)


def _scene(
    labels: NDArray[np.uint16], hu: NDArray[np.float32], affine: NDArray[np.float64], spacing: NDArray
) -> Scene:
    scene = Scene(labels, hu, affine, spacing)
    for n, box in enumerate(ndimage.find_objects(labels), start=1):
        mask = labels[box] == n
        center = np.array(ndimage.center_of_mass(mask)) + [s.start for s in box]
        volume_ml = float(mask.sum() * np.prod(spacing)) / 1000
        scene.bones.append(Bone(n, box, volume_ml, scene.lps(center[None])[0]))
    return scene


def _check(volume: Volume, params: "BoneParams") -> None:
    """Refuse values that nobody says are Hounsfield units; who says what is to be added says so too."""
    if volume.unit == "HU" or params.assume_hu or params.add_hu:
        return
    if volume.modality == "CT":
        raise UserError(
            f"The values of this CT are in {f'“{volume.unit}”' if volume.unit else 'no unit'}, "
            "not in Hounsfield units (HU).",
            "Choose a series in HU, or set “Values are Hounsfield units” (assume_hu, under Advanced) "
            "if they are after all.",
        )
    if volume.modality:
        raise UserError(
            f"This volume is {volume.modality}, not CT: its values do not tell bone from other tissue.",
            "Choose a CT series, or set “Values are Hounsfield units” (assume_hu, under Advanced) "
            "if they are after all.",
        )
    raise UserError(
        "This volume does not say what it is (a NIfTI file names no modality), so its values may not be "
        "Hounsfield units.",
        "Import it as CT, or set “Values are Hounsfield units” (assume_hu, under Advanced) if it is one.",
    )


def _at_border(bone: Bone, scene: Scene) -> bool:
    """Tell whether the image's border cuts a bone off."""
    return any(s.start == 0 or s.stop == size for s, size in zip(bone.box, scene.labels.shape, strict=True))


def _described(bone: Bone, name: str) -> dict[str, Any]:
    return {
        "name": name,
        "volume_ml": round(bone.volume_ml, 2),
        "center_lps_mm": [round(float(x), 2) for x in bone.center],
    }
