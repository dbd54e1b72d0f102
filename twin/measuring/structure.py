"""The volume of a structure of a labelmap as a measurement."""

import numpy as np
from numpy.typing import NDArray

from twin.domain import LabelMap, Measurement, Number, Volume
from twin.errors import UserError
from twin.measuring import inside


def of_structure(labelmap: LabelMap, volume: Volume | None = None) -> Measurement:
    """Return the volume of the one structure of a labelmap (or of a part of one).

    It is the number of its voxels times the volume of one. What half a voxel at its surface does is counted
    by voxels: half of those inside that touch the outside, half of those outside that touch it.

    Parameters
    ----------
    volume : Volume or None
        The image whose values inside are told; on the labelmap's own grid.

    Raises
    ------
    UserError
        Several structures, an empty one, or an image on another grid.
    """
    if len(labelmap.structures) != 1:
        raise UserError(
            f"There are {len(labelmap.structures)} structures in it; one is measured at a time.",
            "Name one: LABELMAP/STRUCTURE.",
        )
    (structure,) = labelmap.structures
    mask = labelmap.mask(structure.name)
    at = np.argwhere(mask)[:, ::-1]
    if not len(at):
        raise UserError(f"“{structure.name}” has no voxel.", "Draw it first.")
    one_ml = abs(float(np.linalg.det(labelmap.affine[:3, :3]))) / 1000
    low, high = (len(at) + by for by in _half_a_voxel(mask))
    bounds = (low * one_ml, high * one_ml)
    cut = "cut off by the image's border: it is larger" if structure.touches_border else ""
    causes = {"half a voxel at its surface": bounds}
    numbers = [Number("volume", len(at) * one_ml, "mL", *bounds, causes=causes, remark=cut)]
    numbers += _values(labelmap, volume, at) or [Number("voxels", float(len(at)), "")]
    middle = labelmap.affine[:3, :3] @ at.mean(axis=0) + labelmap.affine[:3, 3]
    return Measurement(
        "volume", middle[None], None, tuple(numbers), modality=volume.modality if volume else "",
        structure=structure.name, term=structure.term, side=structure.side,
        frame_of_reference=labelmap.frame_of_reference, identity=labelmap.identity,
        image_class=volume.image_class if volume else "",
        image_uids=_images(volume, at) if volume else (),
    )  # fmt: skip


def _half_a_voxel(mask: NDArray[np.bool_]) -> tuple[float, float]:
    """Return by how many voxels half a voxel less and more at the surface changes a mask."""
    padded = np.pad(mask, 1)
    neighbors = [np.roll(padded, step, axis) for axis in range(3) for step in (1, -1)]
    inner = padded & ~np.logical_and.reduce(neighbors)
    outer = ~padded & np.logical_or.reduce(neighbors)
    return -inner.sum() / 2, outer.sum() / 2


def _values(labelmap: LabelMap, volume: Volume | None, at: inside.Indices) -> list[Number]:
    if volume is None:
        return []
    if volume.shape != labelmap.labels.shape[-3:] or np.abs(volume.affine - labelmap.affine).max() > 1e-3:
        raise UserError("The image lies on another grid than the structure.", "Leave the image out.")
    if volume.voxels.ndim == 4:
        raise UserError("The image has several moments, the structure none.", "Leave the image out.")
    found = inside.values_of(volume, at, None)
    if found is None:
        return []
    of = f"of {found.count} voxels"
    numbers = [
        Number("mean", found.mean, volume.unit, remark=of),
        Number("minimum", found.low, volume.unit, remark=of),
        Number("maximum", found.high, volume.unit, remark=of),
        Number("voxels", float(found.count), ""),
    ]
    if np.isfinite(found.sd):
        numbers.insert(1, Number("standard deviation", found.sd, volume.unit, remark=f"{of}, by n − 1"))
    return numbers


def _images(volume: Volume, at: inside.Indices) -> tuple[str, ...]:
    if not volume.image_uids:
        return ()
    return tuple(volume.image_uids[k] for k in range(at[:, 2].min(), at[:, 2].max() + 1))
