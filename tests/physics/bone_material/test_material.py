import numpy as np
import pytest

from physics.bone_material.calibration import from_phantom, scanner_default
from physics.bone_material.integrate import tetrahedron_points
from physics.bone_material.laws import Conversion
from physics.bone_material.material import Mapping, bone_material, rescaled
from physics.results_average import element_volumes
from resources.bone_laws import modulus_laws
from tests.physics.boxes import box_mesh
from twin.domain import Volume
from twin.errors import UserError

MORGAN = modulus_laws()["Morgan femoral neck"]


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_points_lie_evenly(n):
    points, weights = tetrahedron_points(n)
    assert weights.sum() == pytest.approx(1)
    np.testing.assert_allclose(points.sum(axis=1), 1)
    assert points.min() > 0
    np.testing.assert_allclose(weights @ points, 0.25)
    # Mean of λ0² over a tetrahedron is 2!·3!/5! = 0.1; the rule closes in on it with n²
    # (0.0375, 0.056, 0.0615 times 1/n² at n = 1, 2, 5).
    assert weights @ points[:, 0] ** 2 == pytest.approx(0.1, abs=0.065 / n**2)


def _volume(values, spacing=(1.0, 1.0, 1.0), origin=(0.0, 0.0, 0.0), slope=1.0, intercept=0.0, **about):
    affine = np.diag([*spacing, 1.0])
    affine[:3, 3] = origin
    return Volume(values, affine, "CT", unit="HU", slope=slope, intercept=intercept, kvp=120.0, **about)


def test_constant_scan_gives_the_laws_modulus():
    mesh = box_mesh((10, 10, 10), 3)
    # Stored 1400, slope 0.5, intercept 300: 1000 HU.
    scan = _volume(np.full((16, 16, 16), 1400, np.int16), origin=(-3, -3, -3), slope=0.5, intercept=300)
    material, notes = bone_material(mesh, scan, Mapping(scanner_default()))
    # As in test_laws: apparent 1.288167 g/cm³ at 1000 HU.
    np.testing.assert_allclose(material.density_g_cm3, 1.2881667, rtol=1e-5)
    np.testing.assert_allclose(material.young_mpa, 6850 * 1.2881667**1.49, rtol=1e-5)
    assert notes == ()
    assert not material.calibrated
    assert material.clipped_low == material.clipped_high == 0


def test_modulus_is_averaged_not_density():
    # One element over a scan that rises linearly along x: the density's mean is that at the
    # centroid, the mean of a convex law lies above the law of the mean.
    x = np.arange(20.0)
    scan = _volume(np.broadcast_to(200 + 60 * x, (20, 20, 20)).astype(np.int16).copy(), origin=(-4, -4, -4))
    mesh = box_mesh((10, 10, 10), 1)
    material, _ = bone_material(mesh, scan, Mapping(scanner_default(), surface="none"))
    centers = mesh.points[mesh.tets].mean(axis=1)
    chain = Conversion.of(scanner_default(), MORGAN, 0.01)
    hu = 200 + 60 * (centers[:, 0] + 4)
    np.testing.assert_allclose(material.density_g_cm3, chain.slope * hu + chain.offset, rtol=1e-5)
    assert (material.young_mpa > 1.001 * chain.young(hu)).all()


def test_limits_and_the_share_they_clip():
    values = np.full((30, 16, 16), 4000, np.int16)
    values[:15] = -200
    scan = _volume(values, origin=(-3, -3, -9.5))
    mesh = box_mesh((10, 10, 10), (2, 2, 20))
    carter = Mapping(scanner_default(), law="Carter-Hayes", surface="none")
    material, _ = bone_material(mesh, scan, carter)
    # 3790·2³·0.01^0.06 = 23,000 MPa above; nothing below: both halves clipped but for the
    # voxel between them, where CT numbers rise.
    assert material.young_mpa.min() == 10.0
    assert material.young_mpa.max() == 22000.0
    assert 0.4 <= material.clipped_low <= 0.5
    assert 0.4 <= material.clipped_high <= 0.5


def test_density_scaled_by_twenty_percent():
    mesh = box_mesh((10, 10, 10), 2)
    scan = _volume(np.full((16, 16, 16), 500, np.int16), origin=(-3, -3, -3))
    material, _ = bone_material(mesh, scan, Mapping(scanner_default()))
    # 0.8^1.49 = 0.717, 1.2^1.49 = 1.312: orthopaedics.md's −28/+31 %.
    low, high = rescaled(material, 0.8), rescaled(material, 1.2)
    np.testing.assert_allclose(low.young_mpa / material.young_mpa, 0.717, atol=5e-4)
    np.testing.assert_allclose(high.young_mpa / material.young_mpa, 1.312, atol=5e-4)


def test_surface_is_mended():
    """A block of bone (1200 HU) in muscle, blurred like a scan: its skin must not come out soft."""
    from scipy.ndimage import gaussian_filter

    mesh = box_mesh((20, 20, 20), 10)
    step = 0.8
    grid = np.arange(-6, 26.01, step)
    fine = np.arange(-6 - 0.4 + 0.05, 26.4, 0.1)
    inside = ((fine > 0) & (fine < 20)).astype(float)
    share = np.array([inside[np.abs(fine - g) <= 0.4].mean() for g in grid])
    bone = share[:, None, None] * share[None, :, None] * share[None, None, :]
    noise = np.random.default_rng(5).normal(0, 18, bone.shape)
    values = gaussian_filter(48 + (1200 - 48) * bone, 0.45 / step) + noise
    scan = _volume(np.rint(values).astype(np.int16), spacing=(step,) * 3, origin=(-6,) * 3)
    truth = Conversion.of(scanner_default(), MORGAN, 0.01).young(np.array([1200.0]))[0]
    centers = mesh.points[mesh.tets].mean(axis=1)
    skin = np.minimum(centers, 20 - centers).min(axis=1) < 1.0
    share = element_volumes(mesh)[skin]
    mean = {}
    for surface in ("none", "extend", "maximum"):
        material, _ = bone_material(mesh, scan, Mapping(scanner_default(), surface=surface))
        mean[surface] = np.average(material.young_mpa[skin], weights=share) / truth
    assert mean["none"] < 0.85
    assert mean["maximum"] == pytest.approx(1.0, abs=0.06)
    assert mean["extend"] == pytest.approx(1.0, abs=0.06)


def test_refusals():
    mesh = box_mesh((10, 10, 10), 1)
    values = np.zeros((16, 16, 16), np.int16)
    with pytest.raises(UserError, match="outside of the CT"):
        bone_material(mesh, _volume(values, origin=(3, -3, -3)), Mapping(scanner_default()))
    mr = Volume(values, np.eye(4), "MR")
    with pytest.raises(UserError, match="CT in HU"):
        bone_material(mesh, mr, Mapping(scanner_default()))


def test_phantom_counts_as_calibrated():
    mesh = box_mesh((10, 10, 10), 1)
    scan = _volume(np.full((16, 16, 16), 500, np.int16), origin=(-3, -3, -3))
    material, _ = bone_material(mesh, scan, Mapping(from_phantom(0.75, 4.0, "HA")))
    assert material.calibrated
    # HA 0.75·0.5 + 0.004 = 0.379; ash 0.877·0.379 + 0.0789 = 0.411283; apparent 0.685472.
    np.testing.assert_allclose(material.density_g_cm3, 0.685472, rtol=1e-5)
