"""What is said of values whose file says little."""

from dataclasses import replace

import numpy as np
import pytest

from twin import edits
from twin.domain import Volume
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
