"""Anatomy: bone, side, surface and mesh."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSlider, QVBoxLayout, QWidget

from desktop import heart_way, theme, way, words
from desktop.actions import Actions
from desktop.desk import Desk
from desktop.fields import ComboBox
from desktop.motion_card import MotionCard
from desktop.section import CommandButton, Panel, StepSection, quiet, section_title
from desktop.session import Item, sizes_of
from desktop.silent import SilentCard
from segmentation.heart.late_series import UNSAID

_BONES = frozenset(
    ("bone", "femur", "hip bone", "sacrum", "vertebra", "spine", "skull", "mandible", "rib", "tibia")
)
"""Terms of structures that tell that bone has been found; other organs, and labels without a term, do not."""


class AnatomyPanel(Panel):
    """Two steps: segment bone or a heart; mesh the structure at hand."""

    def __init__(self, desk: Desk, actions: Actions) -> None:
        super().__init__("Anatomy")
        self._desk = desk
        self._filling = False
        self.bone = StepSection(
            desk, actions, title="Bone", command="anatomy.segment", steps=(way.BONE,),
            done=lambda: any(i.term in _BONES for i in desk.session.structures()),
            facts=self._bone_facts, again="Segment again",
        )  # fmt: skip
        self.silent = SilentCard(desk, actions)
        self.all = CommandButton(actions["anatomy.surfaces"])
        self.side = _SideCard(desk, actions)
        self.structure = ComboBox()
        self.structure.setToolTip(
            "The structure that a mesh is made of; a click on it in the tree does the same"
        )
        self.structure.setAccessibleName("Structure")
        self.structure.activated.connect(self._on_pick)
        self.mesh = StepSection(
            desk, actions, title="Surface and mesh", command="anatomy.mesh",
            steps=(way.SURFACE, way.TETRAHEDRA), done=lambda: _has(desk, "mesh"), facts=self._mesh_facts,
            again="Make again with these",
        )  # fmt: skip
        self.mesh.column.insertWidget(1, self.structure)
        self.opacity = QSlider(Qt.Orientation.Horizontal)
        self.opacity.setRange(0, 100)
        self.opacity.setToolTip("How much the structures' colors cover the image")
        self.opacity.setAccessibleName("Opacity of the labels")
        self.opacity.valueChanged.connect(self._on_opacity)
        self.opacity.setValue(35)
        self.go = CommandButton(actions["go.simulate"], text="Go on to Simulate")
        self.heart = StepSection(
            desk, actions, title="Heart", command="anatomy.heart", steps=(heart_way.FIND,),
            done=lambda: _fresh(desk, "motion"), facts=lambda: (), again="Segment again",
        )  # fmt: skip
        self.ventricle = StepSection(
            desk, actions, title="Ventricle", command="anatomy.ventricle", steps=(heart_way.MESH,),
            done=lambda: _fresh(desk, "mesh"), facts=self._ventricle_facts, again="Mesh again with these",
        )  # fmt: skip
        self.still = StepSection(
            desk, actions, title="Ventricle in a contrast CT", command="anatomy.ventricle_ct",
            steps=(heart_way.STILL,), done=lambda: _fresh(desk, "motion"), facts=self._still_facts,
            again="Segment again",
        )  # fmt: skip
        self.scar = StepSection(
            desk, actions, title="Scar", command="anatomy.scar", steps=(heart_way.SCAR,),
            done=lambda: _found_scar(desk) is not None, facts=self._scar_facts, again="Find again with these",
        )  # fmt: skip
        self.late = LateChoice(desk)
        self.scar.column.insertWidget(1, self.late)
        self.takes = ScarChoice(desk)
        self.ventricle.column.insertWidget(2, self.takes)
        self.motion = MotionCard(desk, actions)
        if desk.stage is not None:
            desk.stage.cine.moved.connect(self.motion.follow)
        self.add(
            self.silent, self.heart, self.still, self.scar, self.ventricle, self.motion, self.bone, self.all
        )
        self.add(self.side)
        self.add(self.mesh, self.go)
        self.opacity_title = section_title("Labels over the image")
        self.add(self.opacity_title, self.opacity)
        self.end()
        self.follow(desk)

    def refresh(self) -> None:
        """Show what is done and what is next."""
        session = self._desk.session
        segmented = bool(session.structures())
        meshed = _has(self._desk, "mesh") or heart_way.meshed(session)
        self.silent.refresh()
        self.motion.refresh()
        beats = heart_way.leads(session)
        self.heart.setVisible(beats)
        still = not beats and bool(heart_way.lines(session)) and way.scan(session) is not None
        self.still.setVisible(still)
        self.ventricle.setVisible(beats or _fresh(self._desk, "motion"))
        self.bone.setVisible(not beats)
        self.scar.setVisible(_fresh(self._desk, "motion") and bool(heart_way.still_stacks(session)))
        self.scar.refresh(current=False)
        self.late.refresh()
        self.takes.refresh()
        if beats:
            self._refresh_heart()
            return
        grown = _fresh(self._desk, "motion")
        self.still.refresh(current=False)
        self.ventricle.refresh(current=grown and not _fresh(self._desk, "mesh"))
        self.bone.refresh(current=not segmented and not grown)
        self.all.setVisible(segmented and bool(way.unseen(self._desk)))
        self.side.refresh()
        waits = bool(way.unconfirmed(session))
        for widget in (self.mesh, self.opacity_title, self.opacity):
            widget.setVisible(segmented)
        self.mesh.refresh(current=segmented and not meshed and not waits)
        self.go.setVisible(meshed)
        self.go.set_primary(meshed and not waits)
        self._fill_structures()

    def _refresh_heart(self) -> None:
        """Show what is done and what is next on a heart's way."""
        found, meshed = _fresh(self._desk, "motion"), _fresh(self._desk, "mesh")
        self.heart.refresh(current=not found)
        self.ventricle.setVisible(found)
        self.ventricle.refresh(current=found and not meshed)
        for widget in (self.all, self.side, self.mesh):
            widget.hide()
        self.opacity_title.setVisible(bool(self._desk.session.structures()))
        self.opacity.setVisible(bool(self._desk.session.structures()))
        self.go.setVisible(meshed)
        self.go.set_primary(meshed)

    def _still_facts(self) -> Sequence[tuple[str, str]]:
        motion = way.shape(self._desk.session, "motion")
        summary = self._desk.session.summary(motion.id) if motion is not None else {}
        return list(words.facts_of(heart_way.STILL, summary))

    def _scar_facts(self) -> Sequence[tuple[str, str]]:
        found = _found_scar(self._desk)
        if found is None:
            return ()
        entry = self._desk.session.entry(found.id)
        notes = entry.tree.get("notes", ()) if entry else ()
        facts = words.facts_of(heart_way.SCAR, self._desk.session.summary(found.id))
        return [*facts, *(("Note", str(note)) for note in notes)]

    def _ventricle_facts(self) -> Sequence[tuple[str, str]]:
        mesh = way.shape(self._desk.session, "mesh")
        summary = self._desk.session.summary(mesh.id) if mesh is not None else {}
        return list(words.facts_of(heart_way.MESH, summary))

    def _fill_structures(self) -> None:
        here = way.structure(self._desk.session)
        self._filling = True
        self.structure.clear()
        for item in self._desk.session.structures():
            self.structure.addItem(item.name, item.key)
        if here is not None:
            self.structure.setCurrentIndex(self.structure.findData(here.key))
        self._filling = False

    def _on_pick(self, index: int) -> None:
        if not self._filling:
            self._desk.session.select(self.structure.itemData(index))

    def _on_opacity(self, value: int) -> None:
        if self._desk.stage is not None:
            self._desk.stage.overlay.set_opacity(value / 100)

    def _bone_facts(self) -> Sequence[tuple[str, str]]:
        maps = self._desk.session.of_kind("labelmap")
        listed = sizes_of(self._desk.session, maps[-1].id) if maps else []
        sized = [s for s in listed if "volume_ml" in s]
        shown = sorted(sized, key=lambda s: -s["volume_ml"])[:6]
        facts = [(s["name"], words.number(s["volume_ml"], "mL")) for s in shown]
        more = len(sized) - len(shown)
        return [*facts, (f"and {more} more", "")] if more > 0 else facts

    def _mesh_facts(self) -> Sequence[tuple[str, str]]:
        mesh = way.shape(self._desk.session, "mesh")
        if mesh is None:
            return ()
        entry = self._desk.session.entry(mesh.id)
        notes = entry.tree.get("notes", ()) if entry else ()
        facts = words.facts_of(way.TETRAHEDRA, self._desk.session.summary(mesh.id))
        return [*facts, *(("Note", str(note)) for note in notes)]


class LateChoice(QWidget):
    """Which series scar is found in: one that says that it is late enhancement, or one the user says is."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.choice = ComboBox()
        self.choice.setAccessibleName("Late enhancement series")
        self.choice.setToolTip(
            "The series that scar is found in; those that say that they are late come first"
        )
        self.choice.activated.connect(self._on_pick)
        self.told = quiet()
        row = QHBoxLayout()
        row.addWidget(QLabel("Series"))
        row.addWidget(self.choice, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(row)
        column.addWidget(self.told)

    def refresh(self) -> None:
        """Offer the still MR stacks, and say by what the chosen one is known as late enhancement."""
        session, here = self._desk.session, heart_way.late(self._desk)
        self.choice.clear()
        if here is None:
            self.choice.addItem("Choose …", None)
        for item in heart_way.still_stacks(session):
            unsaid = "" if heart_way.said_late(session, item) else " (not said to be late)"
            self.choice.addItem(f"{item.name}{unsaid}", item.id)
        self.choice.setCurrentIndex(max(self.choice.findData(here.id if here else None), 0))
        said = heart_way.said_late(session, here) if here is not None else ""
        self.told.setText(f"Late enhancement by {said}." if said else f"{UNSAID.capitalize()}.")

    def _on_pick(self, index: int) -> None:
        self._desk.late = self.choice.itemData(index)
        self._desk.refreshed.emit()


class ScarChoice(QWidget):
    """Which structure a ventricle's mesh takes as scar: any that was found, painted or imported, or none."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.choice = ComboBox()
        self.choice.setAccessibleName("Scar")
        self.choice.activated.connect(self._on_pick)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(QLabel("Scar"))
        row.addWidget(self.choice, 1)

    def refresh(self) -> None:
        """Offer the structures that there are."""
        here, found = heart_way.scar(self._desk), heart_way.scars(self._desk.session)
        self.choice.clear()
        self.choice.addItem("None" if found else "None in this record", "")
        for item in found:
            self.choice.addItem(item.name, item.key)
        self.choice.setCurrentIndex(max(self.choice.findData(here.key if here else ""), 0))
        self.choice.setEnabled(bool(found))
        self.choice.setToolTip(
            "What of the wall does not pull, and is stiffer: any structure can be taken"
            if found
            else "No structure is here that could be scar: find it in a late enhancement series, or import it"
        )

    def _on_pick(self, index: int) -> None:
        self._desk.scar = self.choice.itemData(index)
        self._desk.refreshed.emit()


class _SideCard(QFrame):
    """Asks for the side where the scan does not settle it: loads and exports wait for the answer."""

    def __init__(self, desk: Desk, actions: Actions) -> None:
        super().__init__()
        self.setObjectName("noticebar")
        self._desk = desk
        self.question = QLabel()
        self.question.setWordWrap(True)
        self.left = CommandButton(actions["anatomy.left"], primary=True, text="Left")
        self.right = CommandButton(actions["anatomy.right"], primary=True, text="Right")
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.px(3), theme.px(2), theme.px(3), theme.px(3))
        column.addWidget(self.question)
        column.addWidget(
            quiet("The patient's own left or right. The scan does not settle it, and loads depend on it.")
        )
        row = QHBoxLayout()
        row.addWidget(self.right)
        row.addWidget(self.left)
        column.addLayout(row)

    def refresh(self) -> None:
        """Ask for the selected structure, or the first that waits."""
        waiting = way.unconfirmed(self._desk.session)
        self.setVisible(bool(waiting))
        if waiting:
            chosen = [i for i in waiting if i.key == self._desk.session.selection]
            self.question.setText(f"Which side is “{(chosen or waiting)[0].name}”?")


def _found_scar(desk: Desk) -> Item | None:
    """Return the labels that scar was found as in a late series, the newest that are not stale."""
    made = ((item, desk.session.maker(item.id)) for item in desk.session.of_kind("labelmap"))
    found = [item for item, by in made if by is not None and by.step == heart_way.SCAR and not item.stale]
    return found[-1] if found else None


def _has(desk: Desk, kind: str) -> bool:
    here = way.structure(desk.session)
    return here is not None and any(i.structure == here.structure for i in desk.session.of_kind(kind))


def _fresh(desk: Desk, kind: str) -> bool:
    item = way.shape(desk.session, kind)
    return item is not None and not item.stale
