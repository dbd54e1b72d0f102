"""Springs and dashpots on surfaces of the heart's wall: the pericardium, and what holds a base."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from physics.cardiac import surfaces


@dataclass(frozen=True, eq=False)
class Support:
    """A surface that springs hold, each at the place where it was put, as stiff whatever way it goes.

    Along the normals alone, neighbors slide past as they do in the pericardium (Pfaller et al. 2019,
    Biomech Model Mechanobiol 18:503).

    Attributes
    ----------
    faces : ndarray of int, shape (k, 6)
        Outward of the tissue, as ``Face`` has them.
    ease : ndarray, shape (n, 3)
        Where the body's nodes are when the springs are at ease, mm; normals and areas are taken there.
    normal_mpa_per_mm, sideways_mpa_per_mm : float
        Along the surface's normals, and at right angles to them.
    damping_s : float
        Of a dashpot beside each spring: its viscosity over the spring's stiffness. It pulls where time
        passes (``Body.passing``); at rest it does nothing.
    """

    faces: NDArray[np.int32]
    ease: NDArray[np.float64]
    normal_mpa_per_mm: float
    sideways_mpa_per_mm: float = 0.0
    damping_s: float = 0.0

    def blocks(self) -> NDArray[np.float64]:
        """Return the stiffness of each triangle's nodes, shape (k, 18, 18), N/mm."""
        nodes = self.ease[self.faces]
        u = np.einsum("qa,kai->kqi", surfaces.BY_U, nodes)
        v = np.einsum("qa,kai->kqi", surfaces.BY_V, nodes)
        normal = np.cross(u, v)
        area = np.linalg.norm(normal, axis=2)
        normal /= area[..., None]
        along = self.normal_mpa_per_mm - self.sideways_mpa_per_mm
        spring = along * normal[..., :, None] * normal[..., None, :] + self.sideways_mpa_per_mm * np.eye(3)
        weight = area * surfaces.WEIGHTS
        shapes = surfaces.SHAPES
        blocks = np.einsum("kq,qa,qb,kqij->kaibj", weight, shapes, shapes, spring, optimize=True)
        return np.ascontiguousarray(blocks.reshape(len(self.faces), 18, 18))
