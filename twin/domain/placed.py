"""What every entity knows about itself besides its numbers."""

from dataclasses import dataclass, field

from twin.domain.identity import Identity, Side


@dataclass(frozen=True, eq=False, kw_only=True)
class Placed:
    """Something in one patient's space.

    Attributes
    ----------
    frame_of_reference : str
        DICOM Frame of Reference UID, or another name of the space; two things are in one
        space only where these agree. Empty: not known.
    identity : Identity
        Whose it is, and of which study and series.
    notes : tuple of str
        What making it did to the data, and what a user should know.
    """

    frame_of_reference: str = ""
    identity: Identity = field(default_factory=Identity)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False, kw_only=True)
class OfStructure(Placed):
    """Something made from one structure: its name ("left femur"), bare term and side."""

    structure: str = ""
    term: str = ""
    side: Side = "none"
