"""Key images on their way out: one of a record, or all of them in one file."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from twin.domain import Entity, KeyImage, Side
from twin.domain.placed import Placed
from twin.exports.several import chosen

if TYPE_CHECKING:
    from twin.record import Record

ALL = "key images"
"""What stands for all key images of a record where one would be named."""


@dataclass(frozen=True, eq=False)
class KeyImages(Placed):
    """Key images that go into one document, with what each is called."""

    rows: tuple[tuple[str, KeyImage], ...]

    @property
    def side(self) -> Side:
        """The one side that the images say they are of, else ``none``."""
        sides = {made.identity.laterality for _name, made in self.rows}
        one = sides.pop() if len(sides) == 1 else ""
        return {"L": "left", "R": "right"}.get(one, "none")  # type: ignore[return-value]

    @classmethod
    def of(cls, rows: Sequence[tuple[str, KeyImage]]) -> "KeyImages":
        """Put key images together."""
        return cls(tuple(rows), identity=rows[0][1].identity)


def keys_of(record: "Record", ref: str, change: Callable[[Entity], Entity] | None = None) -> KeyImages | None:
    """Return the key image that is named, or all where ``key images`` is; None for another kind.

    Parameters
    ----------
    change : callable, optional
        De-identification: what a user called things goes, too.

    Raises
    ------
    UserError
        All are asked for and there is none.
    """
    rows = []
    for n, entry in enumerate(chosen(record, ref, "key image", ALL, "Mark one first."), 1):
        made = record.load(entry.id)
        made = change(made) if change is not None else made
        assert isinstance(made, KeyImage)
        rows.append((entry.name if change is None else f"Key image {n}", made))
    return KeyImages.of(rows) if rows else None
