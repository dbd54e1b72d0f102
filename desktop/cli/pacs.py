"""Commands for servers of images: pacs add, list, remove, echo, find, get, send."""

import argparse
import getpass
import os
import re
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from desktop import places
from desktop.cli import command, print_json, record_path
from desktop.cli.work import answer, print_entry, run_job
from twin.errors import UserError

if TYPE_CHECKING:
    from twin.record import LogEntry, Record
    from twin.sources.catalog import Query, SeriesRow
    from twin.sources.pacs import Link, Server

    _Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add(commands: "_Commands") -> None:
    """Add these commands to the parser."""
    p = command(commands, "pacs", "Ask servers of images (PACS), fetch from them and send to them")
    words = p.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_entering(words)
    p = command(words, "list", "List the servers that are entered", answers=True)
    p.set_defaults(act=list_servers)
    p = command(words, "remove", "Strike a server off the list, and its password", answers=True)
    p.add_argument("server", metavar="SERVER")
    p.set_defaults(act=remove)
    p = _asking(words, "echo", "Is the server there, and does it know us?")
    p.set_defaults(act=echo)
    p = _asking(words, "find", "Search a server for patients, studies or series")
    p.add_argument("--level", choices=("patient", "study", "series"), default="study")
    _add_query(p)
    p.set_defaults(act=find)
    p = _asking(words, "get", "Fetch series, whole, into a folder or a record")
    _add_query(p)
    p.add_argument("--series", default="", metavar="UID", help="this series only")
    p.add_argument("-o", "--output", metavar="DIR", help="folder that gets a folder for each series")
    p.add_argument("--record", metavar="RECORD", help="record that they come into; made if it is new")
    p.add_argument(
        "--accept-gaps", action="store_true", help="fill missing slices by interpolation, and say so"
    )
    p.set_defaults(act=get)
    p = _asking(words, "send", "Send DICOM files, or segmentations of a record")
    p.add_argument("what", metavar="PATH|ENTITY", nargs="+")
    p.add_argument("--record", metavar="RECORD", help="what is sent are entities of this record")
    p.add_argument("--as", dest="kind", choices=("seg", "rtstruct"), default="seg", help="how entities go")
    p.add_argument("--stale", action="store_true", help="send although what it was made from has changed")
    p.add_argument("--nameless", action="store_true", help="send although it does not say whose it is")
    p.set_defaults(act=send)


def _add_entering(words: "_Commands") -> None:
    p = command(words, "add", "Enter a server: --host and --port, or --url for DICOMweb", answers=True)
    p.add_argument("name", metavar="SERVER", help="what it is called here")
    p.add_argument("--host", default="")
    p.add_argument("--port", type=int, default=104)
    p.add_argument("--ae", dest="ae_title", default="ANY-SCP", help="its AE title")
    p.add_argument("--own-ae", dest="own_ae_title", default="VITRUVIAN", help="ours, as it is entered there")
    p.add_argument("--own-port", type=int, default=11112, help="where it sends to in a C-MOVE")
    p.add_argument("--retrieve", choices=("get", "move"), default="get", help="fetch by C-GET or by C-MOVE")
    p.add_argument("--tls", action="store_true", help="encrypt DICOM (https in a URL says it by itself)")
    p.add_argument("--ca", dest="ca_file", default="", metavar="FILE.pem", help="whom to trust")
    p.add_argument("--certificate", default="", metavar="FILE.pem", help="who we are")
    p.add_argument("--key", default="", metavar="FILE.pem", help="the certificate's key, where it lies apart")
    p.add_argument("--url", default="", help="of its DICOMweb service")
    p.add_argument("--user", default="", help="login at the DICOMweb service")
    p.add_argument("--timeout", dest="timeout_s", type=float, default=30.0, metavar="SECONDS")
    p.add_argument("--keep-password", action="store_true", help="in the system's key store")
    p.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
    p.add_argument("--replace", action="store_true", help="in place of one of the same name")
    p.set_defaults(act=enter)


def _asking(words: "_Commands", name: str, help: str) -> argparse.ArgumentParser:
    p = command(words, name, help, answers=True)
    p.add_argument("server", metavar="SERVER")
    p.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
    return p


def _add_query(p: argparse.ArgumentParser) -> None:
    p.add_argument("--id", default="", help="patient's ID")
    p.add_argument("--name", default="", help="patient's name, or its start; * and ? stand for letters")
    p.add_argument("--date", default="", help="of the study: 2026-01-31, or from..to, or from..")
    p.add_argument("--modality", default="", metavar="CT|MR|…")
    p.add_argument("--accession", default="", help="accession number")
    p.add_argument("--description", default="", help="words in the study's description")
    p.add_argument("--study", default="", metavar="UID", help="this study only")


def _query(options: argparse.Namespace) -> "Query":
    from twin.sources.catalog import Query

    return Query(
        options.id, options.name, options.date, options.modality, options.accession, options.description,
        options.study, getattr(options, "series", ""),
    )  # fmt: skip


def _servers() -> "list[Server]":
    from twin.sources.pacs import read_servers

    return read_servers(places.servers_path())


def _link(options: argparse.Namespace) -> "Link":
    """Return the server that is named, with its password from the key store or from who sits here."""
    from twin.sources.pacs import Link, named, secrets

    server = named(_servers(), options.server)
    if not server.is_web:
        return Link(server)
    if options.password_stdin:
        return Link(server, _password_from_stdin())
    kept = secrets.kept(server)
    if kept is None and server.user:
        return Link(server, _ask_password(server))
    return Link(server, kept or "")


def _password_from_stdin() -> str:
    return sys.stdin.readline().rstrip("\r\n")


def _ask_password(server: "Server") -> str:
    if not sys.stdin.isatty():
        raise UserError(
            f"“{server.name}” wants the password of “{server.user}”.",
            "Give it by --password-stdin, or keep it (pacs add --keep-password).",
        )
    return getpass.getpass(f"Password of {server.user} at {server.name}: ")


def enter(options: argparse.Namespace) -> int:
    """Put a server on the list."""
    from twin.sources.pacs import Server, secrets, write_servers

    words = vars(options)
    server = Server.from_words({k: v for k, v in words.items() if k in Server.__dataclass_fields__})
    servers = _servers()
    if any(s.name == server.name for s in servers) and not options.replace:
        raise UserError(f"There is a server “{server.name}” already.", "Name another, or --replace it.")
    if options.keep_password:
        secrets.keep(server, _password_from_stdin() if options.password_stdin else _ask_password(server))
    write_servers(places.servers_path(), [*(s for s in servers if s.name != server.name), server])
    if server.readable:
        what = "What is sent there, a password too, can be read on the way" if server.is_web else (
            "What is sent there can be read on the way"
        )  # fmt: skip
        print(f"vitruvian: {what}: use {'https' if server.is_web else '--tls'} outside a closed network.",
              file=sys.stderr)  # fmt: skip
    if options.json:
        print_json(server.words())
    else:
        print(f"{server.name}: {server.address}")
    return 0


def list_servers(options: argparse.Namespace) -> int:
    """Show the servers."""
    servers = _servers()
    if options.json:
        print_json([s.words() for s in servers])
    elif not servers:
        print("No server is entered. Enter one with: vitruvian pacs add SERVER --host HOST --port PORT")
    else:
        for s in servers:
            print(f"{s.name:<20} {'DICOMweb' if s.is_web else 'DICOM':<9} {s.address}")
    return 0


def remove(options: argparse.Namespace) -> int:
    """Strike a server off the list."""
    from twin.sources.pacs import named, secrets, write_servers

    servers = _servers()
    server = named(servers, options.server)
    secrets.forget(server)
    write_servers(places.servers_path(), [s for s in servers if s is not server])
    if options.json:
        print_json({"removed": server.name})
    else:
        print(f"{server.name} is off the list.")
    return 0


def echo(options: argparse.Namespace) -> int:
    """Ask whether a server is there."""
    from twin.sources import pacs

    link, started = _link(options), time.monotonic()
    title = pacs.echo(link)
    if options.json:
        seconds = round(time.monotonic() - started, 3)
        print_json({"server": link.server.name, "answers": True, "title": title, "seconds": seconds})
    else:
        print(f"{link.server.name} answers ({link.server.address}).")
    return 0


def find(options: argparse.Namespace) -> int:
    """Search a server."""
    from twin.sources import pacs

    link, query = _link(options), _query(options)
    act: dict[str, Callable[[Link, Query], list[Any]]] = {
        "patient": pacs.find_patients,
        "study": pacs.find_studies,
        "series": pacs.find_one_series,
    }
    rows: list[Any] = act[options.level](link, query)
    if options.json:
        print_json([asdict(row) for row in rows])
    elif not rows:
        print(f"{link.server.name} has nothing that matches.")
    else:
        for row in rows:
            print("  ".join(w for w in _columns(row, options.level) if w))
    return 0


def _columns(row: Any, level: str) -> list[str]:
    if level == "patient":
        return [f"{row.patient_id:<12}", row.name, row.birth_date, row.sex]
    if level == "study":
        images = f"{row.images} images" if row.images is not None else ""
        kinds = " ".join(row.modalities)
        return [row.date or "no date   ", f"{row.patient.patient_id:<12}", row.patient.name, kinds,
                row.description, images, row.uid]  # fmt: skip
    images = f"{row.images} images" if row.images is not None else ""
    return [row.study.date, f"{row.study.patient.patient_id:<12}", row.label, images, row.uid]


def get(options: argparse.Namespace) -> int:
    """Fetch series; each is handed on once it is whole."""
    from twin.jobs import Job
    from twin.sources import pacs

    if bool(options.output) == bool(options.record):
        raise UserError(
            "Say where the series should go.", "Into a folder (-o DIR) or a record (--record RECORD)."
        )
    link, query = _link(options), _query(options)
    if not any(asdict(query).values()):
        raise UserError("Say which series.", "For example --study UID, --series UID or --accession NUMBER.")
    name = link.server.name
    quarantine = places.quarantine_folder()
    pacs.sweep(quarantine)
    rows = pacs.find_one_series(link, query)
    folders = run_job(Job(pacs.fetch_all, link, rows, quarantine, title=f"fetching from {name}"))
    fetched: list[dict[str, Any]] = []
    for row, folder in zip(rows, folders, strict=True):
        one = {"uid": row.uid, "name": row.label, "images": len(list(folder.glob("*.dcm")))}
        if options.output:
            one["path"] = str(_hand_over(folder, Path(options.output), row))
        fetched.append(one)
        if not options.json:
            print(f"{row.label}: {one['images']} images" + (f" in {one['path']}" if options.output else ""))
    made = _take_in(options, name, fetched, folders) if options.record else None
    if options.json:
        print_json({"server": name, "series": fetched} | ({"import": made} if made else {}))
    return 0


def _hand_over(folder: Path, output: Path, row: "SeriesRow") -> Path:
    """Move a whole series to where it was asked for, under a name that people read."""
    number = f"{row.number:03d}" if row.number is not None else ""
    words = " ".join(w for w in (number, row.modality, row.description) if w) or row.uid
    name = re.sub(r'[\\/:*?"<>|\x00-\x1f]', "_", words)
    target, again = output / name, 2
    while target.exists():
        target, again = output / f"{name} {again}", again + 1
    beside = output / f".{folder.name}.part"  # moving from one disk to another takes its time
    try:
        output.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(beside, ignore_errors=True)
        shutil.copytree(folder, beside)
        os.replace(beside, target)
    except OSError as e:
        shutil.rmtree(beside, ignore_errors=True)
        raise UserError(
            f"{target} cannot be written: {e.strerror or e}.",
            "What was fetched is kept: name another folder.",
        ) from e
    shutil.rmtree(folder, ignore_errors=True)
    return target


def _take_in(
    options: argparse.Namespace, name: str, fetched: list[dict[str, Any]], folders: list[Path]
) -> dict[str, Any]:
    """Import what was fetched, note where it came from, and clear it away."""
    from desktop.cli.taking import Beside, bring_in
    from twin.sources import pacs

    made: dict[str, Any] = {}

    def then(record: "Record", entry: "LogEntry", beside: Beside) -> None:
        record.note("fetched", {"server": name, "series": [f["uid"] for f in fetched]})
        made.update(answer(record, entry) | beside.answer(record))
        if not options.json:
            print_entry(record, entry)
            beside.print(record)

    given = {"paths": tuple(map(str, folders)), "accept_gaps": options.accept_gaps}
    bring_in(record_path(options.record), given, "", then)
    for folder in folders:
        pacs.clear(folder)
    return made


def send(options: argparse.Namespace) -> int:
    """Send files, or entities of a record."""
    from functools import partial

    from twin.exports.pacs import send as send_files
    from twin.exports.pacs import send_from
    from twin.jobs import Job
    from twin.record import Record

    link, nameless = _link(options), options.nameless
    title = f"sending to {link.server.name}"
    if options.record:
        with Record.open(record_path(options.record)) as record:
            stale = {ref: record.owner(ref).stale or "" for ref in options.what}
            for ref, why in stale.items():
                if why and not options.stale:
                    raise UserError(f"{ref} is stale: {why}.", "Make it again, or send it so with --stale.")
            act = partial(send_from, nameless=nameless)
            job = Job(act, record.path, options.what, options.kind, link, title=title)
            sent = run_job(job)
            for ref, why in stale.items():
                record.note("sent", {"entity": ref, "server": link.server.name, "stale": why})
    else:
        paths = [Path(p) for p in options.what]
        sent = run_job(Job(partial(send_files, nameless=nameless), link, paths, title=title))
    _tell_sent(options, {"server": link.server.name} | asdict(sent))
    return 0


def _tell_sent(options: argparse.Namespace, sent: dict[str, Any]) -> None:
    if options.json:
        print_json(sent)
        return
    words = f"{sent['images']} images of {sent['series']} series are sent to {sent['server']}"
    there = f"; {sent['there_already']} were there already" if sent["there_already"] else ""
    over = f"; {sent['passed_over']} files are no DICOM" if sent["passed_over"] else ""
    print(f"{words}{there}{over}.")
