"""The reference heart patient: measured, not believed."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from twin.domain import Volume
from twin.errors import UserError
from twin.progress import Progress
from twin.reference import heart
from twin.reference.heart import CENTER, HeartPatient, make_heart_patient
from twin.reference.left_ventricle import Edge, left_ventricle
from twin.sources.steps import ImportParams, import_images

PHASES, SLICES = 8, 6


@pytest.fixture(scope="module")
def quick() -> HeartPatient:
    return make_heart_patient(phases=PHASES, slices=SLICES, gap_mm=16.0, pixel_mm=2.8125)


@pytest.fixture(scope="module")
def still() -> HeartPatient:
    """Without noise and breathing, in thin slices, so that edges lie where they are drawn."""
    return make_heart_patient(phases=3, slices=2, gap_mm=20.0, thickness_mm=1.0, noise=0.0, breath_mm=0.0)


def closed_ml(points: NDArray[np.float64], triangles: NDArray[np.int32]) -> float:
    """Volume of a surface closed by a fan over its open edge, by the divergence theorem."""
    edges = np.sort(triangles[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    found, count = np.unique(edges, axis=0, return_counts=True)
    ring = np.unique(found[count == 1])
    following = np.roll(ring, -1)
    lid = np.stack([ring, following, np.full(len(ring), len(points))], axis=1)
    corners = np.vstack([points, points[ring].mean(axis=0)])[np.vstack([triangles, lid])]
    return float(np.einsum("ni,ni->", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])) / 6000)


def test_volumes_are_those_of_the_surfaces() -> None:
    """By the divergence theorem on triangles, against the numbers that are told as truth; muscle is kept.

    Chords of 96 points lie within a circle by 1 − sin(2π/96)/(2π/96) = 0.07 % of its area.
    """
    for phase in (0.0, 0.15, 0.36, 0.55, 0.8):
        left = left_ventricle(phase, 150.0, 60.0)
        inner = closed_ml(*left.surface("endocardium"))
        outer = closed_ml(*left.surface("epicardium"))
        assert inner == pytest.approx(left.cavity_ml, rel=2e-3)
        assert outer - inner == pytest.approx(left_ventricle(0.0, 150.0, 60.0).muscle_ml, rel=2e-3)


def test_a_healthy_beat(quick: HeartPatient) -> None:
    fine = make_truth(100)
    assert fine[0] == pytest.approx(150.0)
    assert fine.min() == pytest.approx(60.0)  # ejection fraction 60 %
    assert 0.3 < fine.argmin() / 100 < 0.42  # systole takes a third of the cycle and a little
    assert ((fine < np.roll(fine, 1)) & (fine < np.roll(fine, -1))).sum() == 1
    # b = √(150000 / (π · 65.81)) = 26.94 mm; π (35.54² + 0.6²/2) · 70.77 / 1000 − 150 = 130.8 mL, 137 g
    assert quick.muscle_ml == pytest.approx(130.8, abs=0.1)
    early, late = left_ventricle(0.0, 150.0, 60.0), left_ventricle(0.36, 150.0, 60.0)
    assert early.base_mm - late.base_mm == pytest.approx(12.0)
    middle = np.zeros(1)
    for left, low, high in ((early, 8.0, 10.0), (late, 12.0, 16.0)):
        inner = left.inner_squared(middle)
        outer = left.outer(middle, middle) ** 2
        now = np.sqrt(left.inner_share * inner + (outer - inner) / left.stretch(middle))
        assert low < float((now - np.sqrt(left.inner_share * inner))[0]) < high


def make_truth(count: int) -> NDArray[np.float64]:
    return np.array([left_ventricle(t / count, 150.0, 60.0).cavity_ml for t in range(count)])


def test_distance_is_that_to_the_surface(quick: HeartPatient) -> None:
    """A millimeter along the normal of a triangle is a distance of a millimeter, away from the apex.

    First order: where the surface's radius of curvature is 10 mm a millimeter off is wrong by 1/20.
    """
    edges: tuple[Edge, ...] = ("endocardium", "epicardium")
    for edge in edges:
        for phase in (0, 3):
            points, triangles = quick.surface(edge, phase)
            corners = points[triangles[2000:-400]]
            middle = corners.mean(axis=1)
            normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
            normal /= np.linalg.norm(normal, axis=1)[:, None]
            for off in (-1.0, 0.0, 1.0):
                found = quick.distance(edge, phase, middle + off * normal)
                np.testing.assert_allclose(found, off, atol=0.1)


def test_the_ring_lies_in_the_base(quick: HeartPatient) -> None:
    for phase in (0, 3):
        place, normal = quick.base(phase)
        points, _ = quick.surface("epicardium", phase)
        np.testing.assert_allclose((points[-96:] - place) @ normal, 0.0, atol=1e-6)
        assert normal @ quick.axes[2] > 0.99
        assert (points[0] - place) @ normal < -70  # the apex lies on the other side


def test_half_maximum_lies_on_the_true_endocardium(still: HeartPatient) -> None:
    """The image is not shifted against the truth, at rest and contracted: half the step is at the edge."""
    from scipy.ndimage import map_coordinates

    stack = still.short_axis
    back = np.linalg.inv(stack.affine)
    for phase in (0, 1):  # the R wave, and a third of the cycle: nearly the end of systole
        points, _ = still.surface("endocardium", phase)
        index = points @ back[:3, :3].T + back[:3, 3]
        here = index[np.abs(index[:, 2]) < 0.03]  # the slice 10 mm above the center
        center = here.mean(axis=0)
        out = (here - center)[:, :2]
        out /= np.linalg.norm(out, axis=1)[:, None]
        steps = np.arange(-4.0, 4.01, 0.1)
        line = here[:, None, :2] + steps[:, None] / stack.spacing_mm[0] * out[:, None]
        profile = map_coordinates(
            stack.voxels[phase, 0].astype(float), line[..., ::-1].transpose(2, 0, 1), order=1
        )
        half = 0.5 * (profile[:, :8].mean(axis=1) + profile[:, -8:].mean(axis=1))
        found = steps[(profile < half[:, None]).argmax(axis=1)]
        assert len(here) > 10
        assert abs(np.median(found)) < 0.25  # a fifth of a pixel; leaflets touch the wall here and there


def test_signals_are_those_of_a_balanced_cine(still: HeartPatient) -> None:
    """Blood 3 to 5 times as bright as muscle, lung dark, as in the real cine of ../shared/data."""
    stack, back = still.short_axis, np.linalg.inv(still.short_axis.affine)

    def seen(*own: float) -> float:
        i, j, k = np.rint(back[:3, :3] @ (CENTER + np.array(own) @ still.axes) + back[:3, 3]).astype(int)
        return float(np.median(stack.voxels[0, k, j - 1 : j + 2, i - 1 : i + 2]))

    blood, muscle, lung = seen(8.0, 0.0, 10.0), seen(-31.0, 0.0, 10.0), seen(-55.0, 20.0, 10.0)
    assert 3 < blood / muscle < 5
    assert lung < 0.3 * muscle
    assert seen(48.0, 0.0, 10.0) == pytest.approx(blood, rel=0.15)  # the right ventricle


def test_same_patient_every_time(quick: HeartPatient) -> None:
    again = make_heart_patient(phases=2, slices=SLICES, gap_mm=16.0, pixel_mm=2.8125)
    once_more = make_heart_patient(phases=2, slices=SLICES, gap_mm=16.0, pixel_mm=2.8125)
    np.testing.assert_array_equal(again.moved_mm, quick.moved_mm)
    for one, other in zip(once_more.volumes, again.volumes, strict=True):
        np.testing.assert_array_equal(one.voxels, other.voxels)


def test_breathing_moves_the_heart_along_the_body(quick: HeartPatient) -> None:
    np.testing.assert_allclose(quick.moved_mm.mean(axis=0), 0.0, atol=1e-12)
    assert quick.moved_mm[:, 2].std() > 3 * quick.moved_mm[:, 0].std()


def test_comes_in_as_a_hospital_study(
    quick: HeartPatient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Written twice into one folder, one series a slice; read as one stack in time and three planes."""
    monkeypatch.setattr(heart, "make_heart_patient", lambda progress: quick)
    for _ in range(2):
        heart.write_patient(tmp_path, Progress())
    assert len(list(tmp_path.rglob("*.dcm"))) == (SLICES + 3) * PHASES
    made = import_images(ImportParams((str(tmp_path),)), Progress())
    assert made.summary["series_found"] == SLICES + 3
    assert list(made.names.values()) == [
        f"cine short axis ({SLICES} slices)", "cine 2 chamber", "cine 4 chamber", "cine 3 chamber",
    ]  # fmt: skip
    for volume, truth in zip(made.outputs.values(), quick.volumes, strict=True):
        assert isinstance(volume, Volume)
        np.testing.assert_array_equal(volume.voxels, truth.voxels)
        np.testing.assert_allclose(volume.affine, truth.affine, atol=1e-6)
        for name in ("times_ms", "cycle_ms"):
            np.testing.assert_allclose(getattr(volume, name), getattr(truth, name), atol=1e-9)
        assert volume.identity.reference_patient
        assert volume.frame_of_reference == truth.frame_of_reference
    stack = made.outputs["volume"]
    assert isinstance(stack, Volume)
    assert stack.slice_times_ms is not None
    phases = stack.slice_times_ms / stack.cycle_ms
    np.testing.assert_allclose(phases, np.tile(np.arange(PHASES)[:, None] / PHASES, SLICES), atol=1e-12)
    (tmp_path / "series-01" / "somebody.dcm").write_bytes(b"else")
    with pytest.raises(UserError, match="holds DICOM already"):
        heart.write_patient(tmp_path, Progress())
