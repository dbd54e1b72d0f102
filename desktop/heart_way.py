"""The way from cine MR to a beating heart: what each button does, and why it cannot be pressed yet.

As ``desktop.way``, from whose shapes and plans it goes on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from desktop import way
from desktop.chain import conditions_of
from desktop.session import Item, Session
from physics.conditions import asks_alike
from twin import steps
from twin.errors import UserError

if TYPE_CHECKING:
    from desktop.desk import Desk
    from desktop.queue import Plan

FIND = "segmentation.heart"
STILL = "segmentation.ventricle_ct"
SCAR = "segmentation.scar"
MESH = "mesh.ventricle"
FIT = "physics.heart"
BEAT = "physics.beat"


def cines(session: Session) -> list[Item]:
    """Return the MR images that move."""
    return [item for item in session.of_kind("volume") if _moves(session, item)]


def _moves(session: Session, item: Item) -> bool:
    entry = session.entry(item.id)
    return entry is not None and entry.tree["modality"] == "MR" and len(entry.tree["voxels"]["shape"]) == 4


def leads(session: Session) -> bool:
    """Tell whether the record's way is a heart's: there is no CT, and it moves, and is nothing else's yet."""
    if way.beats(session):
        return True
    return bool(cines(session)) and way.scan(session) is None and not session.structures()


def meshed(session: Session) -> bool:
    """Tell whether the mesh at hand is a ventricle's: with fibers inside its elements."""
    mesh = way.shape(session, "mesh")
    entry = session.entry(mesh.id) if mesh is not None else None
    return entry is not None and bool(entry.tree.get("axes_inside"))


def at_hand(session: Session) -> bool:
    """Tell whether a heart is what there is to simulate: its mesh is at hand, or nothing else was found."""
    alone = bool(session.of_kind("motion")) and not session.structures() and not session.of_kind("mesh")
    return alone or leads(session) or meshed(session)


def why_nothing_to_do(desk: Desk) -> str:
    """Return what can be done instead where Anatomy has nothing to do."""
    return "" if leads(desk.session) else way.why_nothing_to_do(desk)


# -- why not ---------------------------------------------------------------------------------------


def why_not_find(desk: Desk) -> str:
    """A cine MR is wanted."""
    if not cines(desk.session):
        return "Hearts are found in cine MR: open a study of it first."
    return _why_unknown(desk, FIND) or way.why_busy(desk, FIND)


def why_not_still(desk: Desk) -> str:
    """A CT and a line in it are wanted."""
    if way.scan(desk.session) is None:
        return "Ventricles are grown in a contrast CT: open one first."
    if not lines(desk.session):
        return "Draw a distance from the middle of the mitral valve to the apex first (D)."
    return _why_not(desk, STILL)


def lines(session: Session) -> list[Item]:
    """Return the distances that were measured: one may be a ventricle's axis."""
    entries = ((item, session.entry(item.id)) for item in session.of_kind("measurement"))
    return [item for item, entry in entries if entry is not None and entry.tree["kind"] == "distance"]


def why_not_scar(desk: Desk) -> str:
    """A motion and a still stack of MR slices are wanted."""
    missing = _why_without(desk, "motion", "Segment the heart first (Anatomy).")
    if missing:
        return missing
    if not still_stacks(desk.session):
        return (
            "Scar is found in a late enhancement series (MR, a stack of still slices), and there is none "
            "here. Labels of scar made elsewhere can be imported and chosen where the ventricle is meshed."
        )
    if late(desk) is None:
        return (
            "Nothing in the still MR series here says that one is late enhancement: choose it under "
            "“Scar” (Anatomy) if you know that it is."
        )
    return _why_not(desk, SCAR)


def still_stacks(session: Session) -> list[Item]:
    """Return the MR stacks that do not move, those that say that they are late enhancement first."""
    found = [item for item in session.of_kind("volume") if _still_stack(session, item)]
    return sorted(found, key=lambda item: not said_late(session, item))


def said_late(session: Session, item: Item) -> str:
    """Return by what a series says that it is late enhancement, in words; empty where nothing says so."""
    from segmentation.heart.late_series import says_late

    entry = session.entry(item.id)
    return "" if entry is None else says_late(entry.tree)


def late(desk: Desk) -> Item | None:
    """Return the late series: the one that was chosen, else one that says so (the shown, or the newest).

    None where none says so, and nobody has chosen: which it is is not guessed.
    """
    found = still_stacks(desk.session)
    chosen = next((item for item in found if item.id == desk.late), None)
    if chosen is not None:
        return chosen
    saying = [item for item in found if said_late(desk.session, item)]
    return desk.session.volume if desk.session.volume in saying else (saying[-1] if saying else None)


def _still_stack(session: Session, item: Item) -> bool:
    entry = session.entry(item.id)
    if entry is None or entry.tree["modality"] != "MR":
        return False
    shape: list[int] = entry.tree["voxels"]["shape"]
    return len(shape) == 3 and shape[0] > 1


def scars(session: Session) -> list[Item]:
    """Return the structures that can be taken as scar: all but the living muscle beside one."""
    return [item for item in session.structures() if item.name != "living muscle"]


def scar(desk: Desk) -> Item | None:
    """Return the structure that a ventricle's mesh takes as scar: the chosen one, else one called so."""
    found = scars(desk.session)
    if desk.scar is not None:
        return next((item for item in found if item.key == desk.scar), None)
    called = [item for item in found if "scar" in (item.name.lower(), item.term)]
    return called[-1] if called else None


def _scar_ref(desk: Desk) -> str:
    """Return how a mesh's input names its scar: with the muscle beside it, by which slices are put right."""
    chosen = scar(desk)
    if chosen is None:
        return ""
    beside = [item.name for item in desk.session.structures() if item.id == chosen.id]
    return chosen.id if chosen.name == "scar" and "living muscle" in beside else chosen.key


def why_not_mesh(desk: Desk) -> str:
    """A motion that is not stale is wanted."""
    return _why_without(desk, "motion", "Segment the heart first (Anatomy).") or _why_not(desk, MESH)


def why_not_fit(desk: Desk) -> str:
    """A ventricle's mesh with fibers is wanted."""
    mesh = way.shape(desk.session, "mesh")
    entry = desk.session.entry(mesh.id) if mesh is not None else None
    if entry is not None and entry.tree.get("axes") is None:
        return "This mesh has no fibers: mesh a ventricle (Anatomy)."
    return _why_without(desk, "mesh", "Mesh the ventricle first (Anatomy).") or _why_not(desk, FIT)


def why_not_beat(desk: Desk) -> str:
    """A heart that is not stale, and the step that solves it, are wanted."""
    return _why_without(desk, "heart", "There is no heart in this record.") or _why_not(desk, BEAT)


def why_not_segments(desk: Desk) -> str:
    """A heart is wanted."""
    return "" if way.shape(desk.session, "heart") is not None else "There is no heart in this record."


def segments(desk: Desk) -> None:
    """Show the heart at hand, and its segments by the thickness of the wall."""
    item = way.shape(desk.session, "heart")
    if item is not None:
        desk.session.go_to("simulate")
        desk.session.show(item.key)
        desk.beating.segments_asked.emit("thickness")


def _why_without(desk: Desk, kind: str, missing: str) -> str:
    item = way.shape(desk.session, kind)
    if item is None:
        return missing
    return f"The {kind} is stale ({item.stale}). Make it again first." if item.stale else ""


def _why_not(desk: Desk, step: str) -> str:
    return _why_unknown(desk, step) or way.why_busy(desk, step)


def _why_unknown(desk: Desk, step: str) -> str:
    return "" if known(desk, step) else f"This version has no step “{step}” yet."


def known(desk: Desk, step: str) -> bool:
    """Tell whether this program has a step; none is known before the steps are loaded."""
    if not desk.loaded_steps:
        return False
    try:
        steps.find(step)
    except UserError:
        return False
    return True


# -- what the buttons do ---------------------------------------------------------------------------


def find(desk: Desk) -> None:
    """Find the ventricles in all cines."""
    desk.start("Segment the heart", _plan(desk, FIND, "motion", "Segmenting the heart"), key=FIND)


def find_still(desk: Desk) -> None:
    """Find the left ventricle's blood in a CT along the line at hand, and grow a wall about it."""
    desk.start("Segment the ventricle", _plan(desk, STILL, "motion", "Segmenting the ventricle"), key=STILL)


def find_scar(desk: Desk) -> None:
    """Find scar in the late series at hand, and show it over that."""
    motion, series = way.shape(desk.session, "motion"), late(desk)
    if motion is not None and series is not None:
        params = dict(desk.params_of(SCAR))
        desk.start("Find scar", _scar_plan(desk, series.id, motion.id, params), key=SCAR)


def _scar_plan(desk: Desk, series: str, motion: str, params: dict[str, Any]) -> Plan:
    inputs = {"late": series, "motion": motion}
    into = way.made_before(desk.session, SCAR, inputs)
    yield desk.job(SCAR, inputs, params, into=into, title="Finding scar")
    desk.scar = None
    desk.session.show(series)


def mesh(desk: Desk) -> None:
    """Mesh the ventricle of the motion at hand, with the scar that is chosen."""
    desk.start("Mesh the ventricle", _plan(desk, MESH, "mesh", "Meshing the ventricle"), key=MESH)


def fit(desk: Desk) -> None:
    """Make the heart of the mesh at hand, and fit it."""
    desk.start("Fit the heart", _plan(desk, FIT, "heart", "Fitting the heart"), key=FIT)


def beat(desk: Desk) -> None:
    """Solve a beat of the heart at hand in full, with what is asked of it."""
    plan = _beat_plan(desk, inputs_of(desk.session, BEAT), _asked(desk))
    desk.start("Solve the beat", plan, key=BEAT)


def _asked(desk: Desk) -> dict[str, Any]:
    """Return what is asked of a full beat: what no hand has moved is the patient's own."""
    return desk.params_of(BEAT) | desk.beating.what_if.values


def solved(desk: Desk) -> str:
    """Return the newest full beat of the heart at hand with exactly what is asked of it now; empty: none."""
    heart, session = desk.beating.item, desk.session
    if heart is None or not desk.beating.what_if.values:
        return ""
    for item in reversed(session.of_kind("result")):
        made = None if item.stale else session.maker(item.id)
        of = made.inputs.get("heart", {}).get("id") if made is not None else None
        if made is not None and of == heart.id and asks_alike(made, _asked(desk)):
            return item.id
    return ""


def asked_before(desk: Desk, what: Literal["undo", "redo"]) -> bool:
    """Tell whether undoing is of what hands ask of the heart at hand, and not of the record."""
    trail, here = desk.beating.what_if.trail, desk.session.workspace == "simulate"
    return here and bool(trail.past if what == "undo" else trail.future)


def _beat_plan(desk: Desk, inputs: dict[str, str], params: dict[str, Any]) -> Plan:
    """Solve a beat, and say that it is ready: nothing is taken out of the hands that work on the live one.

    A beat under other sliders is another beat: both are kept.
    """
    entry = yield desk.job(BEAT, inputs, params, title="Solving the beat")
    made = way.made_of(entry, "result")
    told = conditions_of(desk.session, made)
    message = f"The full beat is ready: {told}." if told else "The full beat is ready."
    desk.ready.emit(message, "Show", lambda: look_at(desk, made))


def look_at(desk: Desk, id: str) -> None:
    """Show a heart or its full beat, alone, in its own task."""
    if desk.session.item(id) is not None:
        desk.session.go_to("simulate")
        desk.session.select(id)
        desk.session.show_only(id)


def _plan(desk: Desk, step: str, makes: str, title: str) -> Plan:
    """Run a step on what is at hand now: it may wait for other work, and hands go on to other things."""
    inputs = mesh_inputs(desk) if step == MESH else inputs_of(desk.session, step)
    return _made(desk, step, inputs, dict(desk.params_of(step)), makes, title)


def _made(
    desk: Desk, step: str, inputs: dict[str, str], params: dict[str, Any], makes: str, title: str
) -> Plan:
    into = way.made_before(desk.session, step, inputs)
    entry = yield desk.job(step, inputs, params, into=into, title=title)
    made = way.made_of(entry, makes)
    way.show_made(desk, made)
    desk.session.show_only(made)  # other things may have come with it


def mesh_inputs(desk: Desk) -> dict[str, str]:
    """Return what a ventricle is meshed from: the motion at hand, and the scar that is chosen."""
    inputs = inputs_of(desk.session, MESH) | {"scar": _scar_ref(desk)}
    return {name: ref for name, ref in inputs.items() if ref}


def inputs_of(session: Session, step: str) -> dict[str, str]:
    """Return for each input of a step the entity at hand of its kind, or all that fit where it takes many."""
    found: dict[str, str] = {}
    for wanted in steps.find(step).inputs:
        fits = [i for i in session.of_kind(wanted.kind) if _fits(session, wanted, i)]
        if wanted.many:
            found |= {f"{wanted.name} {n}": item.id for n, item in enumerate(fits, 1)}
            continue
        here = way.shape(session, wanted.kind)
        chosen = here if here in fits else (fits[-1] if fits else None)
        if chosen is not None:
            found[wanted.name] = chosen.id
        elif not wanted.optional:
            raise UserError(f"{steps.find(step).title} needs a {wanted.kind}, and there is none.")
    return found


def _fits(session: Session, wanted: steps.Input, item: Item) -> bool:
    entry = session.entry(item.id)
    return entry is not None and (wanted.fits is None or wanted.fits(entry.tree))
