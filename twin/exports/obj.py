"""Surfaces as Wavefront OBJ; comments say space, unit, side and structure."""

from pathlib import Path

import numpy as np

from twin.domain import Surface
from twin.exports.said import comments_of
from twin.progress import Progress


def write(surface: Surface, path: Path, _progress: Progress) -> None:
    """Write points with nine digits and triangles, counted from one."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"# {line}\n" for line in comments_of(surface))
        file.write(f"o {surface.structure.replace(' ', '_') or 'surface'}\n")
        np.savetxt(file, surface.points, fmt="v %.9g %.9g %.9g")
        np.savetxt(file, surface.triangles + 1, fmt="f %d %d %d")
