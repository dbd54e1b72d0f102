"""Locking a record with a passphrase, and unlocking it: a new file takes the old one's place.

The new file is written whole beside the old one and brought to the disk before it takes its name, so that
whatever happens one of the two is there. The old file of a record that is locked is then written over
with zeros. On disks that write elsewhere instead (flash, snapshots, copies in a cloud) that reaches
only what the system still calls the file.
"""

import contextlib
import os
import sqlite3
import sys
from pathlib import Path

from twin import passphrases
from twin.errors import RecordError
from twin.record import door
from twin.record.record import Record
from twin.wiping import overwrite


def lock(path: Path, passphrase: str) -> None:
    """Lock a record.

    Raises
    ------
    UserError
        The passphrase is too short, the record is locked already, somebody holds it, or it cannot be written.
    """
    if door.locked(path):
        raise RecordError(f"{path} is locked already.", "Unlock it first, to give it another passphrase.")
    key = passphrases.Key.new(passphrase)
    door.cipher()
    Record.open(path).close()  # brought up to date, nobody's, and one file
    _rewrite(path, None, key)
    passphrases.learn(key)
    with Record.open(path) as record:
        record.note("locked", {})


def unlock(path: Path) -> None:
    """Make a locked record one that anybody can open; its passphrase is asked for where it is not known.

    Raises
    ------
    UserError
        It is not locked, no passphrase opens it, somebody holds it, or it cannot be written.
    """
    if not door.locked(path):
        raise RecordError(f"{path} is not locked.")
    key = passphrases.key_for(path)
    Record.open(path).close()
    _rewrite(path, key, None)
    passphrases.forget(key.header)
    with Record.open(path) as record:
        record.note("unlocked", {})


def _rewrite(path: Path, old: passphrases.Key | None, new: passphrases.Key | None) -> None:
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    try:
        # SQLCipher's library reads plain files, too.
        with contextlib.closing(_open(path, old)) as db:
            words = new.words if new is not None else ""
            db.execute(f'ATTACH DATABASE ? AS target KEY "{words}"', (str(part),))
            if new is None:
                db.execute(f"PRAGMA target.page_size = {door.PAGE}")
            else:
                db.execute(f"PRAGMA target.cipher_page_size = {door.LOCKED_PAGE}")
                db.execute(f"PRAGMA target.cipher_hmac_algorithm = {door.HMAC}")
            db.execute("BEGIN EXCLUSIVE")
            if db.execute("SELECT count(*) FROM main.holder").fetchone()[0]:
                raise RecordError(f"{path} was opened meanwhile.", "Close it there, and try again.")
            db.execute("SELECT sqlcipher_export('target')")
            db.execute(f"PRAGMA target.application_id = {door.APPLICATION_ID}")
            db.execute(f"PRAGMA target.user_version = {door.version(db)}")
            db.execute("COMMIT")
            db.execute("DETACH DATABASE target")
            _take_place(part, path, wipe=new is not None)
    except door.faults() as error:
        raise door.trouble(path, error) from error
    finally:
        for ending in ("", "-journal", "-wal"):
            Path(f"{part}{ending}").unlink(missing_ok=True)


def _open(path: Path, key: passphrases.Key | None) -> sqlite3.Connection:
    if key is not None:
        return door.connection(f"{path.resolve().as_uri()}?mode=rw", key)
    db: sqlite3.Connection = door.cipher().connect(
        f"{path.resolve().as_uri()}?mode=rw", uri=True, isolation_level=None
    )
    db.execute("PRAGMA cipher_log_level = NONE")
    return db


def _take_place(part: Path, path: Path, *, wipe: bool) -> None:
    """Bring a file to the disk and let it take another's place; write over what was there."""
    with open(part, "rb+") as file:
        os.fsync(file.fileno())
    if not wipe or sys.platform == "win32":  # where an open file cannot be replaced
        part.replace(path)
        _sync_folder(path)
        return
    with open(path, "rb+", buffering=0) as old:
        part.replace(path)
        _sync_folder(path)
        overwrite(old)


def _sync_folder(path: Path) -> None:
    if sys.platform == "win32":
        return
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
