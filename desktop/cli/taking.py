"""The command that takes files into a record: import."""

import argparse
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from desktop.cli import command, print_json, record_path
from desktop.cli.work import answer, parse_pairs, print_entry, run_call
from twin.errors import UserError

if TYPE_CHECKING:
    from twin.record import LogEntry, Record


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add this command to the parser."""
    p = command(
        commands,
        "import",
        "Take images, labelmaps, surfaces or meshes into a record; makes it if it is new",
        answers=True,
    )
    p.add_argument("record", metavar="RECORD")
    p.add_argument("paths", metavar="PATH", nargs="+")
    p.add_argument(
        "--series", default="", metavar="UID|NUMBER|all", help="which series, where there are several"
    )
    p.add_argument(
        "--accept-gaps", action="store_true", help="fill missing slices by interpolation, and say so"
    )
    p.add_argument(
        "--set", action="append", default=[], metavar="PARAM=VALUE",
        help="what a silent file does not tell: modality=CT, units=mm, … (vitruvian steps import.images)",
    )  # fmt: skip
    p.add_argument(
        "--deidentify", action="store_true", help="keep nothing that names the patient, in the log neither"
    )
    p.add_argument("--name", default="", metavar="OUT", help="name of what is taken in")
    p.set_defaults(act=take)


def _record(word: str, paths: list[str]) -> Path:
    """Return the path of the record to import into.

    Raises
    ------
    UserError
        Record and files stand in each other's place, or a record stands among the files.
    """
    records = [p for p in paths if p.endswith(".twin")]
    if records and Path(word).exists() and not word.endswith(".twin"):
        raise UserError(
            f"The record comes first, then what goes into it; {word} is no record, {records[0]} is.",
            f"Try: vitruvian import {shlex.join([records[0], word, *(p for p in paths if p != records[0])])}",
        )
    if records:
        raise UserError(
            f"{records[0]} is a record, not images or meshes that could be imported.",
            "“vitruvian replay” runs its steps on another record; “vitruvian export” writes what it holds.",
        )
    return record_path(word)


def take(options: argparse.Namespace) -> int:
    """Import files and print what came in."""
    given: dict[str, Any] = {
        "paths": tuple(str(Path(p).absolute()) for p in options.paths),
        "series": options.series,
        "accept_gaps": options.accept_gaps,
        "deidentify": options.deidentify,
        **parse_pairs(options.set, "PARAM"),
    }

    def tell(record: "Record", entry: "LogEntry") -> None:
        if options.json:
            print_json(answer(record, entry))
        else:
            print_entry(record, entry)
        for words in entry.summary.get("burned_in", ()):
            print(f"Text may be burned into {words}. Look at it.", file=sys.stderr)

    bring_in(_record(options.record, options.paths), given, options.name, tell)
    return 0


def bring_in(
    path: Path, given: dict[str, Any], name: str, then: Callable[["Record", "LogEntry"], None]
) -> None:
    """Import into a record, and do ``then`` with it; one that was made for it goes where nothing came in."""
    from desktop.browser import concealing
    from desktop.catalogue import load as load_steps
    from twin.record import Record
    from twin.run import prepare
    from twin.sources.dicom_sr import reports_only
    from twin.sources.drawn_on import contours_only, image_for, image_of_reports, not_alone

    load_steps()
    new = not path.exists()
    paths = [Path(p) for p in given["paths"]]
    reports, contours = reports_only(paths), contours_only(paths)
    if (reports or contours is not None) and given.get("deidentify"):
        raise not_alone("Measurements" if reports else "Contours")
    record = Record.create(path) if new else Record.open(path)
    try:
        if reports:
            on = {"volume": image_of_reports(paths, record.entries())}
            call = prepare(record, "import.measurements", on, {"paths": given["paths"]}, name=name)
        elif contours is None:
            call = prepare(record, "import.images", {}, given, name=name)
        else:
            image = {"image": image_for(contours, record.entries())}
            call = prepare(record, "import.contours", image, {"paths": given["paths"]}, name=name)
        then(record, run_call(record, call))
        concealing.if_locked(record)
    finally:
        empty = not record.log()
        record.close()
        if new and empty:
            # Where the disk is full, closing could not bring all into the one file.
            for ending in ("", "-wal", "-shm"):
                Path(f"{path}{ending}").unlink(missing_ok=True)
