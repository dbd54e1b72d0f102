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
from viewers.oblique import Cut, nearest
from viewers.orientation import SliceFrame
from viewers.planes import PLANES, Planes, Slab
from viewers.sampling import GrayTable
from viewers.slice_sheet import SlicePixels
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
        frames = {plane: SliceFrame.of(plane, volume.affine, volume.shape) for plane in PLANES}
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

    def move(self, lps: NDArray[np.float64], time: int = 0, planes: Planes | None = None) -> None:
        """Show the slices through another place, LPS mm, at another moment, along the grid or turned."""
        voxels, volume = self._volume.voxels, self._volume
        grid = voxels if voxels.ndim == 3 else voxels[time]
        for actor, (plane, along) in zip(self.actors, self._frames.items(), strict=True):
            turned = planes is not None and len(self._frames) == len(PLANES)
            frame = planes.frame(plane, volume.affine, volume.shape) if planes and turned else along
            columns, rows, _ = frame.counts
            depth = frame.depth_at(lps)
            image = vtkImageData()
            image.SetDimensions(columns, rows, 1)
            # Packed 0xAARRGGBB is b, g, r, a in memory.
            colors = self._colors(grid, frame, depth).view(np.uint8).reshape(-1, 4)[:, 2::-1]
            scalars = numpy_to_vtk(np.ascontiguousarray(colors), deep=1)
            image.GetPointData().SetScalars(scalars)
            actor.GetTexture().SetInputData(image)
            ends = [(-0.5, -0.5), (columns - 0.5, -0.5), (columns - 0.5, rows - 0.5), (-0.5, rows - 0.5)]
            flat = np.array(ends) if frame.on_grid else _cut_of_box(frame, depth, volume)
            corners = np.array([frame.lps(column, row, depth) for column, row in flat])
            fan = np.array([[0, n, n + 1] for n in range(1, len(flat) - 1)]).reshape(-1, 3)
            polygon = polydata(corners, fan)
            coordinates = ((flat + 0.5) / [columns, rows]).astype(np.float32)
            polygon.GetPointData().SetTCoords(numpy_to_vtk(coordinates, deep=1))
            actor.GetMapper().SetInputData(polygon)

    def _colors(self, grid: NDArray, frame: SliceFrame, depth: float) -> NDArray[np.uint32]:
        """Return packed colors of a slice, a pixel a column and row of its frame."""
        if frame.on_grid:
            return self._table.colors(frame.slice_of(grid, round(depth)))
        columns, rows, _ = frame.counts
        pixels = SlicePixels(frame, depth, (0.0, 1.0, 0.0), (0.0, 1.0), (rows, columns), 1.0)
        picture = np.empty((rows, columns), np.uint32)
        if self._volume.color:
            nearest(grid, self._volume.affine, pixels, picture)
        else:
            Cut.of(frame, Slab(), self._volume.affine).paint(
                grid, pixels, True, self._table.by_value, picture
            )
        return picture

    def set_clip(self, clip: Clip | None) -> None:
        """Stay whole."""


def _cut_of_box(frame: SliceFrame, depth: float, volume: Volume) -> NDArray[np.float64]:
    """Return the polygon in which a plane cuts a volume's box, as (column, row) in order about its middle.

    Without corners, shape (0, 2), where it passes beside the box.
    """
    size = np.array(volume.shape[::-1], float)
    bits = np.array([[n >> axis & 1 for axis in range(3)] for n in range(8)])
    places = frame.place((bits * size - 0.5) @ volume.affine[:3, :3].T + volume.affine[:3, 3])
    height = places[:, 2] - depth
    height[np.abs(height) < 1e-6] = 1e-6  # a corner on the plane lies on one side of it
    found = []
    for one in range(8):
        for axis in range(3):
            other = one | 1 << axis
            if height[one] * height[other] < 0:
                share = height[one] / (height[one] - height[other])
                found.append(places[one, :2] + share * (places[other, :2] - places[one, :2]))
    corners = np.array(found).reshape(-1, 2)
    away = corners - corners.mean(axis=0) if len(corners) else corners
    return corners[np.argsort(np.arctan2(away[:, 1], away[:, 0]))]
