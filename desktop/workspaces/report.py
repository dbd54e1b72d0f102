"""Report: what was found, with its limits, and as a PDF."""

from __future__ import annotations

from pathlib import Path

from desktop import way
from desktop.actions import Actions
from desktop.chain import ancestry, conditions_of, title_of
from desktop.desk import Desk
from desktop.numbers import NumberList
from desktop.people import line_of
from desktop.queue import Plan
from desktop.section import CommandButton, Facts, Panel, quiet, section_title
from physics.conditions import AS_FITTED


class ReportPanel(Panel):
    """The summary of the result at hand, and the button that writes it."""

    def __init__(self, desk: Desk, actions: Actions) -> None:
        super().__init__("Report")
        self._desk = desk
        self.whose = quiet()
        self.facts = Facts()
        self.numbers = NumberList(desk, as_solved=True)
        self.limits = quiet()
        self.limits_title = section_title("What this does not tell")
        self.found_title = section_title("Found")
        self.write_button = CommandButton(actions["report.write"], primary=True)
        self.reason = quiet()
        self.made_title = section_title("Made by")
        self.add(self.whose, self.write_button, self.reason, self.found_title, self.numbers)
        self.add(self.limits_title, self.limits, self.made_title, self.facts)
        self.end()
        self.follow(desk)

    def refresh(self) -> None:
        """Show the result at hand."""
        results = self._desk.results
        item = results.item
        people = self._desk.session.identities()
        scan = way.scan(self._desk.session)
        modality = "CT" if scan is not None else ""
        self.whose.setText("\n".join(line_of(p, modality) for p in people))
        for widget in (self.numbers, self.limits, self.limits_title, self.found_title):
            widget.setVisible(item is not None)
        why = way.why_not_report(self._desk)
        self.reason.setText(why)
        self.reason.setVisible(bool(why))
        steps = ancestry(self._desk.session, item.id) if item is not None else []
        self.facts.show_facts([(title_of(e), f"{e.seconds:.1f} s") for e in steps])
        self.made_title.setVisible(item is not None)
        if item is not None:
            asked = conditions_of(self._desk.session, item.id) not in ("", AS_FITTED)
            self.found_title.setText("What might be" if asked else "Found")
            self.numbers.show_result()
            self.limits.setText("\n".join(f"– {line}" for line in results.limits()))

    def write(self, path: Path) -> None:
        """Write the PDF, in a job."""
        record = self._desk.session.record
        if record is not None:
            record.flush()
            self._desk.start("Write the report", self._write_plan(Path(record.path), path))

    def _write_plan(self, record: Path, path: Path) -> Plan:
        from desktop.report import draw_and_write
        from twin.jobs import Job

        yield Job(draw_and_write, record, path, True, title=f"Writing {path.name}")
        self._desk.said.emit(f"The report is at {path}.", "")
        opened = self._desk.session.record
        if opened is not None and opened.writable:
            opened.note("exported", {"what": "report", "path": str(path)})
