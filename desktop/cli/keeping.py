"""Commands that keep a patient's things to himself: deidentify, forget, lock, unlock."""

import argparse
import getpass
import os
import sys
from dataclasses import asdict
from pathlib import Path

from desktop.cli import command, print_json, record_path
from twin.errors import RecordError, UserError


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add these commands to the parser."""
    p = command(
        commands, "deidentify", "Write a record, or DICOM files, anew without what names the patient",
        answers=True,
    )  # fmt: skip
    p.add_argument("source", metavar="RECORD|FOLDER", help="a .twin, a DICOM file, or a folder of them")
    p.add_argument("-o", "--output", required=True, metavar="NEW", help="the new record, or a new folder")
    p.add_argument(
        "--faces", choices=("keep", "remove"), default="keep", help="of a record: blank faces in heads"
    )
    p.set_defaults(act=deidentify)

    p = command(commands, "forget", "Remove an entity for good, with its bytes; undo cannot bring it back")
    p.add_argument("record", metavar="RECORD")
    p.add_argument("entity", metavar="ENTITY")
    p.set_defaults(act=forget)

    p = command(
        commands, "lock", "Lock a record with a passphrase: nothing of it can then be read on the disk"
    )
    p.add_argument("record", metavar="RECORD")
    p.add_argument(
        "--keyring",
        action="store_true",
        help="keep the passphrase in this system's key store, and ask no more",
    )
    p.set_defaults(act=lock)

    p = command(commands, "unlock", "Make a locked record one that anybody can open")
    p.add_argument("record", metavar="RECORD")
    p.set_defaults(act=unlock)


def deidentify(options: argparse.Namespace) -> int:
    """De-identify a record into a new one, or DICOM files into a new folder."""
    source, target = Path(options.source), Path(options.output)
    if source.is_dir() or (source.is_file() and source.suffix.lower() != ".twin"):
        return _files(source, target, options)
    return _record(record_path(options.source), record_path(options.output), options)


def _record(source: Path, target: Path, options: argparse.Namespace) -> int:
    from desktop.cli.work import run_job
    from desktop.deidentifying import whole_record
    from twin.jobs import Job
    from twin.record import Record

    Record.open(source, write=False).close()  # a job cannot ask for a passphrase
    faces = options.faces == "remove"
    done = run_job(Job(whole_record, source, target, faces, title="De-identifying"))
    note_in(source, "exported", {"what": "de-identified record", "path": str(target), "deidentified": True})
    if options.json:
        print_json({"path": str(target), **asdict(done)})
        return 0
    print(f"{target} holds what {source} holds now, without what names the patient.")
    if faces:
        print(f"Faces were removed from {done.faces} images.")
    else:
        print("Faces were not looked for: --faces remove takes them off images of heads.")
    for words in done.words():
        print(words, file=sys.stderr)
    return 0


def _files(source: Path, target: Path, options: argparse.Namespace) -> int:
    from desktop.cli.work import run_job
    from desktop.deidentifying import dicom_files
    from twin.jobs import Job

    if options.faces == "remove":
        raise UserError(
            "Faces can be removed from records only.", "Import the images first, then de-identify the record."
        )
    done = run_job(Job(dicom_files, source, target, title="De-identifying"))
    if options.json:
        print_json({"path": str(target), **asdict(done)})
        return 0
    print(f"{done.files} files are in {target}, of {', '.join(done.patients)}.")
    print(
        "Faces were not looked for: import the images, then --faces remove takes them off the record's heads."
    )
    for words in (*(f"Left out: {w}" for w in done.left_out), *(f"Look at {w}" for w in done.burned_in)):
        print(words, file=sys.stderr)
    return 0


def forget(options: argparse.Namespace) -> int:
    """Forget one entity."""
    from twin.record import Record

    path = record_path(options.record)
    with Record.open(path) as record:
        entry = record.find(options.entity)
        before = {e.id for e in record.entries() if not e.stale}
        record.forget(entry.id)
        left = [e.name for e in record.entries() if e.stale and e.id in before]
    print(f"“{entry.name}” ({entry.id}) is forgotten. The log says so, and nothing else of it.")
    if left:
        print(f"What was made from it is still there, and out of date: {', '.join(left)}.", file=sys.stderr)
    copies = sorted(path.parent.glob(f"{path.name}.format*-backup*"))
    if copies:
        names = ", ".join(c.name for c in copies)
        print(f"A backup from an older version still holds it: {names}.", file=sys.stderr)
    return 0


def lock(options: argparse.Namespace) -> int:
    """Lock a record with a passphrase that is typed twice, or given to scripts by the environment."""
    from desktop.browser import concealing
    from twin import passphrases
    from twin.record import Record, door
    from twin.record.locking import lock as lock_record

    path = record_path(options.record)
    door.inspect(path)
    passphrase = os.environ.get(passphrases.VARIABLE) or new_passphrase(path)
    with Record.open(path, write=False) as record:
        identities = concealing.whose(record)
    lock_record(path, passphrase)
    concealing.conceal(identities, path)
    print(f"{path} is locked. Without the passphrase nobody can open it again, this program neither.")
    if options.keyring:
        passphrases.remember(passphrases.header_of(path), passphrase)
        print("This system's key store keeps the passphrase.")
    left = sorted(p.name for p in path.parent.glob(f"{path.name}.format*-backup*"))
    if left:
        print(f"Beside it lies a backup that is not locked: {', '.join(left)}.", file=sys.stderr)
    return 0


def unlock(options: argparse.Namespace) -> int:
    """Unlock a record."""
    from desktop.browser import concealing
    from desktop.cli.studies import read_again
    from twin.record import Record
    from twin.record.locking import unlock as unlock_record

    path = record_path(options.record)
    unlock_record(path)
    with Record.open(path, write=False) as record:
        identities = concealing.whose(record)
    read_again(concealing.reveal(identities, path))
    print(f"{path} is open for everybody who can read the file.")
    return 0


def new_passphrase(path: Path) -> str:
    """Ask for a new passphrase twice, unseen."""
    from twin import passphrases

    if not sys.stdin.isatty():
        raise UserError(
            "There is nobody to type a passphrase.",
            f"Scripts give it in the environment: {passphrases.VARIABLE}.",
        )
    first = getpass.getpass(f"New passphrase for {path.name}: ")
    if getpass.getpass("The same again: ") != first:
        raise UserError("The two passphrases are not the same.", "Nothing was locked; try again.")
    return first


def ask(path: Path, wrong: str) -> str | None:
    """Ask for a record's passphrase on the terminal, unseen; None where there is none."""
    if not sys.stdin.isatty():
        return None
    if wrong:
        print(f"vitruvian: {wrong}", file=sys.stderr)
    return getpass.getpass(f"Passphrase of {path.name}: ") or None


def note_in(path: Path, kind: str, details: dict[str, object]) -> None:
    """Note in a record's log what was done with it; say so where it cannot (open elsewhere, read-only)."""
    from twin.record import Record

    try:
        with Record.open(path) as record:
            record.note(kind, details)
    except RecordError as error:
        print(f"vitruvian: it could not be noted in the log: {error.message}", file=sys.stderr)
