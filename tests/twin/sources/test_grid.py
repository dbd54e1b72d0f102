"""What is said of values whose file says little."""

from dataclasses import replace

import numpy as np
import pytest

from twin import edits
from twin.domain import LabelMap, Volume
from twin.errors import UserError
from twin.progress import Progress
from twin.sources.grid import ASKS_FOR_HU, in_hounsfield


def body(air: float = -1000.0, soft: float = 40.0) -> Volume:
    """A block of soft tissue with noise in air, fat about it, and some bone."""
    voxels = np.full((20, 40, 40), air)
    voxels[:, 6:34, 6:34] = soft - 140
    voxels[:, 8:32, 8:32] = soft
    voxels[:, 18:22, 18:22] = soft + 600
    voxels += np.random.default_rng(0).normal(scale=15, size=voxels.shape)
    return Volume(np.rint(voxels).astype(np.int16), np.eye(4), "CT")


def test_a_ct_without_a_unit_is_looked_at() -> None:
    assert in_hounsfield(body()).unit == "HU"
    shifted = in_hounsfield(body(24.0, 1064.0))  # 1024 added: the intercept was left out
    assert shifted.unit == ""
    assert "leave its rescale intercept out" in shifted.notes[-1]
    assert shifted.notes[-1].endswith(ASKS_FOR_HU)


@pytest.mark.parametrize(
    "volume", [replace(body(24.0, 1064.0), modality="MR"), replace(body(24.0, 1064.0), unit="HU")]
)
def test_what_is_said_stays(volume: Volume) -> None:
    assert in_hounsfield(volume) is volume


def test_a_person_may_say_it_all_the_same() -> None:
    params = edits.ModalityParams(modality="CT", assume_hu=True)
    (made,) = edits.confirm_modality(in_hounsfield(body(24.0, 1064.0)), params, Progress()).outputs.values()
    assert isinstance(made, Volume)
    assert made.unit == "HU"
    assert not any(ASKS_FOR_HU in note for note in made.notes)


def labels(**more: object) -> Volume:
    numbers = np.zeros((4, 6, 5), np.int16)
    numbers[1:3, 2:4, 2:4] = 3
    return Volume(numbers, np.diag([1.0, 1.0, 2.0, 1.0]), "", **more)  # type: ignore[arg-type]


def test_whole_numbers_are_taken_as_labels() -> None:
    (made,) = edits.take_as_labels(labels(), Progress()).outputs.values()
    assert isinstance(made, LabelMap)
    assert [s.name for s in made.structures] == ["label 3"]
    assert made.mask("label 3").sum() == 8
    (doubled,) = edits.take_as_labels(labels(slope=2.0), Progress()).outputs.values()
    assert isinstance(doubled, LabelMap)
    assert [s.label for s in doubled.structures] == [6]


@pytest.mark.parametrize(
    ("volume", "why"),
    [
        (body(), "do not look like labels"),
        (labels(slope=0.5), "do not look like labels"),
        (labels(color=True), "holds colors"),
        (replace(labels(), voxels=np.zeros((2, 4, 6, 5), np.int16)), "several moments"),
    ],
)
def test_what_holds_no_labels_is_refused(volume: Volume, why: str) -> None:
    with pytest.raises(UserError, match=why):
        edits.take_as_labels(volume, Progress())
