"""The closed circulation: four chambers, four valves, two vascular beds; units mmHg, mL, s.

After Regazzoni et al. 2020 (arXiv 2011.15040). A chamber's pressure is given by an elastance that varies with
time, or by any function of its volume and the time: the door by which a ventricle in 3-D comes in.
"""

from physics.circulation.loop import Beats, Cavity, Joined, run
from physics.circulation.measures import measures_of, steepest_mmhg_per_s, valve_measures_of
from physics.circulation.parameters import (
    ADULT,
    CHAMBERS,
    PLACES,
    REGAZZONI_2020,
    VALVES,
    Bed,
    Chamber,
    Circulation,
    Passage,
    State,
    Valve,
    healthy_valves,
)
from physics.circulation.shortening import Shortening
from physics.circulation.table import Table

__all__ = [
    "ADULT",
    "CHAMBERS",
    "PLACES",
    "REGAZZONI_2020",
    "VALVES",
    "Beats",
    "Bed",
    "Cavity",
    "Chamber",
    "Circulation",
    "Joined",
    "Passage",
    "Shortening",
    "State",
    "Table",
    "Valve",
    "healthy_valves",
    "measures_of",
    "run",
    "steepest_mmhg_per_s",
    "valve_measures_of",
]  # fmt: skip
