"""What pseudonyms, new UIDs and shifted dates are made from: one secret of this user, kept outside records.

The same patient is given the same pseudonym and the same shift each time, so that studies that are
de-identified one by one still belong together and keep their intervals. Without the secret nobody gets back.
"""

import base64
import contextlib
import hmac
import os
import re
import secrets
import sys
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Self

from twin.domain import Identity
from twin.errors import UserError
from twin.patient import letters
from twin.record.witness import folder

_BYTES = 32
_SHIFT_DAYS = (366, 3650)
STANDARD_UID = "1.2.840.10008."
"""What the UIDs that DICOM itself gives begin with: classes, syntaxes, codes. They are nobody's."""


@dataclass(frozen=True)
class Secret:
    """The key of all that is made up for patients."""

    key: bytes = field(repr=False)

    @classmethod
    def load(cls) -> Self:
        """Return this user's secret; it is made at the first use.

        Raises
        ------
        UserError
            Where it cannot be read or written, or is broken: made anew, patients would get other pseudonyms.
        """
        path = path_of_secret()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists():
                with contextlib.suppress(FileExistsError):
                    _write_new(path, secrets.token_bytes(_BYTES))
            key = path.read_bytes()
        except OSError as error:
            raise UserError(
                f"The secret for de-identification, {path}, is not to be had: {error.strerror}."
            ) from error
        if len(key) != _BYTES:
            raise UserError(
                f"The secret for de-identification, {path}, is broken ({len(key)} bytes of {_BYTES}).",
                "Put it back from a backup; without it, patients are given other pseudonyms than before.",
            )
        return cls(key)

    def digest(self, *words: str) -> bytes:
        """Return 32 bytes that words and secret determine."""
        return hmac.new(self.key, "\n".join(words).encode(), "sha256").digest()

    def uid(self, uid: str) -> str:
        """Return what stands for a UID, always the same; DICOM's own stay, and so does an empty one."""
        if not uid or (uid.startswith(STANDARD_UID) and re.fullmatch(r"[0-9.]+", uid)):
            return uid
        return f"2.25.{int.from_bytes(self.digest('uid', uid)[:16], 'big')}"

    def subject(self, identity: Identity) -> "Subject":
        """Return a patient: by ID, or by name and date of birth where there is none."""
        return Subject(self, identity)


def path_of_secret() -> Path:
    """Return where this user's secret lies."""
    return folder() / "deidentification.key"


def _write_new(path: Path, key: bytes) -> None:
    """Write it whole under another name first: a half-written secret would be taken for one.

    Raises
    ------
    FileExistsError
        Another program was quicker: its secret is everybody's.
    """
    part = path.with_suffix(f".{os.getpid()}.new")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(handle, key)
        os.fsync(handle)
    finally:
        os.close(handle)
    try:
        if sys.platform == "win32":
            part.rename(path)  # refused there where there is one
        else:
            os.link(part, path)
    finally:
        part.unlink(missing_ok=True)


@dataclass(frozen=True)
class Subject:
    """A patient as de-identified things show him: his pseudonym, and how far his dates are moved."""

    secret: Secret
    identity: Identity

    @cached_property
    def _key(self) -> str:
        who = self.identity
        name = letters(who.patient_name)
        return who.patient_id.strip() or (f"{name}|{who.birth_date}" if name or who.birth_date else "")

    @cached_property
    def pseudonym(self) -> str:
        """A name and ID in one: ``P-`` and ten letters and digits."""
        return "P-" + base64.b32encode(self.secret.digest("pseudonym", self._key))[:10].decode()

    @cached_property
    def days(self) -> int:
        """By how many days his dates go back: more than a year, up to ten."""
        low, high = _SHIFT_DAYS
        return low + int.from_bytes(self.secret.digest("days", self._key)[:8], "big") % (high - low)

    def date(self, when: date) -> date:
        """Return a date as it is told; at the beginning of the calendar, none earlier than its first day."""
        return when - timedelta(days=min(self.days, when.toordinal() - 1))

    def iso(self, text: str) -> str:
        """Return an ISO date, or the date in front of an ISO time, moved; empty where it is none."""
        try:
            return self.date(date.fromisoformat(text[:10])).isoformat() + text[10:]
        except ValueError:
            return ""

    @cached_property
    def words(self) -> frozenset[str]:
        """The words of his name and numbers, in small letters: they go, also where they mean other things."""
        who = self.identity
        return _words(f"{who.patient_name} {who.patient_id} {who.birth_date}")

    def words_beside(self, text: str) -> frozenset[str]:
        """Return the words that go from the name of a thing: all of ``words``, but for one.

        A single word of his name tells nobody whose it is where it is one of anatomy among others: the
        "model" of "left femur model", and he is called Model.
        """
        who = self.identity
        his = self.words & _words(text)
        sure = _words(f"{who.patient_id} {who.birth_date}")
        return self.words if len(his) > 1 or his & sure else self.words - his


def _words(text: str) -> frozenset[str]:
    return frozenset(w.casefold() for w in re.split(r"[\W_]+", text) if w)
