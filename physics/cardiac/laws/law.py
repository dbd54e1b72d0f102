"""What a law is: a name, its compiled function's code, and its numbers."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

EXPONENTIAL, HOLZAPFEL_OGDEN, NEO_HOOKEAN = 0, 1, 2
COUNT = 8
"""Numbers that a law may have."""


@dataclass(frozen=True)
class Law:
    """A law and its numbers.

    Attributes
    ----------
    name : str
    code : int
        Which compiled function.
    numbers : tuple of float
        Its parameters, stresses in MPa.
    source : str
        Where the form comes from.
    stress_scales : tuple of int
        Which of the numbers are stresses: a stiffness slider multiplies these.
    """

    name: str
    code: int
    numbers: tuple[float, ...]
    source: str
    stress_scales: tuple[int, ...]

    def row(self, stiffness: float = 1.0) -> NDArray[np.float64]:
        """Return the numbers as a row (``COUNT``,), its stresses times ``stiffness``."""
        row = np.zeros(COUNT)
        row[: len(self.numbers)] = self.numbers
        row[list(self.stress_scales)] *= stiffness
        return row
