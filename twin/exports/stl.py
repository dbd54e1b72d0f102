"""Surfaces as binary STL; the 80-byte header says space, unit, side and structure."""

from pathlib import Path

import numpy as np

from twin.domain import Surface
from twin.progress import Progress


def write(surface: Surface, path: Path, _progress: Progress) -> None:
    """Write float32 triangles with their normals."""
    head = f"Vitruvian space=LPS unit=mm side={surface.side} structure={surface.structure}".encode()
    corners = surface.points.astype(np.float32)[surface.triangles]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    lengths = np.linalg.norm(normals, axis=1, keepdims=True)
    data = np.zeros(len(corners), [("normal", "<f4", 3), ("points", "<f4", (3, 3)), ("attribute", "<u2")])
    data["normal"] = np.divide(normals, lengths, out=np.zeros_like(normals), where=lengths > 0)
    data["points"] = corners
    with path.open("wb") as file:
        file.write(head[:80].ljust(80, b"\0"))
        file.write(len(data).to_bytes(4, "little"))
        data.tofile(file)
