"""What a step made, de-identified before anything of it is written."""

from dataclasses import replace
from typing import Any

from twin.deidentify.entities import Cleaner
from twin.deidentify.secret import Secret
from twin.domain import Identity, Volume
from twin.record import effects
from twin.steps import Made


def without_identity(made: Made, params: Any) -> Made:
    """Return a step's result and parameters without what names the patient.

    Each output goes by its own identity; texts by that of the first output that says whose it is.
    Where text may be burned into an image, ``summary["burned_in"]`` says so: pixels are not changed.
    """
    nobody = Identity()
    who = next((e.identity for e in made.outputs.values() if e.identity != nobody), nobody)
    cleaner = Cleaner(Secret.load().subject(who))
    summary = cleaner.plain(effects.plain(made.summary))
    summary["deidentified"] = True
    warned = [
        f"{cleaner.name(made.names.get(role, role), role)}: {e.burned_in}"
        for role, e in made.outputs.items()
        if isinstance(e, Volume) and e.burned_in
    ]
    if warned:
        summary["burned_in"] = warned
    return replace(
        made,
        outputs={role: cleaner.entity(e) for role, e in made.outputs.items()},
        names={role: cleaner.name(name, role) for role, name in made.names.items()},
        summary=summary,
        logged=cleaner.plain(effects.plain(params)),
    )
