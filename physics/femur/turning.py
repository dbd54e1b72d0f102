"""A load turned by hand: from the arrow's new direction to the model's three angles."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from physics.femur.forces import turn_about

TURNS = ("turn_about_x_deg", "turn_about_y_deg", "turn_about_z_deg")
"""Parameters of the femur's model: turns about the femur's own axes, first x, then y, then z."""


def turn_angles(
    axes: NDArray[np.float64],
    now: NDArray[np.float64],
    wanted: NDArray[np.float64],
    params: dict[str, Any],
) -> dict[str, float]:
    """Return the turn parameters that bring a load from where it points now to where it should.

    Parameters
    ----------
    axes : ndarray, shape (3, 3)
        Rows are the bone's axes in LPS.
    now, wanted : ndarray, shape (3,)
        Directions in LPS.
    params : dict
        The parameters that the model was made with, turns included.

    Returns
    -------
    dict of str to float
        Degrees, to a tenth.
    """
    before = turn_about(*(float(params.get(name, 0.0)) for name in TURNS))
    start = before.T @ _unit(axes @ np.asarray(now))
    turn = _shortest(start, _unit(axes @ np.asarray(wanted)))
    angles = (
        np.arctan2(turn[2, 1], turn[2, 2]),
        -np.arcsin(np.clip(turn[2, 0], -1.0, 1.0)),
        np.arctan2(turn[1, 0], turn[0, 0]),
    )
    return {name: round(float(np.degrees(a)), 1) for name, a in zip(TURNS, angles, strict=True)}


def _unit(v: NDArray[np.float64]) -> NDArray[np.float64]:
    return v / float(np.linalg.norm(v))


def _shortest(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the rotation by the smallest angle that takes unit vector ``a`` to ``b`` (Rodrigues)."""
    v, c = np.cross(a, b), float(a @ b)
    if c < -1 + 1e-9:
        across = np.cross(a, np.eye(3)[int(np.argmin(np.abs(a)))])
        across /= np.linalg.norm(across)
        return 2 * np.outer(across, across) - np.eye(3)
    k = np.array([[0, -v[2], v[1]], [v[2], 0, -v[0]], [-v[1], v[0], 0]])
    return np.asarray(np.eye(3) + k + k @ k / (1 + c))
