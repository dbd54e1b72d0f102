"""The off-screen VTK scene behind the 3-D view: things under keys in, pixels and picks out.

Importing this module imports VTK; ``viewers.scene_view`` does so at its first drawing.
"""

import os
import sys
from collections.abc import Iterator

if sys.platform == "linux" and not os.environ.get("DISPLAY"):
    # Without an X server VTK would try one first and complain.
    os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")

import numpy as np
import vtkmodules.vtkRenderingOpenGL2  # noqa: F401  makes the OpenGL classes known
from numpy.typing import NDArray
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkFloatArray, vtkUnsignedCharArray
from vtkmodules.vtkCommonDataModel import vtkDataSet, vtkStaticCellLocator
from vtkmodules.vtkRenderingCore import vtkCellPicker, vtkLight, vtkRenderer, vtkRenderWindow

from resources.colors import rgb
from twin.domain import TetMesh
from viewers.drawn import Drawn, DrawnMesh, FieldValues
from viewers.rendered import DrawnVolume
from viewers.turntable import VIEW_ANGLE, Turntable
from viewers.views import Clip, Pick


class Scene:
    """Things shown in 3-D, under keys."""

    def __init__(self) -> None:
        self._renderer = vtkRenderer()
        self._window = vtkRenderWindow()
        self._window.SetShowWindow(False)
        self._window.SetOffScreenRendering(1)
        self._window.SetMultiSamples(0)
        # Nothing is ever shown by VTK: without the copies to its own screen a frame costs a third less.
        self._window.SetFrameBlitModeToNoBlit()
        self._window.SwapBuffersOff()
        self._window.AddRenderer(self._renderer)
        self._pixels = vtkUnsignedCharArray()
        self._clip: Clip | None = None
        self._coarse = False
        self._software: bool | None = None
        self._locators: dict[int, vtkStaticCellLocator] = {}
        self.things: dict[str, Drawn] = {}
        self._renderer.RemoveAllLights()
        self._renderer.AutomaticLightCreationOff()
        # The bodies' own shading (viewers.drawn) has three lights; VTK's one headlight, the
        # cheapest there is, makes it hand the normals over.
        light = vtkLight()
        light.SetLightTypeToHeadlight()
        self._renderer.AddLight(light)
        self.set_ground("#15181C")

    def warm(self, size: tuple[int, int]) -> None:
        """Draw a small body in each way there is, so that the driver's compiler has done its work."""
        corners = np.vstack([np.zeros(3), np.eye(3)])
        mesh = TetMesh(corners, np.array([[0, 1, 2, 3]], np.int32), np.zeros(1, np.int32))
        plain, colored = DrawnMesh(mesh), DrawnMesh(mesh)
        plain.paint("#E3DAC9")
        colored.color_by(FieldValues(np.arange(4.0), "node", (0.0, 3.0), "viridis"))
        colored.hatch(np.ones(1, bool))
        camera = Turntable()
        camera.fit(corners.min(axis=0), corners.max(axis=0), 1.0)
        for thing in (plain, colored):
            self.put("warm", thing)
            self.render(camera, size)
        self.remove("warm")

    def set_ground(self, color: str) -> None:
        """Set what lies behind everything: flat, since a gradient costs 4 ms a frame without a GPU."""
        self._renderer.SetBackground(*rgb(color))

    def put(self, key: str, thing: Drawn) -> None:
        """Show a thing, in place of what had its key."""
        self.remove(key)
        self.things[key] = thing
        for actor in thing.actors:
            self._renderer.AddActor(actor)
        if self._clip is not None:
            thing.set_clip(self._clip)

    def remove(self, key: str) -> None:
        """Take a thing away; one that is not there is no error."""
        thing = self.things.pop(key, None)
        for actor in thing.actors if thing else ():
            self._renderer.RemoveActor(actor)
            self._locators.pop(id(actor), None)

    def set_clip(self, clip: Clip | None) -> None:
        """Cut everything at a plane."""
        self._clip = clip
        for thing in self.things.values():
            thing.set_clip(clip)

    def bounds(self) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
        """Return the box around what is visible, LPS mm, ((3,), (3,)); None for an empty scene."""
        boxes = [
            np.array(actor.GetBounds())
            for thing in self.things.values()
            for actor in thing.actors
            if actor.GetVisibility() and actor.GetMapper().GetInput().GetNumberOfPoints()
        ]
        for volume in self._volumes():
            boxes.append(np.stack([volume.around.low, volume.around.high], axis=1).ravel())
        if not boxes:
            return None
        box = np.array(boxes)
        return box[:, ::2].min(axis=0), box[:, 1::2].max(axis=0)

    def _volumes(self) -> list[DrawnVolume]:
        return [thing for thing in self.things.values() if isinstance(thing, DrawnVolume) and thing.visible]

    @property
    def heavy(self) -> bool:
        """Whether an image is looked through: a full picture of it takes some tenths of a second."""
        return bool(self._volumes())

    @property
    def software(self) -> bool:
        """Whether the processor draws, not a graphics card."""
        if self._software is None:
            self._window.Initialize()  # before that the driver's name is not known
            words = self._window.ReportCapabilities() or ""
            self._software = any(name in words for name in ("llvmpipe", "softpipe", "SwiftShader"))
        return self._software

    def aim(self, camera: Turntable) -> None:
        """Put VTK's camera where ours is."""
        lens = self._renderer.GetActiveCamera()
        lens.SetFocalPoint(*camera.center)
        lens.SetPosition(*camera.position)
        lens.SetViewUp(*camera.axes[1])
        lens.SetViewAngle(VIEW_ANGLE)
        self._renderer.ResetCameraClippingRange()

    def render(
        self, camera: Turntable, size: tuple[int, int], *, occluded: bool = False, fineness: float = 1.0
    ) -> NDArray[np.uint8]:
        """Draw the scene, all parts of it; returns the picture as ``parts`` does."""
        *_, picture = self.parts(camera, size, occluded=occluded, fineness=fineness)
        return picture

    def parts(
        self, camera: Turntable, size: tuple[int, int], *, occluded: bool = False, fineness: float = 1.0
    ) -> Iterator[NDArray[np.uint8]]:
        """Draw the scene, and let go of the hand's thread between parts of what takes long.

        Parameters
        ----------
        size : (width, height)
            In device pixels.
        occluded : bool
            With ambient occlusion.
        fineness : float
            Device pixels to a pixel of the screen.

        Yields
        ------
        ndarray of uint8, shape (height, width, 4)
            Red, green, blue, alpha; the top row first. The same one each time, whole at the last.
        """
        volumes = self._volumes()
        picture = self._surfaces(camera, size, occluded and not volumes, fineness)
        if volumes:
            depth = self._depth(size)
            for volume in volumes:
                for _ in volume.lay_over(picture, depth, camera):
                    yield picture
        yield picture

    def _surfaces(
        self, camera: Turntable, size: tuple[int, int], occluded: bool, fineness: float
    ) -> NDArray[np.uint8]:
        """Have VTK draw what has surfaces."""
        if tuple(self._window.GetSize()) != size:
            self._window.SetSize(*size)
        self.aim(camera)
        for thing in self.things.values():
            thing.set_fineness(fineness)
        self._renderer.SetUseSSAO(occluded)
        if occluded:
            self._renderer.SetSSAORadius(0.06 * camera.height_mm)
            self._renderer.SetSSAOBias(0.002 * camera.height_mm)
            self._renderer.SetSSAOKernelSize(16)
            self._renderer.SSAOBlurOn()
        self._window.Render()
        width, height = size
        self._window.GetRGBACharPixelData(0, 0, width - 1, height - 1, 0, self._pixels)  # type: ignore[call-overload]
        return np.ascontiguousarray(vtk_to_numpy(self._pixels).reshape(height, width, 4)[::-1])

    def _depth(self, size: tuple[int, int]) -> NDArray[np.float32]:
        """Return how far before the camera's plane the nearest surface lies (height, width), mm.

        Infinite where there is none. What is translucent leaves no depth behind: it is looked through.
        """
        width, height = size
        held = vtkFloatArray()
        self._window.GetZbufferData(0, 0, width - 1, height - 1, held)
        buffer = vtk_to_numpy(held).reshape(height, width)[::-1]
        near, far = self._renderer.GetActiveCamera().GetClippingRange()
        with np.errstate(divide="ignore"):
            depth = near * far / (far - buffer.astype(np.float64) * (far - near))
        return np.where(buffer >= 1.0, np.inf, depth).astype(np.float32)

    def set_coarse(self, coarse: bool) -> None:
        """Draw light copies of big things while a hand moves the scene."""
        if coarse != self._coarse:
            self._coarse = coarse
            for thing in self.things.values():
                thing.set_coarse(coarse)

    def pick(self, camera: Turntable, x: float, y: float) -> Pick | None:
        """Return what lies at a place of the picture (from the middle, right and up, in picture heights)."""
        picker = vtkCellPicker()
        picker.SetTolerance(0.0)
        picker.PickFromListOn()
        owner = {}
        for key, thing in self.things.items():
            if not (thing.visible and thing.pickable):
                continue
            for actor in (a for a in thing.actors if a.GetPickable()):
                picker.AddPickList(actor)
                owner[actor] = key
                data = actor.GetMapper().GetInput()
                if actor.GetVisibility() and data.GetNumberOfCells() > 2000:
                    picker.AddLocator(self._locator(actor, data))
        origin, way = camera.ray(x, y)
        reach = 2.0 * camera.distance + 10_000.0
        end = origin + reach * way
        if not picker.Pick3DPoint(origin.tolist(), end.tolist(), self._renderer):
            return None
        actor = picker.GetActor()
        at = np.array(picker.GetPickPosition())
        return self.things[owner[actor]].pick(actor, picker.GetCellId(), at, owner[actor])

    def _locator(self, actor: object, data: vtkDataSet) -> vtkStaticCellLocator:
        locator = self._locators.setdefault(id(actor), vtkStaticCellLocator())
        locator.SetDataSet(data)
        locator.BuildLocator()
        return locator
