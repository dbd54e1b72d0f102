"""Labelmaps as DICOM Segmentation objects (PS3.3 A.51), binary: one segment a structure, also overlapping."""

from pathlib import Path
from typing import Any

import numpy as np

from resources.anatomy_codes import SIDE_CODES, codes_of
from resources.cielab import to_cielab
from twin.domain import LabelMap, Structure, Volume
from twin.errors import UserError
from twin.exports.dicom_parts import begin, code, decimal, reference, text, uid
from twin.progress import Progress
from twin.sources.dicom_objects import SOFTWARE, described


def write(labelmap: LabelMap, path: Path, progress: Progress, image: Volume | None = None) -> None:
    """Write frames where a structure lies, and the first and last slice, so that the grid's extent is kept.

    ``image`` is what the labelmap lies on, see ``dicom_parts.begin``.

    Raises
    ------
    UserError
        There is no structure, or the grid is too big for DICOM.
    """
    from pydicom.dataset import Dataset
    from pydicom.uid import SegmentationStorage

    rows, columns = labelmap.labels.shape[-2:]
    if max(rows, columns) > 65535:
        raise UserError(f"Slices of {columns}×{rows} voxels are too big for DICOM.")
    ds, images = begin(labelmap, image, SegmentationStorage, "SEG", "Segmentation")
    ds.ContentDate, ds.ContentTime = ds.InstanceCreationDate, ds.InstanceCreationTime
    ds.ImageType = ["DERIVED", "PRIMARY"]
    ds.LossyImageCompression = "00"
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.Rows, ds.Columns = rows, columns
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 1, 1, 0, 0
    ds.SegmentationType = "BINARY"
    ds.SegmentsOverlap = "YES" if labelmap.labels.ndim == 4 else "NO"
    ds.ContentLabel, ds.ContentDescription, ds.ContentCreatorName = "SEGMENTATION", "Anatomy", ""
    ds.SegmentSequence = [_segment(n, s) for n, s in enumerate(labelmap.structures, 1)]
    _dimensions(ds, labelmap)
    shared = Dataset()
    shared.PixelMeasuresSequence = [_measures(labelmap)]
    shared.PlaneOrientationSequence = [Dataset()]
    axes = labelmap.affine[:3, :2] / labelmap.spacing_mm[:2]
    shared.PlaneOrientationSequence[0].ImageOrientationPatient = [decimal(c) for c in axes.T.ravel()]
    ds.SharedFunctionalGroupsSequence = [shared]
    if image is not None and images:
        series = Dataset()
        series.SeriesInstanceUID = image.identity.series_uid
        series.ReferencedInstanceSequence = [reference(i) for i in images]
        ds.ReferencedSeriesSequence = [series]
    frames, packed = _frames(labelmap, images, progress)
    ds.NumberOfFrames = len(frames)
    ds.PerFrameFunctionalGroupsSequence = frames
    ds.add_new(0x7FE00010, "OB", packed + b"\0" * (len(packed) % 2))
    ds.save_as(path, enforce_file_format=True)


def _segment(number: int, s: Structure) -> Any:
    from pydicom.dataset import Dataset

    category, kind = codes_of(s.term)
    item = Dataset()
    item.SegmentNumber, item.SegmentLabel = number, text(s.name) or f"segment {number}"
    if described(s):
        item.SegmentDescription = described(s)
    item.SegmentAlgorithmType, item.SegmentAlgorithmName = "SEMIAUTOMATIC", SOFTWARE
    item.SegmentedPropertyCategoryCodeSequence = [code(category)]
    item.SegmentedPropertyTypeCodeSequence = [code(kind)]
    if s.side in SIDE_CODES:
        item.SegmentedPropertyTypeCodeSequence[0].SegmentedPropertyTypeModifierCodeSequence = [
            code(SIDE_CODES[s.side])
        ]
    item.RecommendedDisplayCIELabValue = list(to_cielab(s.shown_color))
    return item


def _dimensions(ds: Any, labelmap: LabelMap) -> None:
    """Say that frames are ordered by segment, then by place (PS3.3 C.7.6.17)."""
    from pydicom.dataset import Dataset

    organization = uid("dimensions", ds.SOPInstanceUID)
    ds.DimensionOrganizationSequence = [Dataset()]
    ds.DimensionOrganizationSequence[0].DimensionOrganizationUID = organization
    ds.DimensionIndexSequence = []
    for pointer, group, label in (
        (0x0062000B, 0x0062000A, "ReferencedSegmentNumber"),
        (0x00200032, 0x00209113, "ImagePositionPatient"),
    ):
        item = Dataset()
        item.DimensionOrganizationUID = organization
        item.DimensionIndexPointer, item.FunctionalGroupPointer = pointer, group
        item.DimensionDescriptionLabel = label
        ds.DimensionIndexSequence.append(item)


def _measures(labelmap: LabelMap) -> Any:
    from pydicom.dataset import Dataset

    i, j, k = labelmap.spacing_mm
    item = Dataset()
    item.PixelSpacing = [decimal(j), decimal(i)]
    item.SliceThickness = item.SpacingBetweenSlices = decimal(k)
    return item


def _frames(
    labelmap: LabelMap, images: tuple[tuple[str, str], ...], progress: Progress
) -> tuple[list[Any], bytes]:
    """Return each frame's functional groups, and all their bits: packed one frame behind the other."""
    labels, affine = labelmap.labels, labelmap.affine
    size = labels.shape[-2] * labels.shape[-1]
    slices = labels.shape[-3]
    frames: list[Any] = []
    packed: list[bytes] = []
    loose = np.zeros(0, bool)
    for number, s in enumerate(labelmap.structures, 1):
        layer = labels if labels.ndim == 3 else labels[s.layer]
        there = set(np.flatnonzero((layer == s.label).any(axis=(1, 2))).tolist())
        if number == 1:
            there |= {0, slices - 1}
        for k in sorted(there):
            progress((number - 1 + k / slices) / len(labelmap.structures), "writing DICOM")
            frames.append(_frame(number, k, affine[:3, 3] + k * affine[:3, 2]))
            if images:
                frames[-1].DerivationImageSequence = [_derivation(images[k])]
            loose = np.concatenate([loose, (layer[k] == s.label).ravel()])
            whole = len(loose) // 8 * 8 if size % 8 else len(loose)
            packed.append(np.packbits(loose[:whole], bitorder="little").tobytes())
            loose = loose[whole:]
    packed.append(np.packbits(loose, bitorder="little").tobytes())
    return frames, b"".join(packed)


def _frame(number: int, k: int, position: Any) -> Any:
    from pydicom.dataset import Dataset

    item, content, place, segment = Dataset(), Dataset(), Dataset(), Dataset()
    content.DimensionIndexValues = [number, k + 1]
    place.ImagePositionPatient = [decimal(x) for x in position]
    segment.ReferencedSegmentNumber = number
    item.FrameContentSequence, item.PlanePositionSequence = [content], [place]
    item.SegmentIdentificationSequence = [segment]
    return item


def _derivation(image: tuple[str, str]) -> Any:
    """Return the item that says from which image a frame was made (PS3.3 C.7.6.16.2.6)."""
    from pydicom.dataset import Dataset

    item, source = Dataset(), reference(image)
    source.PurposeOfReferenceCodeSequence = [
        code(("121322", "Source image for image processing operation"), "DCM")
    ]
    source.SpatialLocationsPreserved = "YES"
    item.DerivationCodeSequence = [code(("113076", "Segmentation"), "DCM")]
    item.SourceImageSequence = [source]
    return item
