"""Key images: pictures that somebody marks, as steps of the record; choosing one brings its picture back."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from desktop.desk import Desk
    from desktop.session import Item
    from desktop.stage import Stage
    from twin.domain import KeyImage
    from viewers.orientation import SliceFrame
    from viewers.slice_view import SliceView

KIND = "key image"
_ONE_PLANE = 1 - 1e-6
"""Cosine from which two planes are parallel."""


class Marking:
    """Marks the picture of the slice view that has the focus, and goes to those that are marked."""

    def __init__(self, desk: Desk, stage: Stage) -> None:
        self._desk, self._stage = desk, stage
        self._made: dict[str, KeyImage] = {}
        self._of_images: tuple[tuple[KeyImage, str], ...] | None = None
        self._marking = False
        for view in stage.slices.values():
            view.decor.flagged = partial(self._is_key, view)
        desk.session.selected.connect(self._on_select)
        self._events = (desk.session.opened, desk.session.changed)
        for event in self._events:
            event.connect(self._on_change)

    def detach(self) -> None:
        """Listen no more."""
        self._desk.session.selected.disconnect(self._on_select)
        for event in self._events:
            event.disconnect(self._on_change)

    def items(self) -> tuple[Item, ...]:
        """Return all key images, in the order in which they were marked."""
        return self._desk.session.of_kind(KIND)

    def key_image(self, item: Item) -> KeyImage | None:
        """Return the key image itself."""
        session = self._desk.session
        entry = session.entry(item.id)
        if entry is None or session.record is None:
            return None
        if entry.digest not in self._made:
            self._made[entry.digest] = session.record.load(entry.id)  # type: ignore[assignment]
        return self._made[entry.digest]

    def mark(self) -> None:
        """Make a key image of what the focused slice view shows; one that is there already is chosen."""
        from twin import codec
        from twin.key_images import STEP

        stage, session = self._stage, self._desk.session
        view, image, state = stage.links.focused, session.volume, stage.presenting.state()
        if image is None or state is None or view.sheet is None:
            return
        for item in self.items():
            made = self.key_image(item)
            same = made is not None and (made.plane, made.state) == (view.plane, state)
            if same and self.image_of(item) == image.id and not item.stale:
                self._choose(item.key)
                self._desk.said.emit("This picture is a key image already.", item.name)
                return
        params: dict[str, Any] = {
            "place_mm": tuple(float(x) for x in view.crosshair), "plane": view.plane,
            "normal": tuple(float(x) for x in view.sheet.frame.normal), "state": codec.as_json(state),
        }  # fmt: skip
        if stage.cine.image_moments is not None:
            params["time"] = stage.cine.index
        self._desk.edit(STEP, {"volume": image.id}, params)
        self._choose(self.items()[-1].key)

    def note(self, id: str, text: str) -> None:
        """Note something else to a key image."""
        self._desk.note_key(id, text)

    def go_to(self, item: Item) -> None:
        """Show a key image's picture again, and give its view the focus."""
        made, image = self.key_image(item), self.image_of(item)
        if made is None:
            return
        if self._desk.session.item(image) is None:
            self._desk.said.emit(
                f"The image of “{item.name}” is no longer in the record.", "Undo its removal."
            )
            return
        if self._stage.comparing.key:
            self._stage.comparing.choose("")
        self._stage.presenting.when_shown(image, lambda: self._bring_back(made))

    def _bring_back(self, made: KeyImage) -> None:
        stage = self._stage
        if made.state is not None:
            stage.presenting.restore(made.state)
        else:
            stage.links.go(made.place)
            if made.time is not None and stage.cine.image_moments is not None:
                stage.cine.show(min(made.time, len(stage.cine.image_moments) - 1))

    def image_of(self, item: Item) -> str:
        """Return the id of the image that a key image is of."""
        maker = self._desk.session.maker(item.id)
        return str(maker.inputs["volume"]["id"]) if maker is not None and "volume" in maker.inputs else ""

    def _is_key(self, view: SliceView, frame: SliceFrame, depth: float) -> bool:
        """Tell whether a slice is that of a key image of the image shown."""
        image = self._desk.session.volume
        if self._of_images is None:  # each frame asks, and the log is long
            found = [(self.key_image(item), self.image_of(item)) for item in self.items()]
            self._of_images = tuple((made, of) for made, of in found if made is not None)
        return image is not None and any(
            (made.plane, of) == (view.plane, image.id)
            and abs(frame.depth_at(made.place) - depth) < 0.5
            and abs(float(frame.normal @ made.normal)) >= _ONE_PLANE
            and made.time in (None, view.picture.time)
            for made, of in self._of_images
        )

    def _choose(self, key: str) -> None:
        """Select a key image, whose picture is seen already."""
        self._marking = True
        self._desk.session.select(key)
        self._marking = False

    def _on_select(self, key: str) -> None:
        item = self._desk.session.item(key)
        if item is not None and item.kind == KIND and not self._marking:
            self.go_to(item)

    def _on_change(self, *_: Any) -> None:
        self._of_images = None
        for view in self._stage.slices.values():
            view.update()
