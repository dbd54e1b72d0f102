"""What a record keeps of a cine study, and the wall that is meshed from it."""

from dataclasses import replace

import numpy as np
import pytest

from physics.heart.of_motion import ventricle_of
from physics.heart_steps import VentricleParams
from segmentation.heart.motion import find_ventricles, motion_of
from segmentation.heart.steps import CineParams
from segmentation.heart.ventricle import Ventricles
from tests.segmentation.heart.phantom import ACROSS, AXIS, PHASES, shape
from twin.domain import Motion, TetMesh, Volume
from twin.errors import UserError
from twin.progress import Progress


@pytest.fixture(scope="module")
def motion(phantom_found: Ventricles) -> Motion:
    return motion_of(phantom_found)


def test_the_record_has_what_was_found(motion: Motion, phantom_found: Ventricles) -> None:
    endo = motion.surface("endocardium")
    assert endo.points.shape[0] == len(motion.phases) == PHASES
    last = phantom_found.wall.endocardium(PHASES - 1)
    np.testing.assert_allclose(endo.points[-1], last.points, atol=1e-4)  # float32
    assert motion.cycle_s == pytest.approx(0.81)  # the phantom's first series: 810 ms
    named = {n.name: n.value for n in motion.numbers}
    assert named["end-diastolic volume"] == motion.cavity_ml[motion.fullest]
    assert named["heart rate"] == pytest.approx(60 / 0.81)
    assert {o.name for o in motion.outlines} == {"left endocardium", "left epicardium", "right cavity"}


def test_what_is_no_cine_is_left_to_the_message(phantom_study: list[Volume]) -> None:
    with pytest.raises(UserError, match="no short-axis stack"):
        find_ventricles(phantom_study[1:], CineParams(), Progress())


def test_the_wall_is_meshed_with_fibers_and_segments(motion: Motion) -> None:
    made = ventricle_of(motion, VentricleParams(edge_mm=10.0), Progress())
    (mesh,) = made.outputs.values()
    assert isinstance(mesh, TetMesh)
    assert mesh.tets.shape[1] == 10
    # Elements are curved.
    assert made.summary["cavity_ml"] == pytest.approx(motion.cavity_ml[motion.fullest], rel=0.02)
    assert made.summary["wall_ml"] == pytest.approx(shape(0.0).muscle_ml, rel=0.1)
    assert mesh.axes is not None
    square = mesh.axes @ mesh.axes.transpose(0, 2, 1)
    np.testing.assert_allclose(square, np.broadcast_to(np.eye(3), square.shape), atol=1e-9)
    middle = mesh.points[mesh.tets[:, :4]].mean(axis=1)
    septal = np.isin(mesh.regions, [mesh.region_names.index(f"mid {s}septal") for s in ("antero", "infero")])
    lateral = np.isin(
        mesh.regions, [mesh.region_names.index(f"mid {s}lateral") for s in ("antero", "infero")]
    )
    # The phantom's right ventricle lies toward −ACROSS, its base toward AXIS.
    assert (middle[septal] @ ACROSS).mean() < (middle[lateral] @ ACROSS).mean() - 20
    basal = np.isin(mesh.regions, range(6))
    assert (middle[basal] @ AXIS).min() > (middle[mesh.regions == 16] @ AXIS).max()


def test_without_the_right_ventricle_segments_are_not_guessed(motion: Motion) -> None:
    alone = replace(motion, outlines=())
    mesh = ventricle_of(alone, VentricleParams(edge_mm=12.0), Progress()).outputs["ventricle mesh"]
    assert isinstance(mesh, TetMesh)
    assert mesh.region_names == ("left ventricle",)
    assert any("segments are not told" in note for note in mesh.notes)


def test_a_phase_that_is_not_there(motion: Motion) -> None:
    with pytest.raises(UserError, match=r"no phase 30.*has 8"):
        ventricle_of(motion, VentricleParams(phase=30), Progress())
