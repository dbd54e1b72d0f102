"""Where the face is: the soft tissue in front of a head, from above the brows to below the chin.

Found by the head's outline alone, so that it works for CT and MR: the nose is what stands out of the
profile in the midline. Sizes are those of adult heads (nasion to tip of the nose some 50 mm, tip of the
nose to chin some 75 mm; Farkas, Anthropometry of the Head and Face, 1994), with room to spare.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from twin.domain import Volume

GRID_MM = 2.0
"""Voxels that the search works on; finer images are thinned out to about that."""

WIDEST_MM, DEEPEST_MM = 230.0, 290.0
_LEAST_HEAD_MM = 50.0
_MIDLINE_MM = 12.0
_BESIDE_MM = 30.0
_NOSE_MM = 5.0
"""How far a nose stands out of the profile at least."""

_VERTEX_MM = 150.0
"""How far the tip of the nose lies below the top of the head."""

_HEADS = ("head", "brain", "skull", "cranium", "cranial", "face", "facial", "sinus", "orbit", "neuro")

_BROW_MM, _CHIN_MM = 58.0, -105.0
"""Upper and lower end of the face, above the tip of the nose."""

_DEPTH_MM = 26.0
_DEPTH_BROW_MM = 7.0
_TAPER_MM = (42.0, 54.0)
"""Between these heights above the tip of the nose the depth goes down to that of the forehead's skin."""

_BACK = 0.45
"""How far back the face goes, of the head's length: to before the ears."""

_BEFORE_MM = 10.0
_SKIN_MM = 6.0
_AIR_HU = -350.0
BONE_HU = 180.0
_SOFT_HU = 130.0
_OPENING_MM = 5.0
"""Wider than the fissures of the orbit."""

_BRAIN_MM = 36.0
"""How far below the brows the brain is looked for: further down, the neck leads out of the skull."""

_SKULL_MM2 = 5000.0
"""What a skull encloses in a slice at least."""


@dataclass(frozen=True, eq=False)
class Face:
    """A face found in a volume.

    Attributes
    ----------
    zone : ndarray of bool, shape (k, j, i)
        Voxels of the volume that are its soft tissue, and the air right before it: what is to go.
    front : ndarray of bool, shape (k, j, i)
        All in the face's region, bone, and the air before it, too.
    skin : ndarray of bool, shape (k, j, i)
        The outermost 6 mm of the body within the region, and the air before it.
    nose_lps_mm : ndarray, shape (3,)
        The tip of the nose.
    tissue_ml : float
        How much of the zone is tissue, and no air.
    """

    zone: NDArray[np.bool_]
    front: NDArray[np.bool_]
    skin: NDArray[np.bool_]
    nose_lps_mm: NDArray[np.float64]
    tissue_ml: float


def find_face(volume: Volume) -> Face | None:
    """Return the face in a volume of the head; None where there is no head with a face in it."""
    if volume.placement != "patient" or volume.color or min(volume.shape) < 8:
        return None
    values = volume.voxels[0] if volume.voxels.ndim == 4 else volume.voxels
    turn = _Turn(volume.affine, volume.shape)
    coarse = turn.thin(values).astype(np.float32) * np.float32(volume.slope) + np.float32(volume.intercept)
    is_ct = volume.modality == "CT"
    if is_ct:
        coarse += np.float32(missing_hu(float(coarse.min())))
    return _face(_body(coarse, is_ct), coarse if is_ct else None, turn, _told(volume))


def missing_hu(lowest: float) -> float:
    """Return what a CT lacks whose file has lost its intercept: there is no air at 0 HU and above."""
    return -1024.0 if lowest >= -200.0 else 0.0


def _told(volume: Volume) -> bool:
    """Tell whether an image says itself that it is of a head."""
    who = volume.identity
    words = f"{who.body_part} {who.study_description} {who.series_description}".casefold()
    return any(word in words for word in _HEADS)


def find_face_of(body: NDArray[np.bool_], affine: NDArray[np.float64]) -> Face | None:
    """Return the face of a head given as the voxels it fills, shape (k, j, i)."""
    turn = _Turn(affine, body.shape)
    return _face(turn.thin(body).astype(bool), None, turn, told=False)


class _Turn:
    """A grid seen as (up, back, left): axes taken by their nearest direction, thinned to ``GRID_MM``."""

    def __init__(self, affine: NDArray[np.float64], shape: tuple[int, ...]) -> None:
        axes = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
        nearest = np.abs(axes).argmax(axis=0)  # of i, j, k: which of L, P, S
        if sorted(nearest) != [0, 1, 2]:
            nearest = np.array([0, 1, 2])
        array_axis = {int(direction): 2 - n for n, direction in enumerate(nearest)}
        self._order = (array_axis[2], array_axis[1], array_axis[0])
        signs = [axes[nearest[2 - a], 2 - a] for a in self._order]
        self._flip = tuple(n for n, sign in enumerate(signs) if sign < 0)
        spacing = np.linalg.norm(affine[:3, :3], axis=0)[::-1][list(self._order)]
        self._steps = np.maximum(1, np.floor(GRID_MM / spacing + 0.25)).astype(int)
        self.spacing = spacing * self._steps
        self._affine, self._shape = affine, shape

    def thin(self, array: NDArray) -> NDArray:
        """Return an array as (up, back, left), every so manieth voxel of it."""
        turned = np.flip(np.transpose(array, self._order), self._flip)
        return np.ascontiguousarray(turned[tuple(slice(None, None, s) for s in self._steps)])

    def back(self, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return a mask on the volume's own grid."""
        full = tuple(self._shape[a] for a in self._order)
        for axis, step in enumerate(self._steps):
            mask = np.repeat(mask, step, axis)
            mask = np.take(mask, np.minimum(np.arange(full[axis]), mask.shape[axis] - 1), axis)
        return np.ascontiguousarray(np.transpose(np.flip(mask, self._flip), np.argsort(self._order)))

    def lps(self, index: tuple[int, int, int]) -> NDArray[np.float64]:
        """Return where a voxel of the thinned grid lies."""
        fine = np.array(index) * self._steps
        full = [self._shape[a] for a in self._order]
        fine = np.array([full[n] - 1 - f if n in self._flip else f for n, f in enumerate(fine)])
        kji = np.empty(3)
        kji[list(self._order)] = fine
        return self._affine[:3, :3] @ kji[::-1] + self._affine[:3, 3]


def _body(values: NDArray[np.float32], is_ct: bool) -> NDArray[np.bool_]:
    """Return the voxels of the body, holes filled: the largest thing that is not air."""
    smooth = ndimage.uniform_filter(values, 3)
    threshold = _AIR_HU if is_ct else _between(smooth)
    mask = ndimage.binary_opening(smooth > threshold, iterations=2)
    labels, count = ndimage.label(mask)
    if count > 1:
        sizes = np.bincount(labels.ravel())
        sizes[0] = 0
        mask = labels == sizes.argmax()
    mask = ndimage.binary_dilation(mask, iterations=1) & (smooth > threshold) | mask
    for axis in (0, 2):
        for n in range(mask.shape[axis]):
            at = (n,) if axis == 0 else (slice(None), slice(None), n)
            mask[at] = ndimage.binary_fill_holes(mask[at])
    return mask


def _between(values: NDArray[np.float32]) -> float:
    """Return the value between background and tissue of an image without units (half of Otsu's, 1979)."""
    top = float(np.percentile(values, 99))
    low = float(values.min())
    counts, edges = np.histogram(np.clip(values, low, top), 128)
    centers = (edges[:-1] + edges[1:]) / 2
    weight = np.cumsum(counts)
    mean = np.cumsum(counts * centers)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = (mean[-1] * weight / weight[-1] - mean) ** 2 / (weight * (weight[-1] - weight))
    # Half of it: dark tissue belongs to the head.
    return low + (float(centers[np.nanargmax(spread)]) - low) * 0.5


def _face(body: NDArray[np.bool_], hu: NDArray[np.float32] | None, turn: _Turn, told: bool) -> Face | None:
    bone = None if hu is None else hu > BONE_HU
    rows = _head_rows(body, bone, turn.spacing)
    if rows is None:
        return None
    nose = _nose(body, rows, turn.spacing)
    if nose is None and (told or bone is not None):
        nose = _nose_assumed(body, rows, turn.spacing)
    if nose is None:
        return None
    sz = turn.spacing[0]
    up = (np.arange(body.shape[0]) - nose[0]) * sz
    deepest = np.interp(up, _TAPER_MM, (_DEPTH_MM, _DEPTH_BROW_MM))[:, None, None]
    # From the forehead back, where brow and back of the head are seen in one slice.
    brow = min(int(nose[0] + _BROW_MM / sz), int(rows[-1]))
    there = np.flatnonzero(body[brow].any(axis=1))
    region = np.zeros(body.shape, bool)
    region[(up >= _CHIN_MM) & (up <= _BROW_MM)] = True
    region[:, int(there[0] + _BACK * (there[-1] - there[0])) :] = False
    depth = ndimage.distance_transform_edt(body, sampling=tuple(turn.spacing))
    before = ~body & (ndimage.distance_transform_edt(~body, sampling=tuple(turn.spacing)) <= _BEFORE_MM)
    front = region & (before | (depth <= deepest))
    zone = front.copy()
    if hu is not None and bone is not None:
        zone &= ~bone & ~_brain(hu, body, (brow, there), turn.spacing)
        zone = _reached(zone, before)
    skin = region & (before | (depth <= _SKIN_MM))
    tissue_ml = float((zone & body).sum() * turn.spacing.prod() / 1000)
    return Face(turn.back(zone), turn.back(front), turn.back(skin), turn.lps(nose), tissue_ml)


def _brain(
    hu: NDArray[np.float32],
    body: NDArray[np.bool_],
    brow: tuple[int, NDArray[np.int64]],
    spacing: NDArray[np.float64],
) -> NDArray[np.bool_]:
    """Return what the skull encloses: what hangs together with its middle by more than narrow openings."""
    k, there = brow
    lowest = max(0, int(k - _BRAIN_MM / spacing[0]))
    soft = body & (hu < _SOFT_HU)
    soft[:lowest] = False
    wide = ndimage.distance_transform_edt(soft, sampling=tuple(spacing)) > _OPENING_MM
    labels, _count = ndimage.label(wide)
    middle = np.flatnonzero(body[k].any(axis=0))
    seed = labels[k, int(there.mean()), int(middle.mean())]
    if seed == 0:
        return np.zeros(body.shape, bool)
    near = ndimage.distance_transform_edt(labels != seed, sampling=tuple(spacing)) <= _OPENING_MM + 2.0
    brain: NDArray[np.bool_] = near & soft
    return brain


def _head_rows(
    body: NDArray[np.bool_], bone: NDArray[np.bool_] | None, spacing: NDArray[np.float64]
) -> NDArray[np.int64] | None:
    """Return the slices that are as small as a head, from the top down to the shoulders; None for no head."""
    sz, sy, sx = spacing
    wide = body.any(axis=1).sum(axis=1) * sx
    deep = body.any(axis=2).sum(axis=1) * sy
    filled = np.flatnonzero(wide > 0)
    if not filled.size:
        return None
    rows = []
    for k in filled[::-1]:
        if wide[k] > WIDEST_MM or deep[k] > DEEPEST_MM:
            break
        rows.append(k)
    if len(rows) * sz < _LEAST_HEAD_MM:
        return None
    head = np.array(rows[::-1])
    if bone is not None:
        closed = ndimage.binary_closing(bone[head], np.ones((1, 3, 3)), iterations=2)
        inside = [(ndimage.binary_fill_holes(c) & ~c).sum() * sx * sy for c in closed]
        if max(inside) < _SKULL_MM2:
            return None
    return head


def _nose(
    body: NDArray[np.bool_], rows: NDArray[np.int64], spacing: NDArray[np.float64]
) -> tuple[int, int, int] | None:
    """Return the tip of the nose: where the profile in the midline stands out most; None for none."""
    sz, sy, sx = spacing
    columns = np.flatnonzero(body[rows].sum(axis=(0, 1)))
    center = (columns[0] + columns[-1]) / 2
    half = max(1, round(_MIDLINE_MM / sx))
    band = slice(max(0, int(center) - half), int(center) + half + 1)
    there: NDArray[np.bool_] = np.any(body[rows][:, :, band], axis=2)
    profile = np.where(np.any(there, axis=1), there.argmax(axis=1), np.nan) * sy
    beside = max(1, round(_BESIDE_MM / sz))
    best, nose = _NOSE_MM, None
    for n in range(beside, len(rows) - beside):
        around = np.nanmin((profile[n - beside], profile[n + beside]))
        if around - profile[n] > best:
            best, nose = around - profile[n], n
    if nose is None:
        return None
    k, j = int(rows[nose]), int(profile[nose] / sy)
    i = int(np.flatnonzero(body[k, j, band]).mean()) + band.start
    return k, j, i


def _nose_assumed(
    body: NDArray[np.bool_], rows: NDArray[np.int64], spacing: NDArray[np.float64]
) -> tuple[int, int, int] | None:
    """Return where the nose should be in a head whose image cuts it off; None where it lies far below.

    As far below the top of the head as in others; where the image cuts that off too, at the lower end of
    what lies foremost.
    """
    sizes = body[rows].sum(axis=(1, 2))
    if sizes[-1] < 0.5 * sizes.max():
        k = int(rows[-1] - _VERTEX_MM / spacing[0])
    else:
        fronts = np.array([int(np.flatnonzero(body[row].sum(axis=1))[0]) for row in rows])
        k = int(rows[int((fronts <= fronts.min()).argmax())])
    if k < rows[0] - _BROW_MM / spacing[0]:
        return None
    level = body[max(k, int(rows[0]))]
    columns = np.flatnonzero(level.sum(axis=0))
    return k, int(np.flatnonzero(level.sum(axis=1))[0]), int(columns.mean())


def _reached(zone: NDArray[np.bool_], outside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the part of a zone that the air before it leads to: what lies behind bone stays."""
    labels, _count = ndimage.label(zone | outside)
    known = np.unique(labels[outside])
    return zone & np.isin(labels, known[known > 0])
