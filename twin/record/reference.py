"""What ``ID``, ``NAME`` and ``NAME/PART`` mean among the entities of a record."""

from collections.abc import Iterable

from twin.errors import UserError
from twin.record.entries import Entry
from twin.steps import Ref


def find(entries: Iterable[Entry], ref: str, where: str) -> Entry:
    """Return the entity of that id or name; an id goes before a name.

    Parameters
    ----------
    where : str
        What the message calls the record.

    Raises
    ------
    UserError
        Where there is none; it lists those there are.
    """
    entry = _known(entries, ref)
    if entry is not None:
        return entry
    there = ", ".join(f"{e.id} “{e.name}”" for e in entries)
    raise UserError(
        f"There is no “{ref}” in {where}.",
        f"There are: {there}." if there else "It is empty: import something first.",
    )


def refer(entries: Iterable[Entry], ref: str, where: str) -> Ref:
    """Return what a reference means now.

    A name may hold a slash itself: the whole is tried as a name first, then the longest beginning.

    Raises
    ------
    UserError
        Where it means nothing; it lists entities, or parts, that there are.
    """
    whole = _known(entries, ref)
    if whole is not None:
        return Ref(whole.id, whole.name, whole.digest)
    cuts = [n for n, letter in enumerate(ref) if letter == "/"]
    for cut in reversed(cuts):
        part, entry = ref[cut + 1 :], _known(entries, ref[:cut])
        if entry is None:
            continue
        if part not in entry.parts:
            names = ", ".join(entry.parts) or "none"
            raise UserError(f"There is no part “{part}” in “{entry.name}”.", f"Its parts are: {names}.")
        return Ref(entry.id, entry.name, entry.digest, part)
    entry = find(entries, ref[: cuts[0]] if cuts else ref, where)
    return Ref(entry.id, entry.name, entry.digest)


def _known(entries: Iterable[Entry], ref: str) -> Entry | None:
    by_id = (e for e in entries if e.id == ref)
    by_name = (e for e in entries if e.name == ref)
    return next(by_id, None) or next(by_name, None)
