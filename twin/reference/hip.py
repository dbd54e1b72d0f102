"""The reference hip patient: a CT of pelvis and femora made here, whose true surfaces are known."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from twin.domain import Identity, LabelMap, Structure, Volume
from twin.progress import Progress
from twin.reference import bones as shapes
from twin.reference.bones import BONES, Bone
from twin.reference.femur import ANTEVERSION_DEG, HEAD, HEAD_RADIUS, NECK_SHAFT_DEG

IDENTITY = Identity(
    patient_name="MODEL^HIP",
    patient_id="REFERENCE-HIP",
    birth_date="1971-01-01",
    age="055Y",
    sex="F",
    study_uid="2.25.31415926535897932384626433832795028841",
    study_date="2026-01-05",
    study_description="Reference patient, made by software",
    series_uid="2.25.27182818284590452353602874713526624977",
    series_number=1,
    series_description="CT pelvis and femora",
    body_part="PELVIS",
    laterality="",
    reference_patient=True,
)
FRAME_OF_REFERENCE = "2.25.16180339887498948482045868343656381177"

SPACING_MM = (0.9, 0.9, 1.5)
X_MM = 176.4
Y_MM = (-113.4, 135.0)
Z_MM = (-420.0, 124.5)
BLUR_MM = 0.45
NOISE_HU = 18.0


@dataclass(frozen=True, eq=False)
class HipPatient:
    """A made patient and the truth about it.

    Attributes
    ----------
    volume : Volume
        The CT, int16 HU.
    truth : LabelMap
        Which voxel centres lie in which bone, on the CT's grid.
    head_centers : dict of str to ndarray, shape (3,)
        True centres of the femoral heads, by bone.
    head_radius_mm, neck_shaft_deg, anteversion_deg : float
    """

    volume: Volume
    truth: LabelMap
    head_centers: dict[str, NDArray[np.float64]]
    head_radius_mm: float = HEAD_RADIUS
    neck_shaft_deg: float = NECK_SHAFT_DEG
    anteversion_deg: float = ANTEVERSION_DEG

    def bone(self, name: str) -> Bone:
        """Return the bone of that name; ``KeyError`` names those there are."""
        for bone in BONES:
            if bone.name == name:
                return bone
        raise KeyError(f"no bone “{name}”; there are: {', '.join(b.name for b in BONES)}")

    def distance(self, name: str, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Signed distance (mm, negative inside) of points (n, 3) to a bone's true surface."""
        return shapes.distance(self.bone(name), points)

    def surface_points(self, name: str, spacing_mm: float = 2.0) -> NDArray[np.float64]:
        """Points (n, 3) on a bone's true surface, LPS mm, within the scan."""
        points = shapes.surface_points(self.bone(name), spacing_mm)
        low = self.volume.affine[2, 3]
        high = low + self.volume.affine[2, 2] * (self.volume.shape[0] - 1)
        return points[(points[:, 2] > low) & (points[:, 2] < high)]


def make_hip_patient(
    spacing_mm: tuple[float, float, float] = SPACING_MM,
    z_mm: tuple[float, float] = Z_MM,
    *,
    noise_hu: float = NOISE_HU,
    seed: int = 7,
    progress: Progress | None = None,
) -> HipPatient:
    """Make the CT of the reference hip patient.

    Both sides are mirror images. Bone has a cortical shell (1.3 mm on head and condyles, 5 mm in
    the shaft), a trabecular core and, in the shaft, a canal; then come a scanner's blur
    (Gaussian, σ 0.45 mm) and noise.

    Parameters
    ----------
    spacing_mm : (x, y, z)
    z_mm : (low, high)
        What is scanned; whole femora, pelvis and L5 by default.
    noise_hu : float
        Standard deviation of the noise.
    seed : int
        Of noise and trabecular texture.
    """
    from scipy.ndimage import gaussian_filter

    progress = progress or Progress()
    dx, dy, dz = spacing_mm
    xs = dx * (np.arange(int(X_MM / dx), dtype=np.float64) + 0.5)
    ys, zs = np.arange(Y_MM[0], Y_MM[1], dy), np.arange(z_mm[0], z_mm[1], dz)
    rng = np.random.default_rng(seed)
    half, labels = _left_half(xs, ys, zs, rng, progress.between(0.0, 0.7))
    progress(0.7, "blurring")
    gaussian_filter(half, BLUR_MM / np.array([dz, dy, dx]), output=half, mode="nearest", truncate=3.0)
    progress(0.85, "adding noise")
    voxels = np.empty((len(zs), len(ys), 2 * len(xs)), np.int16)
    for k, plane in enumerate(half):
        whole = np.concatenate([plane[:, ::-1], plane], axis=1)
        whole += noise_hu * rng.standard_normal(whole.shape, dtype=np.float32)
        voxels[k] = np.clip(np.rint(whole), -1024, 3071)
    affine = np.diag([dx, dy, dz, 1.0])
    affine[:3, 3] = -xs[-1], ys[0], zs[0]
    volume = Volume(
        voxels, affine, "CT", unit="HU", window=(400.0, 2000.0), kvp=120.0, kernel="BONE",
        frame_of_reference=FRAME_OF_REFERENCE, identity=IDENTITY,
    )  # fmt: skip
    progress(1.0, "made the reference patient")
    centers = {
        "left femur": np.array(HEAD),
        "right femur": np.array(HEAD) * (-1.0, 1.0, 1.0),
    }
    return HipPatient(volume, _truth(labels, volume), centers)


def write_hip_dicom(folder: Path, progress: Progress | None = None) -> HipPatient:
    """Make the reference hip patient and write its CT as a DICOM series into ``folder``.

    Slices that an earlier run left there are replaced; other DICOM there is refused.
    """
    from twin.sources.dicom_headers import read_header
    from twin.sources.dicom_writer import write_series

    progress = progress or Progress()
    patient = make_hip_patient(progress=progress.between(0.0, 0.8))
    for path in folder.glob("slice-*.dcm"):
        header = read_header(path)
        if header is not None and header.uid == IDENTITY.series_uid and header.identity.reference_patient:
            path.unlink()
    write_series(patient.volume, folder, progress.between(0.8, 1.0))
    return patient


def write_patient(folder: Path, progress: Progress) -> dict[str, float]:
    """Write the patient's DICOM files; every reference patient's module offers this to ``demo``.

    Returns
    -------
    dict of str to float
        What the patient was made with, by the names (with their units) that steps answer with.
    """
    patient = write_hip_dicom(folder, progress)
    return {
        "head_radius_mm": patient.head_radius_mm,
        "neck_shaft_angle_deg": patient.neck_shaft_deg,
        "anteversion_deg": patient.anteversion_deg,
    }


def _left_half(
    xs: NDArray[np.float64],
    ys: NDArray[np.float64],
    zs: NDArray[np.float64],
    rng: np.random.Generator,
    progress: Progress,
) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Return HU and labels of the half with x > 0, shape (k, j, i), without blur and noise."""
    from scipy.ndimage import gaussian_filter

    from twin.reference import body

    half = np.empty((len(zs), len(ys), len(xs)), np.float32)
    labels = np.zeros(half.shape, np.uint8)
    progress(0.0, "painting the body")
    body.paint_body(half, xs, ys, zs, *body.body_tables())
    cortex = body.cortex_table()
    painted = [b for b in BONES if b.side != "right"]
    for n, bone in enumerate(painted):
        progress(0.3 + 0.7 * n / len(painted), f"painting the {bone.name}")
        box = tuple(
            slice(np.searchsorted(axis, low), np.searchsorted(axis, high))
            for axis, low, high in zip((zs, ys, xs), bone.low[::-1], bone.high[::-1], strict=True)
        )
        cz, cy, cx = zs[box[0]], ys[box[1]], xs[box[2]]
        if min(len(cz), len(cy), len(cx)) < 2:
            continue
        field = shapes.on_grid(bone.shape, cx, cy, cz)
        texture = gaussian_filter(rng.standard_normal(field.shape, dtype=np.float32), 0.8)
        texture *= 40.0 / texture.std()
        body.paint_bone(half[box], field, texture, bone.shape, cx, cy, cz, cortex)
        labels[box][field < 0] = bone.label
    return half, labels


def _truth(half: NDArray[np.uint8], volume: Volume) -> LabelMap:
    mirror = np.arange(len(BONES) + 1, dtype=np.uint8)
    for bone in BONES:
        twin = next((b for b in BONES if b.term == bone.term and b.side == "right"), None)
        if bone.side == "left" and twin is not None:
            mirror[bone.label] = twin.label
    labels = np.concatenate([mirror[half[:, :, ::-1]], half], axis=2)
    ends = {int(v) for v in np.unique(labels[[0, -1]])}
    structures = tuple(
        Structure(b.name, b.label, b.term, b.side, touches_border=b.label in ends)
        for b in BONES
        if (labels == b.label).any()
    )
    return LabelMap(
        labels,
        volume.affine,
        structures,
        frame_of_reference=volume.frame_of_reference,
        identity=volume.identity,
    )
