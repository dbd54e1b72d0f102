"""Whether two images are of one patient."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from twin import patient
from twin.domain import Identity, Volume
from twin.errors import SourceError
from twin.sources.grid import labels_in
from twin.sources.series import Series

_MOST_LISTED = 6


def one_patient(series: Sequence[Series]) -> None:
    """Check that all series which name their patient name the same one.

    Raises
    ------
    SourceError
        With the list of patients.
    """
    patients: list[tuple[Identity, list[Series]]] = []
    for s in (s for s in series if s.identity.named):
        for n, (identity, theirs) in enumerate(patients):
            if not patient.contradict(identity, s.identity):
                patients[n] = (patient.joined(identity, s.identity), [*theirs, s])
                break
        else:
            patients.append((s.identity, [s]))
    if len(patients) > 1:
        listed = "; ".join(
            f"{patient.words(identity)} ({len(theirs)} series in {theirs[0].files[0].parent})"
            for identity, theirs in patients
        )
        raise SourceError(
            f"These images are of {len(patients)} patients: {listed}.",
            "A record holds one patient: import one of them, or name a series.",
        )


class Company:
    """Sees to it that images which nobody vouches for are of one person, one after the other.

    Images that name their patient are compared by ``one_patient``. One that names none is believed to be
    of the same person only where it shares a study, a Frame of Reference or a grid with the others, as a
    CT's labels do. Labels on another grid are no image of their own and pass.

    Parameters
    ----------
    series : sequence of Series
        All that is to be read, for the list in the message.
    named : set of Path
        Files that were named one by one: who does so vouches for them.
    """

    def __init__(self, series: Sequence[Series], named: set[Path]) -> None:
        self._series = [s for s in series if s.kind in ("volume", "planes") and s.files[0] not in named]
        self._known: list[Volume] = []

    def join(self, series: Series, volume: Volume) -> None:
        """Take an image in.

        Raises
        ------
        SourceError
            Nothing says that it is of the person whose images were taken in before; with the list.
        """
        if series not in self._series:
            return
        stranger = self._known and not any(_together(volume, other) for other in self._known)
        if stranger and (volume.slope, volume.intercept) == (1.0, 0.0) and labels_in(volume.voxels):
            return
        if stranger:
            listed = [
                str(s.files[0]) if len(s.files) == 1 else f"{s.label} in {s.files[0].parent}"
                for s in self._series[:_MOST_LISTED]
            ]
            more = len(self._series) - len(listed)
            raise SourceError(
                "These images lie on different grids and do not all name their patient, so nothing says that "
                f"they are of one person: {'; '.join(listed)}{f'; and {more} more' if more > 0 else ''}.",
                "A record holds one patient: name the files of one, one by one, or say --series all where all"
                " are of one.",
            )
        self._known.append(volume)


def _together(a: Volume, b: Volume) -> bool:
    """Tell whether two images say that they are of one person, by name, study, space or grid."""
    who, other = a.identity, b.identity
    if who.named and other.named:
        return True  # that they name the same one is seen to before anything is read
    shared = ((who.study_uid, other.study_uid), (a.frame_of_reference, b.frame_of_reference))
    if any(x and x == y for x, y in shared):
        return True
    half = max(*a.spacing_mm, *b.spacing_mm) / 2
    return bool(np.abs(_box(a) - _box(b)).max() < half)


def _box(volume: Volume) -> NDArray[np.float64]:
    """Return the least and the largest LPS coordinates, mm, of voxel centers, shape (2, 3).

    Of the same grid they are the same, in whatever order its axes are stored.
    """
    ends = np.array([n - 1.0 for n in volume.shape[::-1]])
    corners = np.array([[i, j, k] for i in (0, 1) for j in (0, 1) for k in (0, 1)]) * ends
    places = corners @ volume.affine[:3, :3].T + volume.affine[:3, 3]
    return np.stack([places.min(axis=0), places.max(axis=0)])
