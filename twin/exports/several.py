"""What several things of one kind that go into one file have in common."""

from typing import TYPE_CHECKING

from twin.errors import UserError

if TYPE_CHECKING:
    from twin.record import Entry, Record


def chosen(record: "Record", ref: str, kind: str, every: str, hint: str) -> list["Entry"]:
    """Return the entry that is named, or all of a kind where ``every`` is; none for another kind.

    Raises
    ------
    UserError
        All are asked for and there is none; ``hint`` says what to do.
    """
    entries = record.entries()
    named = [e for e in entries if ref in (e.id, e.name)]
    found = named or [e for e in entries if ref == every and e.kind == kind]
    if not found and ref == every:
        raise UserError(f"There are no {every} in {record.path.name}.", hint)
    return found if found and found[0].kind == kind else []
