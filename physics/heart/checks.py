"""What makes a mesh no ventricle, said in words."""

import numpy as np

from physics.elasticity.checks import check_mesh, check_volumes
from physics.heart.cavity import cavity_ml, rims
from twin.domain import TetMesh
from twin.errors import GeometryError

NEEDED = ("endo_lv", "epi", "base")
"""Patches that every ventricle has."""


def check_ventricle(mesh: TetMesh) -> None:
    """Raise ``GeometryError`` where a mesh is no ventricle.

    It names an inverted element, a patch that is missing or empty, or an endocardium that is torn, closed,
    or looks out of the cavity.
    """
    check_mesh(mesh)
    corners = mesh.points[mesh.tets[:, :4]]
    check_volumes(mesh, np.linalg.det(corners[:, 1:] - corners[:, :1])[:, None] / 6.0)
    there = {p.name: len(p.triangles) for p in mesh.patches}
    for name in NEEDED:
        if not there.get(name):
            names = ", ".join(there) or "none"
            raise GeometryError(
                f"The mesh has no patch “{name}”; there are: {names}.",
                "A ventricle needs the patches endo_lv, epi and base; name them when the mesh is made.",
            )
    for name in ("endo_lv", "endo_rv"):
        if not there.get(name):
            continue
        if not rims(mesh.patch(name).triangles):
            raise GeometryError(
                f"The endocardium “{name}” is closed: the cavity has no base.",
                "Cut the ventricle off below its valves.",
            )
        volume = cavity_ml(mesh, name)
        if volume <= 0.0:
            raise GeometryError(
                f"The cavity of “{name}” has {volume:.1f} mL: its triangles look into the wall.",
                "Wind them the other way: outward from the wall.",
            )
