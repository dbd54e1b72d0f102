"""Whose an image or a record is, and when two cannot be of one patient."""

import dataclasses
from typing import Any

from twin.domain import Identity


def read(tree: dict[str, Any]) -> Identity:
    """Return the identity in an entity's tree."""
    known = {f.name for f in dataclasses.fields(Identity)}
    return Identity(**{key: value for key, value in tree["identity"].items() if key in known})


def contradict(one: Identity, other: Identity) -> bool:
    """Tell whether two identities cannot be the same patient's.

    Where both bear an ID and it differs, they cannot. Where it is the same, a name may have changed or a
    date been mistyped, but not both: hospitals give the same numbers. Without an ID, a name or birth
    date that both bear and that differs decides. Names are compared by their letters alone: DICOM's
    carets come and go.
    """
    name, other_name = letters(one.patient_name), letters(other.patient_name)
    names = bool(name and other_name and name != other_name)
    births = bool(one.birth_date and other.birth_date and one.birth_date != other.birth_date)
    if one.patient_id and other.patient_id:
        return one.patient_id != other.patient_id or (names and births)
    return names or births


def letters(name: str) -> str:
    """Return a name as it is compared: without DICOM's carets and capitals."""
    return " ".join(name.replace("^", " ").casefold().split())


def joined(one: Identity | None, other: Identity) -> Identity:
    """Return the first identity with what it does not say of the patient filled in from the other."""
    if one is None:
        return other
    who = ("patient_id", "patient_name", "birth_date", "sex")
    return dataclasses.replace(one, **{name: getattr(one, name) or getattr(other, name) for name in who})


def words(identity: Identity) -> str:
    """Return a patient as a message names him."""
    told = [identity.patient_name or "no name"]
    if identity.patient_id:
        told.append(f"ID {identity.patient_id}")
    if identity.birth_date:
        told.append(f"born {identity.birth_date}")
    return ", ".join(told)
