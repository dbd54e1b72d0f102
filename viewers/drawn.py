"""The things of a 3-D scene, each a few VTK actors that are updated in place.

Imports VTK: reached only through ``viewers.scene``, itself imported at the first drawing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray, vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkLookupTable, vtkPoints
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPlane, vtkPolyData
from vtkmodules.vtkFiltersCore import vtkBinnedDecimation, vtkPolyDataNormals
from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper, vtkProperty

from resources.colors import color_map, rgb
from twin.domain import Surface, TetMesh
from viewers.shell import CutFace, NodeAverage, cut_of, vertex_normals
from viewers.skin import MeshSkin, Skin, creased, skin_of
from viewers.views import Clip, Pick

_COARSE_FROM = 120_000


_SHADING = """
  vec3 facing = normalVCVSOutput;
  float key = max(0.0, dot(facing, vec3(-0.408, 0.510, 0.757)));
  float fill = max(0.0, dot(facing, vec3(0.770, 0.096, 0.631)));
  float sky = 0.5 + 0.5 * facing.y;
  float turned = 1.0 - max(0.0, facing.z);
  float rim = gl_FrontFacing ? turned * turned * turned * (0.35 + 0.65 * sky) : 0.0;
  float light = 0.15 + 0.15 * sky + 0.69 * key + 0.18 * fill;
  float seen = opacity + (1.0 - opacity) * 0.5 * turned * turned;
  fragOutput0 = vec4(ambientColor + diffuseColor * light + 0.30 * rim * (0.35 + diffuseColor), seen);
"""
# Soft three-point light fixed to the camera: key from the upper left, fill from the right, sky
# from above, and a rim that keeps silhouettes clear of the ground and closes translucent bodies.
# A third cheaper than VTK's lights.


_HATCHING = """
  float across = mod((gl_FragCoord.x + gl_FragCoord.y) / fineness, 9.0);
  if (across > 2.8) discard;
  gl_FragDepth = gl_FragCoord.z - 0.00005;
"""
_HATCH_TONES = """
  fragOutput0 = vec4(vec3(mod((gl_FragCoord.x + gl_FragCoord.y) / fineness, 9.0) > 1.4 ? 0.86 : 0.10), 1.0);
"""
# Lines across the picture, just before what is hatched: its colors stay to be seen between them. Each is half
# dark and half light, to stand out from every color there is.


def shade(actor: vtkActor) -> None:
    """Give an actor the scene's own light in place of VTK's."""
    actor.GetShaderProperty().AddFragmentShaderReplacement("//VTK::Light::Impl", False, _SHADING, True)


def polydata(points: NDArray, triangles: NDArray) -> vtkPolyData:
    """Return triangles as VTK data that shares no memory with the arrays."""
    data = vtkPolyData()
    held = vtkPoints()
    held.SetData(numpy_to_vtk(np.ascontiguousarray(points, np.float32), deep=1))
    data.SetPoints(held)
    cells = vtkCellArray()
    flat = np.ascontiguousarray(triangles, np.int64).ravel()
    cells.SetData(3, numpy_to_vtkIdTypeArray(flat, deep=1))
    data.SetPolys(cells)
    return data


def solid(points: NDArray, triangles: NDArray) -> vtkPolyData:
    """Return triangles as VTK data with normals, points split along creases."""
    source, corners, normals = creased(points, triangles)
    return skinned(points, Skin(source, corners, normals))


def skinned(points: NDArray, skin: Skin) -> vtkPolyData:
    """Return a body's skin as VTK data: triangles with normals at points (n, 3) of the body."""
    data = polydata(points[skin.node], skin.corners)
    _put_normals(data, skin.normals)
    return data


def _put_normals(data: vtkPolyData, normals: NDArray[np.float32]) -> None:
    held = numpy_to_vtk(normals, deep=1)
    held.SetName("Normals")
    data.GetPointData().SetNormals(held)


def bone_like(actor: vtkActor, color: str, opacity: float, filled: bool = False) -> None:
    """Give an actor a matte skin that takes the scene's light; ``filled``: flat inside, as if solid."""
    skin = actor.GetProperty()
    skin.SetColor(*rgb(color))
    skin.SetOpacity(opacity)
    skin.SetAmbient(0.0)
    skin.SetDiffuse(1.0)
    if opacity < 1.0:  # front faces only: no sorting, and nothing shines through twice
        skin.BackfaceCullingOn()
        return
    skin.BackfaceCullingOff()
    if not filled:
        return
    inside = vtkProperty()
    inside.SetColor(*(0.72 * part for part in rgb(color)))
    inside.SetAmbient(1.0)
    inside.SetDiffuse(0.0)
    actor.SetBackfaceProperty(inside)


def plane_of(clip: Clip) -> vtkPlane:
    """Return the clip as VTK keeps it: what lies on the normal's side stays."""
    plane = vtkPlane()
    plane.SetOrigin(*clip.origin)
    plane.SetNormal(*clip.normal)
    return plane


class Drawn:
    """Something shown under one key."""

    def __init__(self) -> None:
        self.actors: list[vtkActor] = []
        self.visible = True
        self.pickable = True

    def set_visible(self, visible: bool) -> None:
        """Show or hide it."""
        self.visible = visible
        for actor in self.actors:
            actor.SetVisibility(visible)

    def set_clip(self, clip: Clip | None) -> None:
        """Cut it off at a plane; None takes the cut away."""
        for actor in self.actors:
            actor.GetMapper().RemoveAllClippingPlanes()
            if clip is not None:
                actor.GetMapper().AddClippingPlane(plane_of(clip))

    def set_coarse(self, coarse: bool) -> None:
        """Draw a light copy while a hand moves the scene."""

    def set_fineness(self, fineness: float) -> None:
        """Take the picture's pixels to a pixel of the screen."""

    def pick(self, actor: vtkActor, cell: int, at: NDArray[np.float64], key: str) -> Pick:
        """Return what was hit: ``cell`` of ``actor`` at a place in LPS mm."""
        return Pick(key, at, cell, None)


class DrawnSurface(Drawn):
    """A surface in one color."""

    def __init__(self, surface: Surface, color: str, opacity: float) -> None:
        super().__init__()
        self.surface = surface
        self._skin = skin_of(surface)
        self._fine = skinned(surface.points, self._skin)
        self._light: vtkPolyData | None = None
        self._mapper = vtkPolyDataMapper()
        self._mapper.SetInputData(self._fine)
        actor = vtkActor()
        actor.SetMapper(self._mapper)
        shade(actor)
        self.actors = [actor]
        self.paint(color, opacity)

    def paint(self, color: str, opacity: float) -> None:
        """Change color and opacity."""
        bone_like(self.actors[0], color, opacity, filled=True)

    def move(self, points: NDArray) -> None:
        """Put its points (n, 3) elsewhere, in place; its creases stay where they are."""
        moved = np.asarray(points, np.float64)[self._skin.node]
        held = self._fine.GetPoints().GetData()
        vtk_to_numpy(held)[:] = moved
        held.Modified()
        self._fine.GetPoints().Modified()
        _put_normals(self._fine, vertex_normals(moved, self._skin.corners))
        self._fine.Modified()
        self._light = None

    def set_coarse(self, coarse: bool) -> None:
        """Swap the light copy in or out."""
        if self._fine.GetNumberOfCells() < _COARSE_FROM:
            return
        if coarse and self._light is None:
            self._light = lighter(self._fine)
        self._mapper.SetInputData(self._light if coarse else self._fine)


def lighter(fine: vtkPolyData) -> vtkPolyData:
    """Return a copy with some thirty thousand triangles, for drawing while the scene moves."""
    coarse = vtkBinnedDecimation()
    coarse.SetInputData(fine)
    low = np.array(fine.GetBounds())
    size = low[1::2] - low[::2]
    bin_mm = float(np.sqrt(2 * (size[0] * size[1] + size[1] * size[2] + size[0] * size[2]) / 15_000))
    coarse.SetNumberOfDivisions(*(max(2, int(s / bin_mm)) for s in size))
    coarse.SetPointGenerationModeToBinAverages()
    normals = vtkPolyDataNormals()
    normals.SetInputConnection(coarse.GetOutputPort())
    normals.SplittingOff()
    normals.Update()
    return normals.GetOutput()


@dataclass(eq=False)
class FieldValues:
    """What a mesh is colored by; ``values`` (n,) at nodes or elements."""

    values: NDArray[np.float64]
    where: str
    limits: tuple[float, float]
    map_name: str
    flat: bool = False


class DrawnMesh(Drawn):
    """A tetrahedral mesh: its boundary, made once, and its cut face; in one color or with a field.

    Points and values are updated in place; nothing is extracted again.
    """

    def __init__(self, mesh: TetMesh) -> None:
        super().__init__()
        self.mesh = mesh
        self._skin = skin = skin_of(mesh)
        assert isinstance(skin, MeshSkin)
        self.shell, self._used = skin.shell, skin.used
        self._node, self._corners = skin.node, skin.corners
        self._data = skinned(mesh.points, skin)
        self._averages: dict[str, NodeAverage] = {"shell": skin.average}
        self._field: FieldValues | None = None
        self._nodal: NDArray[np.float64] | None = None
        self._moved = mesh.points
        self._clip: Clip | None = None
        self._cut: CutFace | None = None
        self._cut_data = vtkPolyData()
        self._table = vtkLookupTable()
        self._hatched: NDArray[np.bool_] | None = None
        self._over = [vtkPolyData(), vtkPolyData()]
        self.actors = [self._actor(data) for data in (self._data, self._cut_data, *self._over)]
        for actor in self.actors[2:]:
            actor.PickableOff()
            actor.GetProperty().LightingOff()
            shader = actor.GetShaderProperty()
            shader.ClearAllShaderReplacements()
            shader.AddFragmentShaderReplacement("//VTK::Depth::Impl", True, _HATCHING, False)
            shader.AddFragmentShaderReplacement("//VTK::Light::Impl", True, _HATCH_TONES, False)
        self.set_fineness(1.0)
        self.set_visible(True)

    @staticmethod
    def _actor(data: vtkPolyData) -> vtkActor:
        mapper = vtkPolyDataMapper()
        mapper.SetInputData(data)
        actor = vtkActor()
        actor.SetMapper(mapper)
        shade(actor)
        return actor

    def paint(self, color: str, opacity: float = 1.0, edges: bool = False) -> None:
        """Draw in one color, with or without the elements' edges."""
        for actor in self.actors[:2]:
            bone_like(actor, color, opacity)
            actor.GetMapper().ScalarVisibilityOff()
            skin = actor.GetProperty()
            skin.SetEdgeVisibility(edges)
            skin.SetEdgeColor(*(0.38 * part for part in rgb(color)))
            skin.SetLineWidth(1.0)

    def color_by(self, field: FieldValues) -> None:
        """Draw with a field; colors stay true to the bar, so the light is soft."""
        self._field = field
        table = color_map(field.map_name)
        self._table.SetNumberOfTableValues(256)
        rgba = np.column_stack([table, np.full(256, 255, np.uint8)])
        self._table.SetTable(numpy_to_vtk(np.ascontiguousarray(rgba), deep=1, array_type=3))
        self._table.SetNanColor(0.45, 0.47, 0.50, 1.0)
        for actor in self.actors[:2]:
            bone_like(actor, "#FFFFFF", 1.0)
            skin = actor.GetProperty()
            skin.SetAmbient(0.22)
            skin.SetDiffuse(0.78)
            mapper = actor.GetMapper()
            mapper.SetLookupTable(self._table)
            mapper.UseLookupTableScalarRangeOn()
            mapper.ScalarVisibilityOn()
            by_cell = field.flat and field.where == "element"
            mapper.SetInterpolateScalarsBeforeMapping(not by_cell)
            if by_cell:
                mapper.SetScalarModeToUseCellData()
            else:
                mapper.SetScalarModeToUsePointData()
        self.set_values(field.values, field.limits)

    def set_values(self, values: NDArray, limits: tuple[float, float]) -> None:
        """Take new values in place."""
        assert self._field is not None
        field = self._field
        field.values, field.limits = np.asarray(values), limits
        self._table.SetTableRange(*limits)
        by_cell = field.flat and field.where == "element"
        if by_cell:
            self._nodal = None
            put_scalars(self._data.GetCellData(), field.values[self.shell.element])
        else:
            nodal = self._to_nodes(field.values) if field.where == "element" else field.values
            self._nodal = nodal
            put_scalars(self._data.GetPointData(), nodal[self._node])
        self._color_cut()

    def _to_nodes(self, values: NDArray) -> NDArray[np.float64]:
        """Return element values averaged to the nodes that are drawn, NaN at the others; shape (nodes,)."""
        drawn = {"shell": self._used}
        if self._cut is not None:
            drawn["cut"] = np.unique(self._cut.ends)
        nodal = np.full(len(self.mesh.points), np.nan)
        for part, nodes in drawn.items():
            average = self._averages.get(part) or NodeAverage(self.mesh, nodes)
            self._averages[part] = average
            nodal[nodes] = average(values)
        return nodal

    def hatch(self, elements: NDArray[np.bool_] | None) -> None:
        """Hatch some elements, bool (m,), on the boundary and on the cut face; None hatches none."""
        self._hatched = elements
        if elements is not None:
            over, corners = self._over[0], self._corners[elements[self.shell.element]]
            over.ShallowCopy(polydata(np.empty((0, 3)), corners))
            over.SetPoints(self._data.GetPoints())  # shared: they move together
        self._hatch_cut()
        self.set_visible(self.visible)

    def set_fineness(self, fineness: float) -> None:
        """Keep the hatching as wide on the screen at any resolution."""
        for actor in self.actors[2:]:
            actor.GetShaderProperty().GetFragmentCustomUniforms().SetUniformf("fineness", fineness)

    def _hatch_cut(self) -> None:
        if self._cut is not None and self._hatched is not None:
            over, triangles = self._over[1], self._cut.triangles[self._hatched[self._cut.element]]
            over.ShallowCopy(polydata(np.empty((0, 3)), triangles))
            over.SetPoints(self._cut_data.GetPoints())

    def deform(self, displacement: NDArray | None, scale: float) -> None:
        """Move the points by ``scale`` times the displacement, shape (nodes, 3), mm."""
        if displacement is None or scale == 0.0:
            self._moved = self.mesh.points
            _put_normals(self._data, self._skin.normals)
        else:
            self._moved = self.mesh.points + scale * displacement
        moved = self._moved[self._node]
        held = self._data.GetPoints().GetData()
        vtk_to_numpy(held)[:] = moved
        held.Modified()
        self._data.GetPoints().Modified()
        if self._moved is not self.mesh.points:
            _put_normals(self._data, vertex_normals(moved, self._corners))
        self._data.Modified()
        if self._cut is not None:
            held = self._cut_data.GetPoints().GetData()
            vtk_to_numpy(held)[:] = self._cut.at_points(self._moved)
            held.Modified()
            self._cut_data.GetPoints().Modified()
            self._cut_data.Modified()

    def set_clip(self, clip: Clip | None) -> None:
        """Cut the boundary off and close it with the elements' cut face."""
        self._clip = clip
        mappers = [self.actors[n].GetMapper() for n in (0, 2)]
        for mapper in mappers:
            mapper.RemoveAllClippingPlanes()
        self._cut = None
        self._averages.pop("cut", None)
        if clip is not None:
            for mapper in mappers:
                mapper.AddClippingPlane(plane_of(clip))
            self._cut = cut_of(self.mesh, clip.origin, -clip.normal)
            made = polydata(self._cut.at_points(self._moved), self._cut.triangles)
            self._cut_data.ShallowCopy(made)
            normals = np.tile(-clip.normal.astype(np.float32), (len(self._cut.ends), 1))
            self._cut_data.GetPointData().SetNormals(numpy_to_vtk(normals, deep=1))
            self._hatch_cut()
            if self._field is not None:
                self.set_values(self._field.values, self._field.limits)
        self.set_visible(self.visible)

    def set_visible(self, visible: bool) -> None:
        """Show or hide it, with its cut face and its hatching where it has them."""
        self.visible = visible
        cut, hatched = self._cut is not None, self._hatched is not None
        for actor, there in zip(self.actors, (True, cut, hatched, cut and hatched), strict=True):
            actor.SetVisibility(visible and there)

    def _color_cut(self) -> None:
        if self._cut is None or self._field is None:
            return
        if self._nodal is None:
            put_scalars(self._cut_data.GetCellData(), self._field.values[self._cut.element])
        else:
            put_scalars(self._cut_data.GetPointData(), self._cut.at_points(self._nodal))

    def pick(self, actor: vtkActor, cell: int, at: NDArray[np.float64], key: str) -> Pick:
        """Return place at rest, element and value."""
        on_cut = self._cut is not None and actor is self.actors[1]
        if on_cut:
            assert self._cut is not None
            triangle, element = self._cut.triangles[cell], int(self._cut.element[cell])
            rest, moved = self._cut.at_points(self.mesh.points), self._cut.at_points(self._moved)
            nodal = None if self._nodal is None else self._cut.at_points(self._nodal)
        else:
            triangle, element = self._node[self._corners[cell]], int(self.shell.element[cell])
            rest, moved, nodal = self.mesh.points, self._moved, self._nodal
        weights = barycentric(moved[triangle], at)
        value = None
        if nodal is not None:
            value = float(weights @ nodal[triangle])
        elif self._field is not None:
            value = float(self._field.values[element])
        return Pick(key, weights @ rest[triangle], element, value)


def barycentric(corners: NDArray[np.float64], at: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the weights (3,) of a triangle's corners (3, 3) at a place in its plane."""
    sides = (corners[1:] - corners[0]).T
    pair, *_ = np.linalg.lstsq(sides, at - corners[0], rcond=None)
    return np.array([1.0 - pair.sum(), *pair])


def put_scalars(attributes: Any, values: NDArray) -> None:
    """Write scalars into VTK's own memory where they fit, else give it new."""
    held = attributes.GetScalars()
    if held is not None and held.GetNumberOfTuples() == len(values):
        vtk_to_numpy(held)[:] = values
        held.Modified()
        return
    fresh = numpy_to_vtk(np.ascontiguousarray(values, np.float32), deep=1)
    fresh.SetName("value")
    attributes.SetScalars(fresh)


def merged(parts: Sequence[tuple[NDArray, NDArray]]) -> tuple[NDArray, NDArray]:
    """Return several (points, triangles) as one."""
    offset = np.cumsum([0, *(len(points) for points, _ in parts)])
    points = np.concatenate([points for points, _ in parts])
    triangles = np.concatenate([t + o for (_, t), o in zip(parts, offset[:-1], strict=True)])
    return points, triangles


__all__ = ["Drawn", "DrawnMesh", "DrawnSurface", "FieldValues", "merged", "polydata", "solid"]
