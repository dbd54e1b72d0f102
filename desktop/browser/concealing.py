"""What is in a locked record stands in the index of studies without its patient's name."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from desktop import places

if TYPE_CHECKING:
    from desktop.queue import Plan
    from twin.domain import Identity
    from twin.record import Record
    from twin.sources.catalog import PatientRow
    from twin.sources.index import Index


def whose(record: Record) -> list[Identity]:
    """Return whose images a record holds."""
    from twin import patient

    found = (patient.read(entry.tree) for entry in record.entries())
    return list(
        dict.fromkeys(i for i in found if i.series_uid or i.study_uid or i.patient_id or i.patient_name)
    )


def conceal(identities: list[Identity], record: Path) -> None:
    """Take these patients out of the index: the record of them is locked now."""
    from twin.sources.index import Index

    if not identities or not places.index_path().exists():
        return
    with Index(places.index_path()) as index:
        index.conceal(*_looked_for(identities), _holder(record))


def reveal(identities: list[Identity], record: Path) -> int:
    """Let these patients into the index again: the record of them is unlocked now.

    What another locked record holds stays concealed.

    Returns
    -------
    int
        How many files are to be read again for that, by ``look_again``.
    """
    from twin.sources.index import Index

    if not places.index_path().exists():
        return 0
    with Index(places.index_path()) as index:
        own = index.reveal([_holder(record)])
        # It may have been locked in another place, or when the index did not keep who conceals what.
        moved = [h for h in index.holders() if not h or _is_gone(h)]
        return index.reveal(moved, _looked_for(identities)) or own


def let_go(index: Index) -> int:
    """Let go of what is concealed for records that are gone; return how many files are to be read again."""
    return index.reveal([h for h in index.holders() if _is_gone(h)])


def read_again() -> Plan:
    """Plan to read again what ``reveal`` and ``let_go`` found."""
    from twin.jobs import Job
    from twin.sources.index import look_again

    yield Job(look_again, places.index_path(), title="Reading again what was locked")


def _looked_for(identities: list[Identity]) -> tuple[list[str], list[PatientRow]]:
    from twin.sources.catalog import PatientRow

    uids = {uid for i in identities for uid in (i.series_uid, i.study_uid) if uid}
    patients = {PatientRow(i.patient_id, i.patient_name, i.birth_date, i.sex) for i in identities}
    return sorted(uids), sorted(patients, key=str)


def _holder(record: Path) -> str:
    """Return what the index knows a locked record by: its folder, and a digest of its name.

    The name of a record is mostly that of its patient, which the index may not hold.
    """
    path = record.absolute()
    return str(path.parent / hashlib.sha256(path.name.encode()).hexdigest())


def _is_gone(holder: str) -> bool:
    """Tell whether a record is surely no longer locked where it was; not where its disk is not there."""
    from twin.record import door

    folder = Path(holder).parent
    if not holder or not folder.is_dir():
        return False
    records = (p for p in folder.iterdir() if p.is_file() and _holder(p) == holder)
    return not any(door.locked(p) for p in records)


def if_locked(record: Record) -> None:
    """Conceal what is in a record, where it is locked: after something came in, and when it is opened.

    It may have been locked on another machine, or the index made anew.
    """
    from twin.record import door

    if door.locked(Path(record.path)):
        conceal(whose(record), Path(record.path))
