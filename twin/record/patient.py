"""Whose record it is."""

import dataclasses
from typing import Any

from twin.domain import Identity


def read(tree: dict[str, Any]) -> Identity:
    """Return the identity in an entity's tree."""
    known = {f.name for f in dataclasses.fields(Identity)}
    return Identity(**{key: value for key, value in tree["identity"].items() if key in known})


def contradict(one: Identity, other: Identity) -> bool:
    """Tell whether two identities cannot be the same patient's.

    Where both bear an ID the ID decides; else a name or birth date that both bear and that differs.
    """
    if one.patient_id and other.patient_id:
        return one.patient_id != other.patient_id
    names = one.patient_name and other.patient_name and one.patient_name != other.patient_name
    births = one.birth_date and other.birth_date and one.birth_date != other.birth_date
    return bool(names or births)


def words(identity: Identity) -> str:
    """Return a patient as a message names him."""
    told = [identity.patient_name or "no name"]
    if identity.patient_id:
        told.append(f"ID {identity.patient_id}")
    if identity.birth_date:
        told.append(f"born {identity.birth_date}")
    return ", ".join(told)
