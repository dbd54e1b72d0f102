"""Operations, and the faults they mend, as changes of the closed circulation.

Each returns a function ``Circulation -> Circulation``; ``in_turn`` makes one of several.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from physics.circulation import VALVES, Circulation, Passage, Valve
from physics.circulation.parameters import BERNOULLI, GORLIN, GORLIN_INFLOW
from resources.heart_pumps import HeartPump, heart_pumps
from twin.errors import UserError

Change = Callable[[Circulation], Circulation]

DEFECTS = {
    "atrial septal defect": ("LA", "RA"),
    "ventricular septal defect": ("LV", "RV"),
    "arterial duct": ("systemic artery", "pulmonary artery"),
}
"""Holes and shunts by name: where they begin and end; flow that way is from left to right."""

ASSIST = "left ventricular assist"
"""Name of the passage that a pump is."""

_LARGEST_VALVE_CM2, _LARGEST_DEFECT_CM2 = 12.0, 8.0


def in_turn(changes: Sequence[Change]) -> Change:
    """Return one change of several, made one after the other."""

    def change(circulation: Circulation) -> Circulation:
        for one in changes:
            circulation = one(circulation)
        return circulation

    return change


def with_valve(name: str, area_cm2: float, leak_cm2: float = 0.0) -> Change:
    """Return the change to a valve of another area and leak: stenosis, regurgitation, replacement, repair.

    Parameters
    ----------
    name : str
        One of ``VALVES``.
    area_cm2 : float
        Orifice area of the open valve, by Gorlin's constant at each moment (``Valve.orifice``). Doppler's
        effective orifice area, which tables of prostheses hold, is smaller: 0.88 of it, or 0.75 of a mitral
        or tricuspid valve's (the constant over ``BERNOULLI``).
    leak_cm2 : float
        Effective regurgitant orifice area of the closed valve.

    Raises
    ------
    UserError
        Another valve, or areas that no valve has.
    """
    if name not in VALVES:
        raise UserError(f"There is no {name} valve.", f"There are: {', '.join(VALVES)}.")
    if not 0.0 < area_cm2 <= _LARGEST_VALVE_CM2 or not 0.0 <= leak_cm2 <= area_cm2:
        raise UserError(
            f"A {name} valve of {area_cm2:g} cm² that leaks by {leak_cm2:g} cm² cannot be.",
            f"Give an area up to {_LARGEST_VALVE_CM2:g} cm², and a leak no larger than it.",
        )
    discharge = GORLIN_INFLOW if name in {"mitral", "tricuspid"} else GORLIN
    valve = Valve.orifice(area_cm2, leak_cm2, discharge)
    return lambda circulation: circulation.with_valve(name, valve)


def leaking(name: str, leak_cm2: float) -> Change:
    """Return the change to a valve that leaks and opens as before; ``UserError`` as for ``with_valve``."""
    with_valve(name, _LARGEST_VALVE_CM2, leak_cm2)

    def change(circulation: Circulation) -> Circulation:
        valve = circulation.valves[name]
        if leak_cm2 == 0.0:
            return circulation.with_valve(name, replace(valve, closed_resistance=75006.2, closed_loss=0.0))
        leak = Valve.orifice(_LARGEST_VALVE_CM2, leak_cm2)
        return circulation.with_valve(
            name,
            replace(valve, closed_resistance=leak.closed_resistance, closed_loss=leak.closed_loss),
        )

    return change


def with_defect(name: str, area_cm2: float) -> Change:
    """Return the change to a circulation with a hole or shunt.

    Parameters
    ----------
    name : str
        One of ``DEFECTS``.
    area_cm2 : float
        Effective: what the jet contracts to, smaller than the hole.

    Raises
    ------
    UserError
        Another defect, or an area that none has.
    """
    if name not in DEFECTS:
        raise UserError(f"There is no defect “{name}” here.", f"There are: {', '.join(DEFECTS)}.")
    if not 0.0 < area_cm2 <= _LARGEST_DEFECT_CM2:
        raise UserError(
            f"An {name} of {area_cm2:g} cm² cannot be.", f"Give an area up to {_LARGEST_DEFECT_CM2:g} cm²."
        )
    hole = Passage.hole(name, *DEFECTS[name], area_cm2)
    return lambda circulation: circulation.with_passage(hole)


def closed(name: str) -> Change:
    """Return the change to a circulation with a defect closed or a pump taken out.

    The change raises ``UserError`` where there is no such passage.
    """

    def change(circulation: Circulation) -> Circulation:
        try:
            return circulation.without_passage(name)
        except ValueError as error:
            raise UserError(f"Nothing is closed: {error}.", "Name one that is there.") from error

    return change


def assisted(speed_rpm: float, pump: HeartPump | None = None) -> Change:
    """Return the change to a left ventricle helped by a pump, from its cavity to the aorta.

    Parameters
    ----------
    pump : HeartPump
        The table's first where none is given.

    Raises
    ------
    UserError
        A speed that the pump's curve does not hold for.
    """
    it = pump or next(iter(heart_pumps().values()))
    if not it.least_rpm <= speed_rpm <= it.most_rpm:
        raise UserError(
            f"What {it.name} does at {speed_rpm:g} rpm is not in its curve.",
            f"It holds from {it.least_rpm:g} to {it.most_rpm:g} rpm.",
        )
    passage = Passage(
        ASSIST, "LV", "systemic artery", it.resistance_mmhg_s_per_ml, it.loss_mmhg_s2_per_ml2,
        it.head_mmhg_per_rpm2 * speed_rpm**2,
    )  # fmt: skip
    return lambda circulation: circulation.with_passage(passage)


def defect_area_cm2(passage: Passage) -> float:
    """Return the effective area that a hole was made with."""
    return float(passage.loss**-0.5 / BERNOULLI)
