"""Which image of a record contours or measurements were drawn on."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from twin.errors import SourceError, UserError
from twin.progress import Progress
from twin.sources import formats, rtstruct
from twin.sources.dicom_sr import read_about
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
        and rtstruct.fits(
            series, e.tree.get("identity", {}).get("series_uid", ""), e.tree.get("frame_of_reference", "")
        )
    ]
    run = "import.contours --input image=ID"
    return _only(fitting, series.files[0], f"{series.why_not}, and they are not in the record", run)


def image_of_reports(paths: Sequence[Path], entries: Sequence[_Entry]) -> str:
    """Return the id of the volume that reports' measurements were drawn on, by its slices, else its space.

    Raises
    ------
    SourceError
        It is not in the record, there are several, or a report cannot be read.
    """
    fitting = [e for e in entries if e.kind == "volume"]
    for path in paths:
        about = read_about(path)
        fits = [
            about.fit(
                e.tree.get("identity", {}).get("study_uid", ""),
                e.tree.get("image_uids", ()),
                e.tree.get("frame_of_reference", ""),
            )
            for e in fitting
        ]
        best = max(fits, default=0)
        fitting = [e for e, fit in zip(fitting, fits, strict=True) if fit == best > 0]
    why = "its measurements were drawn on an image that is not in the record"
    return _only(fitting, paths[0], why, "import.measurements --input volume=ID")


def not_alone(what: str) -> UserError:
    """Return what is said where contours or measurements are to be de-identified without their image."""
    return UserError(
        f"{what} cannot be de-identified on their own: they belong to an image.",
        "Import them into the image's record, and de-identify that.",
    )


def _only(fitting: Sequence[_Entry], where: Path, why_none: str, run: str) -> str:
    if len(fitting) == 1:
        return fitting[0].id
    if fitting:
        names = ", ".join(f"{e.id} “{e.name}”" for e in fitting)
        raise SourceError(
            f"{where} was drawn in the space of several images here: {names}.",
            f"Say on which: vitruvian run RECORD {run} --set paths=FILE.",
        )
    raise SourceError(f"{where}: {why_none}.", "Import that image first, then this file.")
