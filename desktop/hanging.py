"""Hanging: how an image is first looked at, and which older study lies beside it.

``Hanging._on_come`` is the one place where a first look is given; nothing else does it unasked.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from desktop.priors import Prior, prior_of
from desktop.readiness import load_drawing
from desktop.seconds import why_apart
from desktop.session import identity_of
from desktop.traits import kind_words, part_source, traits_of
from resources.hanging import PET, Look, Protocol, Traits, protocol_for
from resources.presets import SHARES, WindowPreset, WindowShare, windows_for

if TYPE_CHECKING:
    from desktop.desk import Desk
    from desktop.stage import Stage
    from twin.domain import Volume
    from twin.record import Entry
    from viewers.orientation import Plane
    from viewers.planes import Slab

_HALF_AIR_HU = -500.0


@dataclass(frozen=True)
class Left:
    """What the record does not keep of how an image was looked at when another one took its place."""

    beside: str
    plane: Plane
    rendering: str


class Hanging(QObject):
    """Gives each image its first look, once a session; no content of the record.

    An image of which the record keeps how it was left (``desktop.presenting``) is not hung.

    Signals
    -------
    changed
        Another protocol hangs the image, or other rules are kept.
    """

    changed = Signal()

    def __init__(self, desk: Desk, stage: Stage) -> None:
        super().__init__(stage)
        self._desk, self._stage = desk, stage
        self._record: object = None
        self._left: dict[str, Left] = {}
        self._by: dict[str, Protocol] = {}
        self._odd: set[str] = set()
        self._compared: set[str] = set()
        self._fused: set[str] = set()
        self._passed: set[str] = set()
        self._as_left: set[str] = set()
        self._wanted = self._passing = ""
        self._rendering = ""
        self.changed.connect(desk.refreshed)
        stage.overlay.leaving.connect(self._on_leave)
        stage.overlay.came.connect(self._on_come)
        stage.comparing.changed.connect(self._on_compare)
        desk.session.changed.connect(self._on_change)
        if stage.overlay.up:
            self._on_come(stage.overlay.up)

    def detach(self) -> None:
        """Listen no more."""
        self._rendering = ""
        self._stage.overlay.leaving.disconnect(self._on_leave)
        self._stage.overlay.came.disconnect(self._on_come)
        self._desk.session.changed.disconnect(self._on_change)

    # -- what commands do ------------------------------------------------------------------------

    def hang(self, protocol: Protocol) -> None:
        """Hang the image at hand by a protocol, whatever it is looked at like now."""
        entry, volume = self._shown()
        if entry is not None and volume is not None:
            self._apply(protocol, entry, volume, asked=True)

    def again(self) -> None:
        """Hang the image at hand by the first rule that fits, as if it came up for the first time."""
        entry, volume = self._shown()
        protocol = protocol_for(traits_of(entry), self.kept) if entry is not None else None
        if entry is not None and volume is not None and protocol is not None:
            self._apply(protocol, entry, volume, asked=True)

    def keep(self) -> None:
        """Hang images of this kind as this one is looked at now, from now on."""
        entry, volume = self._shown()
        if entry is None or volume is None:
            return
        image = traits_of(entry)
        protocol = Protocol(
            f"kept {kind_words(image)}", f"Yours for {kind_words(image)}", self._look_now(image, volume),
            "you kept this look", (image.modality,), image.parts, sharp=image.sharp, plane=image.plane,
            moving=image.moving, unit=image.unit, exactly=True,
        )  # fmt: skip
        others = [one for one in self.kept if one.id != protocol.id]
        self._save([protocol, *others])
        self._by[entry.id] = protocol
        self._desk.said.emit(
            f"Kept: from now on this is the first look at {kind_words(image)}.",
            "“Forget kept looks” brings the program's own back.",
        )

    def forget(self) -> None:
        """Hang all images by the program's own table again, in the layout that it brings."""
        self._desk.settings.layout.pop("views", None)
        self._save([])
        self.again()

    @property
    def kept(self) -> list[Protocol]:
        """The rules that the user keeps, the latest first; what cannot be read counts as none."""
        return [one for one in map(_from_json, self._desk.settings.hanging) if one is not None]

    def switch(self) -> None:
        """Hang images by protocols from now on, or show them as their files ask for."""
        self._desk.settings.hang = not self._desk.settings.hang
        self._desk.settings.save()
        self.changed.emit()

    def switch_priors(self) -> None:
        """Show priors beside by themselves from now on, or not; one that came so leaves or comes."""
        settings, comparing = self._desk.settings, self._stage.comparing
        settings.priors = not settings.priors
        settings.save()
        prior = self.prior
        if not settings.priors and prior.certain and comparing.key == prior.key:
            comparing.choose("")
        elif settings.priors and prior.certain and not comparing.key:
            self.show_prior()
        self.changed.emit()

    def show_prior(self) -> None:
        """Show the prior beside, also one that was only offered."""
        prior = self.prior
        if prior.key:
            self._stage.comparing.choose(prior.key, self._plane_beside())

    # -- what is told ----------------------------------------------------------------------------

    @property
    def prior(self) -> Prior:
        """What may lie beside the image at hand."""
        entry, _ = self._shown()
        return prior_of(self._desk.session, entry) if entry is not None else Prior()

    @property
    def protocol(self) -> Protocol | None:
        """What the image at hand was hung by; None where nothing did."""
        entry, _ = self._shown()
        return self._by.get(entry.id) if entry is not None else None

    @property
    def words(self) -> tuple[str, ...]:
        """What was chosen for the image at hand and why, in lines."""
        entry, _ = self._shown()
        if entry is None:
            return ()
        protocol, image = self.protocol, traits_of(entry)
        if protocol is None:
            off = not self._desk.settings.hang
            first = "Hung as its file asks for" + (": protocols are off." if off else ".")
            if entry.id in self._as_left:
                first = "Shown as it was left."
        else:
            window = {"file": "the file's own window", "own": "your window"}.get(
                protocol.look.window, f"window {protocol.look.window}"
            )
            if entry.id in self._odd:
                window = "no preset in Hounsfield units, for no value is that of air"
            first = f"Hung as {protocol.name}, {window}: {protocol.why} ({part_source(image)})."
        prior = self.prior
        if prior.certain:
            beside = self._stage.comparing.key == prior.key
            second = f"{'Beside lies' if beside else 'A prior is here:'} {prior.words}."
        else:
            second = prior.words
        return (first, second) if second else (first,)

    # -- what happens ----------------------------------------------------------------------------

    def _on_come(self, id: str) -> None:
        """Give an image that came up its first look, or the one that it was left with."""
        session = self._desk.session
        if session.record is not self._record:
            self._record = session.record
            self._left, self._by = {}, {}
            self._odd, self._compared, self._fused, self._passed = set(), set(), set(), set()
            self._as_left = set()
        if id in self._left or self._looked_at(id):
            self._as_left.add(id)
        entry = session.entry(id)
        if entry is None:
            return
        volume = self._stage.slices["axial"].picture.volume
        assert volume is not None
        if id in self._left:
            self._restore(self._left[id])
        elif self._desk.settings.hang and (id in self._passed or not self._looked_at(id)):
            protocol = protocol_for(traits_of(entry), self.kept)
            if protocol is not None:
                self._apply(protocol, entry, volume)
            else:
                self._stage.hang("")
        if self._wanted and session.item(self._wanted) is not None:
            self._lay(self._wanted, id)
        self._wanted = ""
        self._offer_prior(id)
        self.changed.emit()

    def _looked_at(self, id: str) -> bool:
        record = self._desk.session.record
        return record is not None and record.views.of(id) is not None

    def _on_leave(self, id: str) -> None:
        passing, self._passing = self._passing, ""
        if id == passing:
            self._passed.add(id)
            return  # it made room for its CT at once: nobody has looked at it yet
        stage = self._stage
        self._left[id] = Left(stage.comparing.key, stage.comparing.plane, self._rendering)

    def _on_compare(self) -> None:
        if self._stage.comparing.key:
            self._compared.add(self._stage.overlay.up)

    def _on_change(self, _ids: object) -> None:
        """A prior that came into the record later is shown as well."""
        if self._stage.overlay.up:
            self._offer_prior(self._stage.overlay.up)

    def _offer_prior(self, id: str) -> None:
        """Show a certain prior beside an image, once."""
        shown = self._desk.session.volume
        if not self._desk.settings.priors or id in self._compared or shown is None or shown.id != id:
            return
        prior = self.prior
        if prior.certain:
            self._stage.comparing.choose(prior.key, self._plane_beside())

    def _apply(self, protocol: Protocol, entry: Entry, volume: Volume, *, asked: bool = False) -> None:
        """Look at an image as a protocol says; ``asked``: whatever layout the user else keeps to."""
        look, stage = protocol.look, self._stage
        self._by[entry.id] = protocol
        partner = self._partner(entry) if look.fused else ""
        under = traits_of(entry).modality in PET and (asked or entry.id not in self._fused)
        if partner and under:
            QTimer.singleShot(0, self, lambda: self._lay_under(entry.id, partner))
        self._lay_out(protocol, entry, keeps=not asked and not protocol.exactly)
        odd = volume.modality == "CT" and look.window != "file" and not _has_air(volume)
        self._odd = self._odd | {entry.id} if odd else self._odd - {entry.id}
        instead = Look() if volume.window is not None else Look(window="Balanced")
        center, width, inverted = self._window(instead if odd else look, volume)
        if look.inverted is not None:
            inverted = look.inverted
        from viewers.planes import Slab

        slab = Slab(look.slab_mm, look.projection)  # type: ignore[arg-type]  # a table's word
        self._show((center, width, inverted), look.colors, True, slab)
        if look.cine != stage.cine.playing:
            stage.cine.toggle()
        self._render("" if partner and under else look.rendering)
        if partner and traits_of(entry).modality not in PET:
            self._lay(partner, entry.id)
        self.changed.emit()

    def _restore(self, left: Left) -> None:
        self._render(left.rendering)
        if left.beside and self._desk.session.item(left.beside) is not None:
            self._stage.comparing.choose(left.beside, left.plane)

    def _show(self, window: tuple[float, float, bool], colors: str, smooth: bool, slab: Slab) -> None:
        """Set what all views share, also where they are free."""
        stage = self._stage
        for view in stage.slices.values():
            view.picture.colors, view.picture.smooth, view.picture.slab = colors, smooth, slab
            view.cross.slabs_mm = (slab.thickness_mm, slab.thickness_mm)
            view.set_window(*window)
        stage.links.moved.emit(stage.links.focused.crosshair)
        stage.links.changed.emit()

    def _render(self, rendering: str) -> None:
        """Look through the image in 3-D, once the scene is there; what a hand turned on is left to it."""
        before, self._rendering = self._rendering, rendering
        scenery = self._stage.scenery
        if rendering:
            self._desk.reader.compute(load_drawing, lambda _done: self._render_now(rendering))
        elif before and scenery is not None and scenery.rendering.on:
            scenery.rendering.toggle()

    def _render_now(self, rendering: str) -> None:
        if self._rendering == rendering and self._desk.session.record is not None:
            self._stage.render_volume(rendering)

    def _lay_out(self, protocol: Protocol, entry: Entry, *, keeps: bool) -> None:
        """Place the views; the table's layouts give way to the arrangement that the user keeps to."""
        look, image = protocol.look, traits_of(entry)
        view = look.view if look.view != "acquired" and not image.plane else self._acquired()
        if look.layout == "alone":
            self._stage.hang("", view)
        elif keeps and self._desk.settings.layout.get("views"):
            self._stage.hang("")
        elif look.layout == "large" or (image.plane and look.layout == ""):
            self._stage.hang("scene" if view == "3-D" else view)
        else:
            self._stage.hang(look.layout)

    def _acquired(self) -> str:
        """Return the plane of the image's own slices."""
        for plane, view in self._stage.slices.items():
            if view.sheet is not None and view.sheet.frame.axes[2] == 2:
                return plane
        return "axial"

    def _plane_beside(self) -> Any:
        """Return the plane to compare in: the one that is looked at, else that of the slices."""
        for name in (self._stage.maximized, self._stage.hung):
            if name in self._stage.slices:
                return name
        return self._acquired()

    # -- windows and partners --------------------------------------------------------------------

    def _window(self, look: Look, volume: Volume) -> tuple[float, float, bool]:
        """Return a look's window; that of the file where the preset does not fit its numbers."""
        from viewers.sampling import first_window, share_window

        center, width, inverted = first_window(volume)
        if look.window == "own" and look.width > 0:
            return look.center, look.width, inverted
        fitting = windows_for(volume.modality, volume.unit)
        fitting = (*fitting, SHARES[0])
        preset = next((one for one in fitting if one.name == look.window), None)
        if volume.color or (volume.modality == "CT" and volume.unit != "HU"):
            return center, width, inverted
        if isinstance(preset, WindowPreset):
            center, width = preset.center, preset.width
        elif isinstance(preset, WindowShare):
            center, width = share_window(volume, preset.low, preset.high)
        return center, width, inverted

    def _look_now(self, image: Traits, volume: Volume) -> Look:
        """Return how the image at hand is looked at, in words that fit any image of its kind."""
        from viewers.sampling import first_window

        stage = self._stage
        view = stage.slices[stage.maximized if stage.maximized in stage.slices else "axial"]
        center, width, inverted = view.window_level
        named = [
            one.name for one in windows_for(volume.modality, volume.unit)
            if self._window(Look(window=one.name), volume)[:2] == (center, width)
        ]  # fmt: skip
        fixed = image.unit == "HU" or image.unit.startswith("SUV")
        own = first_window(volume)
        window = "file" if own[:2] == (center, width) else "own" if fixed else "Balanced"
        alone = stage.maximized
        large = alone or stage.arrangement.replace("scene", "3-D").replace("four", "")
        slab = view.picture.slab
        seen = stage.scenery.rendering if stage.scenery is not None else None
        look = Look(
            "alone" if alone else "large" if large else "four",
            "acquired" if large in ("", self._acquired()) else large, named[0] if named else window,
            inverted=None if inverted == own[2] else inverted, colors=view.picture.colors,
            slab_mm=slab.thickness_mm, projection=slab.projection, cine=stage.cine.playing,
            rendering=seen.preset.id if seen is not None and seen.on else "", fused=bool(stage.fusing.key),
        )  # fmt: skip
        return Look(**asdict(look) | {"center": center, "width": width}) if look.window == "own" else look

    def _partner(self, entry: Entry) -> str:
        """Return the PET of a CT, or the CT of a PET: of the same study, in the same space."""
        image, study = traits_of(entry), identity_of(entry).study_uid
        wanted = ("CT",) if image.modality in PET else PET
        found = []
        for item in self._desk.session.of_kind("volume"):
            other = self._desk.session.entry(item.id)
            if other is None or not study or identity_of(other).study_uid != study:
                continue
            its = traits_of(other)
            apart = why_apart(entry, other) or other.tree.get("color") or entry.tree.get("color")
            if its.modality in wanted and not (apart or its.moving or image.moving or its.plane):
                found.append((its.sharp is not True, its.unit.startswith("SUV"), other.id))
        return max(found)[2] if found else ""

    def _lay(self, over: str, under: str) -> None:
        shown = self._desk.session.volume
        if shown is not None and shown.id == under and self._stage.fusing.key != over:
            self._fused.add(over)
            self._desk.guard(lambda: self._stage.fusing.choose(over))

    def _lay_under(self, over: str, under: str) -> None:
        """Show the CT of a PET, and the PET over it."""
        session = self._desk.session
        if session.volume is not None and session.volume.id == over and session.item(under) is not None:
            self._fused.add(over)
            self._wanted = self._passing = over
            session.show(under)

    # -- what is kept ----------------------------------------------------------------------------

    def _save(self, protocols: list[Protocol]) -> None:
        self._desk.settings.hanging = [asdict(one) for one in protocols]
        self._desk.settings.save()
        self.changed.emit()

    def _shown(self) -> tuple[Entry | None, Volume | None]:
        session = self._desk.session
        item = session.volume
        if item is None or self._stage.overlay.up != item.id:
            return None, None
        return session.entry(item.id), self._stage.slices["axial"].picture.volume


def _has_air(volume: Volume) -> bool:
    """Tell whether some value is that of air or of the void around a scan, as in any CT in Hounsfield units.

    Half way from water (0) to air (−1000): some files call numbers HU that are none, and a preset would
    show them white.
    """
    from viewers.sampling import value_limits

    return value_limits(volume)[0] < _HALF_AIR_HU


def _from_json(stored: Any) -> Protocol | None:
    """Read a rule that was kept; None where the settings file does not hold one."""
    if not isinstance(stored, dict) or not isinstance(stored.get("look"), dict):
        return None
    known = {f.name for f in fields(Protocol)}
    looks = {f.name: type(f.default) for f in fields(Look)}
    look = {
        name: value for name, value in stored["look"].items()
        if (name == "inverted" and value in (None, True, False))
        or (name in looks and type(value) in (looks[name], int) and looks[name] is not type(None))
    }  # fmt: skip
    rule = {name: value for name, value in stored.items() if name in known and name != "look"}
    for name in ("id", "name", "why", "unit"):
        rule[name] = str(rule.get(name) or "")
    for name in ("modalities", "parts"):
        rule[name] = tuple(str(one) for one in rule.get(name) or ())
    try:
        return Protocol(**rule, look=Look(**look))
    except TypeError:
        return None
