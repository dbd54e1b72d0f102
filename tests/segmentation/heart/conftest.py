"""The phantom's study and what was found in it, once for all tests of the heart."""

import pytest

from segmentation.heart.ventricle import Ventricles, segment_cine
from segmentation.heart.views import CineViews, cine_views
from tests.segmentation.heart.phantom import study
from twin.domain import Volume

MOVED_MM = 3.0
"""How far the phantom's fourth slice lies off along its rows, as after another breath."""


@pytest.fixture(scope="session")
def phantom_study() -> list[Volume]:
    return study({3: MOVED_MM})


@pytest.fixture(scope="session")
def phantom_views(phantom_study: list[Volume]) -> CineViews:
    return cine_views(phantom_study)


@pytest.fixture(scope="session")
def phantom_found(phantom_views: CineViews) -> Ventricles:
    return segment_cine(phantom_views)
