"""Arrows that can be turned by hand."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from viewers.scene_decor import PlacedText


@dataclass(frozen=True, eq=False)
class ArrowSet:
    """Arrows of one key: from ``starts`` to ``starts + vectors``, (n, 3) each, LPS mm.

    ``about`` ("start" or "tip") is the end that stays where it is when an arrow is turned.
    """

    starts: NDArray[np.float64]
    vectors: NDArray[np.float64]
    names: tuple[str, ...]
    color: str
    turnable: bool = False
    about: str = "start"

    def pairs(self) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
        """Return (start, vector) of each arrow."""
        return list(zip(self.starts, self.vectors, strict=True))

    def free_ends(self) -> NDArray[np.float64]:
        """Return the ends that a hand takes hold of, (n, 3)."""
        return self.starts if self.about == "tip" else self.starts + self.vectors

    def direction(self, number: int) -> NDArray[np.float64]:
        """Return the unit direction of one arrow."""
        vector = self.vectors[number]
        return vector / np.linalg.norm(vector)

    def labels(self) -> list[PlacedText]:
        """Return the names, each at its arrow's free end."""
        ends = self.free_ends()
        return [PlacedText(end, name, self.color) for end, name in zip(ends, self.names, strict=True)]

    def turned(self, number: int, origin: NDArray[np.float64], way: NDArray[np.float64]) -> "ArrowSet":
        """Return the arrows with the free end of one moved under a line of sight, its length kept.

        The end stays on the sphere about the held end: on the half of it that faces the
        viewer, or on its rim where the line misses it.
        """
        vector = self.vectors[number]
        length = float(np.linalg.norm(vector))
        held = self.starts[number] + vector if self.about == "tip" else self.starts[number]
        nearest = origin + way * float((held - origin) @ way)
        miss = nearest - held
        away = float(np.linalg.norm(miss))
        end = miss - way * np.sqrt(max(length**2 - away**2, 0.0))
        end *= length / np.linalg.norm(end)
        starts, vectors = self.starts.copy(), self.vectors.copy()
        if self.about == "tip":
            starts[number], vectors[number] = held + end, -end
        else:
            vectors[number] = end
        return replace(self, starts=starts, vectors=vectors)
