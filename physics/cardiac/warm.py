"""Compile and cache the kernels of the heart's mechanics, so that the first real use does not wait."""

import numpy as np


def warm_up() -> None:
    """Inflate a ventricle of a few elements a little."""
    from physics.cardiac import Equilibrium
    from physics.verify.cardiac import ventricle

    body = ventricle(8.0, 1, (10.0, 1.0, 1.0, 1.0))
    Equilibrium(body).follow(lambda part: np.array([1e-4 * part]), 1)
