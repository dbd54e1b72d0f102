"""Linear elasticity on tetrahedra: displacements, strains and stresses under any number of loads."""

from physics.elasticity.fields import principal, strain, stress, von_mises
from physics.elasticity.system import SOLVERS, TOLERANCE, Elasticity, unit_forces

__all__ = [
    "SOLVERS",
    "TOLERANCE",
    "Elasticity",
    "principal",
    "strain",
    "stress",
    "unit_forces",
    "von_mises",
]
