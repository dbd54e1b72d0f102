"""Commands that change a record along its steps: run, undo, redo, replay."""

import argparse
import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from desktop.cli import command, print_json, record_path
from desktop.cli.work import answer, parse_inputs, parse_pairs, print_entry, run_call
from twin.errors import Cancelled, UserError

if TYPE_CHECKING:
    from twin.record import Record


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add these commands to the parser."""
    p = command(commands, "run", "Run one step", answers=True)
    p.add_argument("record", metavar="RECORD")
    p.add_argument("step", metavar="STEP")
    p.add_argument("--input", action="append", default=[], metavar="NAME=ENTITY[/PART]")
    p.add_argument("--set", action="append", default=[], metavar="PARAM=VALUE")
    p.add_argument("--name", default="", metavar="OUT", help="name of what is made")
    p.set_defaults(act=run)

    for word, help in (("undo", "Take back the last step"), ("redo", "Do again what was taken back")):
        p = command(commands, word, help, answers=True)
        p.add_argument("record", metavar="RECORD")
        p.set_defaults(act=move, word=word)

    p = command(commands, "replay", "Run the steps of one record on another patient's images", answers=True)
    p.add_argument("source", metavar="FROM_RECORD")
    p.add_argument("target", metavar="TO_RECORD")
    p.add_argument("--bind", action="append", default=[], metavar="NAME=ENTITY")
    p.set_defaults(act=replay)


def run(options: argparse.Namespace) -> int:
    """Run one step and print what it made."""
    from desktop.catalogue import load as load_steps
    from twin.record import Record
    from twin.run import prepare

    load_steps()
    with Record.open(record_path(options.record)) as record:
        inputs = parse_inputs(options.input)
        values = parse_pairs(options.set, "PARAM", options.step)
        _tell_the_way(record, options.step, inputs)
        call = prepare(record, options.step, inputs, values, name=options.name)
        entry = run_call(record, call)
        if options.json:
            print_json(answer(record, entry))
        else:
            print_entry(record, entry)
    return 0


def _tell_the_way(record: "Record", step: str, inputs: dict[str, str]) -> None:
    """Raise ``UserError`` where what is needed is a walk's end that is not begun: with its first step."""
    from desktop.walk import WALKS
    from twin.steps import find

    kinds = {entry.kind for entry in record.entries()}
    lacking = [w.kind for w in find(step).inputs if not w.optional and w.name not in inputs]
    lacking = [kind for kind in lacking if kind not in (*kinds, "any")]
    for name, way in WALKS.items():
        stages = [find(stage.step) for stage in way.stages]
        first, made = stages[0], {kind for one in stages for kind in one.makes}
        if lacking and lacking[0] in stages[-1].makes and not kinds & made:
            raise UserError(
                f"“{step}” needs a {lacking[0]}, and {record.path.name} holds none yet.",
                f"Run {first.name} first; or go all the way from the images: vitruvian walk {name}.",
            )


def move(options: argparse.Namespace) -> int:
    """Move along the log."""
    from twin.record import Record

    with Record.open(record_path(options.record)) as record:
        title = record.title(options.word)
        entry = record.undo() if options.word == "undo" else record.redo()
        if entry is None:
            raise UserError(f"There is nothing to {options.word} in {options.record}.")
        if options.json:
            print_json({"done": options.word, "title": title, "entries": [e.id for e in record.entries()]})
        else:
            print(f"{options.word}: {title}")
    return 0


def replay(options: argparse.Namespace) -> int:
    """Run the steps of one record on another."""
    from desktop.catalogue import load as load_steps
    from twin.record import Record
    from twin.run import replay as calls

    load_steps()
    answers: list[dict[str, Any]] = []
    with (
        Record.open(record_path(options.source), write=False) as source,
        Record.open(record_path(options.target)) as target,
        _telling_what_stays(target),
    ):
        for call in calls(source, target, parse_pairs(options.bind, "NAME")):
            entry = run_call(target, call)
            answers.append(answer(target, entry))
            if not options.json:
                print_entry(target, entry)
    if options.json:
        print_json(answers)
    return 0


@contextlib.contextmanager
def _telling_what_stays(target: "Record") -> Iterator[None]:
    """Say, where a replay ends early, what it has done until then."""
    before = len(target.log())
    try:
        yield
    except (UserError, Cancelled, KeyboardInterrupt) as error:
        done = len(target.log()) - before
        if not done:
            raise
        why = error if isinstance(error, UserError) else UserError("Stopped.")
        steps = "1 step is" if done == 1 else f"{done} steps are"
        stays = f"{steps} done and in {target.path.name}; undo takes back one at a time."
        raise UserError(why.message, f"{why.hint} {stays}".strip()) from error
