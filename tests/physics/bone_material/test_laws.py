import numpy as np
import pytest

from physics.bone_material.calibration import from_phantom, from_tissues, scanner_default, warnings
from physics.bone_material.laws import (
    Conversion,
    bone_yield_strains,
    law_in,
    words,
    young_mpa,
)
from resources.bone_laws import modulus_laws
from twin.domain import Volume
from twin.errors import UserError


def test_published_arithmetic():
    # orthopaedics.md, "Arithmetic".
    laws = modulus_laws()
    assert young_mpa(laws["Morgan femoral neck"], 0.5) == pytest.approx(2438.686, abs=5e-4)
    assert young_mpa(laws["Carter-Hayes"], 1.8, rate_per_s=0.01) == pytest.approx(16767.05, abs=5e-3)
    # ρ_ash = 0.887 ρ_K2HPO4 + 0.0633 (Keyak), of 1 g/cm³ a thousand HU.
    assert from_phantom(1.0, 0.0, "K2HPO4").to_ash == pytest.approx((0.887 / 1000, 0.0633))


def test_conversion_chains_the_three_steps():
    law = modulus_laws()["Morgan femoral neck"]
    chain = Conversion.of(scanner_default(), law, 0.01)
    # 1000 HU · 0.8 mg/cm³ = 0.8 g/cm³; ash 0.887·0.8 + 0.0633 = 0.7729; apparent /0.6 = 1.28817.
    assert chain.young(np.array([1000.0]))[0] == pytest.approx(6850 * 1.288166667**1.49, rel=1e-6)
    # Beyond the cap of 2.0 g/cm³ the modulus stays: 6850·2^1.49.
    assert chain.young(np.array([3000.0]))[0] == pytest.approx(6850 * 2**1.49)
    assert chain.young(np.array([-1000.0]))[0] == 0.0


def test_ash_law_chain_uses_ash_density():
    law = modulus_laws()["Keyak cortical"]
    chain = Conversion.of(from_phantom(0.8, 0.0, "K2HPO4"), law, 0.01)
    assert chain.young(np.array([1000.0]))[0] == pytest.approx(10200 * 0.7729**2.01, rel=1e-6)
    # The cap of 2.0 g/cm³ apparent is 1.2 g/cm³ ash.
    assert chain.young(np.array([5000.0]))[0] == pytest.approx(10200 * 1.2**2.01)


@pytest.mark.parametrize("name", list(modulus_laws()))
def test_source_names_its_law(name):
    assert law_in(words(modulus_laws()[name], 0.01)).name == name


def _scan(parts, seed=3, **about):
    rng = np.random.default_rng(seed)
    values = np.concatenate([rng.normal(hu, 15, n) for hu, n in parts])
    rng.shuffle(values)
    side = int(len(values) ** (1 / 3))
    voxels = np.rint(values[: side**3]).astype(np.int16).reshape(side, side, side)
    return Volume(voxels, np.eye(4), "CT", unit="HU", **about)


def test_tissues_calibrate():
    scan = _scan([(-1000, 40000), (-100, 20000), (55, 20000), (300, 9000)])
    line = from_tissues(scan)
    # Line through (−1000, −840), (−100, −80), (55, 30) mg/cm³ by least squares, worked with numpy.
    slope, offset = np.polyfit([-1000, -100, 55], [-0.840, -0.080, 0.030], 1)
    assert line.slope == pytest.approx(slope, rel=0.01)
    assert line.offset == pytest.approx(offset, abs=0.005)
    assert not line.with_phantom
    assert line.mineral == "HA"


@pytest.mark.parametrize(
    ("parts", "missing"),
    [
        ([(-1000, 40000), (55, 20000), (300, 9000)], "fat"),
        ([(-100, 20000), (55, 20000), (300, 9000)], "air"),
        ([(-1000, 40000), (-100, 20000), (300, 9000)], "muscle"),
    ],
)
def test_tissues_refuse_to_guess(parts, missing):
    with pytest.raises(UserError, match=missing):
        from_tissues(_scan(parts))


def test_real_scan_calibrates_itself(shared_data):
    import nibabel

    voxels = np.asarray(nibabel.load(shared_data / "ct-torso" / "ct.nii.gz").dataobj)
    line = from_tissues(Volume(np.ascontiguousarray(voxels.T), np.eye(4), "CT", unit="HU"))
    # Typical lines of phantoms lie between 0.7 and 1.0 mg/cm³ a HU.
    assert 0.0007 < line.slope < 0.001


def test_warnings():
    clean = _scan([(0, 100)], kvp=120.0, kernel="B30f")
    assert warnings(clean, 1500) == ()
    doubtful = _scan([(0, 100)], kvp=80.0, kernel="B70s", contrast_agent="Iohexol")
    said = " ".join(warnings(doubtful, 3071))
    for word in ("80 kVp", "sharp kernel", "Iohexol", "metal"):
        assert word in said
    assert "unknown" in warnings(_scan([(0, 100)]), 0)[0]


def test_yield_strains_by_density():
    tension, compression = bone_yield_strains(np.array([0.3, 1.8]))
    np.testing.assert_allclose(tension, [0.0061, 0.0073])
    np.testing.assert_allclose(compression, [0.0085, 0.0104])
