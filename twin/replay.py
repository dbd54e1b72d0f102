"""Running the steps of one patient's record on another's."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from twin import run, steps
from twin.errors import UserError
from twin.params import Parameter
from twin.record import Call, Entry, LogEntry, Record


class Replay:
    """What of the source stands for what in the target, as the replay goes on.

    Parameters
    ----------
    bind : dict of str to str
        As in ``twin.run.replay``.
    """

    def __init__(self, source: Record, target: Record, bind: dict[str, str]) -> None:
        self._source, self._target = source, target
        self._bind = self._by_id(bind)
        self._made: dict[str, str] = {}
        self._imported: dict[str, dict[str, Any]] = {}
        self._used: set[str] = set()
        """Ids in the target that stand for something imported."""
        self._bound_ids: set[str] = set()
        """Ids in the source of what was not made anew: imported and then used, or bound."""

    def calls(self) -> Iterator[Call]:
        """Yield one call after the other; each is to be committed before the next is asked for."""
        for entry in self._source.history.chain():
            if not entry.inputs:
                for output in entry.outputs.values():
                    self._imported[output["id"]] = output
                continue
            if self._all_bound(entry) or self._drawn(entry):
                continue
            if not set(entry.attributes) <= set(self._made) - self._bound_ids:
                continue  # names and colors of the source's images are not the target's
            yield (call := self._call(entry))
            self._follow(entry, call)

    def _by_id(self, bind: dict[str, str]) -> dict[str, str]:
        """Return what is bound by the source's ids (and parts), whatever its names were or are."""
        names: dict[str, str] = {}
        for entry in self._source.history.chain():
            for output in entry.outputs.values():
                names |= {output["id"]: output["id"], output["name"]: output["id"]}
            names |= {change["name"]: id for id, change in entry.attributes.items() if "name" in change}
        names |= {e.name: e.id for e in self._source.entries()}
        bound = {}
        for key, to in bind.items():
            whole, slash, part = (key, "", "") if key in names else key.rpartition("/")
            if whole not in names:
                there = ", ".join(sorted(e.name for e in self._source.entries()))
                raise UserError(
                    f"There is no “{key}” in {self._source.path.name} to bind.", f"There are: {there}."
                )
            bound[names[whole] + slash + part] = to
        return bound

    def _all_bound(self, entry: LogEntry) -> bool:
        """Take over what is bound of a step's outputs; True where that is all: it is not made again."""
        ids = {output["id"] for output in entry.outputs.values()}
        bound = ids & set(self._bind)
        if not any(p.required for p in self._own(entry)):  # else it was said of the target's own anew
            bound -= set(self._imported)
        self._made |= {id: self._target.find(self._bind[id]).id for id in bound}
        self._bound_ids |= bound
        return bool(ids) and bound == ids

    def _drawn(self, entry: LogEntry) -> bool:
        """Tell whether a hand drew or marked it: it is the patient's own, and nothing follows from it."""
        kinds = {output["kind"] for output in entry.outputs.values()}
        return (
            kinds <= {"measurement", "key image"}
            and bool(kinds)
            and any(p.required for p in self._own(entry))
        )

    def _call(self, entry: LogEntry) -> Call:
        inputs = {
            name: self._equal(entry, used)
            for name, used in entry.inputs.items()
            if name not in self._left_open(entry)
        }
        into = {
            role: self._made[output["id"]]
            for role, output in entry.outputs.items()
            if output["id"] in set(self._made) - self._bound_ids and role != steps.find(entry.step).edits
        }
        call = run.prepare(self._target, entry.step, inputs, self._params(entry), into=into)
        return replace(call, names=entry.names)

    def _left_open(self, entry: LogEntry) -> set[str]:
        """Return the inputs that need not be told: of many imported things, whatever the target has fits."""
        found: set[str] = set()
        for wanted in steps.find(entry.step).inputs:
            used = {name: used for name, used in entry.inputs.items() if wanted.many and wanted.holds(name)}
            known = {u["id"] for u in used.values()} & (set(self._made) | set(self._bind))
            found |= set() if known else set(used)
        return found

    def _params(self, entry: LogEntry) -> dict[str, Any]:
        """Return a step's parameters without those that hold for the source's patient alone."""
        own = self._own(entry)
        for p in own:
            if p.required:
                made = ", ".join(f"“{output['name']}”" for output in entry.outputs.values())
                raise UserError(
                    f"“{steps.find(entry.step).title}” ({p.name} = {entry.params[p.name]}) was said of the "
                    f"patient of {self._source.path.name} and holds for no other.",
                    f"Do it on {self._target.path.name} by hand, then replay with {made} bound to what is "
                    "there, so that it is not made again.",
                )
        return {name: value for name, value in entry.params.items() if name not in {p.name for p in own}}

    def _own(self, entry: LogEntry) -> list[Parameter]:
        """Return the parameters given that hold for the source's patient alone."""
        return [p for p in steps.find(entry.step).parameters if p.patient_specific and p.name in entry.params]

    def _follow(self, entry: LogEntry, call: Call) -> None:
        log = self._target.log()
        done = log[-1] if log else None
        if done is None or (done.kind, done.step) != ("step", call.step):
            raise UserError(f"“{call.step}” was not run on {self._target.path.name}: the replay stops there.")
        for role, output in entry.outputs.items():
            if role not in done.outputs:
                raise UserError(f"“{call.step}” made no “{role}” on {self._target.path.name}.")
            if output["id"] not in self._bound_ids:
                self._made[output["id"]] = done.outputs[role]["id"]

    def _equal(self, entry: LogEntry, used: dict[str, Any]) -> str:
        """Return the reference in the target to what the source's step used."""
        part = used["part"]
        wish = self._bind.get(f"{used['id']}/{part}", "") if part else ""
        if "/" in wish:
            return wish
        if used["id"] not in self._made:
            self._made[used["id"]] = self._bound(used)
            self._bound_ids.add(used["id"])
        id = self._made[used["id"]]
        if not part:
            return id
        there, wish = self._target.find(id), wish or part
        if wish not in there.parts:
            names = ", ".join(f"“{p}”" for p in there.parts) or "none"
            raise UserError(
                f"“{entry.step}” was run on “{used['name']}/{part}”; there is no “{wish}” in “{there.name}” "
                f"of {self._target.path.name}.",
                f"Its parts are: {names}. Confirm the side, or bind “{used['name']}/{part}” to one of them.",
            )
        return f"{id}/{wish}"

    def _bound(self, used: dict[str, Any]) -> str:
        """Return the target's entity that stands for one that the source imported."""
        if used["id"] in self._bind:
            return self._target.find(self._bind[used["id"]]).id
        output = self._imported[used["id"]]
        modality = self._source.shelf.about(output["digest"]).tree.get("modality", "")
        fitting = [e for e in self._target.entries() if self._fits(e, output["kind"], modality)]
        what = f"{modality} {output['kind']}".strip()
        if len(fitting) == 1 and fitting[0].id not in self._used:
            self._used.add(fitting[0].id)
            return fitting[0].id
        names = ", ".join(f"{e.id} “{e.name}”" for e in fitting) or "none"
        raise UserError(
            f"It is not clear which {what} of {self._target.path.name} stands for “{used['name']}”.",
            f"Bind “{used['name']}” to one of: {names}.",
        )

    def _fits(self, entry: Entry, kind: str, modality: str) -> bool:
        made_here = entry.id in self._made.values() and entry.id not in self._used
        return entry.kind == kind and entry.tree.get("modality", "") == modality and not made_here
