"""What the steps do: a heart fitted to its patient, and its full beat, as results with their numbers."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from physics.beat_names import KEYS
from physics.cardiac import Coupled
from physics.cardiac.outcome import result_of
from physics.personal.full import BESIDE, change_ml
from physics.personal.imaged import Imaged
from physics.personal.kept import heart_of
from physics.personal.measured import ASSUMED_RISE_MMHG_PER_S, MEASURES, Measured
from physics.personal.motion import points_at, shortening_percent, wall_motion
from physics.personal.personalize import Personal, personalize
from twin.domain import Motion, Number, Result, Surface, TetMesh
from twin.errors import UserError
from twin.progress import Progress
from twin.steps import Made

if TYPE_CHECKING:
    from physics.heart_steps import FitParams

_EVERY = 2
"""Of the images' phases every second one's volume is fitted; the others are predicted."""

_SAME = 0.05
"""Share of the volume by which a mesh may differ from the phase it is of."""

ASSUMED_RATE_PER_MIN = 70.0
"""Where images show one moment only and do not say it, and it was not given: a healthy adult's at rest."""


def fit(mesh: TetMesh, motion: Motion, params: "FitParams", progress: Progress) -> Made:
    """Fit a heart and return it with its last full beat; see ``personalize``."""
    imaged = Imaged(mesh, _inside(mesh))
    full = float(motion.cavity_ml[motion.fullest])
    if abs(imaged.volume_ml - full) > _SAME * full:
        raise UserError(
            f"The mesh holds {imaged.volume_ml:.0f} mL, and the images show {full:.0f} mL at end-diastole.",
            "Mesh the ventricle at end-diastole: leave its phase empty.",
        )
    fitted = np.zeros(len(motion.phases), bool)
    fitted[::_EVERY] = True
    fitted[[motion.fullest, motion.emptiest]] = True
    measured = Measured(
        motion.phases[fitted], motion.cavity_ml[fitted], _rate(motion, params), _cuff(params),
        params.end_diastolic_mmhg, params.ejection_percent, params.peak_mmhg, params.wedge_mmhg,
    )  # fmt: skip
    personal = personalize(imaged, measured, members=params.members, progress=progress.between(0.0, 0.97))
    progress(0.97, "comparing with the images")
    assumed = (*personal.measured.assumed, *_of_one_moment(motion, params))
    heart = heart_of(personal, mesh, motion, assumed)
    last = personal.beats[-1]
    beat = result_of(heart.mesh, personal.ventricle, last, heart.limits)
    apart = _apart(mesh, last, personal, motion, ~fitted)
    shorter = _shorter(mesh, last, personal, motion)
    beside = (_rate_told(motion, params), *_against_data(personal), *apart, *shorter)
    numbers = (*_with_intervals(beat, personal), *beside)
    heart = replace(heart, numbers=(*heart.numbers, *beside))
    summary: dict[str, object] = _summary(beat) | {
        "beats_differ_ml": change_ml(personal.beats[-1]),
        "stiffness_kpa": personal.passive.stiffness_kpa * personal.best["stiffness"],
        "assumed": list(assumed),
    }
    if apart:
        summary["wall_motion_predicted_mm"] = max(n.value for n in apart)
    if shorter:
        summary["long_axis_shortening_predicted_percent"] = shorter[0].value
    return Made({"heart": heart, "beat": replace(beat, numbers=numbers)}, summary)


def _inside(mesh: TetMesh) -> NDArray[np.float64]:
    if mesh.axes_inside is None or mesh.tets.shape[1] != 10:
        raise UserError(
            "This mesh has no fibers, or no nodes in the middle of its edges.",
            "Make one of the images with “Mesh the ventricle”.",
        )
    return mesh.axes_inside


def _rate(motion: Motion, params: "FitParams") -> float:
    if params.rate_per_min is not None:
        return params.rate_per_min
    return 60.0 / motion.cycle_s if motion.cycle_s > 0 else ASSUMED_RATE_PER_MIN


def _rate_told(motion: Motion, params: "FitParams") -> Number:
    """Return the heart rate that was taken, named by where it comes from."""
    if params.rate_per_min is not None:
        name, remark = "heart rate, given", ""
    elif motion.cycle_s > 0:
        name, remark = "heart rate, of the images", "Of their DICOM: RR interval or heart rate."
    else:
        name, remark = "heart rate, assumed", "The images show one moment, and do not say it."
    return Number(name, _rate(motion, params), "1/min", remark=remark)


def _of_one_moment(motion: Motion, params: "FitParams") -> tuple[str, ...]:
    """Return what had to be assumed since the images show one moment only, in words."""
    if not motion.still:
        return ()
    rate = (f"heart rate {ASSUMED_RATE_PER_MIN:.0f}/min",)
    known = params.rate_per_min is not None or motion.cycle_s > 0
    return (
        *(() if known else rate),
        "that the images show end-diastole (before the atrium contracts, as CTs often are taken, a ventricle "
        "holds less)",
    )


def _cuff(params: "FitParams") -> tuple[float, float] | None:
    given = params.systolic_mmhg, params.diastolic_mmhg
    if given[0] is None and given[1] is None:
        return None
    if given[0] is None or given[1] is None:
        raise UserError(
            "Only one of the two cuff pressures is given.", "Give systolic and diastolic, or none of them."
        )
    return given[0], given[1]


def _with_intervals(beat: Result, personal: Personal) -> list[Number]:
    """Return a beat's numbers with the ensemble's spread about those that have one."""
    found = []
    for number in beat.numbers:
        interval = personal.measures.get(KEYS.get(number.name, ""))
        if interval is None or not np.isfinite([interval.low, interval.high]).all():
            found.append(number)  # the reduced heart does not tell it: no interval
            continue
        beside = not interval.low <= number.value <= interval.high
        found.append(
            replace(
                number, remark=BESIDE if beside else number.remark, low=interval.low, high=interval.high,
                causes={"ensemble, 95 %": (interval.low, interval.high)},
            )
        )  # fmt: skip
    return found


def _against_data(personal: Personal) -> list[Number]:
    """Return what images, cuff, echo and catheter say, to stand beside what the beat says."""
    measured = personal.measured
    rows = [("end-diastolic volume, imaged", "end_diastolic_volume", measured.edv_ml, "mL")]
    ejected = 100.0 * (1.0 - measured.esv_ml / measured.edv_ml)
    if not measured.still:
        rows.append(("end-systolic volume, imaged", "end_systolic_volume", measured.esv_ml, "mL"))
    seen = "given" if measured.still else "imaged"
    rows.append((f"ejection fraction, {seen}", "ejection_fraction", ejected, "%"))
    how = "assumed" if measured.cuff_mmhg is None else "given"
    for name, value in zip(("systolic", "diastolic"), measured.cuff, strict=True):
        rows.append((f"{name} cuff pressure, {how}", f"{name}_pressure", value, "mmHg"))
    how = "assumed" if measured.end_diastolic_mmhg is None else "given"
    rows.append((f"end-diastolic pressure, {how}", "end_diastolic_pressure", measured.edp, "mmHg"))
    if measured.peak_mmhg is not None:
        rows.append(("largest ventricular pressure, given", "peak_pressure", measured.peak_mmhg, "mmHg"))
    if measured.wedge_mmhg is not None:
        rows.append(("wedge pressure, given", "wedge_pressure", measured.wedge_mmhg, "mmHg"))
    rows.append(
        ("largest rise of pressure (dP/dt), assumed", "pressure_rise", ASSUMED_RISE_MMHG_PER_S, "mmHg/s")
    )
    found = []
    for name, datum, value, unit in rows:
        off = personal.measures[MEASURES[datum]].value - value
        apart = "points" if unit == "%" else unit
        by = f"{off:+.1f}".replace("-", "−")
        found.append(Number(name, value, unit, remark=f"The fitted beat is {by} {apart} off."))
    return found


def _apart(
    mesh: TetMesh, beat: Coupled, personal: Personal, motion: Motion, predicted: NDArray[np.bool_]
) -> list[Number]:
    """Return how far the walls are from the images in phases that were not fitted, if there are any."""
    found: list[Number] = []
    if not predicted.any():
        return found
    for name, patch in (("endocardium", "endo_lv"), ("epicardium", "epi")):
        surface = motion.surface(name)
        segmented = [
            (float(motion.phases[t]), Surface(surface.points[t].astype(np.float64), surface.triangles))
            for t in np.flatnonzero(predicted)
        ]
        apart = wall_motion(mesh, beat, personal.begin_s, patch, segmented)
        each = [a.mean_mm for a in apart]
        worst = apart[int(np.argmax(each))]
        found.append(
            Number(
                f"wall motion, {name}, predicted", float(np.mean(each)), "mm",
                remark=f"Mean distance from the images in {len(each)} phases that were not fitted; the most, "
                f"{max(each):.1f} mm, at {100 * worst.fraction:.0f} % of the cycle.",
            )
        )  # fmt: skip
    return found


def _shorter(mesh: TetMesh, beat: Coupled, personal: Personal, motion: Motion) -> list[Number]:
    """Return by how much the long axis shortens from end-diastole to end-systole, beside what images show."""
    if motion.still:
        return []
    cycle, surface = beat.beats.times_s[-1], motion.surface("endocardium")
    imaged = shortening_percent(
        surface.points[motion.fullest], surface.points[motion.emptiest], surface.triangles
    )
    full, empty = (
        points_at(beat, (personal.begin_s + motion.phases[t] * cycle) % cycle)
        for t in (motion.fullest, motion.emptiest)
    )
    return [
        Number(
            "shortening of the long axis, predicted",
            shortening_percent(full, empty, mesh.patch("endo_lv").triangles),
            "%",
            remark=f"The images show {imaged:.1f} %, which was not fitted.",
        )
    ]


def _summary(beat: Result) -> dict[str, float]:
    return {KEYS[n.name]: n.value for n in beat.numbers if n.name in KEYS}
