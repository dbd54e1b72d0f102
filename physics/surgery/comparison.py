"""What an operation comes to, beside what was before."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from physics.circulation import CHAMBERS, VALVES, Beats, Circulation, measures_of, valve_measures_of
from physics.circulation.regulation import regulated
from physics.circulation.settling import settled
from physics.surgery.operations import ASSIST, Change
from twin.errors import UserError

LV = CHAMBERS.index("LV")

_REFLEX_BEATS = 150

LIMITS = (
    "a model's answer, no advice: neither risk nor whether to operate is judged",
    "heart and vessels are as on the day before: what they become in the months after is not in it",
    "blood flows within the same volume: none is lost or given",
)

PUMP_LIMITS = (
    "vessels do not widen as the pump's flow rises: the pressure rises more than in a body",
    "the pump follows its steady curve; its inertia within a beat is left out",
)


@dataclass(frozen=True, eq=False)
class Comparison:
    """An operation's outcome.

    Attributes
    ----------
    before, after : dict of float
        As by ``outcome_of``.
    circulation : Circulation
        As it has become, settled.
    beats_before, beats_after : Beats
    limits : tuple of str
        What must not be read out of it.
    """

    before: dict[str, float]
    after: dict[str, float]
    circulation: Circulation
    beats_before: Beats
    beats_after: Beats
    limits: tuple[str, ...]


def outcome_of(circulation: Circulation, beats: Beats, valves: Iterable[str] = ()) -> dict[str, float]:
    """Return the numbers of the last beat, by name with unit.

    Those of ``measures_of``, but the output is what goes through the body's vessels, by whatever way it came
    there; with the lungs' flow, the ratio of both, and each passage's flow; with a pump, the share of the
    output that goes through it. Where blood leaves the left ventricle beside its valves, its filling ends at
    the largest volume, and no isovolumic contraction is told.

    Parameters
    ----------
    valves : iterable of str
        Whose gradients and leaks are told too; none of a valve that stays closed.
    """
    last = beats.last()
    body, lungs = (60e-3 * float(last.states[1:, k].mean()) for k in (8, 10))
    found = measures_of(beats)
    found["cardiac_output_l_per_min"] = body
    found["pulmonary_flow_l_per_min"] = lungs
    found["qp_qs"] = lungs / body
    for passage, flow in zip(circulation.passages, last.passages_ml_per_s[1:].T, strict=True):
        mean = 60e-3 * float(flow.mean())
        found[f"{passage.name.replace(' ', '_')}_l_per_min"] = mean
        if passage.name == ASSIST:
            found["pump_share_percent"] = 100.0 * mean / body
    if any("LV" in {passage.begins, passage.ends} for passage in circulation.passages):
        # Blood goes another way than through the valves: they do not tell when filling ends.
        del found["isovolumic_contraction_s"]
        fullest = int(last.states[1:, LV].argmax())
        found["lv_end_diastolic_pressure_mmhg"] = float(last.pressures_mmhg[1:][fullest, LV])
    for name in valves:
        if (last.flows_ml_per_s[1:, VALVES.index(name)] > 1.0).any():
            found |= {f"{name}_{key}": value for key, value in valve_measures_of(beats, name).items()}
    return found


def compare(
    baseline: Circulation, change: Change, *, reflex: bool = False, valves: Iterable[str] = VALVES[:2]
) -> Comparison:
    """Operate, and compare.

    Parameters
    ----------
    reflex : bool
        Let the baroreflex answer within minutes; without it, as after weeks, when it has reset itself.

    Raises
    ------
    UserError
        What the change raises; a ventricle that a pump sucks empty; a circulation that does not settle.
    """
    names = tuple(valves)
    beats_before = settled(baseline)
    begun = replace(baseline, start=beats_before.end())
    changed = change(begun)
    if reflex:
        found = regulated(begun, _REFLEX_BEATS, change)
        circulation, beats = replace(found.last, start=found.beats[-1].end()), found.beats[-1]
    else:
        beats = settled(changed)
        circulation = replace(changed, start=beats.end())
    _check_suction(circulation, beats)
    return Comparison(
        outcome_of(baseline, beats_before, names),
        outcome_of(circulation, beats, names),
        circulation,
        beats_before,
        beats,
        (*LIMITS, *(PUMP_LIMITS if _has_pump(circulation) else ()), *baseline.limits),
    )


def _has_pump(circulation: Circulation) -> bool:
    return any(passage.name == ASSIST for passage in circulation.passages)


def _check_suction(circulation: Circulation, beats: Beats) -> None:
    if not _has_pump(circulation):
        return
    least = float(np.min(beats.last().states[:, LV]))
    if least < circulation.chambers["LV"].unstressed_ml:
        raise UserError(
            f"The pump sucks the left ventricle empty ({least:.0f} mL).", "Take a lower speed, or add blood."
        )
