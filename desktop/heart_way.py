"""The way of a heart: what each button does, and why it cannot be pressed yet (as ``desktop.way``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from desktop import way
from desktop.session import Item
from twin import steps
from twin.errors import UserError

if TYPE_CHECKING:
    from desktop.desk import Desk
    from desktop.queue import Plan

BEAT = "physics.beat"


def why_not_beat(desk: Desk) -> str:
    """A heart that is not stale, and the step that solves it, are wanted."""
    heart = way.shape(desk.session, "heart")
    if heart is None:
        return "There is no heart in this record."
    if heart.stale:
        return f"The heart is stale ({heart.stale}). Make it again first."
    if not _known(desk, BEAT):
        return "This version has no solver for a whole beat yet."
    return way.why_busy(desk, BEAT)


def beat(desk: Desk) -> None:
    """Solve a beat of the heart at hand in full, with the sliders as they are."""
    here = way.shape(desk.session, "heart")
    if here is not None:
        params = desk.params_of(BEAT) | desk.beating.params()
        desk.start("Solve the beat", _beat_plan(desk, here, params), key=BEAT)


def _beat_plan(desk: Desk, heart: Item, params: dict[str, Any]) -> Plan:
    inputs = way.inputs_for(BEAT, {"heart": heart.id})
    entry = yield desk.job(BEAT, inputs, params, title="Solving the beat")
    way.show_made(desk, way.made_of(entry, "result"))


def _known(desk: Desk, step: str) -> bool:
    if not desk.loaded_steps:
        return False
    try:
        steps.find(step)
    except UserError:
        return False
    return True
