"""Whether an MR series says that it is late enhancement: by its words, or by an inversion after contrast.

Words are those that protocols carry: LGE; DE, 2D/3D MDE and PSMDE; PSIR; DelEnh. DE and IR are short, and
mean other things in other languages and places: DE counts in capitals as the first or the last word, IR not
at all.
"""

import re
from collections.abc import Mapping
from typing import Any

from twin.domain import Volume

_WORDS = re.compile(
    r"\b(?:lge|psir|[23]?d? ?(?:ps)?mde|dhe|ce ?ir|late(?:enh\w*|gad\w*)?|delayed\w*|viability|viab"
    r"|tardi(?:f|ve|vo|va|o|a)|(?:[23]d)?del ?enh\w*)\b"
)
_SHORT = re.compile(r"^DE\b|\bDE$")
_ANOTHER = re.compile(
    r"\b(?:(?:ti ?)?scout|look ?locker|locali[sz]er|survey|t[12] ?map\w*|maps?|mapping|(?:sh)?molli|sasha|ecv"
    r"|perf(?:usion)?|first ?pass|early|ege|native|pre|pre ?contrast|stir|tirm|t2\w*|flair|cine)\b"
)
"""Taken in the same study, some with an inversion and after contrast too, and no late enhancement."""
_INVERSION_MS = 150.0, 700.0
"""Between which healthy muscle is nulled some minutes after contrast: our judgment, wide on purpose."""
_NO_AGENT = frozenset(("", "no", "none", "n", "nein", "non", "without", "ohne", "0", "-"))

UNSAID = "nothing in this series says that it is late enhancement"


def says_late(series: Volume | Mapping[str, Any]) -> str:
    """Return by what a series says that it is late enhancement, in words; empty where nothing says so.

    Parameters
    ----------
    series : Volume or mapping
        A volume, or the tree that a record keeps of one.
    """
    if isinstance(series, Volume):
        told = series.identity.series_description, series.protocol
        inversion, agent = series.inversion_ms, series.contrast_agent
    else:  # what older records do not keep is not known
        told = series["identity"]["series_description"], series.get("protocol", "")
        inversion, agent = series.get("inversion_ms"), series.get("contrast_agent", "")
    said = dict(zip(("description", "protocol"), map(_spaced, told), strict=True))
    if any(_ANOTHER.search(words.lower()) for words in said.values()):
        return ""
    for (name, words), text in zip(said.items(), told, strict=True):
        if _WORDS.search(words.lower()) or _SHORT.search(words):
            return f"its {name}, “{text}”"
    inverts = inversion is not None and _INVERSION_MS[0] <= inversion <= _INVERSION_MS[1]
    if inverts and agent.strip().lower() not in _NO_AGENT:
        return f"an inversion time of {inversion:.0f} ms after contrast agent ({agent})"
    return ""


def _spaced(text: str) -> str:
    """Return words with single spaces between: whatever is neither letter nor digit parts them."""
    return re.sub(r"[\W_]+", " ", text).strip()
