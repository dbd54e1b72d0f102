"""Linear elasticity at some 115,000 tets: from the model to displacements and stresses, beside CalculiX."""

from benchmarks import femur_case

NAME = "femur-100k"


def rows() -> list[dict]:
    """Return our time beside CalculiX's default and iterative solvers, and a further load case."""
    peers = {"SPOOLES": ("", 0.45), "iterative Cholesky": (", SOLVER=ITERATIVE CHOLESKY", 0.85)}
    return femur_case.rows(NAME, 2.03, peers, 0.1)
