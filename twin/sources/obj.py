"""Wavefront OBJ surfaces in; each object of a file that holds several is a series of its own."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from twin.domain import Surface
from twin.errors import SourceError
from twin.progress import Progress
from twin.sources.labels import distinct
from twin.sources.payload import read_bytes
from twin.sources.series import Choices, Series, file_by_file
from twin.sources.triangles import fans, placed, said_in, series_of, surface_of


@dataclass
class _Object:
    """Faces of one object: point numbers from 0 of one face after the other, and how many each has."""

    name: str
    corners: list[int] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)


def _look(path: Path) -> list[Series]:
    lines = _lines(path)
    said = said_in(_comments(lines))
    names = [line[2:].decode("utf-8", "replace").strip() for line in lines if line.startswith(b"o ")]
    if len(names) < 2:
        return [series_of(path, "obj", "OBJ", said)]
    return [series_of(path, "obj", "OBJ", said, name=name, uid=f"{path}#{name}") for name in distinct(names)]


scan = file_by_file(_look)


def read(series: Series, choices: Choices, progress: Progress) -> Surface:
    """Read a surface; polygons are cut into triangles around their first corner.

    Raises
    ------
    SourceError
        Unit or axes not said, or the file is broken.
    """
    path = series.files[0]
    progress(0.0, f"reading {path.name}")
    lines = _lines(path)
    said = placed(path, "OBJ", said_in(_comments(lines)), choices)
    points, objects = _parse(path, lines)
    wanted = series.uid.removeprefix(f"{path}#") if series.uid != str(path) else ""
    chosen = [o for o in objects if not wanted or o.name == wanted]
    corners = np.array([c for o in chosen for c in o.corners], np.int64)
    counts = np.array([c for o in chosen for c in o.counts], np.int64)
    triangles, _face = fans(corners, counts) if len(counts) else (np.zeros((0, 3), np.int64), counts)
    named = wanted or next((o.name for o in chosen if o.counts and o.name), "")
    return surface_of(path, points, triangles, said, name=named or path.stem)


def _lines(path: Path) -> list[bytes]:
    data = read_bytes(path)
    return [line.strip() for line in data.replace(b"\\\r\n", b" ").replace(b"\\\n", b" ").split(b"\n")]


def _comments(lines: list[bytes]) -> list[str]:
    return [line[1:].decode("utf-8", "replace").strip() for line in lines if line.startswith(b"#")]


def _parse(path: Path, lines: list[bytes]) -> tuple[NDArray[np.float64], list[_Object]]:
    vertices: list[list[bytes]] = []
    objects = [_Object("")]
    try:
        for line in lines:
            if line.startswith((b"v ", b"v\t")):
                vertices.append(line.split()[1:4])
            elif line.startswith((b"f ", b"f\t")):
                numbers = [int(word.partition(b"/")[0]) for word in line.split()[1:]]
                if 0 in numbers:
                    raise ValueError("a face of point 0")
                objects[-1].corners += [n - 1 if n > 0 else len(vertices) + n for n in numbers]
                objects[-1].counts.append(len(numbers))
            elif line.startswith(b"o "):
                objects.append(_Object(line[2:].decode("utf-8", "replace").strip()))
        points = np.array([[float(word) for word in v] for v in vertices]).reshape(-1, 3)
    except ValueError as e:
        raise SourceError(f"{path} is a broken OBJ file: {e}.") from e
    for one, name in zip(objects[1:], distinct(o.name for o in objects[1:]), strict=True):
        one.name = name
    return points, objects
