"""Linear elasticity on tetrahedra: set up once, solved for any number of loads."""

import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from twin.domain import Material, Model, Support, TetMesh
from twin.errors import UserError
from twin.progress import Progress

if TYPE_CHECKING:
    from physics.elasticity.matrix import BlockMatrix

TOLERANCE = 1e-8
"""Of the relative residual ‖f − K u‖ / ‖f‖ of every load."""

SOLVERS = ("auto", "pardiso", "amg")

_AT_ONCE = 8
"""Loads solved together: the matrix is read once for all of them."""


class Inverse(Protocol):
    """An approximate inverse of the stiffness, made once: the preconditioner.

    Attributes
    ----------
    name : str
        In words.
    most : int
        Conjugate gradient iterations after which it counts as too weak.
    """

    @property
    def name(self) -> str:
        """See above."""

    @property
    def most(self) -> int:
        """See above."""

    def solve(self, right: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return approximate solutions (rows, 3, k)."""

    def renew(self, matrix: "BlockMatrix") -> None:
        """Take another matrix of the same pattern."""


class Elasticity:
    """The linear elastic system of one mesh: pattern, stiffness and its approximate inverse.

    Small-strain isotropic elasticity with the elements of ``mesh`` (four-node or ten-node).
    Every solution is found by conjugate gradients in double precision to a relative residual
    of 1e-8; the preconditioner is a factorization (PARDISO) or multigrid.

    Parameters
    ----------
    mesh : TetMesh
    material : Material
    supports : sequence of Support
        What is held at zero displacement.
    solver : {"auto", "pardiso", "amg"}
        ``auto`` takes what measured fastest for the size, among those this machine has.
    tolerance : float
        On the relative residual ‖f − K u‖ / ‖f‖ of every load.
    progress : Progress

    Attributes
    ----------
    solver_name : str
        What is at work, in words.
    residual : float
        Largest relative residual of the last solve.
    iterations : int
        Conjugate gradient iterations of the last solve.
    seconds : dict of str to float
        Wall time of each phase so far: check, pattern, assembly, factorization, solve.

    Raises
    ------
    GeometryError
        Inverted elements; a body, or a part of it, that nothing holds.
    UserError
        Materials or supports that do not fit the mesh; a solver this machine does not have.
    """

    def __init__(
        self,
        mesh: TetMesh,
        material: Material,
        supports: Sequence[Support],
        *,
        solver: str = "auto",
        tolerance: float = TOLERANCE,
        progress: Progress | None = None,
    ) -> None:
        from physics.elasticity import checks
        from physics.elasticity.fields import stiffness_gradients
        from physics.elasticity.inverse import make_inverse
        from physics.elasticity.matrix import Stiffness

        if solver not in SOLVERS:
            raise UserError(f"There is no solver “{solver}”.", f"Choose one of: {', '.join(SOLVERS)}.")
        self._mesh, self._tolerance = mesh, tolerance
        self._progress = progress or Progress()
        self.seconds: dict[str, float] = {}
        self.residual, self.iterations = 0.0, 0
        with self._phase(0.0, "check", "checking the model"):
            checks.check_mesh(mesh)
            checks.check_material(mesh, material)
            held = checks.held_unknowns(mesh, supports)
            gradients, volumes = stiffness_gradients(mesh)
            checks.check_volumes(mesh, volumes)
            checks.check_held(mesh, supports, held)
            self._loose = np.setdiff1d(np.arange(len(mesh.points)), mesh.tets)
        with self._phase(0.1, "pattern", "preparing the equations"):
            self._stiffness = Stiffness(mesh.points, mesh.tets, held, gradients, volumes)
        self._matrix = self._assemble(material)
        with self._phase(0.4, "factorization", "factorizing the stiffness"):
            at = mesh.points[self._stiffness.nodes]
            self._inverse: Inverse = make_inverse(solver, self._matrix, at, self._stiffness.held)
        self._progress(1.0, "ready to solve")

    @property
    def solver_name(self) -> str:
        """What is at work, in words."""
        return self._inverse.name

    def reassemble(self, material: Material, *, progress: Progress | None = None) -> None:
        """Take another material; the pattern and the ordering are used again."""
        from physics.elasticity import checks

        checks.check_material(self._mesh, material)
        self._matrix = self._assemble(material, progress)
        with self._phase(0.4, "factorization", "factorizing the stiffness", progress):
            self._inverse.renew(self._matrix)

    def solve(self, forces: NDArray[np.float64], *, progress: Progress | None = None) -> NDArray[np.float64]:
        """Return displacements under nodal forces.

        Parameters
        ----------
        forces : ndarray, shape (load, n, 3)
            N; what acts on held components goes into the support.

        Returns
        -------
        ndarray, shape (load, n, 3)
            mm.

        Raises
        ------
        UserError
            Forces that are no numbers or act on no element; a residual above the tolerance.
        """
        report = progress or Progress()
        forces = np.asarray(forces, np.float64)
        self._check_forces(forces)
        displacement = np.zeros_like(forces)
        self.residual, self.iterations = 0.0, 0
        with self._phase(0.0, "solve", "solving", report):
            for first in range(0, len(forces), _AT_ONCE):
                some = slice(first, first + _AT_ONCE)
                part = report.between(first / len(forces), min(first + _AT_ONCE, len(forces)) / len(forces))
                displacement[some] = self._solve_some(forces[some], part)
        report(1.0, "solved")
        return displacement

    def _assemble(self, material: Material, progress: Progress | None = None) -> "BlockMatrix":
        with self._phase(0.25, "assembly", "assembling the stiffness", progress):
            young, poisson = material.young_mpa, material.poisson
            shear = young / (2.0 * (1.0 + poisson))
            lame = young * poisson / ((1.0 + poisson) * (1.0 - 2.0 * poisson))
            return self._stiffness.assemble(lame, shear)

    @contextmanager
    def _phase(
        self, done: float, name: str, text: str, progress: Progress | None = None
    ) -> Generator[None, None, None]:
        """Report what begins and add its wall time to ``seconds``."""
        (progress or self._progress)(done, text)
        start = time.perf_counter()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start

    def _check_forces(self, forces: NDArray[np.float64]) -> None:
        if forces.ndim != 3 or forces.shape[1:] != self._mesh.points.shape:
            raise UserError(f"Forces of shape {forces.shape} do not fit {len(self._mesh.points)} nodes.")
        if not np.all(np.isfinite(forces)):
            raise UserError("A load has forces that are not numbers.", "Check its attachment's weights.")
        if np.any(forces[:, self._loose]):
            raise UserError("A load acts on a node that belongs to no element.", "Make the model again.")

    def _solve_some(self, forces: NDArray[np.float64], progress: Progress) -> NDArray[np.float64]:
        from physics.elasticity.conjugate import conjugate_gradients

        right = self._stiffness.gather(forces)
        solution, error, iterations = conjugate_gradients(
            self._matrix,
            right,
            self._inverse.solve,
            tolerance=self._tolerance,
            most=self._inverse.most,
            watch=lambda done: progress(done, "solving"),
        )
        self.iterations += iterations
        if not np.all(error <= self._tolerance):
            raise UserError(
                f"The equations could not be solved to a relative residual of {self._tolerance:g} "
                f"(reached {float(np.nanmax(error)):.1e} with {self.solver_name}).",
                "Look for nearly flat elements or extreme ratios of moduli, or choose another solver.",
            )
        self.residual = max(self.residual, float(error.max(initial=0.0)))
        return self._stiffness.spread(solution, len(self._mesh.points))


def unit_forces(model: Model) -> NDArray[np.float64]:
    """Return the nodal forces of a model's unit loads, shape (load, n, 3), in N: 1 N in total each."""
    forces = np.zeros((len(model.loads), len(model.mesh.points), 3))
    for force, load in zip(forces, model.loads, strict=True):
        attachment = model.attachments[load.attachment]
        np.add.at(force, attachment.nodes, attachment.weights[:, None] * load.direction)
    return forces
