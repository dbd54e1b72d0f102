"""Volumes by body surface."""

import pytest

from segmentation.heart.motion import body_surface_m2
from twin.errors import UserError


def test_mosteller_s_surface() -> None:
    """√(cm · kg / 3600): 180 cm and 80 kg are 2 m²."""
    assert body_surface_m2(180.0, 80.0) == pytest.approx(2.0)
    assert body_surface_m2(None, None) is None


@pytest.mark.parametrize("given", [(180.0, None), (None, 80.0)])
def test_one_of_both_is_not_enough(given: tuple[float | None, float | None]) -> None:
    with pytest.raises(UserError, match="both"):
        body_surface_m2(*given)
