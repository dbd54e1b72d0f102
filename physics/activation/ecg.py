"""What electrodes far from the heart see of its activation and repolarization: ECG-like, without a torso.

The potential in an infinite homogeneous conductor, φ = −1/(4πσ) ∫ σᵢ∇V · ∇(1/r) dx, r the distance from an
electrode (Plonsey and Barr, Bioelectricity; for a fiber Gima and Rudy 2002, Circ Res 90:889). V rises by the
action potential's height where the front arrives and falls back where the muscle repolarizes, so that each
element acts for as long as a front goes through it, along the slope of its arrival time. The share of an
element that a front goes through at a time is taken from places spread evenly in it: a coarse mesh needs no
wide front.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from physics.heart.coordinates import Coordinates
from physics.heart.laplace import Elements
from twin.domain import TetMesh

Array = NDArray[np.float64]

HEIGHT_MV = 100.0
"""From rest to the plateau: −85 to about +15 mV."""

ALONG_S_PER_M, ACROSS_S_PER_M = 0.17, 0.019
"""Within the cells, along and across the fibers (Niederer et al. 2011, after Clerc 1976)."""

OUTSIDE_S_PER_M = 0.2
"""Of the infinite conductor: a mean of the body's tissues, assumed."""

LASTS_MS = 345.0
"""From a place's activation to the middle of its repolarization, at 60 beats a minute, of the place that
normal conduction reaches first; assumed, so that QT is a healthy adult's."""

EARLIER_PER_MS = 1.32
"""By how much it is shorter for each ms that normal conduction arrives later: Franz et al. 1987, Circulation
75:379, from monophasic action potentials in man. The place reached last recovers first: T goes with QRS."""

_RISE_MS, _FALL_MS = 2.0, 25.0
"""Of the upstroke and of the fall from the plateau, as tanh of a time over it: nine tenths are lost within
twice that and more, as in an epicardial cell of ten Tusscher and Panfilov 2006 (some 75 ms)."""

_STEP_MS = 1.0
_PLACES = 6
"""Places within an element along an edge."""

LIMBS_MM, CHEST_MM = 150.0, 100.0
"""From the middle of the cavity to the electrodes of the limbs and of the chest."""

LEADS = ("I", "II", "V1", "V6")

ASSUMED = (
    "the electrocardiogram is the left ventricle's alone, in an infinite homogeneous conductor: neither "
    "atria (no P wave) nor right ventricle nor torso are in it, and its height is that of no body",
    "electrodes lie about a heart whose apex points left, forward and down, limbs 150 mm and chest 100 mm "
    "from its middle: by the heart's own axes and not by this patient's chest",
    "action potentials last the shorter the later normal conduction arrives (Franz et al. 1987), in other "
    "rhythms too: no recording of this patient is in it",
)
"""What must not be read out of a trace."""


@dataclass(frozen=True, eq=False)
class Electrocardiogram:
    """What activation and repolarization come to at each of ``LEADS``, each by itself.

    Attributes
    ----------
    activation_mv, repolarization_mv : ndarray, shape (leads, n) and (leads, k)
        By ms from ``activation_from_ms`` and ``repolarization_from_ms`` on: since the first place was
        activated, and since ``lasts_ms`` later.
    qrs_ms : float
        From the first place activated to the last, of those that live.
    """

    activation_mv: Array
    repolarization_mv: Array
    activation_from_ms: float
    repolarization_from_ms: float
    qrs_ms: float

    def at(self, times_s: Array, begin_s: float, beat_s: float) -> Array:
        """Return the leads (leads, k), mV, at times (k,) in beats that are all alike.

        Action potentials last as √RR (Bazett 1920), as contraction does in ``Circulation.at``.

        Parameters
        ----------
        begin_s : float
            When in the beat the first place is activated.
        """
        since = 1000.0 * (np.asarray(times_s, np.float64) - begin_s)
        later = LASTS_MS * np.sqrt(beat_s)
        found = np.zeros((len(LEADS), len(since)))
        for waves, first in (
            (self.activation_mv, self.activation_from_ms),
            (self.repolarization_mv, self.repolarization_from_ms + later),
        ):
            places = (since - first) % (1000.0 * beat_s)
            for lead, wave in enumerate(waves):
                found[lead] += np.interp(places, _STEP_MS * np.arange(len(wave)), wave, left=0.0, right=0.0)
        return found


class Electrodes:
    """A ventricle among electrodes: what each element comes to at each lead, found once.

    Parameters
    ----------
    mesh : TetMesh
        With ``axes``; of ten-node elements the corners are taken.
    electrodes : ndarray, shape (leads, e, 3)
        Places of each lead's electrodes, mm.
    weights : ndarray, shape (leads, e)
        What each of them is counted with.
    """

    def __init__(self, mesh: TetMesh, electrodes: Array, weights: Array) -> None:
        assert mesh.axes is not None
        self._elements = Elements.of(mesh)
        middles = mesh.points[self._elements.tets].mean(axis=1)
        away = electrodes[:, :, None, :] - middles
        toward = away / np.linalg.norm(away, axis=-1, keepdims=True) ** 3  # ∇(1/r), 1/mm²
        field = np.einsum("le,lemx->lmx", weights, toward)
        fibers = mesh.axes[:, 0]
        along = (field * fibers).sum(axis=-1, keepdims=True) * fibers
        pulled = ACROSS_S_PER_M * field + (ALONG_S_PER_M - ACROSS_S_PER_M) * along
        size = HEIGHT_MV / (4.0 * np.pi * OUTSIDE_S_PER_M)
        self._pulled = size * pulled * self._elements.volumes[:, None]

    @property
    def volumes_mm3(self) -> Array:
        """Of the elements, (m,)."""
        return self._elements.volumes

    def electrocardiogram(
        self, activation_ms: Array, normal_ms: Array, living: Array | None = None
    ) -> Electrocardiogram:
        """Return what the leads show.

        Parameters
        ----------
        activation_ms : ndarray, shape (nodes,)
            When each corner node is activated, the first at 0.
        normal_ms : ndarray, shape (nodes,)
            The same of normal conduction: what the lengths of action potentials hang on.
        living : ndarray, shape (m,), optional
            Share of each element that has action potentials at all; 0 in dead muscle.
        """
        share = np.ones(len(self._elements.tets)) if living is None else living
        recovered = activation_ms - EARLIER_PER_MS * normal_ms
        first, rising = self._wave(activation_ms, share, _RISE_MS)
        then, falling = self._wave(recovered, share, _FALL_MS)
        reached = activation_ms[np.unique(self._elements.tets[share > 0])]
        lasts = float(np.ptp(reached)) if len(reached) else 0.0
        return Electrocardiogram(rising, -falling, first, then, lasts)

    def _wave(self, times_ms: Array, share: Array, width_ms: float) -> tuple[float, Array]:
        """Return what a front that arrives at nodes (nodes,) comes to: from when on, and (leads, n), mV."""
        elements = self._elements
        slopes = np.einsum("eai,ea->ei", elements.gradients, times_ms[elements.tets])
        sources = share * np.einsum("lei,ei->le", self._pulled, slopes)
        places = times_ms[elements.tets] @ _spread(_PLACES).T
        reach = 4.0 * width_ms
        first = float(np.floor(places.min() - reach))
        steps = ((places - first) / _STEP_MS).ravel()
        count = int(steps.max()) + 2 + int(reach / _STEP_MS)
        before, part = steps.astype(np.int64), steps % 1.0
        each = places.shape[1]
        kernel = np.tanh((np.arange(-reach, reach + 2.0) - 0.5) * _STEP_MS / width_ms)
        kernel = 0.5 * np.diff(kernel) / _STEP_MS
        found = np.empty((len(sources), count))
        for lead, source in enumerate(sources):
            strong = np.repeat(source / each, each)
            held = np.bincount(before, strong * (1.0 - part), count)
            held += np.bincount(before + 1, strong * part, count)[:count]
            found[lead] = np.convolve(held, kernel, "same")[:count]
        return first, found


def _spread(count: int) -> Array:
    """Return barycentric places (k, 4) spread evenly in a tetrahedron."""
    whole = np.array(
        [
            (a, b, c, count - a - b - c)
            for a in range(count + 1)
            for b in range(count + 1 - a)
            for c in range(count + 1 - a - b)
        ]
    )
    return (whole + 0.25) / (count + 1.0)


def leads_of(at: Coordinates, septum: Array) -> tuple[Array, Array]:
    """Return the electrodes of ``LEADS`` and their weights, by the heart's own axes; see ``Electrodes``.

    The chest is laid about the heart as hearts lie in general: the long axis points left, forward and down,
    the septum looks to the right and forward. Limbs are corners of a triangle in the frontal plane
    (Einthoven), the chest's leads are against their mean (Wilson); V1 lies in front and to the right,
    V6 to the left.

    Parameters
    ----------
    septum : ndarray, shape (3,)
        A place on the septum's side of the axis, LPS mm.
    """
    toward = -at.axis.up
    right = septum - at.axis.center
    right = right - (right @ toward) * toward
    right /= np.linalg.norm(right)
    front = np.cross(at.axis.up, right)  # the anterior wall, which looks up as well
    left, forward, down = np.array(_CHEST) @ np.array([toward, right, front])
    arm = np.sqrt(0.75) * left
    limbs = LIMBS_MM * np.array([-arm - 0.5 * down, arm - 0.5 * down, down])
    first = CHEST_MM * (np.cos(_V1) * left + np.sin(_V1) * forward)
    places = at.axis.center + np.stack([*limbs, first, CHEST_MM * left])
    wilson = (-1 / 3, -1 / 3, -1 / 3)
    weights = [(-1, 1, 0, 0, 0), (-1, 0, 1, 0, 0), (*wilson, 1, 0), (*wilson, 0, 1)]
    return np.broadcast_to(places, (len(LEADS), *places.shape)), np.array(weights, np.float64)


_V1 = np.radians(120.0)
"""In the horizontal plane, from the left by the front; V6 lies at 0."""

_CHEST = ((0.62, -0.70, 0.35), (0.62, 0.71, 0.34), (0.48, 0.0, -0.87))
"""Left, forward and down by the apex, the septum's right side and the anterior wall: orthogonal, of a heart
whose axis points 45° to the left of forward and 29° down."""
