"""Medicines: dose, concentration, effect on the closed circulation with its baroreflex."""

from physics.medication.effects import Changes, kinetics_of
from physics.medication.kinetics import Kinetics, Regimen, Route
from physics.medication.treatment import Course, Number, Treatment, medicine, treat

__all__ = [
    "Changes", "Course", "Kinetics", "Number", "Regimen", "Route", "Treatment", "kinetics_of", "medicine",
    "treat",
]  # fmt: skip
