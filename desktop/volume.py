"""Keeps the image that is looked through in 3-D in step with the session: preset, shift, box, moment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from psygnal import Signal

from desktop.desk import Desk
from resources.renderings import Rendering, renderings_for
from twin.domain import Volume

if TYPE_CHECKING:
    from viewers.scene_view import SceneView
    from viewers.slice_view import SliceView

Shares = tuple[tuple[float, float], ...]

KEY = "rendering"
"""Key of the image in the scene."""


class VolumeRendering:
    """Whether and how the image at hand is looked through. Changes no record."""

    changed = Signal()
    """Another preset, shift or box, or that it was turned on or off."""

    def __init__(self, desk: Desk, scene: SceneView) -> None:
        self._desk, self._scene = desk, scene
        self._preparing: list[Volume] = []
        self._shown: tuple[Any, ...] = ()
        self._place: tuple[Any, ...] = ()
        self._chosen: Rendering | None = None
        self.on = False
        self.shift = 0.0
        """−1 to 1 of the preset's reach."""
        self.box: Shares | None = None
        """What of the image is kept along each of the patient's axes; None for all."""
        self.words: tuple[str, ...] = ()
        """What is shown, in lines for the caption; empty while nothing is."""
        self.waiting = ""

    @property
    def modality(self) -> str:
        """Of the image at hand."""
        return self._of_image()[0]

    @property
    def presets(self) -> tuple[Rendering, ...]:
        """What fits the image at hand."""
        return renderings_for(*self._of_image())

    def _of_image(self) -> tuple[str, str]:
        session = self._desk.session
        entry = session.entry(session.volume.id) if session.volume is not None else None
        return _kind(entry.tree) if entry is not None else ("", "")

    @property
    def preset(self) -> Rendering:
        """The chosen preset, or the customary one where that does not fit the image at hand."""
        fitting = self.presets
        return self._chosen if self._chosen in fitting and self._chosen is not None else fitting[0]

    def toggle(self) -> None:
        """Turn it on or off."""
        self.on = not self.on
        self.changed.emit()

    def choose(self, preset: Rendering) -> None:
        """Show the image by a preset, unshifted."""
        self._chosen, self.shift, self.on = preset, 0.0, True
        self.changed.emit()

    def set_shift(self, shift: float) -> None:
        """Let less (up to 1) or more (down to −1) be seen."""
        if shift != self.shift:
            self.shift = shift
            self.changed.emit()

    def set_box(self, box: Shares | None) -> None:
        """Show only what lies within a box, shares of the image's extent; None shows all."""
        self.box = box
        self.changed.emit()

    def sync(self, view: SliceView | None, alone: bool) -> None:
        """Show what is wanted, at the moment that the slices show; ``alone``: no shapes are shown."""
        self.words, self.waiting = (), ""
        item = self._desk.session.volume if self.on else None
        volume = self._desk.session.get(item.id) if item is not None else None
        if item is None or volume is None or why_not(volume):
            self._hide()
            return
        from viewers.pyramid import known_pyramid
        from viewers.transfer import Transfer
        from viewers.views import Box

        pyramid = known_pyramid(volume)
        if pyramid is None:
            self._hide()
            self.waiting = f"Preparing {item.name} for 3-D …"
            self._prepare(volume)
            return
        transfer = Transfer.of(self.preset, volume, pyramid, self.shift)
        self.words = (*transfer.words, *(("cut to a box",) if self.box is not None else ()))
        time = view.picture.time if view is not None and volume.voxels.ndim == 4 else 0
        state = (volume, self.preset, self.shift, self.box, time)
        if state != self._shown:
            self._shown = state
            box = Box.around(volume).part(self.box) if self.box is not None else None
            self._scene.show_volume(KEY, volume, transfer, box=box, time=time)
            place, self._place = self._place, (volume.shape, volume.affine.tobytes())
            if alone and place != self._place:
                self._scene.fit()

    def _hide(self) -> None:
        if self._shown:
            self._shown = ()
            self._scene.remove(KEY)

    def _prepare(self, volume: Volume) -> None:
        """Have the pyramid made by the reading thread, once."""
        if any(one is volume for one in self._preparing):
            return
        self._preparing.append(volume)

        def make() -> Any:
            from viewers.pyramid import pyramid_of

            return pyramid_of(volume)

        def arrived(_made: Any) -> None:
            self._preparing.remove(volume)
            self._desk.session.arrived.emit()

        self._desk.reader.compute(make, arrived)


def _kind(tree: Mapping[str, Any]) -> tuple[str, str]:
    return str(tree.get("modality", "")), str(tree.get("unit", ""))


def why_not(volume: Volume) -> str:
    """Return why an image cannot be looked through; empty where it can."""
    from viewers.pyramid import why_not

    return why_not(volume)


def why_not_now(desk: Desk, modality: str = "") -> str:
    """Return why there is nothing to look through now, or why not by a preset for that modality."""
    item = desk.session.volume
    entry = desk.session.entry(item.id) if item is not None else None
    if desk.stage is None or entry is None:
        return "Open images first."
    shown, unit = _kind(entry.tree)
    if modality and not any(one.modality == modality for one in renderings_for(shown, unit)):
        of = f"{shown} without Hounsfield units" if shown == "CT" and unit != "HU" else shown
        return f"This preset is for {modality}, and the image is {of or 'of no named kind'}."
    volume = desk.session.get(entry.id)
    return why_not(volume) if volume is not None else ""
