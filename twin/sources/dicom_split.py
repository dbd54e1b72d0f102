"""What a scanner kept in one series although it is several: other planes, sizes, echoes, kinds of picture."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from twin.sources.dicom_frames import Frame
from twin.sources.stack import same_plane


@dataclass(frozen=True)
class Part:
    """Frames that belong together; ``words`` and ``mixed`` say what tells them from the others.

    ``planes`` is true where they lie in several orientations, in one place of each.
    """

    frames: tuple[Frame, ...]
    words: tuple[str, ...] = ()
    mixed: tuple[str, ...] = ()
    planes: bool = False

    def of(self, frames: Sequence[Frame], words: str, mixed: str) -> "Part":
        """Return some of these frames, told apart by one thing more."""
        return Part(tuple(frames), (*self.words, words), (*self.mixed, mixed), self.planes)

    @property
    def tag(self) -> str:
        """What is added to the series UID; empty for a series that is one."""
        return "".join("/" + w.replace(" ", "").replace("ms", "") for w in self.words)

    @property
    def note(self) -> str:
        """What was done, in words; empty for a series that is one."""
        if not self.words:
            return ""
        return (
            f"Mixed {' and '.join(self.mixed)} in one series: it was split, this is {', '.join(self.words)}."
        )


def split(frames: Sequence[Frame]) -> list[Part]:
    """Split frames that no volume can hold together, and those in one place for another reason than time.

    Orientation, size and color always tell apart. Image type (magnitude, phase, ...), echo, diffusion
    weighting and acquisition number do so only where images lie in one place otherwise. Acquisitions
    that all show the same places, three or more, are moments of one series.
    """
    parts = _by_orientation(Part(tuple(frames)))
    parts = [q for p in parts for q in _apart(p, _form, _size_words, "sizes")]
    parts = [q for p in parts for q in _crowded(p)]
    seen = Counter(p.tag for p in parts)
    for n, p in enumerate(parts):
        if seen[p.tag] > 1:
            same = sum(q.tag == p.tag for q in parts[:n])
            parts[n] = replace(p, words=(*p.words, f"part {same + 1}"))
    return parts


def _form(f: Frame) -> tuple[int, int, bool, tuple[float, ...]]:
    return (*f.size, f.pixels.color, tuple(round(s, 4) for s in f.spacing or ()))


def _size_words(form: tuple[int, int, bool, tuple[float, ...]]) -> str:
    spacing = f" of {'×'.join(f'{s:g}' for s in form[3])} mm" if form[3] else ""
    return f"{form[0]}×{form[1]}{spacing}{' in color' if form[2] else ''}"


def _apart(part: Part, value: Callable[[Frame], Any], named: Callable[[Any], str], mixed: str) -> list[Part]:
    groups: dict[Any, list[Frame]] = {}
    for f in part.frames:
        groups.setdefault(value(f), []).append(f)
    if len(groups) == 1:
        return [part]
    return [part.of(groups[v], named(v), mixed) for v in sorted(groups, key=lambda v: (v is None, v))]


def _by_orientation(part: Part) -> list[Part]:
    """Split by orientation; planes that stand alone in theirs stay together."""
    if any(f.orientation is None for f in part.frames):
        return [part]
    all_of = np.array([f.orientation for f in part.frames], dtype=float)
    extent_mm = max(max(f.size) * max(f.spacing or (1.0,)) for f in part.frames)
    left = np.arange(len(all_of))
    groups = []
    while len(left):
        same = same_plane(all_of[left], all_of[left[0]], extent_mm)
        groups.append(left[same] if same.any() else left[:1])
        left = np.setdiff1d(left, groups[-1])
    if len(groups) == 1:
        return [part]
    alone = [g for g in groups if len({part.frames[n].position for n in g}) == 1]
    stacks = [g for g in groups if not any(g is a for a in alone)]
    made: list[Part] = []
    names: Counter[str] = Counter()
    for g in stacks:
        name = _plane_name(all_of[g[0]])
        names[name] += 1
        count = f" {names[name]}" if names[name] > 1 else ""
        made.append(part.of([part.frames[n] for n in g], name + count, "orientations"))
    if alone:
        rest = [part.frames[n] for n in sorted(n for g in alone for n in g)]
        together = part.of(rest, "planes", "orientations") if made else part
        made.append(replace(together, planes=len(alone) > 1))
    return made


def _plane_name(orientation: np.ndarray) -> str:
    normal = np.abs(np.cross(orientation[:3], orientation[3:]))
    return ("sagittal", "coronal", "axial")[int(np.argmax(normal))] if np.isfinite(normal).all() else "plane"


def _place(part: Part, f: Frame) -> tuple[object, ...]:
    """Return what is the same for images that lie in one place."""
    return tuple(round(x, 2) for x in f.position or ()), f.orientation if part.planes else None


def _crowd(part: Part) -> int:
    """Return how many frames lie in one place at most."""
    return max(Counter(_place(part, f) for f in part.frames).values())


def _known(value: float) -> float | None:
    return None if np.isnan(value) else value


def _crowded(part: Part) -> list[Part]:
    crowd = _crowd(part)
    if crowd == 1 or any(f.position is None for f in part.frames):
        return [part]
    rules: tuple[tuple[Callable[[Frame], Any], Callable[[Any], str], str], ...] = (
        (lambda f: f.image_type[2:], _type_words(part.frames), "image types"),
        (lambda f: _known(f.echo_ms), lambda v: f"echo {v or 0:g} ms", "echoes"),
        (lambda f: _known(f.b_value), lambda v: f"b {v or 0:g}", "diffusion weightings"),
    )
    for rule in rules:
        found = _apart(part, *rule)
        if len(found) > 1 and max(map(_crowd, found)) < crowd:
            return [q for p in found for q in _crowded(p)]
    if _in_time(part):
        return [part]
    found = _apart(part, lambda f: _known(f.acquisition), lambda v: f"acquisition {v or 0:g}", "acquisitions")
    moments = len(found) > 2 and len({frozenset(_place(p, f) for f in p.frames) for p in found}) == 1
    if len(found) > 1 and not moments and max(map(_crowd, found)) < crowd:
        return [q for p in found for q in _crowded(p)]
    return [part]


def _in_time(part: Part) -> bool:
    """Tell whether trigger times or temporal positions tell apart what lies in one place."""
    return any(
        len({(_place(part, f), value(f)) for f in part.frames if not np.isnan(value(f))}) == len(part.frames)
        for value in (lambda f: f.trigger_ms, lambda f: f.temporal)
    )


def _type_words(frames: Sequence[Frame]) -> Callable[[tuple[str, ...]], str]:
    """Return what names an image type by the words that not all types have."""
    shared = set.intersection(*(set(f.image_type[2:]) for f in frames))

    def named(kinds: tuple[str, ...]) -> str:
        own = [k for k in kinds if k not in shared] or ["other"]
        return _COMPONENTS.get(own[0], " ".join(own))

    return named


_COMPONENTS = {
    "M": "magnitude", "P": "phase", "R": "real", "I": "imaginary", "MAGNITUDE": "magnitude", "PHASE": "phase",
}  # fmt: skip
