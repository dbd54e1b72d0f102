"""Commands that send out: export, report."""

import argparse
from pathlib import Path

from desktop.cli import command, print_json, record_path
from twin.errors import UserError


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add these commands to the parser."""
    p = command(commands, "export", "Write an entity to a file; the suffix tells the format", answers=True)
    p.add_argument("record", metavar="RECORD")
    p.add_argument("entity", metavar="ENTITY")
    p.add_argument("-o", "--output", required=True, metavar="PATH")
    p.add_argument("--stale", action="store_true", help="export although what it was made from has changed")
    p.set_defaults(act=export)

    p = command(commands, "report", "Write the report of a record", answers=True)
    p.add_argument("record", metavar="RECORD")
    p.add_argument("-o", "--output", required=True, metavar="FILE.pdf")
    p.add_argument("--no-pictures", action="store_true", help="words and numbers only")
    p.set_defaults(act=report)


def export(options: argparse.Namespace) -> int:
    """Export one entity, or a part of it."""
    from twin.exports import export_from
    from twin.exports.sides import side_of
    from twin.record import Record

    with Record.open(record_path(options.record)) as record:
        entry = record.find(options.entity.partition("/")[0])
        if entry.stale and not options.stale:
            raise UserError(
                f"{entry.name} is stale: {entry.stale}.", "Make it again, or export it as it is with --stale."
            )
        entity = record.load(options.entity)
        path, side = Path(options.output), side_of(entity)
        export_from(record, options.entity, path, as_named=True)
        record.note("exported", {"entity": options.entity, "path": str(path), "stale": entry.stale})
    if options.json:
        print_json({"path": str(path), "asked": str(path), "side": side, "stale": bool(entry.stale)})
    else:
        silent = side in ("left", "right") and side not in path.name.lower()
        print(f"{path}  ({options.entity}{f'; its name does not say the side: {side}' if silent else ''})")
    return 0


def report(options: argparse.Namespace) -> int:
    """Write the PDF report, with pictures unless they are not wanted."""
    from desktop.cli.work import run_job
    from desktop.report import check_name, draw_and_write
    from twin.jobs import Job
    from twin.record import Record

    record_file = record_path(options.record)
    path = Path(options.output)
    check_name(path)
    with Record.open(record_file) as record:
        run_job(Job(draw_and_write, record_file, path, not options.no_pictures, title="report"))
        record.note("exported", {"entity": "report", "path": str(path), "stale": ""})
    if options.json:
        print_json({"path": str(path)})
    else:
        print(path)
    return 0
