"""A whole record, de-identified into a new one."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from twin.deidentify.entities import Cleaner
from twin.deidentify.secret import Secret
from twin.domain import Entity, Identity
from twin.progress import Progress
from twin.record import Record
from twin.record.retold import retell

PROFILE = "DICOM PS3.15 Basic Profile"
OPTIONS = ("clean descriptors", "retain longitudinal with modified dates")
FACES = "faces removed"


class _Teller(Cleaner):
    """A cleaner that has the faces taken off as well, and moves the log's times."""

    faceless: Callable[[Entity], Entity] | None = None

    def entity(self, entity: Entity) -> Entity:
        """Return an entity without what names or shows its patient."""
        return super().entity(self.faceless(entity) if self.faceless else entity)

    def time(self, text: str) -> str:
        """Return a time of the log, moved with the patient's dates."""
        return self.subject.date(datetime.fromisoformat(text).date()).isoformat() + text[10:]


def deidentify_record(
    record: Record,
    target: Path,
    progress: Progress | None = None,
    *,
    faceless: Callable[[Entity], Entity] | None = None,
) -> tuple[str, ...]:
    """Write a new record that holds what another holds now, without what names its patient.

    Parameters
    ----------
    faceless : callable, optional
        Takes the face off what shows one.

    Returns
    -------
    tuple of str
        What to look at by eye: images into which text may be burned. Pixels are not changed for that.

    Raises
    ------
    RecordError
        Where there is something already, or nothing can be written.
    """
    teller = _Teller(Secret.load().subject(record.patient() or Identity()))
    teller.faceless = faceless
    options = [*OPTIONS, *([FACES] if faceless else [])]
    retell(record, target, teller, {"profile": PROFILE, "options": options}, progress)
    return burned_in(record, teller)


def burned_in(record: Record, cleaner: Cleaner) -> tuple[str, ...]:
    """Return the images of a record into which text may be burned, by the names they have after cleaning."""
    volumes = (e for e in record.entries() if e.kind == "volume")
    return tuple(
        f"{cleaner.name(e.name, 'volume')}: {e.tree['burned_in']}" for e in volumes if e.tree.get("burned_in")
    )
