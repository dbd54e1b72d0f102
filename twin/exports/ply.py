"""Surfaces as binary PLY; comments say space, unit, side and structure."""

from pathlib import Path

import numpy as np

from twin.domain import Surface
from twin.exports.said import comments_of
from twin.progress import Progress


def write(surface: Surface, path: Path, _progress: Progress) -> None:
    """Write points in double precision and triangles."""
    head = (
        "ply\nformat binary_little_endian 1.0\n"
        + "".join(f"comment {line}\n" for line in comments_of(surface))
        + f"element vertex {len(surface.points)}\n"
        "property double x\nproperty double y\nproperty double z\n"
        f"element face {len(surface.triangles)}\n"
        "property list uchar int vertex_indices\nend_header\n"
    )
    faces = np.zeros(len(surface.triangles), [("n", "u1"), ("points", "<i4", 3)])
    faces["n"], faces["points"] = 3, surface.triangles
    with path.open("wb") as file:
        file.write(head.encode())
        surface.points.astype("<f8").tofile(file)
        faces.tofile(file)
