"""The command that goes a whole way on a patient's own images: walk."""

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from desktop.cli import command, print_json, record_path
from desktop.cli.work import answer, parse_pairs, print_entry, run_call
from desktop.walk import WALKS, Walk
from twin.errors import UserError

if TYPE_CHECKING:
    from twin.record import LogEntry, Record


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add this command to the parser."""
    ways = "; ".join(f"{name}: {walk.title}" for name, walk in WALKS.items())
    p = command(commands, "walk", "Import a patient's images and go the whole way on them", answers=True)
    p.add_argument("way", choices=sorted(WALKS), help=ways)
    p.add_argument("record", metavar="RECORD", help="made if it is new; steps are added to one that is there")
    p.add_argument("paths", nargs="*", metavar="PATH", help="images to import first")
    p.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="STEP.PARAM=VALUE",
        help="a parameter of a step",
    )
    p.add_argument("--structure", default="", metavar="NAME", help="which to go on with of several")
    p.set_defaults(act=walk)


def walk(options: argparse.Namespace) -> int:
    """Import what is named and run the way's steps one after the other."""
    from desktop.catalogue import load as load_steps
    from desktop.cli.taking import bring_in
    from twin.record import Record

    load_steps()
    way = WALKS[options.way]
    params = _params(way, parse_pairs(options.set, "STEP.PARAM"))
    path = record_path(options.record)
    answers: list[dict[str, Any]] = []
    started = time.monotonic()

    def tell(record: "Record", entry: "LogEntry", *_: Any) -> None:
        answers.append(answer(record, entry))
        if not options.json:
            print_entry(record, entry)

    if options.paths:
        given = {"paths": tuple(str(Path(p).absolute()) for p in options.paths), "series": "all"}
        bring_in(path, given, "", tell)
    elif not path.exists():
        raise UserError(f"There is no {path}.", "Name images to import after it.")
    with Record.open(path) as record:
        for entry in steps_of(record, way, options.structure or way.structure, params):
            tell(record, entry)
    if options.json:
        print_json(answers)
    else:
        print(f"Done in {time.monotonic() - started:.0f} s.", file=sys.stderr)
    return 0


def steps_of(
    record: "Record", way: Walk, structure: str, params: dict[str, dict[str, Any]] | None = None
) -> "Iterator[LogEntry]":
    """Run a way's steps on a record, one after the other, and yield what each has done.

    Each step goes on with what the way itself has made, whatever else the record holds.

    Parameters
    ----------
    params : dict of str to dict
        Further parameters by step.
    """
    from twin.run import prepare
    from twin.steps import find

    made: dict[str, str] = {}
    for stage in way.stages:
        inputs = {name: ref.format(structure=structure) for name, ref in stage.inputs.items()}
        for wanted in find(stage.step).inputs:
            own = made.get(wanted.kind, "")
            if own and not wanted.many and (wanted.fits is None or wanted.fits(record.find(own).tree)):
                part = inputs.get(wanted.name, "").partition("/")[2]
                inputs[wanted.name] = f"{own}/{part}" if part else own
        given = stage.params | (params or {}).get(stage.step, {})
        entry = run_call(record, prepare(record, stage.step, inputs, given))
        made |= {record.find(o["id"]).kind: o["id"] for o in entry.outputs.values()}
        yield entry


def _params(way: Walk, given: dict[str, str]) -> dict[str, dict[str, Any]]:
    """Return parameters by step; each must be one that the way has."""
    names = [stage.step for stage in way.stages]
    found: dict[str, dict[str, Any]] = {}
    for key, value in given.items():
        step, _, param = key.rpartition(".")
        if step not in names:
            raise UserError(f"There is no step “{step}” on this way.", f"Its steps are: {', '.join(names)}.")
        found.setdefault(step, {})[param] = value
    return found
