"""Errors that a user sees: what failed, in the user's words, and what to try."""


class UserError(Exception):
    """Something the user can understand and act on.

    Parameters
    ----------
    message : str
        What failed, naming the file or entity and the fault.
    hint : str
        What to try; empty where there is nothing to advise.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".rstrip()


class SourceError(UserError):
    """A file or folder cannot be read as what it should be."""


class GeometryError(UserError):
    """A shape, a grid or a mesh is not what the operation needs."""


class RecordError(UserError):
    """The record cannot be opened, read or written."""


class ServerError(UserError):
    """A server on the network cannot be reached, or does not do what it was asked."""


class Cancelled(Exception):
    """The work was asked to stop, and did."""
