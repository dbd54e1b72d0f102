"""Commands that send out: export, report."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from desktop.cli import command, print_json, record_path
from desktop.cli.keeping import note_in
from desktop.cli.work import run_job
from twin.errors import UserError
from twin.jobs import Job

if TYPE_CHECKING:
    from twin.record import Record


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add these commands to the parser."""
    says = "Write an entity to a file; the suffix tells the format (.gif: a film of what moves)"
    p = command(commands, "export", says, answers=True)
    p.add_argument("record", metavar="RECORD")
    p.add_argument(
        "entity", metavar="ENTITY", help="id or name; “measurements” or “key images” for all of them"
    )
    p.add_argument("-o", "--output", required=True, metavar="PATH")
    p.add_argument("--stale", action="store_true", help="export although what it was made from has changed")
    p.add_argument("--deidentify", action="store_true", help="write nothing that names the patient")
    p.add_argument(
        "--faces", choices=("keep", "remove"), default="keep", help="with --deidentify: blank faces in heads"
    )
    p.set_defaults(act=export)

    p = command(commands, "report", "Write the report of a record", answers=True)
    p.add_argument("record", metavar="RECORD")
    p.add_argument("-o", "--output", required=True, metavar="FILE.pdf")
    p.add_argument("--no-pictures", action="store_true", help="words and numbers only")
    p.set_defaults(act=report)


def export(options: argparse.Namespace) -> int:
    """Export one entity, or a part of it."""
    from twin.exports import gathered, stale_of
    from twin.exports.sides import side_of
    from twin.record import Record

    source = record_path(options.record)
    with Record.open(source, write=False) as record:
        stale = stale_of(record, options.entity)
        if stale and not options.stale:
            raise UserError(f"{stale}.", "Make it again, or export it as it is with --stale.")
        entity = gathered(record, options.entity) or record.load(options.entity)
        path, side = Path(options.output), side_of(entity)
        told = _write(record, options, path)
    details: dict[str, object] = {"entity": options.entity, "path": str(path), "stale": stale}
    note_in(source, "exported", details | ({"deidentified": True} if options.deidentify else {}))
    for words in told:
        print(words, file=sys.stderr)
    if options.json:
        print_json({"path": str(path), "asked": str(path), "side": side, "stale": bool(stale)})
    else:
        silent = side in ("left", "right") and side not in path.name.lower()
        which = f"; the file's name does not tell the side: {side}" if silent else ""
        print(f"{path}  ({options.entity}{which})")
    return 0


def _write(record: "Record", options: argparse.Namespace, path: Path) -> list[str]:
    """Write the file; returns what is to be looked at before it is handed on."""
    from desktop.deidentifying import one_thing
    from desktop.films import draw_film, is_film
    from twin.exports import export_from
    from twin.progress import Progress

    faces = options.faces == "remove"
    if is_film(path):
        run_job(Job(draw_film, record.path, options.entity, path, not options.deidentify, title="film"))
        return []
    if options.deidentify:
        return one_thing(record.path, options.entity, path, faces, True, Progress())[1].words()
    if faces:
        raise UserError("--faces remove goes with --deidentify.")
    export_from(record, options.entity, path, as_named=True)
    return []


def report(options: argparse.Namespace) -> int:
    """Write the PDF report, with pictures unless they are not wanted."""
    from desktop.cli.work import run_job
    from desktop.report import check_name, draw_and_write
    from twin.jobs import Job
    from twin.record import Record

    record_file = record_path(options.record)
    path = Path(options.output)
    check_name(path)
    Record.open(record_file, write=False).close()  # a job cannot ask for a passphrase
    run_job(Job(draw_and_write, record_file, path, not options.no_pictures, title="report"))
    note_in(record_file, "exported", {"entity": "report", "path": str(path), "stale": ""})
    if options.json:
        print_json({"path": str(path)})
    else:
        print(path)
    return 0
