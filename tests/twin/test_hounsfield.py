"""Hounsfield units are told from other values by where air, fat and soft tissue lie."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from twin import edits, hounsfield
from twin.domain import Volume
from twin.hounsfield import NotHounsfield
from twin.progress import Progress
from twin.sources import read, scan


def silent(values: NDArray) -> Volume:
    return Volume(values, np.eye(4), "")


def body(air: float, soft: float) -> NDArray[np.int16]:
    """Air around a body of soft tissue with noise of 15 and a bone 700 above it."""
    values = np.full((8, 32, 32), air) + np.random.default_rng(0).normal(0, 15, (8, 32, 32))
    values[:, 8:24, 6:26] += soft - air
    values[:, 12:18, 12:18] += 700
    return values.astype(np.int16)


def confirm(volume: Volume, **said: object) -> Volume:
    made = edits.confirm_modality(volume, edits.ModalityParams("CT", **said), Progress())  # type: ignore[arg-type]
    made = made.outputs["volume"]
    assert isinstance(made, Volume)
    return made


def test_a_scan_without_its_intercept_gets_it_by_hand() -> None:
    bare = replace(silent(body(24, 1074)), window=(1064.0, 400.0))
    with pytest.raises(
        NotHounsfield, match=r"soft tissue at 107.*−1024 HU.*soft tissue to (49|50)\."
    ) as told:
        confirm(bare)
    assert told.value.add_hu == -1024.0
    made = confirm(bare, add_hu=told.value.add_hu)
    # 1074 − 1024; a window for the stored numbers moves with them.
    assert (made.intercept, made.window, made.unit) == (-1024.0, (40.0, 400.0), "HU")
    assert "−1024 HU were added to every value by hand." in made.notes
    with pytest.raises(NotHounsfield):
        confirm(bare, add_hu=-300.0)


@pytest.mark.parametrize(
    "values",
    [
        np.tile(np.arange(256, dtype=np.uint8), (4, 16, 1)),
        np.random.default_rng(0).normal(0, 1, (4, 32, 32)).astype(np.float32),
        np.random.default_rng(0).integers(-4096, 4096, (4, 32, 32)).astype(np.int16) * 4,
        np.full((2, 4, 4), np.nan, np.float32),
    ],
    ids=["8-bit", "standardized", "phase", "empty"],
)
def test_what_does_not_look_like_a_ct_is_taken_only_where_it_is_said_twice(values: NDArray) -> None:
    with pytest.raises(NotHounsfield) as told:
        confirm(silent(values))
    assert told.value.add_hu == 0.0
    made = confirm(silent(values), assume_hu=True)
    assert made.unit == "HU"
    assert "said by hand that they are" in made.notes[-1]


def test_a_ct_passes_and_only_a_ct_has_hounsfield_units() -> None:
    assert confirm(silent(body(-1000, 50))).intercept == 0.0
    with pytest.raises(edits.UserError, match="Only a CT"):
        edits.confirm_modality(silent(body(-1000, 50)), edits.ModalityParams("MR", add_hu=1.0), Progress())


def test_real_scans_are_told_apart(shared_data: Path) -> None:
    """A CT with its values in HU, one that lacks 1024, a brain MR from 0 to 3057 and its mask."""
    added = {}
    for name in (
        "ct-heart/ct_cropped.nii.gz", "ct-head/dicom", "mr-brain-tumour/brain1_image.nrrd",
        "mr-brain-tumour/brain1_label.nrrd",
    ):  # fmt: skip
        (series,) = scan([shared_data / name]).series
        try:
            volume = read(series, kind="volume") if series.format != "dicom" else read(series)
            assert isinstance(volume, Volume)
            hounsfield.check(volume)
        except NotHounsfield as error:
            added[name] = error.add_hu
    assert added == {
        "ct-head/dicom": -1024.0,
        "mr-brain-tumour/brain1_image.nrrd": 0.0,
        "mr-brain-tumour/brain1_label.nrrd": 0.0,
    }
