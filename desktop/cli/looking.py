"""Commands that look: list, steps, log, verify."""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from desktop.cli import command, print_json, record_path
from twin.errors import UserError

if TYPE_CHECKING:
    from twin.record import LogEntry


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add these commands to the parser."""
    p = command(commands, "list", "List everything that a record holds", answers=True)
    p.add_argument("record", metavar="RECORD")
    p.set_defaults(act=list_entities)

    p = command(
        commands, "steps", "Show the catalogue of steps, or one step with its parameters", answers=True
    )
    p.add_argument("name", metavar="NAME", nargs="?")
    p.set_defaults(act=list_steps)

    p = command(commands, "log", "Show the steps done so far", answers=True)
    p.add_argument("record", metavar="RECORD")
    p.add_argument("--verify", action="store_true", help="check the log's chain and every block")
    p.add_argument(
        "--head",
        default="",
        metavar="HASH",
        help="with --verify: the log must hold this hash",
    )
    p.set_defaults(act=show_log)

    p = command(commands, "verify", "Run published verification problems on this machine", answers=True)
    p.add_argument("problems", metavar="PROBLEM", nargs="*")
    p.set_defaults(act=verify)


def list_entities(options: argparse.Namespace) -> int:
    """Show every entity with its size, spacing, units and origin."""
    from desktop.describe import describe
    from twin.record import Record

    with Record.open(record_path(options.record), write=False) as record:
        rows = [describe(record, entry) for entry in record.entries()]
    if options.json:
        print_json(rows)
        return 0
    if not rows:
        print("The record is empty. Take images in with: vitruvian import RECORD PATH")
    wide = {key: max((len(row[key]) for row in rows), default=0) for key in ("id", "kind", "name", "size")}
    for row in rows:
        columns = (f"{row[key]:<{width}}" for key, width in wide.items())
        print("  ".join([*columns, f"{row.get('modality', ''):<3}", row["step"]]))
        for line in _remarks(row):
            print(f"      {line}")
    return 0


_FEW = 12
"""So many structures are listed by name."""


def _remarks(row: Mapping[str, Any]) -> Iterator[str]:
    """Yield what stands under an entity: where it comes from, what is in it, what to know of it."""
    if row["source"]:
        yield f"from {', '.join(row['source'])}"
    names = row.get("structures", [])
    if names:
        yield f"holds {', '.join(names) if len(names) <= _FEW else f'{len(names)} structures'}"
    if row["stale"]:
        yield f"stale: {row['stale']}"
    yield from (f"note: {note}" for note in row["notes"])


def list_steps(options: argparse.Namespace) -> int:
    """Show the catalogue, or one step whole."""
    from desktop.catalogue import load as load_steps
    from twin.steps import Step, catalogue, find

    load_steps()
    steps: tuple[Step, ...] = (find(options.name),) if options.name else catalogue()
    if options.json:
        print_json([_step_row(step) for step in steps])
        return 0
    for step in steps:
        print(f"{step.name}  (version {step.version})  {step.help}")
        if not options.name:
            continue
        for given in step.inputs:
            more = ", one or more" if given.many else ""
            print(f"  input {given.name}: {given.kind}{more}{' (optional)' if given.optional else ''}")
        for row in _step_row(step)["parameters"]:
            span = (
                f" [{row['low']} … {row['high']}]"
                if row["low"] is not None or row["high"] is not None
                else ""
            )
            choices = f" one of {', '.join(row['choices'])}" if row["choices"] else ""
            print(f"  {row['name']} = {row['default']} {row['unit']}{span}{choices}\n      {row['help']}")
    return 0


def _step_row(step: Any) -> dict[str, Any]:
    parameters = [
        {
            "name": p.name, "type": p.type.__name__, "unit": p.unit, "low": p.low, "high": p.high,
            "default": None if p.required else p.default, "required": p.required,
            "choices": list(p.choices), "help": p.help,
        }
        for p in step.parameters
    ]  # fmt: skip
    inputs = [{"name": i.name, "kind": i.kind, "optional": i.optional, "many": i.many} for i in step.inputs]
    return {
        "name": step.name, "version": step.version, "title": step.title, "help": step.help,
        "inputs": inputs, "parameters": parameters,
    }  # fmt: skip


def show_log(options: argparse.Namespace) -> int:
    """Show the log, or check it."""
    import dataclasses

    from twin.record import Record

    path = record_path(options.record)
    if options.verify:
        return _verify_log(path, options)
    with Record.open(path, write=False) as record:
        entries = record.log()
    if options.json:
        print_json([dataclasses.asdict(entry) for entry in entries])
        return 0
    for e in entries:
        what = e.step if e.kind == "step" else e.kind
        print(f"{e.number:>4}  {e.time[:19]}  {e.user:<10} {what:<26} {_told(e, entries)}".rstrip())
    return 0


def _verify_log(path: Path, options: argparse.Namespace) -> int:
    """Look through a record without opening it as one: a damaged log would not let it be opened."""
    from twin.record import Record, care, witness

    faults = care.verify(path, options.head)
    entries, hash, seen = 0, "", None
    if not faults:
        with Record.open(path, write=False) as record:
            entries, hash = len(record.log()), record.history.last_hash
            seen = witness.recall(path, record.history.record)
    if options.json:
        print_json({"entries": entries, "head": hash, "known_here": seen is not None, "faults": faults})
    elif faults:
        print("\n".join(faults))
    else:
        print(f"The log ({entries} long), its chain and every block are whole.\nIts newest hash is {hash}")
        if seen is None:
            print(
                "No note of how long the log was is kept here (one is, when a record is closed in order): "
                "whether entries are missing at its end cannot be told. Compare the hash with one noted "
                "elsewhere (--head)."
            )
    if faults:
        raise UserError(f"{options.record} has {len(faults)} faults.", "Go back to a copy from before.")
    return 0


def _told(entry: "LogEntry", log: "Sequence[LogEntry]") -> str:
    """Return what an entry of the log did: made, took back, brought back, sent out."""
    if entry.kind in ("undo", "redo"):
        step = log[entry.params["number"] - 1]
        return f"{step.number}: {step.step}  {_touched(step, log)}".rstrip()
    if entry.kind != "step":
        what = entry.params.get("entity") or entry.params.get("what", "")
        if entry.kind == "fetched":
            count = entry.params.get("series", 0)
            count = len(count) if isinstance(count, list) else count
            what = f"{count} series"
        where = entry.params.get("server") or entry.params.get("path")
        told = f"{what} {'from' if entry.kind == 'fetched' else '→'} {where}" if where else str(what)
        return f"{told}, stale: {entry.params['stale']}" if entry.params.get("stale") else told
    return f"{_touched(entry, log)}  {entry.seconds:.1f} s"


def _touched(entry: "LogEntry", log: "Sequence[LogEntry]") -> str:
    """Return the names of what a step made, or else changed."""
    made = [o["name"] for o in entry.outputs.values()]
    names = {o["id"]: o["name"] for e in log[: entry.number] for o in e.outputs.values()}
    changed = [
        f"{names.get(id, id)}: " + ", ".join(f"{k} {v}" if v is not True else k for k, v in change.items())
        for id, change in entry.attributes.items()
    ]
    return ", ".join(made + changed)


def verify(options: argparse.Namespace) -> int:
    """Run verification problems as a job and show result, reference and error."""
    from desktop.cli.work import run_job
    from physics.verify import long_names
    from physics.verify import verify as problems
    from twin.jobs import Job

    rows = run_job(Job(problems, tuple(options.problems), title="verify"))
    if options.json:
        print_json(rows)
    else:
        print(f"{'problem':<18} {'quantity':<36} {'value':>13} {'reference':>13} {'unit':<9} {'error %':>9}")
        for r in rows:
            mark = "within" if r["within"] else "OUTSIDE"
            print(
                f"{r['problem']:<18} {r['quantity']:<36} {r['value']:>13.6g} {r['reference']:>13.6g} "
                f"{r['unit']:<9} {r['error_percent']:>9.3g}  {mark}"
            )
        print(total(rows))
        if not options.problems:
            print(f"not run, for each takes minutes and must be named: {', '.join(long_names())}")
    return 0 if all(r["within"] for r in rows) else 1


def total(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return in a line how many quantities lie within their bounds, and which do not."""
    outside = [f"{r['problem']} {r['quantity']}" for r in rows if not r["within"]]
    if not outside:
        return f"all {len(rows)} within"
    return f"{len(outside)} of {len(rows)} outside: {', '.join(outside)}"
