"""One ventricle or both as imaged at end-diastole, held by springs."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from physics.cardiac import Body, Face, face_of
from physics.cardiac.body import quadrature
from physics.cardiac.laws import Law
from physics.cardiac.support import Support
from physics.heart import Angles, fibers_of
from twin.domain import TetMesh

KPA = 1e-3
"""MPa."""


@dataclass(frozen=True)
class Springs:
    """What holds the heart, kPa/mm; at ease where it was imaged at end-diastole.

    Stiffnesses were chosen on the one patient at hand (``heart-mr-cine``), by the distance of walls and the
    chart's reach.

    Attributes
    ----------
    pericardium : float
        Along the epicardium's normals.
    base : float
        Along the base plane's normal: atria and great vessels.
    ring : float
        Within the base plane: the fibrous skeleton of the valves.
    damping_s : float
        Of dashpots beside the springs, viscosity over stiffness: 5 Pa s/mm over 0.2 kPa/mm (Pfaller et al.
        2019, Biomech Model Mechanobiol 18:503; its numbers from memory).
    """

    pericardium: float = 0.1
    base: float = 0.05
    ring: float = 0.1
    damping_s: float = 0.025

    def scaled(self, factor: float) -> "Springs":
        """Return springs ``factor`` times as stiff."""
        stiffer = factor * self.pericardium, factor * self.base, factor * self.ring
        return Springs(*stiffer, self.damping_s)


@dataclass(frozen=True, eq=False)
class Imaged:
    """A left ventricle at end-diastole, loaded, or both.

    Attributes
    ----------
    mesh : TetMesh
        Ten-node, patches ``endo_lv``, ``epi`` and ``base``, ``endo_rv`` for both; LPS mm.
    axes : ndarray, shape (m, q, 3, 3)
        Rows fibre, sheet, normal at the points of integration of each element, unit vectors.
    springs : Springs
    stiffness : ndarray, shape (m,), optional
        Factor on the law's stresses in each element; 1 where not given.
    """

    mesh: TetMesh
    axes: NDArray[np.float64]
    springs: Springs = field(default_factory=Springs)
    stiffness: NDArray[np.float64] | None = None

    @classmethod
    def of(cls, mesh: TetMesh, angles: Angles | None = None, springs: Springs | None = None) -> "Imaged":
        """Return a mesh with fibres by rule, at every point of integration."""
        count = int(mesh.tets[:, :4].max()) + 1
        corners = replace(mesh, tets=mesh.tets[:, :4], points=mesh.points[:count])
        fibers = fibers_of(corners, angles, inside=quadrature()[0])
        return cls(mesh, fibers.axes, springs or Springs())

    def body(self, law: Law) -> Body:
        """Return it as a body whose reference is the imaged shape; ``Body.reshaped`` gives it another."""
        mesh, springs = self.mesh, self.springs
        held = [
            Support(surface.faces, mesh.points, KPA * normal, KPA * sideways, springs.damping_s)
            for surface, normal, sideways in (
                (_open(mesh, "epi"), springs.pericardium, 0.0),
                (_open(mesh, "base"), springs.base, springs.ring),
            )
        ]
        free = np.zeros((len(mesh.points), 3), bool)
        return Body(mesh, self.axes, law, free, self.cavities, supports=held, stiffness=self.stiffness)

    @property
    def cavity(self) -> Face:
        """The left endocardium, closed by the base."""
        return face_of(self.mesh, "endo_lv")

    @property
    def cavities(self) -> list[Face]:
        """All endocardia, closed by the base: the left one, and the right one where there is one."""
        right = [face_of(self.mesh, p.name) for p in self.mesh.patches if p.name == "endo_rv"]
        return [self.cavity, *right]

    @property
    def volume_ml(self) -> float:
        """Of the cavity."""
        return self.cavity.volume(self.mesh.points) / 1000.0


def _open(mesh: TetMesh, patch: str) -> Face:
    return face_of(mesh, patch, closed=False)
