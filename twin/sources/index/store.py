"""The index of studies: one SQLite file of what lies in the folders that were looked into.

It is a copy of what the files say and can be made again from them: a damaged one is thrown away, but for
what cannot be (which folders, whose names may not come in) as far as it can be read.
An image that lies in several places is counted once.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import sqlite3
import unicodedata
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.errors import UserError
from twin.sources.catalog import PatientRow, SeriesRow, StudyRow

VERSION = 5
"""Of the tables; an index of another version is made anew."""

_TABLES = """
CREATE TABLE roots (path TEXT PRIMARY KEY, looked TEXT NOT NULL DEFAULT '');
CREATE TABLE folders (id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE);
CREATE TABLE files (
    folder INTEGER NOT NULL, name TEXT NOT NULL, size INTEGER NOT NULL, changed INTEGER NOT NULL,
    series INTEGER, uid TEXT NOT NULL DEFAULT '', instance INTEGER NOT NULL DEFAULT 0,
    frames INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (folder, name)) WITHOUT ROWID;
CREATE INDEX files_of_series ON files (series, uid);
CREATE TABLE series (
    id INTEGER PRIMARY KEY, uid TEXT NOT NULL, study TEXT NOT NULL, patient_id TEXT NOT NULL,
    name TEXT NOT NULL, birth_date TEXT NOT NULL, sex TEXT NOT NULL, date TEXT NOT NULL,
    study_description TEXT NOT NULL, accession TEXT NOT NULL, number INTEGER, description TEXT NOT NULL,
    modality TEXT NOT NULL, body_part TEXT NOT NULL, words TEXT NOT NULL, thumbnail BLOB,
    images INTEGER NOT NULL DEFAULT 0,
    UNIQUE (uid, study, patient_id, name));
CREATE TABLE concealed (
    mark TEXT NOT NULL, holder TEXT NOT NULL, PRIMARY KEY (mark, holder)) WITHOUT ROWID;
CREATE TRIGGER more AFTER INSERT ON files WHEN NEW.series NOT NULL
    AND (SELECT COUNT(*) FROM files WHERE series = NEW.series AND uid = NEW.uid) = 1 BEGIN
    UPDATE series SET images = images + MAX(NEW.frames, 1) WHERE id = NEW.series; END;
CREATE TRIGGER fewer AFTER DELETE ON files WHEN OLD.series NOT NULL
    AND NOT EXISTS (SELECT 1 FROM files WHERE series = OLD.series AND uid = OLD.uid) BEGIN
    UPDATE series SET images = images - MAX(OLD.frames, 1) WHERE id = OLD.series; END;
"""

CONCEALED = "(locked)"
"""Stands for the patient of series that are in a locked record."""


@dataclass(frozen=True)
class Indexed:
    """A series in the index: its row, and the number that the index knows it by."""

    id: int
    row: SeriesRow


class Index:
    """Opens the index at a path, and makes it where there is none.

    Several processes may read while one writes. Use it as a context manager.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.db = _open(path)
        except (OSError, sqlite3.Error) as e:
            raise UserError(
                f"The index of studies at {path} cannot be opened: {e}.", "Is the disk full?"
            ) from e

    def __enter__(self) -> Index:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self.db.close()

    # -- folders ---------------------------------------------------------------------------------

    def roots(self) -> list[Path]:
        """Return the folders that were chosen to be looked into."""
        return [Path(path) for (path,) in self.db.execute("SELECT path FROM roots ORDER BY path")]

    def add_root(self, root: Path) -> None:
        """Note that a folder is to be looked into."""
        self.db.execute("INSERT OR IGNORE INTO roots (path) VALUES (?)", (str(root),))
        self.db.commit()

    def forget(self, root: Path) -> None:
        """Forget a folder and all that lies in it and in no other folder that was chosen."""
        self.db.execute("DELETE FROM roots WHERE path = ?", (str(root),))
        kept = self.roots()
        gone = [
            number for number, path in self.db.execute("SELECT id, path FROM folders").fetchall()
            if within(Path(path), root) and not any(within(Path(path), other) for other in kept)
        ]  # fmt: skip
        self.drop_folders(gone)
        self.db.commit()

    def drop_folders(self, numbers: Sequence[int]) -> None:
        """Take folders out, and the series that have no file left."""
        for number in numbers:
            self.db.execute("DELETE FROM files WHERE folder = ?", (number,))
            self.db.execute("DELETE FROM folders WHERE id = ?", (number,))
        self.drop_empty()

    def drop_empty(self) -> None:
        """Take out the series that have no file left."""
        self.db.execute("DELETE FROM series WHERE images <= 0")

    # -- what was found --------------------------------------------------------------------------

    def series_number(self, row: SeriesRow) -> int:
        """Return the number of a series, which is entered where it is new."""
        if self.is_concealed(row):
            return self._enter(_conceal(row), "")
        said = (row.study.patient.name, row.study.patient.patient_id, row.study.description, row.description)
        more = (row.modality, row.body_part, row.study.accession, row.study.date)
        return self._enter(row, " ".join(map(folded, (*said, *more))))

    def _enter(self, row: SeriesRow, words: str) -> int:
        study, patient = row.study, row.study.patient
        key = (row.uid, study.uid, patient.patient_id, patient.name)
        known = "SELECT id FROM series WHERE uid = ? AND study = ? AND patient_id = ? AND name = ?"
        found = self.db.execute(known, key).fetchone()
        if found:
            return int(found[0])
        values = (
            *key, patient.birth_date, patient.sex, study.date, study.description, study.accession, row.number,
            row.description, row.modality, row.body_part, words,
        )  # fmt: skip
        marks = ", ".join("?" * len(values))
        names = "uid, study, patient_id, name, birth_date, sex, date, study_description, accession, number"
        names += ", description, modality, body_part, words"
        return int(self.db.execute(f"INSERT INTO series ({names}) VALUES ({marks})", values).lastrowid or 0)

    def studies(self, words: str = "", modality: str = "", root: Path | None = None) -> list[StudyRow]:
        """Return the studies in which a series holds all the words, the latest first.

        ``modality`` and ``root`` narrow it to studies with such a series, and to those in a folder.
        """
        rows: dict[tuple[str, ...], list[Any]] = {}
        for row in self._rows(words, root):
            rows.setdefault((row["study"], row["patient_id"], row["name"]), []).append(row)
        studies = [_study(listed) for listed in rows.values()]
        studies = [s for s in studies if modality in ("", *s.modalities)]
        return sorted(studies, key=lambda s: (s.date, s.uid), reverse=True)

    def series(self, study: StudyRow, root: Path | None = None) -> list[Indexed]:
        """Return the series of a study, by number; those in a folder, where one is given."""
        inside, values = _inside(root)
        listed = self.db.execute(
            f"SELECT * FROM series WHERE study = ? AND patient_id = ? AND name = ? AND images > 0{inside}"
            " ORDER BY number IS NULL, number, uid",
            (study.uid, study.patient.patient_id, study.patient.name, *values),
        )
        return [Indexed(r["id"], _series(r, study)) for r in listed]

    def files(self, number: int) -> list[Path]:
        """Return the files of a series in the order of their instance numbers, each image once."""
        listed = self.db.execute(
            "SELECT path, name, uid FROM files JOIN folders ON folders.id = files.folder"
            " WHERE series = ? ORDER BY instance, path, name",
            (number,),
        )
        once: dict[str, Path] = {}
        for folder, name, uid in listed:
            once.setdefault(uid, Path(folder, name))
        return list(once.values())

    def is_alone(self, number: int) -> list[Path]:
        """Return the folders of a series that hold nothing else; empty where there is more, or copies."""
        mixed = self.db.execute(
            "SELECT 1 FROM files WHERE folder IN (SELECT folder FROM files WHERE series = ?)"
            " AND series NOT NULL AND series <> ? LIMIT 1",
            (number, number),
        ).fetchone()
        copies = self.db.execute(
            "SELECT 1 FROM files WHERE series = ? GROUP BY uid HAVING COUNT(*) > 1 LIMIT 1", (number,)
        ).fetchone()
        if mixed or copies:
            return []
        listed = self.db.execute(
            "SELECT DISTINCT path FROM files JOIN folders ON folders.id = files.folder WHERE series = ?",
            (number,),
        )
        folders = [Path(path) for (path,) in listed]
        return [] if self._has_below(folders) else folders

    def _has_below(self, folders: Sequence[Path]) -> bool:
        for (path,) in self.db.execute("SELECT path FROM folders"):
            if any(within(Path(path), folder) and Path(path) != folder for folder in folders):
                return True
        return False

    def _rows(self, words: str, root: Path | None) -> list[Any]:
        asked = [re.sub(r"([\\%_])", r"\\\1", folded(word)) for word in words.split()]
        where = " AND ".join(["images > 0", *["words LIKE ? ESCAPE '\\'"] * len(asked)])
        values: list[Any] = [f"%{w}%" for w in asked]
        inside, more = _inside(root)
        return self.db.execute(f"SELECT * FROM series WHERE {where}{inside}", [*values, *more]).fetchall()

    # -- pictures and locks ----------------------------------------------------------------------

    def without_thumbnail(self) -> list[int]:
        """Return the series with images of which there is no small picture yet."""
        listed = self.db.execute(
            "SELECT series.id FROM series JOIN files ON files.series = series.id WHERE thumbnail IS NULL"
            " AND frames > 0 AND series.name <> ?"
            " GROUP BY series.id ORDER BY series.id",
            (CONCEALED,),
        )
        return [number for (number,) in listed]

    def set_thumbnail(self, number: int, picture: NDArray[np.uint8] | None) -> None:
        """Keep the small picture of a series, shape (row, column) or (row, column, 3); None: it has none."""
        packed = b""
        if picture is not None:
            head = bytes((picture.ndim, *picture.shape[:2]))
            packed = head + zlib.compress(np.ascontiguousarray(picture).tobytes(), 1)
        self.db.execute("UPDATE series SET thumbnail = ? WHERE id = ?", (packed, number))

    def thumbnail(self, number: int) -> NDArray[np.uint8] | None:
        """Return the small picture of a series, where there is one."""
        found = self.db.execute("SELECT thumbnail FROM series WHERE id = ?", (number,)).fetchone()
        packed = found[0] if found else None
        if not packed:
            return None
        rank, rows, columns = packed[:3]
        shape = (rows, columns, 3) if rank == 3 else (rows, columns)
        return np.frombuffer(zlib.decompress(packed[3:]), np.uint8).reshape(shape)

    def is_concealed(self, row: SeriesRow) -> bool:
        """Tell whether a series, its study or its patient is in a locked record."""
        marks = [row.uid, row.study.uid, _mark(row.study.patient)]
        known = "SELECT 1 FROM concealed WHERE mark <> '' AND mark IN (?, ?, ?)"
        return self.db.execute(known, marks).fetchone() is not None

    def conceal(self, uids: Sequence[str], patients: Sequence[PatientRow] = (), holder: str = "") -> None:
        """Take all words and pictures of series, studies and patients out: their record is locked now.

        The patients of the series are among them; what is found of them later comes in without words, too.
        Who has neither name nor ID is nobody to be known again: of him only the very series and studies go.

        Parameters
        ----------
        uids : sequence of str
            Of series and of studies.
        holder : str
            What the record is known by; ``reveal`` lets go of what it holds.
        """
        found = dict.fromkeys(patients)
        for uid in filter(None, uids):
            listed = self.db.execute("SELECT * FROM series WHERE uid = ?", (uid,))
            found |= dict.fromkeys(_patient(row) for row in listed if row["name"] != CONCEALED)
            self.db.execute("INSERT OR IGNORE INTO concealed VALUES (?, ?)", (uid, holder))
            self.db.execute(f"{_BLANK} ? IN (uid, study)", (CONCEALED, uid))
        for patient in found:
            mark = _mark(patient)
            if mark:
                self.db.execute("INSERT OR IGNORE INTO concealed VALUES (?, ?)", (mark, holder))
                self.db.execute(
                    f"{_BLANK} patient_id = ? AND name = ? AND birth_date = ?",
                    (CONCEALED, patient.patient_id, patient.name, patient.birth_date),
                )
        self.db.commit()
        self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # what is taken out may not stay in the log beside

    def holders(self) -> list[str]:
        """Return the locked records on whose account something is concealed; empty for an unknown one."""
        return [h for (h,) in self.db.execute("SELECT DISTINCT holder FROM concealed ORDER BY holder")]

    def reveal(
        self, holders: Sequence[str], only: tuple[Sequence[str], Sequence[PatientRow]] | None = None
    ) -> int:
        """Let go of what was concealed on account of records that are no longer locked, or gone.

        What no other record conceals has its words again once its files are read (``look_again``, or the
        next look into their folder).

        Parameters
        ----------
        only : uids and patients, or None
            These and no others.

        Returns
        -------
        int
            How many files are to be read again.
        """
        marks = None if only is None else {*only[0], *map(_mark, only[1])}
        held = self.db.execute("SELECT mark, holder FROM concealed").fetchall()
        gone = [(m, h) for m, h in held if h in holders and (marks is None or m in marks)]
        self.db.executemany("DELETE FROM concealed WHERE mark = ? AND holder = ?", gone)
        self.db.execute(
            "UPDATE files SET changed = -1 WHERE series IN (SELECT id FROM series WHERE name = ?"
            " AND uid NOT IN (SELECT mark FROM concealed) AND study NOT IN (SELECT mark FROM concealed))",
            (CONCEALED,),
        )
        self.db.commit()
        return len(self.to_read_again()) if gone else 0

    def to_read_again(self) -> list[tuple[int, str, str]]:
        """Return folder number, folder and name of the files that are to be read as if they had changed."""
        return self.db.execute(
            "SELECT folder, path, name FROM files JOIN folders ON folders.id = files.folder WHERE changed < 0"
        ).fetchall()


_BLANK = (
    "UPDATE OR REPLACE series SET patient_id = '', name = ?, birth_date = '', sex = '', date = '',"
    " study_description = '', accession = '', description = '', body_part = '', words = '',"
    " thumbnail = NULL WHERE"
)


def _mark(patient: PatientRow) -> str:
    """Return what a patient of a locked record is known again by; it does not say who that is.

    Empty where neither a name nor an ID tells him from others.
    """
    if not (patient.patient_id or patient.name):
        return ""
    words = (patient.patient_id, folded(patient.name), patient.birth_date)
    return hashlib.sha256("\n".join(words).encode()).hexdigest()


def _patient(row: Any) -> PatientRow:
    return PatientRow(row["patient_id"], row["name"], row["birth_date"], row["sex"])


def within(path: Path, folder: Path) -> bool:
    """Tell whether a path is a folder or lies below it."""
    return path == folder or folder in path.parents


def folded(text: str) -> str:
    """Return text as it is searched for: without capitals and accents."""
    return "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))


def _inside(root: Path | None) -> tuple[str, list[Any]]:
    """Return the condition that a series has a file in a folder, and its values."""
    if root is None:
        return "", []
    inside = os.path.join(root, "")
    condition = (
        " AND EXISTS (SELECT 1 FROM files JOIN folders ON folders.id = files.folder"
        " WHERE files.series = series.id AND (path = ? OR substr(path, 1, ?) = ?))"
    )
    return condition, [str(root), len(inside), inside]


def _conceal(row: SeriesRow) -> SeriesRow:
    study = StudyRow(PatientRow(name=CONCEALED), row.study.uid)
    return SeriesRow(study, row.uid, row.number, modality=row.modality)


def _study(rows: Sequence[Any]) -> StudyRow:
    first = rows[0]
    return StudyRow(
        patient=_patient(first),
        uid=first["study"],
        date=first["date"],
        description=next((r["study_description"] for r in rows if r["study_description"]), ""),
        modalities=tuple(sorted({r["modality"] for r in rows} - {""})),
        accession=first["accession"],
        series=len(rows),
        images=sum(r["images"] for r in rows),
    )


def _series(row: Any, study: StudyRow) -> SeriesRow:
    return SeriesRow(
        study, row["uid"], row["number"], row["description"], row["modality"], row["body_part"], row["images"]
    )


def _open(path: Path) -> sqlite3.Connection:
    try:
        return _connect(path)
    except sqlite3.DatabaseError as e:
        if isinstance(e, sqlite3.OperationalError) and "locked" in str(e):
            raise
        roots = _rows_of(path, "SELECT path FROM roots")
        marks = _rows_of(path, "SELECT mark, holder FROM concealed")
        marks = marks or [(m, "") for (m,) in _rows_of(path, "SELECT mark FROM concealed")]  # version 4
        for ending in ("", "-wal", "-shm"):
            Path(f"{path}{ending}").unlink(missing_ok=True)
        db = _connect(path)
        db.executemany("INSERT OR IGNORE INTO roots (path) VALUES (?)", roots)
        kept = [row for row in marks if row[0] not in ("", _NOBODY)]
        db.executemany("INSERT OR IGNORE INTO concealed VALUES (?, ?)", kept)
        db.commit()
        return db


_NOBODY = hashlib.sha256(b"\n\n").hexdigest()
"""Until version 4 all patients without a name and an ID were known as this one."""


def _rows_of(path: Path, query: str) -> list[tuple[str, ...]]:
    """Return what cannot be made again from the files: chosen folders, and whose names may not come in."""
    try:
        with contextlib.closing(sqlite3.connect(path)) as old:
            return old.execute(query).fetchall()
    except sqlite3.Error:
        return []


def _connect(path: Path) -> sqlite3.Connection:
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))  # nobody else's to read
    db = sqlite3.connect(path, timeout=10.0, isolation_level="DEFERRED")
    try:
        db.row_factory = sqlite3.Row
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute("PRAGMA secure_delete = ON")  # what is forgotten does not stay readable in the file
        db.execute("PRAGMA recursive_triggers = ON")  # what is replaced is counted off
        (version,) = db.execute("PRAGMA user_version").fetchone()
        if version not in (0, VERSION):
            raise sqlite3.DatabaseError(f"version {version}")
        if version == 0:
            with contextlib.suppress(sqlite3.OperationalError):  # another process may be making them
                db.executescript(f"BEGIN IMMEDIATE; {_TABLES} PRAGMA user_version = {VERSION}; COMMIT;")
        db.execute("SELECT 1 FROM series, files, folders, roots, concealed LIMIT 1")
    except BaseException:
        db.close()
        raise
    return db


def folder_numbers(index: Index, root: Path) -> Iterator[tuple[int, Path]]:
    """Yield the folders of the index that lie in a folder."""
    for number, path in index.db.execute("SELECT id, path FROM folders").fetchall():
        if within(Path(path), root):
            yield number, Path(path)
