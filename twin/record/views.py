"""How each image of a record was left: kept beside the log, since it is no content.

It makes nothing stale, is no step, and leaves with the image that is forgotten. It lies in the record's own
file: it travels with it, and is encrypted where that is.
"""

import contextlib
import sqlite3

from twin import codec
from twin.domain import ViewState
from twin.record.writer import Writer

PREFIX = "view/"
"""Keys of the rows of ``about`` that hold a state, with the image's id behind it."""
_LAST = "view"


class Views:
    """The states by image. Of a record that is open for reading only they last as long as it is open.

    Attributes
    ----------
    writer : Writer or None
        Who writes them into the file.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        rows = db.execute("SELECT key, value FROM about WHERE key >= 'view' AND key < 'viewz'")
        self._texts: dict[str, str] = dict(rows)
        self._forgotten: set[str] = set()
        self.writer: Writer | None = None

    @property
    def last(self) -> tuple[str, ...]:
        """The image that was shown last, then all images that there were."""
        return tuple(self._texts.get(_LAST, "").split())

    def keep_last(self, ids: tuple[str, ...]) -> None:
        """Keep which image is shown, and behind it which there are."""
        self._keep(_LAST, " ".join(ids))

    def of(self, id: str) -> ViewState | None:
        """Return how an image was left; None where nobody has looked at it yet, or it cannot be read."""
        with contextlib.suppress(KeyError, ValueError):
            state = codec.from_json(self._texts[PREFIX + id], ViewState)
            return state if state.sane else None
        return None

    def keep(self, id: str, state: ViewState) -> None:
        """Keep how an image is shown; it is in the file within a second."""
        if id not in self._forgotten:
            self._keep(PREFIX + id, codec.as_json(state))

    def forget(self, id: str) -> None:
        """Keep nothing of an image any more: its bytes are gone, and no other will have its id."""
        self._forgotten.add(id)
        self._texts.pop(PREFIX + id, None)
        if self.writer is not None:
            self.writer.drop_beside(PREFIX + id)

    def _keep(self, key: str, text: str) -> None:
        if self._texts.get(key) != text:
            self._texts[key] = text
            if self.writer is not None:
                self.writer.write_beside(key, text)
