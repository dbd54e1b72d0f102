"""The command that takes files into a record: import."""

import argparse
from pathlib import Path
from typing import Any

from desktop.cli import command, print_json, record_path
from desktop.cli.work import answer, parse_pairs, print_entry, run_call


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
    p.add_argument("--name", default="", metavar="OUT", help="name of what is taken in")
    p.set_defaults(act=take)


def take(options: argparse.Namespace) -> int:
    """Import into a record; a record that was made for it goes again where nothing came in."""
    from desktop.catalogue import load as load_steps
    from twin.record import Record
    from twin.run import prepare
    from twin.sources.drawn_on import contours_only, image_for

    load_steps()
    path = record_path(options.record)
    new = not path.exists()
    given: dict[str, Any] = {
        "paths": tuple(str(Path(p).absolute()) for p in options.paths),
        "series": options.series,
        "accept_gaps": options.accept_gaps,
        **parse_pairs(options.set, "PARAM"),
    }
    contours = contours_only([Path(p) for p in options.paths])
    record = Record.create(path) if new else Record.open(path)
    try:
        if contours is None:
            call = prepare(record, "import.images", {}, given, name=options.name)
        else:
            image = {"image": image_for(contours, record.entries())}
            call = prepare(record, "import.contours", image, {"paths": given["paths"]}, name=options.name)
        entry = run_call(record, call)
        if options.json:
            print_json(answer(record, entry))
        else:
            print_entry(record, entry)
    finally:
        empty = not record.log()
        record.close()
        if new and empty:
            # Where the disk is full, closing could not bring all into the one file.
            for ending in ("", "-wal", "-shm"):
                Path(f"{path}{ending}").unlink(missing_ok=True)
    return 0
