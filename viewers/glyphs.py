"""Arrows, spheres, axes and slice planes in the 3-D scene.

Imports VTK: reached only through ``viewers.scene``.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from vtkmodules.util.numpy_support import numpy_to_vtk
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper, vtkTexture

from resources.colors import rgb
from twin.domain import Volume
from viewers.drawn import Drawn, merged, polydata, shade, solid
from viewers.orientation import Plane, SliceFrame
from viewers.sampling import GrayTable
from viewers.views import Clip, Pick

_AROUND = 24
_SHAFT, _HEAD, _HEAD_LENGTH = 0.022, 0.055, 0.22


def _turned(profile: NDArray[np.float64], direction: NDArray[np.float64]) -> tuple[NDArray, NDArray]:
    """Return the body made by turning a profile of (radius, height) about ``direction``."""
    direction = direction / np.linalg.norm(direction)
    side = np.eye(3)[int(np.argmin(np.abs(direction)))]
    across = np.cross(direction, side)
    across /= np.linalg.norm(across)
    over = np.cross(direction, across)
    angle = np.linspace(0, 2 * np.pi, _AROUND, endpoint=False)
    ring = np.cos(angle)[:, None] * across + np.sin(angle)[:, None] * over
    points = np.concatenate([radius * ring + height * direction for radius, height in profile])
    step = np.arange(_AROUND)
    after = (step + 1) % _AROUND
    bands = []
    for number in range(len(profile) - 1):
        low, high = number * _AROUND, (number + 1) * _AROUND
        bands.append(np.stack([low + step, low + after, high + after], axis=1))
        bands.append(np.stack([low + step, high + after, high + step], axis=1))
    return points, np.concatenate(bands).astype(np.int32)


def arrow(start: NDArray[np.float64], vector: NDArray[np.float64]) -> tuple[NDArray, NDArray]:
    """Return points and triangles of an arrow from ``start`` to ``start + vector``, mm."""
    length = float(np.linalg.norm(vector))
    if length == 0.0:
        return np.zeros((0, 3)), np.zeros((0, 3), np.int32)
    neck = 1 - _HEAD_LENGTH
    profile = length * np.array([[0, 0], [_SHAFT, 0], [_SHAFT, neck], [_HEAD, neck], [0.001, 1.0]])
    points, triangles = _turned(profile, vector)
    return points + start, triangles


def rod(start: NDArray[np.float64], vector: NDArray[np.float64], radius: float) -> tuple[NDArray, NDArray]:
    """Return points and triangles of a rod from ``start`` to ``start + vector``, mm."""
    length = float(np.linalg.norm(vector))
    if length == 0.0:
        return np.zeros((0, 3)), np.zeros((0, 3), np.int32)
    profile = np.array([[1e-4, 0], [radius, 0], [radius, length], [1e-4, length]])
    points, triangles = _turned(profile, vector)
    return points + start, triangles


def ball(center: NDArray[np.float64], radius: float) -> tuple[NDArray, NDArray]:
    """Return points and triangles of a sphere."""
    angle = np.linspace(-np.pi / 2, np.pi / 2, 15)
    profile = radius * np.stack([np.maximum(np.cos(angle), 1e-4), np.sin(angle)], axis=1)
    points, triangles = _turned(profile, np.array([0.0, 0.0, 1.0]))
    return points + center, triangles


class DrawnGlyphs(Drawn):
    """Bodies of one color made of points and triangles; picks give the number of the body."""

    def __init__(self, parts: Sequence[tuple[NDArray, NDArray]], color: str, opacity: float = 1.0) -> None:
        super().__init__()
        self._mapper = vtkPolyDataMapper()
        actor = vtkActor()
        actor.SetMapper(self._mapper)
        skin = actor.GetProperty()
        skin.SetColor(*rgb(color))
        skin.SetOpacity(opacity)
        skin.SetAmbient(0.25)
        skin.SetDiffuse(0.75)
        shade(actor)
        if opacity < 1.0:
            skin.BackfaceCullingOn()
        self.actors = [actor]
        self.reshape(parts)

    def reshape(self, parts: Sequence[tuple[NDArray, NDArray]]) -> None:
        """Take other bodies in place of these."""
        kept = [part for part in parts if len(part[0])]
        self._ends = np.cumsum([len(triangles) for _, triangles in parts])
        if kept:
            self._mapper.SetInputData(solid(*merged(kept)))
        self.actors[0].SetVisibility(self.visible and bool(kept))

    def set_clip(self, clip: Clip | None) -> None:
        """Stay whole: loads and landmarks are to be seen."""

    def pick(self, actor: vtkActor, cell: int, at: NDArray[np.float64], key: str) -> Pick:
        """Return which body was hit."""
        return Pick(key, at, int(np.searchsorted(self._ends, cell, side="right")), None)


class DrawnSlices(Drawn):
    """The three slices through a place, in the scene; of a volume of one slice that one."""

    def __init__(self, volume: Volume, window: tuple[float, float, bool]) -> None:
        super().__init__()
        self.pickable = False
        self._volume, self._window = volume, window
        planes: tuple[Plane, ...] = ("axial", "coronal", "sagittal")
        frames = {plane: SliceFrame.of(plane, volume.affine, volume.shape) for plane in planes}
        thick = min(volume.shape) > 1
        self._frames = {plane: frame for plane, frame in frames.items() if thick or frame.counts[2] == 1}
        self._table = GrayTable(volume, *window)
        for frame in self._frames.values():
            self._add(frame)
        self.move(np.zeros(3))

    def shows(self, volume: Volume, window: tuple[float, float, bool]) -> bool:
        """Tell whether these are slices of that volume under that window (center, width, inverted)."""
        return self._volume is volume and self._window == window

    def _add(self, frame: SliceFrame) -> None:
        mapper = vtkPolyDataMapper()
        texture = vtkTexture()
        texture.InterpolateOn()
        actor = vtkActor()
        actor.SetMapper(mapper)
        actor.SetTexture(texture)
        actor.GetProperty().LightingOff()
        self.actors.append(actor)

    def move(self, lps: NDArray[np.float64], time: int = 0) -> None:
        """Show the slices through another place, LPS mm, at another moment."""
        voxels = self._volume.voxels
        grid = voxels if voxels.ndim == 3 else voxels[time]
        for actor, frame in zip(self.actors, self._frames.values(), strict=True):
            columns, rows, slices = frame.counts
            index = int(np.clip(np.rint(frame.place(lps)[2]), 0, slices - 1))
            packed = self._table.colors(frame.slice_of(grid, index))
            image = vtkImageData()
            image.SetDimensions(columns, rows, 1)
            # Packed 0xAARRGGBB is b, g, r, a in memory.
            colors = packed.view(np.uint8).reshape(-1, 4)[:, 2::-1]
            scalars = numpy_to_vtk(np.ascontiguousarray(colors), deep=1)
            image.GetPointData().SetScalars(scalars)
            actor.GetTexture().SetInputData(image)
            ends = [(-0.5, -0.5), (columns - 0.5, -0.5), (columns - 0.5, rows - 0.5), (-0.5, rows - 0.5)]
            corners = np.array([frame.lps(column, row, index) for column, row in ends])
            quad = polydata(corners, np.array([[0, 1, 2], [0, 2, 3]]))
            coordinates = numpy_to_vtk(np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32), deep=1)
            quad.GetPointData().SetTCoords(coordinates)
            actor.GetMapper().SetInputData(quad)

    def set_clip(self, clip: Clip | None) -> None:
        """Stay whole."""
