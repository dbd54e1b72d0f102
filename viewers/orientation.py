"""Where a slice lies on the screen: planes, letters and the way between voxels and patient space.

A slice view shows the plane of the volume's own grid that lies nearest to a patient plane, and nothing is
resampled, until a hand turns it to lie in any way. The screen follows radiological convention: the
patient's right on the left in axial and coronal views, anterior up in axial, superior up in coronal and
sagittal views, anterior on the left in sagittal views.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import permutations
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Plane = Literal["axial", "coronal", "sagittal"]

LETTERS = (("L", "R"), ("P", "A"), ("S", "I"))
"""Letter of the positive and negative direction of the patient axes x, y, z (LPS)."""

DIRECTIONS: dict[str, tuple[float, float, float]] = {
    "L": (1.0, 0.0, 0.0),
    "R": (-1.0, 0.0, 0.0),
    "P": (0.0, 1.0, 0.0),
    "A": (0.0, -1.0, 0.0),
    "S": (0.0, 0.0, 1.0),
    "I": (0.0, 0.0, -1.0),
}
"""Unit vector, LPS, of each letter."""

TRUE_DEGREES = 5.0
"""A plane within this of a patient plane bears its name: nobody lies straighter in a scanner."""

# Patient axis across, down and through the screen, with the wanted sign.
_SCREEN = {
    "axial": ((0, 1), (1, 1), (2, 1)),
    "coronal": ((0, 1), (2, -1), (1, 1)),
    "sagittal": ((1, 1), (2, -1), (0, 1)),
}


def letters(direction: NDArray[np.float64]) -> str:
    """Return the letters that a direction in LPS points to: "L", or "LA" where it is oblique.

    A second or third letter is given from 0.35 of the length on (about 20°), the largest first.
    """
    vector = np.asarray(direction, np.float64)
    length = float(np.linalg.norm(vector))
    if length == 0.0:
        return ""
    vector = vector / length
    order = np.argsort(-np.abs(vector), kind="stable")
    return "".join(LETTERS[a][int(vector[a] < 0)] for a in order if abs(vector[a]) >= 0.35)


def grid_axes(affine: NDArray[np.float64]) -> tuple[int, int, int]:
    """Return which voxel axis (0 = i, 1 = j, 2 = k) lies nearest to the patient's x, y and z.

    Each voxel axis is given to one patient axis, so that the sum of the cosines is largest.
    """
    unit = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    best = max(permutations(range(3)), key=lambda p: sum(abs(unit[a, p[a]]) for a in range(3)))
    return best[0], best[1], best[2]


def grid_directions(plane: Plane, affine: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return unit vectors across, down and through a view of a grid's plane, LPS, as columns; shape (3, 3).

    Those of the three planes are square to each other: of a sheared grid the nearest that are (the orthogonal
    factor of the polar decomposition; Higham 1986).
    """
    unit = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    unit = unit[:, list(grid_axes(affine))]
    unit = unit * np.where(np.diag(unit) < 0, -1.0, 1.0)
    left, _, right = np.linalg.svd(unit)
    square = left @ right
    return np.stack([square[:, axis] * sign for axis, sign in _SCREEN[plane]], axis=1)


def voxel_step(affine: NDArray[np.float64], direction: NDArray[np.float64]) -> float:
    """Return how many mm along a unit vector pass one voxel: along an axis of the grid its spacing."""
    return 1.0 / float(np.linalg.norm(np.linalg.solve(affine[:3, :3], direction)))


@dataclass(frozen=True, eq=False)
class SliceFrame:
    """How one plane of a volume is laid on the screen.

    A place on the slice is (column, row, slice): columns to the right, rows down, slices
    through the screen, each counted in voxels from the first one *as shown*; whole numbers are
    voxel centers.

    Attributes
    ----------
    plane : Plane
    axes : tuple of int
        Voxel axis (0 = i, 1 = j, 2 = k) across, down and through the screen.
    flips : tuple of bool
        True where that axis is shown from its end.
    counts : tuple of int
        Columns, rows and slices.
    to_lps : ndarray, shape (4, 4)
        Takes (column, row, slice, 1) to LPS mm.
    on_grid : bool
        Columns, rows and slices are the volume's own. Those of a tilted plane are steps through its box, and
        ``axes`` and ``flips`` tell only which plane of the grid it was turned from.
    """

    plane: Plane
    axes: tuple[int, int, int]
    flips: tuple[bool, bool, bool]
    counts: tuple[int, int, int]
    to_lps: NDArray[np.float64]
    on_grid: bool = True

    @classmethod
    def of(cls, plane: Plane, affine: NDArray[np.float64], shape: tuple[int, int, int]) -> "SliceFrame":
        """Lay out ``plane`` of a grid of ``shape`` (k, j, i) with ``affine`` (i, j, k to LPS)."""
        nearest = grid_axes(affine)
        sizes = shape[::-1]
        to_lps = np.eye(4)
        to_lps[:3, 3] = affine[:3, 3]
        axes, flips, counts = [], [], []
        for column, (patient_axis, sign) in enumerate(_SCREEN[plane]):
            axis = nearest[patient_axis]
            step = affine[:3, axis]
            flip = bool(step[patient_axis] * sign < 0)
            if flip:
                to_lps[:3, 3] += step * (sizes[axis] - 1)
            to_lps[:3, column] = -step if flip else step
            axes.append(axis)
            flips.append(flip)
            counts.append(int(sizes[axis]))
        return cls(
            plane,
            (axes[0], axes[1], axes[2]),
            (flips[0], flips[1], flips[2]),
            (counts[0], counts[1], counts[2]),
            to_lps,
        )

    @classmethod
    def tilted(
        cls,
        plane: Plane,
        affine: NDArray[np.float64],
        shape: tuple[int, int, int],
        directions: NDArray[np.float64],
    ) -> "SliceFrame":
        """Lay out planes of any ``directions`` (see ``grid_directions``) through the box of a grid.

        Steps across and down are as long as the shortest edge of a voxel; a step through the planes passes
        one voxel (``voxel_step``).
        """
        own = cls.of(plane, affine, shape)
        edges = affine[:3, :3]
        sizes = np.array(shape[::-1], float)
        fine = float(np.linalg.norm(edges, axis=0).min())
        steps = np.array([fine, fine, voxel_step(affine, directions[:, 2])])
        reach = np.abs(directions.T @ edges) @ (sizes - 1)
        counts = np.ceil(reach / steps - 1e-6).astype(int) + 1
        to_lps = np.eye(4)
        to_lps[:3, :3] = directions * steps
        to_lps[:3, 3] = affine[:3, 3] + edges @ ((sizes - 1) / 2) - to_lps[:3, :3] @ ((counts - 1) / 2)
        columns, rows, slices = (int(n) for n in counts)
        return cls(plane, own.axes, own.flips, (columns, rows, slices), to_lps, on_grid=False)

    def depth_at(self, lps: NDArray[np.float64]) -> float:
        """Return the slice that shows a place; a tilted plane goes right through it, between steps too."""
        depth = float(self.place(lps)[2])
        return min(max(depth if not self.on_grid else float(np.rint(depth)), 0.0), self.counts[2] - 1.0)

    def slice_of(self, grid: NDArray, index: int) -> NDArray:
        """Return slice ``index`` of a grid (k, j, i) as shown, shape (rows, columns); a view, not a copy."""
        across, down, through = self.axes
        if self.flips[2]:
            index = self.counts[2] - 1 - index
        picked: list[slice | int] = [slice(None)] * 3
        picked[2 - through] = index
        flat = grid[tuple(picked)]
        if across > down:  # the remaining numpy axes run from k to i
            flat = flat.T
        return flat[:: -1 if self.flips[1] else 1, :: -1 if self.flips[0] else 1]

    def address(self, index: int, steps: tuple[int, int, int]) -> tuple[int, tuple[int, int]]:
        """Return where slice ``index`` lies in a flat array.

        ``steps`` are the places from a voxel to the next along i, j and k. Returned are the place of the
        slice's first voxel *as shown*, and the steps to the next column and row.
        """
        first, signed = 0, []
        for axis, flip, count in zip(self.axes, self.flips, self.counts, strict=True):
            first += steps[axis] * (count - 1) if flip else 0
            signed.append(-steps[axis] if flip else steps[axis])
        return first + index * signed[2], (signed[0], signed[1])

    def lps(self, column: float, row: float, index: float) -> NDArray[np.float64]:
        """Return the place in LPS mm, shape (3,)."""
        return self.to_lps[:3, :3] @ np.array([column, row, index]) + self.to_lps[:3, 3]

    def place(self, lps: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return (column, row, slice) of points in LPS mm, shape (3,) or (n, 3)."""
        offset = np.asarray(lps, np.float64) - self.to_lps[:3, 3]
        return np.asarray(offset @ self._from_lps, np.float64)

    @cached_property
    def _from_lps(self) -> NDArray[np.float64]:
        """Takes an offset in LPS mm, as a row, to (column, row, slice)."""
        return np.asarray(np.linalg.inv(self.to_lps[:3, :3]).T, np.float64)

    @cached_property
    def step_mm(self) -> float:
        """Distance of neighboring slices, perpendicular to them."""
        across, down, through = self.to_lps[:3, :3].T
        normal = np.cross(across, down)
        return abs(float(through @ normal) / float(np.linalg.norm(normal)))

    @cached_property
    def flat_mm(self) -> NDArray[np.float64]:
        """Takes (column, row) to mm on the screen, across and down; shape (2, 2).

        The first column is (column spacing, 0); a sheared grid has its shear in the second, so
        that lengths and angles on the screen are true.
        """
        across, down = self.to_lps[:3, 0], self.to_lps[:3, 1]
        width = float(np.linalg.norm(across))
        lean = float(across @ down) / width
        fall = max(float(down @ down) - lean * lean, 0.0) ** 0.5
        return np.array([[width, lean], [0.0, fall]])

    @cached_property
    def title(self) -> str:
        """Return what the plane is: "axial", or "oblique, 34° from axial" where it is turned away by that."""
        along = abs(float(self.normal[_SCREEN[self.plane][2][0]]))
        off = float(np.degrees(np.arccos(min(along, 1.0))))
        true = self.on_grid and off <= TRUE_DEGREES
        return self.plane if true else f"oblique, {off:.0f}° from {self.plane}"

    @cached_property
    def edge_letters(self) -> dict[str, str]:
        """Return the letters at the ``left``, ``right``, ``top`` and ``bottom`` edge."""
        across, down = self.to_lps[:3, 0], self.to_lps[:3, 1]
        return {
            "left": letters(-across),
            "right": letters(across),
            "top": letters(-down),
            "bottom": letters(down),
        }

    @cached_property
    def normal(self) -> NDArray[np.float64]:
        """Unit vector square to the slices, LPS: across × down."""
        normal = np.cross(self.to_lps[:3, 0], self.to_lps[:3, 1])
        return np.asarray(normal / np.linalg.norm(normal), np.float64)

    def position_text(self, index: float) -> str:
        """Return where a slice lies along its patient axis at its center: "S 31.5 mm"; "" of a tilted one."""
        patient_axis = _SCREEN[self.plane][2][0]
        if not self.on_grid:
            return ""
        columns, rows, _ = self.counts
        value = self.lps((columns - 1) / 2, (rows - 1) / 2, index)[patient_axis]
        return f"{LETTERS[patient_axis][int(value < 0)]} {abs(value):.1f} mm"


def lps_text(lps: NDArray[np.float64]) -> str:
    """Return a place in words, as the status bar shows it: "L 128.4  A 31.0  I 902.5 mm"."""
    parts = [f"{LETTERS[a][int(lps[a] < 0)]} {abs(float(lps[a])):.1f}" for a in range(3)]
    return "  ".join(parts) + " mm"
