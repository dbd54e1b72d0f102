import numpy as np
import pytest

from resources.bone_laws import ash_law, limits, modulus_laws, yield_strains
from resources.cielab import to_cielab
from resources.colors import OTHER_COLORS, rgb, structure_color
from resources.implant_materials import implant_materials
from resources.loads import hip_load_cases, hip_peaks, rehabilitation_loads, stem_bench_test


@pytest.mark.parametrize(
    ("case", "percent"),
    # sqrt(54.0² + 32.8² + 229.2²) and sqrt(59.3² + 60.6² + 236.3²), by hand; Bergmann 2001: 238 and 251.
    [("walking", 237.75), ("stairs up", 251.05)],
)
def test_hip_force_has_bergmanns_magnitude(case, percent):
    load = hip_load_cases()[case]
    magnitude = np.linalg.norm(load.forces["hip"])
    assert magnitude == pytest.approx(percent, abs=0.005)
    assert magnitude == pytest.approx(load.bergmann_magnitude, abs=0.5)


def test_hip_force_points_lateral_posterior_and_distal():
    for load in hip_load_cases().values():
        assert all(component < 0 for component in load.forces["hip"])


def test_peaks_and_ranges():
    # orthopaedics.md, "Peaks" and "Rehabilitation".
    assert hip_peaks()["stumbling"] == (720.0, 870.0)
    assert rehabilitation_loads()["straight-leg raise"] == (150.0, 200.0)
    assert stem_bench_test().force_n == 2300.0


def test_what_is_from_memory_is_marked():
    assert not any(case.confirmed for case in hip_load_cases().values())
    laws = modulus_laws()
    assert "from memory" in laws["Keller"].citation
    assert "from memory" not in laws["Morgan femoral neck"].citation
    assert not yield_strains().confirmed


def test_limits_and_ash_law():
    # orthopaedics.md: no element below 10 MPa nor above 22 GPa; cap 2.0 g/cm³; Keyak's line.
    held = limits()
    assert (held.young_low_mpa, held.young_high_mpa) == (10.0, 22000.0)
    assert (held.apparent_cap_g_cm3, held.poisson) == (2.0, 0.3)
    law = ash_law("K2HPO4")
    assert (law.slope, law.offset) == (0.887, 0.0633)


def test_implants():
    titanium = implant_materials()["Ti-6Al-4V ELI"]
    assert titanium.young_mpa == (110000.0, 114000.0)
    assert titanium.poisson == 0.34
    assert implant_materials()["alumina"].yield_mpa is None


@pytest.mark.parametrize(
    "seen_as",
    # Machado, Oliveira and Fernandes 2009, severity 1: nobody's, protanopes' and deuteranopes' eyes.
    [
        np.eye(3),
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    ],
)
def test_colors_in_turn_are_told_apart_by_every_eye(seen_as):
    colors = np.array([rgb(color) for color in OTHER_COLORS])
    linear = np.where(colors <= 0.04045, colors / 12.92, ((colors + 0.055) / 1.055) ** 2.4)  # IEC 61966-2-1
    seen = np.clip(linear @ np.array(seen_as).T, 0, 1)
    again = np.where(seen <= 0.0031308, seen * 12.92, 1.055 * seen ** (1 / 2.4) - 0.055)
    stored = np.array([to_cielab("#" + "".join(f"{round(255 * c):02X}" for c in one)) for one in again])
    lab = stored / 65535 * [100, 255, 255]
    apart = np.linalg.norm(lab[:, None] - lab[None], axis=2) + 1000 * np.eye(len(lab))
    assert apart[:12, :12].min() > 15  # CIE76; some 2.3 is just noticed
    assert apart.min() > (7.5 if np.allclose(seen_as, np.eye(3)) else 4.5)


def test_no_two_of_a_hundred_organs_share_a_color():
    # 117: the classes of TotalSegmentator (Wasserthal 2023), the largest set of labels in common use.
    assert len({structure_color("label", number) for number in range(117)}) == 117
