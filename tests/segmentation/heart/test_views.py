"""Views of one heart at common phases."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from segmentation.heart.views import CineViews, cine_views
from tests.segmentation.heart.phantom import AXIS, PHASES, SIDE
from twin.domain import Volume
from twin.errors import UserError
from twin.progress import Progress
from twin.sources.steps import ImportParams, import_images


def test_the_stack_and_its_planes(phantom_views: CineViews) -> None:
    assert [v.slice for v in phantom_views.short] == [*range(7)]
    assert len(phantom_views.long) == 3
    np.testing.assert_allclose(phantom_views.phases, np.arange(PHASES) / PHASES)
    assert phantom_views.cycle_ms == 810  # the stack's own
    assert phantom_views.gap_mm == pytest.approx(15)
    assert abs(phantom_views.short[0].normal @ AXIS) == pytest.approx(1)


def test_pixels_and_places_go_both_ways(phantom_views: CineViews) -> None:
    for view in phantom_views.all:
        pixels = np.array([[3.0, 5.0], [SIDE - 1.0, 0.0]])
        np.testing.assert_allclose(view.pixels(view.lps(pixels)), pixels, atol=1e-9)
        np.testing.assert_allclose(view.away_mm(view.lps(pixels) + 4 * view.normal), 4)


def test_a_series_of_other_phases_is_read_at_the_stacks(phantom_study: list[Volume]) -> None:
    """A plane whose values are a cosine of its own phase, in twice as many images, half a step late."""
    stack, plane = phantom_study[:2]
    own = (np.arange(2 * PHASES) + 0.5) / (2 * PHASES)
    values = np.round(1000 + 500 * np.cos(2 * np.pi * own)).astype(np.uint16)
    voxels = np.broadcast_to(values[:, None, None, None], (2 * PHASES, 1, 8, 8)).copy()
    late = replace(plane, voxels=voxels, times_ms=own * 900, cycle_ms=np.array([900.0]))
    read = cine_views([stack, late]).long[0].images[:, 4, 4]
    expected = 1000 + 500 * np.cos(2 * np.pi * np.arange(PHASES) / PHASES)
    # halfway between two samples of a cosine, h apart: up to 500 (1 − cos(h/2)) too little, h = 2π/16
    np.testing.assert_allclose(read, expected, atol=500 * (1 - np.cos(np.pi / 16)) + 1)


def test_what_cannot_be_read_is_refused(phantom_study: list[Volume]) -> None:
    stack, plane = phantom_study[:2]
    short = replace(stack, voxels=stack.voxels[:, :3], cycle_ms=stack.cycle_ms[:3])  # type: ignore[index]
    cases: list[tuple[list[Volume], str]] = [
        ([plane], "no short-axis stack"),
        ([stack, stack], "2 stacks in time"),
        ([short, plane], "only 3 slices"),
        ([stack, replace(plane, frame_of_reference="9.9")], "another space"),
        ([stack, replace(plane, identity=replace(plane.identity, patient_id="other"))], "another patient"),
        ([stack, replace(plane, times_ms=None)], "when its images were taken"),
        ([stack, replace(plane, voxels=plane.voxels[:4])], "only 4 phases"),
        ([stack, replace(plane, placement="picture")], "no gray values"),
        ([stack, replace(plane, cycle_ms=np.array([100.0]))], "once through the heart's cycle"),
    ]
    for volumes, message in cases:
        with pytest.raises(UserError, match=message):
            cine_views(volumes)


def test_a_real_study(shared_data: Path) -> None:
    """Data README: 6 slices 17.7 mm apart, 25 phases; 5 planes."""
    made = import_images(ImportParams((str(shared_data / "heart-mr-cine/dicom"),)), Progress())
    volumes = [v for v in made.outputs.values() if isinstance(v, Volume)]
    views = cine_views(volumes)
    assert (len(views.short), len(views.long)) == (6, 5)
    assert views.gap_mm == pytest.approx(17.7, abs=1e-3)
    np.testing.assert_allclose(views.phases, np.arange(25) / 25, atol=1e-6)
    for view in views.short:
        np.testing.assert_array_equal(view.images, volumes[0].voxels[:, view.slice])
