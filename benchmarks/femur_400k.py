"""Linear elasticity at some 465,000 tets, beside CalculiX's iterative solver (its default takes minutes)."""

from benchmarks import femur_case

NAME = "femur-400k"


def rows() -> list[dict]:
    """Return our time beside CalculiX's iterative solver."""
    return femur_case.rows(NAME, 1.257, {"iterative Cholesky": (", SOLVER=ITERATIVE CHOLESKY", 1.0)}, None)
