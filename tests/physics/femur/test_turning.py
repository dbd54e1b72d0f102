"""A load turned by hand gives the angles that the model's step takes."""

import numpy as np

from physics.femur.turning import TURNS, turn_angles


def test_a_turned_arrow_gives_the_angles_that_bring_it_there() -> None:
    # Rz(c) Ry(b) Rx(a) of the given angles, applied to the unturned force, points along the hand's direction.
    axes = np.array(
        [[-1.0, 0, 0], [0, -1.0, 0], [0, 0, 1.0]]
    )  # a right femur: medial is −x of LPS... left of it
    start = np.array([0.4, 0.2, -2.3])
    wanted = np.array([0.9, -0.3, -2.0])
    angles = turn_angles(axes, start, wanted, {})
    a, b, c = np.radians([angles[n] for n in TURNS])
    rx = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    ry = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    rz = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    turned = axes.T @ (rz @ ry @ rx @ (axes @ start))
    np.testing.assert_allclose(turned / np.linalg.norm(turned), wanted / np.linalg.norm(wanted), atol=2e-3)
    # Turned again from there, the angles count from the unturned force, not from the last turn.
    back = turn_angles(axes, turned, start, angles)
    assert max(abs(v) for v in back.values()) < 0.3
