"""What a slice view paints over its image."""

from collections.abc import Callable, Sequence

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPen

from resources.colors import IMAGE_GROUND, PLANE_COLORS
from twin.domain import Volume
from viewers import paint
from viewers.marks import Contour, Outline, OutlineCut, PointMark
from viewers.orientation import Plane, SliceFrame
from viewers.paint import ColorBar, Look
from viewers.slice_sheet import SliceSheet

_SMALL = 320.0
"""A view this wide or less, in pixels of a 13 px font, has room for few words."""


_LOW = 0.7
"""Share of the width that the low lines have beside the scale, where they stand above the letters."""


def is_small(box: QRectF) -> bool:
    """Tell whether captions would cover what is to be seen."""
    return min(box.width(), box.height()) <= _SMALL


def _share(box: QRectF) -> float:
    """Return the size of secondary texts against the view's font."""
    return 0.85 if is_small(box) else 1.0


def _thickness(painter: QPainter, inner: QRectF, words: str) -> str:
    """Return what is said of thickness and interpolation, in as many words as there is room for.

    What has least room says how far apart the slices lie between which values are made up.
    """
    plain = words.removeprefix("slice ") if is_small(inner) else words
    brief = plain.replace("linear between slices", "slices")
    metrics = QFontMetricsF(paint.font_of(painter, _share(inner)))
    room = _LOW * inner.width() - 8.0
    says = (plain, brief, brief.partition(" · ")[2]) if brief != plain else (plain,)
    return next((said for said in says if metrics.horizontalAdvance(said) <= room), says[-1])


def _fitting(painter: QPainter, inner: QRectF, words: Sequence[str]) -> int:
    """Return how many of the words, the first ones first, one line across the view has room for."""
    metrics = QFontMetricsF(paint.font_of(painter, _share(inner)))
    lines = ["   ".join(filter(None, words[:n])) for n in range(1, len(words) + 1)]
    return max(sum(metrics.horizontalAdvance(line) <= inner.width() for line in lines), 1)


class _Kept:
    """A part of the view kept as a picture until its key changes: text is the slowest part of a frame."""

    def __init__(self) -> None:
        self._key: tuple[object, ...] = ()
        self._picture = QImage()

    def paint(
        self, painter: QPainter, box: QRectF, key: tuple[object, ...], draw: Callable[[QPainter], None]
    ) -> None:
        """Paint the part of the view in ``box``; ``draw`` paints it in the view's own coordinates."""
        ratio = painter.device().devicePixelRatio()
        key = (*key, ratio)
        if key != self._key:
            kind = QImage.Format.Format_ARGB32_Premultiplied
            self._picture = QImage(round(box.width() * ratio), round(box.height() * ratio), kind)
            self._picture.setDevicePixelRatio(ratio)
            self._picture.fill(0)
            aside = QPainter(self._picture)
            aside.translate(-box.topLeft())
            aside.setFont(painter.font())
            draw(aside)
            aside.end()
            self._key = key
        painter.drawImage(box.topLeft(), self._picture)


class SliceDecor:
    """Letters, texts, scale, marks and border of one slice view.

    ``changed`` is told when the view is to be painted again.
    """

    def __init__(self, plane: Plane, changed: Callable[[], None]) -> None:
        self.plane = plane
        self._changed = changed
        self.look = Look(ground=IMAGE_GROUND)
        self.caption: tuple[str, ...] = ()
        self.view_name = ""
        self.brief = ""
        self.stamp = ""
        self.moment = ""
        self.aside: tuple[str, ...] = ()
        self.over: tuple[str, ...] = ()
        self.bar: ColorBar | None = None
        self.reference_patient = False
        self.flagged: Callable[[SliceFrame, float], bool] = lambda _frame, _depth: False
        """Whether a slice is a key image."""
        self.sided, self.measured = True, True
        self._still, self._low = _Kept(), _Kept()
        self._outlines: tuple[Outline, ...] = ()
        self._points: tuple[PointMark, ...] = ()
        self._contours: tuple[Contour, ...] = ()
        self._cuts: tuple[SliceFrame, list[OutlineCut]] | None = None
        self._raised = 0.0
        self._lines: list[tuple[str, str]] = []
        self._measured_for: tuple[object, ...] = ()
        self._fits: tuple[tuple[object, ...], int] = ((), 1)

    def take_volume(self, volume: Volume | None) -> None:
        """Write no sides and no lengths on what has none: a photograph, an uncalibrated radiograph."""
        self.reference_patient = volume is not None and volume.identity.reference_patient
        self.sided = volume is None or volume.placement != "picture"
        self.measured = volume is None or volume.lengths == "patient"

    def set_caption(self, lines: Sequence[str], aside: Sequence[str] = ()) -> None:
        """Write whose image this is into the upper left corner; what it is of into the right one."""
        self.caption, self.aside = tuple(lines), tuple(aside)
        self._changed()

    def set_view_name(self, name: str) -> None:
        """Call the image's own planes so, "short axis", where they are no patient plane."""
        if name != self.view_name:
            self.view_name = name
            self._changed()

    def plane_title(self, sheet: SliceSheet) -> str:
        """Return the plane's whole name: "axial", "oblique, 34° from axial", "short axis, 34° from axial"."""
        title = sheet.frame.title if self.sided else "picture"
        own = sheet.frame.on_grid and sheet.frame.axes[2] == 2
        return title.replace("oblique", self.view_name) if self.view_name and own else title

    def set_brief(self, line: str) -> None:
        """Write this in a view that is too small for the caption: what two images beside differ in."""
        self.brief = line
        self._changed()

    def set_over(self, lines: Sequence[str]) -> None:
        """Write what is laid over the image; from the second line on as a warning."""
        self.over = tuple(lines)
        self._changed()

    def set_stamp(self, text: str) -> None:
        """Hatch the view and write why ("stale: made from an older segmentation"); empty to end it."""
        self.stamp = text
        self._changed()

    def set_marks(
        self,
        outlines: Sequence[Outline] = (),
        points: Sequence[PointMark] = (),
        contours: Sequence[Contour] = (),
    ) -> None:
        """Draw the cuts of surfaces, points, and contours that lie in a slice."""
        self._outlines, self._points, self._cuts = tuple(outlines), tuple(points), None
        self._contours = tuple(contours)
        self._changed()

    def take_theme(self, look: Look) -> None:
        """Keep the light texts, since the image stays on black; take the accents."""
        self.look = Look(ground=IMAGE_GROUND, accent=look.accent)
        self._changed()

    def paint_ground(self, painter: QPainter, box: QRectF) -> None:
        """Fill with the image's black."""
        painter.fillRect(box, QColor(IMAGE_GROUND))

    def paint_empty(self, painter: QPainter, box: QRectF) -> None:
        """Say what would be here, or what is being read."""
        inner = box.adjusted(10, 8, -10, -8)
        name = self.plane
        paint.lines_at(painter, inner, Qt.AlignmentFlag.AlignLeft, [(name, PLANE_COLORS[name])])
        text = self.caption[0] if self.caption else "No images yet"
        paint.text_at(painter, inner, Qt.AlignmentFlag.AlignCenter, text, self.look.quiet)

    def paint_border(self, painter: QPainter, box: QRectF, focused: bool) -> None:
        """Paint the frame in the plane's color."""
        paint.border(painter, box, PLANE_COLORS[self.plane], focused)

    def paint_marks(self, painter: QPainter, sheet: SliceSheet, depth: float) -> None:
        """Paint where surfaces cut the slice, the contours in it, and the points in or near it."""
        if self._cuts is None or self._cuts[0] is not sheet.frame:
            self._cuts = (sheet.frame, [OutlineCut(o, sheet.frame) for o in self._outlines])
        cuts, points = self._cuts[1], self._points
        if not cuts and not points and not self._contours:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        transform = sheet.transform()
        for cut in cuts:
            pen = QPen(QColor(cut.outline.color), 1.6)
            pen.setCosmetic(True)
            painter.setPen(pen)
            ends = cut.segments(depth).reshape(-1, 4)
            painter.drawLines([transform.map(QLineF(*end)) for end in ends.tolist()])
        for contour in self._contours:
            pen = QPen(QColor(contour.color), 1.3, Qt.PenStyle.DotLine)
            pen.setCosmetic(True)
            painter.setPen(pen)
            line = contour.within(sheet.frame, depth).tolist()
            painter.drawPolyline([transform.map(QPointF(*at)) for at in line])
        for point in points:
            column, row, beyond = sheet.frame.place(np.asarray(point.lps, np.float64))
            away_mm = abs(beyond - depth) * sheet.frame.step_mm
            at = sheet.to_screen(column, row)
            if point.radius_mm > away_mm:
                radius = float(np.sqrt(point.radius_mm**2 - away_mm**2)) * sheet.pixels_per_mm
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(QColor(point.color), 1.4))
                painter.drawEllipse(at, radius, radius)
            if away_mm <= max(sheet.frame.step_mm, 1.0):
                paint.cross(painter, at, point.color)
                box = QRectF(at.x() + 10, at.y() - 12, 260, 24)
                align = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
                paint.text_at(painter, box, align, point.name, point.color)

    def paint_texts(
        self,
        painter: QPainter,
        box: QRectF,
        sheet: SliceSheet,
        depth: float,
        words: tuple[str, str],
        focused: bool | None,
    ) -> None:
        """Paint letters, caption, position, scale and ``words`` on window, and on thickness.

        The border too, unless ``focused`` is None.
        """
        look, frame = self.look, sheet.frame
        if self.stamp:
            paint.hatch(painter, box, look)
        inner = box.adjusted(10, 8, -10, -8)
        self._paint_still(painter, box, inner, sheet, words, focused)
        count = f"{round(depth) + 1} / {frame.counts[2]}" if frame.on_grid else ""
        flag = "★ key image" if self.flagged(frame, depth) else ""
        said = [frame.position_text(depth), count, self.moment, flag]
        lengths = (inner.width(), painter.font().key(), *map(len, said))  # figures are all of one width
        if lengths != self._fits[0]:
            self._fits = lengths, _fitting(painter, inner, said)
        place = "   ".join(filter(None, said[: self._fits[1]]))
        lines = [(place, look.text), ("", ""), ("", "")]
        self._paint_low(painter, inner, inner.adjusted(0, 0, 0, -self._raised), lines)

    @staticmethod
    def _paint_low(painter: QPainter, inner: QRectF, room: QRectF, lines: Sequence[tuple[str, str]]) -> None:
        """Paint lines of (text, color) into the lower left corner of ``room``."""
        corner = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom
        painter.save()
        painter.setFont(paint.font_of(painter, _share(inner)))
        paint.lines_at(painter, room, corner, lines)
        painter.restore()

    def _paint_still(
        self,
        painter: QPainter,
        box: QRectF,
        inner: QRectF,
        sheet: SliceSheet,
        words: tuple[str, str],
        focused: bool | None,
    ) -> None:
        """Paint what scrolling does not change; the words on the window apart, since a drag changes these."""
        font, letters = painter.font().key(), tuple(sheet.frame.edge_letters.values())
        # The scale without what rounding leaves of it from one turn of the planes to the next.
        place = (box.width(), box.height(), round(float(sheet.pixels_per_mm), 9), letters, font, self.look)
        said = (self.caption, self.brief, self.aside, self.over, self.bar, self.stamp)
        shown = (said, self.reference_patient, self.sided, self.measured, focused)

        def draw(aside: QPainter) -> None:
            self._paint_words(aside, inner, sheet)
            if focused is not None:
                self.paint_border(aside, box, focused)

        self._still.paint(painter, box, (place, shown), draw)
        paint.caption_at(painter, inner, self._title(painter, inner, sheet), self._top_letters(sheet))
        key = (place, words, self.sided)
        if key != self._measured_for:
            tint = self.look.quiet if is_small(inner) else self.look.text
            thick = _thickness(painter, inner, words[1])
            self._lines = [("", ""), (words[0], tint), (thick, self.look.quiet)]
            self._measured_for, self._raised = key, self._rise(painter, inner, sheet, self._lines)
        low = self._lines
        height = 3.5 * QFontMetricsF(painter.font()).lineSpacing() + self._raised
        corner = QRectF(
            box.left(), box.bottom() - height, box.width() * (0.75 if self._raised else 0.5), height
        )

        # Beside the letters of the lower edge; above them, and beside the scale, where that is too narrow.
        room = inner.adjusted(0, 0, -(1 - _LOW) * inner.width() - 8.0 if self._raised else 0, -self._raised)
        self._low.paint(painter, corner, key, lambda p: self._paint_low(p, inner, room, low))

    def _rise(
        self, painter: QPainter, inner: QRectF, sheet: SliceSheet, lines: Sequence[tuple[str, str]]
    ) -> float:
        """Return by how much the low lines must rise to stand above the letters of the lower edge, px."""
        letters = sheet.frame.edge_letters["bottom"] if self.sided else ""
        room = (inner.width() - paint.letters_width(painter, letters)) / 2 - 4.0
        metrics = QFontMetricsF(paint.font_of(painter, _share(inner)))
        cut = any(metrics.horizontalAdvance(text) > room for text, _color in lines)
        return 1.4 * QFontMetricsF(painter.font()).lineSpacing() if cut else 0.0

    def _title(self, painter: QPainter, inner: QRectF, sheet: SliceSheet) -> list[tuple[str, str]]:
        """Return the name of the plane, whose angle changes with every step of a turn, as a line.

        In a narrow view a turned plane is named by its angle alone, "oblique, 34°", or "oblique": never by a
        patient plane that it is not. The image's own planes bear what name is known of them, "short axis".
        """
        title = self.plane_title(sheet)
        shorter: tuple[str, ...] = (title,)
        if title.startswith("oblique"):
            shorter = (title, title.removesuffix(f" from {self.plane}"), "oblique")
        elif self.view_name and title.startswith(self.view_name):
            shorter = (title, self.view_name)
        room = (inner.width() - paint.letters_width(painter, self._top_letters(sheet))) / 2 - 6.0
        fits = QFontMetricsF(painter.font()).horizontalAdvance
        title = next((text for text in shorter if fits(text) <= room), shorter[-1])
        return [(title, PLANE_COLORS[self.plane])]

    def _top_letters(self, sheet: SliceSheet) -> str:
        return sheet.frame.edge_letters["top"] if self.sided else ""

    def _paint_words(self, painter: QPainter, inner: QRectF, sheet: SliceSheet) -> None:
        """Paint letters, caption, scale and warnings."""
        look = self.look
        if self.sided:
            paint.edge_letters(painter, inner, sheet.frame.edge_letters, look)
        # In a small view the window's own bar and the 3-D view beside say whose it is.
        caption = tuple(filter(None, [self.brief])) if is_small(inner) else self.caption
        heading = [("", ""), *((line, look.text) for line in caption)]  # under the title
        said = (paint.REFERENCE_PATIENT if self.reference_patient else "", self.stamp, *self.over[1:])
        warned = [text for text in said if text]
        aside = [(line, look.quiet) for line in (() if is_small(inner) else self.aside)]
        aside += [(line, look.text) for line in self.over[:1]]
        top = self._top_letters(sheet)
        paint.caption_at(painter, inner, heading, top, [*warned, *(line for line, _color in aside)])
        right = inner.adjusted((inner.width() + paint.letters_width(painter, top)) / 2 + 6.0, 0, 0, 0)
        paint.lines_at(painter, right, Qt.AlignmentFlag.AlignRight, aside)
        if self.measured:
            paint.scale_bar(painter, inner, 1.0 / sheet.pixels_per_mm, look)
        if self.bar is not None:
            paint.color_bar(painter, inner, self.bar, look)
        # A warning that would reach the names on the left begins below them.
        wide = max(paint.warning_widths(painter, warned), default=0.0) > inner.width() / 2
        lines = max(len(aside), len(heading) if wide and len(aside) else 0)
        below = lines * QFontMetricsF(painter.font()).lineSpacing()
        paint.warnings(painter, inner.adjusted(0, below, 0, 0), warned)
