"""What is in a locked record stands in the index of studies without its patient's name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from desktop import places

if TYPE_CHECKING:
    from twin.domain import Identity
    from twin.record import Record


def whose(record: Record) -> list[Identity]:
    """Return whose images a record holds."""
    from twin import patient

    found = (patient.read(entry.tree) for entry in record.entries())
    return list(dict.fromkeys(i for i in found if i.series_uid or i.patient_id or i.patient_name))


def conceal(identities: list[Identity]) -> None:
    """Take these patients out of the index: their record is locked now."""
    from twin.sources.catalog import PatientRow
    from twin.sources.index import Index

    if not identities or not places.index_path().exists():
        return
    patients = {PatientRow(i.patient_id, i.patient_name, i.birth_date, i.sex) for i in identities}
    with Index(places.index_path()) as index:
        index.conceal([i.series_uid for i in identities if i.series_uid], sorted(patients, key=str))


def if_locked(record: Record) -> None:
    """Conceal what is in a record, where it is locked: after something came in, and when it is opened.

    It may have been locked on another machine, or the index made anew.
    """
    from twin.record import door

    if door.locked(Path(record.path)):
        conceal(whose(record))
