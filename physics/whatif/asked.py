"""From what is asked to what the heart's circulation becomes."""

import math
from collections.abc import Callable, Iterator
from dataclasses import replace

from physics.cardiac import Controls
from physics.cardiac.live import filled, under
from physics.circulation import Circulation, State
from physics.circulation.parameters import BERNOULLI, GORLIN, GORLIN_INFLOW
from physics.heart_steps import OWN_RHYTHM, BeatParams
from physics.medication import Changes
from physics.surgery import ASSIST, assisted, closed, in_turn, leaking, with_defect, with_valve
from physics.surgery.comparison import LIMITS, PUMP_LIMITS
from physics.surgery.operations import Change, defect_area_cm2
from resources.heart_pumps import heart_pumps
from twin.errors import UserError

VALVED = {"aortic": GORLIN, "mitral": GORLIN_INFLOW}
HOLES = {
    "ventricular_defect_cm2": "ventricular septal defect",
    "atrial_defect_cm2": "atrial septal defect",
    "arterial_duct_cm2": "arterial duct",
}
"""Parameters that are a passage, and its name."""


def walled(asked: BeatParams) -> bool:
    """Tell whether what is asked changes the wall, so that no chart answers it."""
    return bool(asked.infarct_segments) or asked.rhythm != OWN_RHYTHM


def own_of(circulation: Circulation) -> dict[str, float]:
    """Return a circulation's own valves, holes and pump, by the parameters' names.

    The area of a valve that is a mere resistance is infinite.
    """
    found: dict[str, float] = {}
    for name, discharge in VALVED.items():
        valve = circulation.valves[name]
        found[f"{name}_area_cm2"] = valve.loss**-0.5 / discharge if valve.loss > 0 else math.inf
        found[f"{name}_leak_cm2"] = valve.closed_loss**-0.5 / BERNOULLI if valve.closed_loss > 0 else 0.0
    passages = {passage.name: passage for passage in circulation.passages}
    for key, name in HOLES.items():
        found[key] = defect_area_cm2(passages[name]) if name in passages else 0.0
    return found | {"pump_rpm": 0.0}


def controls_of(own: Circulation, asked: BeatParams, acting: Changes | None = None) -> Controls:
    """Return what a heart in its circulation is to live in.

    Parameters
    ----------
    acting : Changes
        What a medicine comes to, of ``Treatment.acting``.

    Raises
    ------
    UserError
        Areas, holes or speeds that cannot be; it names what can. A reflex beside a medicine.
    """
    check_reflex(asked)
    given = acting or Changes()
    rate = asked.rate_per_min
    if given.heart_rate != 1.0:
        rate = given.heart_rate * (rate or own.heart_rate_per_min)
    # The blood, the rate and the left ventricle's tension are the controls' own.
    vessels = replace(given, heart_rate=1.0, blood_ml=0.0)
    changes = [*(() if acting is None else (vessels.of,)), *_operations(own, asked)]
    return Controls(
        asked.preload_ml + given.blood_ml, asked.resistance_percent / 100.0,
        asked.contractility_percent / 100.0 * given.contractility, asked.stiffness_percent / 100.0, rate,
        in_turn(changes) if changes else None,
    )  # fmt: skip


def changed(own: Circulation, controls: Controls) -> Circulation:
    """Return a circulation under controls, beginning with the blood that they ask for.

    Raises
    ------
    UserError
        A rate at which no beat fits.
    """
    try:
        made = under(own, controls)
    except ValueError as error:
        raise UserError(f"That cannot be: {error}.", "Take a lower heart rate.") from error
    start = own.start.array()
    state = filled(made, start, float(own.volume_ml(start)) + controls.blood_ml)
    return replace(made, start=State(*(float(value) for value in state)))


REFLEX_LIMITS = (
    "the baroreflex is an average adult's (Ursino 1998, Am J Physiol 275:H1733) around this patient's own "
    "baseline: nothing of this patient's reflex was measured; hormones and kidneys do not answer",
    "the reflex' basal values are remembered from its source, not confirmed: how much it does hangs on them",
)


def check_reflex(asked: BeatParams) -> None:
    """Refuse the reflex beside a medicine, in which it is already.

    Raises
    ------
    UserError
        Both are asked for.
    """
    if asked.reflex and asked.medicine is not None:
        raise UserError(
            f"What {asked.medicine} comes to holds the baroreflex's answer already: it would act twice.",
            "Take the medicine away, or the reflex.",
        )


def live_limits(asked: BeatParams) -> tuple[str, ...]:
    """Return what must not be read out of operations and a reflex that are asked for; none where are none."""
    reflex = REFLEX_LIMITS if asked.reflex else ()
    if not any(True for _ in _asked_operations(asked)):
        return reflex
    return (*reflex, *LIMITS, *(PUMP_LIMITS if asked.pump_rpm else ()))


def _asked_operations(asked: BeatParams) -> Iterator[str]:
    names = [f"{name}_{what}_cm2" for name in VALVED for what in ("area", "leak")]
    yield from (name for name in (*names, *HOLES, "pump_rpm") if getattr(asked, name) is not None)


def _operations(own: Circulation, asked: BeatParams) -> Iterator[Change]:
    there, numbers = {passage.name for passage in own.passages}, own_of(own)
    for name in VALVED:
        area, leak = (getattr(asked, f"{name}_{what}_cm2") for what in ("area", "leak"))
        if area is not None:
            kept = min(numbers[f"{name}_leak_cm2"], area)
            yield with_valve(name, area, kept if leak is None else leak)
        elif leak is not None:
            yield leaking(name, leak)
    made: dict[str, Callable[[float], Change]] = {
        name: lambda area, name=name: with_defect(name, area)  # type: ignore[misc]
        for name in HOLES.values()
    }
    made[ASSIST] = lambda speed: assisted(speed, heart_pumps()[asked.pump])
    for key, name in (*HOLES.items(), ("pump_rpm", ASSIST)):
        value = getattr(asked, key)
        if value:
            yield made[name](value)
        elif value is not None and name in there:
            yield closed(name)
