"""An image of the heart is called as clinicians call it, where its series or the heart itself tells."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from desktop import pictures
from desktop.cardiac_views import seen_view, told_view
from twin.domain import Motion, MovingSurface, Volume
from twin.record import Entry


@pytest.mark.parametrize(
    ("series", "name"),
    [
        ("cine_trufi_retro 4CH", "four-chamber"),
        ("cine 2 chamber", "two-chamber"),
        ("CINE_3ch_tfe", "three-chamber"),
        ("late enhancement short axis", "short axis"),
        ("bSSFP SAX stack", "short axis"),
        ("cine_trufi_retro RVOT", "RVOT"),
        ("cine_trufi_retro", ""),
        ("2ch and 4ch planning", ""),  # names two: not guessed
        ("128CH coil test", ""),
        ("nasal sinuses", ""),
    ],
)
def test_a_series_says_what_view_it_is(series: str, name: str) -> None:
    assert told_view(series) == name


def cup() -> Motion:
    """A cone from its apex at 0 to an open ring of 20 mm at x = 80 mm: its axis is left–right."""
    angles = np.linspace(0.0, 2 * np.pi, 12, endpoint=False)
    ring = np.stack([np.full(12, 80.0), 20 * np.cos(angles), 20 * np.sin(angles)], axis=1)
    points = np.vstack([np.zeros(3), ring]).astype(np.float32)
    triangles = np.array([[0, 1 + n, 1 + (n + 1) % 12] for n in range(12)], np.int32)
    inner = MovingSurface("endocardium", points[None], triangles)
    still = np.zeros(1)
    return Motion((inner,), still, 0.0, np.array([30.0]), np.array([50.0]), 0, 0)


def test_of_a_closed_surface_no_axis_is_known() -> None:
    ring = np.array([[n, (n + 1) % 12, 12] for n in range(12)], np.int32) + 1
    (inner,) = cup().surfaces
    points = np.concatenate([inner.points, [[[80.0, 0.0, 0.0]]]], axis=1)
    closed = MovingSurface("endocardium", points, np.vstack([inner.triangles, ring]))
    assert seen_view(planes(0), replace(cup(), surfaces=(closed,))) == ""


def planes(normal_deg: float, beside_mm: float = 0.0) -> np.ndarray:
    """Return planes whose normal is turned by an angle from the cone's axis toward the back."""
    turn = np.radians(normal_deg)
    affine = np.eye(4)
    affine[:3, 2] = [np.cos(turn), np.sin(turn), 0.0]
    affine[:3, 0] = [-np.sin(turn), np.cos(turn), 0.0]
    affine[:3, 1] = [0.0, 0.0, 1.0]
    affine[:3, 3] = beside_mm * affine[:3, 2]
    return affine


@pytest.mark.parametrize(
    ("normal_deg", "beside_mm", "name"),
    [
        (0, 0, "short axis"),
        (19, 40, "short axis"),
        (21, 0, ""),
        (74, 0, ""),
        (90, 5, "long axis"),
        (90, 16, ""),
    ],
)
def test_a_measured_ventricle_tells_short_from_long_axis(normal_deg, beside_mm, name) -> None:
    assert seen_view(planes(normal_deg, beside_mm), cup()) == name


def test_a_picture_of_the_report_is_called_as_its_view_is(qapp, monkeypatch) -> None:
    """A tilted stack is no axial one: what stands under the picture is what stands in it."""
    motion = Entry("t1", "motion", "left ventricle", "", 1, "", "", {"frame_of_reference": "1.9"}, 0)
    record = SimpleNamespace(entries=lambda: (motion,), load=lambda id: image if id == "v1" else cup())
    captions: list[str] = []
    monkeypatch.setattr(pictures, "_figure", lambda _view, _record, _entry, what: captions.append(what))
    for tilted in (19, 30):
        image = Volume(np.zeros((4, 8, 8), np.int16), planes(tilted), "MR", frame_of_reference="1.9")
        list(pictures._slices(record, replace(motion, id="v1")))
    assert captions == [
        "short axis, 19° from sagittal", "axial", "oblique, 30° from sagittal", "axial"
    ]  # fmt: skip
