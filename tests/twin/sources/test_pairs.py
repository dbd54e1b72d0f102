"""Real scans of four vendors against the reference NIfTI that comes with each."""

from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from twin.domain import LabelMap, Volume
from twin.errors import SourceError
from twin.sources import read, scan

PAIRS = [
    "ge/anatomical/001",
    "ge/anatomical/001_implicit",
    "ge/anatomical/001_single_slice",
    "generic/anatomical/001",
    "generic/anatomical/001_implicit",
    "generic/anatomical/002_non_isotropic",
    "generic/compressed/001",
    "generic/compressed_j2k/001",
    "generic/compressed_jpeg/001",
    "generic/compressed_jpegls/001",
    "generic/compressed_rle/001",
    "hitachi/anatomical/001",
    "hitachi/anatomical/001_implicit",
    "siemens/anatomical/001",
    "siemens/anatomical/001_implicit",
    "siemens_multiframe/anatomical/001",
    "failing/slicecount/001",  # two slices are fine
]

FAILING = {
    "gantrytilting/001": r"gantry tilt: .* 14\.0°",  # asin(0.24192) = 14.0°, the file's own cosine
    "sliceincrement/001": r"1 slice is missing, 15 mm from the first slice \(steps of 5 mm\)",
    "sliceincrement/002": r"gantry tilt: .* 15\.5°",  # asin(0.26724) = 15.5°
    "sliceorientation/001": r"mixed orientations: its 4 images lie in 2 planes",
    "notavolume/001": r"4 images lie at the same place .* a localizer or a monitoring scan, not a volume",
}


def only(folder: Path) -> Volume:
    found = scan([folder])
    assert found.problems == ()
    (series,) = found.series
    volume = read(series)
    assert isinstance(volume, Volume)
    return volume


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("suffix", ["_ground_truth", "_ground_truth_reoriented"])
def test_every_voxel_and_its_place_are_those_of_the_reference(
    shared_data: Path, pair: str, suffix: str
) -> None:
    folder = shared_data / "dicom-nifti-pairs" / pair
    volume = only(folder)
    reference = nib.load(folder.with_name(folder.name + suffix + ".nii.gz"))
    truth = np.asarray(reference.dataobj)

    ours = np.stack(np.meshgrid(*(np.arange(n) for n in volume.shape), indexing="ij"), axis=-1)[..., ::-1]
    world = ours.reshape(-1, 3) @ volume.affine[:3, :3].T + volume.affine[:3, 3]
    to_index = np.linalg.inv(np.diag([-1.0, -1.0, 1.0, 1.0]) @ reference.affine)
    index = world @ to_index[:3, :3].T + to_index[:3, 3]
    nearest = np.rint(index).astype(int)

    # issue 3: within 0.01 mm of the reference, measured in the reference's own voxels
    off = np.abs(index - nearest) * np.linalg.norm(reference.affine[:3, :3], axis=0)
    if min(reference.shape) > 1:
        assert off.max() < 0.01
    assert (nearest >= 0).all()
    assert (nearest < truth.shape).all()
    assert (np.bincount(np.ravel_multi_index(tuple(nearest.T), truth.shape)) == 1).all()
    assert truth.size == volume.voxels.size
    values = volume.voxels.reshape(-1) * volume.slope + volume.intercept
    theirs = truth[tuple(nearest.T)]
    if volume.voxels.dtype.kind == "f":  # a slope a slice: kept as float32
        np.testing.assert_allclose(values, theirs, rtol=2e-7)
    else:
        np.testing.assert_array_equal(values, theirs)


@pytest.mark.parametrize("case", FAILING)
def test_what_would_be_bent_is_refused_and_says_why(shared_data: Path, case: str) -> None:
    folder = shared_data / "dicom-nifti-pairs/failing" / case
    (series,) = scan([folder]).series
    assert not series.is_volume
    with pytest.raises(SourceError, match=FAILING[case]) as error:
        read(series)
    assert str(folder) in error.value.message


def test_the_slice_that_is_missing_is_filled_when_that_is_accepted(shared_data: Path) -> None:
    (series,) = scan([shared_data / "dicom-nifti-pairs/failing/sliceincrement/001"]).series
    volume = read(series, accept_gaps=True)
    assert isinstance(volume, Volume)
    assert volume.voxels.shape == (5, 512, 512)
    # the header's own positions: 18.1075, 23.1075, 28.1075, (missing), 38.1075
    z = volume.affine[2, 3] + volume.affine[2, 2] * np.arange(5)
    np.testing.assert_allclose(z, 18.1075 + 5 * np.arange(5), atol=1e-5)
    half = (volume.voxels[2].astype(float) + volume.voxels[4]) / 2
    assert np.abs(volume.voxels[3] - half).max() <= 0.5
    assert volume.notes == (
        "Filled by interpolation: 1 slice is missing, 15 mm from the first slice (steps of 5 mm).",
    )


def test_cine_series_are_told_apart_and_keep_their_times(shared_data: Path) -> None:
    found = scan([shared_data / "heart-mr-cine/dicom"])
    assert [s.number for s in found.series] == [
        7001, 8001, 9001, 10001, 11001, 12001, 14001, 16001, 17001, 19001, 22001,
    ]  # fmt: skip
    assert all(s.is_volume and s.count == 25 and s.size[2:] == (1, 25) for s in found.series)
    volume = read(found.series[0])
    assert isinstance(volume, Volume)
    assert volume.voxels.shape == (25, 1, 208, 256)
    assert volume.times_ms is not None
    assert volume.times_ms[0] == 0
    assert (np.diff(volume.times_ms) > 0).all()
    np.testing.assert_allclose(volume.spacing_mm, (1.40625, 1.40625, 6), rtol=1e-9)  # README: 1.406 mm, 6 mm


def test_a_folder_of_real_scans_mixed_together(shared_data: Path) -> None:
    found = scan([shared_data / "ct-torso"])
    assert sorted((s.format, s.size) for s in found.series) == [
        ("dicom", (512, 512, 20)),
        ("nifti", (122, 101, 112)),
        ("nifti", (122, 101, 112)),
        ("nifti", (512, 512, 20)),
    ]


def test_jpeg2000_chest_lies_where_its_labels_lie(shared_data: Path) -> None:
    volume = only(shared_data / "ct-torso/dicom-chest")
    labels = read(scan([shared_data / "ct-torso/dicom-chest-labels.nii.gz"]).series[0], kind="labelmap")
    assert isinstance(labels, LabelMap)
    value = volume.voxels * volume.slope + volume.intercept
    assert volume.unit == "HU"
    to_index = np.linalg.inv(labels.affine) @ volume.affine
    np.testing.assert_allclose(np.abs(to_index[:3, :3]), np.eye(3), atol=1e-5)
    k, j, i = (int(np.sign(to_index[n, n])) for n in (2, 1, 0))
    turned = labels.labels[::k, ::j, ::i]
    # TotalSegmentator's numbering: 5 liver (enhanced: 80 to 120 HU), 92 to 115 ribs (bone)
    assert 80 < np.median(value[turned == 5]) < 120
    assert np.percentile(value[turned == 5], 5) > 20
    assert np.median(value[(turned >= 92) & (turned <= 115)]) > 180
