"""One ventricle or both as a pump: the pressures in the cavities at their volumes and a tension."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from physics.cardiac.body import Body, State
from physics.cardiac.equilibrium import Count, Equilibrium, NotConvergedError
from physics.circulation import CHAMBERS, Shortening
from twin.errors import GeometryError

MMHG_PER_MPA = 1e6 / 133.322387415
MM3_PER_ML = 1000.0
MPA_PER_KPA = 1e-3
TOLERANCE = 1e-5
"""Of the forces' unbalance: the cavity's volume is then kept to 1e-7 (``verify beat``)."""


CAVITIES = ("LV", "RV")
"""Chambers of the circulation that a wall's cavities take the place of, in the order of its faces."""


_FILLING = 4
"""Steps in which pressures are raised."""


@dataclass(frozen=True, eq=False)
class Held:
    """A wall at rest at its cavities' volumes and a tension.

    Attributes
    ----------
    state : State
    volumes_ml : ndarray, shape (c,)
        In the order of ``CAVITIES``, as the others.
    tension_kpa : float
    pressures_mmhg : ndarray, shape (c,)
    elastances : ndarray, shape (c, c)
        ∂p/∂V at constant tension, mmHg/mL, by the tangent at hand; the ventricles share a septum.
    gains : ndarray, shape (c,)
        ∂p/∂T at constant volumes, mmHg/kPa, by the tangent at hand.
    """

    state: State
    volumes_ml: NDArray[np.float64]
    tension_kpa: float
    pressures_mmhg: NDArray[np.float64]
    elastances: NDArray[np.float64]
    gains: NDArray[np.float64]

    @property
    def volume_ml(self) -> float:
        """Of the left ventricle."""
        return float(self.volumes_ml[0])

    @property
    def pressure_mmhg(self) -> float:
        """In the left ventricle."""
        return float(self.pressures_mmhg[0])


class Ventricle:
    """A body with a cavity, or both ventricles with theirs, all of whose fibers pull alike.

    Parameters
    ----------
    body : Body
        Each of its faces closes a cavity: the left ventricle's, and the right one's where there is one.
    activity : ndarray, shape (m,), optional
        Share of the tension that each element takes part with; the mesh's living muscle where not given.
    across : float
        Share of the tension that acts across the fibers.
    lengthening : float
        β, the rise of tension with stretch; 2.3 in man (Land et al. 2017, J Mol Cell Cardiol 106:68).
    shortening : Shortening, optional
        What speed takes from the tension, for those who know the speed: places here are at rest.

    Raises
    ------
    GeometryError
        Faces that close no cavity, or none, or too many.
    """

    def __init__(
        self,
        body: Body,
        activity: NDArray[np.float64] | None = None,
        *,
        across: float = 0.0,
        lengthening: float = 2.3,
        shortening: Shortening | None = None,
    ) -> None:
        if not 1 <= len(body.faces) <= len(CAVITIES) or not all(face.closed for face in body.faces):
            raise GeometryError("A ventricle needs one cavity that its base closes, and both need two.")
        self.body, self.shortening = body, shortening
        own = body.mesh.living if activity is None else activity
        share = np.ones(len(body.mesh.tets)) if own is None else own
        self._pattern = np.stack([share, across * share], axis=1)
        body.active[:, 2] = lengthening
        self._search = Equilibrium(body, tolerance=TOLERANCE)

    @property
    def places(self) -> list[int]:
        """Of its cavities among the circulation's chambers and its state."""
        return [CHAMBERS.index(name) for name in CAVITIES[: len(self.body.faces)]]

    @property
    def count(self) -> Count:
        """What the searches have cost so far."""
        return self._search.count

    def rest(self) -> Held:
        """Return it unloaded and at ease."""
        self._pull(0.0)
        state = self._search.solve(self.body.rest(), np.full(len(self.body.faces), 1e-9))
        return self._held(state, self.body.volumes(state) / MM3_PER_ML, 0.0)

    def filled(self, pressures_mmhg: NDArray[np.float64]) -> Held:
        """Return it without tension under pressures (c,) in its cavities.

        Raises
        ------
        NotConvergedError
        """
        self._pull(0.0)
        state = self._search.follow(lambda part: part * pressures_mmhg / MMHG_PER_MPA, _FILLING)
        return self._held(state, self.body.volumes(state) / MM3_PER_ML, 0.0)

    def resting(self, state: State) -> Held:
        """Return it without tension in a state known from elsewhere, brought to rest under its pressure."""
        self._pull(0.0)
        state = self._search.solve(state, state.loads)
        self._search.ready(state)
        return self._held(state, self.body.volumes(state) / MM3_PER_ML, 0.0)

    def at(
        self,
        volumes_ml: float | NDArray[np.float64],
        tension_kpa: float,
        near: Held,
        *,
        narrowest: float = 1e-3,
    ) -> Held:
        """Return it at volumes (c,) and a tension, sought from another place; the way is cut as need be.

        ``narrowest``: share of the way below which it is no longer cut.

        Raises
        ------
        NotConvergedError
        """

        volumes = np.atleast_1d(volumes_ml)

        def on_the_way(part: float) -> NDArray[np.float64]:
            self._pull(near.tension_kpa + part * (tension_kpa - near.tension_kpa))
            return MM3_PER_ML * (near.volumes_ml + part * (volumes - near.volumes_ml))

        state = self._search.follow(on_the_way, 1, near.state, volumes=True, narrowest=narrowest)
        return self._held(state, volumes, tension_kpa)

    def step(
        self,
        before: Sequence[tuple[float, Held]],
        time_s: float,
        volumes_ml: NDArray[np.float64],
        tension_kpa: float,
    ) -> Held:
        """Return it at volumes (c,) and a tension at a time, sought where its last places point to.

        Dashpots pull by what has moved since the last place before that time.
        """
        # Along a line: a parabola through uneven steps overshoots (50 factorizations where a line has 27).
        path = [(time, held.state) for time, held in before[-2:]]
        earlier = [(time, held.state.points) for time, held in before if time < time_s]
        if earlier:
            self.body.passing = earlier[-1][1], time_s - earlier[-1][0]
        try:
            self._pull(tension_kpa)
            guess = self._search.foreseen(path, time_s) if len(path) > 1 else path[0][1]
            state = self._search.solve(guess, volumes=MM3_PER_ML * volumes_ml)
            return self._held(state, volumes_ml, tension_kpa)
        except NotConvergedError:
            return self.at(volumes_ml, tension_kpa, before[-1][1])
        finally:
            self.body.passing = None

    def pulling(self, tension_kpa: float) -> NDArray[np.float64]:
        """Return what ``Body.active`` is at a tension, (m, 3)."""
        active = self.body.active.copy()
        active[:, :2] = MPA_PER_KPA * tension_kpa * self._pattern
        return active

    def _pull(self, tension_kpa: float) -> None:
        self.body.active[:] = self.pulling(tension_kpa)

    def elastances_at(self, held: Held) -> NDArray[np.float64]:
        """Return ∂p/∂V of a place at its tension, mmHg/mL (c, c), by the tangent of that very place.

        Without dashpots, which pull only while ``step`` seeks a place. Those that it holds are by the tangent
        that was at hand as it was sought, dashpots included: enough to seek the next.
        """
        self._pull(held.tension_kpa)
        self._search.renew(held.state)
        return self._elastances()

    def _elastances(self) -> NDArray[np.float64]:
        compliances = self._search.compliance() / (MMHG_PER_MPA * MM3_PER_ML)
        return np.asarray(np.linalg.inv(compliances), np.float64)

    def _held(self, state: State, volumes_ml: NDArray[np.float64], tension_kpa: float) -> Held:
        elastances = self._elastances()
        self._pull(tension_kpa + 1.0)
        unbalanced, _ = self.body.residual(state)  # by 1 kPa more: at rest there is no other
        self._pull(tension_kpa)
        gains = self._search.lead(unbalanced) * MMHG_PER_MPA
        pressures = state.loads * MMHG_PER_MPA
        return Held(state, volumes_ml, tension_kpa, pressures, elastances, gains)
