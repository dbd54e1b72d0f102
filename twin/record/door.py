"""The one way to a record's database: what a file is, connections, format version, migrations.

A locked record is an SQLCipher database: one more case of ``connect`` and of nothing else. Its connections
and faults are another library's, of the same shape: ``faults`` names those of both.
"""

import contextlib
import errno
import os
import sqlite3
import struct
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from twin import passphrases
from twin.errors import RecordError

APPLICATION_ID = 0x5457494E  # "TWIN"
FORMAT = 1
"""Version of the file format that this program writes."""

MIGRATIONS: dict[int, Callable[[sqlite3.Connection], None]] = {}
"""By format version, what turns a file of that version into one of the next."""

SCHEMA = """
CREATE TABLE about (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE holder (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    host TEXT NOT NULL, user TEXT NOT NULL, process INTEGER NOT NULL, started REAL NOT NULL,
    since TEXT NOT NULL
);
CREATE TABLE log (
    number INTEGER PRIMARY KEY, body TEXT NOT NULL, previous_hash TEXT NOT NULL, hash TEXT NOT NULL
);
CREATE TABLE objects (
    digest TEXT PRIMARY KEY, kind TEXT NOT NULL, tree TEXT NOT NULL, size INTEGER NOT NULL,
    parts TEXT NOT NULL
);
CREATE TABLE arrays (digest TEXT PRIMARY KEY, blocks BLOB NOT NULL);
CREATE TABLE blocks (
    digest BLOB PRIMARY KEY, size INTEGER NOT NULL, item INTEGER NOT NULL, data BLOB NOT NULL
);
"""

PAGE = 16384
LOCKED_PAGE = 65536
"""Page of locked records: each is sealed by itself, and fewer are quicker."""

HMAC = "HMAC_SHA256"
"""How each page of a locked record is sealed: processors compute it three times as fast as SHA-512."""

_BUSY_SECONDS = 3.0
_ASIDE = ("-wal", "-journal")
"""Files beside a record that hold what belongs in it."""
_TO_RECOVER = (
    sqlite3.SQLITE_READONLY_ROLLBACK,
    sqlite3.SQLITE_READONLY_RECOVERY,
    sqlite3.SQLITE_READONLY_CANTINIT,
)
"""What a reader is told where a killed process left a half-done transaction: only a writer may undo it."""
_LOG_KEPT_BYTES = 64 << 20
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def create(path: Path) -> None:
    """Write an empty record to a new file, in one stroke, so that no half-made file can stay.

    Raises
    ------
    RecordError
        Where there is something already, or the folder cannot be written to.
    """
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as blank:
        blank.execute(f"PRAGMA page_size = {PAGE}")
        blank.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        blank.execute(f"PRAGMA user_version = {FORMAT}")
        blank.executescript(SCHEMA)
        blank.execute("INSERT INTO about VALUES ('record', ?)", (uuid.uuid4().hex,))
        blank.execute("INSERT INTO about VALUES ('pointer', '0')")
        content = blank.serialize()
    try:
        with open(path, "xb", buffering=0) as file:
            try:
                if file.write(content) != len(content):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                os.fsync(file.fileno())
            except OSError:
                path.unlink()
                raise
    except FileExistsError:
        raise RecordError(f"{path} exists already.", "Open it, or choose another name.") from None
    except OSError as error:
        raise trouble(path, error) from error


def inspect(path: Path) -> int:
    """Return the format version of a record by its header, without opening the database.

    Raises
    ------
    RecordError
        Where the file is no whole record: absent, empty, no database, somebody else's, cut off.
    """
    try:
        with open(path, "rb") as file:
            header = file.read(100)
            size = file.seek(0, 2)
    except FileNotFoundError:
        raise RecordError(f"There is no file {path}.") from None
    except OSError as error:
        raise trouble(path, error) from error
    if not header:
        raise RecordError(f"{path} is empty (0 bytes): there is no record in it.", "Look for a backup of it.")
    if passphrases.is_locked(header):
        if size % LOCKED_PAGE and not any(_beside(path, ending).exists() for ending in _ASIDE):
            raise RecordError(
                f"{path} is cut off after {size} bytes.", "Copy it again, or look for a backup."
            )
        return FORMAT  # what it really is can be seen once it is open
    if not header.startswith(b"SQLite format 3\0"):
        raise RecordError(
            f"{path} is no Vitruvian record (no database at all).",
            "A record is a .twin file; images and meshes are imported into one.",
        )
    if len(header) < 100:
        raise RecordError(f"{path} is cut off after {size} bytes.", "Look for a backup of it.")
    (application,) = struct.unpack_from(">I", header, 68)
    if application != APPLICATION_ID:
        raise RecordError(f"{path} is a database of another program, no Vitruvian record.")
    (page,) = struct.unpack_from(">H", header, 16)
    change, pages = struct.unpack_from(">II", header, 24)
    (valid_for,) = struct.unpack_from(">I", header, 92)
    whole = pages * (65536 if page == 1 else page)
    if change == valid_for and size < whole and not any(_beside(path, ending).exists() for ending in _ASIDE):
        raise RecordError(
            f"{path} is cut off: {size} bytes of {whole} are there.", "Copy it again, or look for a backup."
        )
    (version,) = struct.unpack_from(">i", header, 60)
    return version


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


def connect(path: Path, *, write: bool) -> sqlite3.Connection:
    """Open the database; the caller closes it.

    Statements run outside transactions unless one is begun (``transaction``). A connection may
    be used from several threads, one at a time.

    Raises
    ------
    RecordError
        Where the file is no record, is newer than this program, or cannot be opened.
    """
    _check_version(path, inspect(path))
    try:
        return _connect(path, write)
    except faults() as error:
        if write or not _half_done(error):
            raise trouble(path, error) from error
    try:
        _connect(path, True).close()  # undoes what was half done
        return _connect(path, False)
    except faults() as error:
        if _half_done(error):
            raise RecordError(
                f"{path} was being written when a program died, and cannot be tidied up: it, or its folder, "
                "is read-only.",
                "Copy it, with the -journal or -wal file beside it, to a folder that can be written to.",
            ) from error
        raise trouble(path, error) from error


def _half_done(error: Exception) -> bool:
    # SQLCipher's library gives words only.
    known = getattr(error, "sqlite_errorcode", None)
    return known in _TO_RECOVER or (known is None and "readonly database" in str(error))


def _connect(path: Path, write: bool) -> sqlite3.Connection:
    uri = f"{path.resolve().as_uri()}?mode={'rw' if write else 'ro'}"
    db = connection(uri, passphrases.key_for(path) if locked(path) else None)
    try:
        if write:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = FULL")
            db.execute(f"PRAGMA journal_size_limit = {_LOG_KEPT_BYTES}")
        db.execute("PRAGMA mmap_size = 0")
        # The header may lag behind what a killed process left in the WAL.
        _check_version(path, version(db))
        db.execute("SELECT count(*) FROM about").fetchone()
    except BaseException:
        db.close()
        raise
    return db


def locked(path: Path) -> bool:
    """Tell whether a file is a locked record."""
    with path.open("rb") as file:
        return passphrases.is_locked(file.read(passphrases.HEADER_BYTES))


def connection(uri: str, key: passphrases.Key | None) -> sqlite3.Connection:
    """Open a database as it is, plain or with a key."""
    made: sqlite3.Connection
    if key is None:
        made = sqlite3.connect(
            uri, uri=True, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        return made
    made = cipher().connect(
        uri, uri=True, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    made.execute("PRAGMA cipher_log_level = NONE")
    made.execute(f'PRAGMA key = "{key.words}"')
    made.execute(f"PRAGMA cipher_page_size = {LOCKED_PAGE}")
    made.execute(f"PRAGMA cipher_hmac_algorithm = {HMAC}")
    made.execute("PRAGMA temp_store = MEMORY")
    return made


def cipher() -> Any:
    """Return the library of locked databases; ``RecordError`` where this system has none."""
    try:
        from sqlcipher3 import dbapi2
    except ImportError as error:
        raise RecordError(
            "Locked records need the package sqlcipher3, which is not made for this system.",
            "On a Mac with an Intel processor, use Python 3.11.",
        ) from error
    return dbapi2


def version(db: sqlite3.Connection) -> int:
    """Return the format version of an open record."""
    (number,) = db.execute("PRAGMA user_version").fetchone()
    return int(number)


def _check_version(path: Path, number: int) -> None:
    if number > FORMAT:
        raise RecordError(
            f"{path} is of format {number}; this program knows formats up to {FORMAT}.",
            "Open it with a newer Vitruvian.",
        )


@contextlib.contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Do all that is inside, or nothing."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield db
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def settle(db: sqlite3.Connection) -> None:
    """Bring everything into the one file, so that nothing stays beside it after ``close``."""
    # Where somebody else is reading, the file stays in WAL mode until the next close.
    with contextlib.suppress(*faults()):
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.execute("PRAGMA busy_timeout = 100")
        db.execute("PRAGMA journal_mode = DELETE")


def migrate(path: Path, db: sqlite3.Connection) -> Path | None:
    """Bring an older record to the present format; the lock must be held.

    Returns
    -------
    Path or None
        The copy of the old file that was laid beside it; None where nothing was to be done.
    """
    old = version(db)
    if old == FORMAT:
        return None
    if any(number not in MIGRATIONS for number in range(old, FORMAT)):
        raise RecordError(f"{path} is of format {old}, which this program can no longer read.")
    try:
        backup = _backup(path, db, old)
        with transaction(db):
            for number in range(old, FORMAT):
                MIGRATIONS[number](db)
            db.execute(f"PRAGMA user_version = {FORMAT}")
    except faults() as error:
        raise trouble(path, error) from error
    return backup


def _backup(path: Path, db: sqlite3.Connection, old: int) -> Path:
    backup, n = _beside(path, f".format{old}-backup"), 1
    while backup.exists():
        n += 1
        backup = _beside(path, f".format{old}-backup{n}")
    try:
        duplicate(path, db, backup)
    except faults():
        backup.unlink(missing_ok=True)
        raise
    return backup


def duplicate(path: Path, db: sqlite3.Connection, target: Path) -> None:
    """Write a copy of an open record, locked with the same key where it is; nobody holds the copy."""
    key = passphrases.key_for(path) if locked(path) else None
    with contextlib.closing(connection(target.absolute().as_uri(), key)) as copy:
        db.backup(copy)
        # Its owner is the original's; on another machine it would seem held for ever.
        copy.execute("DELETE FROM holder")
        copy.execute("PRAGMA journal_mode = DELETE")


def faults() -> tuple[type[Exception], ...]:
    """Return what a database and its file may raise, for ``except``, which asks when it needs to know."""
    other = sys.modules.get("sqlcipher3.dbapi2")
    return (sqlite3.Error, OSError) if other is None else (sqlite3.Error, other.Error, OSError)


def trouble(path: Path, error: Exception) -> RecordError:
    """Say in words what a database or the file system complains of."""
    text = str(error)
    if (isinstance(error, OSError) and error.errno in _NO_SPACE) or "disk is full" in text:
        return RecordError(
            f"The disk is full: {path} could not be written and is as it was.",
            "Free some space and try again.",
        )
    if isinstance(error, OSError):
        text = os.strerror(error.errno) if error.errno else text
        return RecordError(f"{path} cannot be opened or written: {text}.")
    if "readonly" in text or "unable to open" in text:
        return RecordError(
            f"{path} cannot be written: the file or its folder is read-only.",
            "Copy it to a folder that can be written to; where it is, it can be read and exported from, "
            "not changed.",
        )
    if "locked" in text:
        return RecordError(f"{path} is busy: another program is writing it.", "Try again in a moment.")
    if "malformed" in text or "not a database" in text or "no such table" in text:
        return RecordError(f"{path} is damaged ({text}).", "Look for a backup of it.")
    if "disk I/O error" in text:
        return RecordError(f"{path} could not be read or written: the disk reports an error, or is full.")
    return RecordError(f"{path}: the database reports “{text}”.")
