"""A left ventricle in a contrast CT made by formula: blood in muscle, an atrium, a papillary, noise."""

from dataclasses import replace

import numpy as np
import pytest

from segmentation.heart.still import find_still
from twin.domain import Measurement, Motion, Volume
from twin.errors import UserError
from twin.progress import Progress

SPACING_MM = 1.5
RADIUS_MM, LENGTH_MM = 25.0, 75.0
"""Of half an ellipsoid: 2/3 π r² l = 98.2 mL."""
CAVITY_ML = 2 / 3 * np.pi * RADIUS_MM**2 * LENGTH_MM / 1000
BLOOD_HU, MUSCLE_HU, OTHER_BLOOD_HU = 400.0, 110.0, 550.0
DOWN = np.array([0.55, -0.45, -0.7]) / np.linalg.norm([0.55, -0.45, -0.7])
"""From the valve to the apex: as hearts lie."""


@pytest.fixture(scope="module")
def ct() -> Volume:
    """The valve's middle is at the origin; the atrium is a ball above it, the right ventricle lies beside."""
    side = np.arange(-90.0, 90.0, SPACING_MM)
    z, y, x = np.meshgrid(side, side, side, indexing="ij")
    places = np.stack([x, y, z], axis=-1)
    along = places @ DOWN
    across = np.sqrt(np.maximum((places**2).sum(axis=-1) - along**2, 0.0))

    def half(grow: float) -> np.ndarray:
        inside = (across / (RADIUS_MM + grow)) ** 2 + (along / (LENGTH_MM + grow)) ** 2 < 1.0
        return inside & (along >= 0.0)

    beside = np.cross(DOWN, [0.0, 0.0, 1.0])
    beside /= np.linalg.norm(beside)
    right = ((places - 52.0 * beside - 30.0 * DOWN) ** 2).sum(axis=-1) < 18.0**2
    atrium = ((places + 24.0 * DOWN) ** 2).sum(axis=-1) < 27.0**2
    muscle = half(9.0) | (((places + 24.0 * DOWN) ** 2).sum(axis=-1) < 30.0**2)
    values = np.where(muscle, MUSCLE_HU, -850.0)
    values[half(0.0) | (atrium & (along < 0.0))] = BLOOD_HU
    values[right] = OTHER_BLOOD_HU
    papillary = np.linalg.norm(places - 38.0 * DOWN - 12.0 * beside, axis=-1) < 4.0
    values[papillary] = MUSCLE_HU
    values += np.random.default_rng(7).normal(0.0, 25.0, values.shape)
    affine = np.diag([SPACING_MM, SPACING_MM, SPACING_MM, 1.0])
    affine[:3, 3] = side[0]
    return Volume(np.rint(values).astype(np.int16), affine, modality="CT", unit="HU")


def line(first: np.ndarray, second: np.ndarray) -> Measurement:
    return Measurement("distance", np.stack([first, second]))


def still(ct: Volume, axis: Measurement, **given: float) -> Motion:
    made = find_still(ct, axis, given.get("thickness_mm", 9.0), given.get("threshold_hu"), Progress())
    motion = made.outputs["left ventricle"]
    assert isinstance(motion, Motion)
    return motion


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_cavity_is_found_whichever_way_the_line_was_drawn(ct: Volume, order: tuple[int, int]) -> None:
    """Papillary muscle counted in; a quarter of a voxel all round would be 4 %."""
    ends = np.zeros(3), 0.97 * LENGTH_MM * DOWN
    motion = still(ct, line(ends[order[0]], ends[order[1]]))
    assert motion.still
    assert motion.cavity_ml[0] == pytest.approx(CAVITY_ML, rel=0.04)
    assert any("from the apex" in note for note in motion.notes) is (order == (1, 0))
    endo = motion.surface("endocardium").points[0].astype(float)
    along = endo @ DOWN
    across = np.linalg.norm(endo - along[:, None] * DOWN, axis=1)
    off = np.hypot(across / RADIUS_MM, along / LENGTH_MM) - 1.0
    assert np.abs(off * RADIUS_MM).mean() < 0.75  # half a voxel
    assert along.min() == pytest.approx(0.0, abs=1e-3)


def test_the_wall_is_as_thick_as_asked(ct: Volume) -> None:
    axis = line(np.zeros(3), 0.97 * LENGTH_MM * DOWN)
    for thickness in (6.0, 12.0):
        motion = still(ct, axis, thickness_mm=thickness)
        endo, epi = (motion.surface(n).points[0].astype(float) for n in ("endocardium", "epicardium"))
        below = epi[(epi @ DOWN) > 3.0]
        apart = np.sqrt(((below[:, None] - endo[None]) ** 2).sum(axis=2)).min(axis=1)
        assert np.median(apart) == pytest.approx(thickness, abs=0.5)
        assert any(f"{thickness:g} mm" in note for note in motion.notes)


def test_what_is_no_ventricle_is_refused(ct: Volume) -> None:
    apex = 0.97 * LENGTH_MM * DOWN
    with pytest.raises(UserError, match="mm long"):
        still(ct, line(np.zeros(3), 0.3 * LENGTH_MM * DOWN))
    with pytest.raises(UserError, match="both ends"):
        still(ct, line(0.1 * LENGTH_MM * DOWN, 0.75 * LENGTH_MM * DOWN))
    plain = replace(ct, voxels=np.where(ct.voxels > 0, 60, ct.voxels).astype(np.int16))
    with pytest.raises(UserError, match=r"no contrast|nothing brighter|cannot be told"):
        still(plain, line(np.zeros(3), apex))
    with pytest.raises(UserError, match="elsewhere"):
        still(
            replace(ct, frame_of_reference="1.2"), replace(line(np.zeros(3), apex), frame_of_reference="1.3")
        )
    with pytest.raises(UserError, match="Hounsfield"):
        still(replace(ct, unit=""), line(np.zeros(3), apex))


def test_the_heart_rate_of_a_gated_ct_is_the_motion_s(ct: Volume) -> None:
    axis = line(np.zeros(3), 0.97 * LENGTH_MM * DOWN)
    gated = replace(ct, cycle_ms=np.full(ct.shape[0], 1000.0))
    made = find_still(gated, axis, 9.0, None, Progress())
    motion = made.outputs["left ventricle"]
    assert isinstance(motion, Motion)
    assert motion.still
    assert motion.cycle_s == 1.0
    (rate,) = (n for n in motion.numbers if n.name == "heart rate")
    assert rate.value == made.summary["heart_rate_per_min"] == 60.0
    assert "DICOM" in rate.remark
    assert still(ct, axis).cycle_s == 0.0
