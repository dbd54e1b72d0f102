"""A patient's own heart as a record keeps it, and as what beats in full again."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace

import numpy as np
from numpy.typing import NDArray

from physics.beat_names import SUCTION
from physics.cardiac import Held, Ventricle, reduced_of
from physics.cardiac.body import State
from physics.cardiac.pump import shortening_of
from physics.cardiac.ventricle import MMHG_PER_MPA
from physics.circulation.flat import numbers_of
from physics.heart.scar import scar_numbers
from physics.personal.beliefs import R_WAVE_S, TITLES, adult_at, circulation_of, twitch_of
from physics.personal.ensemble import values
from physics.personal.imaged import Imaged, Springs
from physics.personal.passive import law_of
from physics.personal.personalize import ACROSS, LENGTHENING, Personal
from twin.domain import Heart, Motion, Number, TetMesh
from twin.errors import UserError

LIMITS = (
    "the left ventricle alone is a wall; the other chambers are elastances",
    "quasi-static: no inertia; nothing is viscous but the dashpots of pericardium and base, in full beats",
    "tension falls with the speed of shortening as one fiber for the whole wall has it",
    "all fibers pull at once and alike; fibers are laid by rule, no image shows them",
    "intervals are of the fit to volumes as imaged: how far these are off is not in them (7 % of the one "
    "patient whose contours others had drawn)",
    "stiffness at rest follows Klotz's relation for hearts in general, not a measured curve",
    "longitudinal strain comes out too small: some −15 % where hearts with such an ejection fraction have "
    "−18 to −20 %; do not read it, or its change, as the patient's. The base comes down too little and its "
    "rim narrows too much: in the one patient that this was tried on the long axis shortened by 15 %, and by "
    "21 % in images",
    "fibers are laid, where nothing else is asked, steeper than dissection and diffusion imaging have them "
    "outside (75° where most say 40 to 60°): at 60° that patient's shortened by 7 %",
    SUCTION,
)


def heart_of(personal: Personal, imaged: TetMesh, motion: Motion, assumed: Sequence[str] = ()) -> Heart:
    """Return what a record keeps of a fitted heart.

    Parameters
    ----------
    imaged : TetMesh
        The wall at end-diastole that was fitted.
    motion : Motion
        What the images showed.
    assumed : sequence of str
        What was not given, in words.
    """
    rest, tension = personal.passive, personal.tension
    axes = rest.unloaded.axes
    reduced = reduced_of(personal.chart)
    names, members = _ensemble(personal)
    return Heart(
        mesh=replace(
            imaged,
            points=rest.unloaded.body.mesh.points,
            axes=middle_axes(axes),
            axes_inside=axes,
            notes=(*imaged.notes, "Without load: found from the imaged shape under its pressure."),
        ),
        law=rest.law.name,
        constants={"stiffness_kpa": rest.stiffness_kpa, "bend": rest.bend},
        stiffness=personal.best["stiffness"],
        springs={
            "pericardium_kpa_per_mm": Springs().pericardium,
            "base_kpa_per_mm": Springs().base,
            "ring_kpa_per_mm": Springs().ring,
            "damping_s": Springs().damping_s,
        },
        imaged=imaged.points,
        imaged_mmhg=rest.pressure_mmhg,
        wall_mpa=rest.unloaded.loaded.pressures,
        peak_kpa=tension.peak_kpa,
        across=ACROSS,
        lengthening=LENGTHENING,
        timing={
            "onset_s": tension.onset_s,
            "rise_s": tension.rise_s,
            "fall_s": tension.fall_s,
            "length_s": tension.length_s,
            "r_wave_s": R_WAVE_S,
            "images_begin_s": personal.begin_s,
        },
        shortening=asdict(reduced.shortening) if reduced.shortening else {},
        circulation=numbers_of(personal.circulation),
        volumes_ml=reduced.volumes_ml,
        tensions_kpa=reduced.tensions_kpa,
        pressures_mmhg=reduced.pressures_mmhg,
        modes=reduced.modes,
        amounts=reduced.amounts,
        strayed_mm=reduced.strayed_mm,
        numbers=(*_fitted(personal), *scar_numbers(imaged)),
        measured_phases=None if motion.still else motion.phases,
        measured_ml=None if motion.still else motion.cavity_ml,
        limits=(*LIMITS, *_of_scar(imaged), *(f"assumed: {words}" for words in assumed)),
        member_names=names,
        members=members,
        frame_of_reference=imaged.frame_of_reference,
        identity=imaged.identity,
        structure=imaged.structure,
        term=imaged.term,
    )


def _ensemble(personal: Personal) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """Return the names of a heart's numbers that differ between members, and what they are in each."""
    base = adult_at(personal.measured.heart_rate_per_min)
    rows = []
    for units in personal.ensemble.members:
        member = values(personal.ensemble.parameters, units)
        twitch, circulation = twitch_of(base, member), numbers_of(circulation_of(base, member))
        rows.append(
            {"stiffness": member["stiffness"], "peak_kpa": twitch.peak_kpa}
            | {f"timing.{key}": getattr(twitch, key) for key in ("onset_s", "rise_s", "fall_s", "length_s")}
            | {f"circulation.{key}": value for key, value in circulation.items()}
        )
    own = {f"circulation.{key}": value for key, value in numbers_of(personal.circulation).items()}
    names = tuple(key for key in rows[0] if key not in own or any(row[key] != own[key] for row in rows))
    return names, np.array([[row[name] for name in names] for row in rows])


def members_of(heart: Heart, most: int) -> Iterator[Heart]:
    """Yield a kept heart as members of its ensemble have it, evenly chosen; none where none were kept."""
    if heart.members is None:
        return
    count = len(heart.members)
    for n in np.linspace(0, count - 1, min(most, count)).round().astype(int):
        row = dict(zip(heart.member_names, (float(value) for value in heart.members[n]), strict=True))
        parts = {
            part: getattr(heart, part)
            | {key.removeprefix(f"{part}."): v for key, v in row.items() if key.startswith(f"{part}.")}
            for part in ("timing", "circulation")
        }
        yield replace(heart, stiffness=row["stiffness"], peak_kpa=row["peak_kpa"], **parts)


def _of_scar(mesh: TetMesh) -> tuple[str, ...]:
    if mesh.living is None:
        return ()
    return (
        "scar pulls nothing and is stiffer by an assumed factor, its share of an element taken as a mean; "
        "activation goes through it as through muscle",
    )


def middle_axes(axes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the axes (m, 3, 3) in the middle of elements: means, made orthonormal again.

    A fiber has no head: where two of one element point either way, one is turned before the mean is taken.
    """
    along = np.einsum("eqij,eij->eqi", axes, axes[:, 0])
    left, _, right = np.linalg.svd((axes * np.where(along < 0.0, -1.0, 1.0)[..., None]).mean(axis=1))
    found = np.asarray(left @ right)
    found[:, 2] = np.cross(found[:, 0], found[:, 1])
    return found


def _fitted(personal: Personal) -> list[Number]:
    """Return the parameters with their intervals, and whether the data say anything of them."""
    low, high = personal.stiffness_interval_kpa
    rest = personal.passive
    found = [
        Number(
            "stiffness along the fibers at rest (a_f)", rest.stiffness_kpa, "kPa", low, high,
            remark="By Klotz's relation; the interval is that of the end-diastolic pressure.",
        ),
        Number("unloaded volume", rest.unloaded.volume_ml, "mL", remark="By Klotz's relation."),
    ]  # fmt: skip
    for estimate in personal.estimates:
        parameter = estimate.parameter
        told = f"{100 * estimate.width_ratio:.0f} % as wide as what was believed before"
        if not estimate.determined:
            told = f"not determined by the data: {told}"
        name = TITLES.get(parameter.name, parameter.name.replace("_", " "))
        scale, unit = (1000.0, "ms") if parameter.unit == "s" else (1.0, parameter.unit)
        best, low, high = (scale * x for x in (personal.best[parameter.name], estimate.low, estimate.high))
        found.append(
            Number(
                name, best, unit, low, high,
                remark=f"Fitted; {told}. Believed before: {parameter.reason}.",
            )
        )  # fmt: skip
    return found


def ventricle_of(heart: Heart, stiffness: float = 1.0) -> tuple[Ventricle, Held]:
    """Return a kept heart's ventricle, and where it rests as it was imaged.

    Parameters
    ----------
    stiffness : float
        Factor on the patient's own.

    Raises
    ------
    UserError
        What is kept is not enough for a full solution.
    """
    mesh, imaged = heart.mesh, heart.imaged
    if imaged is None or heart.wall_mpa is None or mesh.axes_inside is None:
        raise UserError("This heart was kept without what a full solution needs.", "Fit it again.")
    factor = stiffness * heart.stiffness
    springs = Springs(
        heart.springs["pericardium_kpa_per_mm"],
        heart.springs["base_kpa_per_mm"],
        heart.springs["ring_kpa_per_mm"],
        heart.springs.get("damping_s", 0.0),
    ).scaled(factor)
    law = law_of(factor * heart.constants["stiffness_kpa"], heart.constants["bend"])
    held = Imaged(replace(mesh, points=imaged), mesh.axes_inside, springs)
    body = held.body(law).reshaped(mesh.points, mesh.axes_inside)
    ventricle = Ventricle(
        body, across=heart.across, lengthening=heart.lengthening, shortening=shortening_of(heart)
    )
    load = np.full(1, factor * heart.imaged_mmhg / MMHG_PER_MPA)
    return ventricle, ventricle.resting(State(imaged.copy(), factor * heart.wall_mpa, load))
