"""Readers of outside formats: look into files, list what is there, read what was chosen.

Each format is one module with ``scan(files, progress) -> Found`` and
``read(series, choices, progress)``; the table in ``twin.sources.formats`` says which file goes where.
"""

from collections.abc import Sequence
from pathlib import Path

from twin.domain import LabelMap, Surface, TetMesh, Volume
from twin.progress import Progress
from twin.sources.series import Choices, Found, Series


def scan(paths: Sequence[Path], progress: Progress | None = None) -> Found:
    """Look into files and folders (nested, in any order) and list the series in them.

    Only headers are read. Files that are none of ours are passed over in a folder and named
    in ``problems`` where they were given by name; broken files of ours are always named.
    """
    from twin.sources import formats

    return formats.scan(paths, progress or Progress())


def read(
    series: Series,
    *,
    accept_gaps: bool = False,
    modality: str = "",
    kind: str = "auto",
    units: str = "",
    space: str = "",
    image: Volume | None = None,
    progress: Progress | None = None,
) -> Volume | LabelMap | Surface | TetMesh | tuple[Volume, ...]:
    """Read one series; the words it takes are those of ``Choices``.

    A series of kind ``planes`` gives several volumes of one slice; any other gives one entity.

    Raises
    ------
    SourceError
        Names the file and the fault.
    """
    from twin.sources import formats

    choices = Choices(accept_gaps, modality, kind, units, space, image)
    return formats.read(series, choices, progress or Progress())


__all__ = ["Choices", "Found", "Series", "read", "scan"]
