"""The desk at which one record is worked on: opens, imports, runs steps, undoes. No widgets.

Commands act on it; the window listens to it. Whatever takes time goes through its queue.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from desktop.beating import Beating
from desktop.browser import concealing
from desktop.queue import Plan, Queue, Work
from desktop.reading import Reader
from desktop.results import Results
from desktop.session import Session
from desktop.settings import Settings
from twin import passphrases
from twin.errors import RecordError, UserError

if TYPE_CHECKING:
    from desktop.stage import Stage


LONG_SECONDS = 2.0
"""A step that took so long is told of when it is undone: nobody wants to wait for it twice."""
READ_ONLY = "This record is open for reading only."


class Desk(QObject):
    """The session, the queue and the settings, and what can be done with them.

    Signals
    -------
    failed : (UserError, details)
    offered : (UserError, label, callable)
        What failed, and what can be done instead.
    said : (message, hint)
        Worth knowing, no error.
    ready : (message, label, callable)
        What was waited for is there, and can be looked at.
    began
        A piece of work was put into the queue.
    dropped : list of Path
        These are to be opened.
    asked : str
        A command wants the window's help: a file dialog, the palette, renaming in the tree.
    restyled
        Theme or font size changed.
    settled
        All that is loaded ahead is there.
    refreshed
        Anything a command's ``enabled`` may look at has changed.
    """

    failed = Signal(object, str)
    offered = Signal(object, str, object)
    said = Signal(str, str)
    ready = Signal(str, str, object)
    asked = Signal(str)
    began = Signal()
    dropped = Signal(list)
    restyled = Signal()
    settled = Signal()
    refreshed = Signal()

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.settings = settings
        self.session = Session()
        self.queue = Queue()
        self.stage: Stage | None = None
        self.results = Results(self)
        self.beating = Beating(self)
        self.beating.what_if.trailed.connect(self.refreshed)
        self.params: dict[str, dict[str, Any]] = {}
        self.scar: str | None = None
        """Key of the structure that a ventricle's mesh takes as scar; empty: none; None: nobody has said."""
        self.late: str | None = None
        """Id of the series that the user says is late enhancement; None: nobody has said."""
        self.loaded_steps = False
        self.reader = Reader(self.session)
        self.reader.failed.connect(self.failed)
        self.queue.failed.connect(self.failed)
        self.queue.committed.connect(self._on_commit)
        self.may_stop: Callable[[], bool] = lambda: True
        """Asks whether running jobs may be stopped; the window puts its question here."""
        self.queue.stopped.connect(self._say_stopped)
        self.queue.changed.connect(self.refreshed)
        for event in (self.session.opened, self.session.changed, self.session.selected, self.session.shown):
            event.connect(self._refresh)
        self.session.moved.connect(self._refresh)
        self.session.closing.connect(self._forget_choices)

    def _refresh(self, *_: Any) -> None:
        self.refreshed.emit()

    def _forget_choices(self) -> None:
        self.scar = self.late = None

    def _on_commit(self, job: Any, entry: Any) -> None:
        """Keep what a job made, so that nobody reads it back; then tell of the change."""
        from psygnal import emit_queued

        for role, output in entry.outputs.items():
            if role in job.result.outputs:
                self.session.keep(output["digest"], job.result.outputs[role])
        emit_queued()

    def _say_stopped(self, work: Work) -> None:
        """Say that a work was stopped, and what has become of the record."""
        kept = "What it had finished is in the record; undo takes it back."
        self.said.emit(f"Cancelled: {work.title}.", kept if work.stored else "The record is as it was.")

    def guard(self, action: Callable[[], None]) -> None:
        """Do something a user asked for; what he can understand of a failure goes to the error bar."""
        try:
            action()
        except UserError as error:
            self.failed.emit(error, "")

    # -- records ---------------------------------------------------------------------------------

    def open_record(self, path: Path, *, write: bool = True) -> None:
        """Open a ``.twin`` in place of the one that is open.

        One that somebody else holds, or that lies where nothing can be written, is offered for
        reading only.
        """
        from twin.record import Record

        self.load_steps()
        opened = self.session.record
        if opened is not None and opened.writable and Path(opened.path).resolve() == path.resolve():
            return
        if not self.may_leave():
            return
        try:
            record = Record.open(path, write=write)
        except passphrases.Locked as error:
            self.failed.emit(error, "")
            return
        except RecordError as error:
            if not write or not _can_be_read(path):
                raise
            again = functools.partial(self.open_record, path, write=False)
            self.offered.emit(error, "Open for reading only", functools.partial(self.guard, again))
            return
        self._take(record)

    def may_leave(self) -> bool:
        """Ask, where jobs run on the open record, whether they may be stopped."""
        return not self.queue.busy or self.may_stop()

    @property
    def read_only(self) -> str:
        """Return why the open record cannot be changed; empty where it can."""
        record = self.session.record
        return READ_ONLY if record is not None and not record.writable else ""

    def new_record(self, path: Path) -> None:
        """Make a record and open it."""
        from twin.record import Record

        self.load_steps()
        path.parent.mkdir(parents=True, exist_ok=True)
        self._take(Record.create(path))

    def _take(self, record: Any) -> None:
        self.queue.close()
        self.session.close()
        self.session.open(record)
        if record.writable:
            record.note("opened", {"in": "window"})
        self.guard(lambda: concealing.if_locked(record))
        self.settings.add_recent(record.path)

    def close_record(self) -> None:
        """Close what is open; every finished step is already stored."""
        self.queue.close()
        self.session.close()

    def save_copy(self, path: Path) -> None:
        """Write a copy of the open record to ``path``; the original stays open."""
        record = self.session.record
        if record is None:
            return
        if path.resolve() == Path(record.path).resolve():
            raise UserError(f"{path.name} is the open record itself.", "Choose another name for the copy.")
        from twin.record import care

        if self.stage is not None:
            self.stage.presenting.keep()
        record.flush()
        care.copy(Path(record.path), path)
        if record.writable:
            record.note("copied", {"path": str(path)})
        self.settings.add_recent(path)
        self.said.emit(f"A copy is now at {path}.", "You go on working on the original.")

    # -- steps -----------------------------------------------------------------------------------

    def load_steps(self) -> None:
        """Import the modules that declare steps and run them; once, and after the first frame."""
        if not self.loaded_steps:
            import twin.jobs  # noqa: F401  (at the first job it would hold up the picture)
            from desktop import catalogue

            catalogue.load()
            self.loaded_steps = True

    def params_of(self, step: str) -> dict[str, Any]:
        """Return what the form of a step holds now; empty means all defaults."""
        return self.params.get(step, {})

    def job(
        self,
        step: str,
        inputs: Mapping[str, str],
        params: Mapping[str, Any] | None = None,
        *,
        into: Mapping[str, str] | None = None,
        title: str = "",
    ) -> Any:
        """Return a job that runs a step on the open record; the queue commits what it makes.

        ``into`` names, by role, the entity whose content the output replaces; a name that the user
        gave it stays.
        """
        from twin.run import prepare

        call = prepare(self._writable(), step, dict(inputs), dict(params or {}), into=dict(into or {}))
        kept = {}
        for role, id in (into or {}).items():
            entry, made = self.session.entry(id), self.session.maker(id)
            if entry is not None and made is not None and made.outputs[role]["name"] != entry.name:
                kept[role] = entry.name
        return self._job_of(dataclasses.replace(call, names=kept), title)

    def _job_of(self, call: Any, title: str) -> Any:
        from twin.jobs.step_job import StepJob

        job = StepJob(self._record(), call)
        job.title = title or job.title
        return job

    def start(self, title: str, plan: Plan, *, key: str = "") -> Work:
        """Put a piece of work into the queue; ``key`` names its kind, where that matters."""
        self.began.emit()
        return self.queue.submit(title, plan, key)

    def edit(self, step: str, inputs: Mapping[str, str], params: Mapping[str, Any]) -> None:
        """Run a quick step at once, in this process."""
        from twin.progress import Progress
        from twin.run import prepare, run

        record = self._writable()
        run(record, prepare(record, step, dict(inputs), dict(params)), Progress())

    def redraw(self, id: str, **changes: Any) -> None:
        """Draw a measurement anew, with some of its parameters changed, in its place."""
        from twin.measuring.change import changed
        from twin.run import run

        record = self._writable()
        run(record, changed(record, id, **changes))

    def note_key(self, id: str, text: str) -> None:
        """Note something else to a key image."""
        from twin.key_images import noted
        from twin.run import run

        record = self._writable()
        run(record, noted(record, id, text))

    def edit_entity(self, step: str, id: str, **params: Any) -> None:
        """Run a quick step whose one input is an entity of any kind (rename, color, delete)."""
        from twin import steps

        inputs = steps.find(step).inputs
        if inputs:
            self.edit(step, {inputs[0].name: id}, params)
        else:
            self.edit(step, {}, {"entity": id} | params)

    def make_again(self, id: str) -> None:
        """Make a stale entity again, and before it whatever stale it is made from."""
        entry = self.session.entry(id)
        if entry is not None:
            self.start(f"Make {entry.name} again", self._again(id))

    def _again(self, id: str) -> Plan:
        from twin.run import remake, remake_order

        record = self._writable()
        for one in remake_order(record, id):
            entry = self.session.entry(one)
            if entry is not None and entry.stale:
                yield self._job_of(remake(record, one), f"Making {entry.name} again")

    def undo(self) -> None:
        """Undo the last step; of one that took its time, or left nothing, say that it is not lost."""
        from desktop import heart_way

        if heart_way.asked_before(self, "undo"):
            self.beating.what_if.walk()
            return
        record = self._writable()
        title, undone = record.title("undo"), record.undo()
        if undone is None:
            return
        empty = "" if record.entries() else "The record is empty now. "
        if empty or record.history.entry(undone.params["number"]).seconds >= LONG_SECONDS:
            self.said.emit(
                f"Undone: {title}.", f"{empty}Redo (Ctrl+Shift+Z) brings it back without computing it anew."
            )

    def redo(self) -> None:
        """Redo the step that was undone last."""
        from desktop import heart_way

        if heart_way.asked_before(self, "redo"):
            self.beating.what_if.walk(forth=True)
        else:
            self._writable().redo()

    def _record(self) -> Any:
        if self.session.record is None:
            raise UserError("No record is open.", "Open images or a .twin first.")
        return self.session.record

    def _writable(self) -> Any:
        record = self._record()
        if self.read_only:
            raise UserError(self.read_only, "Save a copy, and work on that.")
        return record

    # -- looks -----------------------------------------------------------------------------------

    def set_theme(self, name: str) -> None:
        """Change the theme and remember it."""
        self.settings.theme = name
        self.settings.save()
        self.restyled.emit()

    def set_font(self, size_px: int) -> None:
        """Change the size of everything and remember it."""
        self.settings.font_px = min(max(size_px, 9), 32)
        self.settings.save()
        self.restyled.emit()


def _can_be_read(path: Path) -> bool:
    from twin.record import Record

    try:
        with Record.open(path, write=False):
            return True
    except UserError:
        return False
