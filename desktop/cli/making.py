"""Commands that change a record along its steps: run, undo, redo, replay."""

import argparse

from desktop.cli import command, print_json, record_path
from desktop.cli.work import answer, parse_pairs, print_entry, run_call
from twin.errors import UserError


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
    from twin.run import prepare

    from desktop.catalogue import load as load_steps
    from twin.record import Record

    load_steps()
    with Record.open(record_path(options.record)) as record:
        inputs = parse_pairs(options.input, "NAME")
        call = prepare(record, options.step, inputs, parse_pairs(options.set, "PARAM"), name=options.name)
        entry = run_call(record, call)
        if options.json:
            print_json(answer(record, entry))
        else:
            print_entry(record, entry)
    return 0


def move(options: argparse.Namespace) -> int:
    """Move along the log."""
    from twin.record import Record

    with Record.open(record_path(options.record)) as record:
        title = record.undo_title() if options.word == "undo" else record.redo_title()
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
    from twin.run import replay as calls

    from desktop.catalogue import load as load_steps
    from twin.record import Record

    load_steps()
    answers = []
    with (
        Record.open(record_path(options.source), write=False) as source,
        Record.open(record_path(options.target)) as target,
    ):
        for call in calls(source, target, parse_pairs(options.bind, "NAME")):
            entry = run_call(target, call)
            answers.append(answer(target, entry))
            if not options.json:
                print_entry(target, entry)
    if options.json:
        print_json(answers)
    return 0
