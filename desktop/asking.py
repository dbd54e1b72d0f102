"""What commands want to know from the user: a file, a name, a color. Modal only where data could be lost."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QColor
from PySide6.QtWidgets import QColorDialog, QFileDialog, QMessageBox

from desktop import exporting, settings, way
from desktop.colors import color_of
from desktop.keeping import DeidentifyDialog, Keeper

if TYPE_CHECKING:
    from desktop.window import MainWindow


class Asking:
    """Answers what commands ask for (``Desk.asked``)."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._keeper = Keeper(window.desk, window)

    def answer(self, what: str) -> None:
        """Do what a command asked for by name."""
        self._window.desk.guard(getattr(self, f"_{what}"))

    def may_stop_jobs(self) -> bool:
        """Ask whether running jobs may be stopped: what they have done so far would be lost."""
        desk = self._window.desk
        titles = ", ".join(work.title for work in desk.queue.works)
        box = QMessageBox(self._window)
        box.setWindowTitle("Vitruvian")
        box.setIcon(QMessageBox.Icon.Question)
        box.setText(f"Still running: {titles}.")
        box.setInformativeText("Stopping loses what it has done so far. Every finished step is stored.")
        stop = box.addButton("Stop and close", QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(box.addButton("Keep running", QMessageBox.ButtonRole.RejectRole))
        box.exec()
        return box.clickedButton() is stop

    def _open_file(self) -> None:
        from twin.sources.formats import FORMATS

        known = " ".join(f"*{suffix}" for form in FORMATS for suffix in form.suffixes)
        files = f"Records, images, surfaces (*.twin {known});;All files (*)"
        names, _kind = QFileDialog.getOpenFileNames(self._window, "Open", "", files)
        if names:
            self._window.open_paths(names)

    def _open_folder(self) -> None:
        name = QFileDialog.getExistingDirectory(self._window, "Open a folder of DICOM files")
        if name:
            self._window.open_paths([name])

    def _browse(self) -> None:
        self._window.browse()

    def _send(self) -> None:
        self._window.browse(again=True)
        if self._window.browser is not None:
            self._window.browser.offer_sending()

    def _reference(self) -> None:
        self._window.incoming.reference()

    def _save_copy(self) -> None:
        record = self._window.desk.session.record
        if record is None:
            return
        start = str(Path(record.path).with_name(f"{Path(record.path).stem} copy.twin"))
        name, _kind = QFileDialog.getSaveFileName(self._window, "Save a copy", start, "Record (*.twin)")
        if name:
            path = Path(name)
            self._window.desk.save_copy(path if path.suffix else path.with_suffix(".twin"))

    def _export(self) -> None:
        desk = self._window.desk
        item = desk.session.item(desk.session.selection)
        if item is None:
            return
        start = str(settings.twins_folder() / item.name.replace("/", " "))
        choices = exporting.filters(desk, item)
        name, chosen = QFileDialog.getSaveFileName(self._window, f"Export {item.name}", start, choices)
        if name:
            path = exporting.with_suffix(desk, item, name, chosen)
            desk.start(f"Export {item.name}", exporting.plan(desk, item, path))

    def _export_deidentified(self) -> None:
        desk = self._window.desk
        item = desk.session.item(desk.session.selection)
        if item is None:
            return
        dialog = DeidentifyDialog(self._window, item.name)
        if not dialog.exec():
            return
        start = str(settings.twins_folder() / f"{item.kind} de-identified")
        title, choices = f"Export {item.name}, de-identified", exporting.filters(desk, item)
        name, chosen = QFileDialog.getSaveFileName(self._window, title, start, choices)
        if name:
            path, faces = exporting.with_suffix(desk, item, name, chosen), dialog.faces.isChecked()
            desk.start(f"Export {item.name}", exporting.plan_deidentified(desk, item, path, faces))

    def _deidentify(self) -> None:
        dialog = DeidentifyDialog(self._window, "this record into a new one")
        if self._window.desk.session.record is None or not dialog.exec():
            return
        start = str(settings.twins_folder() / "de-identified.twin")
        name, _kind = QFileDialog.getSaveFileName(self._window, "The new record", start, "Record (*.twin)")
        if name:
            path = Path(name)
            path = path if path.suffix else path.with_suffix(".twin")
            self._keeper.deidentify(path, dialog.faces.isChecked())

    def _import_deidentified(self) -> None:
        name = QFileDialog.getExistingDirectory(self._window, "Import a folder of DICOM files, de-identified")
        if name:
            self._window.incoming.open([name], deidentify=True)

    def _lock(self) -> None:
        self._keeper.lock()

    def _forget(self) -> None:
        desk = self._window.desk
        item = desk.session.item(desk.session.selection)
        if item is not None:
            self._keeper.forget(item)

    def _picture(self) -> None:
        self._save_picture(names=True)

    def _picture_unnamed(self) -> None:
        self._save_picture(names=False)

    def _film(self) -> None:
        self._save_film(names=True)

    def _film_unnamed(self) -> None:
        self._save_film(names=False)

    def _save_picture(self, *, names: bool) -> None:
        from desktop.snapshots import save_picture

        path = self._where("Save picture", ".png", "Picture (*.png)")
        if path is not None:
            save_picture(self._window.desk, path, names=names)

    def _save_film(self, *, names: bool) -> None:
        from desktop.filming import film

        path = self._where("Save film", ".gif", "Film (*.gif)")
        if path is not None:
            film(self._window.desk, path, names=names)

    def _where(self, title: str, suffix: str, kind: str) -> Path | None:
        """Ask where a picture goes; its first name tells the plane and nothing of the patient."""
        stage = self._window.desk.stage
        start = settings.twins_folder() / f"{stage.focused if stage else 'view'}{suffix}"
        name, _kind = QFileDialog.getSaveFileName(self._window, title, str(start), kind)
        path = Path(name)
        return (path if path.suffix else path.with_suffix(suffix)) if name else None

    def _help(self) -> None:
        from desktop.help import Help

        self._help_page = Help(self._window)
        self._help_page.show()

    def _export_measurements(self) -> None:
        self._export_every("measurements")

    def _export_keys(self) -> None:
        self._export_every("key images")

    def _export_every(self, ref: str) -> None:
        desk = self._window.desk
        every = exporting.every(desk, ref)
        if every is None or desk.session.record is None:
            return
        start = str(settings.twins_folder() / f"{Path(desk.session.record.path).stem} {ref}")
        choices = exporting.filters(desk, every)
        name, chosen = QFileDialog.getSaveFileName(self._window, f"Export {ref}", start, choices)
        if name:
            path = exporting.with_suffix(desk, every, name, chosen)
            desk.start(f"Export {ref}", exporting.plan(desk, every, path))

    def _close(self) -> None:
        if self._window.desk.queue.busy and not self.may_stop_jobs():
            return
        self._window.desk.close_record()

    def _quit(self) -> None:
        self._window.close()

    def _palette(self) -> None:
        self._window.palette_.open()

    def _rename(self) -> None:
        self._window.tree.rename()

    def _color(self) -> None:
        desk = self._window.desk
        item = desk.session.item(desk.session.selection)
        if item is None:
            return
        color = QColorDialog.getColor(QColor(color_of(item)), self._window, f"Color of {item.name}")
        if color.isValid():
            way.recolor(desk, item, color.name())

    def _report(self) -> None:
        desk = self._window.desk
        record = desk.session.record
        if record is None:
            return
        # The side is in the name of what leaves.
        results = [i.structure for i in desk.session.of_kind("result")]
        name = ", ".join([Path(record.path).stem, *dict.fromkeys(results)])
        start = str(settings.twins_folder() / f"{name}.pdf")
        name, _kind = QFileDialog.getSaveFileName(self._window, "Write report", start, "PDF (*.pdf)")
        if name:
            self._window.panels["report"].write(Path(name))  # type: ignore[attr-defined]
