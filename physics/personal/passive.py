"""How stiff a ventricle at rest is, and its unloaded shape: so that both agree with Klotz.

Stresses at rest are proportional to one stiffness, so that an unloaded shape hangs on pressure over stiffness
alone: one way of unloading, pressure by pressure, goes through the shapes of all stiffnesses, and ends at the
one with Klotz's V0. A factor on the exponents bends the curve where it is far from Klotz's V30 (or V15).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from physics.cardiac import Equilibrium, NotConvergedError
from physics.cardiac.laws import Law, holzapfel_ogden
from physics.cardiac.ventricle import MMHG_PER_MPA
from physics.elasticity.pardiso import FactorizationError
from physics.personal.imaged import Imaged, Springs
from physics.personal.klotz import Klotz, klotz
from physics.personal.unloaded import Inverse, Unloaded, foreseen, unloaded
from twin.errors import UserError
from twin.progress import Progress

ISOTROPIC, B, B_FIBER = 0.5, 4.0, 8.0
"""a over a_f, b and b_f of Holzapfel and Ogden's law without sheets, before bending.

Without the sheets' term, which stiffens with the wall's thickening too. Seen on the one patient at hand:
fitted to Klotz and contracted to its end-systolic volume at 110 kPa, it makes some 30 mmHg more than
Guccione's.
"""

V0_WITHIN_ML, FAR_WITHIN = 0.1, 0.05
"""How near Klotz's V0 and V30 (share of it) the fit comes."""
_FIRST_KPA = 5.0
_STEP_MMHG, _FARTHEST_MMHG = 1.0, 80.0
"""Steps in which a wall of the first stiffness is unloaded, and what ends it."""
_LEAST_KPA, _MOST_KPA = 0.05, 200.0
_FIRST_BEND, _LEAST_BEND, _MOST_BEND = 1.0, 0.15, 6.0
_BENDS = 6
Place = tuple[float, NDArray[np.float64], NDArray[np.float64]]
"""A load, MPa, with the unloaded points (n, 3) and the hydrostatic pressures under it."""

_TABLE = Springs(0.0, 2.0, 2.0)
"""Of the curve: a heart on the table, as Klotz measured it, has no pericardium, and its base is tied."""


@dataclass(frozen=True, eq=False)
class Passive:
    """A ventricle at rest.

    Attributes
    ----------
    stiffness_kpa : float
        a_f of Holzapfel and Ogden's law.
    bend : float
        Factor on its exponents.
    pressure_mmhg : float
        At end-diastole.
    klotz : Klotz
        What it was fitted to.
    unloaded : Unloaded
    volumes_ml, pressures_mmhg : ndarray, shape (k,)
        Its own curve, without pericardium.
    """

    stiffness_kpa: float
    bend: float
    pressure_mmhg: float
    klotz: Klotz
    unloaded: Unloaded
    volumes_ml: NDArray[np.float64]
    pressures_mmhg: NDArray[np.float64]

    @property
    def place(self) -> Place:
        """Where it lies on the way of unloading a wall of the first stiffness."""
        share = self.stiffness_kpa / _FIRST_KPA
        load = self.pressure_mmhg / MMHG_PER_MPA / share
        return load, self.unloaded.body.mesh.points, self.unloaded.loaded.pressures / share

    @property
    def law(self) -> Law:
        """As fitted."""
        return law_of(self.stiffness_kpa, self.bend)


def law_of(stiffness_kpa: float, bend: float) -> Law:
    """Return Holzapfel and Ogden's law about the fibre, by its a_f and a factor on its exponents."""
    return holzapfel_ogden(
        ISOTROPIC * stiffness_kpa, bend * B, stiffness_kpa, bend * B_FIBER, a_s_kpa=0.0, a_fs_kpa=0.0
    )


def passive(
    imaged: Imaged,
    pressure_mmhg: float,
    *,
    bend: float | None = None,
    near: "Passive | None" = None,
    progress: Progress | None = None,
) -> Passive:
    """Fit stiffness and unloaded shape to Klotz's relation through the imaged end-diastolic point.

    Parameters
    ----------
    pressure_mmhg : float
        At end-diastole.
    bend : float, optional
        Factor on the exponents; fitted where it is not given.
    near : Passive, optional
        Of the same wall at another pressure: a better begin.

    Raises
    ------
    UserError
        A volume or pressure out of range, or no wall that would do.
    """
    wanted = klotz(imaged.volume_ml, pressure_mmhg)
    far_mmhg, goal = wanted.far
    tried: list[tuple[float, float]] = []
    at = _FIRST_BEND if bend is None else bend
    place = None if near is None else near.place
    for number in range(_BENDS):
        report = None if progress is None else progress.between(number / _BENDS, (number + 1) / _BENDS)
        kpa, found, place = shrunk(imaged, np.array([pressure_mmhg]), wanted.v0_ml, at, place, report)
        volumes, pressures = _curve(imaged, law_of(kpa, at), found, pressure_mmhg, far_mmhg)
        if bend is not None or abs(volumes[-1] / goal - 1.0) <= FAR_WITHIN:
            return Passive(kpa, at, pressure_mmhg, wanted, found, volumes, pressures)
        tried.append((float(np.log(at)), float(volumes[-1] - goal)))
        at = _next_bend(tried)
    raise UserError(
        f"No wall meets the end-diastolic relation through {imaged.volume_ml:.0f} mL at {pressure_mmhg:g} "
        f"mmHg: at {far_mmhg:g} mmHg it is {abs(tried[-1][1]):.0f} mL off.",
        "Check the end-diastolic pressure and the wall's thickness.",
    )


def _next_bend(tried: list[tuple[float, float]]) -> float:
    """Return the next factor on the exponents: more bent where the curve goes on too far."""
    (at, off) = tried[-1]
    slope = -30.0
    if len(tried) > 1 and tried[-1][0] != tried[-2][0]:
        slope = min((off - tried[-2][1]) / (at - tried[-2][0]), -5.0)
    step = float(np.clip(-off / slope, -0.7, 0.7))
    return float(np.clip(np.exp(at + step), _LEAST_BEND, _MOST_BEND))


def shrunk(
    imaged: Imaged,
    pressures_mmhg: NDArray[np.float64],
    v0_ml: float,
    bend: float,
    near: Place | None = None,
    progress: Progress | None = None,
) -> tuple[float, Unloaded, Place]:
    """Return the stiffness, kPa, at which a left ventricle's unloaded volume is a wanted one, and its shape.

    Parameters
    ----------
    pressures_mmhg : ndarray, shape (c,)
        In the cavities where it was imaged, the left one first.
    v0_ml : float
        Of the left one, unloaded.
    bend : float
        Factor on the exponents.
    near : tuple, optional
        A place on the way of unloading, near the one that is sought; the last one returned is.

    Raises
    ------
    UserError
        There is no such shape, or only at a stiffness that no wall has.
    """
    place = _at_volume(imaged, pressures_mmhg, law_of(_FIRST_KPA, bend), v0_ml, near, progress)
    share = float(pressures_mmhg[0] / (place[0] * MMHG_PER_MPA))
    kpa = _FIRST_KPA * share
    if not _LEAST_KPA <= kpa <= _MOST_KPA:
        raise UserError(
            f"The wall at rest would need a stiffness of {kpa:.3g} kPa for {pressures_mmhg[0]:g} mmHg.",
            "Check the wall's thickness, the images' units and the end-diastolic pressure.",
        )
    start = place[1], share * place[2]
    found = unloaded(imaged.body(law_of(kpa, bend)), imaged.axes, pressures_mmhg, start=start)
    return kpa, found, place


def _at_volume(
    imaged: Imaged,
    pressures: NDArray[np.float64],
    law: Law,
    v0_ml: float,
    near: Place | None,
    progress: Progress | None,
) -> Place:
    """Return the load (MPa) that shrinks an imaged wall to an unloaded volume, with points and pressures."""
    body = imaged.body(law)
    inverse = Inverse(body, imaged.axes, pressures)

    def volume(place: Place) -> float:
        return body.faces[0].volume(place[1]) / 1000.0

    path = _towards(inverse, volume, v0_ml, near, imaged.volume_ml, progress)
    for _ in range(12):
        if abs(volume(path[-1]) - v0_ml) <= V0_WITHIN_ML:
            return path[-1]
        (one, two), (first, second) = (path[-2][0], path[-1][0]), (volume(path[-2]), volume(path[-1]))
        load = one + (v0_ml - first) / (second - first) * (two - one)
        load = float(np.clip(load, 0.5 * min(one, two), 1.5 * max(one, two)))
        path.append((load, *inverse.solve(*foreseen(path[-2:], load), load)))
    raise UserError(
        f"No unloaded shape of {v0_ml:.0f} mL was found for an imaged one of {imaged.volume_ml:.0f} mL.",
        "Give another end-diastolic pressure, or a mesh with better elements.",
    )


def _towards(
    inverse: Inverse,
    volume: Callable[[Place], float],
    v0_ml: float,
    near: Place | None,
    from_ml: float,
    progress: Progress | None,
) -> list[Place]:
    """Return two places about an unloaded volume, or two from which it is near."""
    if near is not None:
        try:
            here = (near[0], *inverse.solve(*near[1:], near[0]))
            load = near[0] * (1.03 if volume(here) > v0_ml else 0.97)
            return [here, (load, *inverse.solve(*here[1:], load))]
        except (NotConvergedError, FactorizationError):
            pass
    path: list[Place] = []
    try:
        for place in inverse.walk(_STEP_MMHG / MMHG_PER_MPA, _FARTHEST_MMHG / MMHG_PER_MPA):
            path.append(place)
            if progress is not None:
                done = (from_ml - volume(place)) / (from_ml - v0_ml)
                progress(done, f"unloaded shape: {volume(place):.0f} mL")
            if volume(place) <= v0_ml:
                break
    except (NotConvergedError, FactorizationError) as error:
        raise UserError(
            f"The wall finds no unloaded shape below {volume(path[-1]) if path else from_ml:.0f} mL; "
            f"{v0_ml:.0f} mL are looked for.",
            "Give a lower end-diastolic pressure, of two ventricles both (it shrinks less then, by Klotz), "
            "a stiffness, or another number of elements.",
        ) from error
    return path[-2:]


def _curve(
    imaged: Imaged, law: Law, found: Unloaded, pressure_mmhg: float, far_mmhg: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return volumes and pressures: unloaded, as imaged, and on to ``far_mmhg``, by the full wall."""
    table = replace(imaged, springs=_TABLE).body(law).reshaped(found.body.mesh.points, found.axes)
    search = Equilibrium(table, tolerance=1e-4)
    volumes, pressures = [found.volume_ml, imaged.volume_ml], [0.0, pressure_mmhg]
    state = found.loaded
    for step in (0.5, 1.0):
        goal = pressure_mmhg + step * (far_mmhg - pressure_mmhg)
        begin = pressures[-1]

        def on_the_way(part: float, begin: float = begin, goal: float = goal) -> NDArray[np.float64]:
            return np.full(1, (begin + part * (goal - begin)) / MMHG_PER_MPA)

        state = search.follow(on_the_way, 1, state)
        volumes.append(float(table.volumes(state)[0]) / 1000.0)
        pressures.append(goal)
    return np.array(volumes), np.array(pressures)
