"""What a look into files finds: series, each with whose it is, how big, and whether it is a volume."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from twin.domain import Identity, Volume
from twin.errors import SourceError
from twin.progress import Progress


@dataclass(frozen=True)
class Series:
    """One thing that can be imported: a DICOM series, a NIfTI file, a surface file.

    Attributes
    ----------
    uid : str
        DICOM Series Instance UID; the file's path for formats that have none.
    kind : str
        What it becomes: ``volume``, ``labelmap``, ``surface``, or ``planes``: several volumes of one
        slice, each in its own place.
    count : int
        Images (DICOM files or frames) in it; 1 for other formats.
    size : tuple of int
        Voxels along (i, j, k), then time where there is more than one; empty where it is no volume.
    spacing_mm : tuple of float
        Along (i, j, k).
    is_volume : bool
        True where it can be read as it is (labelmaps and surfaces too); ``why_not`` says why not.
    gaps : int
        Missing slices; it can then be read only with ``accept_gaps``.
    asks : tuple of str
        Which of ``Choices`` the file is silent about; once they are given it can be read.
    drawn_on : (str, str)
        Series and Frame of Reference UID of the images that contours were drawn on: they can be
        read only beside these.
    format : str
        Name of the format's module in ``twin.sources``.
    notes : tuple of str
        What reading it does to the data, in words, as it will stand on what is read.
    aside : bool
        True for what only serves to plan or to show (localizers, screen captures): it comes in where it is
        named, or where there is nothing else.
    joined : tuple of Series
        The series of the scanner that this one is made from, where they are several.
    detail : object
        What that module needs to read it.
    """

    uid: str
    format: str
    files: tuple[Path, ...]
    kind: str = "volume"
    number: int | None = None
    description: str = ""
    modality: str = ""
    identity: Identity = field(default_factory=Identity)
    count: int = 1
    size: tuple[int, ...] = ()
    spacing_mm: tuple[float, ...] = ()
    is_volume: bool = True
    why_not: str = ""
    gaps: int = 0
    notes: tuple[str, ...] = ()
    aside: bool = False
    joined: tuple["Series", ...] = ()
    asks: tuple[str, ...] = ()
    drawn_on: tuple[str, str] = ("", "")
    detail: Any = field(default=None, repr=False, compare=False)

    def answers_to(self, name: str) -> bool:
        """Tell whether it, or one that it is made from, has this UID or number."""
        own = name in (self.uid, self.uid.partition("/")[0], str(self.number))
        return own or any(s.answers_to(name) for s in self.joined)

    @property
    def label(self) -> str:
        """The series in a few words, for lists and messages."""
        words = [f"series {self.number}" if self.number is not None else "", self.description]
        words = [w for w in words if w] or [self.files[0].name if self.files else self.uid]
        return " ".join([*words, f"({self.modality})"] if self.modality else words)


@dataclass(frozen=True)
class Choices:
    """What a file may be silent about and its owner can say.

    Attributes
    ----------
    accept_gaps : bool
        Fill missing slices by interpolation instead of refusing the series.
    modality : str
        DICOM modality of images whose format does not hold one.
    kind : str
        ``auto``, ``volume`` or ``labelmap``.
    units, space : str
        ``mm``, ``cm``, ``m`` and ``LPS``, ``RAS`` for surfaces whose format does not hold them.
    image : Volume or None
        What contours were drawn on.
    """

    accept_gaps: bool = False
    modality: str = ""
    kind: str = "auto"
    units: str = ""
    space: str = ""
    image: Volume | None = None


@dataclass(frozen=True)
class Found:
    """Result of a look: the series, and what is wrong, in words.

    ``broken`` are images that cannot be read, each with its fault: a series beside them may lack them.
    """

    series: tuple[Series, ...] = ()
    problems: tuple[str, ...] = ()
    broken: tuple[tuple[Path, str], ...] = ()

    def __add__(self, other: Self) -> Self:
        return replace(
            self,
            series=self.series + other.series,
            problems=self.problems + other.problems,
            broken=self.broken + other.broken,
        )

    @property
    def count(self) -> int:
        """How many series a scanner made of what was found."""
        found = [part for s in self.series for part in (s.joined or (s,))]
        return len({s.uid.partition("/")[0] if s.format == "dicom" else s.uid for s in found})

    @property
    def volumes(self) -> tuple[Series, ...]:
        """The series that can be read as they are."""
        return tuple(s for s in self.series if s.is_volume)


Scan = Callable[[Sequence[Path], Progress], Found]


def file_by_file(look: Callable[[Path], Series | Sequence[Series]]) -> Scan:
    """Return the ``scan`` of a format in which each file stands for itself.

    ``look`` reads a file's header; what it cannot read is named in the problems.
    """

    def scan(files: Sequence[Path], progress: Progress) -> Found:
        series: list[Series] = []
        problems = []
        for n, path in enumerate(files):
            progress(n / len(files), f"looking into {path.name}")
            try:
                found = look(path)
            except SourceError as e:
                problems.append(str(e))
            except OSError as e:
                problems.append(f"{path} cannot be read: {e.strerror or e}.")
            else:
                series += [found] if isinstance(found, Series) else found
        return Found(tuple(series), tuple(problems))

    return scan
