"""Verification of the eikonal equation against exact arrival times."""

import numpy as np

from physics.activation import Conduction, activation_times
from physics.verify import Row, meshes, problem, row


def far_corner_ms(edge_mm: float) -> float:
    """Return when the front from one corner of the cuboid of 20 × 7 × 3 mm reaches the farthest one."""
    x, y, z = (round(side / edge_mm) for side in (20.0, 7.0, 3.0))
    mesh = meshes.box((x, y, z), (20.0, 7.0, 3.0), quadratic=False, jitter=0.25)
    along = np.tile([1.0, 0.0, 0.0], (len(mesh.tets), 1))
    reach = np.linalg.norm(mesh.points, axis=1)
    times = activation_times(mesh.points, mesh.tets, Conduction(along, 0.6, 0.3), np.array([reach.argmin()]))
    return float(times[reach.argmax()])


def bent_error_percent(edge_mm: float) -> float:
    """Return the largest error of arrival times where the speed rises with height and rays are bent.

    Speed ``0.3 + 0.05 z`` m/s (z in mm), a source in a corner of a cube of 12 mm: the exact time is
    ``arccosh(1 + g² r² / (2 c_source c)) / g``, g the speed's rise (Slotnick 1959, Lessons in Seismic
    Computing). Relative to the longest time.
    """
    count = round(12.0 / edge_mm)
    mesh = meshes.box((count, count, count), (12.0, 12.0, 12.0), quadratic=False, jitter=0.2)
    speed, rise = 0.3, 0.05
    at = speed + rise * mesh.points[mesh.tets].mean(axis=1)[:, 2]
    along = np.tile([1.0, 0.0, 0.0], (len(mesh.tets), 1))
    source = int(np.linalg.norm(mesh.points, axis=1).argmin())
    times = activation_times(mesh.points, mesh.tets, Conduction(along, at, at), np.array([source]))
    far = ((mesh.points - mesh.points[source]) ** 2).sum(axis=1)
    here, there = speed + rise * mesh.points[source, 2], speed + rise * mesh.points[:, 2]
    exact = np.arccosh(1.0 + rise**2 * far / (2.0 * here * there)) / rise
    return float(100.0 * np.abs(times - exact).max() / exact.max())


@problem("eikonal")
def eikonal() -> list[Row]:
    """The cuboid of Niederer 2011 with 0.6 m/s along and 0.3 m/s across, and a medium that bends rays.

    Speeds are constant in an element: with 0.05 m/s more each mm, elements of 1 mm side by side differ by up
    to 8 %, and a front takes the faster ones. Hence 5 % there, and the error must halve with the edge.
    """
    corner = [far_corner_ms(edge) for edge in (1.0, 0.5)]
    bent = [bent_error_percent(edge) for edge in (2.0, 1.0)]
    return [
        row("far_corner_1mm_ms", corner[0], 41.899350, "ms", 1.0),
        row("far_corner_05mm_ms", corner[1], 41.899350, "ms", 1.0),
        row("bent_rays_1mm", bent[1] / 100.0, 0.0, "1", 5.0),
        row("bent_rays_rate", float(np.log2(bent[0] / bent[1])), 1.0, "1", 30.0),
    ]
