"""Codes and colors for DICOM: pydicom's own list of the standard's codes is the peer."""

import numpy as np
import pytest

from resources.anatomy_codes import TERM_CODES, codes_of, side_of_code, term_of_code
from resources.cielab import from_cielab, to_cielab
from resources.colors import STRUCTURE_COLORS


@pytest.mark.parametrize("term", sorted(TERM_CODES))
def test_every_code_is_one_of_the_standards(term: str) -> None:
    from pydicom.sr._concepts_dict import concepts

    known = {
        code: meaning for by_code in concepts["SCT"].values() for code, (meaning, _groups) in by_code.items()
    }
    assert term in STRUCTURE_COLORS
    for code, _meaning in codes_of(term):
        assert code in known
    if term not in ("bone", "hip bone"):  # these share a code: SNOMED's hip is the region
        assert term_of_code("SCT", codes_of(term)[1][0]) == term


def test_sides_by_code() -> None:
    assert side_of_code("SCT", "7771000") == "left"
    assert side_of_code("SRT", "G-A100") == "right"
    assert side_of_code("SCT", "51440002") == ""  # both
    assert codes_of("something else")[1][0] == "85756007"  # tissue


@pytest.mark.parametrize(
    ("color", "lab"),
    [  # Lindbloom's calculator, sRGB to Lab at D50
        ("#FF0000", (54.2917, 80.8125, 69.8851)),
        ("#00FF00", (87.8185, -79.2873, 80.9902)),
        ("#FFFFFF", (100, 0, 0)),
        ("#000000", (0, 0, 0)),
    ],
)
def test_cielab(color: str, lab: tuple[float, float, float]) -> None:
    light, a, b = to_cielab(color)
    seen = (light / 65535 * 100, a / 65535 * 255 - 128, b / 65535 * 255 - 128)
    np.testing.assert_allclose(seen, lab, atol=0.01)


def test_colors_come_back() -> None:
    rng = np.random.default_rng(0)
    for red, green, blue in rng.integers(0, 256, (2000, 3)):
        color = f"#{red:02X}{green:02X}{blue:02X}"
        assert from_cielab(*to_cielab(color)) == color
