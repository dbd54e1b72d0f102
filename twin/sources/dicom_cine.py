"""A beating heart taken slice by slice: series of one slice each, joined to one volume in time."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from twin.sources.dicom_frames import Frame
from twin.sources.series import Series
from twin.sources.stack import same_plane

LEAST_SLICES = 3


def join(
    series: Sequence[Series], made: Callable[[Sequence[Series], list[Frame]], Series | None]
) -> list[Series]:
    """Put cine series of single, parallel slices of one study in the place of the first of them.

    Phases are matched by their fraction of the heart's cycle, since its length differs by series. Slices
    whose phases lie elsewhere, or that make no straight, even stack, stay planes on their own.

    Parameters
    ----------
    made : callable (series, frames)
        Makes one series of several; None where they make no even volume.
    """
    groups: list[list[Series]] = []
    for s in series:
        if not _is_cine_plane(s):
            continue
        for group in groups:
            if _fit(group[0], s):
                group.append(s)
                break
        else:
            groups.append([s])
    out = list(series)
    for group in groups:
        if len(group) < LEAST_SLICES:
            continue
        whole = made(group, [f for s in group for f in s.detail.frames])
        if whole is not None:
            out[next(n for n, s in enumerate(out) if s is group[0])] = whole
            out = [s for s in out if not any(s is g for g in group)]
    return out


def _is_cine_plane(s: Series) -> bool:
    single = s.kind == "volume" and len(s.size) == 4 and s.size[2] == 1
    return single and bool(np.isfinite(phases(s.detail.frames)).all())


def phases(frames: Sequence[Frame]) -> NDArray[np.float64]:
    """Return each frame's fraction of the heart's cycle; NaN where its file does not say."""
    cycle = np.array([f.cycle_ms for f in frames])
    return np.array([f.trigger_ms for f in frames]) / np.where(cycle > 0, cycle, np.nan)


def _fit(first: Series, other: Series) -> bool:
    """Tell whether two series are slices of one thing: study, space, size, direction and phases agree."""
    a, b = first.detail.frames, other.detail.frames
    one, two = a[0], b[0]
    if first.identity.study_uid != other.identity.study_uid or first.modality != other.modality:
        return False
    if first.detail.space != other.detail.space or one.image_type[2:3] != two.image_type[2:3]:
        return False
    if len(a) != len(b) or one.size != two.size or one.position == two.position:
        return False
    extent_mm = max(one.size) * max(one.spacing)
    if not np.allclose(one.spacing, two.spacing, atol=1e-4):
        return False
    if not same_plane(np.array([two.orientation]), np.array(one.orientation), extent_mm).all():
        return False
    apart = np.sort(phases(a)) - np.sort(phases(b))
    return bool(np.abs(apart).max() < 0.5 / len(a))
