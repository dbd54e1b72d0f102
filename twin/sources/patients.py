"""Whether two images are of one patient."""

from collections.abc import Sequence

from twin.domain import Identity
from twin.errors import SourceError
from twin.sources.series import Series


def same_patient(a: Identity, b: Identity) -> bool:
    """Tell whether ID, name and date of birth agree as far as both have them."""
    pairs = ((a.patient_id, b.patient_id), (_name(a), _name(b)), (a.birth_date, b.birth_date))
    return all(x == y for x, y in pairs if x and y)


def _name(identity: Identity) -> str:
    return " ".join(identity.patient_name.replace("^", " ").casefold().split())


def describe(identity: Identity) -> str:
    """Name a patient for a list: name, ID and date of birth, as far as they are known."""
    words = [identity.patient_name, identity.patient_id and f"ID {identity.patient_id}"]
    born = identity.birth_date and f"born {identity.birth_date}"
    return ", ".join(w for w in [*words, born] if w) or "unnamed patient"


def one_patient(series: Sequence[Series]) -> None:
    """Check that all series are of one patient.

    Raises
    ------
    SourceError
        With the list of patients.
    """
    patients: list[tuple[Identity, list[Series]]] = []
    for s in series:
        for identity, theirs in patients:
            if same_patient(identity, s.identity):
                theirs.append(s)
                break
        else:
            patients.append((s.identity, [s]))
    if len(patients) > 1:
        listed = "; ".join(
            f"{describe(identity)} ({len(theirs)} series in {theirs[0].files[0].parent})"
            for identity, theirs in patients
        )
        raise SourceError(
            f"These images are of {len(patients)} patients: {listed}.",
            "A record holds one patient: import one of them, or name a series.",
        )
