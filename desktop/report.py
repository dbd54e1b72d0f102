"""The report of a record, as PDF: whose it is, what was found, how far to trust it, how it was made."""

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import numpy as np

from desktop import catalogue, words
from desktop.chain import title_of
from desktop.describe import size_in_words
from desktop.people import line_of
from physics.conditions import beat_conditions, value_in_words
from resources.loads import GRAVITY
from twin import steps
from twin.errors import RecordError, UserError
from twin.progress import Progress
from twin.record import Entry, LogEntry, Record
from twin.wiping import passing_folder
from viewers.orientation import lps_text

_INK, _QUIET, _ACCENT, _WARN, _LINE = "#1B1F24", "#5B6570", "#1F7A86", "#8A5A00", "#D5DAE0"


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
    from reportlab.platypus import SimpleDocTemplate

    rl_config.useA85 = 0  # pictures as text: a quarter bigger, and seconds in plain Python
    path = Path(path)
    check_name(path)
    if not record.entries():
        raise UserError(f"{record.path.name} is empty: there is nothing to report.", "Import images first.")
    part = path.with_name(f".{path.name}.part")
    try:
        document = SimpleDocTemplate(
            str(part), leftMargin=48, rightMargin=48, topMargin=54, bottomMargin=54,
            title=f"Vitruvian report, {record.path.stem}", author="Vitruvian", subject=words.NOTICE,
        )  # fmt: skip
        frame = _page(record)
        document.build(_story(record, pictures, document.width - 12), onFirstPage=frame, onLaterPages=frame)
        part.replace(path)
    except OSError as error:
        raise RecordError(
            f"{path} cannot be written ({error.strerror}).", "Choose another folder."
        ) from error
    finally:
        part.unlink(missing_ok=True)
    return path


def _styles() -> dict[str, Any]:
    from reportlab.lib.styles import ParagraphStyle

    font = _fonts()
    body = ParagraphStyle("body", fontName=font, fontSize=9.5, leading=13, textColor=_INK)
    return {
        "body": body,
        "title": ParagraphStyle("title", body, fontName=f"{font}-Bold", fontSize=18, leading=22),
        "head": ParagraphStyle(
            "head", body, fontName=font + "-Bold", fontSize=12, leading=16, spaceBefore=14, spaceAfter=4,
            textColor=_ACCENT, keepWithNext=1,
        ),
        "lead": ParagraphStyle("lead", body, keepWithNext=1),
        "quiet lead": ParagraphStyle(
            "quiet lead", body, fontSize=8, leading=11, textColor=_QUIET, keepWithNext=1
        ),
        "quiet": ParagraphStyle("quiet", body, fontSize=8, leading=11, textColor=_QUIET, spaceBefore=4),
        "cell": ParagraphStyle("cell", body, fontSize=8.5, leading=11),
        "warn": ParagraphStyle("warn", body, textColor=_WARN, fontName=font + "-Bold", keepWithNext=1),
    }  # fmt: skip


def _fonts() -> str:
    """Register a font with the signs that our numbers need (≥, ±, –); returns its family's name."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFError, TTFont

    if "Report" in pdfmetrics.getRegisteredFontNames():
        return "Report"
    places = ("DejaVuSans", "/usr/share/fonts/truetype/dejavu/DejaVuSans", "Verdana", "Vera")
    for place in places:
        bold = {"Verdana": "verdanab", "Vera": "VeraBd"}.get(place, f"{place}-Bold")
        try:
            pdfmetrics.registerFont(TTFont("Report", f"{place}.ttf"))
            pdfmetrics.registerFont(TTFont("Report-Bold", f"{bold}.ttf"))
        except (TTFError, OSError):
            continue
        pdfmetrics.registerFontFamily("Report", "Report", "Report-Bold", "Report", "Report-Bold")
        return "Report"
    return "Helvetica"


def _page(record: Record) -> Any:
    identity = record.patient()
    reference = identity is not None and identity.reference_patient
    whose = line_of(identity) if identity else "patient unknown"

    def draw(canvas: Any, document: Any) -> None:
        font = _fonts()
        canvas.saveState()
        canvas.setFont(font, 8)
        canvas.setFillColor(_QUIET)
        width, height = document.pagesize
        canvas.drawString(48, height - 34, whose + (" · REFERENCE PATIENT" if reference else ""))
        canvas.drawRightString(width - 48, 30, f"page {document.page}")
        canvas.setFillColor(_WARN)
        canvas.drawString(48, 30, words.NOTICE)
        canvas.restoreState()

    return draw


def _story(record: Record, pictures: Sequence[Path], width: float) -> list[Any]:
    from reportlab.platypus import Paragraph

    styles = _styles()

    def text(line: str, style: str = "body") -> Any:
        return Paragraph(escape(line), styles[style])

    catalogue.load()
    entries = record.entries()
    story = [text("Report", "title"), *_who(record, text), text(f"From {record.path.name}.", "quiet")]
    stale = [e for e in entries if e.stale]
    if stale:
        story.append(text("Out of date: " + "; ".join(f"{e.name} ({e.stale})" for e in stale), "warn"))
    for entry in entries:
        if entry.kind in ("result", "heart", "motion"):
            story += _result(record, entry, text, width)
    if pictures:
        story += _pictures(pictures, text, width)
    story.append(text("What is in the record", "head"))
    rows = [[e.name, e.kind, size_in_words(record, e), "out of date" if e.stale else ""] for e in entries]
    story.append(_table([["Name", "Kind", "Size", ""], *rows], [0.34, 0.14, 0.38, 0.14], text, width))
    story.append(text("How it was made", "head"))
    story.append(text("Every step that leads to what is shown, with its parameters.", "quiet lead"))
    chain = [["#", "When (UTC)", "Step", "Parameters"], *(_step_row(e) for e in record.history.chain())]
    story.append(_table(chain, [0.05, 0.17, 0.24, 0.54], text, width))
    last = record.log()[-1]
    story.append(text(f"Log of {last.number} entries, closed by {last.hash}.", "quiet"))
    return story


def _who(record: Record, text: Any) -> list[Any]:
    identity = record.patient()
    lines = [text(line_of(identity) if identity else "The images name no patient.")]
    if identity and identity.reference_patient:
        lines.append(text("REFERENCE PATIENT: made by Vitruvian, nobody's images.", "warn"))
    if identity and identity.study_description:
        lines.append(text(f"{identity.study_description}, {identity.study_date}", "quiet"))
    return lines


def _result(record: Record, entry: Entry, text: Any, width: float) -> list[Any]:
    """Return the numbers of what bears some: a result, a heart, a motion."""
    tree = entry.tree
    newtons = tree.get("body_weight_n", 0.0)
    weight = words.weight_text(newtons / GRAVITY, words.is_weight_assumed(tree))
    load = f"At a body weight of {weight}, by activity."
    story = [text(entry.name, "head"), *([text(load, "lead")] if newtons else [])]
    maker = record.history.entry(entry.made_by)
    told = beat_conditions(maker, tree)
    if told:
        story.append(text(f"{title_of(maker)}: {told}", "lead"))
    if entry.stale:
        story.append(text(f"These numbers are out of date: {entry.stale}.", "warn"))
    rows = [["Number", "Value", "Interval", "What to know"]]
    for number in entry.numbers:
        low, high = number["low"], number["high"]
        unit = "" if number["unit"] == "1" else number["unit"]
        span = "" if low is None or high is None else f"{words.interval(low, high)} {unit}"
        name = number["name"][:1].upper() + number["name"][1:]
        rows.append([name, words.number(number["value"], unit), span, _remark(number)])
    story.append(_table(rows, [0.26, 0.14, 0.2, 0.4], text, width, struck=bool(entry.stale)))
    if tree.get("limits"):
        story.append(
            text("What this model leaves out: " + _joined(tree["limits"]).rstrip(".") + ".", "quiet")
        )
    if tree["notes"]:
        story.append(text("Notes: " + _joined(tree["notes"]).rstrip(".") + ".", "quiet"))
    return story


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


def _pictures(pictures: Sequence[Path], text: Any, width: float) -> list[Any]:
    from reportlab.lib.utils import ImageReader
    from reportlab.platypus import Image, Table, TableStyle

    images = []
    for picture in pictures:
        across, down = ImageReader(str(picture)).getSize()
        scale = min((width / 2 - 6) / across, 230 / down)
        images.append(Image(str(picture), across * scale, down * scale))
    pairs = [[*images[n : n + 2], ""][:2] for n in range(0, len(images), 2)]
    table = Table(pairs, colWidths=[width / 2] * 2)
    table.setStyle(TableStyle([("ALIGN", (0, 0), (-1, -1), "LEFT"), ("LEFTPADDING", (0, 0), (-1, -1), 0)]))
    return [text("Pictures", "head"), table]


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


def _table(rows: list[list[str]], shares: list[float], text: Any, width: float, struck: bool = False) -> Any:
    from reportlab.platypus import Paragraph, Table, TableStyle

    style = _styles()["cell"]

    def cell(line: str, column: int, row: int) -> Any:
        marked = escape(line)
        if row == 0:
            marked = f"<b>{marked}</b>"
        elif struck and column in (1, 2):
            marked = f"<strike>{marked}</strike>"
        return Paragraph(marked, style)

    cells = [[cell(line, c, r) for c, line in enumerate(row)] for r, row in enumerate(rows)]
    table = Table(cells, colWidths=[share * width for share in shares], repeatRows=1)
    line = ("LINEBELOW", (0, 0), (-1, -1), 0.4, _LINE)
    table.setStyle(
        TableStyle([line, ("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 2)])
    )
    return table
