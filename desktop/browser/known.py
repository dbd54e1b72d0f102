"""The servers that are entered, and their passwords for as long as the window is open."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from desktop import places
from twin.sources.pacs import Link, Server, read_servers, secrets, write_servers


class Known(QObject):
    """Keeps the list in its file; passwords go to the system's key store, or are forgotten at the end.

    Signals
    -------
    changed : a server was entered, altered or struck off
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._secrets: dict[str, str] = {}

    def servers(self) -> list[Server]:
        """Return the servers, as they are entered now (the command line may have entered some)."""
        return read_servers(places.servers_path())

    def enter(self, server: Server, before: str = "") -> None:
        """Put a server on the list, in place of the one that was called ``before``."""
        servers = [server if s.name == before else s for s in self.servers()]
        if server not in servers:
            servers.append(server)
        write_servers(places.servers_path(), servers)
        self.changed.emit()

    def remove(self, server: Server) -> None:
        """Strike a server off the list, and its password."""
        secrets.forget(server)
        self._secrets.pop(secrets.account(server), None)
        write_servers(places.servers_path(), [s for s in self.servers() if s.name != server.name])
        self.changed.emit()

    def give(self, server: Server, secret: str, *, keep: bool) -> None:
        """Take a password; raises ``UserError`` where the system cannot keep it."""
        self._secrets[secrets.account(server)] = secret
        if keep:
            secrets.keep(server, secret)

    def forget(self, server: Server) -> None:
        """Ask for the password anew: the server did not accept it."""
        self._secrets.pop(secrets.account(server), None)

    def link(self, server: Server) -> Link | None:
        """Return the way to a server; None where its password must be asked for first."""
        if not server.is_web:
            return Link(server)
        account = secrets.account(server)
        if account not in self._secrets:
            kept = secrets.kept(server)
            if kept is None and server.user:
                return None
            self._secrets[account] = kept or ""
        return Link(server, self._secrets[account])
