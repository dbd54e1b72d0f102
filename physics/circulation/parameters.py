"""Parameters of the closed circulation and a published set of them."""

from dataclasses import astuple, dataclass, field

import numpy as np
from numpy.typing import NDArray

CHAMBERS = ("LA", "LV", "RA", "RV")
"""Left atrium, left ventricle, right atrium, right ventricle: the order of chambers and of their valves.

The valve of a chamber is the one that it empties through: mitral, aortic, tricuspid, pulmonary.
"""


@dataclass(frozen=True)
class Chamber:
    """A chamber whose elastance rises by ``active`` over ``passive`` in each beat.

    ``p = E(t) (V - V0)``, ``E(t) = active f(t) + passive``; ``f`` rises as half a cosine for
    ``contraction_s`` from ``onset_s`` on, and falls as half a cosine for ``relaxation_s``.
    """

    active_mmhg_per_ml: float
    passive_mmhg_per_ml: float
    contraction_s: float
    relaxation_s: float
    onset_s: float
    unstressed_ml: float


@dataclass(frozen=True)
class Bed:
    """A vascular bed: arteries and veins, each with resistance, compliance and inertance."""

    arterial_resistance_mmhg_s_per_ml: float
    arterial_compliance_ml_per_mmhg: float
    venous_resistance_mmhg_s_per_ml: float
    venous_compliance_ml_per_mmhg: float
    arterial_inertance_mmhg_s2_per_ml: float
    venous_inertance_mmhg_s2_per_ml: float


@dataclass(frozen=True)
class State:
    """All that the circulation remembers: volumes, pressures of arteries and veins, flows through them."""

    la_ml: float
    lv_ml: float
    ra_ml: float
    rv_ml: float
    systemic_artery_mmhg: float
    systemic_vein_mmhg: float
    pulmonary_artery_mmhg: float
    pulmonary_vein_mmhg: float
    systemic_artery_ml_per_s: float
    systemic_vein_ml_per_s: float
    pulmonary_artery_ml_per_s: float
    pulmonary_vein_ml_per_s: float

    def array(self) -> NDArray[np.float64]:
        """Return it as (12,) in the order of the fields."""
        return np.array(astuple(self), dtype=np.float64)


@dataclass(frozen=True)
class Circulation:
    """The whole loop.

    Attributes
    ----------
    chambers : dict of Chamber
        By the names in ``CHAMBERS``.
    valve_open, valve_closed : float
        Resistance of every valve with and against its direction, mmHg s/mL.
    start : State
        Where it begins; the sum of its volumes is what flows round for good.
    """

    chambers: dict[str, Chamber]
    systemic: Bed
    pulmonary: Bed
    start: State
    heart_rate_per_min: float
    valve_open: float = 0.0075
    valve_closed: float = 75006.2
    limits: tuple[str, ...] = field(
        default=("valves are linear resistances: no stenosis or regurgitation can be told from them",)
    )

    @property
    def beat_s(self) -> float:
        """Length of a beat, s."""
        return 60.0 / self.heart_rate_per_min

    def volume_ml(self, state: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return all blood (...,) that states (..., 12) hold above what slack vessels hold, mL.

        It never changes: what leaves one place arrives at the next.
        """
        stored = (
            self.systemic.arterial_compliance_ml_per_mmhg,
            self.systemic.venous_compliance_ml_per_mmhg,
            self.pulmonary.arterial_compliance_ml_per_mmhg,
            self.pulmonary.venous_compliance_ml_per_mmhg,
        )
        total: NDArray[np.float64] = state[..., :4].sum(axis=-1) + state[..., 4:8] @ np.array(stored)
        return total


REGAZZONI_2020 = Circulation(
    chambers={
        "LA": Chamber(0.07, 0.18, 0.17, 0.17, 0.9, 4.0),
        "LV": Chamber(4.482, 0.170, 0.25, 0.4, 0.1, 42.0),
        "RA": Chamber(0.06, 0.07, 0.17, 0.17, 0.9, 4.0),
        "RV": Chamber(0.200, 0.029, 0.25, 0.4, 0.1, 16.0),
    },
    systemic=Bed(0.733, 1.372, 0.32, 11.363, 0.005, 0.0005),
    pulmonary=Bed(0.046, 20.0, 0.0015, 16.0, 0.0005, 0.0005),
    start=State(
        87.183, 118.520, 86.833, 166.177, 87.675, 35.898, 19.545, 15.004, 71.104, 94.039, 94.084, 473.279
    ),
    heart_rate_per_min=75.0,
    limits=(
        "a numerical reference, no healthy adult: the left atrium lies at 16 and the systemic veins at "
        "36 mmHg, the atria contract together with the ventricles",
        "valves are linear resistances: no stenosis or regurgitation can be told from them",
    ),
)
"""Published parameters (Regazzoni et al. 2020, arXiv 2011.15040, and its code's start)."""
