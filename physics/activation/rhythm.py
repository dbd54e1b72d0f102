"""Where a left ventricle's activation begins, and when it arrives: conducted, blocked, paced."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from physics.activation.eikonal import Conduction, activation_times
from physics.heart.coordinates import Coordinates
from twin.domain import TetMesh
from twin.errors import UserError

Array = NDArray[np.float64]

ALONG_M_PER_S, WITHIN_M_PER_S, ACROSS_M_PER_S = 0.65, 0.3, 0.2
"""Along the fibers, within the sheets and from sheet to sheet (electrophysiology.md: 0.6-0.7, 0.3, 0.2)."""

FAST_M_PER_S = 2.0
"""Along the endocardium, where Purkinje's fibers run (2-4 m/s, ibid.)."""


@dataclass(frozen=True)
class Site:
    """Where a front begins.

    Attributes
    ----------
    face : str
        ``endo_lv`` or ``epi``; the septum's right side counts as ``epi``.
    angle_deg : float
        About the long axis, from the septum's middle by way of the anterior wall.
    height : float
        0 at the cavity's apex, 1 at its base.
    start_ms : float
    """

    face: str
    angle_deg: float
    height: float
    start_ms: float = 0.0


@dataclass(frozen=True)
class Rhythm:
    """How a ventricle is activated: from which sites, and whether Purkinje's fibers carry it on."""

    name: str
    sites: tuple[Site, ...]
    purkinje: bool
    source: str


RhythmName = Literal["normal", "left bundle branch block", "resynchronized"]

RHYTHMS: dict[str, Rhythm] = {
    rhythm.name: rhythm
    for rhythm in (
        Rhythm(
            "normal",
            (Site("endo_lv", 60.0, 0.75), Site("endo_lv", 0.0, 0.5), Site("endo_lv", -60.0, 0.35)),
            True,
            "Durrer et al. 1970, Circulation 41:899: high on the anterior paraseptal wall, in the middle of "
            "the septum's left side, and posterior paraseptally a third of the way from apex to base",
        ),
        Rhythm(
            "left bundle branch block",
            (Site("epi", 0.0, 0.5),),
            False,
            "through the septum from its right side, from cell to cell",
        ),
        Rhythm(
            "resynchronized",
            (Site("epi", 0.0, 0.5), Site("epi", 180.0, 0.5)),
            False,
            "left bundle branch block, and a lead on the lateral wall at the same moment",
        ),
    )
}


@dataclass(frozen=True, eq=False)
class Activation:
    """When a ventricle's places are activated.

    Attributes
    ----------
    node_ms : ndarray, shape (n,)
        At the corner nodes, from the first on.
    element_ms : ndarray, shape (m,)
        At the elements: the mean of their corners.
    """

    node_ms: Array
    element_ms: Array

    @property
    def lasts_ms(self) -> float:
        """From the first place activated to the last."""
        return float(self.node_ms.max())


def activation_of(mesh: TetMesh, at: Coordinates, septum: Array, rhythm: Rhythm) -> Activation:
    """Return when each place of a left ventricle is activated.

    Parameters
    ----------
    mesh : TetMesh
        With ``axes`` and the patches ``endo_lv`` and ``epi``; of ten-node elements the corners are taken.
    at : Coordinates
        Of it.
    septum : ndarray, shape (3,)
        A place on the septum's side of the axis, LPS mm: the right ventricle's middle.

    Raises
    ------
    UserError
        The mesh has no fibers.
    """
    if mesh.axes is None:
        raise UserError(
            "This wall has no fibers, along which activation spreads.", "Mesh the ventricle anew."
        )
    count, tets = len(at.lv), mesh.tets[:, :4]
    points = mesh.points[:count]
    sources = np.array([_nearest(mesh, at, septum, site, count) for site in rhythm.sites])
    starts = np.array([site.start_ms for site in rhythm.sites])
    if rhythm.purkinje:
        # The endocardium looks into the cavity: the shortest way within the wall runs along it.
        fast = Conduction(mesh.axes[:, 0], FAST_M_PER_S, FAST_M_PER_S)
        conducted = activation_times(points, tets, fast, sources, starts)
        endo = np.unique(mesh.patch("endo_lv").triangles)
        sources = endo[endo < count].astype(np.int64)
        starts = conducted[sources]
    muscle = Conduction(mesh.axes[:, 0], ALONG_M_PER_S, WITHIN_M_PER_S, mesh.axes[:, 1], ACROSS_M_PER_S)
    times = activation_times(points, tets, muscle, sources, starts)
    times = times - times.min()
    return Activation(times, times[tets].mean(axis=1))


def _nearest(mesh: TetMesh, at: Coordinates, septum: Array, site: Site, count: int) -> int:
    """Return the node of a face nearest to a site's direction and height."""
    nodes = np.unique(mesh.patch(site.face).triangles)
    nodes = nodes[nodes < count]
    up = at.axis.up
    first = septum - at.axis.center
    first = first - (first @ up) * up
    first /= np.linalg.norm(first)
    away = mesh.points[nodes] - at.axis.center
    angle = np.degrees(np.arctan2(away @ np.cross(up, first), away @ first))
    off = np.abs((angle - site.angle_deg + 180.0) % 360.0 - 180.0) / 60.0
    return int(nodes[np.hypot(off, 3.0 * (at.axis.height(mesh.points[nodes]) - site.height)).argmin()])
