"""A measurement made of its points: one function a kind, all numbers with their units and limits."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from twin.domain import Measurement, MeasurementKind, Number, Volume
from twin.errors import UserError
from twin.measuring import inside
from twin.measuring.ruler import Points, Ruler, angle_deg, crosses_itself, ellipse_outline, plane_of

POINTS: dict[MeasurementKind, tuple[int, int | None]] = {
    "distance": (2, 2), "angle": (3, 3), "Cobb angle": (4, 4), "ellipse": (4, 4), "polygon": (3, None),
    "ellipsoid": (6, 6), "point": (1, 1), "arrow": (2, 2), "text": (1, 1),
}  # fmt: skip
"""How many points each kind drawn by hand takes, at least and at most."""

HALF_A_VOXEL = "half a voxel at each end"
ALL_ROUND = "half a voxel all round"
_CORNERS_AT_MOST = 3000
_PLANE_OFF = 0.02
"""How far, in parts of its size, the points of an outline may lie off one plane."""


@dataclass(frozen=True, eq=False)
class Drawn:
    """What a hand drew on a volume, checked."""

    kind: MeasurementKind
    points: Points
    normal: Points | None
    volume: Volume
    time: int | None

    @property
    def ruler(self) -> Ruler:
        """The ruler of the volume."""
        return Ruler.of(self.volume)


def measure(
    kind: MeasurementKind,
    volume: Volume,
    points: Points,
    *,
    normal: Points | None = None,
    text: str = "",
    time: int | None = None,
    label: Points | None = None,
) -> Measurement:
    """Return a measurement with its numbers.

    Values are those of the voxels whose centers lie inside, rescaled to the volume's unit. Their standard
    deviation divides by n − 1. Lengths carry ± half a voxel at each end, in the line's own direction; areas
    and volumes half a voxel all round; angles the worst turn that half a voxel at each end allows.

    Parameters
    ----------
    points : ndarray, shape (n, 3)
        LPS mm, as ``Measurement.points`` orders them.
    normal : ndarray, shape (3,), or None
        Normal of the plane it was drawn on; that of the points themselves where it is not given.

    Raises
    ------
    UserError
        Too few or too many points, none where the image lies, an outline that crosses itself or no plane, or
        a moment that the volume does not have.
    """
    drawn = _checked(kind, volume, points, normal, time)
    numbers, notes = _KINDS[kind](drawn) if kind in _KINDS else ((), ())
    made = Measurement(
        kind, drawn.points, drawn.normal, numbers, " ".join(text.split()), drawn.time,
        None if label is None else np.asarray(label, np.float64), volume.modality,
        frame_of_reference=volume.frame_of_reference, identity=volume.identity, notes=notes,
    )  # fmt: skip
    return _on_images(made, volume)


def _checked(
    kind: MeasurementKind, volume: Volume, points: Points, normal: Points | None, time: int | None
) -> Drawn:
    points = np.array(points, np.float64).reshape(-1, 3)
    low, high = POINTS[kind]
    if not low <= len(points) <= (high or _CORNERS_AT_MOST):
        wanted = f"{low}" if low == high else f"{low} to {high or _CORNERS_AT_MOST}"
        raise UserError(f"{_a(kind)} takes {wanted} points, not {len(points)}.", "Three numbers each: x,y,z.")
    if not np.isfinite(points).all():
        raise UserError(f"A point of this {kind} is no place.", "Give numbers in mm: x, y, z (LPS).")
    if not inside.inside_image(volume, points).any():
        raise UserError(
            f"This {kind} lies outside the image.",
            "Points are in patient space (LPS, mm), as the cursor shows.",
        )
    moments = 1 if volume.voxels.ndim == 3 else len(volume.voxels)
    if time is not None and not 0 <= time < moments:
        raise UserError(f"There is no moment {time}: the image has {moments}.", "They are counted from 0.")
    if moments > 1 and time is None and kind in _WITH_VALUES:
        raise UserError(
            f"The image has {moments} moments, and the values of this {kind} are those of one.",
            f"Say which: time, 0 to {moments - 1}.",
        )
    own = plane_of(points) if kind in ("ellipse", "polygon", "angle") else None
    if kind in ("ellipse", "polygon"):
        _check_flat(kind, points, own)
        if own is not None and normal is not None and abs(float(own @ _unit(normal))) < 1 - _PLANE_OFF:
            raise UserError(f"The normal given does not fit the points of this {kind}.", "Leave it out.")
    chosen = own if normal is None else _unit(normal)
    return Drawn(kind, points, chosen, volume, time if moments > 1 else None)


def _check_flat(kind: str, points: Points, normal: Points | None) -> None:
    if normal is None:
        raise UserError(f"The points of this {kind} lie on a line.", "Draw it with some width.")
    away = points - points.mean(axis=0)
    if np.abs(away @ normal).max() > _PLANE_OFF * np.abs(away).max():
        raise UserError(f"The points of this {kind} do not lie in one plane.", "Draw it on one slice.")
    if kind == "polygon" and crosses_itself(inside.Sheet(points, normal).flat(points)):
        raise UserError("This outline crosses itself: it has no area.", "Draw it without a crossing.")
    if kind == "ellipse":
        _check_axes(kind, points)


def _check_axes(kind: str, points: Points) -> None:
    """Refuse axes that do not share their middle, or are not square to each other."""
    pairs = points.reshape(-1, 2, 3)
    halves, middles = (pairs[:, 0] - pairs[:, 1]) / 2, pairs.mean(axis=1)
    lengths = np.linalg.norm(halves, axis=1)
    if (lengths == 0).any():
        raise UserError(f"An axis of this {kind} has no length.", "Draw it with some width.")
    cosines = (halves / lengths[:, None]) @ (halves / lengths[:, None]).T - np.eye(len(halves))
    if np.abs(middles - middles[0]).max() > 0.01 * lengths.max() or np.abs(cosines).max() > 0.01:
        raise UserError(
            f"The axes of this {kind} do not cross squarely in their middle.",
            "Give both ends of one axis, then both ends of the next.",
        )


# -- one function a kind ---------------------------------------------------------------------------

_Found = tuple[tuple[Number, ...], tuple[str, ...]]


def _distance(drawn: Drawn) -> _Found:
    return (_length("length", drawn.points, drawn.ruler),), ()


def _length(name: str, ends: Points, ruler: Ruler) -> Number:
    value, off = ruler.length(ends)
    return _within(name, value, ruler.unit, off, HALF_A_VOXEL, ruler.remark)


def _angle(drawn: Drawn) -> _Found:
    end, vertex, other = drawn.points
    arms = (np.stack([vertex, end]), np.stack([vertex, other]))
    return (_between("angle", arms, drawn, ""),), ()


def _cobb(drawn: Drawn) -> _Found:
    """Measure from one end plate to the other, past 90° too.

    A line has no direction of its own: both are taken from the same side of the spine, which is the one
    way to join their ends that does not cross over, and so the shorter one.
    """
    first, second = drawn.points[:2], drawn.points[2:]
    straight = np.linalg.norm(first - second, axis=1).sum()
    if np.linalg.norm(first - second[::-1], axis=1).sum() < straight:
        second = second[::-1]
    return (_between("Cobb angle", (first, second), drawn, "both lines taken from the same side"),), ()


def _between(name: str, lines: tuple[Points, Points], drawn: Drawn, remark: str) -> Number:
    first, second = (line[1] - line[0] for line in lines)
    value = angle_deg(first, second)
    if np.isnan(value):
        raise UserError(f"A line of this {drawn.kind} has no length.", "Draw it longer.")
    off = sum(drawn.ruler.tilt_deg(line) for line in lines)
    said = [remark, "" if drawn.ruler.calibrated else "as the picture shows it, not in the patient's space"]
    number = _within(name, value, "°", off, HALF_A_VOXEL, "; ".join(w for w in said if w))
    assert number.low is not None
    assert number.high is not None
    bounds = (max(number.low, 0.0), min(number.high, 180.0))
    return replace(number, low=bounds[0], high=bounds[1], causes={HALF_A_VOXEL: bounds})


def _ellipse(drawn: Drawn) -> _Found:
    axes = [_length("axis", drawn.points[n : n + 2], drawn.ruler) for n in (0, 2)]
    axes.sort(key=lambda n: -n.value)
    named = (replace(axes[0], name="long axis"), replace(axes[1], name="short axis"))
    numbers, notes = _region(drawn, ellipse_outline(drawn.points))
    # The outline is a polygon of many corners; the area is the ellipse's own.
    halves = drawn.ruler.measured((drawn.points[::2] - drawn.points[1::2]) / 2)
    exact = np.pi * float(np.linalg.norm(np.cross(halves[0], halves[1])))
    area = numbers[0]
    off = (area.high or area.value) - area.value
    area = _within("area", exact, area.unit, off, ALL_ROUND, area.remark)
    return (area, numbers[1], *named, *numbers[2:]), notes


def _polygon(drawn: Drawn) -> _Found:
    return _region(drawn, drawn.points)


def _region(drawn: Drawn, outline: Points) -> _Found:
    assert drawn.normal is not None
    ruler, volume = drawn.ruler, drawn.volume
    area, around, off = ruler.outline(outline)
    sheet = inside.Sheet(outline, drawn.normal)
    at = inside.voxels_on(volume, sheet)
    share = inside.share_inside(volume, sheet)
    values, notes = _values(drawn, at, share)
    shape = (
        _within("area", area, f"{ruler.unit}²", off, ALL_ROUND, ruler.remark),
        Number("perimeter", around, ruler.unit, remark=ruler.remark),
    )
    return (*shape, *values), notes


def _ellipsoid(drawn: Drawn) -> _Found:
    _check_axes(drawn.kind, drawn.points)
    ruler, volume = drawn.ruler, drawn.volume
    if not ruler.calibrated:
        raise UserError("This image shows no depth: it has no volumes.", "Measure an area.")
    halves = (drawn.points[::2] - drawn.points[1::2]) / 2
    value, off = ruler.volume(halves)
    at, share = inside.voxels_in(volume, drawn.points.mean(axis=0), halves)
    values, notes = _values(drawn, at, share)
    lengths = [_length("axis", drawn.points[n : n + 2], ruler) for n in (0, 2, 4)]
    lengths.sort(key=lambda n: -n.value)
    axes = [replace(n, name=f"axis {m}") for m, n in enumerate(lengths, 1)]
    return (_within("volume", value / 1000, "mL", off / 1000, ALL_ROUND), *axes, *values), notes


def _values(drawn: Drawn, at: inside.Indices, share: float) -> _Found:
    """Return the numbers of the voxels inside, and what is to be said of them."""
    notes = []
    if share < 0.995:
        notes.append(f"{100 * (1 - share):.0f} % of it lies outside the image; the values are of the rest.")
    found = inside.values_of(drawn.volume, at, drawn.time)
    if found is None:
        why = "the image holds colors, no values" if drawn.volume.color else "no voxel's center lies inside"
        return (Number("voxels", float(len(at)), "", remark=why),), tuple(notes)
    if found.made_up:
        notes.append(f"{found.made_up} of {len(at)} voxels lie in a gap of the scan: they were made up.")
    if found.empty:
        notes.append(f"{found.empty} of {len(at)} voxels have no value.")
    unit, of = drawn.volume.unit, f"of {found.count} voxels whose centers lie inside"
    partly = "; part of it lies outside the image" if share < 0.995 else ""
    numbers = [
        Number("mean", found.mean, unit, remark=of + partly),
        Number("minimum", found.low, unit, remark=of + partly),
        Number("maximum", found.high, unit, remark=of + partly),
        Number("voxels", float(found.count), ""),
    ]
    if np.isfinite(found.sd):
        numbers.insert(1, Number("standard deviation", found.sd, unit, remark=f"{of}, by n − 1{partly}"))
    return tuple(numbers), tuple(notes)


def _point(drawn: Drawn) -> _Found:
    at = np.rint(inside.voxel_at(drawn.volume, drawn.points)).astype(np.intp)
    found = inside.values_of(drawn.volume, at, drawn.time)
    if found is None:
        return (), ()
    x, y, z = (float(v) for v in drawn.points[0])
    return (Number("value", found.mean, drawn.volume.unit, at=(x, y, z), remark="of the nearest voxel"),), ()


def _within(name: str, value: float, unit: str, off: float, why: str, remark: str = "") -> Number:
    bounds = (max(value - off, 0.0), value + off)
    return Number(name, value, unit, *bounds, causes={why: bounds}, remark=remark)


_KINDS: dict[MeasurementKind, Callable[[Drawn], _Found]] = {
    "distance": _distance, "angle": _angle, "Cobb angle": _cobb, "ellipse": _ellipse, "polygon": _polygon,
    "ellipsoid": _ellipsoid, "point": _point,
}  # fmt: skip
_WITH_VALUES = ("ellipse", "polygon", "ellipsoid", "point")


# -- which images it lies on -----------------------------------------------------------------------


def _on_images(made: Measurement, volume: Volume) -> Measurement:
    """Name the images that it lies on, and where in the image, if it is one and lies on it exactly."""
    if not volume.image_uids:
        return made
    at = inside.voxel_at(volume, made.points)
    slices = np.clip(np.rint(at[:, 2]), 0, len(volume.image_uids) - 1).astype(int)
    uids = tuple(volume.image_uids[k] for k in range(slices.min(), slices.max() + 1))
    flat = len(uids) == 1 and np.abs(at[:, 2] - slices).max() < 0.05
    pixels = at[:, :2] + 0.5 if flat else None
    return replace(made, image_class=volume.image_class, image_uids=uids, pixels=pixels)


def _unit(vector: Points) -> Points:
    vector = np.asarray(vector, np.float64)
    length = float(np.linalg.norm(vector))
    if vector.shape != (3,) or not np.isfinite(length) or length == 0:
        raise UserError("The normal of the plane is no direction.", "Give three numbers, not all zero.")
    return np.asarray(vector / length)


def _a(kind: str) -> str:
    return f"An {kind}" if kind[0] in "aeiou" else f"A {kind}"
