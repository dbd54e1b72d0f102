"""What if: changes to a patient's own heart, asked by one list of named numbers (``heart_steps.BeatParams``).

What changes the circulation alone acts on the reduced heart at once; what changes the wall (an infarct,
another rhythm) needs the full solution.
"""

from physics.whatif.apart import apart_of
from physics.whatif.asked import controls_of, live_limits, own_of, walled
from physics.whatif.intervals import Spread, Spreads, spreads
from physics.whatif.measures import Strains, beat_numbers, ends_of
from physics.whatif.medicine import course_of, stand_in, treated

__all__ = [
    "Spread", "Spreads", "Strains", "apart_of", "beat_numbers", "controls_of", "course_of", "ends_of",
    "live_limits", "own_of", "spreads", "stand_in", "treated", "walled",
]  # fmt: skip
