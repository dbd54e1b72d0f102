"""A server of images: how it is reached, and the file that keeps the list of those that are known."""

import ipaddress
import json
import os
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from twin.errors import UserError

RETRIEVE = ("get", "move")
"""How images come over DIMSE: on the connection we opened, or on one that the server opens to us."""


@dataclass(frozen=True)
class Server:
    """A server, over DICOM's own protocol (``host`` and ``port``) or DICOMweb (``url``). No secrets here.

    Attributes
    ----------
    name : str
        What it is called here.
    ae_title, own_ae_title : str
        Names of the two ends (application entity titles); the server often knows its partners by them.
    own_port : int
        Where the server sends to in a C-MOVE; it must be entered there beside ``own_ae_title``.
    retrieve : str
        ``get`` or ``move``.
    tls : bool
        Encrypt DIMSE; over DICOMweb the URL says it.
    ca_file, certificate, key : str
        PEM files: whom to trust (the system's list where it is empty), and who we are.
    user : str
        Login at a DICOMweb server; without one, a secret that is kept is sent as a bearer token.
    timeout_s : float
        How long to wait for any one answer.
    """

    name: str
    host: str = ""
    port: int = 104
    ae_title: str = "ANY-SCP"
    own_ae_title: str = "VITRUVIAN"
    own_port: int = 11112
    retrieve: str = "get"
    tls: bool = False
    ca_file: str = ""
    certificate: str = ""
    key: str = ""
    url: str = ""
    user: str = ""
    timeout_s: float = 30.0

    def __post_init__(self) -> None:
        what = f"The server “{self.name}”"
        if not self.name.strip():
            raise UserError("A server needs a name.")
        if bool(self.host) == bool(self.url):
            raise UserError(
                f"{what} needs either a host with a port, or the URL of its DICOMweb service.",
                "For example: pacs.hospital:104, or https://pacs.hospital/dicom-web.",
            )
        if self.url and urlsplit(self.url).scheme not in ("http", "https"):
            raise UserError(f"{what} has the URL “{self.url}”, which begins with neither http nor https.")
        for port in (self.port, self.own_port):
            if not 1 <= port <= 65535:
                raise UserError(f"{what} has the port {port}; ports go from 1 to 65535.")
        for title in (self.ae_title, self.own_ae_title):
            if (
                not (1 <= len(title.strip()) <= 16 and title.isascii() and title.isprintable())
                or "\\" in title
            ):
                raise UserError(
                    f"{what} has the AE title “{title}”.", "AE titles have 1 to 16 plain letters and digits."
                )
        if self.retrieve not in RETRIEVE:
            raise UserError(f"{what} retrieves by “{self.retrieve}”; it can be get or move.")
        if not 0 < self.timeout_s <= 3600:
            raise UserError(f"{what} has a time-out of {self.timeout_s:g} s; it can be up to an hour.")

    @property
    def is_web(self) -> bool:
        """True for DICOMweb."""
        return bool(self.url)

    @property
    def address(self) -> str:
        """Where it is, for messages."""
        return self.url or f"{self.host}:{self.port}, AE title {self.ae_title}"

    @property
    def readable(self) -> bool:
        """True where what is sent, a password too, can be read on the way to another machine."""
        if self.url.startswith("https") or (not self.url and self.tls):
            return False
        host = urlsplit(self.url).hostname or self.host
        try:
            return not ipaddress.ip_address(host).is_loopback
        except ValueError:
            return host != "localhost"

    @classmethod
    def from_words(cls, words: Mapping[str, Any]) -> Self:
        """Return the server that a mapping describes; words that are none of its fields are passed over."""
        kinds = {f.name: f.type for f in fields(cls)}
        return cls(**{name: _as(kinds[name], value) for name, value in words.items() if name in kinds})

    def words(self) -> dict[str, Any]:
        """Return what is kept of it."""
        return asdict(self)


def _as(kind: Any, value: Any) -> Any:
    if kind is bool:
        return value is True
    return kind(value)


@dataclass(frozen=True)
class Link:
    """A server with the secret that opens it."""

    server: Server
    secret: str = field(default="", repr=False)


def read_servers(path: Path) -> list[Server]:
    """Return the servers that a file lists; none where there is no such file.

    Raises
    ------
    UserError
        The file is damaged.
    """
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        return [Server.from_words(words) for words in stored]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError, AttributeError) as e:
        raise UserError(
            f"The list of servers in {path} cannot be read: {e}.", "Mend it, or move it away and start anew."
        ) from e


def write_servers(path: Path, servers: Sequence[Server]) -> None:
    """Keep a list of servers; the file appears whole or not at all.

    Raises
    ------
    UserError
        The folder cannot be written to.
    """
    beside = path.with_name(f".{uuid.uuid4().hex}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(json.dumps([s.words() for s in servers], indent=1), encoding="utf-8")
        os.replace(beside, path)
    except OSError as e:
        beside.unlink(missing_ok=True)
        raise UserError(f"The list of servers in {path} cannot be written: {e.strerror or e}.") from e


def named(servers: Sequence[Server], name: str) -> Server:
    """Return the server of that name.

    Raises
    ------
    UserError
        With the names there are.
    """
    found = next((s for s in servers if s.name == name), None)
    if found is None:
        known = ", ".join(f"“{s.name}”" for s in servers)
        raise UserError(
            f"There is no server “{name}”.",
            f"There are: {known}." if known else "Enter one first (vitruvian pacs add).",
        )
    return found
