"""Verification of linear elasticity against exact and published results."""

import numpy as np
from numpy.typing import NDArray

from physics.elasticity import Elasticity
from physics.verify import Row, integration, meshes, problem, row
from twin.domain import Material, Support, TetMesh

SOLVED_TO = 1e-12
"""Relative residual: small enough that only the discretization's error is left."""


def uniform(mesh: TetMesh, young_mpa: float, poisson: float) -> Material:
    """Return one material for all elements."""
    count = len(mesh.tets)
    none = np.full(count, np.nan)
    return Material(np.full(count, young_mpa), np.full(count, poisson), none, none)


def held(name: str, where: NDArray, x: bool = True, y: bool = True, z: bool = True) -> Support:
    """Return a support of the nodes where ``where`` (n,) is true."""
    return Support(name, np.flatnonzero(where).astype(np.int32), (x, y, z))


@problem("patch")
def patch() -> list[Row]:
    """A constant strain on an irregular mesh must come out exactly, whatever the elements' shapes.

    Tractions of the constant stress on all faces; three nodes take away the rigid motions. The
    tolerance, 1e-10 of the largest displacement, is rounding.
    """
    slope = np.array([[1.0, 0.4, -0.3], [0.0, -0.7, 0.5], [0.0, 0.0, 0.6]]) * 1e-3
    young, poisson = 17000.0, 0.3
    eps = (slope + slope.T) / 2
    sigma = young / (1 + poisson) * (eps + poisson / (1 - 2 * poisson) * np.trace(eps) * np.eye(3))
    rows = []
    for quadratic in (False, True):
        mesh = meshes.box((4, 3, 3), (8.0, 6.0, 5.0), quadratic=quadratic, jitter=0.25)
        forces = integration.traction_forces(
            mesh,
            meshes.boundary(mesh, np.ones(len(mesh.points), bool)),
            lambda _points, normals: normals @ sigma,
        )
        # The field vanishes at the origin, in y and z on the x axis, in z on the y axis.
        corner = [np.linalg.norm(mesh.points - p, axis=1) < 1e-9 for p in ([0, 0, 0], [8, 0, 0], [0, 6, 0])]
        supports = (
            held("origin", corner[0]),
            held("x axis", corner[1], x=False),
            held("y axis", corner[2], x=False, y=False),
        )
        system = Elasticity(mesh, uniform(mesh, young, poisson), supports, tolerance=SOLVED_TO)
        exact = mesh.points @ slope.T
        error = np.abs(system.solve(forces[None])[0] - exact).max() / np.abs(exact).max()
        rows.append(row(f"largest_error_p{1 + quadratic}", error, 0.0, "1", 1e-8))
    return rows


@problem("manufactured")
def manufactured() -> list[Row]:
    """Errors against a smooth exact solution fall with the theory's power of the element size.

    Theory: L2 with h² (P1) and h³ (P2), H1 with h and h² (Ciarlet 1978). Rates between two
    meshes differ from the limit by the next power of h; 12 % covers that.
    """
    rows = []
    for quadratic, cells in ((False, (8, 16)), (True, (4, 8))):
        errors = np.array([manufactured_errors(n, quadratic=quadratic) for n in cells])
        l2, h1 = np.log2(errors[0] / errors[1])
        rows.append(row(f"rate_l2_p{1 + quadratic}", l2, 2.0 + quadratic, "1", 12.0))
        rows.append(row(f"rate_h1_p{1 + quadratic}", h1, 1.0 + quadratic, "1", 12.0))
    return rows


def manufactured_errors(cells: int, *, quadratic: bool) -> tuple[float, float]:
    """Return L2 and H1 errors on a cube of ``cells`` a side.

    u = (1, 2, −1) s with s = sin πx sin πy sin πz on the unit cube, held on its surface;
    f = −div σ(u) = −μ Δu − (λ + μ) ∇(div u).
    """
    lame, shear = 1.0, 0.8
    young = shear * (3 * lame + 2 * shear) / (lame + shear)
    poisson = lame / (2 * (lame + shear))
    direction = np.array([1.0, 2.0, -1.0])
    pi = np.pi

    def parts(x: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Return s, its gradient (..., 3) and its second derivatives (..., 3, 3)."""
        s, c = np.sin(pi * x), np.cos(pi * x)
        value = s.prod(axis=-1)
        slope = np.stack([pi * c[..., i] * s[..., i - 1] * s[..., i - 2] for i in range(3)], -1)
        second = np.empty((*x.shape, 3))
        for i in range(3):
            second[..., i, i] = -(pi**2) * value
            j, k = (i + 1) % 3, (i + 2) % 3
            second[..., i, j] = second[..., j, i] = pi**2 * c[..., i] * c[..., j] * s[..., k]
        return value, slope, second

    def force(x: NDArray[np.float64]) -> NDArray[np.float64]:
        value, _, second = parts(x)
        return shear * 3 * pi**2 * value[..., None] * direction - (lame + shear) * second @ direction

    mesh = meshes.box((cells,) * 3, (1.0, 1.0, 1.0), quadratic=quadratic)
    on = np.any((mesh.points < 1e-9) | (mesh.points > 1 - 1e-9), axis=1)
    system = Elasticity(mesh, uniform(mesh, young, poisson), (held("surface", on),), tolerance=SOLVED_TO)
    displacement = system.solve(integration.body_forces(mesh, force)[None])[0]
    return integration.error_norms(
        mesh,
        displacement,
        lambda x: parts(x)[0][..., None] * direction,
        lambda x: direction[:, None] * parts(x)[1][..., None, :],
    )


@problem("cantilever")
def cantilever() -> list[Row]:
    """Tip deflection of a titanium beam against Timoshenko's F L³ / 3 E I + F L / (κ G A), κ = 5/6.

    The held end keeps its plane but may contract sideways, as the formula has it (clamped all over,
    the beam is 1 % stiffer); the shear force is balanced there by its own traction, so that no
    node bears a point force. 0.3 %: κ and plane sections are approximations.
    """
    length, side, young, poisson, load = 100.0, 10.0, 110000.0, 0.34, 1000.0
    mesh = meshes.box((4, 4, 30), (side, side, length), quadratic=True)
    x, y, z = mesh.points.T
    forces = np.zeros_like(mesh.points)
    unit = np.array([0.0, 1.0 / side**2, 0.0])
    for end, share in ((z > length - 1e-9, -load), (z < 1e-9, load)):
        forces += share * integration.traction_forces(
            mesh, meshes.boundary(mesh, end), lambda _points, normals: np.zeros_like(normals) + unit
        )
    middle = np.abs(x - side / 2) < 1e-9
    center = middle & (np.abs(y - side / 2) < 1e-9)
    supports = (
        held("plane end", z < 1e-9, x=False, y=False),
        held("middle line", middle & (z < 1e-9), y=False, z=False),
        held("center", center & (z < 1e-9), x=False, z=False),
    )
    displacement = Elasticity(mesh, uniform(mesh, young, poisson), supports).solve(forces[None])[0]
    tip = -float(displacement[center & (z > length - 1e-9), 1][0])
    shear_modulus = young / (2 * (1 + poisson))
    reference = load * length**3 / (3 * young * side**4 / 12) + load * length / (
        5 / 6 * shear_modulus * side**2
    )
    return [row("tip_deflection_mm", tip, reference, "mm", 0.3)]


@problem("lame-sphere")
def lame_sphere() -> list[Row]:
    """A thick sphere, 10 to 20 mm, under 10 MPa from within (Lamé; Timoshenko and Goodier 1970, art. 136).

    σ_θ(a) = p (2a³ + b³) / (2 (b³ − a³)) and σ_r(a) = −p. 1 %: stress at a surface node of the mesh.
    """
    inner, outer, pressure = 10.0, 20.0, 10.0

    def mapping(q: NDArray[np.float64]) -> NDArray[np.float64]:
        direction = np.column_stack([q[:, :2], 1 - q[:, 0] - q[:, 1]])
        direction /= np.linalg.norm(direction, axis=1, keepdims=True)
        return direction * q[:, 2:]

    levels = inner * (outer / inner) ** np.linspace(0, 1, 19) ** 1.5
    mesh = meshes.extruded(meshes.triangle(14), levels, mapping, quadratic=True)
    planes = [np.abs(mesh.points[:, i]) < 1e-9 for i in range(3)]
    supports = tuple(held(f"plane {'xyz'[i]}", planes[i], *(j == i for j in range(3))) for i in range(3))
    radius = np.linalg.norm(mesh.points, axis=1)
    hole = meshes.boundary(mesh, radius < inner + 1e-6)
    forces = integration.traction_forces(mesh, hole, lambda _points, normals: -pressure * normals)
    material = uniform(mesh, 110000.0, 0.34)
    displacement = Elasticity(mesh, material, supports).solve(forces[None])
    node = int(np.linalg.norm(mesh.points - [0, 0, inner], axis=1).argmin())
    stress = integration.nodal_stress(mesh, material, displacement, node)
    hoop = pressure * (2 * inner**3 + outer**3) / (2 * (outer**3 - inner**3))
    return [
        row("sigma_theta_inner_mpa", (stress[0] + stress[1]) / 2, hoop, "MPa", 1.0),
        row("sigma_r_inner_mpa", stress[2], -pressure, "MPa", 1.0),
    ]


@problem("le10")
def le10() -> list[Row]:
    """Thick elliptic plate under pressure: σ_yy at D (NAFEMS, The Standard NAFEMS Benchmarks, 1990, LE10).

    1 %: D lies on an edge, where an element's own stress is least exact.
    """

    def mapping(q: NDArray[np.float64]) -> NDArray[np.float64]:
        angle, across = q[:, 0] * np.pi / 2, q[:, 1:2]
        inner = np.column_stack([2000.0 * np.cos(angle), 1000.0 * np.sin(angle)])
        outer = np.column_stack([3250.0 * np.cos(angle), 2750.0 * np.sin(angle)])
        return np.column_stack([inner + across * (outer - inner), 600.0 * q[:, 2]])

    flat, triangles = meshes.square(16, 10)
    mesh = meshes.extruded((flat**1.3, triangles), np.linspace(0, 1, 5), mapping, quadratic=True)
    x, y, z = mesh.points.T
    rim = np.abs((x / 3250.0) ** 2 + (y / 2750.0) ** 2 - 1) < 1e-3
    rim_faces = np.zeros(len(x), bool)
    rim_faces[np.unique(meshes.boundary(mesh, rim))] = True
    supports = (
        held("DCD'C'", np.abs(y) < 1e-6, x=False, z=False),
        held("ABA'B'", np.abs(x) < 1e-6, y=False, z=False),
        held("BCB'C'", rim_faces, z=False),
        held("EE'", rim_faces & (np.abs(z - 300.0) < 1e-6), x=False, y=False),
    )
    top = meshes.boundary(mesh, z > 600.0 - 1e-6)
    forces = integration.traction_forces(mesh, top, lambda _points, normals: -1.0 * normals)
    material = uniform(mesh, 210000.0, 0.3)
    displacement = Elasticity(mesh, material, supports).solve(forces[None])
    d = int(np.linalg.norm(mesh.points - [2000.0, 0.0, 600.0], axis=1).argmin())
    return [
        row("sigma_yy_d_mpa", integration.nodal_stress(mesh, material, displacement, d)[1], -5.38, "MPa", 1.0)
    ]
