"""Mechanics of the heart: large strains, active stress, cavities, and the beat."""

from physics.cardiac.beat import Coupled, beat
from physics.cardiac.body import Body, State
from physics.cardiac.chart import Chart, chart_of, settled
from physics.cardiac.equilibrium import Equilibrium, NotConvergedError
from physics.cardiac.face import Face, face_of
from physics.cardiac.live import Controls, LiveHeart, Moment
from physics.cardiac.reduced import Reduced, reduced_of
from physics.cardiac.support import Support
from physics.cardiac.tension import Tension, Twitch, tension_of
from physics.cardiac.ventricle import Held, Ventricle

__all__ = [
    "Body", "Chart", "Controls", "Coupled", "Equilibrium", "Face", "Held", "LiveHeart", "Moment",
    "NotConvergedError", "Reduced", "State", "Support", "Tension", "Twitch", "Ventricle", "beat", "chart_of",
    "face_of", "reduced_of", "settled", "tension_of",
]  # fmt: skip
