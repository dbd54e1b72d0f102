"""A slab's samples, kept from one step of a scroll to the next: all but a few are the same ones."""

import numpy as np
from numpy.typing import NDArray

MOST_BYTES = 96 * 2**20
"""What the layers of one view may take; a slab that needs more is gathered anew at each step."""

_SAME = 1e-6
"""How far apart two places may be, in voxels, that are meant to be one."""


class SlabLayers:
    """The layers of one plane's slab: pictures of stored numbers, a step ``through`` apart.

    They hold as long as the plane moves along its normal by whole steps; anything else begins anew.
    """

    def __init__(self) -> None:
        self._layers: NDArray[np.float32] = np.empty((0, 0, 0), np.float32)
        self._at: dict[int, int] = {}
        self._of: tuple[object, ...] = ()
        self._origin = np.zeros((3, 3))

    def steps_from_before(
        self, of: tuple[object, ...], to_grid: NDArray[np.float64], through: tuple[float, float, float]
    ) -> int | None:
        """Return how many steps the plane has moved since layers were begun; None where they are of no use.

        Parameters
        ----------
        of : tuple
            What else they hang on: the grid, the interpolation, the picture's size.
        """
        moved, step = to_grid - self._origin, np.array(through)
        steps = float(moved[:, 2] @ step) / float(step @ step)
        away = np.abs(moved - np.outer(round(steps) * step, [0.0, 0.0, 1.0])).max()
        same = of == self._of and away < _SAME
        if not same:
            self._of, self._origin, self._at = of, to_grid.copy(), {}
        return round(steps) if same else None

    def room(self, count: int, shape: tuple[int, int]) -> bool:
        """Make room for ``count`` layers and the two of the borders; False where it is too much."""
        wanted = (count + 2, *shape)
        if 4 * np.prod(wanted, dtype=float) > MOST_BYTES:
            self._layers, self._at = np.empty((0, 0, 0), np.float32), {}
            return False
        if self._layers.shape != wanted:
            self._layers, self._at = np.empty(wanted, np.float32), {}
        return True

    @property
    def layers(self) -> NDArray[np.float32]:
        """All of them, (n, height, width); the last two are for the borders."""
        return self._layers

    def places(self, wanted: range) -> tuple[NDArray[np.int64], list[tuple[int, int]]]:
        """Return where the wanted steps' layers lie, and which (step, place) are still to be filled."""
        kept = {step: place for step, place in self._at.items() if step in wanted}
        free = [place for place in range(len(self._layers) - 2) if place not in kept.values()]
        missing = [(step, free.pop()) for step in wanted if step not in kept]
        self._at = kept | dict(missing)
        return np.array([self._at[step] for step in wanted], np.int64), missing
