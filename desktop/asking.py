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
        self._folder: Path | None = None
        """Where something was saved last while this record was open."""
        window.desk.session.opened.connect(self._on_opened)
        window.desk.may_stop = self._may_stop_jobs

    def answer(self, what: str) -> None:
        """Do what a command asked for by name."""
        self._window.desk.guard(getattr(self, f"_{what}"))

    def _on_opened(self) -> None:
        self._folder = None  # the next patient's things do not go among this one's

    def _save(self, title: str, name: str, kinds: str) -> tuple[Path | None, str]:
        """Ask where something is saved: where the last was, else beside the record; and of which kind."""
        record = self._window.desk.session.record
        beside = settings.twins_folder() if record is None else Path(record.path).parent
        start = (self._folder or beside) / name
        given, kind = QFileDialog.getSaveFileName(self._window, title, str(start), kinds)
        if not given:
            return None, ""
        self._folder = Path(given).parent
        return Path(given), kind

    def _may_stop_jobs(self) -> bool:
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
        name = f"{Path(record.path).stem} copy.twin"
        path, _kind = self._save("Save a copy", name, "Record (*.twin)")
        if path is not None:
            self._window.desk.save_copy(path if path.suffix else path.with_suffix(".twin"))

    def _export(self) -> None:
        desk = self._window.desk
        item = desk.session.item(desk.session.selection)
        if item is None:
            return
        choices = exporting.filters(desk, item)
        given, chosen = self._save(f"Export {item.name}", item.name.replace("/", " "), choices)
        if given is not None:
            path = exporting.with_suffix(desk, item, str(given), chosen)
            desk.start(f"Export {item.name}", exporting.plan(desk, item, path))

    def _export_deidentified(self) -> None:
        desk = self._window.desk
        item = desk.session.item(desk.session.selection)
        if item is None:
            return
        dialog = DeidentifyDialog(self._window, item.name)
        if not dialog.exec():
            return
        title, choices = f"Export {item.name}, de-identified", exporting.filters(desk, item)
        given, chosen = self._save(title, f"{item.kind} de-identified", choices)
        if given is not None:
            path, faces = exporting.with_suffix(desk, item, str(given), chosen), dialog.faces.isChecked()
            desk.start(f"Export {item.name}", exporting.plan_deidentified(desk, item, path, faces))

    def _deidentify(self) -> None:
        dialog = DeidentifyDialog(self._window, "this record into a new one")
        if self._window.desk.session.record is None or not dialog.exec():
            return
        path, _kind = self._save("The new record", "de-identified.twin", "Record (*.twin)")
        if path is not None:
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
        from desktop.snapshots import of_scene

        desk = self._window.desk
        view = "3-D" if of_scene(desk) else desk.stage.focused if desk.stage else "view"
        path, _kind = self._save(title, f"{view}{suffix}", kind)
        return path if path is None or path.suffix else path.with_suffix(suffix)

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
        choices = exporting.filters(desk, every)
        given, chosen = self._save(f"Export {ref}", f"{Path(desk.session.record.path).stem} {ref}", choices)
        if given is not None:
            path = exporting.with_suffix(desk, every, str(given), chosen)
            desk.start(f"Export {ref}", exporting.plan(desk, every, path))

    def _close(self) -> None:
        if self._window.desk.may_leave():
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
        path, _kind = self._save("Write report", f"{name}.pdf", "PDF (*.pdf)")
        if path is not None:
            self._window.panels["report"].write(path)  # type: ignore[attr-defined]
