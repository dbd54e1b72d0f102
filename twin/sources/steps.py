"""The step that brings images, labelmaps and surfaces into a record."""

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from twin.deidentify.made import without_identity
from twin.domain import Entity, Volume, kind_of
from twin.errors import SourceError
from twin.params import param
from twin.progress import Progress
from twin.sources import read, rtstruct, scan
from twin.sources.patients import Company, one_patient
from twin.sources.series import Choices, Found, Series
from twin.steps import Made, step


@dataclass(frozen=True)
class ImportParams:
    """What to import, and what its files are silent about."""

    paths: tuple[str, ...] = param(help="Files and folders to look into.", title="Files and folders")
    series: str = param(
        "", help="Which series: its UID or number, “all”, or nothing for all but localizers and captures."
    )
    accept_gaps: bool = param(False, help="Fill missing slices by interpolation instead of refusing them.")
    modality: str = param(
        "",
        help="What made the image, where its file does not say (NIfTI, NRRD, MetaImage).",
        choices=("", "CT", "MR", "PT", "US", "NM", "CR", "DX", "OT"),
    )
    kind: str = param(
        "auto",
        help="Read NIfTI, NRRD or MetaImage as a volume or as labels.",
        choices=("auto", "volume", "labelmap"),
        title="As",
    )
    units: str = param(
        "", help="Unit of length of a surface or mesh whose file is silent.", choices=("", "mm", "cm", "m")
    )
    space: str = param("", help="Axes of a file that is silent about them.", choices=("", "LPS", "RAS"))
    deidentify: bool = param(
        False, help="Keep nothing that names the patient: a pseudonym, other UIDs, dates moved by a secret."
    )


@step("import.images", version=3, title="Import images", makes=("volume", "labelmap", "surface", "mesh"))
def import_images(params: ImportParams, progress: Progress) -> Made:
    """Bring images, labelmaps and surfaces of one patient into the record."""
    found = scan([Path(p) for p in params.paths], progress.between(0.0, 0.2))
    chosen = choose(found, params)
    one_patient(chosen)
    company = Company(() if params.series else chosen, {Path(p) for p in params.paths})
    outputs: dict[str, Entity] = {}
    names: dict[str, str] = {}
    listed = []
    # Contours last: what they were drawn on is among the images read before.
    for n, series in enumerate(sorted(chosen, key=lambda s: any(s.drawn_on))):
        part = progress.between(0.2 + 0.8 * n / len(chosen), 0.2 + 0.8 * (n + 1) / len(chosen))
        read_here = read(
            series, accept_gaps=params.accept_gaps, modality=params.modality, kind=params.kind,
            units=params.units, space=params.space, image=_image_of(series, outputs), progress=part,
        )  # fmt: skip
        entities = read_here if isinstance(read_here, tuple) else (read_here,)
        name = series.description or series.label
        for m, entity in enumerate(entities):
            kind = kind_of(entity)
            same = sum(1 for role in outputs if role.split(" ")[0] == kind)
            role = f"{kind} {same + 1}" if same else kind
            outputs[role] = entity
            if isinstance(entity, Volume):
                company.join(series, entity)
            names[role] = f"{name} {m + 1} of {len(entities)}" if len(entities) > 1 else name
        said = tuple(dict.fromkeys(note for e in entities for note in e.notes))
        size = " × ".join(map(str, series.size))
        modality = next((e.modality for e in entities if isinstance(e, Volume)), series.modality)
        listed.append({"name": name, "modality": modality, "size": size, "notes": said})
    left = [_left_out(s) for s in found.series if s not in chosen]
    summary = {
        "series_found": found.count, "series": listed, "left_out": left, "problems": list(found.problems),
    }  # fmt: skip
    made = Made(outputs, summary, names)
    return without_identity(made, params) if params.deidentify else made


ASIDE = "it only serves to plan or to show; name it to bring it in"


def _left_out(series: Series) -> str:
    """Return which series was left out, where it lies, why, and what to try."""
    folder = os.path.commonpath([file.parent for file in series.files])
    where = series.files[0] if len(series.files) == 1 else folder
    return f"{series.label} in {where}: {series.why_not or ASIDE}. {_hint((series,))}".rstrip()


def _image_of(series: Series, outputs: dict[str, Entity]) -> Volume | None:
    images = [v for v in outputs.values() if isinstance(v, Volume)]
    return next((v for v in images if any(series.drawn_on) and _is_under(series, v)), None)


def _is_under(series: Series, image: Volume) -> bool:
    return rtstruct.fits(series, image.identity.series_uid, image.frame_of_reference)


@dataclass(frozen=True)
class ContourParams:
    """Which structure set to import."""

    paths: tuple[str, ...] = param(
        help="The file, or a folder that holds it.", title="Files and folders", patient_specific=True
    )
    series: str = param("", help="Which structure set, where there are several: its UID or number.")


@step("import.contours", version=1, title="Import contours", makes=("labelmap",))
def import_contours(image: Volume, params: ContourParams, progress: Progress) -> Made:
    """Bring an RT Structure Set into the record, on the grid of an image that is there already."""
    found = scan([Path(p) for p in params.paths], progress.between(0.0, 0.2))
    sets = [s for s in found.series if any(s.drawn_on) and params.series in ("", s.uid, str(s.number))]
    if not sets:
        raise SourceError(" ".join(found.problems[:5]) or "There is no structure set here.")
    fitting = [s for s in sets if _is_under(s, image)] or sets
    if len(fitting) > 1:
        raise SourceError(f"There are several structure sets: {_list(fitting)}", "Name one by its UID.")
    (series,) = fitting
    one_patient([series, replace(series, identity=image.identity)])
    labels = rtstruct.read(series, Choices(image=image), progress.between(0.2, 1.0))
    name = series.description or series.label
    listed = [{"name": name, "modality": series.modality, "notes": labels.notes}]
    return Made(
        {"labelmap": labels}, {"series": listed, "problems": list(found.problems)}, {"labelmap": name}
    )


def choose(found: Found, params: ImportParams) -> tuple[Series, ...]:
    """Pick the series that ``params`` names: a UID, a number, ``all``, or nothing for all that can be read.

    Raises
    ------
    SourceError
        There is none, with the faults found or the list of those there are.
    """
    if not found.series:
        nothing = f"There is nothing in {', '.join(params.paths[:3])} that can be read."
        faults = " ".join(found.problems[:5]) or nothing
        more = len(found.problems) - 5
        raise SourceError(faults + (f" And {more} more." if more > 0 else ""))
    wanted = params.series
    readable = tuple(
        s
        for s in found.series
        if s.is_volume
        or (params.accept_gaps and s.gaps)
        or (s.asks and not unanswered(s, params))
        or (any(s.drawn_on) and any(_under(s, o) for o in found.series if o.is_volume))
    )
    if wanted not in ("", "all"):
        named = tuple(s for s in found.series if s.uid == wanted)
        named = named or tuple(s for s in found.series if s.answers_to(wanted))
        if not named:
            raise SourceError(f"There is no series “{wanted}” here.", "There are: " + _list(found.series))
        return _whole(named, found)
    if wanted == "all" and len(readable) < len(found.series):
        bad = [s for s in found.series if s not in readable]
        raise SourceError(f"Not every series can be read: {_list(bad)}", "Name one with --series.")
    _whole(found.series, found)
    if not readable:
        raise SourceError(f"Nothing here can be read as it is: {_list(found.series)}", _hint(found.series))
    if not wanted:
        readable = tuple(s for s in readable if not s.aside) or readable
    return readable


def _under(contours: Series, images: Series) -> bool:
    """Tell whether contours were drawn on these images, as far as their headers say."""
    uid, _frame = contours.drawn_on
    return images.kind == "volume" and (not uid or uid == images.identity.series_uid)


def unanswered(series: Series, params: Any) -> tuple[str, ...]:
    """Return what the series' file is silent about and ``params`` (or ``Choices``) do not say either."""
    return tuple(name for name in series.asks if not getattr(params, name))


def _whole(series: tuple[Series, ...], found: Found) -> tuple[Series, ...]:
    """Return the series; ``SourceError`` where images beside their own cannot be read: they may lack them."""
    folders = {path.parent for s in series for path in s.files}
    faults = [message for path, message in found.broken if path.parent in folders]
    if faults:
        more = f" And {len(faults) - 3} more." if len(faults) > 3 else ""
        raise SourceError(
            " ".join(faults[:3]) + more + " Without it the series may be incomplete.",
            "Fetch it again, or move it away if it does not belong to the series.",
        )
    return series


def _list(series: tuple[Series, ...] | list[Series]) -> str:
    return "; ".join(f"{s.label}" + (f": {s.why_not}" if s.why_not else "") for s in series) + "."


def _hint(series: tuple[Series, ...]) -> str:
    if any(s.gaps for s in series):
        return (
            "Fetch the missing images, or accept the gaps (--accept-gaps): they are filled by interpolation."
        )
    asked = dict.fromkeys(name for s in series for name in s.asks)
    if asked:
        values = {"units": "mm", "space": "LPS"}
        return "Say it: " + " ".join(f"--set {name}={values[name]}" for name in asked) + " (or another)."
    return ""
