"""The report of a record, as PDF: what to read first, what was found, how far to trust it, its making."""

import contextlib
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from desktop import catalogue, printing, words
from desktop.chain import title_of
from desktop.describe import size_in_words
from desktop.front_page import front_page
from desktop.key_numbers import load_text
from desktop.people import line_of
from physics.conditions import beat_conditions, value_in_words
from twin import steps
from twin.errors import RecordError, UserError
from twin.progress import Progress
from twin.record import Entry, LogEntry, Record
from twin.wiping import passing_folder
from viewers.orientation import lps_text

_OFTEN = 3
"""A remark that so many numbers of a table share stands once, under the table."""
_ALIKE = 4
"""So many bare numbers of one name and unit stand in one row, by place."""


def check_name(path: Path) -> None:
    """Refuse a name that does not end in ``.pdf``, before pictures are drawn for it."""
    if path.suffix.lower() != ".pdf":
        raise UserError(f"A report is a PDF; {path.name} is not.", "Let the name end in .pdf.")


def draw_and_write(record: Path, path: Path, with_pictures: bool, progress: Progress) -> None:
    """Write a record's report, with its pictures (runs in a job: drawing needs a process of its own)."""
    from desktop.pictures import draw

    progress(0.0, "making ready to draw")
    with passing_folder() as folder:
        drawn = draw(record, folder, progress.between(0.0, 0.9)) if with_pictures else []
        progress(0.9, "putting the pages together")
        with Record.open(record, write=False) as opened:
            write(opened, path, drawn)


def write(record: Record, path: Path, pictures: Sequence[Path] = ()) -> Path:
    """Write the report.

    Parameters
    ----------
    pictures : sequence of Path
        PNG files to show, each captioned by its name.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    UserError
        Where the record holds nothing, or its file name ends in something else than ``.pdf``.
    RecordError
        Where the file cannot be written.
    """
    from reportlab import rl_config

    rl_config.useA85 = 0  # pictures as text: a quarter bigger, and seconds in plain Python
    path = Path(path)
    check_name(path)
    if not record.entries():
        raise UserError(f"{record.path.name} is empty: there is nothing to report.", "Import images first.")
    part = path.with_name(f".{path.name}.part")
    try:
        title = f"Vitruvian report, {record.path.stem}"
        printing.build(part, title, _story(record, pictures), _page(record))
        part.replace(path)
    except OSError as error:
        raise RecordError(
            f"{path} cannot be written ({error.strerror}).", "Choose another folder."
        ) from error
    finally:
        part.unlink(missing_ok=True)
    return path


def _page(record: Record) -> Any:
    identity = record.patient()
    reference = identity is not None and identity.reference_patient
    whose = line_of(identity) if identity else "patient unknown"

    def draw(canvas: Any, document: Any) -> None:
        font = printing.fonts()
        canvas.saveState()
        canvas.setFont(font, 8)
        canvas.setFillColor(printing.QUIET)
        width, height = document.pagesize
        canvas.drawString(48, height - 34, whose + (" · REFERENCE PATIENT" if reference else ""))
        canvas.drawRightString(width - 48, 30, f"page {document.page}")
        canvas.setFillColor(printing.WARN)
        canvas.drawString(48, 30, words.NOTICE)
        canvas.restoreState()

    return draw


def _story(record: Record, pictures: Sequence[Path]) -> list[Any]:
    from reportlab.platypus import PageBreak

    text = printing.text_of()
    catalogue.load()
    entries = record.entries()
    story = [text("Report", "title"), *_who(record, text)]
    stale = [e for e in entries if e.stale]
    if stale:
        story.append(text("Out of date: " + "; ".join(f"{e.name} ({e.stale})" for e in stale), "warn"))
    first, pictures = front_page(record, pictures, text)
    story += first
    story += [PageBreak(), text("In this report", "front"), printing.contents()]
    told = _Told()
    for entry in entries:
        if entry.kind in ("result", "heart", "motion"):
            story += _result(record, entry, text, told)
    if pictures:
        story += [text("Pictures", "head"), printing.pictures(pictures, 2)]
    story.append(text("What is in the record", "head"))
    rows = [[e.name, e.kind, size_in_words(record, e), "out of date" if e.stale else ""] for e in entries]
    story.append(printing.table(rows, [0.34, 0.14, 0.38, 0.14], ["Name", "Kind", "Size", ""]))
    story.append(text("How it was made", "head"))
    story.append(text("Every step that leads to what is shown, with its parameters.", "quiet lead"))
    chain = [_step_row(e) for e in record.history.chain()]
    titles = ["#", "When (UTC)", "Step", "Parameters"]
    story.append(printing.table(chain, [0.05, 0.17, 0.24, 0.54], titles))
    last = record.log()[-1]
    story.append(
        text(f"From {record.path.name}; log of {last.number} entries, closed by {last.hash}.", "quiet")
    )
    return story


class _Told:
    """What the pages before have told already: it is named there, and not told again."""

    def __init__(self) -> None:
        self._numbers: dict[str, str] = {}
        self._limits: dict[str, str] = {}

    def new_numbers(self, entry: Entry) -> tuple[list[dict[str, Any]], list[str]]:
        """Return the numbers that no page told of the same step, and where the others stand."""
        return _apart(self._numbers, entry.name, entry.numbers, lambda n: f"{entry.made_by} {n}")

    def new_limits(self, entry: Entry) -> tuple[list[str], list[str]]:
        """Return the limits that no page told yet, and where the others stand."""
        return _apart(self._limits, entry.name, entry.tree.get("limits") or [], str)


def _apart(
    seen: dict[str, str], name: str, things: Sequence[Any], key_of: Callable[[Any], str]
) -> tuple[list[Any], list[str]]:
    new = [thing for thing in things if key_of(thing) not in seen]
    before = list(dict.fromkeys(seen[key_of(thing)] for thing in things if key_of(thing) in seen))
    seen.update({key_of(thing): name for thing in new})
    return new, before


def _who(record: Record, text: Any) -> list[Any]:
    identity = record.patient()
    lines = [text(line_of(identity) if identity else "The images name no patient.")]
    if identity and identity.reference_patient:
        lines.append(text("REFERENCE PATIENT: made by Vitruvian, nobody's images.", "warn"))
    if identity and identity.study_description:
        lines.append(text(f"{identity.study_description}, {identity.study_date}", "quiet"))
    return lines


def _result(record: Record, entry: Entry, text: Any, told: _Told) -> list[Any]:
    """Return the numbers of what bears some: a result, a heart, a motion."""
    tree, load = entry.tree, load_text(entry)
    story = [text(entry.name, "head"), *([text(load, "lead")] if load else [])]
    maker = record.history.entry(entry.made_by)
    asked = beat_conditions(maker, tree)
    if asked:
        story.append(text(f"{title_of(maker)}: {asked}", "lead"))
    if entry.stale:
        story.append(text(f"These numbers are out of date: {entry.stale}.", "warn"))
    numbers, before = told.new_numbers(entry)
    rows, shared = _shared([*_rows(numbers)])
    header = ["Number", "Value", "Interval", "What to know"]
    story.append(printing.table(rows, [0.26, 0.14, 0.2, 0.4], header, struck=bool(entry.stale)))
    story += [text(line, "quiet") for line in shared]
    if before:
        others = len(entry.numbers) - len(numbers)
        story.append(text(f"{others} more of its numbers stand with {', '.join(before)}.", "quiet"))
    limits, before = told.new_limits(entry)
    said = [*([f"what was said of {', '.join(before)}"] if before else []), *limits]
    if said:
        story.append(text("What this model leaves out: " + _joined(said).rstrip(".") + ".", "quiet"))
    if tree["notes"]:
        story.append(text("Notes: " + _joined(tree["notes"]).rstrip(".") + ".", "quiet"))
    return story


def _rows(numbers: Sequence[dict[str, Any]]) -> Iterator[list[str]]:
    """Yield a row a number; many bare ones of one name and unit share a row, place by place."""
    alike = Counter(_group(number) for number in numbers)
    for number in numbers:
        group = _group(number)
        if group and alike[group] >= _ALIKE:
            yield _row_of_places([n for n in numbers if _group(n) == group])
            alike[group] = 0
        elif alike[group] or not group:
            yield _row(number)


def _group(number: dict[str, Any]) -> str:
    """Return what bare numbers of several places have in common; empty for all others."""
    name, place = number["name"].partition(", ")[::2]
    bare = number["low"] is None and not number["remark"] and not number["at"]
    return f"{name} {number['unit']}" if place and bare and number["value"] is not None else ""


def _row(number: dict[str, Any]) -> list[str]:
    low, high = number["low"], number["high"]
    unit = "" if number["unit"] == "1" else number["unit"]
    span = "" if low is None or high is None else f"{words.interval(low, high)} {unit}"
    return [words.sentence(number["name"]), words.number(number["value"], unit), span, _remark(number)]


def _row_of_places(numbers: Sequence[dict[str, Any]]) -> list[str]:
    """Return one row for numbers that differ by their place: from which to which, and each."""
    unit = "" if numbers[0]["unit"] == "1" else numbers[0]["unit"]
    values = [number["value"] for number in numbers]
    each = [f"{n['name'].partition(', ')[2]} {words.number(n['value'])}" for n in numbers]
    span = f"{words.interval(min(values), max(values))} {unit}"
    return [words.sentence(numbers[0]["name"].partition(", ")[0]), span, "", "; ".join(each)]


def _shared(rows: list[list[str]]) -> tuple[list[list[str]], list[str]]:
    """Put sentences that many remarks share under the table; a letter stands in their place."""
    said = [_sentences(row[3]) for row in rows]
    counted = Counter(sentence for row in said for sentence in dict.fromkeys(row))
    often = [sentence for sentence, times in counted.items() if times >= _OFTEN]
    mark = {sentence: f"({chr(ord('a') + n)})" for n, sentence in enumerate(often)}
    told = [" ".join(mark.get(sentence, sentence) for sentence in row) for row in said]
    lines = [f"{mark[sentence]} {words.sentence(sentence)}" for sentence in often]
    return [[*row[:3], remark] for row, remark in zip(rows, told, strict=True)], lines


def _sentences(text: str) -> list[str]:
    return re.split(r"(?<=\.) (?=[A-Z])", text) if text else []


def _remark(number: dict[str, Any]) -> str:
    name = number["name"].rpartition(": ")[2]
    told = [s for s in (words.yield_warning(name, number["value"], number["high"]), number["remark"]) if s]
    if number["at"]:
        told.append(f"at {lps_text(np.array(number['at']))}")
    causes = {cause: ends for cause, ends in (number["causes"] or {}).items() if None not in ends}
    if causes:
        widest = max(causes, key=lambda cause: causes[cause][1] - causes[cause][0])
        told.append(f"largest source of doubt: {widest}")
    return _joined(told)


def _joined(told: Sequence[str]) -> str:
    """Return remarks as one line: what ends a sentence goes where another follows."""
    return "; ".join([*(text.rstrip(".") for text in told[:-1]), *told[-1:]])


_UNREADABLE = ("state",)
"""Parameters that are for the program alone: how the views showed a key image."""


def _step_row(entry: LogEntry) -> list[str]:
    title, known = entry.step, {}
    with contextlib.suppress(UserError):  # a step that this program does not know keeps its name
        step = steps.find(entry.step)
        title, known = step.title, {p.name: p for p in step.parameters}
    told = []
    for name, value in entry.params.items():
        if value in (None, "", (), []) or name in _UNREADABLE:
            continue
        p = known.get(name)
        said, unit = (words.title_of(p), p.unit) if p else (name, "")
        told.append(f"{said} {_short(value)} {unit}".strip())
    when = entry.time[:16].replace("T", " ")
    return [str(entry.number), when, f"{title} ({entry.step} v{entry.version})", "; ".join(told)]


def _short(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(_short(v) for v in value)
    if isinstance(value, str) and len(value) > 60:
        return "…" + value[-58:]
    return value_in_words(value)
