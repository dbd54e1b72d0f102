"""Scar in late enhancement, held against the reference heart's own; and what is no late series."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from physics.heart.of_motion import ventricle_of
from physics.heart_steps import VentricleParams
from segmentation.heart.scar import find_scar, remote_of
from segmentation.heart.steps import METHODS, ScarParams
from tests.segmentation.heart.late import late, motion, patient, truth
from twin.domain import LabelMap, TetMesh, Volume
from twin.errors import UserError
from twin.progress import Progress
from twin.reference.heart import CENTER
from twin.reference.late import Scar
from twin.steps import Made

DENSITY = 1.05
"""g/mL of heart muscle."""


def found(volume: Volume, params: ScarParams | None = None) -> tuple[LabelMap, Made]:
    made = find_scar(volume, motion(), params or ScarParams(), Progress())
    labels = made.outputs["scar"]
    assert isinstance(labels, LabelMap)
    return labels, made


@cache
def plain() -> tuple[LabelMap, Made]:
    """Return what is found of the scar with all defaults."""
    return found(late(Scar())[0])


def dice(one: np.ndarray, two: np.ndarray) -> float:
    return 2.0 * float((one & two).sum()) / float(one.sum() + two.sum())


@pytest.mark.parametrize("method", [METHODS[0], pytest.param(METHODS[1], marks=pytest.mark.slow)])
def test_mass_place_and_segments_are_those_of_the_scar_that_was_made(method: str) -> None:
    """A quarter of the mass: half a pixel (0.9 mm) along a border some 6 mm from the endocardium is 15 %."""
    scar = Scar()
    labels, made = plain() if method == METHODS[0] else found(late(scar)[0], ScarParams(method=method))
    assert labels.notes[0].startswith("Taken as late enhancement by its description")
    assert made.summary["scar_g"] == pytest.approx(DENSITY * scar.ml(patient().left(0)), rel=0.25)
    assert dice(labels.mask("scar"), truth(scar)) > 0.75
    most = max(made.summary["segments"], key=lambda s: s["scar_percent"])
    assert (
        most["name"] == "mid anteroseptal"
    )  # by its angles and heights: 0–60° from the septum, the middle third
    far = [s for s in made.summary["segments"] if "inferolateral" in s["name"] or "inferior" in s["name"]]
    assert len(far) >= 4
    assert all(s["scar_percent"] < 2.0 for s in far)
    assert labels.mask("living muscle").sum() > 5 * labels.mask("scar").sum()


@pytest.mark.slow
def test_a_healthy_heart_has_none_and_says_so() -> None:
    labels, made = found(late(None)[0])
    assert made.summary["scar_g"] < 0.5
    assert made.summary["scar_g"] > 0 or any("no scar was found" in note for note in labels.notes)


def test_slices_of_another_breath_are_told_and_put_right() -> None:
    """One slice is shown 5 mm beside the wall: told within 1.5 mm, and the scar is found as without."""
    volume, moved = late(Scar())
    away = volume.voxels.copy()
    away[3] = np.roll(away[3], 3, axis=1)  # three pixels along the rows: 5.4 mm
    labels, _ = found(replace(volume, voxels=away))
    (told,) = (note for note in labels.notes if "another breath" in note)
    assert "4 by " in told
    off = float(told.partition("4 by ")[2].split()[0])
    along = volume.affine[:3, 0] / volume.spacing_mm[0]
    assert off == pytest.approx(np.linalg.norm(5.4 * along + moved[3]), abs=1.5)
    expected = truth(Scar())
    expected[3] = np.roll(expected[3], 3, axis=1)
    assert dice(labels.mask("scar")[3], expected[3]) > 0.7
    assert (
        dice(found(replace(volume, voxels=away), ScarParams(align=False))[0].mask("scar")[3], expected[3])
        < 0.6
    )


@pytest.mark.slow
def test_a_dark_core_counts_as_scar_or_is_told_apart() -> None:
    volume, _ = late(Scar(core=0.6))
    (with_core, made), (without, _) = found(volume), found(volume, ScarParams(core=False))
    assert made.summary["core_g"] > 0.5
    gained = with_core.mask("scar").sum() - without.mask("scar").sum()
    one_g = DENSITY * abs(np.linalg.det(volume.affine[:3, :3])) / 1000
    assert gained * one_g == pytest.approx(made.summary["core_g"])
    assert any("dark core" in note for note in with_core.notes)


def test_healthy_muscle_is_the_dark_mode_even_where_half_of_the_wall_is_scar() -> None:
    rng = np.random.default_rng(3)
    values = np.concatenate([rng.normal(20.0, 4.0, 900), rng.normal(200.0, 30.0, 1100)])
    remote = remote_of(values)
    assert remote.middle == pytest.approx(20.0, abs=0.6)  # 4 / √900, four times
    assert remote.sd == pytest.approx(4.0, rel=0.15)


def test_what_is_no_late_series_of_this_heart_is_refused() -> None:
    volume, _ = late(Scar())
    with pytest.raises(UserError, match="different frames of reference"):
        found(replace(volume, frame_of_reference="1.2.3"))
    elsewhere = volume.affine.copy()
    elsewhere[:3, 3] += 500.0
    with pytest.raises(UserError, match="Nothing of the ventricle"):
        found(replace(volume, affine=elsewhere))
    with pytest.raises(UserError, match="same value everywhere"):
        found(replace(volume, voxels=np.full_like(volume.voxels, 7)))
    with pytest.raises(UserError, match="no stack"):
        found(replace(volume, voxels=volume.voxels[None]))
    with pytest.raises(UserError, match="no phase 7"):
        found(volume, ScarParams(phase=7))


def test_what_is_found_is_in_the_ventricle_s_mesh() -> None:
    """From images to elements: a quarter of the mass as above; none on the far side of the cavity."""
    labels, _ = plain()
    params = VentricleParams(edge_mm=12.0)
    made = ventricle_of(motion(), params, Progress(), labels)
    mesh = made.outputs["ventricle mesh"]
    assert isinstance(mesh, TetMesh)
    assert mesh.living is not None
    assert made.summary["scar_g"] == pytest.approx(DENSITY * Scar().ml(patient().left(0)), rel=0.25)
    away = (mesh.points[mesh.tets[:, :4]].mean(axis=1) - CENTER) @ patient().axes.T
    far = away[:, 0] + away[:, 1] < -20.0  # toward neither septum nor anterior wall
    assert far.sum() > 100
    assert mesh.living[far].min() > 0.98
    assert any("assumed" in note for note in mesh.notes)
