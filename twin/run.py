"""Running steps on a record: binding inputs, running, making again, replaying on another patient."""

import inspect
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from twin import params as parameters
from twin import steps
from twin.domain import Entity, Identity
from twin.errors import UserError
from twin.process import peak_mb
from twin.progress import Progress
from twin.record import Call, Entry, LogEntry, Record, Ref, parts, reference
from twin.record.history import makers
from twin.steps import Input, Made, Step


def prepare(
    record: Record,
    step: str,
    inputs: dict[str, str] | None = None,
    params: Any = None,
    *,
    name: str = "",
    into: dict[str, str] | None = None,
) -> Call:
    """Bind a step to a record: which entities it takes, with which parameters.

    Parameters
    ----------
    inputs : dict of str to str
        ``ID``, ``NAME`` or ``NAME/PART`` by input; one that only one entity can be need not be given.
    params : dict or the step's params dataclass
    name : str
        What its (first) output is to be called.
    into : dict of str to str
        By role, the entity whose content that output replaces.

    Raises
    ------
    UserError
        Where an input is unknown, missing, of the wrong kind, or could be several.
    """
    found = steps.find(step)
    given = dict(inputs or {})
    for one in given:
        if not any(i.holds(one) for i in found.inputs):
            there = ", ".join(i.name for i in found.inputs) or "none"
            raise UserError(f"The step “{step}” has no input “{one}”.", f"Its inputs are: {there}.")
    refs: dict[str, Ref] = {}
    for wanted in found.inputs:
        if wanted.many:
            named = [given[one] for one in sorted(given, key=_number) if wanted.holds(one)]
            refs |= _bind_many(record, found, wanted, named)
            continue
        ref = _bind(record, found, wanted, given.get(wanted.name, ""))
        if ref is not None:
            refs[wanted.name] = ref
    if params is None or isinstance(params, dict):
        params = parameters.parse(found.params, params or {})
    elif not isinstance(params, found.params):
        raise TypeError(f"{step} takes {found.params.__name__}, not {type(params).__name__}")
    replaced = {role: record.find(ref).id for role, ref in (into or {}).items()}
    if found.edits:
        edited = refs[found.edits]
        if edited.part:
            raise UserError(f"“{step}” changes “{edited.name}” as a whole.", "Name it without a part.")
        replaced[found.edits] = edited.id
    return Call(found.name, found.version, params, refs, {"": name} if name else {}, replaced)


def _number(key: str) -> int:
    """Return the place of one of many inputs: ``cines 2`` is the second."""
    number = key.rpartition(" ")[2]
    return int(number) if number.isdecimal() else 0


def _bind_many(record: Record, step: Step, wanted: Input, given: list[str]) -> dict[str, Ref]:
    """Return the entities that one input takes, under numbered names: those named, else all that fit."""
    if given:
        found = [ref for ref in (_bind(record, step, wanted, one) for one in given) if ref is not None]
    else:
        found = [Ref(e.id, e.name, e.digest) for e in _fitting(record, wanted)]
    if not found and not wanted.optional:
        raise UserError(
            f"“{step.name}” needs {wanted.name} (at least one {wanted.kind}), and there is none.",
            _makers_of(wanted.kind),
        )
    return {f"{wanted.name} {n}": ref for n, ref in enumerate(dict.fromkeys(found), 1)}


def _bind(record: Record, step: Step, wanted: Input, given: str) -> Ref | None:
    if given:
        ref = reference.refer(record.entries(), given, record.path.name)
        kind = record.find(ref.id).kind
        kind = parts.kind(kind) if ref.part else kind
        if wanted.kind not in ("any", kind):
            raise UserError(
                f"“{wanted.name}” of “{step.name}” takes a {wanted.kind}; “{ref}” is a {kind}.",
                _candidates(record, wanted),
            )
        return ref
    if wanted.optional:
        return None
    fitting = _fitting(record, wanted)
    if len(fitting) == 1:
        return Ref(fitting[0].id, fitting[0].name, fitting[0].digest)
    named = "" if wanted.name == wanted.kind else f"{wanted.name}: "
    needs = f"“{step.name}” needs {named}a {wanted.kind}"
    if len(fitting) > 1:
        raise UserError(f"{needs}, and there are several.", _candidates(record, wanted))
    kin = [e for e in record.entries() if e.kind == wanted.kind]
    if not kin:
        raise UserError(f"{needs}, and {record.path.name} holds none yet.", _makers_of(wanted.kind))
    raise UserError(
        f"{needs}, and nothing says of a {wanted.kind} in {record.path.name} that it is such a one.",
        f"Import one; or name one of these, if you know that it is: {_listed(kin)}.",
    )


def _makers_of(kind: str) -> str:
    """Return in words what makes an entity of that kind: the steps that declare it, or an import."""
    found = [s.name for s in steps.catalogue() if kind in s.makes]
    makers = [name for name in found if not name.startswith("import.")]
    if not makers:
        return "Import one first."
    return f"Run {' or '.join(makers)} first{', or import one' if len(makers) < len(found) else ''}."


def _fitting(record: Record, wanted: Input) -> list[Entry]:
    kin = [e for e in record.entries() if wanted.kind in ("any", e.kind)]
    return [e for e in kin if wanted.fits is None or wanted.fits(e.tree)]


def _candidates(record: Record, wanted: Input) -> str:
    names = _listed(_fitting(record, wanted))
    return f"Name one of: {names}." if names else f"There is no {wanted.kind} here."


def _listed(entries: list[Entry]) -> str:
    return ", ".join(f"{e.id} “{e.name}”" for e in entries)


def execute(call: Call, load: Callable[[Ref], Entity], progress: Progress) -> Made:
    """Run a step's function; nothing is written. A job's worker does the same.

    Where the step leaves an output's frame of reference or identity empty, and only there, it takes
    the one of the step's first input (in the order declared) that has it, unless the inputs
    contradict each other: then it stays empty.

    Parameters
    ----------
    load : callable (Ref) -> entity
        Gets an input; not called for inputs that the step takes as ``Ref``.
    """
    step = steps.find(call.step)
    if step.version != call.version:
        raise UserError(
            f"“{call.step}” is of version {step.version} here, not {call.version}.", "Prepare it anew."
        )
    values: dict[str, Any] = {i.name: None for i in step.inputs}
    entities: list[Any] = []
    for wanted in step.inputs:
        refs = [call.inputs[key] for key in sorted(call.inputs, key=_number) if wanted.holds(key)]
        loaded = [ref if wanted.kind == "any" else load(ref) for ref in refs]
        entities += [v for v in loaded if not isinstance(v, Ref)]
        if loaded:
            values[wanted.name] = tuple(loaded) if wanted.many else loaded[0]
    takes = inspect.signature(step.function).parameters
    more = {"params": call.params, "progress": progress}
    values |= {key: value for key, value in more.items() if key in takes}
    made = step.function(**values)
    return replace(made, outputs={role: _placed(out, entities) for role, out in made.outputs.items()})


def _placed(output: Entity, inputs: list[Entity]) -> Entity:
    new: dict[str, Any] = {}
    frames = {i.frame_of_reference for i in inputs} - {""}
    if not output.frame_of_reference and len(frames) == 1:
        new["frame_of_reference"] = frames.pop()
    nobody = Identity()
    identities = [i.identity for i in inputs if i.identity != nobody]
    people = {(i.patient_id, i.patient_name, i.birth_date) for i in identities}
    if output.identity == nobody and len(people) == 1:
        new["identity"] = identities[0]
    return replace(output, **new) if new else output


def run(record: Record, call: Call, progress: Progress | None = None) -> LogEntry:
    """Run a step in this process and commit what it made.

    ``peak_mb`` in the log is this process's highest memory so far, other work included.
    """
    start = time.perf_counter()
    made = execute(call, record.load_ref, progress or Progress())
    return record.commit(call, made, time.perf_counter() - start, peak_mb())


def remake(record: Record, ref: str, *, lose_edits: bool = False) -> Call:
    """Return the call that makes an entity's content again from its inputs as they are now.

    Same step, same parameters; the outputs replace those of the first time where they are still there.

    Parameters
    ----------
    lose_edits : bool
        Go on although the entity was edited after it was made: the edits are lost (undo brings them back).

    Raises
    ------
    UserError
        Where it came from a file, an input is gone or itself stale, or edits would be lost.
    """
    entry = record.find(ref)
    state = {e.id: e for e in record.entries()}
    lineage = makers(record.history, entry)
    first, edits = lineage[0], lineage[1:]
    if not first.inputs:
        raise UserError(f"“{entry.name}” was not made from anything here.", "Import it again.")
    if edits and not lose_edits:
        what = ", ".join(dict.fromkeys(e.step for e in edits))
        raise UserError(
            f"“{entry.name}” was changed by hand after it was made ({what}); made again, it would lose that."
        )
    inputs = {}
    for role, used in first.inputs.items():
        now = state.get(used["id"])
        if now is None:
            raise UserError(
                f"“{used['name']}”, from which “{entry.name}” was made, was removed.", "Undo that."
            )
        if now.stale:
            raise UserError(
                f"“{now.name}”, from which “{entry.name}” was made, is itself out of date: {now.stale}.",
                f"Make “{now.name}” again first.",
            )
        inputs[role] = f"{now.id}/{_same_part(record, used, now)}" if used["part"] else now.id
    into = {
        role: o["id"] for role, o in first.outputs.items() if o["id"] in state and role != _edits(first.step)
    }
    call = prepare(record, first.step, inputs, first.params, into=into)
    # What the user called it stays; what the step called it is for the step to say again.
    kept = {
        role: state[id].name
        for role, id in into.items()
        if state[id].name != first.outputs[role]["name"] or role in first.names or "" in first.names
    }
    return replace(call, names=kept)


def _edits(step: str) -> str:
    return steps.find(step).edits


def _same_part(record: Record, used: dict[str, Any], now: Entry) -> str:
    """Return what the part that was used is called now: a confirmed side changes its name."""
    part: str = used["part"]
    if part in now.parts or now.kind != "labelmap":
        return part
    before = {s["name"]: s for s in record.shelf.about(used["digest"]).tree["structures"]}
    old = before.get(part, {})
    same = [
        s["name"]
        for s in now.tree["structures"]
        if [s.get(k) for k in ("label", "layer", "term")] == [old.get(k) for k in ("label", "layer", "term")]
    ]
    return same[0] if len(same) == 1 else part


def remake_order(record: Record, ref: str) -> tuple[str, ...]:
    """Return the ids to make again, in order, until the entity is no longer stale (itself the last)."""
    state = {e.id: e for e in record.entries()}
    order: list[str] = []

    def visit(id: str) -> None:
        if id in order or id not in state or not state[id].stale:
            return
        for entry in makers(record.history, state[id]):
            for used in entry.inputs.values():
                if used["id"] != id:
                    visit(used["id"])
        order.append(id)

    visit(record.find(ref).id)
    return tuple(order)


def replay(source: Record, target: Record, bind: dict[str, str] | None = None) -> Iterator[Call]:
    """Yield the steps that lead to a record's state, bound to another patient's record.

    Each call is to be run and committed to ``target`` before the next is asked for. What the source
    imported is not imported again but stands for what the target holds: its only volume of that
    modality (or only entity of that kind), unless ``bind`` says which. Parameters that hold for the
    source's patient alone (``patient_specific``) are left at their defaults.

    Parameters
    ----------
    bind : dict of str to str
        Entity of the source (id or name, or with ``/PART``) to entity (or part) of the target. What a
        step made and is bound is not made again.

    Raises
    ------
    UserError
        Where something of the source has no equal in the target (it names the candidates), or was said
        of the source's patient and must be said of the target's: a side.
    """
    from twin.replay import Replay

    yield from Replay(source, target, bind or {}).calls()
