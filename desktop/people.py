"""Whose data is on the screen, in words: name, ID, age, sex, study date."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import combinations

from twin import patient
from twin.domain import Identity

_SEX = {"M": "male", "F": "female", "O": "other"}


def name_of(identity: Identity) -> str:
    """Return a DICOM person name as people read it: “HIP, Model”."""
    parts = [p.strip() for p in identity.patient_name.split("=")[0].split("^")]
    family, given = parts[0], " ".join(p for p in parts[1:3] if p)
    return ", ".join(w for w in (family, given) if w)


def age_of(identity: Identity) -> str:
    """Return the age at the study: from the birth date where there is one, else as the file says it."""
    try:
        born, then = date.fromisoformat(identity.birth_date), date.fromisoformat(identity.study_date)
    except ValueError:
        return _stated_age(identity.age)
    years = then.year - born.year - ((then.month, then.day) < (born.month, born.day))
    return f"{years} y"


def _stated_age(age: str) -> str:
    number, unit = age[:-1].lstrip("0"), age[-1:].upper()
    words = {"Y": "y", "M": "months", "W": "weeks", "D": "days"}
    return f"{number} {words[unit]}" if number and unit in words else age


def line_of(identity: Identity, modality: str = "", *, short: bool = False) -> str:
    """Return one line for the top bar: “HIP, Model · HIP003 · born 1964-02-01, 61 y · male · CT …”.

    ``short`` leaves out the birth date where the age is known, and writes the sex as a letter
    and the dots close.
    """
    age = age_of(identity)
    born = f"born {identity.birth_date}" if identity.birth_date and not (short and age) else ""
    study = " ".join(w for w in (modality, identity.study_date) if w)
    sex = _SEX.get(identity.sex, "sex not stated")
    name, patient_id = name_of(identity) or "name not stated", identity.patient_id or "no ID"
    words = [
        *dict.fromkeys((name, patient_id)),
        ", ".join(w for w in (born, age) if w) or "age not stated",
        identity.sex if short and identity.sex in ("M", "F") else sex,
        study or "study date not stated",
    ]
    return (" · " if short else "  ·  ").join(words)


def mixture(identities: Sequence[Identity]) -> str:
    """Return why identities on one screen are a mixture (patients, studies); empty where they are not."""
    if any(patient.contradict(a, b) for a, b in combinations(dict.fromkeys(identities), 2)):
        return "These data are of more than one patient"
    if len({i.study_uid or i.study_date for i in identities}) > 1:
        return "These data are of more than one study"
    return ""
