"""Which words of a text may stay.

Two kinds of text. What came from outside (descriptions, names of structures) keeps the words of medicine.
What the program wrote itself (notes, sources) keeps its own words, too. All else goes: names, numbers
of patients, paths, dates.
"""

import functools
import importlib.resources
import re
from collections.abc import Iterable

_SPLIT = re.compile(r"[\s,;_+=()\[\]{}<>|\"“”'&*#:/\\^.!?–—-]+")
_WORDS = re.compile(rf"(?<!\d)\.|\.(?!\d)|{_SPLIT.pattern.replace('.', '')}")
_WITHOUT = re.compile(r"\bw/o\b", re.IGNORECASE)
"""Half of it would say the contrary."""

_CHUNK = re.compile(r"\S+")
_LETTERS = re.compile(r"[^\W\d_]+")
_SHORT_NUMBER = re.compile(r"\d{1,3}(\.\d{1,3})?(mm|cm|ms|s|kv|ma|mas|deg|t|n|hu|%|°)?", re.IGNORECASE)
_NUMBER = re.compile(r"[−+-]?\d{1,6}(\.\d+)?([eE][+-]?\d{1,2})?(mm|cm|ms|s|%|°|×)?")
_EDGES = " \t\n.,;:!?()[]{}<>\"“”'‘’…"
_MOST_NUMBERS = 2
GONE = "…"


@functools.cache
def vocabulary(*lists: str) -> frozenset[str]:
    """Return the words of some of the lists ``medical``, ``dicom`` and ``program``."""
    folder = importlib.resources.files("resources")
    return frozenset(
        w for name in lists for w in folder.joinpath(f"words_{name}.txt").read_text("utf-8").split()
    )


def outside(text: str, never: Iterable[str] = ()) -> str:
    """Return the words of medicine in a text from outside, with short numbers; empty where none is left."""
    known, banned = vocabulary("medical"), set(never)
    kept, numbers = [], 0
    for word in _WORDS.split(_WITHOUT.sub("without", text)):
        small = word.casefold()
        if not small or small in banned:
            continue
        if small in known:
            kept.append(word)
        elif _SHORT_NUMBER.fullmatch(word):
            kept.append(word)
            numbers += 1
    if numbers > _MOST_NUMBERS:  # a telephone number, a date
        kept = [word for word in kept if not _SHORT_NUMBER.fullmatch(word)]
    letters = any(_LETTERS.search(word) for word in kept)
    return " ".join(kept) if letters else ""


def code(text: str, never: Iterable[str] = ()) -> str:
    """Return a coded word as it is where all its parts are terms that DICOM defines; else nothing."""
    known, banned = vocabulary("dicom"), set(never)
    parts = [p for p in re.split(r"[\s_/]+", text.casefold()) if p]
    return text if all(p in known and p not in banned for p in parts) else ""


def own(text: str, never: Iterable[str] = ()) -> str:
    """Return a text of the program's own with a mark in the place of what came from elsewhere."""
    known, banned = vocabulary("program", "medical", "dicom"), set(never)

    def judge(match: re.Match[str]) -> str:
        chunk = match[0]
        core = chunk.strip(_EDGES)
        if not core or (_harmless(core, known) and not _told(core, banned)):
            return chunk
        start = chunk.index(core)
        return chunk[:start] + GONE + chunk[start + len(core) :]

    cleaned = _CHUNK.sub(judge, text)
    return re.sub(rf"{GONE}(\s+{GONE})+", GONE, cleaned)


def _harmless(core: str, known: frozenset[str]) -> bool:
    if _NUMBER.fullmatch(core):
        return True
    if re.search(r"\d{7,}|\d+[-/.]\d+[-/.]\d+", core):  # a long number, a date, a UID
        return False
    return all(w.casefold() in known for w in _LETTERS.findall(core))


def _told(core: str, banned: set[str]) -> bool:
    return any(w.casefold() in banned for w in _SPLIT.split(core) if w)
