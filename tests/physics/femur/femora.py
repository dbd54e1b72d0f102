"""Femora for tests: the real ones of ct-hip, and a made one whose landmarks are known."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from physics.femur.landmarks import FemurLandmarksParams, femur_landmarks
from physics.femur.model import FemurModelParams, femur_model
from segmentation.tetrahedra import lattice
from tests.physics.boxes import boundary
from twin.domain import Landmarks, Model, Patch, Surface, TetMesh, Volume
from twin.progress import Progress

MIRROR = np.array([-1.0, 1.0, 1.0])
OTHER = {"left": "right", "right": "left"}


@dataclass(frozen=True, eq=False)
class Femur:
    surface: Surface
    mesh: TetMesh
    volume: Volume


def about(side):
    return {"structure": f"{side} femur", "term": "femur", "side": side, "frame_of_reference": "1.2.3"}


def surface_of(polydata, side) -> Surface:
    clean = polydata.triangulate().clean()
    triangles = clean.faces.reshape(-1, 4)[:, 1:].astype(np.int32)
    return Surface(np.asarray(clean.points, np.float64), triangles, **about(side))


def landmarks_of(surface, **params) -> Landmarks:
    return femur_landmarks(surface, FemurLandmarksParams(**params), Progress()).outputs["landmarks"]


def model_of(femur: Femur, landmarks=None, **params) -> Model:
    landmarks = landmarks or landmarks_of(femur.surface)
    return femur_model(femur.mesh, femur.volume, landmarks, FemurModelParams(**params), Progress()).outputs[
        "model"
    ]


def real_femur(data: Path, side, edge_mm) -> Femur:
    import pyvista as pv

    bone = pv.read(data / "ct-hip" / f"m3_{side[0]}femur_mm.stl").clean()
    return Femur(surface_of(bone, side), tetrahedra(bone, edge_mm, side), read_ct(data / "ct-hip" / "dicom"))


def read_ct(folder: Path) -> Volume:
    import pydicom

    slices = sorted(
        (pydicom.dcmread(path) for path in folder.glob("*.dcm")),
        key=lambda s: float(s.ImagePositionPatient[2]),
    )
    affine = np.diag([0.8, 0.8, 1.0, 1.0])  # README.md of the data: 0.8 × 0.8 × 1.0 mm
    affine[:3, 3] = [float(v) for v in slices[0].ImagePositionPatient]
    voxels = np.stack([s.pixel_array for s in slices])
    return Volume(voxels, affine, "CT", unit="HU", kvp=120.0, frame_of_reference="1.2.3")


def tetrahedra(bone, edge_mm, side) -> TetMesh:
    """Mesh a closed surface by the lattice mesher."""
    made = lattice.mesh(
        Surface(np.asarray(bone.points, float), bone.regular_faces.astype(np.int32)), edge_mm, Progress()
    )
    points, tets = made.points, made.tets
    faces = boundary(tets)
    u, v, w = (points[faces[:, k]] for k in range(3))
    normal = np.cross(v - u, w - u)
    down = normal[:, 2] < -0.7 * np.linalg.norm(normal, axis=1)
    cut = down & ((u + v + w)[:, 2] / 3 < points[:, 2].min() + 2.5)
    return TetMesh(
        points,
        tets,
        np.zeros(len(tets), np.int32),
        patches=(Patch("outer", faces[~cut]), Patch("cut", faces[cut])),
        **about(side),
    )


def mirrored(femur: Femur) -> Femur:
    """Mirror bone, mesh and CT at the plane x = 0; the side changes its name."""
    side = OTHER[femur.surface.side]
    flip = [0, 2, 1]
    patches = tuple(Patch(p.name, np.ascontiguousarray(p.triangles[:, flip])) for p in femur.mesh.patches)
    affine = femur.volume.affine.copy()
    columns = femur.volume.voxels.shape[2]
    affine[0, 3] = -(femur.volume.affine[0, 3] + femur.volume.affine[0, 0] * (columns - 1))
    return Femur(
        mirrored_surface(femur.surface),
        replace(
            femur.mesh,
            points=femur.mesh.points * MIRROR,
            tets=np.ascontiguousarray(femur.mesh.tets[:, [0, 2, 1, 3]]),
            patches=patches,
            **about(side),
        ),
        replace(femur.volume, voxels=np.ascontiguousarray(femur.volume.voxels[:, :, ::-1]), affine=affine),
    )


def mirrored_surface(surface: Surface) -> Surface:
    return replace(
        surface,
        points=surface.points * MIRROR,
        triangles=np.ascontiguousarray(surface.triangles[:, [0, 2, 1]]),
        **about(OTHER[surface.side]),
    )


def made_femur(rotation_deg=0.0) -> tuple[Surface, dict[str, np.ndarray]]:
    """Make a whole right femur of simple bodies, standing along z, and say where its parts are.

    Head: sphere of 24 mm at (45, −10, 430) before the turn; shaft: cylinder of 14 mm about the
    z axis; neck towards (0, 0, 396); condyles: spheres of 20 mm whose backs lie at y = +25 on
    a line along x (posterior is +y in LPS, medial +x on the right). The whole is then turned
    about z, so that medial moves towards anterior.
    """
    head = np.array([45.0, -10.0, 430.0])
    bodies = [
        _capsule([0, 0, 20], [0, 0, 400], 14),
        _capsule(head, [0, 0, 396], 15),
        _ball(head, 24),
        _capsule([-12, 8, 395], [-14, 14, 418], 12),
        _capsule([12, 12, 365], [16, 16, 362], 8),
        _ball([23, 5, 20], 20),
        _ball([-23, 5, 20], 20),
    ]
    surface = _contour(bodies, np.array([-60.0, -40, -10]), np.array([85.0, 50, 465]))
    a = np.radians(rotation_deg)
    # Medial (+x) towards anterior (−y).
    turn = np.array([[np.cos(a), np.sin(a), 0], [-np.sin(a), np.cos(a), 0], [0, 0, 1]])
    truth = {
        "head center": turn @ head,
        "medial condyle": turn @ [23, 25, 20],
        "lateral condyle": turn @ [-23, 25, 20],
        "medial": turn @ [1, 0, 0],
    }
    return replace(surface, points=surface.points @ turn.T), truth


def cut_femur(bottom_mm, lean_deg=0.0) -> tuple[Surface, np.ndarray]:
    """Make a right femur, cut off by the scan at z = ``bottom_mm``, and its shaft's direction.

    Head: sphere of 23 mm at the origin; neck to (-38, 8, -42); the shaft, of 15 mm, runs from
    (-40, 8, -35) to (-35, 5, -400). The whole is turned about y, the shaft's end away from the middle.
    """
    a = np.radians(lean_deg)
    turn = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
    bodies = [
        _ball([0, 0, 0], 23),
        _capsule([0, 0, 0], turn @ [-38, 8, -42], 13),
        _capsule(turn @ [-40, 8, -35], turn @ [-35, 5, -400], 15),
    ]

    def cut(points):
        return np.maximum(np.min([body(points) for body in bodies], axis=0), bottom_mm - points[:, 2])

    surface = _contour([cut], np.array([-130.0, -30, bottom_mm - 4]), np.array([30.0, 30, 30]))
    return surface, turn @ [-5, 3, 365]


def _contour(bodies, low, high, step=1.5) -> Surface:
    import pyvista as pv

    counts = np.ceil((high - low) / step).astype(int) + 1
    grid = pv.ImageData(dimensions=counts, spacing=(step,) * 3, origin=low)
    distance = np.min([body(np.asarray(grid.points)) for body in bodies], axis=0)
    bone = grid.contour([0.0], scalars=distance)
    bone = bone.connectivity("largest").extract_surface(algorithm="dataset_surface")
    return surface_of(bone.compute_normals(auto_orient_normals=True), "right")


def _ball(center, radius):
    return lambda points: np.linalg.norm(points - np.array(center, float), axis=1) - radius


def _capsule(start, end, radius):
    start, end = np.array(start, float), np.array(end, float)
    axis = end - start

    def distance(points):
        t = np.clip((points - start) @ axis / (axis @ axis), 0, 1)
        return np.linalg.norm(points - start - t[:, None] * axis, axis=1) - radius

    return distance
