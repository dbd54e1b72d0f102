"""The way from a scan to stresses: what each button does, and why it cannot be pressed yet.

Each ``why_not_*`` returns an empty string or the reason a tooltip shows; each ``*_plan`` is the
work its button starts.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from desktop.loads import TURNABLE, arrows_of
from desktop.session import CONFIRM_SIDE, Item, Session, sizes_of
from twin import steps
from twin.errors import UserError
from twin.params import parse

if TYPE_CHECKING:
    from desktop.desk import Desk
    from desktop.queue import Plan
    from twin.domain import Volume
    from twin.record import LogEntry

BONE = "segmentation.bone"
SURFACE = "mesh.surface"
TETRAHEDRA = "mesh.tetrahedra"
LANDMARKS = "physics.femur_landmarks"
MODEL = "physics.femur_model"
SOLVE = "physics.solve"
RENAME_STRUCTURE = "labelmap.rename_structure"
COLOR_STRUCTURE = "labelmap.color_structure"
MODALITY = "volume.confirm_modality"
LABELS = "volume.take_as_labels"
REFERENCE = "reference"
"""Work that is no step: the reference patient is made."""

SHOWN_AT_ONCE = 8
"""Of so many of the largest structures a surface is made right after the segmentation."""


# -- what is at hand -------------------------------------------------------------------------------


def scan(session: Session) -> Item | None:
    """Return the CT in Hounsfield units that is shown, or the newest one."""
    trees = [(i, _tree(session, i)) for i in session.of_kind("volume")]
    found = [i for i, tree in trees if tree.get("modality") == "CT" and tree.get("unit") == "HU"]
    shown = session.volume
    return shown if shown in found else (found[-1] if found else None)


def silent(session: Session) -> Item | None:
    """Return the image that is shown where its file does not say what its values are."""
    shown = session.volume
    tree = _tree(session, shown) if shown else {}
    says = tree.get("modality", "") not in ("", "CT") or tree.get("unit") or tree.get("color")
    return shown if shown and tree and not says and not _holds_labels(session.get(shown.id)) else None


_labels_in: WeakKeyDictionary[Volume, bool] = WeakKeyDictionary()
"""Whether images that were shown hold labels: it takes a look at every voxel."""


def _holds_labels(volume: Volume | None) -> bool:
    """Tell whether the values of an image look like labels; False while it is being read."""
    from twin.sources.grid import labels_in

    if volume is None:
        return False
    if volume not in _labels_in:
        _labels_in[volume] = volume.voxels.ndim == 3 and labels_in(volume.voxels) > 0
    return _labels_in[volume]


def structure(session: Session) -> Item | None:
    """Return the structure at hand: the selected one, else the last that was meshed, else the first femur."""
    here = session.structures()
    chosen = session.item(session.selection)
    meshed = [i for i in session.items if i.kind in ("mesh", "model", "result")]
    for at_hand in (chosen, *meshed[-1:]):
        same = [i for i in here if at_hand is not None and at_hand.structure == i.structure]
        if same:
            return same[-1]
    found = [i for i in here if i.term == "femur"] or ([] if beats(session) else list(here))
    return found[0] if found else None


def beats(session: Session) -> bool:
    """Tell whether the record is a heart's: one moves in it, and there is no CT."""
    return bool(session.of_kind("motion") or session.of_kind("heart")) and scan(session) is None


def shape(session: Session, kind: str) -> Item | None:
    """Return the newest entity of a kind that belongs to the structure at hand."""
    chosen = session.item(session.selection)
    if chosen is not None and chosen.kind == kind and not chosen.part:
        return chosen
    here = structure(session)
    name = (chosen.structure if chosen is not None else "") or (here.structure if here is not None else "")
    kin = list(session.of_kind(kind))
    found = [i for i in kin if not name or i.structure == name] or (kin if beats(session) else [])
    return found[-1] if found else None


def unconfirmed(session: Session) -> list[Item]:
    """Return the structures whose side the scan does not settle."""
    return [i for i in session.structures() if i.side == "unconfirmed"]


def _tree(session: Session, item: Item) -> dict[str, Any]:
    entry = session.entry(item.id)
    return entry.tree if entry else {}


# -- why not ---------------------------------------------------------------------------------------


def why_not_segment(desk: Desk) -> str:
    """A CT is wanted."""
    if desk.session.record is None:
        return "Open a CT first."
    if scan(desk.session) is None:
        asked = silent(desk.session)
        if asked is not None:
            return f"Bone is segmented from a CT. If “{asked.name}” is one, say so: “Treat as CT”."
        return "Bone is segmented from a CT, and there is none in this record."
    return why_busy(desk, BONE)


def why_nothing_to_do(desk: Desk) -> str:
    """Return what can be done instead where Anatomy has nothing to do: it wants a CT, or structures."""
    session = desk.session
    if scan(session) is not None or silent(session) is not None or session.structures():
        return ""
    return (
        "Bone is found in a CT, and there is none here. This image can be measured, compared and looked "
        "through in 3-D; a segmentation made elsewhere can be imported (Ctrl+O) and shown with it."
    )


def why_not_ct(desk: Desk) -> str:
    """An image whose file is silent is wanted."""
    if desk.session.volume is None:
        return "Open an image first."
    if _holds_labels(desk.session.get(desk.session.volume.id)):
        return "The image that is shown holds labels, few whole numbers from 0 on: no Hounsfield units."
    return "" if silent(desk.session) else "The image that is shown says what made it."


def why_not_labels(desk: Desk) -> str:
    """An image of few whole numbers is wanted."""
    shown = desk.session.volume
    if shown is None:
        return "Open an image first."
    if desk.session.get(shown.id) is None:
        return "The image is being read."
    holds = _holds_labels(desk.session.get(shown.id))
    return "" if holds else "The image that is shown holds no labels: few whole numbers from 0 on."


def why_not_surfaces(desk: Desk) -> str:
    """A structure without a surface is wanted."""
    if not desk.session.structures():
        return "Segment bone first: a surface is made of a structure."
    return why_busy(desk, SURFACE) or ("" if unseen(desk) else "Every structure has its surface.")


def why_not_mesh(desk: Desk) -> str:
    """A structure is wanted."""
    if not desk.session.structures():
        return "Segment bone first: a mesh is made from a structure."
    return why_busy(desk, TETRAHEDRA)


def why_not_side(desk: Desk) -> str:
    """A structure whose side is unconfirmed is wanted."""
    if not unconfirmed(desk.session):
        return "The side of every structure is settled."
    return ""


def why_not_load(desk: Desk) -> str:
    """A femur's mesh with a settled side is wanted."""
    mesh = shape(desk.session, "mesh")
    if mesh is None:
        return "Make a mesh of a femur first (Anatomy)."
    if mesh.side == "unconfirmed":
        return f"Say first which side {mesh.structure} is (Anatomy): the loads depend on it."
    if mesh.term not in ("", "bone", "femur"):
        return f"Walking and stairs loads are for a femur, and this is a {mesh.term}."
    if mesh.stale:
        return f"The mesh is stale ({mesh.stale}). Make it again first."
    if scan(desk.session) is None:
        return "The material comes from a CT's densities, and there is no CT in this record."
    return why_busy(desk, MODEL)


def why_not_solve(desk: Desk) -> str:
    """A model that is not stale is wanted."""
    model = shape(desk.session, "model")
    if model is None:
        return "Place the load and the supports first, and look at the arrows."
    if model.stale:
        return f"The model is stale ({model.stale}). Make it again first."
    if why_busy(desk, MODEL):
        return "The load is being placed or turned: wait for it, or stop it (strip below)."
    return why_busy(desk, SOLVE)


def why_not_report(desk: Desk) -> str:
    """A result that is not stale is wanted."""
    result = shape(desk.session, "result")
    if result is None:
        told = any(desk.session.of_kind(kind) for kind in ("motion", "heart"))  # these bear numbers too
        return "" if told else "There is no result to report yet: solve first (Simulate)."
    if result.stale:
        return f"The result is stale ({result.stale}). Make it again first."
    return ""


def why_busy(desk: Desk, key: str) -> str:
    """Return that work of this kind runs or waits, or nothing."""
    return "This is being done: see the strip below." if any(w.key == key for w in desk.queue.works) else ""


# -- what the buttons do ---------------------------------------------------------------------------


def segment(desk: Desk) -> None:
    """Segment bone in the CT at hand."""
    volume = scan(desk.session)
    if volume is not None:
        desk.start("Segment bone", _segment_plan(desk, volume), key=BONE)


def treat_as_ct(desk: Desk) -> None:
    """Say that the image that is shown is a CT; where its values do not look so, ask once more."""
    item = silent(desk.session)
    if item is not None:
        _say_ct(desk, item.id)


def _say_ct(desk: Desk, id: str, **said: Any) -> None:
    from twin.hounsfield import NotHounsfield

    try:
        desk.edit_entity(MODALITY, id, modality="CT", **said)
    except NotHounsfield as error:
        more: dict[str, Any] = {"add_hu": error.add_hu} if error.add_hu else {"assume_hu": True}
        added = f"{error.add_hu:+.0f}".replace("-", "−")
        label = f"It is a CT: add {added} HU" if error.add_hu else "It is in HU all the same"
        again = functools.partial(_say_ct, desk, id, **more)
        desk.offered.emit(error, label, functools.partial(desk.guard, again))


def take_as_labels(desk: Desk) -> None:
    """Make structures of the image that is shown, and show them."""
    shown = desk.session.volume
    if shown is not None:
        desk.edit(LABELS, {"volume": shown.id}, {})


def surfaces(desk: Desk) -> None:
    """Make a surface of every structure that has none."""
    desk.start("Show all in 3-D", _surfaces_plan(desk, unseen(desk)), key=SURFACE)


def unseen(desk: Desk) -> list[Item]:
    """Return the structures without a fresh surface: bones with a name first, then the largest."""
    session = desk.session
    made = {i.structure for i in session.of_kind("surface") if not i.stale}
    sizes = {
        (labels.id, one["name"]): float(one.get("volume_ml", 0.0))
        for labels in session.of_kind("labelmap")
        for one in sizes_of(session, labels.id)
    }
    left = [i for i in session.structures() if i.structure not in made]
    return sorted(left, key=lambda i: (i.term in ("", "bone"), -sizes.get((i.id, i.part), 0.0)))


def _surfaces_plan(desk: Desk, items: list[Item]) -> Plan:
    for item in items:
        if desk.session.item(item.key) is not None:
            yield _surface_job(desk, item)


def mesh(desk: Desk) -> None:
    """Make a surface and tetrahedra of the structure at hand."""
    here = structure(desk.session)
    if here is not None:
        desk.start("Make a mesh", _mesh_plan(desk, here), key=TETRAHEDRA)


def load(desk: Desk) -> None:
    """Find the landmarks and place load and supports on the mesh at hand."""
    here = shape(desk.session, "mesh")
    if here is not None:
        desk.start("Place load and supports", _load_plan(desk, here), key=MODEL)


def solve(desk: Desk) -> None:
    """Solve the model at hand."""
    here = shape(desk.session, "model")
    if here is not None:
        desk.start("Solve", _solve_plan(desk, here), key=SOLVE)


def turn_load(desk: Desk, model_id: str, direction: NDArray[np.float64]) -> None:
    """Make a model again with its hip force along another direction (LPS); its results are stale then."""
    from physics.femur.turning import turn_angles

    model, made = desk.session.load(model_id), desk.session.maker(model_id)
    if made is None or made.step != MODEL or model.landmarks is None:
        raise UserError(
            "This load cannot be turned by hand.", "Make the model here, by “Place load and supports”."
        )
    arrow = next(a for a in arrows_of(model, desk.results.case) if a.name == TURNABLE)
    turns = turn_angles(model.landmarks.axes, arrow.force, direction, made.params)
    most = next(p.high for p in steps.find(MODEL).parameters if p.name in turns) or 180.0
    if max(abs(angle) for angle in turns.values()) > most:
        raise UserError(
            f"The hip force turns by {most:g}° about each of the femur's axes at the most.",
            "It is back where it was: turn it less.",
        )
    desk.start("Turn the load", _turn_plan(desk, model_id, made, made.params | turns), key=MODEL)


def _turn_plan(desk: Desk, model_id: str, made: LogEntry, params: dict[str, Any]) -> Plan:
    inputs = {name: used["id"] for name, used in made.inputs.items()}
    role = next(role for role, output in made.outputs.items() if output["id"] == model_id)
    yield desk.job(MODEL, inputs, params, into={role: model_id}, title="Turning the load")
    show_made(desk, model_id)


def confirm_side(desk: Desk, item: Item, side: str) -> None:
    """Settle the side of a structure by hand, in its surface too."""
    declared = steps.find(CONFIRM_SIDE)
    desk.edit(declared.name, {declared.inputs[0].name: item.id}, {"structure": item.part, "side": side})
    _make_surfaces_again(desk, item)


def rename(desk: Desk, item: Item, name: str) -> None:
    """Give an entity, or one structure of a labelmap, another name; its surface bears it too."""
    if not item.part:
        desk.edit_entity("record.rename", item.id, name=name)
        return
    desk.edit_entity(RENAME_STRUCTURE, item.id, structure=item.part, name=name)
    _make_surfaces_again(desk, item)


def recolor(desk: Desk, item: Item, color: str) -> None:
    """Give an entity, or one structure of a labelmap, another color (``#rrggbb``)."""
    if item.part:
        desk.edit_entity(COLOR_STRUCTURE, item.id, structure=item.part, color=color)
    else:
        desk.edit_entity("record.color", item.id, color=color)


def _make_surfaces_again(desk: Desk, item: Item) -> None:
    """Make the surfaces of a structure that got another name again: they bear it."""
    for surface in desk.session.of_kind("surface"):
        if surface.structure == item.structure and surface.stale:
            desk.make_again(surface.id)


def _segment_plan(desk: Desk, volume: Item) -> Plan:
    entry = yield _job(desk, BONE, {"volume": volume.id}, "Segmenting bone")
    made = made_of(entry, "labelmap")
    chosen, parts = desk.session.item(desk.session.selection), _parts(desk.session, made)
    if parts and (chosen is None or chosen.structure not in [i.structure for i in parts]):
        femurs = [i for i in parts if i.term == "femur"]
        desk.session.select((femurs or parts)[0].key)
    for name in _largest(entry.summary):
        here = desk.session.item(f"{made}/{name}")
        if here is not None:
            yield _surface_job(desk, here)


def _largest(summary: Mapping[str, Any]) -> list[str]:
    """Return the names of the largest structures, to be shown in 3-D at once."""
    listed = sorted(summary.get("structures") or (), key=lambda s: -s.get("volume_ml", 0.0))
    return [s["name"] for s in listed[:SHOWN_AT_ONCE]]


def _surface_job(desk: Desk, item: Item) -> Any:
    sources = {"labelmap": item.key} | _scan_of(desk.session)
    return _job(desk, SURFACE, sources, f"Surface of the {item.part}")


def _mesh_plan(desk: Desk, item: Item) -> Plan:
    name = item.part
    sources = {"labelmap": item.key} | _scan_of(desk.session)
    known = _surface_at_hand(desk, item)
    sources["surface"] = known or made_of((yield _surface_job(desk, item)), "surface")
    entry = yield _job(desk, TETRAHEDRA, sources, f"Meshing the {name}")
    show_made(desk, made_of(entry, "mesh"))


def _surface_at_hand(desk: Desk, item: Item) -> str | None:
    """Return the structure's surface where it was made with the parameters that the form holds now."""
    wanted = vars(parse(steps.find(SURFACE).params, desk.params_of(SURFACE)))
    for found in reversed(desk.session.of_kind("surface")):
        made = desk.session.maker(found.id)
        if found.structure != item.part or found.stale or made is None or made.step != SURFACE:
            continue
        source = next(iter(made.inputs.values()), {})
        if source.get("id") == item.id and all(made.params.get(n) == v for n, v in wanted.items()):
            return found.id
    return None


def _load_plan(desk: Desk, item: Item) -> Plan:
    sources = _sources_of(desk.session, item)
    if "landmarks" not in sources:
        entry = yield _job(desk, LANDMARKS, sources, f"Landmarks of the {item.structure}")
        sources["landmarks"] = made_of(entry, "landmarks")
    entry = yield _job(desk, MODEL, sources, "Placing load and supports")
    show_made(desk, made_of(entry, "model"))


def _solve_plan(desk: Desk, item: Item) -> Plan:
    entry = yield _job(desk, SOLVE, {"model": item.id}, f"Solving the {item.structure}")
    show_made(desk, made_of(entry, "result"))


def show_made(desk: Desk, id: str) -> None:
    """Select what a job made, unless the user has gone on to another structure: buttons act on that one."""
    made, chosen = desk.session.item(id), desk.session.item(desk.session.selection)
    if made is not None and (chosen is None or chosen.structure in ("", made.structure)):
        desk.session.select(id)


# -- inputs and outputs ----------------------------------------------------------------------------


def _job(desk: Desk, step: str, sources: Mapping[str, str], title: str) -> Any:
    """Return a job of a step with what its form holds.

    What the step made of the same inputs before is replaced, so that all that follows from it is stale.
    """
    inputs = inputs_for(step, sources)
    return desk.job(
        step, inputs, desk.params_of(step), into=made_before(desk.session, step, inputs), title=title
    )


def made_before(session: Session, step: str, inputs: Mapping[str, str]) -> dict[str, str]:
    """Return, by role, what a step made of these inputs; what a hand has changed since is left alone."""
    here = {entry.id for entry in session.entries}
    for entry in reversed(session.entries):
        made = session.maker(entry.id)
        if made is None or made.step != step:
            continue
        used = {name: "/".join(filter(None, (u["id"], u["part"]))) for name, u in made.inputs.items()}
        if used == inputs:
            return {role: out["id"] for role, out in made.outputs.items() if out["id"] in here}
    return {}


def inputs_for(step: str, sources: Mapping[str, str]) -> dict[str, str]:
    """Give each input of a step the source of its kind; optional ones may stay empty."""
    found = {}
    for wanted in steps.find(step).inputs:
        if sources.get(wanted.kind):
            found[wanted.name] = sources[wanted.kind]
        elif not wanted.optional:
            raise UserError(f"{steps.find(step).title} needs a {wanted.kind}, and there is none.")
    return found


def made_of(entry: Any, kind: str) -> str:
    """Return the id of the last entity of a kind that a step made, by its log entry."""
    return next((o["id"] for o in reversed(entry.outputs.values()) if o["kind"] == kind), "")


def _sources_of(session: Session, item: Item) -> dict[str, str]:
    """Return what belongs to a mesh: scan, labels, surface and landmarks of its structure, the newest."""
    sources = {"mesh": item.id} | _scan_of(session)
    for kind in ("surface", "landmarks"):
        found = [i for i in session.of_kind(kind) if i.structure == item.structure and not i.stale]
        if found:
            sources[kind] = found[-1].id
    labels = [i for i in session.structures() if i.structure == item.structure]
    if labels:
        sources["labelmap"] = labels[-1].key
    return sources


def _scan_of(session: Session) -> dict[str, str]:
    volume = scan(session)
    return {"volume": volume.id} if volume else {}


def _parts(session: Session, id: str) -> list[Item]:
    return [i for i in session.structures() if i.id == id]
