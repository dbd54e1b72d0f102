"""Passwords of servers, in the system's key store and nowhere else."""

from twin.errors import UserError
from twin.sources.pacs.server import Server

_SERVICE = "Vitruvian PACS"


def account(server: Server) -> str:
    """Return whom a secret is for: a user at an address. Under another address it is nobody's business."""
    return f"{server.user}@{server.url or server.host}"


def kept(server: Server) -> str | None:
    """Return the secret that the system's key store keeps for a server; None where it keeps none."""
    import keyring
    from keyring.errors import KeyringError

    try:
        secret: str | None = keyring.get_password(_SERVICE, account(server))
    except KeyringError:  # no key store, or it is locked: the secret is asked for
        return None
    return secret


def keep(server: Server, secret: str) -> None:
    """Have the system's key store keep a secret.

    Raises
    ------
    UserError
        There is no key store that it could go to.
    """
    import keyring
    from keyring.errors import KeyringError

    try:
        keyring.set_password(_SERVICE, account(server), secret)
    except KeyringError as e:
        raise UserError(
            f"The password of “{server.name}” cannot be kept: this system offers no key store ({e}).",
            "It will be asked for when it is needed.",
        ) from e


def forget(server: Server) -> None:
    """Take a server's secret out of the key store, where it is there."""
    import keyring
    from keyring.errors import KeyringError

    try:
        keyring.delete_password(_SERVICE, account(server))
    except KeyringError:
        return
