"""Mechanics of the heart: large strains, active stress, cavities, and the beat."""

from physics.cardiac.body import Body, State
from physics.cardiac.equilibrium import Equilibrium, NotConvergedError
from physics.cardiac.face import Face, face_of

__all__ = ["Body", "Equilibrium", "Face", "NotConvergedError", "State", "face_of"]
