"""Pages of a report: a document that counts its headings, its styles, its font and its tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from desktop import words

if TYPE_CHECKING:
    from reportlab.platypus import Flowable

INK, QUIET, ACCENT, WARN, LINE = "#1B1F24", "#5B6570", "#1F7A86", "#8A5A00", "#D5DAE0"

Text = Callable[..., Any]
"""Makes a paragraph of a line, in a style of ``styles``."""


def styles() -> dict[str, Any]:
    """Return the styles of paragraphs by name."""
    from reportlab.lib.styles import ParagraphStyle

    font = fonts()
    body = ParagraphStyle("body", fontName=font, fontSize=9.5, leading=13, textColor=INK)
    return {
        "body": body,
        "title": ParagraphStyle("title", body, fontName=f"{font}-Bold", fontSize=18, leading=22),
        "head": ParagraphStyle(
            "head", body, fontName=font + "-Bold", fontSize=12, leading=16, spaceBefore=14, spaceAfter=4,
            textColor=ACCENT, keepWithNext=1,
        ),
        "front": ParagraphStyle(
            "front", body, fontName=font + "-Bold", fontSize=10, leading=13, spaceBefore=7, spaceAfter=2,
            textColor=ACCENT, keepWithNext=1,
        ),
        "lead": ParagraphStyle("lead", body, keepWithNext=1),
        "quiet lead": ParagraphStyle(
            "quiet lead", body, fontSize=8, leading=11, textColor=QUIET, keepWithNext=1
        ),
        "quiet": ParagraphStyle("quiet", body, fontSize=8, leading=11, textColor=QUIET, spaceBefore=4),
        "limits": ParagraphStyle("limits", body, fontSize=7.8, leading=9.7),
        "cell": ParagraphStyle("cell", body, fontSize=8.5, leading=11),
        "close cell": ParagraphStyle("close cell", body, fontSize=8, leading=9.5),
        "contents": ParagraphStyle("contents", body, fontSize=8.5, leading=12),
        "warn": ParagraphStyle("warn", body, textColor=WARN, fontName=font + "-Bold", keepWithNext=1),
    }  # fmt: skip


def fonts() -> str:
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


def text_of() -> Text:
    """Return what makes a paragraph of a line."""
    from reportlab.platypus import Paragraph

    known = styles()

    def text(line: str, style: str = "body") -> Any:
        return Paragraph(escape(line), known[style])

    return text


def contents() -> Any:
    """Return the list of headings with their pages, each a link; it fills itself as the pages are made."""
    from reportlab.platypus.tableofcontents import TableOfContents

    return TableOfContents(levelStyles=[styles()["contents"]], dotsMinLevel=0)


def build(path: Path, title: str, story: list[Any], frame: Callable[[Any, Any], None]) -> None:
    """Write pages to a file; ``OSError`` where that cannot be written.

    Parameters
    ----------
    frame : callable
        Draws on each page what stands around it, on a canvas and by the document.
    """
    from reportlab.platypus import Frame, PageTemplate

    document = _numbered()(
        str(path), leftMargin=48, rightMargin=48, topMargin=54, bottomMargin=54,
        title=title, author="Vitruvian", subject=words.NOTICE,
    )  # fmt: skip
    box = Frame(document.leftMargin, document.bottomMargin, document.width, document.height)
    document.addPageTemplates(PageTemplate("page", [box], onPage=frame))
    document.multiBuild(story)


WIDTH = 595.27 - 2 * 48 - 12
"""Of what stands on a page of A4, in points."""


def _numbered() -> Any:
    """Return the class of a document that tells its contents of each heading (reportlab comes in late)."""
    from reportlab.platypus import BaseDocTemplate

    class Numbered(BaseDocTemplate):
        _heads = 0

        def beforeDocument(self) -> None:
            self._heads = 0  # anew in every pass

        def afterFlowable(self, flowable: Flowable) -> None:
            if getattr(getattr(flowable, "style", None), "name", "") != "head":
                return
            self._heads += 1
            key, line = f"part {self._heads}", flowable.getPlainText()
            self.canv.bookmarkPage(key)
            self.canv.addOutlineEntry(line, key, 0)
            self.notify("TOCEntry", (0, escape(line), self.page, key))

    return Numbered


def table(
    rows: Sequence[Sequence[str]],
    shares: Sequence[float],
    titles: Sequence[str] = (),
    *,
    struck: bool = False,
    close: bool = False,
) -> Any:
    """Return a table as wide as the page.

    Parameters
    ----------
    shares : sequence of float
        Of the width, one a column.
    titles : sequence of str
        Of the columns, in a row above the others and again on every page; none where there are none.
    struck : bool
        Whether value and interval (the second and third column) are crossed out.
    close : bool
        Whether its lines stand closer than usual.
    """
    from reportlab.platypus import Paragraph, Table, TableStyle

    style = styles()["close cell" if close else "cell"]

    def cell(line: str, column: int) -> Any:
        marked = escape(line)
        return Paragraph(f"<strike>{marked}</strike>" if struck and column in (1, 2) else marked, style)

    cells = [[cell(line, c) for c, line in enumerate(row)] for row in rows]
    if titles:
        cells.insert(0, [Paragraph(f"<b>{escape(title)}</b>", style) for title in titles])
    made = Table(cells, colWidths=[share * WIDTH for share in shares], repeatRows=1 if titles else 0)
    look = [
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 2),
        *([("TOPPADDING", (0, 0), (-1, -1), 1), ("BOTTOMPADDING", (0, 0), (-1, -1), 2)] if close else []),
    ]
    made.setStyle(TableStyle(look))
    return made


def pictures(found: Sequence[Path], across: int, tallest: float = 230.0) -> Any:
    """Return pictures side by side, so many in a row."""
    from reportlab.lib.utils import ImageReader
    from reportlab.platypus import Image, Table, TableStyle

    images: list[Any] = []
    for picture in found:
        wide, high = ImageReader(str(picture)).getSize()
        scale = min((WIDTH / across - 6) / wide, tallest / high)
        images.append(Image(str(picture), wide * scale, high * scale))
    blank = [""] * (across - 1)
    rows = [[*images[n : n + across], *blank][:across] for n in range(0, len(images), across)]
    made = Table(rows, colWidths=[WIDTH / across] * across)
    made.setStyle(TableStyle([("ALIGN", (0, 0), (-1, -1), "LEFT"), ("LEFTPADDING", (0, 0), (-1, -1), 0)]))
    return made
