"""Passphrases of locked records: where they come from, and the keys that are made of them.

The first 16 bytes of a locked record are its salt (SQLCipher keeps it there, in the clear). Ours say more:
that it is a locked record, whether a key is the right one, and whether these bytes themselves are whole, so
that a wrong passphrase and a damaged file are two things. They say nothing of what is in it.
"""

import hashlib
import hmac
import os
import secrets
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from twin.errors import RecordError, UserError

MAGIC = b"TWL"
HEADER_BYTES = 16
_RANDOM, _CHECK, _SUM = 7, 3, 3
SHORTEST = 8
VARIABLE = "VITRUVIAN_PASSPHRASE"
"""Environment variable that scripts give a passphrase in."""

_SERVICE = "Vitruvian"
_SCRYPT_N, _SCRYPT_R = 1 << 15, 8
_TRIES = 3

_known: dict[bytes, bytes] = {}
"""Keys of records that were opened here, by the record's first bytes."""

ask: Callable[[Path, str], str | None] | None = None
"""How a person is asked: given the record and what was wrong with the last answer; None where he gives up."""


class Locked(RecordError):
    """A record is locked, and nothing that opens it was given."""


class WrongPassphrase(Locked):
    """A passphrase was given that does not open the record."""


@dataclass(frozen=True)
class Key:
    """What opens one locked record: its first bytes, and 32 bytes that are nowhere in it."""

    header: bytes
    secret: bytes = field(repr=False)

    @classmethod
    def new(cls, passphrase: str) -> Self:
        """Make the key of a record that is to be locked.

        Raises
        ------
        UserError
            Where the passphrase is too short to keep anybody out.
        """
        if len(passphrase.strip()) < SHORTEST:
            raise UserError(
                f"A passphrase of less than {SHORTEST} letters keeps nobody out.", "Take several words."
            )
        start = MAGIC + secrets.token_bytes(_RANDOM)
        secret = _derive(passphrase, start)
        return cls(_finish(start, secret), secret)

    @classmethod
    def of(cls, path: Path, passphrase: str) -> Self:
        """Return the key that a passphrase gives; ``WrongPassphrase`` where it does not open the record."""
        header = header_of(path)
        start = header[: len(MAGIC) + _RANDOM]
        secret = _derive(passphrase, start)
        if not hmac.compare_digest(_finish(start, secret), header):
            raise WrongPassphrase(
                f"That passphrase does not open {path.name}.", "Mind capitals, and try again."
            )
        return cls(header, secret)

    @property
    def words(self) -> str:
        """The key as SQLCipher takes it: raw bytes and salt, in hexadecimal."""
        return f"x'{self.secret.hex()}{self.header.hex()}'"


def _derive(passphrase: str, salt: bytes) -> bytes:
    text = unicodedata.normalize("NFC", passphrase).encode()
    memory = 256 * _SCRYPT_N * _SCRYPT_R
    return hashlib.scrypt(text, salt=salt, n=_SCRYPT_N, r=_SCRYPT_R, p=1, maxmem=memory, dklen=32)


def _finish(start: bytes, secret: bytes) -> bytes:
    body = start + hashlib.blake2b(secret, digest_size=_CHECK, person=b"twin key").digest()
    return body + _sum(body)


def _sum(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=_SUM, person=b"twin header").digest()


def is_locked(head: bytes) -> bool:
    """Tell by a file's first bytes whether it is a locked record, also one whose first bytes were changed."""
    if len(head) < HEADER_BYTES:
        return False
    body = head[: HEADER_BYTES - _SUM]
    whole = _sum(MAGIC + body[len(MAGIC) :]) == head[HEADER_BYTES - _SUM : HEADER_BYTES]
    return head.startswith(MAGIC) or whole


def header_of(path: Path) -> bytes:
    """Return a locked record's first bytes; ``RecordError`` where they are not whole."""
    with path.open("rb") as file:
        head = file.read(HEADER_BYTES)
    body = head[: HEADER_BYTES - _SUM]
    if not head.startswith(MAGIC) or _sum(body) != head[HEADER_BYTES - _SUM :]:
        raise RecordError(
            f"{path} is damaged: its first bytes, from which its key is made, were changed.",
            "Look for a backup of it; no passphrase opens it as it is.",
        )
    return head


def learn(key: Key) -> None:
    """Keep a key for as long as this program runs."""
    _known[key.header] = key.secret


def known() -> dict[bytes, bytes]:
    """Return the keys that are known here, for a process that this one starts."""
    return dict(_known)


def learn_all(keys: dict[bytes, bytes]) -> None:
    """Take over the keys that another process knows."""
    _known.update(keys)


def key_for(path: Path) -> Key:
    """Return the key of a locked record: known already, from the environment, the key store, or by asking.

    Raises
    ------
    WrongPassphrase
        What was given does not open it.
    Locked
        Nothing was given.
    """
    header = header_of(path)
    if header in _known:
        return Key(header, _known[header])
    key = _given(path) or _stored(path, header) or _asked(path)
    if key is None:
        raise Locked(
            f"{path} is locked, and its passphrase is not to be had: it was not typed, {VARIABLE} is not "
            "set, and this system's key store holds none for it (any more).",
            "Without the passphrase nobody can open it, this program neither: look for where it was noted, "
            "or for a copy from before it was locked.",
        )
    learn(key)
    return key


def _given(path: Path) -> Key | None:
    passphrase = os.environ.get(VARIABLE)
    if not passphrase:
        return None
    try:
        return Key.of(path, passphrase)
    except WrongPassphrase:
        raise WrongPassphrase(f"The passphrase in {VARIABLE} does not open {path.name}.") from None


def _stored(path: Path, header: bytes) -> Key | None:
    passphrase = recall(header)
    if passphrase is None:
        return None
    try:
        return Key.of(path, passphrase)
    except WrongPassphrase:
        return None  # somebody changed what is stored: he is asked


def _asked(path: Path) -> Key | None:
    if ask is None:
        return None
    wrong = ""
    for _ in range(_TRIES):
        passphrase = ask(path, wrong)
        if passphrase is None:
            return None
        try:
            return Key.of(path, passphrase)
        except WrongPassphrase as error:
            wrong = error.message
    raise WrongPassphrase(f"None of the {_TRIES} passphrases opens {path.name}.")


def remember(header: bytes, passphrase: str) -> None:
    """Put a passphrase into the system's key store, under a name that says nothing of the record.

    Raises
    ------
    UserError
        Where this system has no key store that can be used.
    """
    import keyring
    import keyring.errors

    try:
        keyring.set_password(_SERVICE, header.hex(), passphrase)
    except keyring.errors.KeyringError as error:
        raise UserError(
            f"The passphrase could not be put into this system's key store: {str(error).splitlines()[0]}",
            "Keep it elsewhere: it will be asked for.",
        ) from error


def recall(header: bytes) -> str | None:
    """Return the passphrase that the system's key store holds for a record; None for none, or no store."""
    import keyring
    import keyring.errors

    try:
        return keyring.get_password(_SERVICE, header.hex())
    except (keyring.errors.KeyringError, OSError):
        return None


def forget(header: bytes) -> None:
    """Take a record's passphrase out of the system's key store, where it is there."""
    import contextlib

    import keyring
    import keyring.errors

    with contextlib.suppress(keyring.errors.KeyringError):
        keyring.delete_password(_SERVICE, header.hex())
