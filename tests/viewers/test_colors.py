"""Color tables."""

import numpy as np
import pytest

from resources.colors import PLANE_COLORS, STRUCTURE_COLORS, color_map, map_for, rgb, structure_color
from resources.presets import IMAGE_MAPS


def lab(colors):
    """sRGB 0..255 to CIELAB under D65 (IEC 61966-2-1, CIE 15)."""
    part = np.asarray(colors, float) / 255
    linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    xyz = linear @ np.array(
        [
            [0.4124564, 0.2126729, 0.0193339],
            [0.3575761, 0.7151522, 0.1191920],
            [0.1804375, 0.0721750, 0.9503041],
        ]
    )
    ratio = xyz / [0.95047, 1.0, 1.08883]
    f = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=1)


def test_stress_map_is_perceptually_even_and_rises_in_lightness():
    steps = lab(color_map("stress"))
    assert (np.diff(steps[::4, 0]) > 0).all()
    assert steps[0, 0] == pytest.approx(34, abs=1)
    assert steps[-1, 0] == pytest.approx(95, abs=1)
    # The way covered up to every 15th entry grows evenly: within 0.5 % of the whole, which is what
    # rounding one entry to 8 bits can move (0.6 of 190 in CIELAB).
    way = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(steps[::15], axis=0), axis=1))])
    assert np.abs(way / way[-1] - np.linspace(0, 1, len(way))).max() < 0.005


@pytest.mark.parametrize("name", ["viridis", "cividis", "stress", "ember", "gray"])
def test_maps_have_256_entries_and_cannot_be_changed(name):
    table = color_map(name)
    assert table.shape == (256, 3)
    assert not table.flags.writeable


def test_viridis_is_viridis():
    # Ends of matplotlib's table: #440154 and #FDE725.
    assert color_map("viridis")[[0, -1]].tolist() == [[0x44, 0x01, 0x54], [0xFD, 0xE7, 0x25]]


def test_unknown_map_names_those_there_are():
    with pytest.raises(KeyError, match="viridis, cividis, stress, ember, gray"):
        color_map("rainbow")


def test_fields_have_their_maps():
    assert map_for("von Mises stress") == "stress"
    assert map_for("displacement") == "viridis"
    assert map_for("Young's modulus") == "cividis"
    assert map_for("something new") == "viridis"


def test_anatomy_looks_like_anatomy():
    red, green, blue = rgb(structure_color("femur"))
    assert red > green > blue > 0.5  # ivory
    assert structure_color("left kidney cyst") == STRUCTURE_COLORS["kidney"]
    assert structure_color("brain tumour") in (STRUCTURE_COLORS["tumor"], STRUCTURE_COLORS["brain"])
    red, _, blue = rgb(structure_color("vein"))
    assert blue > red
    assert structure_color("thing", 1) != structure_color("thing", 2)


def test_planes_have_the_fields_colors():
    hue = {plane: rgb(color) for plane, color in PLANE_COLORS.items()}
    assert hue["axial"][0] > 2 * hue["axial"][1]  # red
    assert min(hue["sagittal"][:2]) > 2 * hue["sagittal"][2]  # yellow
    assert hue["coronal"][1] > 1.5 * hue["coronal"][0]  # green


def test_malformed_color_is_refused():
    with pytest.raises(ValueError, match="RRGGBB"):
        rgb("red")


@pytest.mark.parametrize("name", IMAGE_MAPS)
def test_maps_for_images_rise_in_lightness_all_along(name):
    light = lab(color_map(name))[:, 0]
    # Every fourth entry: rounding to 8 bits can turn neighbors about.
    assert (np.diff(light[::4]) > 0).all()


def test_ember_is_even_and_begins_in_black():
    steps = lab(color_map("ember"))
    assert steps[0].tolist() == [0, 0, 0]
    assert steps[-1, 0] == pytest.approx(97, abs=1)
    way = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(steps[::15], axis=0), axis=1))])
    # As for the stress map; its dark end is coarser in 8 bits.
    assert np.abs(way / way[-1] - np.linspace(0, 1, len(way))).max() < 0.01
