"""Commands that look: list, steps, log, verify."""

import argparse
import sys
from typing import Any

from desktop.cli import command, print_json, record_path
from twin.errors import UserError


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
    for row in rows:
        stale = f"  stale: {row['stale']}" if row["stale"] else ""
        print(f"{row['id']:<5} {row['kind']:<10} {row['name']:<28} {row['size']:<34} {row['step']}{stale}")
    return 0


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
            print(f"  input {given.name}: {given.kind}{' (optional)' if given.optional else ''}")
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
    inputs = [{"name": i.name, "kind": i.kind, "optional": i.optional} for i in step.inputs]
    return {
        "name": step.name, "version": step.version, "title": step.title, "help": step.help,
        "inputs": inputs, "parameters": parameters,
    }  # fmt: skip


def show_log(options: argparse.Namespace) -> int:
    """Show the log, or check it."""
    import dataclasses

    from twin.record import Record

    with Record.open(record_path(options.record), write=False) as record:
        if options.verify:
            faults = record.check()
            if options.json:
                print_json({"entries": len(record.log()), "faults": faults})
            else:
                print(
                    "\n".join(faults)
                    or f"The log ({len(record.log())} long), its chain and every block are whole."
                )
            if faults:
                raise UserError(
                    f"{options.record} has {len(faults)} faults.", "Go back to a copy from before."
                )
            return 0
        entries = record.log()
    if options.json:
        print_json([dataclasses.asdict(entry) for entry in entries])
        return 0
    for e in entries:
        made = ", ".join(o["name"] for o in e.outputs.values())
        what = e.step if e.kind == "step" else e.kind
        print(f"{e.number:>4}  {e.time[:19]}  {e.user:<10} {what:<26} {made}  {e.seconds:.1f} s")
    return 0


def verify(options: argparse.Namespace) -> int:
    """Run verification problems as a job and show result, reference and error."""
    from desktop.cli.work import run_job
    from physics.verify import verify as problems
    from twin.jobs import Job

    rows = run_job(Job(problems, tuple(options.problems), title="verify"))
    if options.json:
        print_json(rows)
    else:
        print(f"{'problem':<14} {'quantity':<34} {'value':>13} {'reference':>13} {'unit':<6} {'error %':>9}")
        for r in rows:
            mark = "within" if r["within"] else "OUTSIDE"
            print(
                f"{r['problem']:<14} {r['quantity']:<34} {r['value']:>13.6g} {r['reference']:>13.6g} "
                f"{r['unit']:<6} {r['error_percent']:>9.3g}  {mark}"
            )
    outside = [r for r in rows if not r["within"]]
    if outside:
        print(f"{len(outside)} quantities lie outside their bounds.", file=sys.stderr)
    return 1 if outside else 0
