"""The command that takes files into a record: import."""

import argparse
import shlex
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
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

    def tell(record: "Record", entry: "LogEntry", beside: Beside) -> None:
        if options.json:
            print_json(answer(record, entry) | beside.answer(record))
        else:
            print_entry(record, entry)
            beside.print(record)
        for words in entry.summary.get("burned_in", ()):
            print(f"Text may be burned into {words}. Look at it.", file=sys.stderr)

    bring_in(_record(options.record, options.paths), given, options.name, tell)
    return 0


@dataclass(frozen=True)
class Beside:
    """The reports that lay beside images: what was imported of them, and why the rest was left out."""

    entries: "tuple[LogEntry, ...]" = ()
    left_out: tuple[str, ...] = ()

    def answer(self, record: "Record") -> dict[str, Any]:
        """Return what the ``--json`` answer says of them; nothing where there are none."""
        if not self.entries and not self.left_out:
            return {}
        return {"reports": [answer(record, e) for e in self.entries], "left_out": list(self.left_out)}

    def print(self, record: "Record") -> None:
        """Print it, for a person."""
        for entry in self.entries:
            print_entry(record, entry)
        if self.left_out:
            count = len(self.left_out)
            reports = "1 report" if count == 1 else f"{count} reports"
            print(f"left out: {reports} ({' '.join(self.left_out)})", file=sys.stderr)


def _reports_beside(record: "Record", entry: "LogEntry", reports: Sequence[Path], hidden: bool) -> Beside:
    """Import reports on those of the images that just came in on which they were drawn."""
    from twin.run import prepare
    from twin.sources.drawn_on import image_of_reports

    made = [record.find(output["id"]) for output in entry.outputs.values()]
    done, left = [], []
    for path in reports:
        try:
            if hidden:
                raise UserError("Reports are not de-identified.")
            on = {"volume": image_of_reports([path], made)}
            call = prepare(record, "import.measurements", on, {"paths": (str(path),)})
            done.append(run_call(record, call))
        except UserError as error:
            left.append(error.message if path.name in error.message else f"{path.name}: {error.message}")
    return Beside(tuple(done), tuple(left))


def _held(record: "Record", given: dict[str, Any]) -> dict[str, str]:
    """Return what a record holds, by series UID; under no UID, what the same import made before."""
    from desktop.browser import held

    paths = {"paths": given["paths"], "series": given.get("series")}
    return held.brought_in(record) | {"": held.already(record, paths, "")}


def _say_again(record: "Record", entry: "LogEntry", before: dict[str, str]) -> None:
    """Say what has come in a second time: nobody wants two of it without knowing."""
    for output in entry.outputs.values():
        identity = record.find(output["id"]).tree.get("identity", {})
        name = before.get(identity.get("series_uid", ""), "")
        if name:
            print(
                f"“{output['name']}” was in {record.path.name} already, as “{name}”: now it is there twice. "
                f"To take it back: vitruvian undo {shlex.quote(str(record.path))}",
                file=sys.stderr,
            )


def bring_in(
    path: Path, given: dict[str, Any], name: str, then: Callable[["Record", "LogEntry", Beside], None]
) -> None:
    """Import into a record, and do ``then`` with it; one that was made for it goes where nothing came in.

    Reports that lie beside images are imported on them.
    """
    from desktop.browser import concealing
    from desktop.catalogue import load as load_steps
    from twin.record import Record
    from twin.run import prepare
    from twin.sources.dicom_sr import is_report
    from twin.sources.drawn_on import contours_only, image_for, image_of_reports, not_alone
    from twin.sources.formats import files_in

    load_steps()
    new = not path.exists()
    paths = [Path(p) for p in given["paths"]]
    files = [file for p in paths for file in files_in(p)]
    reports = [file for file in files if is_report(file)]
    only, contours = bool(reports) and len(reports) == len(files), contours_only(paths)
    if (only or contours is not None) and given.get("deidentify"):
        raise not_alone("Measurements" if only else "Contours")
    record = Record.create(path) if new else Record.open(path)
    try:
        if only:
            on = {"volume": image_of_reports(reports, record.entries())}
            words = {"paths": tuple(map(str, reports))}
            call, reports = prepare(record, "import.measurements", on, words, name=name), []
        elif contours is None:
            call = prepare(record, "import.images", {}, given, name=name)
        else:
            image = {"image": image_for(contours, record.entries())}
            call = prepare(record, "import.contours", image, {"paths": given["paths"]}, name=name)
        before = _held(record, given)
        entry = run_call(record, call)
        _say_again(record, entry, before)
        beside = _reports_beside(record, entry, reports, bool(given.get("deidentify")))
        then(record, entry, beside)
        concealing.if_locked(record)
    finally:
        empty = not record.log()
        record.close()
        if new and empty:
            # Where the disk is full, closing could not bring all into the one file.
            for ending in ("", "-wal", "-shm"):
                Path(f"{path}{ending}").unlink(missing_ok=True)
