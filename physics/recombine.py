"""Load cases from solved unit loads: any case and body weight, without solving again.

A linear model's answer is the sum of its unit loads' answers. What is not linear in the loads
(von Mises stress, principal strains) is still proportional to the body weight within one
case, so each is made once a case, kept, and only scaled afterwards.
"""

from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from twin.domain import Result
from twin.errors import UserError

VON_MISES = "von Mises stress"
DISPLACEMENT = "displacement"
TENSION = "maximum principal strain"
COMPRESSION = "minimum principal strain"
RATIO = "strain / yield (3 mm average)"

FIELDS: dict[str, tuple[str, str]] = {
    VON_MISES: ("MPa", "element"),
    DISPLACEMENT: ("mm", "node"),
    TENSION: ("1", "element"),
    COMPRESSION: ("1", "element"),
    RATIO: ("1", "element"),
}
"""Fields that a case can be seen in: unit, and whether they count nodes or elements."""

_kept: WeakKeyDictionary[Result, dict[tuple[str, str], NDArray[np.float32]]] = WeakKeyDictionary()


def combine(result: Result, case: str, body_weight_n: float, field: str) -> NDArray[np.float32]:
    """Return a field of a load case at a body weight.

    The first call for a case and field takes some tens of milliseconds at 100,000 elements
    (the 3 mm average longer); further ones only scale.

    Parameters
    ----------
    result : Result
        Of ``physics.solve``.
    case : str
        One of ``result.cases``.
    body_weight_n : float
        Newtons, not negative.
    field : str
        One of ``FIELDS``.

    Returns
    -------
    ndarray of float32, shape (nodes,) or (elements,)
        In the unit that ``FIELDS`` names; displacement as its length.

    Raises
    ------
    UserError
        For a case or field that there is not, or a negative weight.
    """
    if body_weight_n < 0:
        raise UserError(f"A body weight of {body_weight_n:g} N is negative.", "Give a positive one.")
    if field not in FIELDS:
        raise UserError(f"There is no field “{field}”.", f"The fields are: {', '.join(FIELDS)}.")
    kept = _kept.setdefault(result, {})
    if (case, field) not in kept:
        kept[case, field] = _field(result, case, field)
    return kept[case, field] * np.float32(body_weight_n)


def displacement(result: Result, case: str, body_weight_n: float) -> NDArray[np.float32]:
    """Return a case's displacement vectors, mm, shape (nodes, 3): to draw the bone bent."""
    kept = _kept.setdefault(result, {})
    key = (case, "vectors")
    if key not in kept:
        kept[key] = sum_of_loads(result.field("displacement").values, case_factors(result, case))
    return kept[key] * np.float32(body_weight_n)


def case_factors(result: Result, case: str) -> NDArray[np.float64]:
    """Return a case's factor of each unit load, newtons per newton of body weight, shape (load,)."""
    cases = result.cases or {}
    if case not in cases:
        raise UserError(f"There is no load case “{case}”.", f"The cases are: {', '.join(cases) or 'none'}.")
    return np.array([cases[case].get(name, 0.0) for name in result.loads])


def sum_of_loads(values: NDArray[np.float32], factors: NDArray[np.float64]) -> NDArray:
    """Return the factor-weighted sum, shape (n, c), of values (load, n, c)."""
    from physics.results_average import weighted_sum

    out = np.empty(values.shape[1:], np.float32)
    weighted_sum(values, factors, out)
    return out


def _field(result: Result, case: str, field: str) -> NDArray[np.float32]:
    from physics.elasticity import principal, von_mises

    factors = case_factors(result, case)
    if field == DISPLACEMENT:
        return np.asarray(np.linalg.norm(displacement(result, case, 1.0), axis=1), np.float32)
    if field == VON_MISES:
        return von_mises(sum_of_loads(result.field("stress").values, factors)).astype(np.float32)
    strain = sum_of_loads(result.field("strain").values, factors)
    if field == RATIO:
        return _ratio(result, strain)
    return np.ascontiguousarray(principal(strain)[:, 0 if field == TENSION else 2], np.float32)


def _ratio(result: Result, strain: NDArray) -> NDArray[np.float32]:
    from physics.results_average import Average, element_centers, element_volumes, strain_ratios

    if result.yield_strain_tension is None or result.yield_strain_compression is None:
        raise UserError("This result knows no yield strains.", "Solve a model of bone.")
    average = Average.over(element_centers(result.mesh), element_volumes(result.mesh))
    pair = strain_ratios(strain, result.yield_strain_tension, result.yield_strain_compression)
    return np.asarray(average.of(pair).max(axis=1))
