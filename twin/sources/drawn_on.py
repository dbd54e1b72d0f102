"""Which image of a record contours were drawn on."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from twin.errors import SourceError, UserError
from twin.progress import Progress
from twin.sources import formats
from twin.sources.rtstruct import fits
from twin.sources.series import Series


class _Entry(Protocol):
    """What is asked of a record's entry."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def tree(self) -> dict: ...


def contours_only(paths: Sequence[Path]) -> Series | None:
    """Return the structure set where nothing but one was given: it needs an image of the record.

    Raises
    ------
    UserError
        There are several.
    """
    if not all(path.is_file() and _is_contours(path) for path in paths):
        return None
    found = formats.scan(paths, Progress()).series
    if len(found) > 1:
        raise UserError("These are several structure sets.", "Import them one by one.")
    return found[0] if found else None


def _is_contours(path: Path) -> bool:
    try:
        form = formats.format_of(path)
    except OSError:
        return False
    return form is not None and form.name == "rtstruct"


def image_for(series: Series, entries: Sequence[_Entry]) -> str:
    """Return the id of the volume that contours were drawn on, by series, else by frame of reference.

    Raises
    ------
    SourceError
        It is not in the record, or there are several.
    """
    fitting = [
        e
        for e in entries
        if e.kind == "volume"
        and fits(
            series, e.tree.get("identity", {}).get("series_uid", ""), e.tree.get("frame_of_reference", "")
        )
    ]
    if len(fitting) == 1:
        return fitting[0].id
    where = series.files[0]
    if fitting:
        names = ", ".join(f"{e.id} “{e.name}”" for e in fitting)
        raise SourceError(
            f"{where} was drawn in the space of several images here: {names}.",
            "Say on which: vitruvian run RECORD import.contours --input image=ID --set paths=FILE.",
        )
    raise SourceError(
        f"{where}: {series.why_not}, and they are not in the record.",
        "Import them first, then this file; or both at once.",
    )
