"""A left ventricle as a pump: the pressure in its cavity at a volume and a tension."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from physics.cardiac.body import Body, State
from physics.cardiac.equilibrium import Count, Equilibrium, NotConvergedError
from physics.circulation import Shortening
from twin.errors import GeometryError

MMHG_PER_MPA = 1e6 / 133.322387415
MM3_PER_ML = 1000.0
MPA_PER_KPA = 1e-3
TOLERANCE = 1e-5
"""Of the forces' unbalance: the cavity's volume is then kept to 1e-7 (``verify beat``)."""


@dataclass(frozen=True, eq=False)
class Held:
    """A ventricle at rest at a volume and a tension.

    Attributes
    ----------
    state : State
    volume_ml, tension_kpa, pressure_mmhg : float
    elastance : float
        ∂p/∂V at constant tension, mmHg/mL, by the tangent at hand.
    gain : float
        ∂p/∂T at constant volume, mmHg/kPa, by the tangent at hand.
    """

    state: State
    volume_ml: float
    tension_kpa: float
    pressure_mmhg: float
    elastance: float
    gain: float


class Ventricle:
    """A body with one cavity, all of whose fibers pull alike.

    Parameters
    ----------
    body : Body
        Its only face closes the cavity.
    activity : ndarray, shape (m,), optional
        Share of the tension that each element takes part with; 1 where not given, 0 in a scar.
    across : float
        Share of the tension that acts across the fibers.
    lengthening : float
        β, the rise of tension with stretch; 2.3 in man (Land et al. 2017, J Mol Cell Cardiol 106:68).
    shortening : Shortening, optional
        What speed takes from the tension, for those who know the speed: places here are at rest.

    Raises
    ------
    GeometryError
        Not one closed cavity.
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
        if len(body.faces) != 1 or not body.faces[0].closed:
            raise GeometryError("A left ventricle needs one cavity that its base closes.")
        self.body, self.shortening = body, shortening
        share = np.ones(len(body.mesh.tets)) if activity is None else activity
        self._pattern = np.stack([share, across * share], axis=1)
        body.active[:, 2] = lengthening
        self._search = Equilibrium(body, tolerance=TOLERANCE)

    @property
    def count(self) -> Count:
        """What the searches have cost so far."""
        return self._search.count

    def rest(self) -> Held:
        """Return it unloaded and at ease."""
        self._pull(0.0)
        state = self._search.solve(self.body.rest(), np.full(1, 1e-9))
        return self._held(state, float(self.body.volumes(state)[0]) / MM3_PER_ML, 0.0)

    def resting(self, state: State) -> Held:
        """Return it without tension in a state known from elsewhere, brought to rest under its pressure."""
        self._pull(0.0)
        state = self._search.solve(state, state.loads)
        self._search.ready(state)
        return self._held(state, float(self.body.volumes(state)[0]) / MM3_PER_ML, 0.0)

    def at(self, volume_ml: float, tension_kpa: float, near: Held, *, narrowest: float = 1e-3) -> Held:
        """Return it at a volume and a tension, sought from another place; the way there is cut as need be.

        ``narrowest``: share of the way below which it is no longer cut.

        Raises
        ------
        NotConvergedError
        """

        def on_the_way(part: float) -> NDArray[np.float64]:
            self._pull(near.tension_kpa + part * (tension_kpa - near.tension_kpa))
            return np.full(1, MM3_PER_ML * (near.volume_ml + part * (volume_ml - near.volume_ml)))

        state = self._search.follow(on_the_way, 1, near.state, volumes=True, narrowest=narrowest)
        return self._held(state, volume_ml, tension_kpa)

    def step(
        self, before: Sequence[tuple[float, Held]], time_s: float, volume_ml: float, tension_kpa: float
    ) -> Held:
        """Return it at a volume and a tension at a time, sought where its last places point to."""
        path = [(time, held.state) for time, held in before[-3:]]
        try:
            self._pull(tension_kpa)
            guess = self._search.foreseen(path, time_s) if len(path) > 1 else path[0][1]
            state = self._search.solve(guess, volumes=np.full(1, MM3_PER_ML * volume_ml))
            return self._held(state, volume_ml, tension_kpa)
        except NotConvergedError:
            return self.at(volume_ml, tension_kpa, before[-1][1])

    def pulling(self, tension_kpa: float) -> NDArray[np.float64]:
        """Return what ``Body.active`` is at a tension, (m, 3)."""
        active = self.body.active.copy()
        active[:, :2] = MPA_PER_KPA * tension_kpa * self._pattern
        return active

    def _pull(self, tension_kpa: float) -> None:
        self.body.active[:] = self.pulling(tension_kpa)

    def _held(self, state: State, volume_ml: float, tension_kpa: float) -> Held:
        compliance = float(self._search.compliance()[0, 0]) * MMHG_PER_MPA**-1 / MM3_PER_ML
        self._pull(tension_kpa + 1.0)
        unbalanced, _ = self.body.residual(state)  # by 1 kPa more: at rest there is no other
        self._pull(tension_kpa)
        gain = float(self._search.lead(unbalanced)[0]) * MMHG_PER_MPA
        pressure = float(state.loads[0]) * MMHG_PER_MPA
        return Held(state, volume_ml, tension_kpa, pressure, 1.0 / compliance, gain)
