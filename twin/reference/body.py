"""What lies around the bones: skin, fat, muscle and what the pelvis holds, painted in Hounsfield units."""

# mypy: disable-error-code="untyped-decorator"

import numpy as np
from numba import njit
from numpy.typing import NDArray

from twin.reference.bones import FEMUR, HIP_BONE
from twin.reference.femur import HEAD
from twin.reference.shapes import at, ellipsoid, smooth_min

AIR, SKIN, FAT, MUSCLE, MARROW, URINE, BOWEL = -1000.0, 15.0, -95.0, 52.0, -60.0, 6.0, 38.0

Z0, Z_STEP = -440.0, 2.0

# z: half-widths of the trunk along x and y, its centre's y, and the fat under its skin
_TRUNK = np.array([
    [-90.0, 168.0, 116.0, 14.0, 22.0], [-40.0, 173.0, 118.0, 14.0, 22.0], [0.0, 173.5, 118.0, 13.0, 22.0],
    [60.0, 168.0, 113.0, 11.0, 20.0], [130.0, 160.0, 107.0, 8.0, 16.0],
])  # fmt: skip

# z: centre x, centre y, half-widths along x and y of a thigh, and its fat
_THIGH = np.array([
    [-430.0, 88.0, 3.0, 54.0, 56.0, 6.0], [-390.0, 88.0, 3.0, 55.0, 57.0, 6.0],
    [-340.0, 90.0, 2.0, 55.0, 58.0, 8.0],
    [-250.0, 94.0, 3.0, 63.0, 67.0, 11.0], [-120.0, 97.0, 9.0, 73.0, 83.0, 15.0],
    [-40.0, 98.0, 13.0, 76.0, 96.0, 20.0],
    [10.0, 98.0, 14.0, 74.0, 100.0, 22.0],
])  # fmt: skip


def body_tables() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the trunk's and the thigh's measures every ``Z_STEP`` of z from ``Z0`` up."""
    from scipy.interpolate import PchipInterpolator

    z = np.arange(Z0, 140.0, Z_STEP)
    both = []
    for table in (_TRUNK, _THIGH):
        inside = np.clip(z, table[0, 0], table[-1, 0])
        both.append(np.ascontiguousarray(PchipInterpolator(table[:, 0], table[:, 1:])(inside)))
    return both[0], both[1]


@njit(cache=True, inline="always")
def _share(d: float, width: float) -> float:
    """Part of a voxel of that width that lies inside a surface at distance ``d`` from its centre."""
    return min(max(0.5 - d / width, 0.0), 1.0)


@njit(cache=True, inline="always")
def _over(below: float, above: float, share: float) -> float:
    return below + (above - below) * share


@njit(cache=True)
def _oval(px: float, py: float, rx: float, ry: float, n: float) -> float:
    p = (abs(px) / rx) ** n + (abs(py) / ry) ** n
    return (p ** (1.0 / n) - 1.0) * min(rx, ry)


@njit(cache=True)
def paint_body(
    out: NDArray[np.float32], xs: NDArray[np.float64], ys: NDArray[np.float64], zs: NDArray[np.float64],
    trunk: NDArray[np.float64], thigh: NDArray[np.float64],
) -> None:  # fmt: skip
    """Paint the left half of the body (x > 0) into ``out``, shape (k, j, i)."""
    for k in range(len(zs)):
        z = zs[k]
        tx, ty = at(trunk, Z0, Z_STEP, z, 0), at(trunk, Z0, Z_STEP, z, 1)
        tc, tf = at(trunk, Z0, Z_STEP, z, 2), at(trunk, Z0, Z_STEP, z, 3)
        cx, cy = at(thigh, Z0, Z_STEP, z, 0), at(thigh, Z0, Z_STEP, z, 1)
        hx, hy, hf = at(thigh, Z0, Z_STEP, z, 2), at(thigh, Z0, Z_STEP, z, 3), at(thigh, Z0, Z_STEP, z, 4)
        part = min(max((z + 110.0) / 90.0, 0.0), 1.0)
        under = hf + (tf - hf) * part
        # the trunk ends below in a dome between the thighs, the thighs above within the trunk
        dome, root = max(-48.0 - z, 0.0) ** 2 / 24.0, max(z, 0.0)
        for j in range(len(ys)):
            y = ys[j]
            for i in range(len(xs)):
                x = xs[i]
                body = _oval(x - cx, y - cy, hx, hy, 2.1) + root
                body = smooth_min(body, _oval(x, y - tc, tx, ty, 2.5) + dome, 28.0)
                value = _over(AIR, SKIN, _share(body, 1.0))
                if body < 2.0:
                    value = _over(value, FAT, _share(body + 2.0, 1.0))
                    flesh = body + under
                    if flesh < 1.0:
                        value = _over(value, _muscle(x - cx, y - cy, z, part), _share(flesh, 1.5))
                if z > -60 and x < 100 and y < 70:
                    value = _inside_pelvis(x, y, z, value)
                out[k, j, i] = value


@njit(cache=True)
def _muscle(px: float, py: float, z: float, part: float) -> float:
    """Muscle with thin sheets of fat between its bundles."""
    r = np.sqrt(px * px + py * py)
    value = MUSCLE + 4.0 * np.sin(0.21 * px + 0.02 * z) * np.sin(0.17 * py)
    if r > 24.0:
        angle = np.arctan2(py, px) + 0.0025 * z + 0.25 * np.sin(r / 17.0)
        for n in range(6):
            off = angle - (-2.9 + 1.05 * n)
            sheet = abs(np.sin(0.5 * off)) * 2.0 * r
            if sheet < 1.6:
                value = _over(value, FAT, (1.0 - 0.5 * part) * _share(sheet - 0.7, 1.2))
    return value


@njit(cache=True)
def _inside_pelvis(x: float, y: float, z: float, value: float) -> float:
    """Fat, loops of bowel, and the bladder."""
    cavity = ellipsoid(x, y, z, (0.0, -8.0, 62.0), (78.0, 52.0, 95.0))
    share = _share(cavity, 3.0)
    if share > 0:
        loops = np.sin(x / 9.5 + 0.8 * np.sin(z / 13.0)) * np.cos(y / 8.0 + z / 17.0)
        loops += np.sin(z / 10.0 + y / 9.0 + x / 21.0) * np.cos(x / 12.0 - y / 25.0)
        value = _over(value, _over(FAT, BOWEL, min(max(0.5 + 2.0 * (loops + 0.15), 0.0), 1.0)), share)
    bladder = ellipsoid(x, y, z, (0.0, -16.0, 4.0), (36.0, 26.0, 27.0))
    value = _over(value, MUSCLE - 10.0, _share(bladder - 3.0, 1.5))
    return _over(value, URINE, _share(bladder, 1.5))


# z: thickness of the femur's cortex in mm
_CORTEX = np.array([
    [-416.0, 1.3], [-362.0, 1.4], [-330.0, 2.4], [-290.0, 4.2], [-230.0, 5.2], [-140.0, 5.0], [-90.0, 4.0],
    [-60.0, 2.7], [-30.0, 1.6], [29.0, 1.3],
])  # fmt: skip


def cortex_table() -> NDArray[np.float64]:
    """Return the femur's cortical thickness every ``Z_STEP`` of z from ``Z0`` up; shape (n, 1)."""
    z = np.arange(Z0, 140.0, Z_STEP)
    return np.ascontiguousarray(np.interp(z, _CORTEX[:, 0], _CORTEX[:, 1])[:, None])


@njit(cache=True)
def paint_bone(
    out: NDArray[np.float32], field: NDArray[np.float32], texture: NDArray[np.float32], shape: int,
    xs: NDArray[np.float64], ys: NDArray[np.float64], zs: NDArray[np.float64], cortex: NDArray[np.float64],
) -> None:  # fmt: skip
    """Paint a bone over what is there: cortex, trabecular core, marrow canal.

    ``out``, ``field`` (the implicit shape's values) and ``texture`` have shape (k, j, i). Depth is value over
    gradient; a voxel's share is that of a half space in a box of its size.
    """
    nk, nj, ni = field.shape
    dx, dy, dz = xs[1] - xs[0], ys[1] - ys[0], zs[1] - zs[0]
    for k in range(nk):
        thick = at(cortex, Z0, Z_STEP, zs[k], 0)
        for j in range(nj):
            for i in range(ni):
                f = field[k, j, i]
                if f > 3.0:
                    continue
                i0, i1 = max(i - 1, 0), min(i + 1, ni - 1)
                j0, j1 = max(j - 1, 0), min(j + 1, nj - 1)
                k0, k1 = max(k - 1, 0), min(k + 1, nk - 1)
                gx = (field[k, j, i1] - field[k, j, i0]) / ((i1 - i0) * dx)
                gy = (field[k, j1, i] - field[k, j0, i]) / ((j1 - j0) * dy)
                gz = (field[k1, j, i] - field[k0, j, i]) / ((k1 - k0) * dz)
                g = min(max(np.sqrt(gx * gx + gy * gy + gz * gz), 0.7), 1.5)
                width = max((abs(gx) * dx + abs(gy) * dy + abs(gz) * dz) / g, 0.8)
                hard, core, wall = _densities(shape, xs[i], ys[j], zs[k], thick)
                d = f / g
                value = _over(out[k, j, i], hard, _share(d, width))
                value = _over(value, core + texture[k, j, i], _share(d + wall, width))
                if shape == FEMUR:
                    ends = min(max((-72.0 - zs[k]) / 25.0, 0.0), 1.0) * min(
                        max((zs[k] + 340.0) / 30.0, 0.0), 1.0
                    )
                    if ends > 0:
                        value = _over(value, MARROW, ends * _share(d + wall + 1.5, 2.0))
                out[k, j, i] = value


@njit(cache=True, inline="always")
def _densities(shape: int, x: float, y: float, z: float, thick: float) -> tuple[float, float, float]:
    """Return HU of cortex and core, and the cortex' thickness in mm."""
    head = np.sqrt((x - HEAD[0]) ** 2 + (y - HEAD[1]) ** 2 + (z - HEAD[2]) ** 2)
    if shape == FEMUR:
        down = min(max(-z / 160.0, 0.0), 1.0)
        up = min(max((-z - 300.0) / 80.0, 0.0), 1.0)
        return 1150.0 + 450.0 * down * (1.0 - up), 330.0 - 260.0 * down + 150.0 * up, thick
    if shape == HIP_BONE:
        near = min(max((36.0 - head) / 8.0, 0.0), 1.0)
        return 1100.0, 190.0 + 90.0 * near, 1.4 + 0.8 * near
    return 950.0, 165.0, 1.2
