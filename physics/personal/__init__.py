"""A left ventricle made one patient's: unloaded, fitted to images and a few numbers, with intervals."""

from physics.personal.ensemble import Datum, Ensemble, Estimate, Parameter
from physics.personal.imaged import Imaged, Springs
from physics.personal.klotz import Klotz, klotz
from physics.personal.measured import Measured
from physics.personal.motion import Apart, surface_distances, wall_motion
from physics.personal.passive import Passive, passive
from physics.personal.personalize import Interval, Personal, personalize
from physics.personal.unloaded import Unloaded, unloaded

__all__ = [
    "Apart", "Datum", "Ensemble", "Estimate", "Imaged", "Interval", "Klotz", "Measured", "Parameter",
    "Passive", "Personal", "Springs", "Unloaded", "klotz", "passive", "personalize",
    "surface_distances", "unloaded", "wall_motion",
]  # fmt: skip
