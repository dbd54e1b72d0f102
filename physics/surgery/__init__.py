"""Surgery and devices: changes of the closed circulation, compared with what was before."""

from physics.surgery.comparison import Comparison, compare, outcome_of
from physics.surgery.operations import (
    ASSIST,
    DEFECTS,
    Change,
    assisted,
    closed,
    in_turn,
    leaking,
    with_defect,
    with_valve,
)

__all__ = [
    "ASSIST", "DEFECTS", "Change", "Comparison", "assisted", "closed", "compare", "in_turn", "leaking",
    "outcome_of", "with_defect", "with_valve",
]  # fmt: skip
