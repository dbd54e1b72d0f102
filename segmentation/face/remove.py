"""Faces taken off: volumes get air where the face was, surfaces of skin lose their front."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from segmentation.face.zone import BONE_HU, Face, find_face, find_face_of, missing_hu
from twin.domain import Entity, LabelMap, Surface, Volume

_SHELL_MM = 2.0
_SKINS = ("skin", "body", "head", "face")
_MOSTLY = 0.3


def without_face(volume: Volume) -> tuple[Volume, Face | None]:
    """Return a volume with air where the soft tissue of the face was; itself where it shows no face."""
    face = find_face(volume)
    return (volume, None) if face is None else (blank(volume, face), face)


def blank(volume: Volume, face: Face) -> Volume:
    """Return a volume with air where the soft tissue of a face was.

    Bone (CT), and what lies behind it, stays as it is to the last bit.
    """
    zone = face.zone
    if volume.modality == "CT":
        lowest = volume.voxels.min() * volume.slope + volume.intercept
        bone = volume.voxels > (BONE_HU - missing_hu(float(lowest)) - volume.intercept) / volume.slope
        kept = bone if bone.ndim == 3 else bone.any(axis=0)
        zone = zone & ~kept
    voxels = volume.voxels.copy()
    voxels[..., zone] = _air(volume)
    note = f"The face was removed: {face.tissue_ml:.0f} mL of soft tissue are blank now."
    return replace(volume, voxels=voxels, notes=(*volume.notes, note))


def _air(volume: Volume) -> float:
    """Return the stored number of air, or of nothing at all."""
    value = -1000.0 if volume.modality == "CT" else 0.0
    stored = (value - volume.intercept) / volume.slope
    if volume.voxels.dtype.kind == "f":
        return stored
    lowest = float(volume.voxels.min())
    return max(round(stored), lowest)


def labels_without_face(labels: LabelMap, face: Face) -> LabelMap:
    """Return a labelmap on the face's grid whose skins end where the face was."""
    changed = labels.labels.copy()
    for s in labels.structures:
        if not {s.term.casefold(), s.name.casefold()} & set(_SKINS):
            continue
        layer = changed if changed.ndim == 3 else changed[s.layer]
        layer[(layer == s.label) & face.front] = 0
    return replace(labels, labels=changed)


def surface_without_face(surface: Surface, face: Face | None, affine: NDArray[np.float64]) -> Surface:
    """Return a surface without the triangles that show a face.

    Bones stay: a surface is cut where much of what it has in the face's region lies in its skin.

    Parameters
    ----------
    face : Face or None
        As found in an image of the same space with that affine.
    """
    if face is None:
        return surface
    inside = np.linalg.inv(affine)
    index = np.rint(surface.points @ inside[:3, :3].T + inside[:3, 3]).astype(int)[:, ::-1]
    fits = ((index >= 0) & (index < face.front.shape)).all(axis=1)
    index = np.where(fits[:, None], index, 0)
    front = face.front[tuple(index.T)] & fits
    if not front.any() or (face.skin[tuple(index.T)] & front).sum() < _MOSTLY * front.sum():
        return surface
    kept = ~front[surface.triangles].any(axis=1)
    used, triangles = np.unique(surface.triangles[kept], return_inverse=True)
    return replace(
        surface,
        points=surface.points[used],
        triangles=triangles.reshape(-1, 3).astype(np.int32),
        cut=None if surface.cut is None else surface.cut[kept],
        notes=(*surface.notes, "The face was cut out of it."),
    )


def solid(surface: Surface) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Return the voxels that a closed surface encloses, shape (k, j, i), and their affine."""
    low = surface.points.min(axis=0) - 4 * _SHELL_MM
    size = np.ceil((surface.points.max(axis=0) + 4 * _SHELL_MM - low) / _SHELL_MM).astype(int)
    shell = np.zeros(size[::-1], bool)
    corners = surface.points[surface.triangles]
    edge = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).max()
    steps = max(2, int(np.ceil(edge / _SHELL_MM)) + 1)
    for a in np.linspace(0, 1, steps):
        for b in np.linspace(0, 1 - a, steps):
            points = a * corners[:, 0] + b * corners[:, 1] + (1 - a - b) * corners[:, 2]
            k, j, i = np.rint((points - low) / _SHELL_MM).astype(int)[:, ::-1].T
            shell[k, j, i] = True
    shell = ndimage.binary_closing(shell, iterations=2)
    for k in range(len(shell)):
        shell[k] = ndimage.binary_fill_holes(shell[k])
    affine = np.diag([_SHELL_MM, _SHELL_MM, _SHELL_MM, 1.0])
    affine[:3, 3] = low
    return shell, affine


class Faceless:
    """Takes the faces off the things of one record: images first, since they say where surfaces show one."""

    def __init__(self, volumes: tuple[Volume, ...] = ()) -> None:
        self._found: list[tuple[str, NDArray[np.float64], Face]] = []
        self.removed = 0
        for volume in volumes:
            self.look(volume)

    def look(self, volume: Volume) -> bool:
        """Look for a face in an image; tells whether there is one."""
        return self._face(volume) is not None

    def _face(self, volume: Volume) -> Face | None:
        """Return the face in an image, or the one that was found on the same grid in the same space."""
        for frame, affine, face in self._found:
            same = frame == volume.frame_of_reference != "" and face.front.shape == volume.shape
            if same and np.array_equal(affine, volume.affine):
                return face
        face_here = find_face(volume)
        if face_here is not None:
            self._found.append((volume.frame_of_reference, volume.affine, face_here))
        return face_here

    def __call__(self, entity: Entity) -> Entity:
        """Return an entity without a face; itself where it shows none."""
        if isinstance(entity, Volume):
            face = self._face(entity)
            self.removed += face is not None
            return entity if face is None else blank(entity, face)
        if isinstance(entity, Surface):
            return self._surface(entity)
        if isinstance(entity, LabelMap):
            for frame, affine, face in self._found:
                same = frame == entity.frame_of_reference and face.front.shape == entity.labels.shape[-3:]
                if same and np.allclose(affine, entity.affine, atol=1e-3):
                    return labels_without_face(entity, face)
        return entity

    def _surface(self, surface: Surface) -> Surface:
        here = [(face, affine) for frame, affine, face in self._found if frame == surface.frame_of_reference]
        for face, affine in here:
            surface = surface_without_face(surface, face, affine)
        if here or not len(surface.triangles):
            return surface
        body, affine = solid(surface)
        return surface_without_face(surface, find_face_of(body, affine), affine)
