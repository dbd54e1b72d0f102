"""What keeps a patient's things to himself, in the window: de-identify, lock, forget, and what they ask."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QLineEdit,
    QMessageBox,
    QVBoxLayout,
    QWidget,
)

from desktop import theme
from desktop.fields import CheckBox
from desktop.queue import Plan
from desktop.section import quiet
from twin import passphrases
from twin.errors import UserError

if TYPE_CHECKING:
    from desktop.desk import Desk
    from desktop.session import Item

_GOES = (
    "Name, ID, birth date, age and sex; physicians, hospital, device numbers; private and unknown elements; "
    "file names, names you typed, and everything that was removed or undone."
)
_CHANGES = (
    "The patient gets a pseudonym and other UIDs, the same each time. Dates move by a number of days that is "
    "secret and the patient's own: two studies keep their interval."
)
_STAYS = "Images, segmentations, meshes and results, and the steps that made them."
_EYE = "Pixels are not read: where text may be burned into an image you are told, and should look at it."


class _Question(QDialog):
    """A question with an understandable answer: a heading, lines of explanation, fields, two buttons."""

    def __init__(self, parent: QWidget | None, title: str, heading: str, yes: str) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(theme.px(5), theme.px(5), theme.px(5), theme.px(4))
        self.column.setSpacing(theme.px(2))
        self.column.addWidget(theme.named(QLabel(heading), "heading"))
        self.setMinimumWidth(theme.px(120))
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.yes = self._buttons.addButton(yes, QDialogButtonBox.ButtonRole.AcceptRole)
        theme.named(self.yes, "primary")
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)

    def say(self, text: str) -> None:
        """Add a line of explanation."""
        self.column.addWidget(quiet(text))

    def end(self) -> None:
        """Add the buttons, below everything else."""
        self.column.addWidget(self._buttons)


class DeidentifyDialog(_Question):
    """Explains what de-identification does; ``faces`` says whether faces go, too."""

    def __init__(self, parent: QWidget | None, what: str) -> None:
        super().__init__(parent, "De-identify", f"De-identify {what}", "Choose where…")
        for heading, text in (("Goes", _GOES), ("Changes", _CHANGES), ("Stays", _STAYS), ("You", _EYE)):
            self.say(f"<b>{heading}.</b> {text}")
        self.faces = CheckBox("Blank the faces in images of heads, and cut them out of surfaces of skin")
        self.faces.setToolTip("Soft tissue before the bone becomes air; bone and brain stay as they are")
        self.column.addWidget(self.faces)
        self.end()


class PassphraseDialog(_Question):
    """Asks for a passphrase: once to open a record, twice to lock one."""

    def __init__(self, parent: QWidget | None, path: Path, *, new: bool, wrong: str = "") -> None:
        heading = f"Lock {path.name}" if new else f"{path.name} is locked"
        super().__init__(parent, heading, heading, "Lock" if new else "Open")
        if new:
            self.say(
                "The whole file is encrypted: without the passphrase nothing of it can be read, here or "
                "anywhere. <b>Nobody can open it again without it, this program neither.</b>"
            )
            self.say(f"The file's own name stays readable: {escape(path.name)}.")
        if wrong:
            self.column.addWidget(theme.named(QLabel(wrong), "warn"))
        self.passphrase, self.again = self._field("Passphrase"), self._field("The same again")
        self.again.setVisible(new)
        self.keep = CheckBox("Keep it in this system's key store, and ask no more")
        self.column.addWidget(self.keep)
        self.why = quiet()
        self.column.addWidget(self.why)
        self._new = new
        self.passphrase.textChanged.connect(self._judge)
        self.again.textChanged.connect(self._judge)
        self._judge()
        self.end()

    def _field(self, words: str) -> QLineEdit:
        field = QLineEdit()
        field.setEchoMode(QLineEdit.EchoMode.Password)
        field.setPlaceholderText(words)
        field.setAccessibleName(words)
        self.column.addWidget(field)
        return field

    def _judge(self) -> None:
        text, why = self.passphrase.text(), ""
        if not text:
            why = "Type the passphrase."
        elif self._new and len(text.strip()) < passphrases.SHORTEST:
            why = f"At least {passphrases.SHORTEST} letters: take several words."
        elif self._new and self.again.text() != text:
            why = "Type the same again."
        self.yes.setEnabled(not why)
        self.yes.setToolTip(why)
        self.why.setText(why)


class Keeper:
    """Asks the questions, in the window's name, and does what was answered."""

    def __init__(self, desk: Desk, parent: QWidget) -> None:
        self._desk, self._parent = desk, parent
        passphrases.ask = self.ask

    def ask(self, path: Path, wrong: str) -> str | None:
        """Ask for the passphrase of a locked record; None where it is not given."""
        dialog = PassphraseDialog(self._parent, path, new=False, wrong=wrong)
        if not dialog.exec():
            return None
        passphrase = dialog.passphrase.text()
        if dialog.keep.isChecked():
            self._remember(path, passphrase)
        return passphrase

    def _remember(self, path: Path, passphrase: str) -> None:
        try:
            passphrases.Key.of(path, passphrase)
            passphrases.remember(passphrases.header_of(path), passphrase)
        except passphrases.WrongPassphrase:
            return  # it is asked again
        except UserError as error:
            self._desk.failed.emit(error, "")

    def lock(self) -> None:
        """Lock the open record, or unlock it, and open it again."""
        from desktop.browser import concealing
        from twin.record import door, locking

        path = self._path()
        if door.locked(path):
            if self._sure(
                f"Unlock {path.name}?", "Whoever can read the file can then read all that is in it.", "Unlock"
            ):
                self._rewrite(path, lambda: locking.unlock(path), f"{path.name} is no longer locked.")
                opened = self._desk.session.record
                if opened is not None and concealing.reveal(concealing.whose(opened), path):
                    self._desk.start("Read again what was locked", concealing.read_again())
            return
        dialog = PassphraseDialog(self._parent, path, new=True)
        if not dialog.exec():
            return
        passphrase = dialog.passphrase.text()
        record = self._desk.session.record
        identities = concealing.whose(record) if record is not None else []

        def lock() -> None:
            locking.lock(path, passphrase)
            concealing.conceal(identities, path)

        self._rewrite(path, lock, f"{path.name} is locked.")
        if dialog.keep.isChecked():
            self._remember(path, passphrase)

    def _rewrite(self, path: Path, act: Callable[[], None], said: str) -> None:
        desk = self._desk
        desk.close_record()
        try:
            act()
            desk.said.emit(said, "")
        finally:
            desk.open_record(path)

    def forget(self, item: Item) -> None:
        """Forget an entity for good, where the user is sure."""
        record = self._desk.session.record
        words = (
            "It is removed with all its bytes, and with what the log says of it. Undo cannot bring it back. "
            "What was made from it stays, and is out of date."
        )
        if record is not None and self._sure(f"Forget {item.name} for good?", words, "Forget for good"):
            record.forget(item.id)
            self._desk.said.emit(f"“{item.name}” is forgotten.", "The log says so, and nothing else of it.")

    def deidentify(self, path: Path, faces: bool) -> None:
        """De-identify the open record into a new one."""
        self._desk.start(f"De-identify into {path.name}", self._whole(path, faces))

    def _whole(self, path: Path, faces: bool) -> Plan:
        from desktop.deidentifying import whole_record
        from twin.jobs import Job

        record = self._desk.session.record
        if record is None:
            return
        record.flush()
        done = yield Job(whole_record, Path(record.path), path, faces, title=f"Writing {path.name}")
        details = {"what": "de-identified record", "path": str(path), "deidentified": True}
        if self._desk.session.record is record and record.writable:
            record.note("exported", details)
        told = [f"Faces were removed from {done.faces} images."] if faces else []
        self._desk.said.emit(f"The de-identified record is {path}.", " ".join([*told, *done.words()]))

    def _path(self) -> Path:
        record = self._desk.session.record
        if record is None:
            raise UserError("No record is open.", "Open one first.")
        return Path(record.path)

    def _sure(self, question: str, text: str, yes: str) -> bool:
        box = QMessageBox(self._parent)
        box.setWindowTitle("Vitruvian")
        box.setIcon(QMessageBox.Icon.Warning)
        box.setText(question)
        box.setInformativeText(text)
        sure = box.addButton(yes, QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(box.addButton("Cancel", QMessageBox.ButtonRole.RejectRole))
        box.exec()
        return box.clickedButton() is sure
