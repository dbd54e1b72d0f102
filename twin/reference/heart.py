"""The reference heart patient: a cine MR study of a beating heart made here, whose truth is known."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from twin.domain import Identity, Volume
from twin.progress import Progress
from twin.reference.chambers import chambers
from twin.reference.cine import Plane, plane, taken
from twin.reference.left_ventricle import MUSCLE_G_ML, Edge, LeftVentricle, left_ventricle, sheared
from twin.reference.thorax import lung_vessels

IDENTITY = Identity(
    patient_name="MODEL^HEART",
    patient_id="REFERENCE-HEART",
    birth_date="1968-01-01",
    age="058Y",
    sex="M",
    study_uid="2.25.14142135623730950488016887242096980785",
    study_date="2026-01-05",
    study_description="Reference patient, made by software",
    body_part="HEART",
    reference_patient=True,
)
SERIES_UID = "2.25.17320508075688772935274463415058723669"
"""Root of the series' UIDs; the series number follows, two digits."""

FRAME_OF_REFERENCE = "2.25.22360679774997896964091736687312762354"

CENTER = np.array([40.0, -25.0, -12.0])
"""Origin of the ventricle's own axes, LPS mm."""

TOWARD_BASE = np.array([-0.48, 0.62, 0.62])
TOWARD_SEPTUM = np.array([-0.86, -0.39, -0.27])
"""Right, back and up from apex to base; right, forward and a little down to the septum: as hearts lie."""

EDV_ML, ESV_ML = 150.0, 60.0
CYCLES_MS = (862, 874, 851, 869, 883, 858, 866, 877, 855, 871, 889, 894, 880)
"""Length of the cycle in each breath-hold, repeated where there are more series."""

BREATH_MM = 1.0
"""How far breath-holds differ (standard deviation): down, and less forward."""

VIEW_MM = (292.5, 360.0)
"""Height and width of the field of view."""

NOISE = 9.0
HIGHEST_MM = 28.0
"""Height of the uppermost short-axis slice over the center: just above the mitral ring at the R wave."""

LONG_AXIS = (("2 chamber", 97.0, -2.5), ("4 chamber", -10.0, 1.5), ("3 chamber", 46.0, 1.0))
"""Name, angle from the septum (toward the anterior wall), and how far beside the axis, mm."""


@dataclass(frozen=True, eq=False)
class HeartPatient:
    """A made study and the truth about it.

    Attributes
    ----------
    short_axis : Volume
        The stack, shape (t, k, j, i), from apex to base; every slice with its own cycle.
    long_axis : tuple of Volume
        2-, 4- and 3-chamber planes in time, shape (t, 1, j, i).
    phases : ndarray, shape (t,)
        Fractions of the cycle, 0 at the R wave.
    axes : ndarray, shape (3, 3)
        Rows: toward septum, toward anterior wall, from apex to base; LPS.
    moved_mm : ndarray, shape (series, 3)
        Where each breath-hold left the heart, against the mean: stack from base to apex, then planes.
    """

    short_axis: Volume
    long_axis: tuple[Volume, ...]
    phases: NDArray[np.float64]
    axes: NDArray[np.float64]
    moved_mm: NDArray[np.float64]
    thickness_mm: float
    edv_ml: float = EDV_ML
    esv_ml: float = ESV_ML

    @property
    def volumes(self) -> tuple[Volume, ...]:
        """The stack, then the planes."""
        return (self.short_axis, *self.long_axis)

    @property
    def series(self) -> tuple[Volume, ...]:
        """The study as a scanner exports it: each slice of the stack a series of its own, from the base."""
        return (*_slices(self.short_axis, self.thickness_mm), *self.long_axis)

    def left(self, phase: int) -> LeftVentricle:
        """Return the true left ventricle at a phase, in its own axes."""
        return left_ventricle(float(self.phases[phase]), self.edv_ml, self.esv_ml)

    @property
    def cavity_ml(self) -> NDArray[np.float64]:
        """True volume of the left cavity at each phase, papillary muscles in it."""
        return np.array([self.left(t).cavity_ml for t in range(len(self.phases))])

    @property
    def muscle_ml(self) -> float:
        """True volume of the left ventricle's compact muscle."""
        return self.left(0).muscle_ml

    def surface(self, edge: Edge, phase: int) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
        """Return points (n, 3), LPS mm, and triangles (m, 3) of a true surface, open at the base."""
        points, triangles = self.left(phase).surface(edge)
        return points @ self.axes + CENTER, triangles

    def distance(self, edge: Edge, phase: int, lps: NDArray[np.float64]) -> NDArray[np.float64]:
        """Signed distance of points (n, 3) near a true surface from it, mm, negative inside (first order)."""
        return self.left(phase).distance(edge, (lps - CENTER) @ self.axes.T)

    def base(self, phase: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return a point of the mitral ring's true plane, LPS mm, and its unit normal, away from the apex."""
        height = self.left(phase).base_mm
        corners = sheared(np.array([[0.0, 0.0, height], [9.0, 0.0, height], [0.0, 9.0, height]]))
        lps = corners @ self.axes + CENTER
        normal = np.cross(lps[1] - lps[0], lps[2] - lps[0])
        return lps[0], normal / np.linalg.norm(normal)


def own_directions() -> NDArray[np.float64]:
    """Return the ventricle's own axes as rows: toward septum, toward anterior wall, from apex to base."""
    base = TOWARD_BASE / np.linalg.norm(TOWARD_BASE)
    septum = TOWARD_SEPTUM - (TOWARD_SEPTUM @ base) * base
    septum /= np.linalg.norm(septum)
    return np.stack([septum, np.cross(base, septum), base])


def make_heart_patient(
    *,
    phases: int = 25,
    slices: int = 10,
    gap_mm: float = 10.0,
    pixel_mm: float = 1.40625,
    thickness_mm: float = 8.0,
    noise: float = NOISE,
    breath_mm: float = BREATH_MM,
    edv_ml: float = EDV_ML,
    esv_ml: float = ESV_ML,
    seed: int = 11,
    progress: Progress | None = None,
) -> HeartPatient:
    """Make the cine MR of the reference heart patient.

    A short-axis stack from above the mitral ring to the apex and three long-axis planes, each taken in a
    breath-hold of its own at a heart rate of its own, retrospectively gated: the phases are the same
    fractions of every cycle.

    Parameters
    ----------
    phases : int
        Images of a cycle.
    slices : int
    gap_mm : float
        From the middle of one short-axis slice to that of the next.
    pixel_mm, thickness_mm : float
    noise : float
        Standard deviation of the noise; blood is about 500.
    breath_mm : float
        How far breath-holds differ.
    edv_ml, esv_ml : float
        True volumes of the left cavity; others than the default make another heart.
    seed : int
        Of noise, breath-holds and lung vessels.
    """
    progress = progress or Progress()
    rng = np.random.default_rng(seed)
    axes = own_directions()
    fractions = np.arange(phases) / phases
    moments = [chambers(left_ventricle(p, edv_ml, esv_ml), p) for p in fractions]
    size = int(VIEW_MM[0] / pixel_mm), int(VIEW_MM[1] / pixel_mm)
    planes = _planes(axes, slices, gap_mm, size, pixel_mm, thickness_mm)
    moved = breath_mm * rng.standard_normal((len(planes), 1)) * (0.0, -0.35, -1.0)
    moved -= moved.mean(axis=0)
    vessels = lung_vessels(seed)
    images = []
    for n, where in enumerate(planes):
        progress(n / len(planes), "taking cine images")
        images.append(taken(where, moments, axes, CENTER + moved[n], vessels, noise, rng))
    cycles = np.resize(np.array(CYCLES_MS, dtype=float), len(planes))
    stack = _stacked(planes[:slices], images[:slices], cycles[:slices], fractions)
    long = []
    for n, (name, _angle, _off) in enumerate(LONG_AXIS, start=slices):
        long.append(
            _volume(planes[n], images[n][:, None], cycles[n : n + 1], fractions, n + 1, f"cine {name}")
        )
    progress(1.0, "made the reference patient")
    return HeartPatient(stack, tuple(long), fractions, axes, moved, thickness_mm, edv_ml, esv_ml)


def write_heart_dicom(folder: Path, progress: Progress | None = None) -> HeartPatient:
    """Make the reference heart patient and write its study as DICOM into ``folder``, one folder a series.

    Images that an earlier run left there are replaced; other DICOM there is refused.
    """
    progress = progress or Progress()
    patient = make_heart_patient(progress=progress.between(0.0, 0.8))
    write_study(folder, patient.series, progress.between(0.8, 1.0))
    return patient


def write_study(folder: Path, series: Sequence[Volume], progress: Progress) -> None:
    """Write a reference patient's series as DICOM into ``folder``, in place of those of an earlier run."""
    from twin.sources.dicom_headers import read_header
    from twin.sources.dicom_writer import write_series

    for path in folder.glob("series-*/slice-*.dcm"):
        header = read_header(path)
        if header is not None and header.identity.reference_patient:
            path.unlink()
    for n, volume in enumerate(series):
        part = progress.between(n / len(series), (n + 1) / len(series))
        write_series(volume, folder / f"series-{volume.identity.series_number:02d}", part)


def write_patient(folder: Path, progress: Progress) -> dict[str, float]:
    """Write the patient's DICOM files; every reference patient's module offers this to ``demo``.

    Returns
    -------
    dict of str to float
        What the patient was made with, by the names (with their units) that steps answer with.
    """
    return true_numbers(write_heart_dicom(folder, progress))


def true_numbers(patient: HeartPatient) -> dict[str, float]:
    """Return what a made heart truly has, by the names that steps answer with."""
    return {
        "end_diastolic_volume_ml": patient.edv_ml,
        "end_systolic_volume_ml": patient.esv_ml,
        "ejection_fraction_percent": 100.0 * (1.0 - patient.esv_ml / patient.edv_ml),
        "muscle_mass_g": MUSCLE_G_ML * patient.muscle_ml,
    }


def short_axis_planes(
    axes: NDArray[np.float64], slices: int, gap_mm: float,
    size: tuple[int, int], pixel_mm: float, thickness_mm: float,
) -> list[Plane]:  # fmt: skip
    """Lay short-axis slices from the base to the apex."""
    septum, _anterior, base = axes
    row = np.array([0.79, 0.0, 0.61])  # the left side of the patient is to the right of the image
    row -= (row @ base) * base
    row /= np.linalg.norm(row)
    column = np.cross(base, row)
    shifted = CENTER + 14.0 * septum  # the field of view is centered on both ventricles
    return [
        plane(shifted + (HIGHEST_MM - gap_mm * n) * base, row, column, size, pixel_mm, thickness_mm)
        for n in range(slices)
    ]


def _planes(
    axes: NDArray[np.float64], slices: int, gap_mm: float,
    size: tuple[int, int], pixel_mm: float, thickness_mm: float,
) -> list[Plane]:  # fmt: skip
    """Short-axis slices from the base to the apex, then the long-axis planes."""
    septum, anterior, base = axes
    planes = short_axis_planes(axes, slices, gap_mm, size, pixel_mm, thickness_mm)
    for name, degrees, off in LONG_AXIS:
        turn = np.deg2rad(degrees)
        across = np.cos(turn) * septum + np.sin(turn) * anterior
        normal = np.cross(across, base)
        middle = CENTER + off * normal + 8.0 * base + 8.0 * np.cos(turn) * across
        lying = name == "4 chamber"
        row, column = _laid_out(normal, lying)
        planes.append(plane(middle, row, column, size if lying else size[::-1], pixel_mm, thickness_mm))
    return planes


def _laid_out(normal: NDArray[np.float64], lying: bool) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Directions of rows and columns as scanners choose them: left and back, or upright: back and down."""
    right, down = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0)) if lying else ((0.0, 1.0, 0.0), (0.0, 0.0, -1.0))
    column = np.array(down) - (np.array(down) @ normal) * normal
    column /= np.linalg.norm(column)
    row = np.cross(column, normal)
    return row * np.sign(row @ np.array(right)), column


def _stacked(
    planes: Sequence[Plane], images: Sequence[NDArray[np.uint16]],
    cycles: NDArray[np.float64], fractions: NDArray[np.float64],
) -> Volume:  # fmt: skip
    """The short-axis slices as one volume, apex first: slices follow their normal."""
    apex, second = planes[-1], planes[-2]
    affine = apex.affine.copy()
    affine[:3, 2] = second.affine[:3, 3] - apex.affine[:3, 3]
    voxels = np.stack(images[::-1], axis=1)
    return _volume(Plane(affine, apex.size), voxels, cycles[::-1], fractions, None, "cine short axis")


def _volume(
    where: Plane, voxels: NDArray[np.uint16], cycles: NDArray[np.float64],
    fractions: NDArray[np.float64], number: int | None, name: str,
) -> Volume:  # fmt: skip
    times = fractions[:, None] * cycles
    identity = replace(
        IDENTITY, series_number=number, series_description=name,
        series_uid=f"{SERIES_UID}.{number}" if number is not None else "",
    )  # fmt: skip
    return Volume(
        voxels, where.affine, "MR", window=(330.0, 700.0), patient_position="HFS",
        times_ms=times.mean(axis=1), slice_times_ms=times if len(cycles) > 1 else None, cycle_ms=cycles,
        frame_of_reference=FRAME_OF_REFERENCE, identity=identity,
    )  # fmt: skip


def _slices(stack: Volume, thickness_mm: float) -> list[Volume]:
    """Each slice of the stack as a series of its own, base first."""
    assert stack.cycle_ms is not None
    assert stack.slice_times_ms is not None
    made = []
    for n, k in enumerate(range(stack.shape[0] - 1, -1, -1)):
        affine = stack.affine.copy()
        affine[:3, 3] += k * affine[:3, 2]
        affine[:3, 2] *= thickness_mm / stack.spacing_mm[2]
        made.append(
            replace(
                stack, voxels=stack.voxels[:, k : k + 1], affine=affine,
                times_ms=stack.slice_times_ms[:, k], slice_times_ms=None, cycle_ms=stack.cycle_ms[k : k + 1],
                identity=replace(stack.identity, series_number=n + 1, series_uid=f"{SERIES_UID}.{n + 1}"),
            )
        )  # fmt: skip
    return made
