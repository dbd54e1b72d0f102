"""NRRD's header: its fields checked and typed, and the files that hold the numbers."""

import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from twin.errors import SourceError
from twin.sources.payload import read_bytes

MOST_HEADER_BYTES = 1 << 20

TYPES = {
    "i1": ("signed char", "int8", "int8_t"),
    "u1": ("uchar", "unsigned char", "uint8", "uint8_t"),
    "i2": ("short", "short int", "signed short", "signed short int", "int16", "int16_t"),
    "u2": ("ushort", "unsigned short", "unsigned short int", "uint16", "uint16_t"),
    "i4": ("int", "signed int", "int32", "int32_t"),
    "u4": ("uint", "unsigned int", "uint32", "uint32_t"),
    "i8": ("longlong", "long long", "long long int", "signed long long", "signed long long int", "int64",
           "int64_t"),
    "u8": ("ulonglong", "unsigned long long", "unsigned long long int", "uint64", "uint64_t"),
    "f4": ("float",),
    "f8": ("double",),
}  # fmt: skip
"""numpy's code of each type that NRRD names (in the format's own words)."""

PACKINGS = {
    "raw": "raw", "gzip": "gzip", "gz": "gzip", "bzip2": "bzip2", "bz2": "bzip2", "text": "text",
    "txt": "text", "ascii": "text",
}  # fmt: skip


@dataclass(frozen=True)
class NrrdHeader:
    """A header.

    Attributes
    ----------
    fields : dict of str to str
        By the field's name in lower case.
    said : dict of str to str
        The key/value pairs (``key:=value``).
    start : int
        Where the numbers begin in the file itself, after the empty line; -1 in a detached header.
    sizes : tuple of int
        Fastest axis first.
    """

    path: Path
    fields: dict[str, str]
    said: dict[str, str]
    start: int
    sizes: tuple[int, ...]
    dtype: np.dtype
    packing: str
    files: tuple[Path, ...] = field(default=())


def read_header(path: Path) -> NrrdHeader:
    """Read and check a header.

    Raises
    ------
    SourceError
        It is no NRRD, a field is missing or broken, or a data file is not there.
    """
    text = read_bytes(path, MOST_HEADER_BYTES)
    if not re.match(rb"NRRD000[1-5]\r?\n", text):
        raise SourceError(f"{path} is called {path.suffix} but is no NRRD file.")
    ended = re.search(rb"\n\r?\n", text)
    if ended is None and len(text) == MOST_HEADER_BYTES:
        raise SourceError(f"{path} is a broken NRRD file: its header does not end.")
    fields, said = _lines(path, text[: ended.start() if ended else len(text)])
    for name in ("type", "dimension", "sizes", "encoding"):
        if name not in fields:
            raise SourceError(f"{path} has a broken NRRD header: it does not say its {name}.")
    sizes = _sizes(path, fields)
    code = next((code for code, names in TYPES.items() if fields["type"].lower() in names), "")
    if not code:
        raise SourceError(f"{path} holds “{fields['type'][:40]}”, not one number a voxel.")
    packing = PACKINGS.get(fields["encoding"].lower(), "")
    if not packing:
        raise SourceError(
            f"{path} is packed as “{fields['encoding'][:40]}”.", "Write it again raw or with gzip."
        )
    endian = fields.get("endian", "").lower()
    if endian not in ("little", "big") and code[1] != "1" and packing != "text":
        raise SourceError(f"{path} has a broken NRRD header: it does not say its endian.")
    files = _files(path, text, fields, ended is None)
    start = ended.end() if ended and not files else -1
    if start < 0 and not files:
        raise SourceError(f"{path} is a truncated NRRD file: it ends within its header.")
    dtype = np.dtype((">" if endian == "big" else "<") + code)
    return NrrdHeader(path, fields, said, start, sizes, dtype, packing, files)


def numbers(header: NrrdHeader, name: str, count: int) -> list[float] | None:
    """Return the numbers of a field; None where it is not there; ``SourceError`` where it is broken."""
    text = header.fields.get(name)
    if text is None:
        return None
    try:
        found = [float(word) for word in text.replace("(", " ").replace(")", " ").replace(",", " ").split()]
    except ValueError:
        found = []
    if len(found) != count:
        raise SourceError(f"{header.path} has a broken NRRD header: its {name} “{text[:60]}”.")
    return found


def quoted(text: str) -> list[str]:
    """Return the words of a field that stand in quotes, such as its units."""
    return [word.strip() for word in re.findall(r'"([^"]*)"', text)]


def _lines(path: Path, text: bytes) -> tuple[dict[str, str], dict[str, str]]:
    fields: dict[str, str] = {}
    said: dict[str, str] = {}
    for line in text.decode("utf-8", "replace").splitlines()[1:]:
        if not line.strip() or line.startswith("#"):
            continue
        pair = re.match(r"(.*?):=(.*)", line)
        if pair and ": " not in pair[1]:
            said[pair[1]] = re.sub(r"\\(.)", lambda m: "\n" if m[1] == "n" else m[1], pair[2])
            continue
        name, colon, value = line.partition(":")
        if not colon:
            if "data file" in fields and fields["data file"].upper().startswith("LIST"):
                continue
            raise SourceError(f"{path} has a broken NRRD header: “{line[:60]}”.")
        name = name.strip().lower()
        name = {"datafile": "data file", "lineskip": "line skip", "byteskip": "byte skip"}.get(name, name)
        if name not in fields:
            fields[name] = value.strip()
    return fields, said


def _sizes(path: Path, fields: dict[str, str]) -> tuple[int, ...]:
    try:
        dimension = int(fields["dimension"])
        sizes = tuple(int(word) for word in fields["sizes"].split())
    except ValueError:
        dimension, sizes = 0, ()
    if not 1 <= dimension <= 16 or len(sizes) != dimension or min(sizes) < 1:
        raise SourceError(
            f"{path} has a broken NRRD header: its sizes “{fields['sizes'][:60]}” "
            f"in dimension “{fields['dimension'][:20]}”."
        )
    if dimension not in (3, 4):
        raise SourceError(f"{path} has {dimension} axes, not three (or four with time, layers or colors).")
    return sizes


def _files(path: Path, text: bytes, fields: dict[str, str], headless: bool) -> tuple[Path, ...]:
    """Return the data files that a detached header names; empty where the numbers are in the file itself."""
    named = fields.get("data file", "")
    if not named or named.upper() == "LOCAL":
        return ()
    words = named.split()
    if words[0].upper() == "LIST":
        lines = text.decode("utf-8", "replace").splitlines()
        at = next(n for n, line in enumerate(lines) if re.match(r"data ?file:\s*LIST", line, re.I))
        names = [line.strip() for line in lines[at + 1 :] if line.strip()]
        subdim = words[1:]
    elif len(words) in (4, 5) and re.search(r"%0?\d*d", words[0]):
        first, last, step = _range(path, words[1:4])
        names = [_numbered(words[0], n) for n in range(first, last + (1 if step > 0 else -1), step)]
        subdim = words[4:]
    else:
        names, subdim = [named], []
    if subdim and subdim[0] != str(len(fields["sizes"].split()) - 1):
        raise SourceError(f"{path} spreads its image over files in a way that is not read ({named[:60]}).")
    files = tuple(path.parent / name for name in names)
    missing = next((f for f in files if not f.is_file()), None)
    if missing is not None or not files:
        raise SourceError(
            f"{path} is a header only, and its image {missing or named} is not there.",
            "Put both into one folder.",
        )
    return files


def _range(path: Path, words: list[str]) -> tuple[int, int, int]:
    try:
        first, last, step = (int(word) for word in words)
    except ValueError:
        first = last = step = 0
    if step == 0 or not 0 <= (last - first) // step <= 100_000:
        raise SourceError(f"{path} has a broken NRRD header: its data files {' '.join(words)[:60]}.")
    return first, last, step


def _numbered(pattern: str, n: int) -> str:
    return re.sub(r"%(0?\d*)d", lambda m: f"{n:{m[1]}d}", pattern, count=1)
