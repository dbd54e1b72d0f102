"""Which image of an older study lies beside the one that is opened: same patient, part and modality.

What is not certain is offered and never done by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from desktop.session import identity_of
from desktop.traits import traits_of
from resources.body_parts import PAIRED
from resources.hanging import PROJECTIONS
from twin.patient import contradict, letters

if TYPE_CHECKING:
    from desktop.session import Session
    from twin.domain import Identity
    from twin.record import Entry


@dataclass(frozen=True)
class Prior:
    """An image that may lie beside.

    Attributes
    ----------
    key : str
        Of the image; empty where there is none.
    certain : bool
        It is surely of an older study of the same part: it may be shown unasked.
    words : str
        What it is, or why it is not certain.
    """

    key: str = ""
    certain: bool = False
    words: str = ""


def prior_of(session: Session, entry: Entry) -> Prior:
    """Return the newest older image that matches; else one that may, with what is not known of it."""
    mine = identity_of(entry)
    rated: list[tuple[str, Entry]] = []
    for other in (session.entry(item.id) for item in session.of_kind("volume")):
        if other is None or other.id == entry.id or not _comparable(entry, other):
            continue
        doubt = _doubt(entry, other)
        if doubt is not None:
            rated.append((doubt, other))
    certain = [other for doubt, other in rated if not doubt]
    if certain:
        best = max(certain, key=lambda other: (identity_of(other).study_date, *_likeness(entry, other)))
        who = identity_of(best)
        parts = " and ".join(_common(entry, best))
        return Prior(
            best.id, True, f"“{best.name}” of {who.study_date}: same patient, {parts}, {_modality(best)}; "
            f"before {mine.study_date}",
        )  # fmt: skip
    if rated:
        doubt, best = max(rated, key=lambda one: (identity_of(one[1]).study_date, *_likeness(entry, one[1])))
        return Prior(best.id, False, f"“{best.name}” is not shown beside by itself: {doubt}")
    return Prior()


def _comparable(one: Entry, other: Entry) -> bool:
    """Tell whether two images are of one modality, of one patient and not of one study."""
    me, you = identity_of(one), identity_of(other)
    if _modality(one) != _modality(other) or not _modality(one):
        return False
    if me.study_uid and me.study_uid == you.study_uid:
        return False
    return _same_patient(me, you)


def _same_patient(me: Identity, you: Identity) -> bool:
    """Tell whether two images surely are of one patient: nothing contradicts it, and something says it.

    That is the same ID, or the same name with the same date of birth.
    """
    told = me.patient_id and you.patient_id
    named = me.patient_name and you.patient_name and me.birth_date and you.birth_date
    return bool(told or named) and not contradict(me, you)


def _doubt(one: Entry, other: Entry) -> str | None:
    """Return what is not known of a pair, empty where all is; None where it is known not to be a prior."""
    me, you = identity_of(one), identity_of(other)
    mine, its = traits_of(one), traits_of(other)
    if mine.stated and its.stated and not _common(one, other):
        return None
    if me.laterality and you.laterality and "B" not in (me.laterality, you.laterality) and (
        me.laterality != you.laterality
    ):  # fmt: skip
        return None
    if me.study_date and you.study_date and you.study_date > me.study_date:
        return None
    if me.patient_name and you.patient_name and letters(me.patient_name) != letters(you.patient_name):
        return "the two studies give one ID, but different names."
    silent = [f"“{e.name}”" for e, t in ((one, mine), (other, its)) if not t.stated]
    if silent:
        return f"{' and '.join(silent)} {_do(silent)} not say which part of the body it shows."
    paired = PAIRED | ({"hip"} if mine.modality in PROJECTIONS else set())
    if set(_common(one, other)) <= paired and not (me.laterality and you.laterality):
        sideless = [f"“{e.name}”" for e, who in ((one, me), (other, you)) if not who.laterality]
        return f"{' and '.join(sideless)} {_do(sideless)} not say which side it shows."
    undated = [f"“{e.name}”" for e, who in ((one, me), (other, you)) if not who.study_date]
    if undated:
        return f"{' and '.join(undated)} {_do(undated)} not say when the study was."
    if me.study_date == you.study_date:
        return f"both studies are of {me.study_date}, and nothing says which was first."
    return ""


def _do(names: list[str]) -> str:
    return "do" if len(names) > 1 else "does"


def _modality(entry: Entry) -> str:
    return str(entry.tree.get("modality") or "")


def _common(one: Entry, other: Entry) -> tuple[str, ...]:
    """Return the parts that both show."""
    its = traits_of(other).parts
    return tuple(part for part in traits_of(one).parts if part in its)


def _likeness(one: Entry, other: Entry) -> tuple[bool, bool, int]:
    """Rate which of a study's images is most like one: kernel, description, number of slices."""
    me, you = identity_of(one), identity_of(other)
    mine, its = traits_of(one), traits_of(other)
    return (
        (mine.sharp, mine.plane, mine.moving) == (its.sharp, its.plane, its.moving),
        me.series_description.casefold() == you.series_description.casefold(),
        int(other.tree["voxels"]["shape"][-3]),
    )
