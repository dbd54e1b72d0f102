"""When each place of the heart is activated."""

from physics.activation.eikonal import Conduction, activation_times

__all__ = ["Conduction", "activation_times"]
