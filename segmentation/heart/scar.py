"""Scar in a late gadolinium enhancement series: what of the wall is brighter than its healthy muscle.

Thresholds: by standard deviations over healthy ("remote") muscle, or at full width at half maximum (Amado et
al. 2004, J Am Coll Cardiol 44:2383, of infarcts in dogs; Flett et al. 2011, JACC Cardiovasc Imaging 4:150, of
both in patients). Half maximum is taken halfway between healthy muscle and the brightest:
where muscle is nulled that is half of the brightest, and an offset of the image's values does not matter.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from segmentation.heart.late_series import UNSAID, says_late
from segmentation.heart.late_wall import LateWall, LongAxis, axis_of, late_wall
from segmentation.heart.wall import DENSITY_G_ML
from twin.aha import NAMES, segment_numbers
from twin.domain import LabelMap, Motion, Structure, Volume
from twin.errors import UserError
from twin.progress import Progress
from twin.steps import Made

if TYPE_CHECKING:
    from segmentation.heart.steps import ScarParams

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

SCAR, LIVING = "scar", "living muscle"
HALF_MAXIMUM = "half maximum"
ENHANCED = 5.0
"""Standard deviations beyond which anything is enhanced at all, where half maximum is asked for."""

_RIM_SHARE = 0.25
"""Of the wall's thickness that is left out at most on either side."""
_BINS, _SOFT, _LEAST_PEAK = 400, 0.5, 0.25
"""Of the histogram in which healthy muscle is sought: bins, their blur as a share of the values' scatter, and
the least peak as a share of the highest."""
_WITHIN, _CUT = 2.0, 0.880
"""Standard deviations about the mode that are healthy muscle, and what is left of a normal distribution's
scatter when it is cut there."""
_TURN_DEG = 6.0
"""Width of a column through the wall, for its transmurality."""
_SLAB, _REACH_MM = 0.5, 4.0
"""Of the slices' distance: what one stands for to either side; and how far from muscle that was searched its
rim goes."""
_COVERED, _LITTLE = 0.02, 0.7
_TOLD_MM = 1.5


@dataclass(frozen=True)
class Remote:
    """Healthy muscle's values: the dark mode of the wall's, and how they scatter about it."""

    middle: float
    sd: float


def find_scar(late: Volume, motion: Motion, params: "ScarParams", progress: Progress) -> Made:
    """Return the labels of scar and living muscle on the late series' grid, and what they come to."""
    phase, notes = _checked(late, motion, params.phase)
    progress(0.0, "laying the wall into the late series")
    at = late_wall(late, motion, phase, align=params.align)
    voxel_ml = abs(float(np.linalg.det(late.affine[:3, :3]))) / 1000
    wall_ml = float(at.wall.sum()) * voxel_ml
    covered = wall_ml / float(motion.wall_ml[phase])
    if covered < _COVERED:
        raise UserError(
            f"Only {100 * covered:.1f} % of the ventricle's wall lies in the late series.",
            "Take the short-axis stack of the same study.",
        )
    progress(0.6, "telling scar from muscle")
    values = late.slope * late.voxels.astype(np.float64) + late.intercept
    axis = axis_of(motion, phase)
    searched = _searched(at, axis, late, params.rim_mm)
    remote = remote_of(values[searched if searched.any() else at.wall])
    threshold = threshold_of(values[searched], remote, params)
    bright = _without_islands(
        _to_the_rim(searched & (values > threshold), searched, at.wall, late), params, voxel_ml
    )
    core = _cores(bright, at)
    scar = bright | core if params.core else bright
    labels = np.where(scar, 1, np.where(at.wall, 2, 0)).astype(np.uint8)
    made = LabelMap(
        labels, late.affine,
        (Structure(SCAR, 1, term=SCAR), Structure(LIVING, 2, term="myocardium")),
        frame_of_reference=late.frame_of_reference, identity=late.identity,
        notes=(*notes, *_notes(at, scar, core, searched, covered, params, voxel_ml)),
    )  # fmt: skip
    progress(0.9, "measuring")
    summary: dict[str, object] = {
        "scar_g": DENSITY_G_ML * voxel_ml * float(scar.sum()),
        "scar_of_wall_percent": 100.0 * float(scar.sum()) / float(at.wall.sum()),
        "threshold": threshold,
        "remote_mean": remote.middle,
        "remote_sd": remote.sd,
        "core_g": DENSITY_G_ML * voxel_ml * float(core.sum()),
        "wall_seen_percent": 100.0 * min(covered, 1.0),
        "slices_moved_mm": float(np.linalg.norm(at.moved_mm, axis=1).max()),
    }
    listed = _by_segment(at, scar, axis, _septum(motion, phase))
    if listed is not None:
        summary["segments_with_scar"] = _said(listed)
        summary["segments"] = listed
    summary["structures"] = [_measured(made, name, voxel_ml) for name in (SCAR, LIVING)]
    progress(1.0, "done")
    return Made({"scar": made}, summary)


def _checked(late: Volume, motion: Motion, phase: int | None) -> tuple[int, list[str]]:
    """Return the phase, and what is to be said of the two; refuse what cannot be laid over each other."""
    if late.voxels.ndim != 3 or late.shape[0] < 2 or late.color:
        raise UserError(
            "The late series is no stack of still slices.", "Give the short-axis late enhancement series."
        )
    frames = late.frame_of_reference, motion.frame_of_reference
    if all(frames) and frames[0] != frames[1]:
        raise UserError(
            "The late series and the ventricle lie in different frames of reference: where the wall is in it "
            "is not known.",
            "Take a late series of the same study, or segment a cine of the late series' study.",
        )
    count = len(motion.phases)
    chosen = motion.fullest if phase is None else phase
    if chosen >= count:
        raise UserError(
            f"There is no phase {chosen}: “{motion.structure}” has {count}, counted from 0.",
            "Leave it empty for end-diastole.",
        )
    told = "end-diastole" if chosen == motion.fullest else f"phase {chosen} of {count}"
    said = says_late(late)
    how = f"by {said}" if said else f"since the user chose it: {UNSAID}"
    notes = [f"Taken as late enhancement {how}.", f"The wall is that of {told}."]
    if not all(frames):
        notes.append("A frame of reference is missing: both are taken to lie in one space.")
    return chosen, notes


def remote_of(values: Array) -> Remote:
    """Return the dark mode of a wall's values (n,), and the scatter of what lies about it.

    What is far brighter may be scar, or blood and fat that blur into the wall.

    Raises
    ------
    UserError
        All values are the same.
    """
    low, high = np.percentile(values, (0.2, 99.8))
    if not high > low:
        raise UserError(
            "The wall has the same value everywhere in the late series: nothing can be told from it.",
            "Check that it is the late enhancement series, and lies over the ventricle.",
        )
    counts, edges = np.histogram(values, bins=_BINS, range=(low, high))
    width = float(edges[1] - edges[0])
    scatter = float(np.subtract(*np.percentile(values, (75, 25)))) / 1.349
    smooth = ndimage.gaussian_filter1d(
        counts.astype(float), max(_SOFT * scatter / width, 1.0), mode="constant"
    )
    padded = np.pad(smooth, 1)
    peaks = (smooth >= padded[:-2]) & (smooth > padded[2:]) & (smooth >= _LEAST_PEAK * smooth.max())
    middle = float(edges[np.flatnonzero(peaks)[0]]) + 0.5 * width
    darker = values[values <= middle] - middle
    sd = max(float(np.sqrt(np.mean(darker**2))) if len(darker) else 0.0, width)
    for _ in range(3):
        healthy = values[np.abs(values - middle) <= _WITHIN * sd]
        if not len(healthy):
            break
        middle, sd = float(healthy.mean()), max(float(healthy.std()) / _CUT, width)
    return Remote(middle, sd)


def threshold_of(values: Array, remote: Remote, params: "ScarParams") -> float:
    """Return the value beyond which muscle (n,) is scar."""
    if params.method != HALF_MAXIMUM:
        return remote.middle + params.deviations * remote.sd
    enhanced = values[values > remote.middle + ENHANCED * remote.sd]
    if not len(enhanced):
        return remote.middle + ENHANCED * remote.sd
    return 0.5 * (remote.middle + float(np.percentile(enhanced, 99)))


def _searched(at: LateWall, axis: LongAxis, late: Volume, rim_mm: float) -> Mask:
    """Return the muscle that slices show by itself: not next to blood and fat, nor through base or apex.

    Below the cavity a slice runs along the wall, and where half its distance to the next reaches the base
    plane, it has valve and atrium in it.
    """
    rim = np.minimum(rim_mm, _RIM_SHARE * at.thickness_mm)
    cavity = (at.inner_mm < 0.0).any(axis=(1, 2), keepdims=True)
    below = (axis.center - at.points) @ axis.normal >= _SLAB * late.spacing_mm[2]
    return np.asarray(at.wall & cavity & below & (at.inner_mm >= rim) & (at.outer_mm <= -rim))


def _septum(motion: Motion, phase: int) -> Array | None:
    """Return the right ventricle's middle, LPS mm; None where it was not seen."""
    right = [o.points.mean(axis=0) for o in motion.outlines if o.name == "right cavity" and o.phase == phase]
    return np.mean(right, axis=0).astype(np.float64) if right else None


def _to_the_rim(bright: Mask, searched: Mask, wall: Mask, late: Volume) -> Mask:
    """Give the wall's rims, where blood and fat blur into it, what lies next to them in the slice."""
    found = bright.copy()
    for k in np.flatnonzero(searched.any(axis=(1, 2))):
        away, near = ndimage.distance_transform_edt(~searched[k], late.spacing_mm[1::-1], return_indices=True)
        found[k] = bright[k][tuple(near)] & wall[k] & (away <= _REACH_MM)
    return found


def _without_islands(bright: Mask, params: "ScarParams", voxel_ml: float) -> Mask:
    """Leave out what hangs together in less than a volume."""
    number, count = ndimage.label(bright, np.ones((3, 3, 3)))
    sizes = np.bincount(number.ravel(), minlength=count + 1) * voxel_ml
    return bright & (sizes >= params.least_ml)[number]


def _cores(bright: Mask, at: LateWall) -> Mask:
    """Return dark muscle that scar shuts off from the epicardium within a slice: no contrast came there.

    What lies all about the cavity, or is more than the scar there, is living muscle within a scar of the
    middle of the wall.
    """
    found = np.zeros_like(bright)
    for k in np.flatnonzero(bright.any(axis=(1, 2))):
        dark, wall = at.wall[k] & ~bright[k], at.wall[k]
        outside = ndimage.binary_dilation(at.outer_mm[k] >= 0.0) & wall
        number, count = ndimage.label(dark)
        middle = np.argwhere(wall).mean(axis=0)
        for n in range(1, count + 1):
            here = number == n
            away = np.argwhere(here) - middle
            turns = np.unique((np.degrees(np.arctan2(away[:, 0], away[:, 1])) // 10.0).astype(int))
            if not (here & outside).any() and here.sum() <= bright[k].sum() and len(turns) < 18:
                found[k] |= here
    return found


def _by_segment(
    at: LateWall, scar: Mask, axis: LongAxis, septum: Array | None
) -> list[dict[str, object]] | None:
    """Return scar by segment: its share of the muscle there, and of the wall's thickness where there is any.

    The former is what Kim et al. 2000 (N Engl J Med 343:1445) grade. None where the septum is not told.
    """
    if septum is None:
        return None
    places = at.points[at.wall]
    numbers = segment_numbers(places, axis.center, axis.apex, septum)
    if numbers is None:
        return None
    dead = scar[at.wall]
    up = (axis.center - axis.apex) / np.linalg.norm(axis.center - axis.apex)
    across = np.linalg.svd(up[None])[2][1:] @ (places - axis.center).T
    turn = (np.degrees(np.arctan2(across[1], across[0])) // _TURN_DEG).astype(int)
    slices = np.broadcast_to(np.arange(len(scar))[:, None, None], scar.shape)[at.wall]
    found: list[dict[str, object]] = []
    for number in range(1, 18):
        here = numbers == number
        if not here.any():
            continue
        _, column = np.unique(np.stack([slices[here], turn[here]]), axis=1, return_inverse=True)
        through = np.bincount(column.ravel(), dead[here]) / np.bincount(column.ravel())
        found.append(
            {
                "number": number,
                "name": NAMES[number - 1],
                "scar_percent": 100.0 * float(dead[here].mean()),
                "transmurality_percent": 100.0 * float(through[through > 0].mean())
                if dead[here].any()
                else 0.0,
            }
        )
    return found


def _said(listed: list[dict[str, object]]) -> str:
    """Return in words which segments are scarred, the most scarred first."""
    with_scar = [s for s in listed if float(str(s["scar_percent"])) >= 1.0]
    with_scar.sort(key=lambda s: -float(str(s["scar_percent"])))
    return ", ".join(f"{s['name']} {float(str(s['scar_percent'])):.0f} %" for s in with_scar) or "none"


def _notes(
    at: LateWall,
    scar: Mask,
    core: Mask,
    searched: Mask,
    covered: float,
    params: "ScarParams",
    voxel_ml: float,
) -> list[str]:
    """Return what a user should know of what was found."""
    notes = []
    if covered < _LITTLE:
        notes.append(f"The slices show {100 * covered:.0f} % of the wall; scar in the rest is not known.")
    off = np.linalg.norm(at.moved_mm, axis=1)
    told = [f"{k + 1} by {off[k]:.1f} mm" for k in np.flatnonzero(off >= _TOLD_MM)]
    if told:
        notes.append(
            f"Slices that lie beside the cine's wall (another breath), put right: {', '.join(told)}."
        )
    left = np.flatnonzero(at.wall.any(axis=(1, 2)) & ~searched.any(axis=(1, 2))) + 1
    if len(left):
        notes.append(
            f"In slices through the apex or the base ({', '.join(map(str, left))}) no scar is sought: they "
            "average the wall with what is beside it."
        )
    if not scar.any():
        notes.append("No muscle is brighter than the threshold: no scar was found.")
    if core.sum() * voxel_ml >= params.least_ml:
        how = "counted as scar" if params.core else "not counted as scar"
        grams = DENSITY_G_ML * voxel_ml * float(core.sum())
        notes.append(f"A dark core of {grams:.1f} g within the scar (no contrast came there): {how}.")
    return notes


def _measured(labels: LabelMap, name: str, voxel_ml: float) -> dict[str, object]:
    middle = labels.middle(name)
    volume = {"name": name, "volume_ml": voxel_ml * float(labels.mask(name).sum())}
    return volume | ({} if middle is None else {"center_lps_mm": [round(float(x), 2) for x in middle]})
