"""Compile and cache every kernel once, so that the first real use does not wait."""

import numpy as np


def warm_up() -> None:
    """Solve a small box by every solver there is here, with one load and with several."""
    from physics.elasticity import Elasticity, pardiso, principal, strain, stress, von_mises
    from physics.verify import meshes
    from physics.verify.elasticity import held, uniform

    for quadratic in (False, True):
        mesh = meshes.box((8, 8, 8), (8.0, 8.0, 8.0), quadratic=quadratic)
        material = uniform(mesh, 1000.0, 0.3)
        bottom = mesh.points[:, 2] < 1e-9
        supports = (held("bottom", bottom), held("side", mesh.points[:, 0] < 1e-9, y=False, z=False))
        forces = np.zeros((3, len(mesh.points), 3))
        forces[:, ~bottom] = 1e-3
        for solver in ("pardiso", "amg") if pardiso.available() else ("amg",):
            system = Elasticity(mesh, material, supports, solver=solver)
            system.solve(forces[:1])
            strains = strain(mesh, system.solve(forces))
        von_mises(stress(mesh, material, strains))
        principal(strains)


if __name__ == "__main__":
    warm_up()
