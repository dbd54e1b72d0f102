"""PLY surfaces in: ASCII and binary, polygons of any number of corners."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from twin.domain import Surface
from twin.errors import SourceError
from twin.progress import Progress
from twin.sources.payload import read_bytes
from twin.sources.series import Choices, Series, file_by_file
from twin.sources.triangles import Said, fans, placed, said_in, series_of, surface_of

MOST_HEADER_BYTES = 1 << 16

_TYPES = {
    "char": "i1", "int8": "i1", "uchar": "u1", "uint8": "u1", "short": "i2", "int16": "i2", "ushort": "u2",
    "uint16": "u2", "int": "i4", "int32": "i4", "uint": "u4", "uint32": "u4", "float": "f4", "float32": "f4",
    "double": "f8", "float64": "f8",
}  # fmt: skip
_ORDERS = {"ascii": "", "binary_little_endian": "<", "binary_big_endian": ">"}


@dataclass(frozen=True)
class _Property:
    """``count`` is the type of a list's length; empty for a single number."""

    name: str
    type: str
    count: str = ""


@dataclass(frozen=True)
class _Element:
    name: str
    count: int
    properties: tuple[_Property, ...]


@dataclass(frozen=True)
class _Header:
    order: str
    elements: tuple[_Element, ...]
    comments: tuple[str, ...]
    start: int


def _look(path: Path) -> Series:
    header = _read_header(path, read_bytes(path, MOST_HEADER_BYTES))
    return series_of(path, "ply", "PLY", _said(header))


scan = file_by_file(_look)


def _said(header: _Header) -> Said:
    return said_in(header.comments)


def read(series: Series, choices: Choices, progress: Progress) -> Surface:
    """Read a surface; polygons are cut into triangles around their first corner.

    Raises
    ------
    SourceError
        Unit or axes not said, or the file is broken.
    """
    path = series.files[0]
    progress(0.0, f"reading {path.name}")
    data = read_bytes(path)
    header = _read_header(path, data[:MOST_HEADER_BYTES])
    said = placed(path, "PLY", _said(header), choices)
    try:
        points, corners, counts = _body(header, data)
    except (ValueError, IndexError, OverflowError) as e:
        raise SourceError(f"{path} is a truncated or broken PLY file: {e}.") from e
    triangles, _face = fans(corners, counts) if len(counts) else (np.zeros((0, 3), np.int64), counts)
    return surface_of(path, points, triangles, said, name=path.stem)


def _read_header(path: Path, text: bytes) -> _Header:
    ended = re.search(rb"(?m)^end_header\r?\n", text)
    if not text.startswith(b"ply") or ended is None:
        raise SourceError(f"{path} is called {path.suffix} but is no PLY file.")
    order, comments = "?", []
    elements: list[_Element] = []
    for line in text[: ended.start()].decode("utf-8", "replace").splitlines()[1:]:
        words = line.split()
        match words:
            case ["format", name, _version]:
                order = _ORDERS.get(name, "?")
            case ["comment" | "obj_info", *_]:
                comments.append(line.partition(" ")[2])
            case ["element", name, count] if count.isdigit():
                elements.append(_Element(name, int(count), ()))
            case ["property", "list", a, b, name] if a in _TYPES and b in _TYPES and elements:
                elements[-1] = _with(elements[-1], _Property(name, _TYPES[b], _TYPES[a]))
            case ["property", a, name] if a in _TYPES and elements:
                elements[-1] = _with(elements[-1], _Property(name, _TYPES[a]))
            case []:
                continue
            case _:
                raise SourceError(f"{path} has a broken PLY header: “{line[:60]}”.")
    if order == "?":
        raise SourceError(f"{path} has a broken PLY header: it does not say its format.")
    return _Header(order, tuple(elements), tuple(comments), ended.end())


def _with(element: _Element, more: _Property) -> _Element:
    return _Element(element.name, element.count, (*element.properties, more))


def _body(header: _Header, data: bytes) -> tuple[NDArray, NDArray[np.int64], NDArray[np.int64]]:
    """Return points (n, 3), the corners of all faces in one row, and how many each face has."""
    points = np.zeros((0, 3))
    corners = counts = np.zeros(0, np.int64)
    words = data[header.start :].split() if not header.order else []
    at = header.start
    for element in header.elements:
        left = len(words) if not header.order else len(data) - at
        if element.count > left:  # each row takes a byte, or a word, at least
            raise ValueError(f"it claims {element.count:,} of {element.name}")
        if header.order:
            columns, at = _binary(element, data, at, header.order)
        else:
            columns, words = _ascii(element, words)
        needed = {"vertex": "xyz", "face": ["vertex_ind"]}.get(element.name, "")
        missing = [n for n in needed if not any(c.startswith(n) for c in columns)]
        if missing:
            raise ValueError(f"its {element.name} has no {missing[0]}")
        if element.name == "vertex":
            points = np.stack([columns[axis][1] for axis in "xyz"], axis=1)
        elif element.name == "face":
            name = next(n for n in columns if n.startswith("vertex_ind"))  # indices, or index
            counts, corners = (column.astype(np.int64) for column in columns[name])
    return points, corners, counts


_Columns = dict[str, tuple[NDArray, NDArray]]
"""By property: how many numbers each row has (empty where it is a single one), and the numbers in one row."""

_ONE = np.zeros(0, np.int64)


def _binary(element: _Element, data: bytes, at: int, order: str) -> tuple[_Columns, int]:
    """Read an element; all rows at once where their lists are equally long, as with triangles."""
    lengths: list[int] = []
    place = at
    for p in element.properties if element.count else ():
        if p.count:
            lengths.append(int(np.frombuffer(data, order + p.count, 1, place)[0]))
            place += np.dtype(p.count).itemsize + max(lengths[-1], 0) * np.dtype(p.type).itemsize
        else:
            place += np.dtype(p.type).itemsize
    fields: list[tuple[str, str] | tuple[str, str, int]] = []
    left = iter(lengths)
    for p in element.properties:
        if p.count and element.count:
            fields += [(f"{p.name} count", order + p.count), (p.name, order + p.type, max(next(left), 0))]
        else:
            fields.append((p.name, order + p.type))
    row = np.dtype(fields)
    lists = [p.name for p in element.properties if p.count]
    if at + row.itemsize * element.count <= len(data):
        rows = np.frombuffer(data, row, element.count, at)
        if all((rows[f"{n} count"] == size).all() for n, size in zip(lists, lengths, strict=False)):
            made = {
                p.name: (rows[f"{p.name} count"] if p.count and element.count else _ONE, rows[p.name].ravel())
                for p in element.properties
            }
            return made, at + row.itemsize * element.count
    return _row_by_row(element, data, at, order)


def _row_by_row(element: _Element, data: bytes, at: int, order: str) -> tuple[_Columns, int]:
    found: dict[str, tuple[list[int], list[NDArray]]] = {p.name: ([], []) for p in element.properties}
    for _ in range(element.count):
        for p in element.properties:
            size = 1
            if p.count:
                size = int(np.frombuffer(data, order + p.count, 1, at)[0])
                if size < 0:
                    raise ValueError("a list of negative length")
                at += np.dtype(p.count).itemsize
                found[p.name][0].append(size)
            found[p.name][1].append(np.frombuffer(data, order + p.type, size, at))
            at += size * np.dtype(p.type).itemsize
    none = np.zeros(0)
    return {n: (np.array(c, np.int64), np.concatenate([none, *v])) for n, (c, v) in found.items()}, at


def _ascii(element: _Element, words: list[bytes]) -> tuple[_Columns, list[bytes]]:
    found: dict[str, tuple[list[int], list[float]]] = {p.name: ([], []) for p in element.properties}
    at = 0
    for _ in range(element.count):
        for p in element.properties:
            size = 1
            if p.count:
                size = int(words[at])
                at += 1
                found[p.name][0].append(size)
            if size < 0 or at + size > len(words):
                raise ValueError("it ends early")
            found[p.name][1].extend(float(word) for word in words[at : at + size])
            at += size
    return {n: (np.array(c, np.int64), np.array(v)) for n, (c, v) in found.items()}, words[at:]
